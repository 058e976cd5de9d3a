// Figures as Brazilians write them, made from exact decimal text: `R$ 1.234,56`, `1.234`, `12,3 %`. It never goes through
// a binary fraction, so that what is printed is what the warehouse holds.
import type { ColumnKind } from '../../catalog/analyses.ts';
import type { Cell } from '../result-cells.ts';

/** Exact decimal text such as `-1234.5`; numbers and bigints are taken as their shortest text. */
export type Decimal = string | number | bigint;

const MINUS_OR_NONE = (isNegative: boolean): string => (isNegative ? '-' : '');
const PLAIN_DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** `1234.5` -> `R$ 1.234,50`; below zero `-R$ 1,00`. Rounded half-up (away from zero). */
export function formatMoney(amount: Decimal): string {
  const shown = formatFixed(amount, 2);
  return shown.startsWith('-') ? `-R$ ${shown.slice(1)}` : `R$ ${shown}`;
}

/** `1234` -> `1.234`. */
export function formatCount(count: Decimal): string {
  return formatFixed(count, 0);
}

/** A fraction of 1 as a percentage with one decimal: `0.1234` -> `12,3 %`. */
export function formatPercent(fraction: Decimal): string {
  const parts = PLAIN_DECIMAL.exec(plainText(fraction));
  if (parts === null) return String(fraction);
  const [, sign = '', whole = '', decimals = ''] = parts;
  const moved = decimals.padEnd(2, '0');
  return `${formatFixed(`${sign}${whole}${moved.slice(0, 2)}.${moved.slice(2)}0`, 1)} %`;
}

/** Grouped by points, with a decimal comma and exactly so many decimals; text that is no plain decimal stays as it is. */
export function formatFixed(value: Decimal, decimals: number): string {
  const fixed = roundDecimal(plainText(value), decimals);
  if (fixed === null) return String(value);
  const isNegative = fixed.startsWith('-');
  const [whole = '', fraction] = fixed.replace('-', '').split('.');
  const grouped = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, '.');
  return `${MINUS_OR_NONE(isNegative)}${grouped}${fraction === undefined ? '' : `,${fraction}`}`;
}

/** Plain decimal text rounded half away from zero to so many decimals (zero is never negative); null when it is no plain decimal. */
export function roundDecimal(text: string, decimals: number): string | null {
  const parts = PLAIN_DECIMAL.exec(text);
  if (parts === null) return null;
  const [, sign, whole = '0', fraction = ''] = parts;
  const kept = fraction.slice(0, decimals).padEnd(decimals, '0');
  const isRoundedUp = (fraction[decimals] ?? '0') >= '5';
  const scaled = BigInt(whole + kept) + (isRoundedUp ? 1n : 0n);
  const digits = scaled.toString().padStart(decimals + 1, '0');
  const split = digits.length - decimals;
  const shown = decimals === 0 ? digits : `${digits.slice(0, split)}.${digits.slice(split)}`;
  return `${MINUS_OR_NONE(sign === '-' && scaled !== 0n)}${shown}`;
}

function plainText(value: Decimal): string {
  // a number such as 1e-7 has no plain text of its own
  return typeof value === 'number' && !PLAIN_DECIMAL.test(String(value)) && Number.isFinite(value)
    ? value.toFixed(20)
    : String(value);
}

/** `2026-11-23` -> `23/11/2026`. */
export function formatDate(day: string): string {
  return day.replace(/^(\d{4})-(\d{2})-(\d{2})$/, '$3/$2/$1');
}

/** `2026-11-01` -> `11/2026`. */
export function formatMonth(day: string): string {
  return day.replace(/^(\d{4})-(\d{2})-\d{2}$/, '$2/$1');
}

/** `2026-11-23T20:11:02.5-03:00` -> `23/11/2026 20:11`, in the offset it carries. */
export function formatTimestamp(time: string): string {
  return time.replace(/^(\d{4})-(\d{2})-(\d{2})T(\d{2}:\d{2}).*$/, '$3/$2/$1 $4');
}

/** A cell as a table shows it. Null is a dash; free SQL's own numbers and times stay as PostgreSQL writes them. */
export function formatCell(cell: Cell, kind: ColumnKind): string {
  if (cell === null) return '–';
  switch (kind) {
    case 'money':
      return formatMoney(cell);
    case 'count':
      return formatCount(cell);
    case 'decimal':
      return formatFixed(cell, 2);
    case 'fraction':
      return formatPercent(cell);
    case 'month':
      return formatMonth(cell);
    case 'date':
      return formatDate(cell);
    case 'timestamp':
      return formatTimestamp(cell);
    default:
      return cell;
  }
}

const RIGHT_ALIGNED: ReadonlySet<ColumnKind> = new Set([
  'count',
  'money',
  'decimal',
  'fraction',
  'integer',
  'number',
  'float',
]);

/** True for the kinds whose digits must stand under each other. */
export function isRightAligned(kind: ColumnKind): boolean {
  return RIGHT_ALIGNED.has(kind);
}
