// When an export may have been made.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAsOf } from './reading-options.ts';

const NOW = new Date('2026-11-23T12:00:00Z');

test('an export was made up to now, with a day of grace for clocks', () => {
  assert.equal(parseAsOf('2026-11-01T06:00:00-03:00', NOW).toISOString(), '2026-11-01T09:00:00.000Z');
  assert.equal(parseAsOf('2026-11-24T12:00:00Z', NOW).toISOString(), '2026-11-24T12:00:00.000Z');
});

test('no export was made in the future, nor before there were stores, nor at no time', () => {
  for (const text of [
    '2026-11-24T12:00:01Z',
    '+020000-01-01T00:00:00Z',
    '-000100-01-01T00:00:00Z',
    '1899-12-31',
    'ontem',
    '',
  ]) {
    assert.throws(() => parseAsOf(text, NOW), { code: 'commander.invalidArgument' }, text);
  }
});
