// Runs one statement that only reads, written by the user, and hands its rows on page by page. The database refuses writing
// (read-only transaction, and the caller connects as the read-only role); this file refuses what cannot be a read at all.
import pg from 'pg';
import type { ColumnKind, ResultColumn } from '../catalog/analyses.ts';
import { fail } from '../catalog/errors.ts';
import { nearest } from '../config/nearest.ts';
import type { Queryable } from './query.ts';
import { type Cell, textTypes, toCell } from './result-cells.ts';

export interface ReadOnlyResult {
  readonly columns: readonly ResultColumn[];
  /** Read once. Memory stays bounded: the server keeps the rest in a cursor. */
  readonly rows: AsyncGenerator<readonly Cell[], void>;
}

export interface ReadOnlyOptions {
  /** For each step of the statement on the server; 0: no limit. */
  readonly timeoutMs: number;
}

const PAGE_ROWS = 2_000;
const CURSOR = 'esteira_leitura';
const OPENING = `DECLARE ${CURSOR} NO SCROLL CURSOR FOR `;

/**
 * Runs `statement` and gives its columns and rows to `use`, inside one read-only transaction that ends when `use` does.
 * @throws EsteiraError USAGE for anything but one SELECT, WITH, VALUES, TABLE, EXPLAIN or SHOW;
 *   SQL_REFUSED for what PostgreSQL refuses, with the position; SQL_TIMEOUT when it took too long
 */
export async function runReadOnly<Result>(
  db: Queryable,
  statement: string,
  options: ReadOnlyOptions,
  use: (result: ReadOnlyResult) => Promise<Result>,
): Promise<Result> {
  const kind = kindOf(statement);
  await db.query('BEGIN READ ONLY');
  try {
    await db.query(sessionSettings(options.timeoutMs));
    const result = kind === 'cursor' ? await openCursor(db, statement) : await runWhole(db, statement);
    return await use(result);
  } catch (thrown) {
    throw asUserError(thrown, statement, options);
  } finally {
    await db.query('ROLLBACK').catch(() => undefined); // a broken connection has already said so
  }
}

function sessionSettings(timeoutMs: number): string {
  // all rows are wanted, so the cursor must not be planned for a fast first page
  return `
    SET LOCAL statement_timeout = ${Math.max(0, Math.trunc(timeoutMs))};
    SET LOCAL cursor_tuple_fraction = 1.0;
    SET LOCAL TimeZone = 'America/Sao_Paulo';
    SET LOCAL DateStyle = 'ISO, YMD'`;
}

/** The extended protocol takes one statement only: PostgreSQL itself refuses a second one behind a semicolon. */
const EXTENDED = { queryMode: 'extended', rowMode: 'array', types: textTypes } as const;

async function openCursor(db: Queryable, statement: string): Promise<ReadOnlyResult> {
  await db.query({ ...EXTENDED, text: OPENING + statement }).catch((thrown: unknown) => {
    throw shiftPosition(thrown, OPENING.length);
  });
  const fetch = async (): Promise<pg.QueryArrayResult<Cell[]>> =>
    db.query<Cell[]>({ ...EXTENDED, text: `FETCH ${PAGE_ROWS} FROM ${CURSOR}` });
  const first = await fetch();
  const columns = describeColumns(first.fields);
  async function* rows(): AsyncGenerator<readonly Cell[], void> {
    let page = first;
    while (page.rows.length > 0) {
      yield* toRows(columns, page.rows);
      if (page.rows.length < PAGE_ROWS) return;
      page = await fetch();
    }
  }
  return { columns, rows: rows() };
}

async function runWhole(db: Queryable, statement: string): Promise<ReadOnlyResult> {
  const result = await db.query<Cell[]>({ ...EXTENDED, text: statement });
  const columns = describeColumns(result.fields);
  async function* rows(): AsyncGenerator<readonly Cell[], void> {
    yield* toRows(columns, result.rows);
  }
  return { columns, rows: rows() };
}

function* toRows(columns: readonly ResultColumn[], page: readonly Cell[][]): Generator<readonly Cell[]> {
  for (const row of page) yield row.map((cell, index) => toCell(cell, columns[index]?.kind ?? 'text'));
}

/** SQLSTATEs of a table, a view, a column, a function that does not exist. */
const NAMES_NOTHING = new Set(['42P01', '42703', '42883', '3F000']);
/** What a statement begins with, past blanks, comments and opening brackets. */
const FIRST_WORD = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|\()*([A-Za-z]+)/;
const READS = ['SELECT', 'WITH', 'VALUES', 'TABLE', 'EXPLAIN', 'SHOW'];
/** Statements that change rows, tables or rights. */
const WRITES = new Set(
  'INSERT UPDATE DELETE MERGE TRUNCATE COPY CREATE ALTER DROP COMMENT GRANT REVOKE CALL DO VACUUM REINDEX REFRESH IMPORT'.split(
    ' ',
  ),
);

function kindOf(statement: string): 'cursor' | 'whole' {
  const word = FIRST_WORD.exec(statement)?.[1]?.toUpperCase();
  if (word === 'EXPLAIN' || word === 'SHOW') return 'whole';
  if (word !== undefined && READS.includes(word)) return 'cursor';
  throw notRead(statement, word);
}

/** The refusal of what does not begin as a read, by what was probably meant. */
function notRead(statement: string, word: string | undefined): Error {
  if (statement.trimStart().startsWith('\\')) {
    return fail('USAGE', {
      what: `${statement.trim().split(/\s/)[0]} is a command of psql, not SQL.`,
      why: 'psql itself answers commands that begin with a backslash; esteira sql sends SQL to PostgreSQL.',
      fix: 'docs/schema.md lists the tables, views and columns; then esteira sql "SELECT ...".',
    });
  }
  const why = 'It only reads: one SELECT, WITH, VALUES, TABLE, EXPLAIN or SHOW.';
  if (word === undefined) {
    return fail('USAGE', {
      what: 'There is no SQL statement to run.',
      why,
      fix: `Give one, for example: esteira sql "SELECT count(*) FROM pedidos".`,
    });
  }
  const meant = nearest(word, READS);
  return fail('USAGE', {
    what: `esteira sql does not run ${word}.`,
    why,
    fix: WRITES.has(word)
      ? 'Orders change by loading them: see esteira run --help and esteira quarantine --help.'
      : meant === undefined
        ? 'Begin with SELECT; docs/schema.md lists the tables, views and columns.'
        : `Did you mean ${meant}?`,
  });
}

/** PostgreSQL's object ids of the built-in types, from its catalogue pg_type. */
const KIND_OF_TYPE: ReadonlyMap<number, ColumnKind> = new Map([
  [16, 'boolean'],
  [20, 'integer'],
  [21, 'integer'],
  [23, 'integer'],
  [26, 'integer'],
  [700, 'float'],
  [701, 'float'],
  [1700, 'number'],
  [1082, 'date'],
  [1114, 'timestamp'],
  [1184, 'timestamp'],
  [114, 'json'],
  [3802, 'json'],
]);

/** Names that occur twice get a number: keys of JSON and columns of Parquet must be distinct. */
function describeColumns(fields: readonly pg.FieldDef[]): readonly ResultColumn[] {
  const taken = new Set<string>();
  return fields.map((field) => {
    let name = field.name;
    for (let number = 2; taken.has(name); number++) name = `${field.name}_${number}`;
    taken.add(name);
    return { name, title: field.name, kind: KIND_OF_TYPE.get(field.dataTypeID) ?? 'text' };
  });
}

function shiftPosition(thrown: unknown, characters: number): unknown {
  if (thrown instanceof pg.DatabaseError && thrown.position !== undefined) {
    thrown.position = String(Math.max(1, Number(thrown.position) - characters));
  }
  return thrown;
}

function asUserError(thrown: unknown, statement: string, options: ReadOnlyOptions): unknown {
  if (!(thrown instanceof pg.DatabaseError)) return thrown;
  const state = thrown.code ?? '';
  if (state === '57014') {
    return fail('SQL_TIMEOUT', {
      what: `The statement took longer than ${options.timeoutMs / 1000} s and was stopped.`,
      why: 'A limit protects the warehouse from statements that read too much.',
      fix: 'Narrow it (a period, a LIMIT), or raise the limit with --timeout SECONDS.',
      cause: thrown,
    });
  }
  // the server is going away or out of resources: nothing the statement could change
  if (/^(?:08|53|57|58)/.test(state)) {
    return fail('WAREHOUSE_UNREACHABLE', {
      what: 'The warehouse stopped answering.',
      why: thrown.message,
      fix: 'Run it again; esteira doctor says what is wrong.',
      cause: thrown,
    });
  }
  const isSeveral = state === '42601' && thrown.message.includes('multiple commands');
  return fail('SQL_REFUSED', {
    what: isSeveral ? 'Only one statement can be run at a time.' : 'PostgreSQL refuses the statement.',
    why: `${thrown.message} (SQLSTATE ${state})${placeOf(thrown, statement)}`,
    fix: isSeveral
      ? 'Run them one by one.'
      : (thrown.hint ??
        (NAMES_NOTHING.has(state) ? 'docs/schema.md lists the tables, views and columns.' : 'Correct the statement.')),
    cause: thrown,
  });
}

/** Line, column and the line itself with a mark under the place; empty when PostgreSQL names no place. */
function placeOf(error: pg.DatabaseError, statement: string): string {
  if (error.position === undefined) return '';
  // PostgreSQL counts characters, JavaScript UTF-16 units
  const before = Array.from(statement)
    .slice(0, Number(error.position) - 1)
    .join('');
  const lineStart = before.lastIndexOf('\n') + 1;
  const lineNumber = before.split('\n').length;
  const line = statement.slice(lineStart).split('\n')[0] ?? '';
  const column = Array.from(before.slice(lineStart)).length;
  return ` at line ${lineNumber}, column ${column + 1}:\n  ${line}\n  ${' '.repeat(column)}^`;
}
