// Decides, over all cells of a file, which decimal mark its money has and which order its dates have. It reads the staged cells;
// it never changes one: a cell whose reading stays open is the rules' business.
import { MONEY_COLUMNS } from '../../model/contract.ts';
import type { DuckDBConnection } from '@duckdb/node-api';
import { fail } from '../../catalog/errors.ts';

/** The mark before the cents. 'en' (1,234.56) only ever comes from the user. */
export type DecimalFormat = ',' | '.' | 'en';
export type DateFormat = 'iso' | 'dmy' | 'mdy';

/** How many times more frequent one decimal mark must be than the other when both occur. */
const CLEAR_MAJORITY = 20;
/** So many lines from the beginning of the file are counted first. */
const PREFIX_LINES = 50_000;

interface Marks {
  readonly commas: number;
  readonly points: number;
}

/**
 * The decimal mark of the file's money cells, by those that can be read in one way only; null when that leaves it open.
 * Looking at the ends of all cells is dear: mostly the first lines have so many of one mark that what the others could hold of the other cannot matter.
 */
export async function decideDecimal(conn: DuckDBConnection): Promise<DecimalFormat | null> {
  const most = await countMarks(conn, (column) => ({
    commas: `contains(${column}, ',')`,
    points: `contains(${column}, '.') AND NOT contains(${column}, ',')`,
  }));
  const atLeast = await countMarks(conn, endsInCents, `rowid < ${PREFIX_LINES}`);
  return (
    majority({ commas: most.commas, points: atLeast.points }, '.') ??
    majority({ commas: atLeast.commas, points: most.points }, ',') ??
    majority(await countMarks(conn, endsInCents))
  );
}

/** The mark that clearly prevails, if it is the one asked for. */
function majority({ commas, points }: Marks, asked?: ',' | '.'): ',' | '.' | null {
  if (asked !== '.' && commas > 0 && commas >= CLEAR_MAJORITY * points) return ',';
  if (asked !== ',' && points > 0 && points >= CLEAR_MAJORITY * commas) return '.';
  return null;
}

function endsInCents(column: string): { commas: string; points: string } {
  const ends = (mark: string): string =>
    `(${column}[-3] = '${mark}' OR ${column}[-2] = '${mark}') AND regexp_matches(${column}, '\\d[${mark}]\\d{1,2}$')`;
  return { commas: ends(','), points: ends('.') };
}

async function countMarks(
  conn: DuckDBConnection,
  conditions: (column: string) => { commas: string; points: string },
  where = 'TRUE',
): Promise<Marks> {
  const count = (mark: 'commas' | 'points'): string =>
    MONEY_COLUMNS.map((column) => `count(*) FILTER (WHERE ${conditions(column)[mark]})`).join(' + ');
  const reader = await conn.runAndReadAll(
    `SELECT ${count('commas')}, ${count('points')} FROM linhas WHERE problema IS NULL AND ${where}`,
  );
  const [commas = 0, points = 0] = (reader.getRows()[0] ?? []).map(Number);
  return { commas, points };
}

/**
 * The order of day, month and year in `data_pedido`: by far most Brazilian files are ISO or day first, so month first must be declared.
 * Throws FILE_DATES_MONTH_FIRST when the cells can only be month first and that was not declared.
 */
export async function decideDates(
  conn: DuckDBConnection,
  name: string,
  declared: DateFormat | null,
): Promise<DateFormat | null> {
  const parts = `regexp_extract(data_pedido, '^(\\d{1,2})[/.-](\\d{1,2})[/.-]\\d{2,4}', ['a', 'b'])`;
  const row = (
    await conn.runAndReadAll(
      `SELECT count(*) FILTER (WHERE data_pedido[5] = '-'), count(*) FILTER (WHERE p.a <> ''), ` +
        `count(*) FILTER (WHERE p.a <> '' AND try_cast(p.a AS INTEGER) > 12), count(*) FILTER (WHERE p.b <> '' AND try_cast(p.b AS INTEGER) > 12) ` +
        `FROM (SELECT data_pedido, CASE WHEN data_pedido[5] <> '-' THEN ${parts} END AS p FROM linhas WHERE problema IS NULL)`,
    )
  ).getRows()[0];
  const [iso = 0, slashed = 0, firstAbove12 = 0, secondAbove12 = 0] = (row ?? []).map(Number);
  if (declared !== null) return declared;
  if (slashed > iso) {
    if (secondAbove12 > 0 && firstAbove12 === 0) {
      throw fail('FILE_DATES_MONTH_FIRST', {
        what: `${name}: ${secondAbove12} order dates have a month above 12 when read as day/month/year, and none has a day above 12.`,
        why: 'The dates are written month first, as in the United States; read day first, orders would land in wrong months without a word.',
        fix: 'Run again with --date-order mdy.',
      });
    }
    return 'dmy';
  }
  return iso > 0 ? 'iso' : null;
}
