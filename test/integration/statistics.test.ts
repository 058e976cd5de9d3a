// Right after a load PostgreSQL's planner knows the tables: the first answers do not wait for autovacuum.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROLLUP_TABLES } from '../../src/catalog/rollups.ts';
import { csvOf, emptyWarehouse, line } from '../support/load.ts';

test('the planner knows of many new orders, and is not asked to look again after a few', async (t) => {
  const warehouse = await emptyWarehouse(t);
  // another process of the server may do the same at any moment
  for (const table of ['pedidos', 'clientes'])
    await warehouse.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
  const known = async (table: string): Promise<number> => {
    const [row] = await warehouse.query('SELECT reltuples AS n FROM pg_class WHERE oid = $1::regclass', [table]);
    return Number(row?.['n']);
  };
  const orders = (from: number, count: number): string =>
    csvOf(
      Array.from({ length: count }, (_, index) =>
        line({ id_pedido: String(from + index), id_cliente: `c${from + index}` }),
      ),
    );
  assert.equal(await known('pedidos'), -1);
  await warehouse.load(orders(1, 20));
  assert.equal(await known('pedidos'), -1);
  await warehouse.load(orders(1_000, 600));
  assert.equal(await known('pedidos'), 620);
  assert.ok((await known('clientes')) > 0);
  await warehouse.load(orders(10_000, 600));
  assert.equal(await known('pedidos'), 1_220);
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
