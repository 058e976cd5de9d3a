// Right after a load PostgreSQL's planner knows the tables: the first answers do not wait for autovacuum.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ROLLUP_TABLES } from '../../src/catalog/rollups.ts';
import { csvOf, emptyWarehouse, line, type Warehouse } from '../support/load.ts';

const ordersOf = (from: number, count: number): string =>
  csvOf(
    Array.from({ length: count }, (_, index) =>
      line({ id_pedido: String(from + index), id_cliente: `c${from + index}` }),
    ),
  );

/** A warehouse of whose tables autovacuum leaves some alone, and how many rows PostgreSQL's planner knows of; -1: it never looked. */
async function unwatchedWarehouse(t: TestContext): Promise<[Warehouse, (table: string) => Promise<number>]> {
  const warehouse = await emptyWarehouse(t);
  // another process of the server may do the same at any moment
  for (const table of ['pedidos', 'pagamentos', 'clientes'])
    await warehouse.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
  return [
    warehouse,
    async (table) => {
      const [row] = await warehouse.query('SELECT reltuples AS n FROM pg_class WHERE oid = $1::regclass', [table]);
      return Number(row?.['n']);
    },
  ];
}

test('the planner knows of many new orders, and is not asked to look again after a few', async (t) => {
  const [warehouse, known] = await unwatchedWarehouse(t);
  assert.equal(await known('pedidos'), -1);
  await warehouse.load(ordersOf(1, 20));
  assert.equal(await known('pedidos'), -1);
  await warehouse.load(ordersOf(1_000, 600));
  assert.equal(await known('pedidos'), 620);
  assert.ok((await known('clientes')) > 0);
  await warehouse.load(ordersOf(10_000, 600));
  assert.equal(await known('pedidos'), 1_220);
});

test('a table that autovacuum is at is tried again for a while, then left to it, and it is never broken off', async (t) => {
  const [warehouse, known] = await unwatchedWarehouse(t);
  const vacuum = await warehouse.connect();
  const lock = (): Promise<unknown> => vacuum.query('BEGIN; LOCK TABLE pagamentos IN SHARE UPDATE EXCLUSIVE MODE');
  await lock();
  await warehouse.load(ordersOf(1_000, 600));
  assert.deepEqual([await known('pedidos'), await known('pagamentos')], [600, -1]);
  await vacuum.query('COMMIT');
  await lock();
  const load = warehouse.load(ordersOf(10_000, 600));
  while ((await known('pedidos')) < 1_200) await delay(20);
  await delay(300);
  assert.equal(await known('pagamentos'), -1);
  await vacuum.query('COMMIT');
  await load;
  assert.equal(await known('pagamentos'), 1_200);
});

test('every table of sums keeps room on its pages, so that counting on touches no index', async (t) => {
  const warehouse = await emptyWarehouse(t);
  const rows = await warehouse.query(
    `SELECT relname AS name FROM pg_class WHERE oid = ANY ($1::text[]::regclass[]) AND 'fillfactor=85' = ANY (reloptions) ORDER BY 1`,
    [ROLLUP_TABLES],
  );
  assert.deepEqual(
    rows.map((row) => row['name']),
    [...ROLLUP_TABLES].sort(),
  );
});
