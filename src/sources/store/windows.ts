// Where reading a store stands, and where it goes next: windows of update time, and positions inside one. Pure functions.
// They never ask the store (`reader.ts` does) and never look into an order.
//
// Why nothing is skipped while the store changes. Rows are asked for by update time, ascending, between two inclusive bounds; the upper
// one is the store's clock when the run began. An order that changes gets a later update time: it leaves its place, and shows up again
// further on or in the next window. Page NUMBERS would shift when that happens (what was first on page 2 is now last on page 1), so no
// page number above 1 is ever used on a list that can shrink in front of us:
//   anchor  ask for page 1 from the last update time seen, again and again; rows of that very second come twice, none is missed;
//   ties    more rows than a page share one second: walk that second's pages forward to its end, then BACKWARD to page 1. Rows only
//           ever leave a past second, which moves the others to lower pages, that is, to pages not yet read;
//   token   the store's own cursor, where it has one that is stable; when it has expired, back to the anchor.
// Rows that become visible late (the store's index lags behind) are why the next window begins `overlapMs` before the end of the last.
import { fail } from '../../catalog/errors.ts';

/** Inside a window. Times are ISO 8601 in UTC. */
export interface Position {
  /** Everything in the window before this update time was read; null: nothing yet, and the window has no lower bound. */
  readonly anchor: string | null;
  /** The store's own name for the next page, enough by itself to ask for it. */
  readonly token: string | null;
  /** Walking the pages of the one second `anchor`. */
  readonly ties: { readonly page: number; readonly direction: 'forward' | 'backward' } | null;
}

export interface OpenWindow {
  readonly since: string | null;
  readonly until: string;
  /** What `finishedUntil` becomes when the window is finished. */
  readonly finishes: string;
  readonly position: Position;
}

/** Kept with the rows, in the same transaction. */
export interface StoreCursor {
  readonly version: 1;
  /** Everything updated up to here, and visible at that time, was read. */
  readonly finishedUntil: string | null;
  readonly window: OpenWindow | null;
}

export const NEW_CURSOR: StoreCursor = { version: 1, finishedUntil: null, window: null };

/** Reads a stored cursor. Throws POSITION_LOST for anything that this version did not write. */
export function parseCursor(stored: unknown): StoreCursor {
  if (stored === undefined || stored === null) return NEW_CURSOR;
  const cursor = stored as Partial<StoreCursor>;
  const isTime = (value: unknown): boolean =>
    value === null || (typeof value === 'string' && !Number.isNaN(Date.parse(value)));
  const { window } = cursor;
  const isWindow =
    window === null ||
    (typeof window === 'object' &&
      isTime(window.since) &&
      isTime(window.until) &&
      isTime(window.finishes) &&
      typeof window.position === 'object' &&
      isTime(window.position.anchor));
  if (cursor.version === 1 && isTime(cursor.finishedUntil) && isWindow) return cursor as StoreCursor;
  throw fail('POSITION_LOST', {
    what: 'The stored cursor of a store cannot be read.',
    why: 'It was not written by this version of Esteira, or it was edited.',
    fix: 'Use the version that wrote it, or read the store again from the beginning (--since): what is already in the warehouse is recognised.',
  });
}

export interface WindowPlan {
  readonly finishedUntil: string | null;
  readonly since: Date | undefined;
  readonly until: Date | undefined;
  readonly storeTimeMs: number;
  readonly overlapMs: number;
}

/**
 * The window of a fresh run; null when its bounds leave nothing to read.
 * Lower bound: `overlapMs` before the end of the last run, or `since` where that is earlier or there was no run.
 * Upper bound: the store's clock, or `until` where that is earlier.
 */
export function planWindow(plan: WindowPlan): OpenWindow | null {
  const { finishedUntil, since, until, storeTimeMs, overlapMs } = plan;
  const resumedMs = finishedUntil === null ? null : Date.parse(finishedUntil) - overlapMs;
  const sinceMs = resumedMs === null ? (since?.getTime() ?? null) : Math.min(resumedMs, since?.getTime() ?? resumedMs);
  const isBackfill = until !== undefined && until.getTime() < storeTimeMs;
  const untilMs = isBackfill ? until.getTime() : storeTimeMs;
  if (sinceMs !== null && sinceMs > untilMs) return null;
  // A run that ends in the past adds to what was read; one that ends at the store's clock states it, even if that clock was set back.
  const finishesMs = isBackfill && finishedUntil !== null ? Math.max(untilMs, Date.parse(finishedUntil)) : untilMs;
  const lower = sinceMs === null ? null : iso(sinceMs);
  return {
    since: lower,
    until: iso(untilMs),
    finishes: iso(finishesMs),
    position: { anchor: lower, token: null, ties: null },
  };
}

/** What to ask the store for. `first` and `page` are filtered by update time, both bounds inclusive, sorted by update time ascending. */
export type ListRequest =
  | { readonly kind: 'page'; readonly since: string | null; readonly until: string; readonly page: number }
  | { readonly kind: 'token'; readonly token: string };

export function requestAt(window: OpenWindow): ListRequest {
  const { anchor, token, ties } = window.position;
  if (token !== null) return { kind: 'token', token };
  if (ties !== null && anchor !== null) return { kind: 'page', since: anchor, until: anchor, page: ties.page };
  return { kind: 'page', since: anchor, until: window.until, page: 1 };
}

/** What a page says about its place in the list. */
export interface PageShape {
  /** Latest update time on the page that is inside the window, cut to the store's resolution; null when there is none. */
  readonly lastMs: number | null;
  /** `token`: the store gave a name for the next page; `more`: there is a next page; `end`: there is none. */
  readonly next: { readonly token: string } | 'more' | 'end';
}

/** Position after a page; `finished` when it was the window's last one; `stuck` when the store's list cannot be walked. */
export function positionAfter(
  window: OpenWindow,
  page: PageShape,
  resolutionMs: number,
): Position | 'finished' | 'stuck' {
  const { anchor, ties } = window.position;
  if (ties !== null && anchor !== null) return afterTies(window, anchor, ties, page, resolutionMs);
  if (page.next === 'end') return 'finished';
  const anchorMs = anchor === null ? null : Date.parse(anchor);
  const reached = page.lastMs === null || (anchorMs !== null && page.lastMs < anchorMs) ? anchorMs : page.lastMs;
  const reachedIso = reached === null ? null : iso(reached);
  if (typeof page.next === 'object') return { anchor: reachedIso, token: page.next.token, ties: null };
  if (page.lastMs === null || reached === null) return 'stuck';
  // The anchor may lie inside its second (a bound given with milliseconds): the same second is no progress.
  const isSameSecond = anchorMs !== null && floorTo(anchorMs, resolutionMs) === floorTo(reached, resolutionMs);
  return { anchor: reachedIso, token: null, ties: isSameSecond ? { page: 2, direction: 'forward' } : null };
}

/** Position that does without the store's token: asks again from the last update time seen. */
export function positionWithoutToken(position: Position): Position {
  return { anchor: position.anchor, token: null, ties: null };
}

function afterTies(
  window: OpenWindow,
  anchor: string,
  ties: NonNullable<Position['ties']>,
  page: PageShape,
  resolutionMs: number,
): Position | 'finished' {
  if (ties.direction === 'forward' && page.next !== 'end')
    return { anchor, token: null, ties: { page: ties.page + 1, direction: 'forward' } };
  if (ties.page > 1) return { anchor, token: null, ties: { page: ties.page - 1, direction: 'backward' } };
  const nextMs = floorTo(Date.parse(anchor), resolutionMs) + resolutionMs;
  return nextMs > Date.parse(window.until) ? 'finished' : { anchor: iso(nextMs), token: null, ties: null };
}

export function floorTo(timeMs: number, resolutionMs: number): number {
  return Math.floor(timeMs / resolutionMs) * resolutionMs;
}

export function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
