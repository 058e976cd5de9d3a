import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EsteiraError } from '../../lib/errors.ts';
import { parseFrom } from './from.ts';

test('--from takes a place, a time with its zone, or partitions with offsets', () => {
  assert.deepEqual(parseFrom('earliest'), { kind: 'earliest' });
  assert.deepEqual(parseFrom('latest'), { kind: 'latest' });
  assert.deepEqual(parseFrom('0:120,11:0'), {
    kind: 'offsets',
    offsets: new Map([
      [0, 120n],
      [11, 0n],
    ]),
  });
  assert.deepEqual(parseFrom('7:9007199254740993'), { kind: 'offsets', offsets: new Map([[7, 9007199254740993n]]) });
  assert.deepEqual(parseFrom('2026-11-01T00:00:00-03:00'), { kind: 'time', time: new Date(Date.UTC(2026, 10, 1, 3)) });
  assert.deepEqual(parseFrom('2024-02-29T23:59:59.999Z'), {
    kind: 'time',
    time: new Date(Date.UTC(2024, 1, 29, 23, 59, 59, 999)),
  });
});

for (const [text, what] of [
  ['', 'nothing'],
  ['ontem', 'a word'],
  ['Earliest', 'another spelling'],
  ['2026-11-01', 'a day without a time'],
  ['2026-11-01T00:00:00', 'a time without a zone'],
  ['2026-11-01 00:00:00Z', 'a time that is not ISO 8601'],
  ['2026-13-01T00:00:00Z', 'a month that does not exist'],
  ['2026-02-30T00:00:00Z', 'a day that its month does not have'],
  ['2026-11-01T25:00:00Z', 'an hour that does not exist'],
  ['12', 'an offset without a partition'],
  ['0:', 'a partition without an offset'],
  [':5', 'an offset without the number of its partition'],
  ['0:-1', 'a negative offset'],
  ['-1:0', 'a negative partition'],
  ['0:1,', 'an unfinished list'],
  ['0:1;1:2', 'another separator'],
  ['0:1, 1:2', 'a list with blanks'],
  ['0:1,0:2', 'one partition twice'],
] as const) {
  test(`--from refuses ${what} and says what to write`, () => {
    assert.throws(
      () => parseFrom(text),
      (error: unknown) => {
        assert.ok(error instanceof EsteiraError);
        assert.equal(error.code, 'USAGE');
        assert.equal(error.what, `--from ${text} cannot be understood.`);
        assert.match(error.fix, /earliest, latest, a time like \S+, or partitions with offsets like 0:120,1:95/);
        return true;
      },
    );
  });
}
