// JSON results: an array with one object per row, one row a line. Keys are the ASCII data names. Figures are JSON numbers
// with the digits PostgreSQL sent (money always with two decimals), so that nothing is rounded on the way; fractions are 0-1.
import type { ColumnKind, ResultColumn } from '../../catalog/analyses.ts';
import type { Cell } from '../result-cells.ts';
import { roundDecimal } from './number-formats.ts';

const NUMBER_KINDS: ReadonlySet<ColumnKind> = new Set(['count', 'decimal', 'fraction', 'integer', 'number', 'float']);
const IS_JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The whole array as text, ending with a line break. */
export function toJson(columns: readonly ResultColumn[], rows: readonly (readonly Cell[])[]): string {
  return `${JSON_HEAD}${rows.map((row, index) => jsonRow(columns, row, index === 0)).join('')}${JSON_FOOT}`;
}

export const JSON_HEAD = '[';
export const JSON_FOOT = '\n]\n';

/** One object of the array, with the comma that parts it from the one before. */
export function jsonRow(columns: readonly ResultColumn[], row: readonly Cell[], isFirst: boolean): string {
  const fields = columns.map(
    (column, index) => `${JSON.stringify(column.name)}: ${jsonValue(row[index] ?? null, column.kind)}`,
  );
  return `${isFirst ? '' : ','}\n  {${fields.join(', ')}}`;
}

function jsonValue(cell: Cell, kind: ColumnKind): string {
  if (cell === null) return 'null';
  if (kind === 'money') return roundDecimal(cell, 2) ?? JSON.stringify(cell);
  // NaN and Infinity have no JSON number
  if (NUMBER_KINDS.has(kind)) return IS_JSON_NUMBER.test(cell) ? cell : JSON.stringify(cell);
  if (kind === 'boolean' || kind === 'json') return cell;
  return JSON.stringify(cell);
}
