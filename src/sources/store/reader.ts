// Reads a store's list of orders page by page: resumes, plans windows, checks the order of the list, hands out cursors.
// A store's folder only supplies an `OrderList` (how to ask and how to read an answer). It never writes rows or cursors anywhere.
import { answerInvalid } from './client.ts';
import type { Pace } from './pace.ts';
import type { PagesRequest, StoreEvent, StorePage } from './source.ts';
import {
  floorTo,
  parseCursor,
  planWindow,
  positionAfter,
  positionWithoutToken,
  requestAt,
  type ListRequest,
  type OpenWindow,
  type Position,
  type StoreCursor,
} from './windows.ts';

export interface ListedOrder {
  /** When the store says the order last changed; null when it does not say. */
  readonly updatedAtMs: number | null;
  /** The order as JSON text in the nested shape of contract `pedido` v1. */
  readonly document: string;
}

export interface ListPage {
  readonly orders: readonly ListedOrder[];
  readonly next: { readonly token: string } | 'more' | 'end';
}

/** One store's way of listing orders by update time. */
export interface OrderList {
  readonly storeId: string;
  readonly host: string;
  /** Steps of the store's update times: 1000 when they have whole seconds. */
  readonly resolutionMs: number;
  /** The store's clock, from the `Date` of a cheap answer. */
  clock(signal: AbortSignal | undefined): Promise<number>;
  /** One page; `stale` when the store no longer knows the token. */
  list(request: ListRequest, signal: AbortSignal | undefined): Promise<ListPage | 'stale'>;
}

export interface ReadOptions {
  readonly pace: Pace;
  readonly overlapMs: number;
  readonly onEvent: (event: StoreEvent) => void;
}

/** The pages of a run; see `StoreReader.pages`. */
export async function* readPages(
  list: OrderList,
  request: PagesRequest,
  options: ReadOptions,
): AsyncGenerator<StorePage, void, undefined> {
  const { since, until, signal } = request;
  let cursor = parseCursor(request.cursor);
  const storeTimeMs = await list.clock(signal);
  // The second (or whatever the store's step is) that the clock showed is not over. An order read in it could change again with the same
  // update time, and nobody could tell the two versions' order: so nothing is read before that second has passed.
  await options.pace.sleep(list.resolutionMs, signal);
  const report = (event: StoreEvent['event'], window: OpenWindow): void =>
    options.onEvent({ event, details: { store: list.storeId, since: window.since, until: window.until } });

  const resumed = cursor.window;
  if (resumed !== null) {
    report('window.resumed', resumed);
    const isAll =
      until !== undefined &&
      until.getTime() <= Date.parse(resumed.until) &&
      (since === undefined || resumed.since === null || since.getTime() >= Date.parse(resumed.since));
    for await (const page of readWindow(list, cursor.finishedUntil, resumed, isAll, signal, options)) {
      cursor = page.cursor;
      yield page;
    }
    report('window.finished', resumed);
    if (isAll) return;
  }

  const planned = planWindow({
    finishedUntil: cursor.finishedUntil,
    since,
    until,
    storeTimeMs,
    overlapMs: options.overlapMs,
  });
  if (planned === null) {
    const bound = new Date(Math.min(storeTimeMs, until?.getTime() ?? storeTimeMs)).toISOString();
    yield { documents: [], cursor, window: { since: null, until: bound }, done: true };
    return;
  }
  report('window.started', planned);
  yield* readWindow(list, cursor.finishedUntil, planned, true, signal, options);
  report('window.finished', planned);
}

async function* readWindow(
  list: OrderList,
  finishedUntil: string | null,
  first: OpenWindow,
  isLastOfRun: boolean,
  signal: AbortSignal | undefined,
  options: ReadOptions,
): AsyncGenerator<StorePage, void, undefined> {
  const bounds = { since: first.since, until: first.until };
  const untilMs = Date.parse(first.until);
  let window: OpenWindow | null = first;
  while (window !== null) {
    signal?.throwIfAborted();
    const page: ListPage | 'stale' = await list.list(requestAt(window), signal);
    if (page === 'stale') {
      if (window.position.token === null)
        throw answerInvalid(list.storeId, list.host, 'It refuses a page that was asked for by time alone.');
      options.onEvent({ event: 'cursor.stale', details: { store: list.storeId, anchor: window.position.anchor } });
      window = { ...window, position: positionWithoutToken(window.position) };
      continue;
    }
    const position = nextPosition(list, window, page);
    window = position === 'finished' ? null : { ...window, position };
    const cursor: StoreCursor = { version: 1, finishedUntil: window === null ? first.finishes : finishedUntil, window };
    yield {
      documents: insideOf(page.orders, untilMs).map((order) => order.document),
      cursor,
      window: bounds,
      done: window === null && isLastOfRun,
    };
  }
}

/** Orders that changed after the window's end, between list and answer, are left to the next window: their second may not be over. */
function insideOf(orders: readonly ListedOrder[], untilMs: number): readonly ListedOrder[] {
  return orders.filter(({ updatedAtMs }) => updatedAtMs === null || updatedAtMs <= untilMs);
}

function nextPosition(list: OrderList, window: OpenWindow, page: ListPage): Position | 'finished' {
  const untilMs = Date.parse(window.until);
  let lastMs: number | null = null;
  for (const { updatedAtMs } of page.orders) {
    // Without a time, or changed while the page was made: says nothing about how far the list was read.
    if (updatedAtMs === null || updatedAtMs > untilMs) continue;
    const timeMs = floorTo(updatedAtMs, list.resolutionMs);
    if (lastMs !== null && timeMs < lastMs) {
      throw answerInvalid(
        list.storeId,
        list.host,
        'Its list is not sorted by update time, so reading it in pages would skip orders.',
      );
    }
    lastMs = timeMs;
  }
  const position = positionAfter(window, { lastMs, next: page.next }, list.resolutionMs);
  if (position === 'stuck') {
    throw answerInvalid(
      list.storeId,
      list.host,
      'It says that there are more pages, but no order on this one has an update time inside the window.',
    );
  }
  if (typeof page.next === 'object' && page.next.token === window.position.token) {
    throw answerInvalid(list.storeId, list.host, 'It gives the same page as the next one, again and again.');
  }
  return position;
}
