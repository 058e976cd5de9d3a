// Hours, days, weeks and months of a period: where each begins, and which of them are not whole. Pure; days and times are ISO texts of America/Sao_Paulo.
import { addDays, nextMonth } from '../pipeline/period.ts';
import type { Grouping, Scope } from './view.ts';

/** Beginnings of all buckets that the period touches; hours that have not come yet are none. */
export function bucketsOf(from: string, to: string, by: Grouping, moment: string | null = null): string[] {
  const found: string[] = [];
  const weekday = (new Date(`${from}T00:00:00Z`).getUTCDay() + 6) % 7;
  let day = by === 'month' ? `${from.slice(0, 8)}01` : by === 'week' ? addDays(from, -weekday) : from;
  // a century of days is more than any page shows
  while (day <= to && found.length < 40_000) {
    if (by === 'hour') {
      const last = day === to && moment !== null ? Number(moment.slice(0, 2)) : 23;
      for (let hour = 0; hour <= last; hour++) found.push(`${day}T${String(hour).padStart(2, '0')}:00`);
    } else found.push(day);
    day = by === 'month' ? nextMonth(day) : addDays(day, by === 'week' ? 7 : 1);
  }
  return found;
}

/** Which weeks and months the period cuts, and the day or hour that is still running. */
export function partialBuckets(
  starts: readonly string[],
  by: Grouping,
  { filters, moment }: Pick<Scope, 'filters' | 'moment'>,
): number[] {
  const { from, to } = filters;
  if (from === null || to === null) return [];
  return starts.flatMap((start, index) => {
    const isLast = index === starts.length - 1;
    if (by === 'hour') return moment !== null && start === `${to}T${moment.slice(0, 2)}:00` ? [index] : [];
    const end = by === 'day' ? start : addDays(by === 'week' ? addDays(start, 7) : nextMonth(start), -1);
    return start < from || end > to || (isLast && moment !== null) ? [index] : [];
  });
}
