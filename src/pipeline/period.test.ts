import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addDays, addMonths, type Edge, splitMonths, wholeMonths } from './period.ts';

test('whole months need no edge days', () => {
  const split = splitMonths({ from: '2026-02-01', to: '2026-03-31' }, { oldest: '2025-01-01', newest: '2026-12-31' });
  assert.deepEqual(
    [split.firstMonth, split.endMonth, split.head.from, split.tail.from],
    ['2026-02-01', '2026-04-01', 'infinity', 'infinity'],
  );
});

test('the shorter side of a cut month is read: added from the 20th, subtracted from the 5th', () => {
  const known = { oldest: '2025-01-01', newest: '2026-12-31' };
  assert.deepEqual(splitMonths({ from: '2026-03-20', to: null }, known).head, {
    from: '2026-03-20',
    to: '2026-03-31',
    sign: 1,
  });
  assert.deepEqual(splitMonths({ from: '2026-03-05', to: null }, known).head, {
    from: '2026-03-01',
    to: '2026-03-04',
    sign: -1,
  });
  assert.equal(splitMonths({ from: '2026-03-20', to: null }, known).firstMonth, '2026-04-01');
  assert.equal(splitMonths({ from: '2026-03-05', to: null }, known).firstMonth, '2026-03-01');
});

test('where a month takes as long as half of its days, its days are subtracted up to the 9th', () => {
  const known = { oldest: '2025-01-01', newest: '2026-12-31' };
  const head = (from: string, monthInDays: number): number =>
    splitMonths({ from, to: null }, known, monthInDays).head.sign;
  assert.deepEqual([head('2026-03-08', 15), head('2026-03-09', 15), head('2026-03-10', 15)], [-1, -1, 1]);
  assert.deepEqual([head('2026-03-15', 1), head('2026-03-16', 1), head('2026-03-17', 1)], [-1, -1, 1]);
});

test('a bound beyond all orders cuts no month', () => {
  const split = splitMonths({ from: '2026-08-26', to: '2026-11-23' }, { oldest: '2026-09-02', newest: '2026-11-23' });
  assert.deepEqual(
    [split.firstMonth, split.endMonth, split.head.from, split.tail.from],
    ['-infinity', 'infinity', 'infinity', 'infinity'],
  );
});

test('whole months are those of which no day with orders is outside the period', () => {
  const known = { oldest: '2026-01-20', newest: '2026-06-10' };
  const of = (from: string | null, to: string | null): string[] => Object.values(wholeMonths({ from, to }, known));
  assert.deepEqual(of('2026-02-01', '2026-04-30'), ['2026-02-01', '2026-05-01']);
  assert.deepEqual(of('2026-02-02', '2026-04-29'), ['2026-03-01', '2026-04-01']);
  assert.deepEqual(of('2026-03-02', '2026-03-30'), ['2026-04-01', '2026-03-01'], 'none');
  assert.deepEqual(of('2026-01-20', '2026-06-10'), ['-infinity', 'infinity'], 'no order is outside');
  assert.deepEqual(of('2026-01-21', '2026-06-09'), ['2026-02-01', '2026-06-01']);
  assert.deepEqual(of(null, null), ['-infinity', 'infinity']);
});

test('months keep the day where they can', () => {
  assert.equal(addMonths('2026-03-31', -1), '2026-02-28');
  assert.equal(addMonths('2024-01-31', 1), '2024-02-29');
  assert.equal(addDays('2026-12-31', 1), '2027-01-01');
});

test('months plus edges count every day of the period once, and no other day', () => {
  const day = fc.integer({ min: 0, max: 200 }).map((count) => addDays('2025-11-10', count));
  fc.assert(
    fc.property(day, day, fc.boolean(), fc.boolean(), fc.nat(31), (one, other, isFromOpen, isToOpen, monthInDays) => {
      const [low = '', high = ''] = [one, other].sort();
      const period = { from: isFromOpen ? null : low, to: isToOpen ? null : high };
      const split = splitMonths(period, { oldest: '2025-11-05', newest: '2026-06-20' }, monthInDays);
      const isInside = (edge: Edge, date: string): boolean =>
        edge.from !== 'infinity' && date >= edge.from && date <= edge.to;
      for (let date = '2025-11-05'; date <= '2026-06-20'; date = addDays(date, 1)) {
        const month = `${date.slice(0, 7)}-01`;
        const isMonth =
          (split.firstMonth === '-infinity' || month >= split.firstMonth) &&
          (split.endMonth === 'infinity' || month < split.endMonth);
        const times =
          (isMonth ? 1 : 0) +
          (isInside(split.head, date) ? split.head.sign : 0) +
          (isInside(split.tail, date) ? split.tail.sign : 0);
        const expected =
          (period.from === null || date >= period.from) && (period.to === null || date <= period.to) ? 1 : 0;
        assert.equal(times, expected, `${date} in ${JSON.stringify(period)}`);
      }
    }),
  );
});
