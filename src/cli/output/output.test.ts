import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import type { ResultColumn } from '../../catalog/analyses.ts';
import { csvLine, neutraliseFormula, toCsv } from '../../pipeline/format/csv.ts';
import { displayWidth, truncate } from './display-width.ts';
import { toJson } from '../../pipeline/format/json.ts';
import {
  formatCount,
  formatMoney,
  formatPercent,
  formatTimestamp,
  roundDecimal,
} from '../../pipeline/format/number-formats.ts';
import { renderRecord, renderTable } from './table.ts';
import { resultFormat, writeResult } from './write-result.ts';

const columns: readonly ResultColumn[] = [
  { name: 'produto', title: 'Produto', kind: 'text' },
  { name: 'unidades', title: 'Unidades', kind: 'count' },
  { name: 'receita', title: 'Receita', kind: 'money' },
  { name: 'participacao', title: 'Participação', kind: 'fraction' },
];

test('money, counts and shares are written as Brazilians write them', () => {
  assert.equal(formatMoney('1234.5'), 'R$ 1.234,50');
  assert.equal(formatMoney('-1234567.89'), '-R$ 1.234.567,89');
  assert.equal(formatMoney('-0.001'), 'R$ 0,00');
  assert.equal(formatMoney('99999999999999999999.99'), 'R$ 99.999.999.999.999.999.999,99');
  assert.equal(formatMoney(0.1 + 0.2), 'R$ 0,30');
  assert.equal(formatCount('1234'), '1.234');
  assert.equal(formatCount(999), '999');
  assert.equal(formatPercent('0.123456'), '12,3 %');
  assert.equal(formatPercent('0.1235'), '12,4 %');
  assert.equal(formatPercent('1'), '100,0 %');
  assert.equal(formatPercent('-0.5'), '-50,0 %');
  assert.equal(formatTimestamp('2026-11-23T20:11:02.5-03:00'), '23/11/2026 20:11');
});

test('money agrees with Intl for every amount that a double can hold exactly', () => {
  const intl = new Intl.NumberFormat('pt-BR', { style: 'currency', currency: 'BRL' });
  fc.assert(
    fc.property(fc.integer({ min: -9e11, max: 9e11 }), (cents) => {
      const sign = cents < 0 ? '-' : '';
      const text = `${sign}${Math.trunc(Math.abs(cents) / 100)}.${String(Math.abs(cents) % 100).padStart(2, '0')}`;
      assert.equal(formatMoney(text), intl.format(cents / 100).replaceAll('\u00A0', ' '));
    }),
  );
  assert.equal(roundDecimal('2.675', 2), '2.68');
  assert.equal(roundDecimal('1e5', 2), null);
});

test('a table on a terminal has thin rules, aligns figures right and fits its width', () => {
  const text = renderTable(
    columns,
    [
      ['Camiseta', '12', '1234.50', '0.9'],
      ['Caneca térmica de aço inoxidável', '3', '9.00', '0.1'],
    ],
    { width: 62, color: false },
  );
  assert.equal(
    text,
    [
      '┌────────────────────┬──────────┬─────────────┬──────────────┐',
      '│ Produto            │ Unidades │     Receita │ Participação │',
      '├────────────────────┼──────────┼─────────────┼──────────────┤',
      '│ Camiseta           │       12 │ R$ 1.234,50 │       90,0 % │',
      '│ Caneca térmica de… │        3 │     R$ 9,00 │       10,0 % │',
      '└────────────────────┴──────────┴─────────────┴──────────────┘',
      '',
    ].join('\n'),
  );
});

test('piped, a table is aligned, complete and without rules or colours', () => {
  const long = 'x'.repeat(300);
  assert.equal(
    renderTable(
      columns.slice(0, 2),
      [
        [long, '1000'],
        [null, '2'],
      ],
      { width: null, color: true },
    ),
    `Produto${' '.repeat(293)}  Unidades\n${long}     1.000\n–${' '.repeat(299)}         2\n`,
  );
});

test('a terminal too narrow for the figures shows one block per row', () => {
  const text = renderTable(columns, [['Camiseta', '12', '1234.50', '0.9']], { width: 30, color: false });
  assert.equal(text, 'Produto       Camiseta\nUnidades      12\nReceita       R$ 1.234,50\nParticipação  90,0 %\n\n');
});

test('a narrow terminal breaks titles, then loses the columns that can be spared, and says so', () => {
  const wide: readonly ResultColumn[] = [
    { name: 'canal', title: 'Canal', kind: 'text' },
    { name: 'pedidos_captados', title: 'Pedidos captados', kind: 'count' },
    { name: 'cancelados', title: 'Cancelados', kind: 'count', dropOrder: 1 },
  ];
  assert.equal(
    renderTable(wide, [['Site', '5', '1']], { width: 34, color: false }),
    [
      '┌───────┬──────────┬────────────┐',
      '│       │  Pedidos │            │',
      '│ Canal │ captados │ Cancelados │',
      '├───────┼──────────┼────────────┤',
      '│ Site  │        5 │          1 │',
      '└───────┴──────────┴────────────┘',
      '',
    ].join('\n'),
  );
  const narrow = renderTable(wide, [['Site', '5', '1']], { width: 26, color: false });
  assert.ok(narrow.includes('│ Site  │        5 │\n'));
  assert.ok(narrow.endsWith('Não couberam: Cancelados (veja com --json ou --out)\n'));
  assert.ok(renderTable(wide, [['Site', '5', '1']], { width: null, color: false }).includes('Cancelados'));
});

test('wide characters and emoji keep the columns straight, and escape sequences lose their power', () => {
  assert.deepEqual(['ação', '日本', '👩‍👩‍👧', '🇧🇷', 'e\u0301', '❤️'].map(displayWidth), [4, 4, 2, 2, 1, 2]);
  assert.equal(truncate('日本語', 4), '日…');
  const lines = renderTable(columns.slice(0, 1), [['🎁 brinde'], ['日本'], ['a\u001B[31m\nb']], {
    width: 80,
    color: false,
  })
    .trimEnd()
    .split('\n');
  assert.equal(new Set(lines.map(displayWidth)).size, 1);
  assert.ok(!lines.join('').includes('\u001B'));
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.integer({ min: 1, max: 20 }),
      (text, width) => displayWidth(truncate(text, width)) <= width,
    ),
  );
});

test('a column that says the same in every row is left out of tables only', () => {
  const store: ResultColumn = { name: 'loja', title: 'Loja', kind: 'text', isHiddenWhenUniform: true };
  assert.ok(
    !renderTable(
      [store, ...columns],
      [
        ['a', 'x', '1', '1', '1'],
        ['a', 'y', '1', '1', '1'],
      ],
      { width: null, color: false },
    ).includes('Loja'),
  );
  assert.ok(
    renderTable(
      [store, ...columns],
      [
        ['a', 'x', '1', '1', '1'],
        ['b', 'y', '1', '1', '1'],
      ],
      { width: null, color: false },
    ).includes('Loja'),
  );
  assert.ok(
    renderRecord(columns, ['x', '1', '2', '0.5'], { width: 80, color: false }).includes('│ Receita      │ R$ 2,00 │'),
  );
});

test('CSV quotes what needs it, tells null from empty, and disarms formulas but not numbers', () => {
  assert.deepEqual(['=1+1', '+55', '-5,00', '@SUM(A1)', '\tx', '-x', '+cmd|x', 'ok'].map(neutraliseFormula), [
    "'=1+1",
    '+55',
    '-5,00',
    "'@SUM(A1)",
    "'\tx",
    "'-x",
    "'+cmd|x",
    'ok',
  ]);
  assert.equal(csvLine(columns, ['a,"b"', null, '-1.50', '0.1']), '"a,""b""",,-1.50,0.1\n');
  assert.equal(csvLine(columns, ['', '1', '1.00', null]), '"",1,1.00,\n');
  assert.equal(
    toCsv(columns, [['=x', '1', '1.50', '0.5']], { isExcelBr: true }),
    "\uFEFFproduto;unidades;receita;participacao\r\n'=x;1;1,50;0,5\r\n",
  );
});

test('JSON carries figures as numbers with the digits of the warehouse', () => {
  const text = toJson(
    [...columns, { name: 'codigo', title: '', kind: 'code' }, { name: 'n', title: '', kind: 'float' }],
    [
      ['a"b', '12345678901234567890', '1.5', '0.100000', '0123', 'NaN'],
      [null, null, null, null, null, '1e-05'],
    ],
  );
  assert.equal(
    text,
    '[\n  {"produto": "a\\"b", "unidades": 12345678901234567890, "receita": 1.50, "participacao": 0.100000, "codigo": "0123", "n": "NaN"},\n' +
      '  {"produto": null, "unidades": null, "receita": null, "participacao": null, "codigo": null, "n": 1e-05}\n]\n',
  );
  assert.equal(JSON.parse(text).length, 2);
  assert.deepEqual(JSON.parse(toJson(columns, [])), []);
});

test('Parquet keeps types, nulls, quotes and empty texts', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'saida '));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "resultado d'água.parquet");
  const all: ResultColumn[] = [
    ...columns,
    { name: 'dia', title: '', kind: 'date' },
    { name: 'quando', title: '', kind: 'timestamp' },
    { name: 'n', title: '', kind: 'number' },
    { name: 'sim', title: '', kind: 'boolean' },
  ];
  await writeResult(path, all, [
    ['=a "b"\nc', '3', '1.50', '0.1', '2026-02-03', '2026-02-03T10:00:00-03:00', '1.234', 'true'],
    ['', null, null, null, null, null, '-1', 'false'],
    [null, null, null, null, null, null, null, null],
  ]);
  assert.deepEqual(readdirSync(folder), ["resultado d'água.parquet"]);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const name = path.replaceAll("'", "''");
  const types = await connection.runAndReadAll(`SELECT column_type FROM (DESCRIBE SELECT * FROM '${name}')`);
  assert.deepEqual(types.getRows().flat(), [
    'VARCHAR',
    'BIGINT',
    'DECIMAL(18,2)',
    'DECIMAL(18,6)',
    'DATE',
    'TIMESTAMP WITH TIME ZONE',
    'DECIMAL(38,3)',
    'BOOLEAN',
  ]);
  const rows = await connection.runAndReadAll(
    `SELECT produto, receita::varchar, n::varchar, epoch(quando)::bigint::varchar FROM '${name}'`,
  );
  assert.deepEqual(rows.getRows(), [
    ['=a "b"\nc', '1.50', '1.234', '1770123600'],
    ['', null, '-1.000', null],
    [null, null, null, null],
  ]);
  connection.closeSync();
  instance.closeSync();
});

test('a result file is whole or untouched, and nothing is left behind', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'saida-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'r.csv');
  writeFileSync(path, 'old');
  async function* breaking(): AsyncGenerator<string[]> {
    yield ['a', '1', '1.00', '0.1'];
    throw new Error('lost');
  }
  await assert.rejects(writeResult(path, columns, breaking()), /lost/);
  assert.equal(readFileSync(path, 'utf8'), 'old');
  assert.equal(await writeResult(path, columns, [['a', '1', '1.00', '0.1']]), 1);
  assert.equal(readFileSync(path, 'utf8'), 'produto,unidades,receita,participacao\na,1,1.00,0.1\n');
  mkdirSync(join(folder, 'pasta.csv'));
  await assert.rejects(writeResult(join(folder, 'pasta.csv'), columns, []), { code: 'OUTPUT_UNWRITABLE' });
  await assert.rejects(writeResult(join(folder, 'nao', 'r.csv'), columns, []), { code: 'OUTPUT_UNWRITABLE' });
  await assert.rejects(writeResult(join(folder, 'r.xlsx'), columns, []), { code: 'USAGE' });
  assert.deepEqual(readdirSync(folder).sort(), ['pasta.csv', 'r.csv']);
});

test('a name whose ending says no format is refused; that of a spreadsheet with what opens in one', () => {
  assert.equal(resultFormat('a.CSV'), '.csv');
  for (const ending of ['.xlsx', '.xls', '.XLSM', '.ods'])
    assert.throws(() => resultFormat(`/x/vendas${ending}`), {
      code: 'USAGE',
      fix: 'For a spreadsheet: --out vendas.csv --excel-br.',
    });
  assert.throws(() => resultFormat('vendas'), { fix: 'Use a name that ends in .csv, .json, .parquet.' });
});
