// Splits a period of days into whole months, answered from the month-grained rollups, and the few days before and after
// them, answered from sums by day or from the orders. Pure: dates are ISO texts (YYYY-MM-DD), nothing is read.

/** Both ends are included; null is open. */
export interface Period {
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * The days that may be asked for: no sale is older or newer, and every database and calendar can still reckon with the days around them
 * (PostgreSQL's times at São Paulo's wall clock end with the year 9999).
 */
export const OLDEST_DAY = '1900-01-01';
export const NEWEST_DAY = '2199-12-31';

/** True for a day between them, both included. */
export function isInReach(day: string): boolean {
  return day >= OLDEST_DAY && day <= NEWEST_DAY;
}

/** Days whose orders are added to the months (sign 1) or taken out of them (sign -1). */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly sign: 1 | -1;
}

/** The oldest and the newest day with orders. */
export interface KnownDays {
  readonly oldest: string | null;
  readonly newest: string | null;
}

/** `firstMonth` is the first day of the first month, `endMonth` that of the first month no longer included. */
export interface MonthSplit {
  readonly firstMonth: string;
  readonly endMonth: string;
  readonly head: Edge;
  readonly tail: Edge;
}

/** Whole months, of which a rollup's sums can be neither added to nor taken from; `endMonth` as in `MonthSplit`. None where it is not after `firstMonth`. */
export interface WholeMonths {
  readonly firstMonth: string;
  readonly endMonth: string;
}

export const BEFORE_ALL = '-infinity';
export const AFTER_ALL = 'infinity';
const NO_DAYS: Edge = { from: AFTER_ALL, to: BEFORE_ALL, sign: 1 };

/**
 * Chooses for each cut month the shorter way: add the days inside the period, or take the whole month, which takes as long as `monthInDays` days, and
 * subtract the days outside. `known` are the oldest and newest days with orders: a bound beyond them cuts no month.
 */
export function splitMonths(period: Period, known: KnownDays, monthInDays = 1): MonthSplit {
  const { from, to } = withinKnown(period, known);
  const headCuts = from !== null && from !== monthOf(from);
  const tailCuts = to !== null && nextDay(to) !== monthOf(nextDay(to));

  if (headCuts && tailCuts && monthOf(from) === monthOf(to)) return splitWithinMonth(from, to, monthInDays);

  let firstMonth = from === null ? BEFORE_ALL : monthOf(from);
  let head = NO_DAYS;
  if (headCuts) {
    const outside = { from: monthOf(from), to: dayBefore(from), sign: -1 } as const;
    const inside = { from, to: dayBefore(nextMonth(from)), sign: 1 } as const;
    if (dayCount(outside) + monthInDays <= dayCount(inside)) head = outside;
    else [head, firstMonth] = [inside, nextMonth(from)];
  }
  let endMonth = to === null ? AFTER_ALL : nextMonth(to);
  let tail = NO_DAYS;
  if (tailCuts) {
    const outside = { from: nextDay(to), to: dayBefore(nextMonth(to)), sign: -1 } as const;
    const inside = { from: monthOf(to), to, sign: 1 } as const;
    if (dayCount(outside) + monthInDays <= dayCount(inside)) tail = outside;
    else [tail, endMonth] = [inside, monthOf(to)];
  }
  return { firstMonth, endMonth, head, tail };
}

/** The months that the period holds from their first day to their last; `known` as in `splitMonths`. */
export function wholeMonths(period: Period, known: KnownDays): WholeMonths {
  const { from, to } = withinKnown(period, known);
  return {
    firstMonth: from === null ? BEFORE_ALL : from === monthOf(from) ? from : nextMonth(from),
    endMonth: to === null ? AFTER_ALL : monthOf(nextDay(to)),
  };
}

function withinKnown({ from, to }: Period, { oldest, newest }: KnownDays): Period {
  return {
    from: from !== null && oldest !== null && from > oldest ? from : null,
    to: to !== null && newest !== null && to < newest ? to : null,
  };
}

function splitWithinMonth(from: string, to: string, monthInDays: number): MonthSplit {
  const month = monthOf(from);
  const inside: Edge = { from, to, sign: 1 };
  const before: Edge = { from: month, to: dayBefore(from), sign: -1 };
  const after: Edge = { from: nextDay(to), to: dayBefore(nextMonth(to)), sign: -1 };
  return dayCount(before) + dayCount(after) + monthInDays <= dayCount(inside)
    ? { firstMonth: month, endMonth: nextMonth(month), head: before, tail: after }
    : { firstMonth: month, endMonth: month, head: inside, tail: NO_DAYS };
}

const DAY_MS = 86_400_000;

/** The first day of the day's month. */
export function monthOf(day: string): string {
  return `${day.slice(0, 7)}-01`;
}

/** The first day of the month after the day's. */
export function nextMonth(day: string): string {
  return addMonths(monthOf(day), 1);
}

/** The same day so many months later (negative: earlier), or the month's last day where it has no such day. */
export function addMonths(day: string, months: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return isoDay(Date.UTC(year, month - 1 + months, Math.min(date, last)));
}

/** So many days later (negative: earlier). */
export function addDays(day: string, days: number): string {
  return isoDay(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS);
}

const nextDay = (day: string): string => addDays(day, 1);
const dayBefore = (day: string): string => addDays(day, -1);

function dayCount(edge: Edge): number {
  return (Date.parse(edge.to) - Date.parse(edge.from)) / DAY_MS + 1;
}

function isoDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
