// The SQL that turns a file's own columns into the contract's: quoting, cleaning of cells, and the projection of a profile.
// It never sees a value: values are read by DuckDB from the file.
import type { DuckDBConnection } from '@duckdb/node-api';
import { fail } from '../../catalog/errors.ts';
import { LINE_COLUMNS, type LineColumn } from '../../model/contract.ts';
import type { Profile } from '../profiles/index.ts';
import type { RecordFile } from './survey.ts';

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** What is trimmed off cells besides spaces: tabs, NBSP, zero-width space, byte order mark. */
const BLANKS = [' ', '\t', '\u000b', '\f', '\u00a0', '\u200b', '\u202f', '\u2060', '\ufeff'].join('');

/**
 * A cell cleaned: trimmed, NULL when blank; `="123"` (a spreadsheet's way to keep text) becomes 123, and so does `'123`
 * (only before digits, # and +, where an apostrophe cannot belong to the value).
 */
export function cleaned(cell: string): string {
  const text = `trim(${cell}, ${literal(BLANKS)})`;
  return (
    `CASE WHEN NOT regexp_matches(${cell}, ${literal(`^[='${BLANKS}]|[${BLANKS}]$|^$`)}) THEN ${cell} ELSE nullif(CASE WHEN starts_with(${text}, '="') AND ends_with(${text}, '"') THEN trim(substr(${text}, 3, greatest(length(${text}) - 3, 0)), ${literal(BLANKS)}) ` +
    `WHEN starts_with(${text}, '''') AND regexp_matches(${text}, '^''[0-9#+]') THEN substr(${text}, 2) ELSE ${text} END, '') END`
  );
}

/** The profile's SQL for a column, for a file that has these keys. */
export function templateOf(profile: Profile, column: LineColumn, keys: ReadonlySet<string>): string | null {
  const select = profile.select[column];
  return typeof select === 'function' ? select((key) => keys.has(key)) : (select ?? null);
}

/** One contract column's SQL over the columns named by key; null when it is NULL on every line. */
export function projected(profile: Profile, column: LineColumn, keys: ReadonlySet<string>): string | null {
  const template = templateOf(profile, column, keys);
  if (template === null) return null;
  let present = 0;
  let absent = 0;
  const sql = template.replace(/\{(\w+)\}/g, (_, key: string) => {
    if (!keys.has(key)) {
      absent++;
      return 'NULL::VARCHAR';
    }
    present++;
    return identifier(key);
  });
  return absent > 0 && present === 0 ? null : sql;
}

/** The projections of every contract column that is not NULL throughout. */
export function projections(profile: Profile, keys: ReadonlySet<string>): Map<LineColumn, string> {
  const found = new Map<LineColumn, string>();
  for (const column of LINE_COLUMNS) {
    const sql = projected(profile, column, keys);
    if (sql !== null) found.set(column, sql);
  }
  return found;
}

/**
 * The view `linhas` over the table that was filled: rowid (0..n-1, the order of the records), linha, problema, and then all contract columns.
 * `line` and `problem` are SQL over the table; constants (a store given by the user) need no column.
 */
export function linesView(
  table: string,
  line: string,
  problem: string,
  filled: ReadonlySet<string>,
  constants: ReadonlyMap<string, string>,
): string {
  const columns = LINE_COLUMNS.map((column) => {
    const constant = constants.get(column);
    if (constant !== undefined) return `${literal(constant)}::VARCHAR AS ${column}`;
    return filled.has(column) ? column : `NULL::VARCHAR AS ${column}`;
  });
  return `CREATE OR REPLACE VIEW linhas AS SELECT rowid AS rowid, ${line} AS linha, ${problem} AS problema, ${columns.join(', ')} FROM ${table}`;
}

/** Lists the broken records in `linhas_partidas` and returns the SQL of `problema` over the table that was filled. */
export async function listBroken(conn: DuckDBConnection, survey: RecordFile, rule: string): Promise<string> {
  if (survey.broken.length === 0) return 'NULL::VARCHAR';
  await conn.run('CREATE TABLE linhas_partidas (registro BIGINT)');
  const appender = await conn.createAppender('linhas_partidas');
  for (const record of survey.broken) {
    appender.appendBigInt(BigInt(record.rowid));
    appender.endRow();
  }
  appender.closeSync();
  return `CASE WHEN rowid IN (SELECT registro FROM linhas_partidas) THEN ${literal(rule)} END`;
}

/** Throws FILE_CHANGED when DuckDB read another number of records than the survey found. */
export async function expectRows(conn: DuckDBConnection, table: string, expected: number): Promise<void> {
  const count = Number((await conn.runAndReadAll(`SELECT count(*) FROM ${table}`)).getRows()[0]?.[0]);
  if (count === expected) return;
  throw fail('FILE_CHANGED', {
    what: `${expected} records were found in the file, and then ${count} were read.`,
    why: 'The file was written to in the meantime, or its quotes can be read in two ways.',
    fix: 'Wait until nothing writes to the file and run again; if it stays so, report it as a bug.',
  });
}
