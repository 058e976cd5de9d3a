// What people write after --since and --until: a day or a time, of São Paulo unless it says otherwise, as an instant.
import { InvalidArgumentError } from 'commander';
import { isInReach, NEWEST_DAY, OLDEST_DAY } from '../../pipeline/period.ts';
import { saoPauloOffsetMinutes } from '../../model/reference/sao-paulo-offsets.ts';

const FORM = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/;
/** Where a day begins and ends: both bounds of an extraction are inclusive. */
const EDGE_TIMES = { since: '00:00:00.000', until: '23:59:59.999' } as const;

/** The instant that a bound means; a day alone is its first instant for `since`, its last for `until`. Throws InvalidArgumentError. */
export function parseBound(text: string, edge: 'since' | 'until'): Date {
  const [, day, time, zone] = FORM.exec(text.trim()) ?? [];
  if (day === undefined)
    throw new InvalidArgumentError('Write a day like 2026-11-01, or a time like 2026-11-01T06:00:00-03:00.');
  const local = Date.parse(`${day}T${time ?? EDGE_TIMES[edge]}Z`);
  // JavaScript reads the 30th of February as the 2nd of March
  if (Number.isNaN(local) || new Date(local).toISOString().slice(0, 10) !== day)
    throw new InvalidArgumentError('There is no such day or time.');
  if (!isInReach(day)) throw new InvalidArgumentError(`Days go from ${OLDEST_DAY} to ${NEWEST_DAY}.`);
  return new Date(local - offsetOf(zone, local) * 60_000);
}

/** Minutes from UTC to the local time. */
function offsetOf(zone: string | undefined, local: number): number {
  if (zone === 'Z') return 0;
  if (zone !== undefined)
    return Number(`${zone.slice(0, 1)}1`) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2)));
  return saoPauloOffsetMinutes(local + 3 * 3_600_000);
}
