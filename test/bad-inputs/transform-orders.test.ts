// What becomes of orders whose lines, numbers, times or versions are bad: 20 to 23, 25 to 27 in files of each kind, 35 to 37 and 47 to 52 of the list of bad inputs,
// and documents of wrong shape. Expectations are written by hand.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import {
  csvOf,
  documentOf,
  emptyWarehouse,
  GOOD,
  line,
  loaded,
  outcomes,
  pick,
  recordOf,
  type Cells,
  type Warehouse,
} from '../support/load.ts';

const good = (count: number): Cells[] => Array.from({ length: count }, (_, index) => line({ id_pedido: `B${index}` }));
const counts = ({
  report,
}: {
  report: { counts: { lidos: number; aceitos: number; rejeitados: number; duplicados: number; antigos: number } };
}): number[] => [
  report.counts.lidos,
  report.counts.aceitos,
  report.counts.rejeitados,
  report.counts.duplicados,
  report.counts.antigos,
];

/** A line of an order that leaves the order's own columns blank. */
const continuation = (cells: Cells): Cells => ({
  n_item: '2',
  sku: 'SKU-2',
  produto: 'Prato',
  categoria: 'Casa',
  quantidade: '1',
  preco_unitario: '5.00',
  desconto_item: '0.00',
  ...cells,
});

test('#20: an unfinished last line is rejected and said; one without its line end is an order', async (t) => {
  const whole = csvOf([...good(9), line({ id_pedido: 'LAST' })]);
  const unended = await loaded(t, whole.trimEnd());
  assert.equal((await outcomes(unended))['LAST'], '');
  assert.deepEqual(unended.report.warnings, []);
  const cut = await loaded(t, whole.slice(0, -60));
  assert.equal((await outcomes(cut))['LAST'], '!LINHA_CAMPOS');
  assert.deepEqual(counts(cut), [10, 9, 1, 0, 0]);
  assert.ok(cut.report.warnings.length > 0, 'the file may be cut short');
  assert.equal((await cut.rejected())[0]?.['linha'], '11');
});

test('#22: total rows are no orders: skipped and counted', async (t) => {
  const warehouse = await loaded(t, `${csvOf(good(3))}Total geral,,,,,,,,,,,,,,,,,,,6,,,,,330.00,,,,\n`);
  assert.equal(warehouse.report.linesIgnored, 1);
  assert.deepEqual(counts(warehouse), [3, 3, 0, 0, 0]);
});

test('#23: blank order columns are filled from the lines above of the same order only', async (t) => {
  const warehouse = await loaded(
    t,
    csvOf([
      line({ id_pedido: 'A', valor_total: '115.00', valor_pagamento: '115.00' }),
      continuation({ loja: 'loja', id_pedido: 'A' }),
      line({ id_pedido: 'C', valor_total: '120.00', valor_pagamento: '120.00' }),
      continuation({ id_pedido: 'C' }),
      continuation({ id_pedido: 'C', n_item: '3' }),
      line({ id_pedido: 'D' }),
      line({ id_pedido: 'E' }),
      continuation({ loja: 'loja', id_pedido: 'D' }),
      ...good(2),
    ]),
  );
  assert.deepEqual(pick(await warehouse.order('A'), 'itens', 'valor_itens', 'avisos'), {
    itens: '2',
    valor_itens: '105.00',
    avisos: '',
  });
  assert.deepEqual(pick(await warehouse.order('C'), 'itens', 'valor_itens', 'avisos'), {
    itens: '3',
    valor_itens: '110.00',
    avisos: '',
  });
  const all = await outcomes(warehouse);
  assert.equal(all['D'], '!CONTINUACAO_ORFA');
  assert.equal(all['E'], '');
  assert.equal((await warehouse.query(`SELECT count(*) AS n FROM pedidos WHERE id_pedido = 'D'`))[0]?.['n'], '0');
});

test('#25 to #27: the same ambiguous cells in files that write commas, points, English, or cannot be told', async (t) => {
  const cells = ['1.234', '1,234', '1,234.56', '1.234,56'];
  const orders = (besides: Cells): Cells[] =>
    cells.map((preco_unitario) =>
      line({
        id_pedido: preco_unitario,
        preco_unitario,
        frete: '',
        desconto: '',
        desconto_item: '',
        quantidade: '1',
        valor_total: '',
        valor_pagamento: '',
        ...besides,
      }),
    );
  const others = (price: string): Cells[] =>
    Array.from({ length: 30 }, (_, index) =>
      line({
        id_pedido: `B${index}`,
        preco_unitario: price,
        frete: '',
        desconto: '',
        desconto_item: '',
        quantidade: '1',
        valor_total: '',
        valor_pagamento: '',
      }),
    );
  const amounts = async (content: string, decimal?: ',' | '.' | 'en'): Promise<unknown[]> => {
    const warehouse = await loaded(t, content, decimal === undefined ? {} : { decimal });
    const found = Object.fromEntries(
      (await warehouse.query('SELECT id_pedido, valor_itens FROM pedidos')).map((row) => [
        row['id_pedido'],
        row['valor_itens'],
      ]),
    );
    const all = await outcomes(warehouse);
    return cells.map((cell) => found[cell] ?? all[cell]);
  };
  const no = '!PRECO_INVALIDO';
  assert.deepEqual(
    await amounts(csvOf([...orders({}), ...others('29,90')])),
    ['1234.00', no, no, '1234.56'],
    'decimal commas',
  );
  assert.deepEqual(
    await amounts(csvOf([...orders({}), ...others('29.90')])),
    [no, no, no, '1234.56'],
    'decimal points',
  );
  assert.deepEqual(await amounts(csvOf(orders({})), 'en'), [no, '1234.00', '1234.56', '1234.56'], 'declared English');
  assert.deepEqual(await amounts(csvOf(orders({}))), [no, no, no, '1234.56'], 'undecided');
});

test('#35, #36: order numbers of JSON documents keep every digit, as numbers and as texts', async (t) => {
  const withId = (id: string): string =>
    JSON.stringify(documentOf(GOOD)).replace('"id_pedido":"1"', `"id_pedido":${id}`);
  const warehouse = await loaded(
    t,
    [
      withId('9007199254740993'),
      withId('"9007199254740992"'),
      withId('18446744073709551615'),
      withId('123456789012345678901234'),
      withId('"2.00001E+15"'),
      withId('2.00002E15'),
      withId('1e2'),
      withId('10.0'),
      withId('10.00'),
    ].join('\n'),
    { name: 'pedidos.jsonl' },
  );
  assert.deepEqual(await outcomes(warehouse), {
    '9007199254740993': '',
    '9007199254740992': '',
    '18446744073709551615': '',
    '123456789012345678901234': '',
    '2.00001E+15': '!ID_PEDIDO_CIENTIFICO',
    '2.00002E+15': '!ID_PEDIDO_CIENTIFICO',
    '1e+2': '!ID_PEDIDO_CIENTIFICO',
    '10.0': '',
    '10.00': '',
  });
});

test('#37: what spreadsheets put around a number is not part of it', async (t) => {
  const [header, ...rows] = csvOf([
    line({ id_pedido: '@1' }),
    line({ id_pedido: '@2', cep: '@3' }),
    line({ id_pedido: 'B' }),
  ]).split('\n');
  const text = [header, ...rows].join('\n').replace('@1', `'1879`).replace('@2', `"=""123"""`).replace('@3', `"="""""`);
  const warehouse = await loaded(t, text);
  assert.deepEqual(await outcomes(warehouse), { '1879': '', '123': '', B: '' });
  assert.equal((await warehouse.order('123'))['cep'], null);
});

test('#47, #48: known forms of dates are read, local times as São Paulo, impossible ones are rejected', async (t) => {
  const cases: [text: string, instant: string, day: string, hour: string, warning: string][] = [
    ['2026-03-24 22:36:05', '2026-03-25 01:36:05+00', '2026-03-24', '22', ''],
    ['2026-03-24T22:36:05Z', '2026-03-24 22:36:05+00', '2026-03-24', '19', ''],
    ['2026-03-25T01:30:00Z', '2026-03-25 01:30:00+00', '2026-03-24', '22', ''],
    ['2026-03-24T23:36:05.000-04:00', '2026-03-25 03:36:05+00', '2026-03-25', '0', ''],
    ['2025-08-08 13:33:14 -0300', '2025-08-08 16:33:14+00', '2025-08-08', '13', ''],
    ['2026-03-24T22:36:05.1234567+00:00', '2026-03-24 22:36:05.123456+00', '2026-03-24', '19', ''],
    ['24/03/2026 22:36', '2026-03-25 01:36:00+00', '2026-03-24', '22', ''],
    ['24/03/2026', '2026-03-24 03:00:00+00', '2026-03-24', '0', ''],
    ['4/3/2026 9:05', '2026-03-04 12:05:00+00', '2026-03-04', '9', ''],
    ['24 de março de 2026 22:36 hs.', '2026-03-25 01:36:00+00', '2026-03-24', '22', ''],
    ['2018-01-15 12:00:00', '2018-01-15 14:00:00+00', '2018-01-15', '12', ''],
    ['2018-11-04 00:30:00', '2018-11-04 03:30:00+00', '2018-11-04', '1', 'HORARIO_DE_VERAO'],
    ['2018-02-17 23:30:00', '2018-02-18 01:30:00+00', '2018-02-17', '23', 'HORARIO_DE_VERAO'],
    ['2018-02-17T23:30:00-03:00', '2018-02-18 02:30:00+00', '2018-02-17', '23', ''],
  ];
  const impossible = [
    '31/02/2026',
    '29/02/2026',
    '00/00/0000',
    '24/03/26',
    '45567',
    '24/13/2026',
    '24/03/2026 25:00',
    '2026-03-24T22:36:05+25:00',
    'ontem',
  ];
  const warehouse = await loaded(
    t,
    csvOf([
      ...cases.map(([data_pedido], index) =>
        line({ id_pedido: `G${index}`, data_pedido, atualizado_em: '2026-10-01 10:00:00' }),
      ),
      ...impossible.map((data_pedido, index) => line({ id_pedido: `X${index}`, data_pedido })),
    ]),
  );
  const all = await outcomes(warehouse);
  for (const [index, [text, ...expected]] of cases.entries()) {
    assert.deepEqual(
      Object.values(pick(await warehouse.order(`G${index}`), 'data_pedido', 'data_venda', 'hora_venda', 'avisos')),
      expected,
      text,
    );
  }
  assert.deepEqual(
    impossible.map((_, index) => all[`X${index}`]),
    impossible.map(() => '!DATA_PEDIDO_INVALIDA'),
  );
});

test('#47: month and day change places only when the file is declared so', async (t) => {
  const lines = [
    line({ id_pedido: 'A', data_pedido: '03/04/2026 10:00', atualizado_em: '' }),
    line({ id_pedido: 'B', data_pedido: '04/03/2026', atualizado_em: '' }),
  ];
  const day = await loaded(t, csvOf(lines));
  const month = await loaded(t, csvOf(lines), { dateOrder: 'mdy' });
  assert.deepEqual(
    [(await day.order('A'))['data_venda'], (await day.order('B'))['data_venda']],
    ['2026-04-03', '2026-03-04'],
  );
  assert.deepEqual(
    [(await month.order('A'))['data_venda'], (await month.order('B'))['data_venda']],
    ['2026-03-04', '2026-04-03'],
  );
});

test('#49: an order from the future or before 2000 is rejected, one updated before it was placed is flagged; the as-of time is the yardstick, not the clock', async (t) => {
  const lines = [
    line({ id_pedido: 'a day ahead', data_pedido: '2026-11-02T09:00:00Z', atualizado_em: '2026-11-02T09:00:00Z' }),
    line({
      id_pedido: 'a day and a second ahead',
      data_pedido: '2026-11-02T09:00:01Z',
      atualizado_em: '2026-11-02T09:00:01Z',
    }),
    line({ id_pedido: 'updated ahead', atualizado_em: '2026-11-02T09:00:01Z' }),
    line({ id_pedido: 'old', data_pedido: '1999-12-31T23:59:59Z' }),
    line({ id_pedido: 'not so old', data_pedido: '2000-01-01T00:00:00Z' }),
    line({ id_pedido: 'year 0', data_pedido: '0000-01-01 00:00:00', atualizado_em: '0000-01-01' }),
    line({
      id_pedido: 'year 9999',
      data_pedido: '9999-12-31T23:59:59-03:00',
      atualizado_em: '9999-12-31T23:59:59-03:00',
    }),
    line({ id_pedido: 'updated before', atualizado_em: '2026-03-01 09:59:59' }),
  ];
  const warehouse = await loaded(t, csvOf(lines));
  assert.deepEqual(await outcomes(warehouse), {
    'a day ahead': '',
    'a day and a second ahead': '!DATA_PEDIDO_FUTURA ATUALIZADO_EM_FUTURO',
    'updated ahead': '!ATUALIZADO_EM_FUTURO',
    old: '!DATA_PEDIDO_ANTIGA',
    'not so old': '',
    // what stands for "none" and "never" in some programs is no date
    'year 0': '!DATA_PEDIDO_INVALIDA ATUALIZADO_EM_INVALIDO',
    'year 9999': '!DATA_PEDIDO_INVALIDA ATUALIZADO_EM_INVALIDO',
    'updated before': 'ATUALIZADO_ANTES_DO_PEDIDO',
  });
  const later = await loaded(t, csvOf(lines), { asOf: new Date('2027-01-01T00:00:00Z') });
  assert.equal((await outcomes(later))['a day and a second ahead'], '');
});

const stateOf = async (warehouse: Warehouse, id: string): Promise<unknown[]> => {
  const row = await warehouse.order(id);
  return [row['status'], row['valor_total'], row['atualizado_em'], (await warehouse.history(id)).length];
};

test('#50: the same version twice is a repeat, a newer one wins, an older one adds history, whatever their order in the file', async (t) => {
  const v1 = line({ id_pedido: 'V', status: 'Pendente', atualizado_em: '2026-03-01 10:00:00' });
  const v2 = line({ id_pedido: 'V', status: 'Pago', atualizado_em: '2026-03-02 10:00:00' });
  const v3 = line({ id_pedido: 'V', status: 'Cancelado', atualizado_em: '2026-03-03 10:00:00' });
  for (const lines of [
    [v1, v2, v3, v2],
    [v3, v1, v2, v1],
    [v2, v2, v3, v1],
  ]) {
    const warehouse = await loaded(t, csvOf(lines));
    assert.deepEqual(await stateOf(warehouse, 'V'), ['Cancelado', '110.00', '2026-03-03 13:00:00+00', 3]);
    assert.deepEqual(counts(warehouse), [4, 1, 0, 1, 2]);
  }
});

test('#50: two contents with the same time: the larger hash is current whatever the order of arrival, both are history, none is rejected', async (t) => {
  const a = line({ id_pedido: 'E', status: 'Pago' });
  const b = line({ id_pedido: 'E', status: 'Cancelado' });
  const states: unknown[] = [];
  for (const files of [[[a], [b]], [[b], [a]], [[a, b]], [[b, a]]]) {
    const warehouse = await emptyWarehouse(t);
    for (const lines of files) await warehouse.load(csvOf(lines));
    assert.deepEqual(await warehouse.rejected(), []);
    const history = await warehouse.history('E');
    assert.equal(history.length, 2);
    assert.equal((await warehouse.order('E'))['hash_origem'], history.at(-1)?.['hash_origem']);
    states.push(await stateOf(warehouse, 'E'));
  }
  for (const state of states) assert.deepEqual(state, states[0]);
});

test('#51: later versions win by their time, also back from Cancelado and Reembolsado to Pago; the history keeps them all', async (t) => {
  const steps = ['Pendente', 'Cancelado', 'Pago', 'Reembolsado', 'Pago'];
  const warehouse = await loaded(
    t,
    csvOf(
      steps.map((status, index) => line({ id_pedido: 'S', status, atualizado_em: `2026-03-0${index + 2} 10:00:00` })),
    ),
  );
  assert.equal((await warehouse.order('S'))['status'], 'Pago');
  assert.deepEqual(
    (await warehouse.history('S')).map((row) => row['status']),
    steps,
  );
});

test('#51: synonyms of a status are known and kept as written, a doubtful one rejects the version only', async (t) => {
  const words = {
    'PAGO ': 'Pago',
    pago: 'Pago',
    Aprovado: 'Pago',
    Estornado: 'Reembolsado',
    CANCELADA: 'Cancelado',
    'Em análise': 'Pendente',
  };
  const warehouse = await loaded(
    t,
    csvOf([
      ...Object.keys(words).map((status) => line({ id_pedido: status.trim() + '!', status })),
      line({ id_pedido: 'W', status: 'Pendente', atualizado_em: '2026-03-02 10:00:00' }),
      line({ id_pedido: 'W', status: 'Quase pago', atualizado_em: '2026-03-03 10:00:00' }),
    ]),
  );
  for (const [word, status] of Object.entries(words)) {
    assert.deepEqual(pick(await warehouse.order(word.trim() + '!'), 'status', 'status_origem'), {
      status,
      status_origem: word.trim(),
    });
  }
  assert.equal((await warehouse.order('W'))['status'], 'Pendente');
  assert.deepEqual(
    (await warehouse.rejected()).map((row) => pick(row, 'id_pedido', 'motivos', 'atualizado_em')),
    [{ id_pedido: 'W', motivos: 'STATUS_DESCONHECIDO', atualizado_em: '2026-03-03 13:00:00+00' }],
  );
});

test('#52: the same file again, renamed, or half overlapping changes nothing twice; two stores keep equal numbers apart', async (t) => {
  const march = [line({ id_pedido: '1' }), line({ id_pedido: '2', status: 'xpto' }), line({ id_pedido: '3' })];
  const warehouse = await emptyWarehouse(t);
  await warehouse.load(csvOf(march), { name: 'março.csv' });
  const snapshot = async (): Promise<unknown[]> => [
    await warehouse.query('SELECT * FROM pedidos ORDER BY loja, id_pedido'),
    await warehouse.query('SELECT * FROM historico_status ORDER BY 1, 2'),
    await warehouse.query('SELECT * FROM pedidos_diarios ORDER BY 1, 2, 3, 4, 5'),
    (await warehouse.rejected()).map((row) => pick(row, 'id_pedido', 'motivos')),
  ];
  const first = await snapshot();
  const again = await warehouse.load(csvOf(march), { name: 'março.csv' });
  const renamed = await warehouse.load(csvOf(march), { name: 'cópia.csv' });
  assert.deepEqual([again.wasComplete, renamed.wasComplete], [true, true]);
  assert.deepEqual(await snapshot(), first);
  const overlap = await warehouse.load(csvOf([...march.slice(1), line({ id_pedido: '4' })]));
  assert.deepEqual(counts({ report: overlap }), [3, 1, 0, 2, 0]);
  await warehouse.load(csvOf([line({ loja: 'sul', id_pedido: '1', status: 'Cancelado' })]));
  assert.deepEqual(
    (await warehouse.query(`SELECT loja, status FROM pedidos WHERE id_pedido = '1' ORDER BY loja`)).map((row) =>
      Object.values(row),
    ),
    [
      ['loja', 'Pago'],
      ['sul', 'Cancelado'],
    ],
  );
});

test('a document of another shape than the contract is rejected as JSON_INVALIDO, one with absent parts is read', async (t) => {
  const wrong: Record<string, unknown>[] = [
    { itens: 'abc' },
    { itens: {} },
    { itens: [1] },
    { itens: [null] },
    { itens: [[]] },
    { cliente: 'x' },
    { cliente: [] },
    { entrega: 7 },
    { pagamentos: 'x' },
    { pagamentos: [['Pix']] },
    { status: { nome: 'Pago' } },
    { status: ['Pago'] },
    { frete: [1] },
    { itens: [{ sku: { id: 1 }, quantidade: 1, preco_unitario: '1.00' }] },
    { cliente: { nome: { primeiro: 'Ana' } } },
  ];
  const fine: Record<string, unknown>[] = [
    { pagamentos: null, cliente: null },
    { pagamentos: [] },
    { observacao: { texto: ['[{'] } },
    { itens: [{ sku: 'A', produto: '[Kit] {2}', quantidade: 2, preco_unitario: 50, extra: { a: 1 } }] },
  ];
  const documents = [...wrong, ...fine].map((nested, index) =>
    documentOf({ ...GOOD, id_pedido: String(index) }, nested),
  );
  const warehouse = await loaded(t, documents.map((document) => JSON.stringify(document)).join('\n'), {
    name: 'pedidos.jsonl',
  });
  const rejected = await warehouse.rejected();
  assert.deepEqual(
    rejected.map((row) => [row['linha'], row['motivos'], row['original']]),
    wrong.map((_, index) => [String(index + 1), 'JSON_INVALIDO', JSON.stringify(documents[index])]),
  );
  const all = await outcomes(warehouse);
  assert.deepEqual(
    fine.map((_, index) => all[String(wrong.length + index)]),
    ['', '', '', 'CATEGORIA_AUSENTE'],
  );
});

test('NUL and half surrogate pairs in JSON cost only the order that has them in its number', async (t) => {
  const nul = {
    name: documentOf({ ...GOOD, id_pedido: 'N1', nome: 'Ana\0 Lima', produto: 'Cane\0ca', canal: 'Site\0' }),
    status: documentOf({ ...GOOD, id_pedido: 'N2', status: 'x\0y' }),
    number: documentOf({ ...GOOD, id_pedido: 'N\u00003' }),
  };
  const half = JSON.stringify(documentOf({ ...GOOD, id_pedido: 'H' })).replace('Ana Lima', 'Ana \\ud83d Lima');
  const pair = JSON.stringify(documentOf({ ...GOOD, id_pedido: 'P' })).replace('Ana Lima', 'Ana \\ud83e\\udde2');
  const warehouse = await loaded(
    t,
    [...Object.values(nul).map((document) => JSON.stringify(document)), half, pair].join('\n'),
    { name: 'pedidos.jsonl' },
  );
  assert.deepEqual(await outcomes(warehouse), {
    N1: '',
    N2: '!STATUS_DESCONHECIDO',
    'N\ufffd3': '!ID_PEDIDO_INVALIDO',
    '': '!JSON_INVALIDO',
    P: '',
  });
  assert.equal((await warehouse.items('N1'))[0]?.['produto'], 'Caneca');
});

test('what programs write for nothing is no order number, nor is one that turns the direction of writing or hides a character', async (t) => {
  const unfit = [
    'NULL',
    'none',
    'NaN',
    'undefined',
    'N/A',
    '#N/D',
    '0',
    '-1',
    'true',
    'A\u202e321',
    'A\u2066321',
    '00',
    '0,00',
    '-',
    '?',
    "'",
    '(null)',
    '#VALOR!',
    '#DIV/0!',
    '10\u200b',
    '1\u20032',
    '\u2800',
    '1\u061c',
    '1\u0085',
    '1\ufe0f',
    '1\u{e0041}',
    '\ufeff10',
    '1\u00ad0',
  ];
  const fit = ['10', 'A-1', 'A-10', 'Nulo-7', '0001', '#1001', 'Pedido 7', 'ção'];
  const documents = [...unfit, ...fit].map((id) => JSON.stringify(documentOf({ ...GOOD, id_pedido: id })));
  const warehouse = await loaded(t, documents.join('\n'), { name: 'pedidos.jsonl' });
  assert.deepEqual(
    await outcomes(warehouse),
    Object.fromEntries([
      ...unfit.map((id) => [id, '!ID_PEDIDO_INVALIDO'] as const),
      ...fit.map((id) => [id, ''] as const),
    ]),
  );
});

test('NUL in a Parquet text is left out, and in an order number rejects the order', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-nul-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const row = (id: string): string =>
    `SELECT ${id} AS id_pedido, '2026-03-01 10:00:00' AS data_pedido, 'Site' AS canal, 'Pa' || chr(0) || 'go' AS status, 'Campinas' AS cidade, 'SP' AS uf, 'A' || chr(0) AS sku, 'Casa' AS categoria, 1 AS quantidade, 10.5 AS preco_unitario, 'x' || chr(0) AS nome`;
  await connection.run(`COPY (${row(`'1'`)} UNION ALL ${row(`'1' || chr(0)`)}) TO '${join(folder, 'nul.parquet')}'`);
  connection.closeSync();
  instance.closeSync();
  const warehouse = await emptyWarehouse(t);
  await warehouse.loadPath(join(folder, 'nul.parquet'));
  assert.deepEqual(await outcomes(warehouse), { '1': '', '1\ufffd': '!ID_PEDIDO_INVALIDO' });
});

test('every rejected line of a file is kept with its number, text and header, also where one order has many', async (t) => {
  const lines = [
    ...good(6),
    line({ id_pedido: 'R', status: 'x' }),
    line({ id_pedido: 'R', status: 'x', n_item: '2', sku: 'SKU-2', produto: 'Prato "fundo"; azul' }),
    ...good(2).map((cells, index) => ({ ...cells, id_pedido: `C${index}` })),
    line({ id_pedido: 'R', status: 'x', n_item: '3', sku: 'SKU-3' }),
  ];
  const text = csvOf(lines);
  const file = text.split('\n');
  const warehouse = await loaded(t, text);
  const [row, ...others] = await warehouse.rejected();
  assert.deepEqual(others, []);
  assert.deepEqual(pick(row, 'linha', 'original', 'cabecalho', 'motivos'), {
    linha: '8',
    original: [file[7], file[8], file[11]].join('\n'),
    cabecalho: file[0] ?? '',
    motivos: 'STATUS_DESCONHECIDO',
  });
});

test('records that cannot be taken apart are told apart by their text', async (t) => {
  const text = csvOf([...good(8)]);
  const warehouse = await loaded(t, `${text}${recordOf(['loja', 'K1', 'x'])}\n${recordOf(['loja', 'K2', 'x'])}\n`);
  assert.deepEqual(
    (await warehouse.rejected()).map((row) => [row['id_pedido'], row['motivos'], row['original'], row['linha']]),
    [
      ['K1', 'LINHA_CAMPOS', 'loja,K1,x', '10'],
      ['K2', 'LINHA_CAMPOS', 'loja,K2,x', '11'],
    ],
  );
});

test('records without an order number that differ only in fields Esteira does not know are told apart by their text', async (t) => {
  const { id_pedido: _, ...unnamed } = documentOf(GOOD);
  const documents = ['N1', 'N2', 'N3', 'N3'].map((numero) => JSON.stringify({ ...unnamed, numero }));
  const json = await loaded(t, `${documents.join('\n')}\n`, { name: 'pedidos.jsonl' });
  assert.deepEqual(counts(json), [4, 0, 3, 1, 0], 'equal texts are one record');
  assert.deepEqual(
    (await json.rejected()).map((row) => [row['original'], row['vezes']]),
    [
      [documents[0], '1'],
      [documents[1], '1'],
      [documents[2], '2'],
    ],
  );

  const [header = '', ...lines] = csvOf([
    ...good(8),
    ...['1', '2', '1'].map((n_item) => line({ id_pedido: '', n_item })),
  ])
    .trimEnd()
    .split('\n');
  const text = [`${header},Numero`, ...lines.map((record, index) => `${record},R${index}`)];
  const csv = await loaded(t, `${text.join('\n')}\n`);
  assert.deepEqual(counts(csv), [10, 8, 2, 0, 0], 'an item number that comes again begins another order');
  assert.deepEqual(
    (await csv.rejected()).map((row) => row['original']),
    [`${text[9]}\n${text[10]}`, text[11]],
  );
});

test('records whose number or store is a stand-in are told apart by their text too, also in files that come later', async (t) => {
  const warehouse = await emptyWarehouse(t);
  const load = (cells: Cells, from: number): Promise<unknown> => {
    const documents = [0, 1, 2].map((index) =>
      JSON.stringify({ ...documentOf({ ...GOOD, ...cells }), numero: from + index }),
    );
    return warehouse.load(`${documents.join('\n')}\n`, { name: 'pedidos.jsonl' });
  };
  const kinds: Cells[] = [
    { id_pedido: '#REF!' },
    { id_pedido: '2,00001E+15' },
    { loja: '', id_pedido: '7' },
    { id_pedido: '\u200b' },
  ];
  for (const kind of kinds) for (const from of [0, 3]) await load(kind, from);
  const kept = await warehouse.query(
    'SELECT count(*) AS n, count(DISTINCT original) AS textos, max(vezes) AS vezes FROM pedidos_rejeitados',
  );
  assert.deepEqual(kept, [{ n: String(6 * kinds.length), textos: String(6 * kinds.length), vezes: '1' }]);
});

test('what a document says of its lines is believed only within reason', async (t) => {
  const said = [
    { linha: -5, linhas: 2147483647 },
    { linha: '7', linhas: '2' },
    { linha: 'x', linhas: 0 },
  ];
  const texts = said.map((leitura, index) =>
    JSON.stringify({ ...documentOf(line({ id_pedido: `R${index}`, status: 'Estranho' })), leitura }),
  );
  const warehouse = await loaded(t, `${texts.join('\n')}\n`, { name: 'pedidos.jsonl' });
  assert.deepEqual(
    (await warehouse.rejected()).map((row) => [row['id_pedido'], row['linha'], row['original']]),
    [
      ['R0', '1', texts[0]],
      ['R2', '3', texts[2]],
      ['R1', '7', texts[1]],
    ],
  );
  assert.equal(warehouse.report.counts.linhas, 4);
});

test('amounts in another currency are no value in R$', async (t) => {
  const warehouse = await loaded(t, csvOf([line({ moeda: 'ARS' })]));
  assert.deepEqual(
    (await warehouse.rejected()).map((row) => [row['motivos'], row['valor']]),
    [['MOEDA_NAO_BRL', null]],
  );
  assert.equal(warehouse.report.counts.valorRejeitado, '0.00');
});
