// Sums of reasons are exact, negative amounts included, and in a fixed order.
import assert from 'node:assert/strict';
import test from 'node:test';
import { addCounts, addRejections, NO_COUNTS } from './totals.ts';

test('groups of one reason are added up, most records first, equal ones by the alphabet', () => {
  const a = [
    { reason: 'PRECO_NEGATIVO', count: 1, amount: '-0.05' },
    { reason: 'UF_AUSENTE', count: 2, amount: '10.00' },
  ];
  const b = [
    { reason: 'CANAL_AUSENTE', count: 2, amount: '0.00' },
    { reason: 'UF_AUSENTE', count: 1, amount: '99999999999999.99' },
    { reason: 'PRECO_NEGATIVO', count: 1, amount: '-1.00' },
  ];
  assert.deepEqual(addRejections(a, b), [
    { reason: 'UF_AUSENTE', count: 3, amount: '100000000000009.99' },
    { reason: 'CANAL_AUSENTE', count: 2, amount: '0.00' },
    { reason: 'PRECO_NEGATIVO', count: 2, amount: '-1.05' },
  ]);
  assert.deepEqual(addRejections([], []), []);
});

test('amounts of batches are exact and may be negative', () => {
  const sum = addCounts({ ...NO_COUNTS, valorRejeitado: '-0.75' }, { ...NO_COUNTS, lidos: 2, valorRejeitado: '0.25' });
  assert.deepEqual(sum, { ...NO_COUNTS, lidos: 2, valorRejeitado: '-0.50' });
});
