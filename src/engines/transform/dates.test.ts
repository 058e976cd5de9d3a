import assert from 'node:assert/strict';
import test from 'node:test';
import { evaluate, evaluateTable } from '../../../test/support/evaluate.ts';
import { duckdbDialect as d } from '../duckdb/dialect.ts';
import { caseWhen } from './dialect.ts';
import { instantOfLocal, isClockChange, localOfInstant, statedOffset, wallClock } from './dates.ts';

const DAY_FIRST = `'dmy'`;
const MONTH_FIRST = `'mdy'`;

/** Wall clock as a timestamp, NULL for a day that does not exist. */
const local = (order: string): string => `TRY_CAST(${wallClock(d, 'a', order)} AS TIMESTAMP)`;
/** The instant, as the transform combines the two. */
const instant = (order: string): string =>
  caseWhen(
    [[`${statedOffset(d, 'a')} IS NOT NULL`, d.addMinutes(local(order), `-${statedOffset(d, 'a')}`)]],
    instantOfLocal(d, local(order)),
  );

test('times are read in every known form, the local ones as São Paulo, and nothing else is', async () => {
  const instants: Record<string, string | null> = {
    '2026-03-24 22:36:05': '2026-03-25 01:36:05',
    '2026-03-24T22:36:05': '2026-03-25 01:36:05',
    '2026-03-24 22:36': '2026-03-25 01:36:00',
    '2026-03-24': '2026-03-24 03:00:00',
    '2026-03-24T22:36:05Z': '2026-03-24 22:36:05',
    '2026-03-24T22:36Z': '2026-03-24 22:36:00',
    '2026-03-24 22:36:05 UTC': '2026-03-24 22:36:05',
    '2026-03-24T22:36:05-03:00': '2026-03-25 01:36:05',
    '2026-03-24T22:36:05-04:00': '2026-03-25 02:36:05',
    '2026-03-24T22:36:05.000-04:00': '2026-03-25 02:36:05',
    '2025-08-08 13:33:14 -0300': '2025-08-08 16:33:14',
    '2026-03-24T22:36:05-03': '2026-03-25 01:36:05',
    '2026-03-24T22:36:05+05:30': '2026-03-24 17:06:05',
    '2026-03-24T22:36:05+0000': '2026-03-24 22:36:05',
    '2026-03-24T22:36:05.1234567Z': '2026-03-24 22:36:05.123456',
    '2026-03-24T22:36:05.5+00:00': '2026-03-24 22:36:05.5',
    '24/03/2026': '2026-03-24 03:00:00',
    '24/03/2026 22:36': '2026-03-25 01:36:00',
    '24/03/2026 22:36:05': '2026-03-25 01:36:05',
    '4/3/2026 22:36:05': '2026-03-05 01:36:05',
    '4/3/2026 9:05': '2026-03-04 12:05:00',
    '24-03-2026 22:36': '2026-03-25 01:36:00',
    '24.03.2026': '2026-03-24 03:00:00',
    '24 de março de 2026 22:36 hs.': '2026-03-25 01:36:00',
    '24 de marco de 2026 22:36 h': '2026-03-25 01:36:00',
    '1 de Janeiro de 2026': '2026-01-01 03:00:00',
    '31 de DEZEMBRO de 2025 23:59': '2026-01-01 02:59:00',
    '29/02/2024': '2024-02-29 03:00:00',
    '31/02/2026': null,
    '29/02/2026': null,
    '00/00/0000': null,
    '0000-00-00 00:00:00': null,
    '2025-02-31 08:00:00': null,
    '2025-13-01': null,
    '03/24/2026': null,
    '24/03/26': null,
    '24/03/2026 25:00': null,
    '24/03/2026 22:60': null,
    '2026-03-24 24:00:00': null,
    '2026-03-24T22:36:05-25:00': null,
    '2026-03-24T22:36:05+03:60': null,
    '45567': null,
    '45567.5': null,
    ontem: null,
    '24 de marzo de 2026': null,
    '24 março 2026': null,
    '2026-3-24': null,
    '20260324': null,
    '1774388165': null,
    '2026-03-24 22:36:05 PM': null,
    '24/03/2026 10:36 PM': null,
    '': null,
  };
  assert.deepEqual(await evaluateTable(instant(DAY_FIRST), Object.keys(instants)), instants);
});

test('month and day change places only in a file that was declared month first', async () => {
  assert.deepEqual(
    await evaluateTable(local(MONTH_FIRST), ['03/24/2026 22:36', '12/01/2026', '24/03/2026', '2026-03-24']),
    {
      '03/24/2026 22:36': '2026-03-24 22:36:00',
      '12/01/2026': '2026-12-01 00:00:00',
      '24/03/2026': null,
      '2026-03-24': '2026-03-24 00:00:00',
    },
  );
  assert.deepEqual(await evaluate(local(DAY_FIRST), ['12/01/2026']), ['2026-01-12 00:00:00']);
  assert.deepEqual(await evaluate(local('CAST(NULL AS VARCHAR)'), ['12/01/2026']), ['2026-01-12 00:00:00']);
});

test('every kind of local day before now is read in both spellings', async () => {
  const days: string[] = [];
  for (let time = Date.UTC(1999, 11, 30); time < Date.UTC(2027, 0, 3); time += 86_400_000)
    days.push(new Date(time).toISOString().slice(0, 10));
  const expected = days.map((day) => `${day} 00:00:00`);
  assert.deepEqual(await evaluate(local(DAY_FIRST), days), expected);
  assert.deepEqual(
    await evaluate(
      local(DAY_FIRST),
      days.map((day) => day.split('-').reverse().join('/')),
    ),
    expected,
  );
});

// --- São Paulo against the time zone data inside Node ---

const HOUR_MS = 3_600_000;
const wall = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'America/Sao_Paulo',
  dateStyle: 'short',
  timeStyle: 'medium',
});
/** 'YYYY-MM-DD HH:MM:SS' of an instant in São Paulo, by ICU. */
const wallOf = (time: number): string => wall.format(time);
const utcText = (time: number): string => new Date(time).toISOString().slice(0, 19).replace('T', ' ');

/** Every hour of the years, cut into thousands. */
function hours(from: number, to: number): number[] {
  const times: number[] = [];
  for (let time = Date.UTC(from, 0, 1); time < Date.UTC(to + 1, 0, 1); time += HOUR_MS) times.push(time);
  return times;
}

test('the local time of every hour from 2000 to 2026 is the one that ICU knows', async () => {
  const times = hours(2000, 2026);
  const results = await evaluate(localOfInstant(d, 'CAST(a AS TIMESTAMP)'), times.map(utcText));
  const wrong = times.flatMap((time, index) =>
    results[index] === wallOf(time) ? [] : [`${utcText(time)}: ${results[index]}, ICU ${wallOf(time)}`],
  );
  assert.deepEqual(wrong.slice(0, 5), []);
  assert.equal(times.length, 236_688);
});

test('every local hour from 2000 to 2026 is the instant that ICU knows; of a repeated hour the first, a skipped one as standard time', async () => {
  const times = hours(2000, 2026);
  const first = new Map<string, number>();
  const repeated = new Set<string>();
  for (const time of times) {
    const text = wallOf(time);
    if (first.has(text)) repeated.add(text);
    else first.set(text, time);
  }
  // local hours that no instant has: those between the first and the last that ICU never produced
  const skipped: string[] = [];
  for (let time = Date.UTC(2000, 0, 1); time < Date.UTC(2026, 11, 31); time += HOUR_MS) {
    const text = utcText(time);
    if (!first.has(text)) skipped.push(text);
  }
  assert.equal(skipped.length, 19, 'summer time began 19 times since 2000');
  assert.equal(repeated.size, 20, 'and ended 20 times');

  const known = [...first.keys()];
  const results = await evaluate(instantOfLocal(d, 'CAST(a AS TIMESTAMP)'), known);
  assert.deepEqual(known.filter((text, index) => results[index] !== utcText(first.get(text) ?? 0)).slice(0, 5), []);

  // A skipped time counts as standard time: three hours behind UTC.
  assert.deepEqual(
    await evaluate(instantOfLocal(d, 'CAST(a AS TIMESTAMP)'), skipped),
    skipped.map((text) => utcText(Date.parse(`${text.replace(' ', 'T')}-03:00`))),
  );

  const flagged = await evaluate(isClockChange(d, 'CAST(a AS TIMESTAMP)'), [...known, ...skipped]);
  const expected = [...known.map((text) => String(repeated.has(text))), ...skipped.map(() => 'true')];
  assert.deepEqual(
    [...known, ...skipped].filter((_, index) => flagged[index] !== expected[index]),
    [],
  );
});

test('the edges of the two changes that the history is known for are exact to the second', async () => {
  // 2018-11-04 00:00 to 00:59:59 did not exist; 2018-02-17 23:00 to 23:59:59 happened twice.
  const edges = [
    '2018-11-03 23:59:59',
    '2018-11-04 00:00:00',
    '2018-11-04 00:59:59',
    '2018-11-04 01:00:00',
    '2018-02-17 22:59:59',
    '2018-02-17 23:00:00',
    '2018-02-17 23:59:59',
    '2018-02-18 00:00:00',
    '2019-02-16 23:30:00',
    '2020-01-01 00:00:00',
  ];
  assert.deepEqual(await evaluate(isClockChange(d, 'CAST(a AS TIMESTAMP)'), edges), [
    'false',
    'true',
    'true',
    'false',
    'false',
    'true',
    'true',
    'false',
    'true',
    'false',
  ]);
  assert.deepEqual(await evaluate(instantOfLocal(d, 'CAST(a AS TIMESTAMP)'), edges), [
    '2018-11-04 02:59:59',
    '2018-11-04 03:00:00',
    '2018-11-04 03:59:59',
    '2018-11-04 03:00:00',
    '2018-02-18 00:59:59',
    '2018-02-18 01:00:00',
    '2018-02-18 01:59:59',
    '2018-02-18 03:00:00',
    '2019-02-17 01:30:00',
    '2020-01-01 03:00:00',
  ]);
  assert.deepEqual(await evaluate(instantOfLocal(d, 'CAST(a AS TIMESTAMP)'), ['2018-01-15 12:00:00']), [
    '2018-01-15 14:00:00',
  ]);
});
