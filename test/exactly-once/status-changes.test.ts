// Changes of status follow the versions of an order, whatever their order of arrival (I3, I6). Expected figures are worked by hand; after every load the
// rollups are compared with the plain definition, too.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import pg from 'pg';
import { ROLLUPS, STATUS_CHANGES } from '../../src/catalog/rollups.ts';
import { assertRollups, assertSound, physicalState } from '../../src/proof/warehouse-state.ts';
import { migrate } from '../../src/storage/migrations.ts';
import {
  type Cells,
  csvOf,
  documentOf,
  emptyWarehouse,
  line,
  type LoadSettings,
  type Warehouse,
} from '../support/load.ts';
import { bench, correct, csv, good } from '../support/quarantine.ts';

interface Changes {
  readonly warehouse: Warehouse;
  readonly client: pg.Client;
  /** Loads one file, in which nothing is refused, and compares all rollups with their definition. */
  readonly load: (content: readonly Cells[] | string, settings?: LoadSettings) => Promise<void>;
  /** `data_venda canal status uf de>para mudancas valor medidas segundos` of every row. */
  readonly rows: () => Promise<string[]>;
}

const ROWS = `
  SELECT concat_ws(' ', data_venda, canal, status, uf, de || '>' || para, mudancas, valor, medidas, segundos) AS line
  FROM mudancas_diarias ORDER BY data_venda, canal, status, uf, de, para`;

async function changesOf(t: TestContext): Promise<Changes> {
  const open: pg.Client[] = [];
  const warehouse = await emptyWarehouse({
    after: (drop) =>
      t.after(async () => {
        for (const connection of open) await connection.end();
        await drop();
      }),
  });
  const client = new pg.Client(warehouse.database.url);
  open.push(client);
  await client.connect();
  return {
    warehouse,
    client,
    load: async (content, settings) => {
      const report = await warehouse.load(typeof content === 'string' ? content : csvOf(content), settings);
      assert.equal(report.counts.rejeitados, 0, warehouse.database.hint);
      await assertRollups(client);
    },
    rows: async () => (await warehouse.query(ROWS)).map((row) => row['line'] ?? ''),
  };
}

const PENDING = { status: 'Pendente', atualizado_em: '2026-03-01 10:00:00' };
/** One day and half a minute later. */
const PAID = { status: 'Pago', atualizado_em: '2026-03-02 10:00:30' };
/** The same status, a day later. */
const SENT = { status: 'Pago', situacao_entrega: 'Entregue', atualizado_em: '2026-03-03 10:00:30' };
/** An hour after that, for less. */
const CANCELLED = {
  status: 'Cancelado',
  atualizado_em: '2026-03-03 11:00:30',
  quantidade: '1',
  valor_total: '60.00',
  valor_pagamento: '60.00',
};
const ofOrder = (id: string, cells: Cells): Cells => line({ ...cells, id_pedido: id });
const LIFE: readonly Cells[] = [PENDING, PAID, SENT, CANCELLED];

/** A JSON line as a source writes it that has no addresses. */
const withoutAddress = (cells: Cells): string =>
  `${JSON.stringify(documentOf(line(cells), { entrega: {}, leitura: { endereco: 'false' } }))}\n`;

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) =>
    permutations(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]),
  );
}

/** One order for every order of arrival of four versions: file k holds the k-th to arrive of each. */
const ARRIVALS = permutations(LIFE).map((life, n) => life.map((cells) => ofOrder(String(n + 1), cells)));
const ALL_ARRIVED = [
  // an order: 110.00 after 86,430 s; 60.00 after 3,600 s, from the second of the two versions in Pago
  '2026-03-01 Site Cancelado SP Pago>Cancelado 24 1440.00 24 86400',
  '2026-03-01 Site Cancelado SP Pendente>Pago 24 2640.00 24 2074320',
];

for (const atOnce of [1, 2, 3, 4]) {
  test(`versions in every order of arrival, ${atOnce} of an order in a batch, sum to the same`, async (t) => {
    const { client, load, rows } = await changesOf(t);
    for (let from = 0; from < 4; from += atOnce)
      await load(
        ARRIVALS.flatMap((life) => life.slice(from, from + atOnce)),
        { name: `parte-${from}.csv` },
      );
    assert.deepEqual(await rows(), ALL_ARRIVED);
    const before = await physicalState(client);
    await load(ARRIVALS.flat(), { name: 'de-novo.csv' });
    assert.deepEqual(await physicalState(client), before, 'what was seen before writes nothing');
  });
}

test('a version that comes late parts the change around it', async (t) => {
  const { load, rows } = await changesOf(t);
  await load([line(PENDING), line(CANCELLED)]);
  assert.deepEqual(await rows(), ['2026-03-01 Site Cancelado SP Pendente>Cancelado 1 60.00 1 176430']);
  await load([line(PAID)]);
  assert.deepEqual(await rows(), [
    '2026-03-01 Site Cancelado SP Pago>Cancelado 1 60.00 1 90000',
    '2026-03-01 Site Cancelado SP Pendente>Pago 1 110.00 1 86430',
  ]);
});

test('a correction from the quarantine is a version like any other, and comes after the one of its time', async (t) => {
  const { database, esteira, load, fix, write, folder } = await bench(t);
  const at = (hour: number, status: string): ReturnType<typeof good> =>
    good('1', { status, atualizado_em: `2026-10-06 ${hour}:00:00` });
  const rows = async (): Promise<string[]> => (await database.query<{ line: string }>(ROWS)).map((row) => row.line);
  await load('vidas.csv', csv([at(10, 'Pendente'), at(12, 'Estranho')]));
  assert.deepEqual(await rows(), []);
  await esteira('quarantine', 'export', '--out', 'c.csv');
  const text = await readFile(join(folder, 'c.csv'), 'utf8');
  const report = await fix(
    await write('f.csv', correct(text, { STATUS_DESCONHECIDO: (cells) => (cells['status'] = 'Pago') })),
  );
  assert.deepEqual([report.accepted, report.refused], [1, []]);
  assert.deepEqual(await rows(), ['2026-10-05 Site Pago SP Pendente>Pago 1 110.00 1 7200']);
  await load('depois.csv', csv([at(12, 'Cancelado')]));
  assert.deepEqual(await rows(), [
    '2026-10-05 Site Pago SP Cancelado>Pago 1 110.00 1 0',
    '2026-10-05 Site Pago SP Pendente>Cancelado 1 110.00 1 7200',
  ]);
});

test('a deleted order takes its changes with it, and brings them back', async (t) => {
  const { load, rows } = await changesOf(t);
  const both = (cells: Cells): Cells[] => ['1', '2'].map((id) => ofOrder(id, cells));
  await load([...both(PENDING), ...both(PAID)]);
  await load([line({ ...SENT, excluido_em: '2026-03-03 10:00:00' })]);
  assert.deepEqual(await rows(), ['2026-03-01 Site Pago SP Pendente>Pago 1 110.00 1 86430']);
  // a change of a deleted order that was not known yet
  await load([line({ status: 'Cancelado', atualizado_em: '2026-03-01 09:00:00' })]);
  assert.deepEqual(await rows(), ['2026-03-01 Site Pago SP Pendente>Pago 1 110.00 1 86430']);
  await load([line({ ...SENT, atualizado_em: '2026-03-03 12:00:00' })]);
  assert.deepEqual(await rows(), [
    '2026-03-01 Site Pago SP Cancelado>Pendente 1 110.00 1 3600',
    '2026-03-01 Site Pago SP Pendente>Pago 2 220.00 2 172860',
  ]);
});

test('changes follow the order to another channel, state and day of sale, in which it has no new change', async (t) => {
  const { load, rows } = await changesOf(t);
  await load([line(PENDING), line(PAID)]);
  const moves: readonly (readonly [key: string, cells: Cells])[] = [
    ['2026-03-01 App Pago SP', { canal: 'App' }],
    ['2026-03-01 App Pago RJ', { canal: 'App', cep: '20040-002', cidade: 'Rio de Janeiro', uf: 'RJ' }],
    ['2026-03-01 App Pago ND', { canal: 'App', uf: '' }],
    ['2026-02-28 App Pago ND', { canal: 'App', uf: '', data_pedido: '2026-02-28 10:00:00' }],
    ['2026-02-28 Site Pago SP', { data_pedido: '2026-02-28 10:00:00' }],
  ];
  for (const [n, [key, cells]] of moves.entries()) {
    const moved = line({ ...SENT, ...cells, atualizado_em: `2026-03-1${n} 10:00:00` });
    if (cells.uf === '') await load(withoutAddress(moved), { name: 'pedidos.jsonl' });
    else await load([moved]);
    assert.deepEqual(await rows(), [`${key} Pendente>Pago 1 110.00 1 86430`]);
  }
});

test('of two versions of the same time one comes first, whichever arrived first, and no time lies between them', async (t) => {
  const states: string[][] = [];
  const same = [line(PENDING), line({ ...PAID, atualizado_em: PENDING.atualizado_em })];
  for (const arrival of [same, [...same].reverse()]) {
    const { load, rows } = await changesOf(t);
    for (const version of arrival) await load([version]);
    states.push(await rows());
  }
  const together = await changesOf(t);
  await together.load(same);
  states.push(await together.rows());
  assert.match(states[0]?.join() ?? '', /^2026-03-01 Site \w+ SP (Pendente>Pago|Pago>Pendente) 1 110\.00 1 0$/);
  assert.deepEqual(states, [states[0], states[0], states[0]]);
});

test('of each change the whole seconds count', async (t) => {
  const { load, rows } = await changesOf(t);
  const at = (time: string, status: string): Cells => line({ status, atualizado_em: `2026-03-02T10:00:${time}-03:00` });
  // 1.9 s and 2.9 s
  await load([at('00.000', 'Pendente'), at('01.900', 'Pago'), at('04.800', 'Pendente')]);
  assert.deepEqual(await rows(), [
    '2026-03-01 Site Pendente SP Pago>Pendente 1 110.00 1 2',
    '2026-03-01 Site Pendente SP Pendente>Pago 1 110.00 1 1',
  ]);
});

test('estimated times are not measured, and an earlier sighting of a known content moves its change', async (t) => {
  const { load, rows } = await changesOf(t);
  const seen = async (day: number, ...cells: Cells[]): Promise<void> =>
    load(
      cells.map((own) => line({ atualizado_em: '', ...own })),
      { asOf: new Date(Date.UTC(2026, 9, day, 12)), name: `dia-${day}.csv` },
    );
  await seen(6, { status: 'Pendente' });
  assert.deepEqual(await rows(), []);
  await seen(7, { status: 'Pago' });
  await seen(8, { status: 'Cancelado' });
  assert.deepEqual(await rows(), [
    '2026-03-01 Site Cancelado SP Pago>Cancelado 1 110.00 0 0',
    '2026-03-01 Site Cancelado SP Pendente>Pago 1 110.00 0 0',
  ]);
  // neither present nor new: nothing but its earliest time moves, to before the version in Pendente
  await seen(5, { status: 'Pago' });
  assert.deepEqual(await rows(), [
    '2026-03-01 Site Cancelado SP Pago>Pendente 1 110.00 0 0',
    '2026-03-01 Site Cancelado SP Pendente>Cancelado 1 110.00 0 0',
  ]);
  // the present content: it was seen first of all, and last
  await seen(4, { status: 'Cancelado' });
  assert.deepEqual(await rows(), [
    '2026-03-01 Site Cancelado SP Cancelado>Pago 1 110.00 0 0',
    '2026-03-01 Site Cancelado SP Pago>Pendente 1 110.00 0 0',
  ]);
});

test('a change between a stated and an estimated time counts and is not measured', async (t) => {
  const { load, rows } = await changesOf(t);
  await load([line({ atualizado_em: '', status: 'Pendente' })], { asOf: new Date('2026-03-01T13:00:00Z') });
  await load([line(PAID), line(CANCELLED)]);
  assert.deepEqual(await rows(), [
    '2026-03-01 Site Cancelado SP Pago>Cancelado 1 60.00 1 90000',
    '2026-03-01 Site Cancelado SP Pendente>Pago 1 110.00 0 0',
  ]);
});

test('a newer transform that reads another channel moves the changes with their order', async (t) => {
  const { warehouse, client, load, rows } = await changesOf(t);
  await load([line(PENDING), line(PAID)], { name: 'vida.csv' });
  // as an older transform would have left it
  const byChannel = [...ROLLUPS, STATUS_CHANGES].filter(({ keys }) => 'canal' in keys);
  for (const table of ['pedidos', 'itens_pedido', ...byChannel.map((rollup) => rollup.table)])
    await warehouse.query(`UPDATE ${table} SET canal = 'Outro'`);
  await warehouse.query('UPDATE pedidos SET versao_transformacao = 0');
  await assertRollups(client);
  await load([line(PENDING), line(PAID)], { name: 'vida.csv', reprocess: true });
  assert.deepEqual(await rows(), ['2026-03-01 Site Pago SP Pendente>Pago 1 110.00 1 86430']);
});

test('orders of one version, and those that were seen before, do not meet the table', async (t) => {
  const { warehouse, client, rows } = await changesOf(t);
  const orders = Array.from({ length: 20 }, (_, n) => ofOrder(String(n + 1), PENDING));
  await warehouse.query('ALTER TABLE mudancas_diarias RENAME TO guardadas');
  await warehouse.load(csvOf(orders), { batchLines: 5 });
  await warehouse.load(csvOf(orders), { name: 'de-novo.csv' });
  await assert.rejects(warehouse.load(csvOf([line(PAID)])), /mudancas_diarias/);
  await warehouse.query('ALTER TABLE guardadas RENAME TO mudancas_diarias');
  await warehouse.load(csvOf([line(PAID)]));
  assert.deepEqual(await rows(), ['2026-03-01 Site Pago SP Pendente>Pago 1 110.00 1 86430']);
  await assertSound(client);
});

test('a warehouse from before the table gets it filled', async (t) => {
  const { client, load, rows } = await changesOf(t);
  await load([
    ...LIFE.map((cells) => line(cells)),
    ofOrder('2', PENDING),
    ofOrder('2', { ...PAID, canal: 'App' }),
    ofOrder('3', PENDING),
    ofOrder('3', { ...PAID, excluido_em: '2026-03-03 10:00:00' }),
    ofOrder('4', PENDING),
  ]);
  await load(withoutAddress(ofOrder('2', { ...SENT, canal: 'App' })), { name: 'sem-endereco.jsonl' });
  await load([ofOrder('5', { status: 'Pendente', atualizado_em: '' })], { name: 'ontem.csv' });
  await load([ofOrder('5', { status: 'Pago', atualizado_em: '' })], {
    name: 'hoje.csv',
    asOf: new Date('2026-11-02T09:00:00Z'),
  });
  const kept = await rows();
  assert.deepEqual(kept, [
    '2026-03-01 App Pago ND Pendente>Pago 1 110.00 1 86430',
    '2026-03-01 Site Cancelado SP Pago>Cancelado 1 60.00 1 3600',
    '2026-03-01 Site Cancelado SP Pendente>Pago 1 110.00 1 86430',
    '2026-03-01 Site Pago SP Pendente>Pago 1 110.00 0 0',
  ]);
  await client.query('DROP TABLE mudancas_diarias; DELETE FROM esteira.migracoes WHERE versao = 7');
  assert.deepEqual(await migrate(client), ['0007_status_changes.sql']);
  assert.deepEqual(await rows(), kept);
});
