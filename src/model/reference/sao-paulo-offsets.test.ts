import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SAO_PAULO_OFFSETS, saoPauloOffsetMinutes } from './sao-paulo-offsets.ts';

const HOUR_MS = 3_600_000;
const format = new Intl.DateTimeFormat('en-US', { timeZone: 'America/Sao_Paulo', timeZoneName: 'longOffset' });

function icuOffsetMinutes(instantMs: number): number {
  const name = format.formatToParts(instantMs).find((part) => part.type === 'timeZoneName')?.value ?? '';
  const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)$/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

test('the table agrees with ICU every hour for two days around each transition', () => {
  for (const [utcInstant] of SAO_PAULO_OFFSETS) {
    const at = Date.parse(utcInstant);
    for (let hour = utcInstant.startsWith('1995-01-01') ? 0 : -48; hour <= 48; hour += 1) {
      const instant = at + hour * HOUR_MS;
      assert.equal(saoPauloOffsetMinutes(instant), icuOffsetMinutes(instant), new Date(instant).toISOString());
    }
    assert.equal(
      saoPauloOffsetMinutes(at - 1000 * Number(at > Date.UTC(1995, 0, 2))),
      icuOffsetMinutes(at - 1000 * Number(at > Date.UTC(1995, 0, 2))),
    );
  }
});

test('no transition is missing: every noon from 1995 to 2035 agrees with ICU', () => {
  for (let instant = Date.UTC(1995, 0, 1, 15); instant < Date.UTC(2035, 0, 1); instant += 24 * HOUR_MS) {
    assert.equal(saoPauloOffsetMinutes(instant), icuOffsetMinutes(instant), new Date(instant).toISOString());
  }
});

test('summer time of 2018-19 began at 00:00 on 4 November and ended at 24:00 on 16 February, the last one', () => {
  assert.equal(saoPauloOffsetMinutes(Date.parse('2018-11-04T02:59:59Z')), -180);
  assert.equal(saoPauloOffsetMinutes(Date.parse('2018-11-04T03:00:00Z')), -120);
  assert.deepEqual(SAO_PAULO_OFFSETS.at(-1), ['2019-02-17T02:00:00Z', -180]);
});
