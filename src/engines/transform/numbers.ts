// SQL for reading money and whole numbers as people and systems write them, by shape: a cell with one possible reading is read,
// a cell with two ("1.234") only by the file's own format, anything else is NULL and the rules reject it. Nothing is rounded.
import { caseWhen, type Dialect } from './dialect.ts';

// Decimals beyond the second only when they are zeros and cannot be a group of thousands: 29.9000, never 1.500.
const PLAIN = '-?[0-9]{1,12}(\\.([0-9]{1,2}|[0-9]{2}00+|[0-9]000+))?';
const DECIMAL_COMMA = '-?([0-9]{1,12}|[0-9]{1,3}(\\.[0-9]{3}){1,3}),[0-9]{1,2}';
const POINT_GROUPS_MANY = '-?[0-9]{1,3}(\\.[0-9]{3}){2,3}';
const POINT_GROUP_ONE = '-?[1-9][0-9]{0,2}\\.[0-9]{3}';
const ENGLISH = '-?[0-9]{1,3}(,[0-9]{3}){1,3}(\\.[0-9]{1,2})?';

/**
 * Money in reais as DECIMAL(14,2); NULL when the cell has no certain reading.
 * `format` is an expression: ',' (the file writes decimal commas), '.' , 'en' (declared 1,234.56) or NULL (undecided).
 */
export function money(d: Dialect, sql: string, format: string): string {
  const asWritten = d.replaceAll(sql, 'R\\$|[ \\x{a0}\\t]', '');
  const slow = d.bind(asWritten, (bare) =>
    d.tryCast(
      caseWhen([
        [d.fullMatch(bare, PLAIN), bare],
        [d.fullMatch(bare, DECIMAL_COMMA), `replace(replace(${bare}, '.', ''), ',', '.')`],
        [d.fullMatch(bare, POINT_GROUPS_MANY), `replace(${bare}, '.', '')`],
        [`${format} = ',' AND ${d.fullMatch(bare, POINT_GROUP_ONE)}`, `replace(${bare}, '.', '')`],
        [`${format} = 'en' AND ${d.fullMatch(bare, ENGLISH)}`, `replace(${bare}, ',', '')`],
      ]),
      'DECIMAL(14,2)',
    ),
  );
  return caseWhen(
    [
      [`${sql} IS NULL`, 'NULL'],
      [d.fullMatch(sql, PLAIN), d.tryCast(sql, 'DECIMAL(14,2)')],
    ],
    slow,
  );
}

/**
 * A whole number of at most seven digits; '2,0' and '2.00' count as 2. NULL for anything else.
 * '2.000' may be two thousand: it is 2 only where `format`, as for money, says that the file writes decimal points (and '2,000' where it writes commas).
 */
export function wholeNumber(d: Dialect, sql: string, format?: string): string {
  const whole = d.tryCast(d.extract(sql, '^(-?[0-9]+)', 1), 'INTEGER');
  const threeZeros = (mark: string): string => d.fullMatch(sql, `-?[0-9]{1,7}${mark}000`);
  return caseWhen([
    [d.fullMatch(sql, '-?[0-9]{1,7}'), d.tryCast(sql, 'INTEGER')],
    [d.fullMatch(sql, '-?[0-9]{1,7}[.,](00?|0000+)'), whole],
    ...(format === undefined
      ? []
      : [
          [`${format} = ',' AND ${threeZeros(',')}`, whole] as const,
          [`${format} IN ('.', 'en') AND ${threeZeros('[.]')}`, whole] as const,
        ]),
  ]);
}

/** True for a number with a fraction other than zero: '1.5', '0,25'. */
export function isFraction(d: Dialect, sql: string): string {
  return d.fullMatch(sql, '-?[0-9]+[.,][0-9]*[1-9][0-9]*');
}
