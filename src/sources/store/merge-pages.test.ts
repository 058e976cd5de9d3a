// Joining pages keeps every row in front of the cursor that follows it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { mergePages } from './merge-pages.ts';
import type { StorePage } from './source.ts';
import { NEW_CURSOR, type OpenWindow } from './windows.ts';

const WINDOW: OpenWindow = {
  since: null,
  until: '2026-11-20T12:00:00.000Z',
  finishes: '2026-11-20T12:00:00.000Z',
  position: { anchor: null, token: null, ties: null },
};

function page(documents: string[], token: string | null, done: boolean): StorePage {
  const window = token === null ? null : { ...WINDOW, position: { ...WINDOW.position, token } };
  return { documents, cursor: { ...NEW_CURSOR, window }, window: WINDOW, done };
}

test('pages are joined up to the size asked for, and never across the end of a window', async () => {
  async function* pages(): AsyncGenerator<StorePage> {
    yield page(['a'], 't1', false);
    yield page(['b', 'c'], 't2', false);
    yield page(['d'], 't3', false);
    yield page(['e'], null, false);
    yield page([], null, true);
  }
  const joined = [];
  for await (const { documents, cursor, done } of mergePages(pages(), 3))
    joined.push([documents.join(''), cursor.window?.position.token ?? null, done]);
  assert.deepEqual(joined, [
    ['abc', 't2', false],
    ['de', null, false],
    ['', null, true],
  ]);
});

test('a slow store does not keep what was read waiting for more', async () => {
  async function* pages(): AsyncGenerator<StorePage> {
    yield page(['a'], 't1', false);
    await delay(60);
    yield page(['b'], 't2', false);
    yield page(['c'], 't3', false);
    yield page(['d'], null, true);
  }
  const joined = [];
  for await (const { documents } of mergePages(pages(), 1000, 40)) joined.push(documents.join(''));
  assert.deepEqual(joined, ['ab', 'cd']);
});
