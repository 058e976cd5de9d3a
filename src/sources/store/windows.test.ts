// Windows and positions, worked by hand.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  parseCursor,
  planWindow,
  positionAfter,
  requestAt,
  NEW_CURSOR,
  type OpenWindow,
  type Position,
} from './windows.ts';

const at = (text: string): number => Date.parse(text);
const NOON = at('2026-11-20T12:00:00Z');
const FIVE_MINUTES = 300_000;

describe('planning a window', () => {
  const plan = (
    finishedUntil: string | null,
    since?: string,
    until?: string,
  ): [string | null, string, string] | null => {
    const window = planWindow({
      finishedUntil,
      since: since === undefined ? undefined : new Date(since),
      until: until === undefined ? undefined : new Date(until),
      storeTimeMs: NOON,
      overlapMs: FIVE_MINUTES,
    });
    return window === null ? null : [window.since, window.until, window.finishes];
  };
  const noon = '2026-11-20T12:00:00.000Z';

  test('the first run reads from the beginning, or from --since, up to the clock of the store', () => {
    assert.deepEqual(plan(null), [null, noon, noon]);
    assert.deepEqual(plan(null, '2026-11-01T00:00:00Z'), ['2026-11-01T00:00:00.000Z', noon, noon]);
  });

  test('the next run begins five minutes before the end of the last', () => {
    assert.deepEqual(plan('2026-11-20T11:00:00.000Z'), ['2026-11-20T10:55:00.000Z', noon, noon]);
  });

  test('--since reaches back but never forward, which would open a gap', () => {
    assert.deepEqual(plan('2026-11-20T11:00:00.000Z', '2026-11-20T11:30:00Z'), [
      '2026-11-20T10:55:00.000Z',
      noon,
      noon,
    ]);
    assert.deepEqual(plan('2026-11-20T11:00:00.000Z', '2026-10-01T00:00:00Z'), [
      '2026-10-01T00:00:00.000Z',
      noon,
      noon,
    ]);
  });

  test('--until in the past keeps what was already finished; in the future it is cut to the clock', () => {
    assert.deepEqual(plan('2026-11-20T11:00:00.000Z', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'), [
      '2026-01-01T00:00:00.000Z',
      '2026-02-01T00:00:00.000Z',
      '2026-11-20T11:00:00.000Z',
    ]);
    assert.deepEqual(plan(null, undefined, '2027-01-01T00:00:00Z'), [null, noon, noon]);
  });

  test('bounds that cross leave nothing to read', () => {
    assert.equal(plan(null, '2026-11-20T11:00:00Z', '2026-11-20T10:00:00Z'), null);
  });

  test('a clock that was set back is believed, so that later updates are not taken for old ones', () => {
    assert.deepEqual(plan('2026-11-20T12:03:00.000Z'), ['2026-11-20T11:58:00.000Z', noon, noon]);
  });
});

describe('walking a window', () => {
  const SECOND = '2026-11-20T10:00:00.000Z';
  const windowAt = (position: Position): OpenWindow => ({
    since: null,
    until: '2026-11-20T12:00:00.000Z',
    finishes: '2026-11-20T12:00:00.000Z',
    position,
  });
  const ties = (page: number, direction: 'forward' | 'backward'): Position => ({
    anchor: SECOND,
    token: null,
    ties: { page, direction },
  });
  const untied = (anchor: string | null): Position => ({ anchor, token: null, ties: null });

  test('without tokens the next request is page 1 from the last update time, inclusive', () => {
    const position = positionAfter(windowAt(untied(null)), { lastMs: at(SECOND), next: 'more' }, 1000);
    assert.deepEqual(position, untied(SECOND));
    assert.deepEqual(requestAt(windowAt(untied(SECOND))), {
      kind: 'page',
      since: SECOND,
      until: '2026-11-20T12:00:00.000Z',
      page: 1,
    });
  });

  test('a page full of one second is walked forward to its end, then backward to page 1, then left', () => {
    const more = { lastMs: at(SECOND), next: 'more' } as const;
    const end = { lastMs: at(SECOND), next: 'end' } as const;
    assert.deepEqual(positionAfter(windowAt(untied(SECOND)), more, 1000), ties(2, 'forward'));
    assert.deepEqual(requestAt(windowAt(ties(2, 'forward'))), { kind: 'page', since: SECOND, until: SECOND, page: 2 });
    assert.deepEqual(positionAfter(windowAt(ties(2, 'forward')), more, 1000), ties(3, 'forward'));
    assert.deepEqual(positionAfter(windowAt(ties(3, 'forward')), end, 1000), ties(2, 'backward'));
    assert.deepEqual(positionAfter(windowAt(ties(2, 'backward')), more, 1000), ties(1, 'backward'));
    assert.deepEqual(positionAfter(windowAt(ties(1, 'backward')), more, 1000), untied('2026-11-20T10:00:01.000Z'));
  });

  test('a walk in the last second of the window ends the window', () => {
    const window = { ...windowAt(ties(1, 'backward')), until: SECOND };
    assert.equal(positionAfter(window, { lastMs: at(SECOND), next: 'more' }, 1000), 'finished');
  });

  test('an anchor inside its second makes no progress within that second', () => {
    const window = windowAt(untied('2026-11-20T09:59:59.400Z'));
    assert.deepEqual(positionAfter(window, { lastMs: at('2026-11-20T09:59:59Z'), next: 'more' }, 1000), {
      anchor: '2026-11-20T09:59:59.400Z',
      token: null,
      ties: { page: 2, direction: 'forward' },
    });
  });

  test('a token is followed and the update time is remembered in case it expires', () => {
    assert.deepEqual(
      positionAfter(windowAt(untied(null)), { lastMs: at(SECOND), next: { token: '/v1/orders?cursor=x' } }, 1000),
      { anchor: SECOND, token: '/v1/orders?cursor=x', ties: null },
    );
  });

  test('more pages without any usable update time cannot be walked', () => {
    assert.equal(positionAfter(windowAt(untied(null)), { lastMs: null, next: 'more' }, 1000), 'stuck');
    assert.equal(positionAfter(windowAt(untied(null)), { lastMs: null, next: 'end' }, 1000), 'finished');
  });
});

test('a cursor survives JSON, and anything else is refused', () => {
  const cursor = { version: 1, finishedUntil: '2026-11-20T11:00:00.000Z', window: null };
  assert.deepEqual(parseCursor(JSON.parse(JSON.stringify(cursor))), cursor);
  assert.deepEqual(parseCursor(null), NEW_CURSOR);
  for (const broken of [
    {},
    7,
    'x',
    [],
    { ...cursor, version: 2 },
    { ...cursor, finishedUntil: 'x' },
    { ...cursor, window: {} },
    { ...cursor, window: 'x' },
  ]) {
    assert.throws(() => parseCursor(broken), { code: 'POSITION_LOST' });
  }
});
