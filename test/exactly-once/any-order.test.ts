// The end state depends on the set of events only (I3): random events, cut into random files, in random order, by one or two loaders,
// leave what one sorted file leaves and what an independent fold says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import fc from 'fast-check';
import { documentOf, emptyWarehouse, line, csvOf, type Cells, type Warehouse } from '../support/load.ts';
import { assertFold, fold, type FoldEvent } from '../support/fold.ts';
import { assertSound, physicalState, warehouseState } from '../../src/proof/warehouse-state.ts';

const seed = Number(process.env['ESTEIRA_TEST_SEED'] ?? Date.now() % 1_000_000);
const RUNS = Number(process.env['ESTEIRA_TEST_RUNS'] ?? 12);

interface Drawn {
  readonly store: 'a' | 'b';
  readonly order: number;
  readonly hour: number;
  readonly status: string;
  readonly quantity: number;
}

const event: fc.Arbitrary<Drawn> = fc.record({
  store: fc.constantFrom('a', 'b'),
  order: fc.integer({ min: 1, max: 4 }),
  hour: fc.integer({ min: 1, max: 4 }),
  status: fc.constantFrom('Pago', 'Pendente', 'Cancelado', 'talvez'),
  quantity: fc.integer({ min: 1, max: 3 }),
});

const total = (drawn: Drawn): string => (drawn.quantity * 50 + 10).toFixed(2);
const cellsOf = (drawn: Drawn): Cells =>
  line({
    loja: drawn.store,
    id_pedido: String(drawn.order),
    atualizado_em: `2026-09-01 1${drawn.hour}:00:00`,
    status: drawn.status,
    quantidade: String(drawn.quantity),
    sku: `SKU-${drawn.quantity}`,
    id_cliente: `C${drawn.order % 2}`,
    documento: '',
    nome: `Nome ${drawn.hour}`,
    valor_total: total(drawn),
    valor_pagamento: total(drawn),
  });
const foldOf = (drawn: Drawn): FoldEvent => ({
  loja: drawn.store,
  id: String(drawn.order),
  time: Date.parse(`2026-09-01T1${drawn.hour}:00:00-03:00`),
  status: drawn.status,
  totalCents: Math.round(Number(total(drawn)) * 100),
  items: [`SKU-${drawn.quantity} x ${drawn.quantity}`],
});
const jsonLines = (events: readonly Drawn[]): string =>
  events.map((drawn) => `${JSON.stringify(documentOf(cellsOf(drawn)))}\n`).join('');

async function clear(warehouse: Warehouse): Promise<void> {
  const tables =
    await warehouse.query(`SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') AS names FROM pg_tables
    WHERE schemaname = 'public' AND tablename NOT IN ('municipios', 'calendario') OR schemaname = 'esteira' AND tablename IN ('fontes', 'lotes', 'posicoes', 'vistos')`);
  await warehouse.query(`TRUNCATE ${tables[0]?.['names']}`);
}

async function withClient<T>(warehouse: Warehouse, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(warehouse.database.url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

test(`files in any cut, order and number of loaders end the same (ESTEIRA_TEST_SEED=${seed})`, async (t) => {
  const warehouse = await emptyWarehouse(t);
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { minLength: 2, maxLength: 14 }),
      fc.array(fc.nat(), { minLength: 14, maxLength: 14 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      async (events, places, fileCount, batchLines, isTwice) => {
        const folded = fold(events.map(foldOf));
        await clear(warehouse);
        const sorted = [...events].sort((a, b) => a.hour - b.hour);
        await warehouse.load(jsonLines(sorted), { name: 'todos.jsonl' });
        const calm = await withClient(warehouse, async (client) => {
          await assertFold(client, folded);
          await assertSound(client);
          return warehouseState(client);
        });
        await clear(warehouse);
        const shuffled = events.map((drawn, n) => ({ drawn, place: places[n] ?? 0 })).sort((a, b) => a.place - b.place);
        const files = Array.from({ length: fileCount }, (_, f) =>
          shuffled.filter(({ place }) => place % fileCount === f).map(({ drawn }) => drawn),
        ).filter((file) => file.length > 0);
        // Two loaders at once: one begins with the first file, the other with the last.
        const loadAll = async (list: readonly Drawn[][]): Promise<number> => {
          let read = 0;
          for (const file of list) {
            const name = `parte-${files.indexOf(file)}.jsonl`;
            read += (await warehouse.load(jsonLines(file), { name, batchLines })).counts.lidos;
          }
          return read;
        };
        const reads = await Promise.all(isTwice ? [loadAll(files), loadAll([...files].reverse())] : [loadAll(files)]);
        const distinct = new Set(files.map(jsonLines));
        const expected = files
          .filter((file) => distinct.delete(jsonLines(file)))
          .reduce((sum, file) => sum + file.length, 0);
        assert.equal(
          reads.reduce((a, b) => a + b, 0),
          expected,
          'events over all loaders',
        );
        await withClient(warehouse, async (client) => {
          await assertFold(client, folded);
          await assertSound(client);
          assert.deepEqual(await warehouseState(client), calm);
        });
      },
    ),
    { seed, numRuns: RUNS, endOnFailure: true },
  );
});

test('exports without update times: the same again changes nothing, a newer one updates what changed, an older one adds history only', async (t) => {
  const warehouse = await emptyWarehouse(t);
  const order = (id: number, status: string): Cells => line({ id_pedido: String(id), atualizado_em: '', status });
  const monday = csvOf([1, 2, 3, 4, 5].map((id) => order(id, 'Pendente')));
  const tuesday = csvOf([1, 2, 3, 4, 5].map((id) => order(id, id <= 2 ? 'Pago' : 'Pendente')));
  const sunday = csvOf([order(1, 'Pendente'), order(5, 'Cancelado')]);
  const at = (day: string): Date => new Date(`2026-10-${day}T12:00:00Z`);
  const counts = async (text: string, day: string): Promise<number[]> => {
    const { counts: c } = await warehouse.load(text, { asOf: at(day), batchLines: 2 });
    return [c.lidos, c.aceitos, c.rejeitados, c.duplicados, c.antigos];
  };
  await withClient(warehouse, async (client) => {
    assert.deepEqual(await counts(monday, '05'), [5, 5, 0, 0, 0]);
    const first = await physicalState(client);
    assert.deepEqual(await counts(monday, '05'), [0, 0, 0, 0, 0]);
    assert.deepEqual(await physicalState(client), first);
    assert.deepEqual(await counts(tuesday, '06'), [5, 2, 0, 3, 0]);
    await assertSound(client);
    // the same again under a later time: nothing but esteira.vistos moves
    const second = await physicalState(client);
    assert.deepEqual(await counts(tuesday, '07'), [5, 0, 0, 5, 0]);
    assert.deepEqual(await physicalState(client), second);
    // older: order 1 was seen like this on Monday already; order 5's cancellation is history only
    assert.deepEqual(await counts(sunday, '04'), [2, 0, 0, 1, 1]);
    await assertSound(client);
    const { rows } = await client.query('SELECT id_pedido, status FROM pedidos ORDER BY id_pedido');
    assert.deepEqual(
      rows.map((row) => `${row.id_pedido} ${row.status}`),
      ['1 Pago', '2 Pago', '3 Pendente', '4 Pendente', '5 Pendente'],
    );
  });
});
