// The options that say how a file is to be read: what cannot be meant is refused before a file is opened or a server started.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { EsteiraError } from '../../lib/errors.ts';
import { addReadingOptions, parseAsOf, readingOf, type ReadingFlags } from './reading-options.ts';

function read(...args: readonly string[]): ReturnType<typeof readingOf> {
  const command = addReadingOptions(new Command('run')).exitOverride();
  return readingOf(command.parse(args, { from: 'user' }).opts<ReadingFlags>());
}

function refused(...args: readonly string[]): EsteiraError {
  try {
    read(...args);
  } catch (thrown) {
    if (thrown instanceof EsteiraError) return thrown;
    throw thrown;
  }
  throw new Error(`${args.join(' ')} was accepted`);
}

test('a store is named in lower case, as keys have it', () => {
  assert.deepEqual(read('--store', 'Loja_da-Ana2'), { loja: 'loja_da-ana2' });
});

test('a name that would send every order to the quarantine is refused, with one that works', () => {
  const error = refused('--store', 'Loja da Ana');
  assert.equal(error.code, 'USAGE');
  assert.equal(error.what, `--store Loja da Ana is not a store's name.`);
  assert.match(error.why, /1 to 40 small letters, digits, _ and -/);
  assert.equal(error.fix, 'For example --store loja-da-ana.');
  assert.match(refused('--store', 'ção').fix, /--store cao\.$/);
  for (const name of ['', '  ', 'a'.repeat(41), 'açaí', 'x/y']) assert.equal(refused('--store', name).code, 'USAGE');
});

test('marks and orders of dates are those that are known, and others are refused', () => {
  for (const mark of [',', '.', 'en'] as const) assert.deepEqual(read('--decimal', mark), { decimal: mark });
  for (const order of ['iso', 'dmy', 'mdy'] as const)
    assert.deepEqual(read('--date-order', order), { dateOrder: order });
  const mark = refused('--decimal', 'x');
  assert.deepEqual([mark.code, mark.why], ['USAGE', 'It is ",", "." or en.']);
  const order = refused('--date-order', 'ymd');
  assert.deepEqual([order.code, order.why], ['USAGE', 'It is iso, dmy or mdy.']);
});

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
