// The moments at which loads are interrupted are all there are: every statement of the loader's transaction that writes a table of the warehouse has a name
// in the proxy, and a load cut off at the moments that are rare, which the other tests of interruptions do not come by, writes everything once (I1).
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import pg from 'pg';
import { loadFile } from '../../src/pipeline/load-file.ts';
import { assertSound, warehouseState } from '../../src/proof/warehouse-state.ts';
import { PHASES, RARE_PHASES, startWireProxy, type Phase } from '../../src/proof/wire-proxy.ts';
import { AS_OF, csvOf, emptyWarehouse, line, type Warehouse } from '../support/load.ts';
import { exportOf } from './orders.ts';

const HOUR_MS = 3_600_000;
const undated = csvOf([1, 2, 3].map((n) => line({ loja: 'sem-data', id_pedido: String(n), atualizado_em: '' })));

/** New periods, replaced and rejected orders, and contents without an update time that are seen again later and earlier. */
const FILES: readonly (readonly [text: string, asOf: Date])[] = [
  [exportOf(20, 1), AS_OF],
  [exportOf(20, 2), AS_OF],
  [undated, AS_OF],
  [undated, new Date(AS_OF.getTime() + HOUR_MS)],
  [undated, new Date(AS_OF.getTime() - HOUR_MS)],
  [csvOf([line({ id_pedido: 'novo', data_pedido: '2025-05-01 10:00:00' })]), AS_OF],
];

test('every statement that writes a table of the warehouse is a moment that the proxy names, and all of these are met', async (t) => {
  const warehouse = await emptyWarehouse(t);
  const transactions: string[] = [];
  let isInside = false;
  const proxy = await startWireProxy(targetOf(warehouse), (sql) => {
    isInside ||= sql.startsWith('BEGIN');
    if (isInside) transactions.push(sql);
    if (sql.startsWith('COMMIT')) isInside = false;
  });
  t.after(() => proxy.close());
  await loadAll(proxy.url(warehouse.database.url));

  const tables = await warehouse.query(
    `SELECT relname AS name FROM pg_class WHERE relnamespace::regnamespace::text IN ('public', 'esteira') AND relkind IN ('r', 'p')`,
  );
  const names = tables.map(({ name }) => name).join('|');
  const writes = new RegExp(
    String.raw`^\s*(?:COPY|INSERT INTO|UPDATE|DELETE FROM|TRUNCATE) (?:esteira\.)?"?(?:${names})"?\b`,
    'm',
  );
  const unnamed = transactions.filter(
    (sql) => writes.test(sql) && !Object.values(PHASES).some((phase) => phase.sql.test(sql)),
  );
  assert.deepEqual(unnamed, []);
  assert.ok(transactions.filter((sql) => writes.test(sql)).length > 40, 'the statements were not seen');
  const unmet = (Object.keys(PHASES) as Phase[]).filter((phase) => !proxy.seen.has(phase));
  assert.deepEqual(unmet, []);
});

test('a load cut off at a rare moment goes on by itself and loads everything once', async (t) => {
  const calm = await emptyWarehouse(t);
  await loadAll(calm.database.url);
  const expected = await stateOf(calm);
  const warehouse = await emptyWarehouse(t);
  const proxy = await startWireProxy(targetOf(warehouse));
  t.after(() => proxy.close());
  const left = [...RARE_PHASES];
  const met: Phase[] = [];
  const armNext = (): void => {
    const phase = left.shift();
    if (phase === undefined) return;
    const action = (): Promise<'cut'> => {
      met.push(phase);
      return Promise.resolve('cut');
    };
    proxy.arm({ phase, action }).then(armNext, () => undefined);
  };
  armNext();
  await loadAll(proxy.url(warehouse.database.url));
  assert.deepEqual(met.toSorted(), RARE_PHASES.toSorted());
  assert.deepEqual(await stateOf(warehouse), expected);
});

function targetOf({ database }: Warehouse): () => { host: string; port: number } {
  const { hostname, port } = new URL(database.url);
  return () => ({ host: hostname, port: Number(port) });
}

async function loadAll(warehouseUrl: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-moments-'));
  try {
    for (const [index, [text, asOf]] of FILES.entries()) {
      const name = `${index}.csv`;
      await writeFile(join(folder, name), text);
      await loadFile(
        { path: join(folder, name), name },
        {
          warehouseUrl,
          memoryLimit: '256MB',
          threads: 1,
          batchLines: 1000,
          maxOutageMs: 60_000,
          reprocess: false,
          reading: { asOf },
        },
      );
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** All tables, and the sightings, which lie in schema esteira. */
async function stateOf({ database }: Warehouse): Promise<string[]> {
  const client = new pg.Client(database.url);
  await client.connect();
  try {
    await assertSound(client);
    const { rows } = await client.query<{ line: string }>('SELECT v::text AS line FROM esteira.vistos v ORDER BY 1');
    assert.equal(rows.length, 3, 'sightings');
    return [...(await warehouseState(client)), ...rows.map((row) => `vistos ${row.line}`)];
  } finally {
    await client.end();
  }
}
