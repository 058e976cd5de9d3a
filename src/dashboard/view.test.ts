// What a URL may ask of the dashboard.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readView } from './view.ts';

test('a day that no order has is refused, whatever end of the period it is', () => {
  const read = (query: string): unknown => readView(new URLSearchParams(query));
  for (const day of ['9999-12-31', '2200-01-01', '1899-12-31', '2026-02-30']) {
    assert.deepEqual(read(`from=${day}`), { wrong: 'from' });
    assert.deepEqual(read(`to=${day}`), { wrong: 'to' });
  }
  assert.ok('view' in (read('from=1900-01-01&to=2199-12-31') as object));
});
