import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { evaluate, evaluateTable } from '../../../test/support/evaluate.ts';
import { duckdbDialect as d } from '../duckdb/dialect.ts';
import { isFraction, money, wholeNumber } from './numbers.ts';

const asMoney = (format: ',' | '.' | 'en' | null): string =>
  money(d, 'a', format === null ? 'CAST(NULL AS VARCHAR)' : `'${format}'`);

/** The same reading whatever the file writes. */
const CERTAIN: Record<string, string | null> = {
  '0': '0.00',
  '7': '7.00',
  '1234': '1234.00',
  '29.9': '29.90',
  '29.90': '29.90',
  '29.9000': '29.90',
  '29.90000': '29.90',
  '5.0000': '5.00',
  '-5.00': '-5.00',
  '29,90': '29.90',
  '29,9': '29.90',
  '1234,56': '1234.56',
  '1.234,56': '1234.56',
  '12.345.678,90': '12345678.90',
  '1.234.567': '1234567.00',
  '123.456.789': '123456789.00',
  'R$ 1.234,56': '1234.56',
  'R$1.234,56': '1234.56',
  'R$\u00a01.234,56': '1234.56',
  '-R$ 5,00': '-5.00',
  '-R$\u00a05,00': '-5.00',
  'R$ -5,00': '-5.00',
  'R$ 29.90': '29.90',
  '1 234,56': '1234.56',
  '999999999999.99': '999999999999.99',
  '999.999.999.999,99': '999999999999.99',
  '1000000000000.00': null,
  '12,999': null,
  '0.123': null,
  '0,123': null,
  '1.2345': null,
  '29.9001': null,
  '1E+03': null,
  '1,5E+02': null,
  '1e3': null,
  Infinity: null,
  '-Infinity': null,
  NaN: null,
  '-': null,
  '--5': null,
  '5-': null,
  '(5,00)': null,
  '10%': null,
  'US$ 10,00': null,
  '$10.00': null,
  '€ 10,00': null,
  '1.23.456': null,
  '12.34,56': null,
  '1234.567,89': null,
  '1.234.56': null,
  '1,234,567.89': null,
  '1,23,456': null,
  '29,,90': null,
  '.50': null,
  '50.': null,
  abc: null,
  R$: null,
  '１２': null,
};

test('money with one possible reading is read so in every file, and with none in no file', async () => {
  for (const format of [',', '.', null] as const) {
    assert.deepEqual(await evaluateTable(asMoney(format), Object.keys(CERTAIN)), CERTAIN, String(format));
  }
});

test('money with two readings follows the file, and without a decision there it is not read', async () => {
  const readings: [cell: string, comma: string | null, point: string | null, en: string | null, none: string | null][] =
    [
      ['1.500', '1500.00', null, null, null],
      ['1.234', '1234.00', null, null, null],
      ['-1.234', '-1234.00', null, null, null],
      ['R$ 1.234', '1234.00', null, null, null],
      ['999.999', '999999.00', null, null, null],
      ['1,234', null, null, '1234.00', null],
      ['1,234.56', null, null, '1234.56', null],
      ['1,234.5', null, null, '1234.50', null],
      ['12,345,678.90', null, null, '12345678.90', null],
      ['12,999', null, null, '12999.00', null],
      ['12.999', '12999.00', null, null, null],
      ['0.500', null, null, null, null],
      ['01.234', null, null, null, null],
    ];
  const cells = readings.map(([cell]) => cell);
  assert.deepEqual(
    await evaluate(asMoney(','), cells),
    readings.map((row) => row[1]),
  );
  assert.deepEqual(
    await evaluate(asMoney('.'), cells),
    readings.map((row) => row[2]),
  );
  assert.deepEqual(
    await evaluate(asMoney('en'), cells),
    readings.map((row) => row[3]),
  );
  assert.deepEqual(
    await evaluate(asMoney(null), cells),
    readings.map((row) => row[4]),
  );
});

test('a blank cell has no amount', async () => {
  assert.deepEqual(await evaluate(asMoney(','), [null, '']), [null, null]);
});

test('any amount that Intl writes in Brazilian or plain style is read back to the centavo', async () => {
  const reais = new Intl.NumberFormat('pt-BR', { style: 'currency', currency: 'BRL' });
  const grouped = new Intl.NumberFormat('pt-BR', { minimumFractionDigits: 2 });
  const plain = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, useGrouping: false });
  const cents = fc.sample(fc.integer({ min: -1_000_000_000_00, max: 1_000_000_000_00 }), { numRuns: 3000, seed: 7 });
  const expected = cents.map((c) => plain.format(c / 100));
  for (const format of [reais, grouped, plain]) {
    assert.deepEqual(
      await evaluate(
        asMoney(null),
        cents.map((c) => format.format(c / 100)),
      ),
      expected.map((x) => (x === '-0.00' ? '0.00' : x)),
    );
  }
  const english = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2 });
  assert.deepEqual(
    await evaluate(
      asMoney('en'),
      cents.map((c) => english.format(c / 100)),
    ),
    expected,
  );
});

test('no text at all makes the reading fail, and whatever is read has two decimals', async () => {
  const texts = fc.sample(
    fc.string({ unit: fc.constantFrom(...Array.from('0123456789.,-R$ E+\u00a0%x')), maxLength: 14 }),
    {
      numRuns: 5000,
      seed: 3,
    },
  );
  for (const format of [',', '.', 'en', null] as const) {
    for (const [index, read] of (await evaluate(asMoney(format), texts)).entries()) {
      if (read === null) continue;
      assert.match(read, /^-?\d{1,12}\.\d\d$/, texts[index]);
      // the digits of the amount are those of the cell: nothing was rounded
      const digits = (texts[index] ?? '').replaceAll(/\D/g, '').replace(/^0+/, '');
      const own = read.replaceAll(/\D/g, '').replace(/^0+/, '');
      assert.ok(own.replace(/0+$/, '') === digits.replace(/0+$/, ''), `${texts[index]} was read as ${read}`);
    }
  }
});

test('quantities are whole numbers; three zeros after a mark could be thousands and are refused', async () => {
  const quantities: Record<string, string | null> = {
    '1': '1',
    '03': '3',
    '-2': '-2',
    '9999999': '9999999',
    '2,0': '2',
    '2.00': '2',
    '1.0000': '1',
    '10000000': null,
    '1.5': null,
    '0,25': null,
    '2 un': null,
    '1E+02': null,
    '': null,
    abc: null,
    '2.': null,
    '2.000': null,
    '2,000': null,
  };
  assert.deepEqual(await evaluateTable(wholeNumber(d, 'a'), Object.keys(quantities)), quantities);
  const inFile = (format: string): Promise<unknown> =>
    evaluate(wholeNumber(d, 'a', format), ['2.000', '2,000', '2.00', '2']);
  assert.deepEqual(await inFile(`'.'`), ['2', null, '2', '2']);
  assert.deepEqual(await inFile(`','`), [null, '2', '2', '2']);
  assert.deepEqual(await inFile(`'en'`), ['2', null, '2', '2']);
  assert.deepEqual(await inFile('CAST(NULL AS VARCHAR)'), [null, null, '2', '2']);
});

test('a fraction is told from what is no number', async () => {
  assert.deepEqual(
    await evaluateTable(isFraction(d, 'a'), ['1.5', '0,25', '-1.5', '2.00', '2 un', '1.5 kg', '1.5.5']),
    {
      '1.5': 'true',
      '0,25': 'true',
      '-1.5': 'true',
      '2.00': 'false',
      '2 un': 'false',
      '1.5 kg': 'false',
      '1.5.5': 'false',
    },
  );
});
