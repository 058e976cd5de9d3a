// What a URL may ask of the dashboard.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readView, scopeOf } from './view.ts';

test('a day that no order has is refused, whatever end of the period it is', () => {
  const read = (query: string): unknown => readView(new URLSearchParams(query));
  for (const day of ['9999-12-31', '2200-01-01', '1899-12-31', '2026-02-30']) {
    assert.deepEqual(read(`from=${day}`), { wrong: 'from' });
    assert.deepEqual(read(`to=${day}`), { wrong: 'to' });
  }
  assert.ok('view' in (read('from=1900-01-01&to=2199-12-31') as object));
});

test('a record may be of any text that stood where its store should', () => {
  const hash = 'a0'.repeat(32);
  for (const store of ['', 'loja', 'açaí do zé', "joana's <3", 'loja@home']) {
    const read = readView(new URLSearchParams({ record: `${hash}@${store}` }));
    assert.equal('view' in read ? read.view.focus.record : read.wrong, `${hash}@${store}`);
  }
  assert.deepEqual(readView(new URLSearchParams({ record: `${hash}@a\u0000b` })), { wrong: 'record' });
});

test('a period too long for the points asked for is drawn in fewer', () => {
  const known = { oldest: '2024-01-01', newest: '2026-10-31', stores: ['loja'] };
  const groupingOf = (query: string): string => {
    const read = readView(new URLSearchParams(query));
    assert.ok('view' in read);
    return scopeOf(read.view, known, { day: '2026-11-01', time: '12:00' }).by;
  };
  assert.equal(groupingOf('period=30d&by=hour'), 'hour');
  assert.equal(groupingOf('period=90d&by=hour'), 'day');
  assert.equal(groupingOf('period=365d&by=day'), 'day');
  assert.equal(groupingOf('from=1990-01-01&to=2030-01-01&by=day'), 'month');
});
