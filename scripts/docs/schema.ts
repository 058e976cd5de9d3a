// Writes docs/schema.md from PostgreSQL's own catalogue: tables, views, columns, types, keys and comments.
// It never reads the migrations: what is not in the database is not in the page.
import { code, page, table } from './markdown.ts';

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  /** SQL text of the default; `identity` for a generated number; null without one. */
  readonly default: string | null;
  readonly comment: string | null;
}

export interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'view';
  readonly comment: string | null;
  readonly columns: readonly Column[];
  /** Columns of the primary key, in its order. */
  readonly key: readonly string[];
  /** UNIQUE and CHECK constraints and further indexes, as SQL. */
  readonly constraints: readonly string[];
}

export interface Routine {
  readonly schema: string;
  /** Name with the types of its arguments. */
  readonly signature: string;
  readonly returns: string;
  readonly comment: string | null;
}

export interface Schema {
  readonly relations: readonly Relation[];
  readonly routines: readonly Routine[];
}

type Query = (sql: string, values?: unknown[]) => Promise<unknown[]>;

/** Tables and views in the order of their creation, which is the order of the migrations; schema esteira last. */
const RELATIONS = `
SELECT
  n.nspname AS schema,
  c.relname AS name,
  CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END AS kind,
  obj_description(c.oid, 'pg_class') AS comment,
  coalesce((
    SELECT json_agg(json_build_object(
      'name', a.attname,
      'type', format_type(a.atttypid, a.atttypmod),
      'isRequired', a.attnotnull,
      'default', CASE WHEN a.attidentity <> '' THEN 'identity' ELSE pg_get_expr(d.adbin, d.adrelid) END,
      'comment', col_description(c.oid, a.attnum)
    ) ORDER BY a.attnum)
    FROM pg_attribute a
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  ), '[]') AS columns,
  coalesce((
    SELECT json_agg(a.attname ORDER BY k.position)
    FROM pg_index i
    CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
    WHERE i.indrelid = c.oid AND i.indisprimary
  ), '[]') AS key,
  coalesce((
    SELECT json_agg(definition ORDER BY rank, definition)
    FROM (
      SELECT 1 AS rank, pg_get_constraintdef(o.oid, true) AS definition
      FROM pg_constraint o
      WHERE o.conrelid = c.oid AND o.contype IN ('u', 'c', 'f', 'x')
      UNION ALL
      SELECT 2, regexp_replace(pg_get_indexdef(i.indexrelid, 0, true), '^CREATE (UNIQUE )?INDEX \\S+ ON \\S+ USING', '\\1INDEX')
      FROM pg_index i
      WHERE i.indrelid = c.oid AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.indexrelid)
    ) AS all_constraints
  ), '[]') AS constraints
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('public', 'esteira') AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
ORDER BY n.nspname = 'esteira', c.oid`;

const ROUTINES = `
SELECT
  n.nspname AS schema,
  p.proname || '(' || pg_get_function_arguments(p.oid) || ')' AS signature,
  pg_get_function_result(p.oid) AS returns,
  obj_description(p.oid, 'pg_proc') AS comment
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname IN ('public', 'esteira')
ORDER BY n.nspname = 'esteira', p.oid`;

/** Reads schemas public and esteira of a migrated database. */
export async function readSchema(query: Query): Promise<Schema> {
  const relations = (await query(RELATIONS)) as Relation[];
  const routines = (await query(ROUTINES)) as Routine[];
  return { relations, routines };
}

/** The name as SQL writes it: without its schema when that is public. */
export function qualifiedName(relation: { readonly schema: string; readonly name: string }): string {
  return relation.schema === 'public' ? relation.name : `${relation.schema}.${relation.name}`;
}

/** Everything that has no comment, by its full name: must be empty. */
export function findUndescribed(schema: Schema): string[] {
  const missing: string[] = [];
  for (const relation of schema.relations) {
    const name = qualifiedName(relation);
    if (!relation.comment) missing.push(name);
    for (const column of relation.columns) if (!column.comment) missing.push(`${name}.${column.name}`);
  }
  for (const routine of schema.routines) if (!routine.comment) missing.push(routine.signature);
  return missing;
}

/** The whole page, ending with a newline. */
export function schemaDoc(schema: Schema): string {
  const tables = schema.relations.filter((relation) => relation.schema === 'public' && relation.kind === 'table');
  const views = schema.relations.filter((relation) => relation.schema === 'public' && relation.kind === 'view');
  const own = schema.relations.filter((relation) => relation.schema === 'esteira');
  return page([
    '# The warehouse',
    'Generated from the comments of a PostgreSQL database that `sql/migrations` were applied to.',
    'Money is BRL; times are `timestamptz`; days of sale are those of America/Sao_Paulo; ids are text. Tables are written by the loader only.',
    ...contents(schema.relations),
    '## Tables',
    ...tables.flatMap(section),
    ...(views.length === 0 ? [] : ['## Views', ...views.flatMap(section)]),
    '## Schema esteira: what the pipeline knows about itself',
    ...own.flatMap(section),
    ...routinesOf(schema.routines),
  ]);
}

function contents(relations: readonly Relation[]): string[] {
  const rows = relations.map((relation) => {
    const name = qualifiedName(relation);
    return [`[${code(name)}](#${name.replaceAll('.', '')})`, relation.kind, relation.comment ?? ''];
  });
  return [table(['name', 'kind', 'what it holds'], rows)];
}

function section(relation: Relation): string[] {
  const isKey = (column: Column): boolean => relation.key.includes(column.name);
  const isView = relation.kind === 'view';
  const rows = relation.columns.map((column) => [
    isKey(column) ? `**${code(column.name)}**` : code(column.name),
    column.type + (column.default === null ? '' : `, default ${code(column.default)}`),
    ...(isView ? [] : [column.isRequired ? '' : 'yes']),
    column.comment ?? '',
  ]);
  const key = relation.key.length === 0 ? [] : [`Primary key: ${relation.key.map(code).join(', ')}.`];
  const constraints =
    relation.constraints.length === 0
      ? []
      : [relation.constraints.map((definition) => `- ${code(definition)}`).join('\n')];
  return [
    `### ${qualifiedName(relation)}`,
    relation.comment ?? '',
    ...key,
    table(['column', 'type', ...(isView ? [] : ['null']), 'meaning'], rows),
    ...constraints,
  ];
}

function routinesOf(routines: readonly Routine[]): string[] {
  if (routines.length === 0) return [];
  const rows = routines.map((routine) => [code(routine.signature), routine.returns, routine.comment ?? '']);
  return ['## Functions', table(['function', 'returns', 'meaning'], rows)];
}
