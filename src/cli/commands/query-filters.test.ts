import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type FilterOptions,
  periodInPortuguese,
  readFilters,
  timeInSaoPaulo,
  todayInSaoPaulo,
} from './query-filters.ts';

const period = (options: FilterOptions): unknown[] => {
  const { from, to } = readFilters(options, '2026-11-23');
  return [from, to];
};

test('dates are read as ISO or Brazilian, and nothing given means all history', () => {
  assert.deepEqual(period({}), [null, null]);
  assert.deepEqual(period({ from: '2026-02-03', to: '04/11/2026' }), ['2026-02-03', '2026-11-04']);
  assert.deepEqual(period({ month: '2026-02' }), ['2026-02-01', '2026-02-28']);
  assert.deepEqual(period({ month: '2/2024' }), ['2024-02-01', '2024-02-29']);
});

test('a length of time ends today, and one day is today', () => {
  assert.deepEqual(period({ last: '1d' }), ['2026-11-23', '2026-11-23']);
  assert.deepEqual(period({ last: '90d' }), ['2026-08-26', '2026-11-23']);
  assert.deepEqual(period({ last: '3m' }), ['2026-08-24', '2026-11-23']);
  assert.deepEqual(period({ last: '1y' }), ['2025-11-24', '2026-11-23']);
});

test('impossible dates, swapped ends and two periods at once are refused', () => {
  for (const options of [
    { from: '31/02/2026' },
    { from: '2026-13-01' },
    { from: '03/04/26' },
    { from: 'ontem' },
    { last: '0d' },
    { last: '90' },
    { month: '13/2026' },
    { from: '2026-02-02', to: '2026-02-01' },
    { month: '2026-02', last: '3m' },
    { limit: '0' },
    { limit: '1.5' },
  ]) {
    assert.throws(() => readFilters(options, '2026-11-23'), { code: 'USAGE' }, JSON.stringify(options));
  }
});

test('days that no order has are refused, by whatever option they come', () => {
  assert.deepEqual(period({ from: '1900-01-01', to: '31/12/2199' }), ['1900-01-01', '2199-12-31']);
  assert.deepEqual(period({ month: '2199-12' }), ['2199-12-01', '2199-12-31']);
  for (const options of [
    { from: '9999-12-31' },
    { to: '9999-12-31' },
    { from: '1899-12-31' },
    { to: '01/01/2200' },
    { month: '9999-12' },
    { month: '12/1899' },
    { month: '0000-01' },
    { last: '9999y' },
    { from: '0000-01-01' },
  ]) {
    assert.throws(() => readFilters(options, '2026-11-23'), { code: 'USAGE' }, JSON.stringify(options));
  }
  assert.throws(() => readFilters({ to: '9999-12-31' }, '2026-11-23'), {
    why: 'They go from 1900-01-01 to 2199-12-31; no sale has another day.',
    fix: 'Use a day between them, or leave the option out for all history.',
  });
});

test('names may lack accents and capitals, come in one list, or be the name of a state', () => {
  const filters = readFilters(
    { channel: ['site,APP'], status: ['reembolsado'], uf: ['sp', 'PARANA', 'São Paulo', 'nd'], store: ['loja'] },
    '2026-11-23',
  );
  assert.deepEqual(
    [filters.channels, filters.statuses, filters.ufs, filters.stores],
    [['Site', 'App'], ['Reembolsado'], ['SP', 'PR', 'ND'], ['loja']],
  );
});

test('an unknown name is refused with the nearest one', () => {
  assert.throws(() => readFilters({ status: ['pgo'] }, '2026-11-23'), {
    code: 'USAGE',
    fix: 'Did you mean --status "Pago"?',
  });
  assert.throws(() => readFilters({ uf: ['Parana do Sul'] }, '2026-11-23'), { code: 'USAGE' });
});

test('the day changes at midnight in São Paulo, three hours after UTC', () => {
  assert.equal(todayInSaoPaulo(new Date('2026-11-23T02:59:59Z')), '2026-11-22');
  assert.equal(todayInSaoPaulo(new Date('2026-11-23T03:00:00Z')), '2026-11-23');
  assert.equal(timeInSaoPaulo(new Date('2026-11-23T03:05:59Z')), '00:05');
});

test('periods are said in Portuguese', () => {
  assert.equal(periodInPortuguese({ from: null, to: null }), 'todo o histórico');
  assert.equal(periodInPortuguese({ from: '2026-10-01', to: '2026-10-31' }), '10/2026');
  assert.equal(periodInPortuguese({ from: '2026-10-02', to: '2026-10-31' }), '02/10/2026 a 31/10/2026');
});
