// What charts draw of values that are missing, single or all zero; buckets that a period cuts; how long answers are kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketsOf, partialBuckets } from './buckets.ts';
import { scaleOf, sparkline } from './charts.ts';
import { KeptAnswers } from './kept-answers.ts';
import { RateLimit } from './rate-limit.ts';

const filters = {
  from: '2026-10-07',
  to: '2026-11-05',
  channels: null,
  statuses: null,
  ufs: null,
  stores: null,
  limit: null,
};

test('a sparkline breaks where a value is not known, and zeros alone are no line', () => {
  const drawn = String(sparkline([1, null, 4, 2]));
  // the first is a dot, the others a line from 2/3 of the width on
  assert.deepEqual(
    [...drawn.matchAll(/<polyline[^>]*points="([^"]*)"/g)].map(([, points]) => points),
    ['0,21 0.01,21', '66.67,3 100,15'],
  );
  assert.equal(sparkline([0, 0, 0]), null);
  assert.equal(sparkline([null, 3]), null);
});

test('an axis of counts has a whole number at its middle, one of money need not', () => {
  const topOf = (kind: 'count' | 'money', value: number): number =>
    scaleOf({
      lines: [{ title: '', color: 1, values: [value] }],
      labels: ['x'],
      notes: ['x'],
      kind,
      lang: 'pt',
      summary: '',
    }).top;
  assert.deepEqual(
    [0, 1, 2, 3, 7, 9, 11, 24, 151].map((value) => topOf('count', value)),
    [2, 2, 2, 4, 8, 10, 20, 30, 200],
  );
  assert.deepEqual(
    [0, 1, 9, 11, 24].map((value) => topOf('money', value)),
    [1, 1, 10, 15, 25],
  );
});

test('weeks and months that the period cuts are known, and so is the running day', () => {
  const cut = (by: 'day' | 'week' | 'month', moment: string | null = null): (string | undefined)[] => {
    const starts = bucketsOf(filters.from, filters.to, by, moment);
    return partialBuckets(starts, by, { filters, moment }).map((index) => starts[index]);
  };
  assert.deepEqual(cut('day'), []);
  assert.deepEqual(cut('day', '10:00'), ['2026-11-05']);
  // 7 October and 5 November 2026 are a Wednesday and a Thursday
  assert.deepEqual(cut('week'), ['2026-10-05', '2026-11-02']);
  assert.deepEqual(cut('month'), ['2026-10-01', '2026-11-01']);
});

test('hours end with the running one', () => {
  assert.deepEqual(bucketsOf('2026-11-05', '2026-11-05', 'hour', '02:59'), [
    '2026-11-05T00:00',
    '2026-11-05T01:00',
    '2026-11-05T02:00',
  ]);
  assert.equal(bucketsOf('2026-11-04', '2026-11-05', 'hour').length, 48);
});

test('an answer is shared while it is read, and an old one is given out again with a reminder', async () => {
  const reminders: number[] = [];
  const kept = new KeptAnswers((waitMs) => reminders.push(waitMs));
  let asked = 0;
  const answers: ((value: number) => void)[] = [];
  const ask = (): Promise<number> => {
    asked += 1;
    return new Promise((resolve) => answers.push(resolve));
  };
  const [first, second] = [kept.get('a', ask), kept.get('a', ask)];
  assert.equal(asked, 1);
  kept.age();
  const third = kept.get('a', ask);
  answers[0]?.(7);
  assert.deepEqual(await Promise.all([first, second, third]), [7, 7, 7]);
  assert.equal(asked, 1);
  // whoever asked after the batch is told to ask again
  assert.equal(reminders.length, 1);
});

test('a failure is told to all who asked, and the next one asks anew', async () => {
  const kept = new KeptAnswers(() => undefined);
  await assert.rejects(kept.get('a', () => Promise.reject(new Error('down'))));
  let answer = 'none';
  for (const until = Date.now() + 2_000; answer === 'none' && Date.now() < until;)
    answer = await kept.get('a', () => Promise.resolve('up')).catch(() => 'none');
  assert.equal(answer, 'up');
});

test('a bucket of requests empties, fills again with time, and is one for each client', () => {
  let now = 0;
  const limit = new RateLimit(2, 3, () => now);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => limit.take('a')),
    [0, 0, 0, 1],
  );
  assert.equal(limit.take('b'), 0);
  now = 1_000;
  assert.deepEqual(
    [1, 2, 3].map(() => limit.take('a')),
    [0, 0, 1],
  );
});
