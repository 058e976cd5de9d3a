// Answers one analysis: binds the filters to sql/analyses/<name>.sql and runs it in one read-only snapshot.
// It never builds SQL from values, never formats and never writes.
import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { analysisNamed, type Analysis, type AnalysisName } from '../catalog/analyses.ts';
import { COHORT_STATUS } from '../catalog/cohorts.ts';
import { fail } from '../catalog/errors.ts';
import { nearest } from '../config/nearest.ts';
import { packagePath } from '../lib/paths.ts';
import { AFTER_ALL, BEFORE_ALL, type KnownDays, type Period, splitMonths, wholeMonths } from './period.ts';
import { type Cell, textTypes, toCell } from './result-cells.ts';

/** A connection of its own: the analysis runs in a transaction. */
export type Queryable = Pick<pg.ClientBase, 'query'>;

/** What narrows an analysis. A null list means no restriction; `from` and `to` are YYYY-MM-DD, both included. */
export interface AnalysisFilters extends Period {
  readonly channels: readonly string[] | null;
  readonly statuses: readonly string[] | null;
  /** Two letters, or ND for orders without a declared state. */
  readonly ufs: readonly string[] | null;
  readonly stores: readonly string[] | null;
  readonly limit: number | null;
}

export const NO_FILTERS: AnalysisFilters = {
  from: null,
  to: null,
  channels: null,
  statuses: null,
  ufs: null,
  stores: null,
  limit: null,
};

/** How far the answer can be trusted: newest day of sale, end of the last batch (ISO 8601), open orders in the quarantine. */
export interface Freshness {
  readonly newestSale: string | null;
  readonly lastBatch: string | null;
  readonly quarantined: number;
}

export interface AnalysisResult {
  readonly analysis: Analysis;
  /** As applied: the analysis' default statuses and limit filled in. */
  readonly filters: AnalysisFilters;
  /** One list per row, in the order of `analysis.columns`. */
  readonly rows: readonly (readonly Cell[])[];
  readonly freshness: Freshness;
}

/**
 * The names that .sql files may use, and the PostgreSQL type of each. `:name` is replaced by `$n::type`; values are bound.
 * - from, to: the period, both included; open ends are -infinity and infinity
 * - first_month, end_month: whole months to take from a month-grained rollup; end_month is excluded
 * - head_*, tail_*: the days before and after them, read from sums by day, the orders or their items; added or subtracted by the sign (see period.ts)
 * - settled_before: customers whose first month lies before it stand in clientes_coorte; -infinity for other statuses than the cohorts count
 * - settled_from, settled_end: whole months of the period that coortes_mensais answers, settled_end excluded; none where it is not after settled_from, and
 *   -infinity where channels or states are asked for too
 * - statuses, channels, ufs: null means all
 * - stores: always the full list, so that it can lead the rollups' keys; all_stores says that none were asked for: base tables are then read by
 *   day alone, because right after a load, without statistics, the planner takes a store for a narrow condition
 * - limit: null means no limit
 * - moment: time of day at which the last day of a period is cut; no analysis is
 */
export const PARAMETER_TYPES = {
  from: 'date',
  to: 'date',
  first_month: 'date',
  end_month: 'date',
  head_from: 'date',
  head_to: 'date',
  head_sign: 'integer',
  tail_from: 'date',
  tail_to: 'date',
  tail_sign: 'integer',
  settled_before: 'date',
  settled_from: 'date',
  settled_end: 'date',
  statuses: 'text[]',
  channels: 'text[]',
  ufs: 'text[]',
  stores: 'text[]',
  all_stores: 'boolean',
  limit: 'bigint',
  moment: 'time',
} as const;

export type Parameters = Record<keyof typeof PARAMETER_TYPES, string | number | boolean | readonly string[] | null>;

/**
 * Runs one analysis.
 * @throws EsteiraError USAGE for a store that is not in the warehouse
 */
export async function runAnalysis(
  db: Queryable,
  name: AnalysisName,
  filters: AnalysisFilters,
): Promise<AnalysisResult> {
  const analysis = analysisNamed(name);
  const applied: AnalysisFilters = {
    ...filters,
    statuses: filters.statuses ?? analysis.defaultStatuses,
    limit: filters.limit ?? analysis.limit.byDefault,
  };
  const sql = await readFile(packagePath('sql', 'analyses', `${name}.sql`), 'utf8');
  return inSnapshot(db, async () => {
    const parameters = await resolveParameters(db, applied, analysis);
    const statement = bindNames(sql, parameters);
    const result = await db.query({
      text: statement.text,
      values: statement.values,
      rowMode: 'array',
      types: textTypes,
    });
    checkColumns(analysis, result.fields);
    const kinds = analysis.columns.map((column) => column.kind);
    const rows = (result.rows as Cell[][]).map((row) => row.map((cell, index) => toCell(cell, kinds[index] ?? 'text')));
    return { analysis, filters: applied, rows, freshness: await readFreshness(db, parameters) };
  });
}

// Times as a store reads them. Few rows are wanted from big tables: compiling costs more than it gains, groups must not spill,
// and the planner's default price for an index step is that of a rotating disk: at it, edge days would read the whole table. A second process is worth
// starting for a tenth of a second's work, a third is not: a page asks for many cards at once.
export const SNAPSHOT_SETTINGS = `
  SET LOCAL TimeZone = 'America/Sao_Paulo';
  SET LOCAL DateStyle = 'ISO, YMD';
  SET LOCAL jit = off;
  SET LOCAL work_mem = '64MB';
  SET LOCAL random_page_cost = 1.1;
  SET LOCAL max_parallel_workers_per_gather = 1;
  SET LOCAL parallel_setup_cost = 200;
  SET LOCAL parallel_tuple_cost = 0.01`;

/** One read-only snapshot for all that `read` asks. */
export async function inSnapshot<Result>(db: Queryable, read: () => Promise<Result>): Promise<Result> {
  // one snapshot: the bounds, the rollups and the orders of the edge days must belong together
  await db.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    await db.query(SNAPSHOT_SETTINGS);
    return await read();
  } finally {
    // nothing was written; a broken connection has already said so
    await db.query('ROLLBACK').catch(() => undefined);
  }
}

/** A month of products is as many sums as half a month of days, in small stores and in large ones. */
const MONTH_IN_DAYS_OF_SUMS = 15;

/** Everything a .sql file can name, from the filters and from what the warehouse holds. */
export async function resolveParameters(
  db: Queryable,
  filters: AnalysisFilters,
  { hasSumsByDay = false }: Pick<Analysis, 'hasSumsByDay'>,
): Promise<Parameters> {
  const knownNames = await knownStores(db);
  const stores = filters.stores ?? knownNames;
  for (const store of stores) {
    if (!knownNames.includes(store)) throw unknownStore(store, knownNames);
  }
  const bounds = await db.query({
    text: `SELECT min(data_venda) AS oldest, max(data_venda) AS newest, (SELECT min(desde) FROM esteira.apuracao_coortes) AS settled FROM pedidos`,
    types: textTypes,
  });
  const known = bounds.rows[0] as KnownDays & { settled: string | null };
  const split = splitMonths(filters, known, hasSumsByDay && filters.channels === null ? MONTH_IN_DAYS_OF_SUMS : 1);
  const whole = wholeMonths(filters, known);
  const settledBefore = countsLikeCohorts(filters) ? (known.settled ?? BEFORE_ALL) : BEFORE_ALL;
  const isNarrowed = filters.channels !== null || filters.ufs !== null;
  return {
    from: filters.from ?? BEFORE_ALL,
    to: filters.to ?? AFTER_ALL,
    first_month: split.firstMonth,
    end_month: split.endMonth,
    head_from: split.head.from,
    head_to: split.head.to,
    head_sign: split.head.sign,
    tail_from: split.tail.from,
    tail_to: split.tail.to,
    tail_sign: split.tail.sign,
    settled_before: settledBefore,
    settled_from: whole.firstMonth,
    settled_end: isNarrowed ? BEFORE_ALL : earlier(whole.endMonth, settledBefore),
    statuses: filters.statuses,
    channels: filters.channels,
    ufs: filters.ufs,
    stores,
    all_stores: filters.stores === null,
    limit: filters.limit,
    moment: null,
  };
}

/** True when exactly the orders that the cohort tables count are asked for, as far as the status goes. */
function countsLikeCohorts({ statuses }: AnalysisFilters): boolean {
  return statuses !== null && statuses.length > 0 && statuses.every((status) => status === COHORT_STATUS);
}

/** Days as texts, -infinity and infinity among them, are in the order of time. */
function earlier(one: string, other: string): string {
  return one < other ? one : other;
}

/** The stores with orders, or with records in the quarantine, by name. */
export async function knownStores(
  db: Queryable,
  table: 'pedidos_diarios' | 'pedidos_rejeitados' = 'pedidos_diarios',
): Promise<string[]> {
  // steps through the key from one store to the next instead of reading the whole rollup
  const result = await db.query(`
    WITH RECURSIVE loja AS (
      (SELECT loja FROM ${table} ORDER BY loja LIMIT 1)
      UNION ALL
      SELECT (SELECT d.loja FROM ${table} d WHERE d.loja > l.loja ORDER BY d.loja LIMIT 1) FROM loja l WHERE l.loja IS NOT NULL
    )
    SELECT loja FROM loja WHERE loja IS NOT NULL`);
  return result.rows.map((row: { loja: string }) => row.loja);
}

/** USAGE for a store that is not among the known ones. */
export function unknownStore(store: string, known: readonly string[], where = 'in the warehouse'): Error {
  const meant = nearest(store, known);
  return fail('USAGE', {
    what: `No orders of a store called "${store}" are ${where}.`,
    why: known.length === 0 ? 'The warehouse has no orders yet.' : `It knows: ${known.join(', ')}.`,
    fix: meant === undefined ? 'Leave --store out to see all stores.' : `Did you mean --store ${meant}?`,
  });
}

async function readFreshness(db: Queryable, parameters: Parameters): Promise<Freshness> {
  const statement = bindNames(FRESHNESS, parameters);
  const result = await db.query({ text: statement.text, values: statement.values, rowMode: 'array', types: textTypes });
  const [newestSale = null, lastBatch = null, quarantined] = result.rows[0] as unknown as Cell[];
  return { newestSale, lastBatch: toCell(lastBatch, 'timestamp'), quarantined: Number(quarantined ?? 0) };
}

const FRESHNESS = `
  SELECT
    (SELECT max((SELECT d.data_venda FROM pedidos_diarios d WHERE d.loja = s.loja ORDER BY d.loja DESC, d.data_venda DESC LIMIT 1))
      FROM unnest(:stores) AS s(loja)),
    (SELECT max(confirmado_em) FROM esteira.lotes),
    (SELECT count(*) FROM pedidos_rejeitados
      WHERE situacao = 'aberto' AND (:all_stores OR loja = ANY (:stores))
        AND (data_venda IS NULL OR (data_venda >= :from AND data_venda <= :to)))`;

/** Comments, strings, quoted names and casts are passed over; `:name` is a parameter. */
const NAME_OR_SKIPPED = /--[^\n]*|'(?:[^']|'')*'|"[^"]*"|::|:([a-z_]+)/g;

/** Turns `:name` into `$n::type` and lists the values in that order. An undeclared name is a bug. */
export function bindNames(sql: string, parameters: Parameters): { text: string; values: unknown[] } {
  const used: (keyof typeof PARAMETER_TYPES)[] = [];
  const text = sql.replace(NAME_OR_SKIPPED, (match, name: string | undefined) => {
    if (name === undefined) return match;
    if (!Object.hasOwn(PARAMETER_TYPES, name))
      throw new Error(`a .sql file names :${name}, which PARAMETER_TYPES does not declare`);
    const key = name as keyof typeof PARAMETER_TYPES;
    if (!used.includes(key)) used.push(key);
    return `$${used.indexOf(key) + 1}::${PARAMETER_TYPES[key]}`;
  });
  return { text, values: used.map((key) => parameters[key]) };
}

function checkColumns(analysis: Analysis, fields: readonly pg.FieldDef[]): void {
  const found = fields.map((field) => field.name).join(', ');
  const declared = analysis.columns.map((column) => column.name).join(', ');
  if (found !== declared)
    throw new Error(`sql/analyses/${analysis.name}.sql gives (${found}) but the catalogue says (${declared})`);
}
