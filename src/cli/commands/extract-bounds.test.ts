// Bounds of an extraction as people write them. Expected instants were worked out by hand from the law's offsets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBound } from './extract-bounds.ts';

const since = (text: string): string => parseBound(text, 'since').toISOString();
const until = (text: string): string => parseBound(text, 'until').toISOString();

test('a day is a day of São Paulo, whole at both ends', () => {
  assert.equal(since('2026-11-01'), '2026-11-01T03:00:00.000Z');
  assert.equal(until('2026-11-01'), '2026-11-02T02:59:59.999Z');
});

test('in the summer time that ended in 2019 a day begins an hour earlier in UTC', () => {
  assert.equal(since('2018-12-25'), '2018-12-25T02:00:00.000Z');
});

test('a time without a zone is of São Paulo, with one it is what it says', () => {
  assert.equal(since('2026-11-01T06:30'), '2026-11-01T09:30:00.000Z');
  assert.equal(since('2026-11-01 06:30:15.5'), '2026-11-01T09:30:15.500Z');
  assert.equal(since('2026-11-01T06:30:00Z'), '2026-11-01T06:30:00.000Z');
  assert.equal(until('2026-11-01T06:30:00-04:00'), '2026-11-01T10:30:00.000Z');
  assert.equal(until('2026-11-01T06:30:00+0530'), '2026-11-01T01:00:00.000Z');
});

test('what is no day or time is refused', () => {
  for (const text of [
    '',
    'ontem',
    '01/11/2026',
    '2026-02-30',
    '2026-13-01',
    '2026-11-01T25:00',
    '2026-11-01T06',
    '20261101',
    '9999-12-31',
    '1899-12-31',
  ]) {
    assert.throws(() => parseBound(text, 'since'), { code: 'commander.invalidArgument' }, text);
  }
});
