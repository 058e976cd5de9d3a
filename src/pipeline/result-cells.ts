// Values of a result as exact text: what PostgreSQL sent, never through a JavaScript number or Date, so that no cent and no
// digit is lost on the way to a file. Times become ISO 8601.
import type pg from 'pg';
import type { ColumnKind } from '../catalog/analyses.ts';

/** One value as text; null is SQL's null. */
export type Cell = string | null;

/** Type parsers for `pg` that leave every value as the text PostgreSQL sent. */
export const textTypes: pg.CustomTypesConfig = { getTypeParser: () => (value: string) => value };

/** The text of a cell in the form that files carry: times as ISO 8601, booleans as true and false. */
export function toCell(text: Cell, kind: ColumnKind): Cell {
  if (text === null) return null;
  if (kind === 'timestamp') return isoTimestamp(text);
  if (kind === 'boolean') return text === 't' ? 'true' : 'false';
  return text;
}

/** PostgreSQL's `2026-11-23 20:11:02.5-03` as `2026-11-23T20:11:02.5-03:00`; anything else (infinity, years BC) as it is. */
function isoTimestamp(text: string): string {
  const parts = /^(\d{4,}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d+)?)(?:([+-]\d{2})(:\d{2})?)?$/.exec(text);
  if (parts === null) return text;
  const [, day, time, hours, minutes] = parts;
  return `${day}T${time}${hours === undefined ? '' : `${hours}${minutes ?? ':00'}`}`;
}
