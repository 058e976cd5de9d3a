// SQL for reading dates and times: ISO with or without a zone, dd/mm/yyyy, and dates in words. A local text without a zone is
// America/Sao_Paulo, by one table of offsets, so that every engine agrees. Instants are TIMESTAMPs in UTC. Impossible dates are NULL.
import { SAO_PAULO_OFFSETS } from '../../model/reference/sao-paulo-offsets.ts';
import { caseWhen, type Dialect } from './dialect.ts';

// Years that a store can mean: 0000 and 9999 stand for "none" and "never", and no two programs write them alike.
const YEAR = '[12][0-9]{3}';
const TIME = '([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,9})?)?';
const ISO_LOCAL = `${YEAR}-[0-9]{2}-[0-9]{2}[ T]${TIME}`;
const ISO_DAY = `${YEAR}-[0-9]{2}-[0-9]{2}`;
const ISO_ZONED = `${ISO_LOCAL} ?(Z|UTC|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)`;
// Written by people and spreadsheets: the hour may lack its zero.
const LOOSE_TIME = `(0?[0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,9})?)?|${TIME})`;
const SLASHED = `[0-9]{1,2}[/.-][0-9]{1,2}[/.-]${YEAR}([ T]+${LOOSE_TIME})?`;
const IN_WORDS = `[0-9]{1,2} de [a-zA-ZçÇ]+ de ${YEAR}( ${LOOSE_TIME}( ?hs?\\.?)?)?`;
const MONTHS = [
  'janeiro',
  'fevereiro',
  'marco',
  'abril',
  'maio',
  'junho',
  'julho',
  'agosto',
  'setembro',
  'outubro',
  'novembro',
  'dezembro',
];

/**
 * The local wall-clock text 'YYYY-MM-DD HH:MM[:SS[.fff]]' of a cell, its zone cut off; NULL when it has no known shape.
 * `order` is an expression: 'mdy' when the file was declared month first, else day first.
 */
export function wallClock(d: Dialect, sql: string, order: string): string {
  const part = (pattern: string, group: number): string => d.extract(sql, pattern, group);
  const time = `COALESCE(NULLIF(${d.extract(sql, '([0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?)', 1)}, ''), '00:00:00')`;
  const first = part('^([0-9]{1,2})', 1);
  const second = part('^[0-9]{1,2}[/.-]([0-9]{1,2})', 1);
  const year = part('[/.-]([0-9]{4})', 1);
  const joined = (yyyy: string, mm: string, dd: string): string =>
    d.concatFields('', [yyyy, `'-'`, `lpad(${mm}, 2, '0')`, `'-'`, `lpad(${dd}, 2, '0')`, `' '`, time]);
  const slashed = joined(
    year,
    caseWhen([[`${order} = 'mdy'`, first]], second),
    caseWhen([[`${order} = 'mdy'`, second]], first),
  );
  const inWords = d.bind(`replace(${d.lower(part('^[0-9]{1,2} de ([a-zA-ZçÇ]+)', 1))}, 'ç', 'c')`, (word) =>
    joined(
      part(' de ([0-9]{4})', 1),
      caseWhen(
        MONTHS.map((name, index) => [`${word} = '${name}'`, `'${index + 1}'`]),
        `'99'`,
      ),
      first,
    ),
  );
  return caseWhen([
    [`${sql} IS NULL`, 'NULL'],
    [d.fullMatch(sql, ISO_LOCAL), sql],
    [d.fullMatch(sql, ISO_DAY), `${sql} || ' 00:00:00'`],
    [d.fullMatch(sql, ISO_ZONED), d.extract(sql, '^([0-9-]{10}[ T][0-9:.]+)', 1)],
    [d.fullMatch(sql, SLASHED), slashed],
    [d.fullMatch(sql, IN_WORDS), inWords],
  ]);
}

/** Minutes east of UTC that the cell states, NULL when it states no zone. */
export function statedOffset(d: Dialect, sql: string): string {
  const zone = '[0-9] ?([+-][0-9]{2}(:?[0-9]{2})?)$';
  const digits = `rpad(replace(substr(${d.extract(sql, zone, 1)}, 2), ':', ''), 4, '0')`;
  const minutes = `(CAST(substr(${digits}, 1, 2) AS INTEGER) * 60 + CAST(substr(${digits}, 3, 2) AS INTEGER))`;
  // nearly every time is written 'YYYY-MM-DD HH:MM:SS', where no zone has room
  const isPlain = `length(${sql}) = 19 AND substr(${sql}, 17, 1) = ':'`;
  return caseWhen([
    [`${sql} IS NULL OR length(${sql}) < 17 OR ${isPlain}`, 'NULL'],
    [d.fullMatch(sql, `${ISO_LOCAL} ?(Z|UTC)`), '0'],
    [d.fullMatch(sql, `${ISO_LOCAL} ?-[0-9]{2}(:?[0-9]{2})?`), `-${minutes}`],
    [d.fullMatch(sql, `${ISO_LOCAL} ?\\+[0-9]{2}(:?[0-9]{2})?`), minutes],
  ]);
}

interface SummerTime {
  /** First instant, UTC. */
  readonly begin: string;
  /** First instant after it, UTC. */
  readonly end: string;
}

const STANDARD_MINUTES = -180;
const SUMMER_MINUTES = -120;

/** The periods at UTC-2, oldest first. */
function summerTimes(): SummerTime[] {
  const periods: SummerTime[] = [];
  SAO_PAULO_OFFSETS.forEach(([begin, offset], index) => {
    const end = SAO_PAULO_OFFSETS[index + 1]?.[0];
    if (offset === SUMMER_MINUTES && end !== undefined) periods.push({ begin, end });
    if (offset !== SUMMER_MINUTES && offset !== STANDARD_MINUTES)
      throw new Error(`unexpected offset ${offset} of America/Sao_Paulo`);
  });
  return periods;
}

/** 'YYYY-MM-DD HH:MM:SS', in UTC. */
function moved(isoInstant: string, addMinutes: number): string {
  return new Date(Date.parse(isoInstant) + addMinutes * 60_000).toISOString().slice(0, 19).replace('T', ' ');
}

/**
 * `within` from the first boundary on, `outside` from the second, `within` again from the third, and so on; `outside` before the first and for NULL.
 * Recent orders are decided by one comparison, and no list is looked through.
 */
function alternately(
  d: Dialect,
  timestamp: string,
  boundaries: readonly string[],
  within: string,
  outside: string,
): string {
  const newest = boundaries.at(-1);
  if (newest === undefined || boundaries.length % 2 === 1) throw new Error('the last boundary must end a period');
  const isWithin = (t: string): string =>
    `${d.listLength(d.filterList(d.timestamps(boundaries), (boundary) => `${boundary} <= ${t}`))} % 2 = 1`;
  return caseWhen(
    [[`${timestamp} >= TIMESTAMP '${newest}'`, outside]],
    d.bind(timestamp, (t) => caseWhen([[isWithin(t), within]], outside)),
  );
}

/** The instant (UTC) of a local time in São Paulo. A skipped hour counts as standard time; of a repeated hour, the first. */
export function instantOfLocal(d: Dialect, local: string): string {
  const boundaries = summerTimes().flatMap(({ begin, end }) => [
    moved(begin, SUMMER_MINUTES),
    moved(end, SUMMER_MINUTES),
  ]);
  return d.addMinutes(local, alternately(d, local, boundaries, String(-SUMMER_MINUTES), String(-STANDARD_MINUTES)));
}

/** The local time in São Paulo of an instant. */
export function localOfInstant(d: Dialect, instant: string): string {
  const boundaries = summerTimes().flatMap(({ begin, end }) => [moved(begin, 0), moved(end, 0)]);
  return d.addMinutes(instant, alternately(d, instant, boundaries, String(SUMMER_MINUTES), String(STANDARD_MINUTES)));
}

/** True where a local time was skipped or happened twice because summer time began or ended. */
export function isClockChange(d: Dialect, local: string): string {
  const boundaries = summerTimes().flatMap(({ begin, end }) => [
    moved(begin, STANDARD_MINUTES),
    moved(begin, SUMMER_MINUTES),
    moved(end, STANDARD_MINUTES),
    moved(end, SUMMER_MINUTES),
  ]);
  return alternately(d, local, boundaries, 'TRUE', 'FALSE');
}
