// Two loaders at once, on the same file and on different ones: same end state, each event counted once over both (I1, I3).
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import pg from 'pg';
import { loadFile, type FileReport } from '../../src/pipeline/load-file.ts';
import { AS_OF, csvOf, emptyWarehouse, line, type Warehouse } from '../support/load.ts';
import { assertFold, eventsOfCsv, fold } from '../support/fold.ts';
import { assertSound, physicalState, warehouseState } from '../../src/proof/warehouse-state.ts';
import { startWireProxy } from '../../src/proof/wire-proxy.ts';
import { exportOf } from './orders.ts';

interface Bench {
  readonly warehouse: Warehouse;
  readonly client: pg.Client;
  readonly load: (
    text: string,
    options?: { url?: string; batchLines?: number; name?: string; maxOutageMs?: number },
  ) => Promise<FileReport>;
}

async function bench(t: TestContext): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-exactly-'));
  const warehouse = await emptyWarehouse(t);
  t.after(() => rm(folder, { recursive: true, force: true }));
  const client = await warehouse.connect();
  let files = 0;
  return {
    warehouse,
    client,
    load: async (text, options = {}) => {
      const name = options.name ?? 'pedidos.csv';
      const path = join(folder, `${++files}-${name}`);
      await writeFile(path, text);
      return loadFile(
        { path, name },
        {
          warehouseUrl: options.url ?? warehouse.database.url,
          memoryLimit: '256MB',
          threads: 1,
          batchLines: options.batchLines ?? 10,
          maxOutageMs: options.maxOutageMs ?? 10_000,
          reprocess: false,
          reading: { asOf: AS_OF },
        },
      );
    },
  };
}

test('two loaders of the same file at once count each event once', async (t) => {
  const text = exportOf(60, 1);
  const folded = fold(eventsOfCsv(text));
  const calm = await bench(t);
  await calm.load(text);
  const both = await bench(t);
  const reports = await Promise.all([both.load(text), both.load(text)]);
  await assertFold(both.client, folded);
  await assertSound(both.client);
  assert.deepEqual(await warehouseState(both.client), await warehouseState(calm.client));
  assert.equal(
    reports.reduce((sum, report) => sum + report.counts.lidos, 0),
    folded.eventCount,
    'events over both loaders',
  );
  const before = await physicalState(both.client);
  assert.equal((await both.load(text)).counts.lidos, 0);
  assert.deepEqual(await physicalState(both.client), before);
});

test('two loaders that cut the same file differently agree on one cut', async (t) => {
  const text = exportOf(80, 1);
  const { client, load } = await bench(t);
  const reports = await Promise.all([load(text, { batchLines: 10 }), load(text, { batchLines: 17 })]);
  const folded = fold(eventsOfCsv(text));
  await assertFold(client, folded);
  await assertSound(client);
  assert.equal(
    reports.reduce((sum, report) => sum + report.counts.lidos, 0),
    folded.eventCount,
  );
});

test('a batch of another loader between a COMMIT and its answer is not taken for one of our own', async (t) => {
  const { warehouse, client, load } = await bench(t);
  const direct = new URL(warehouse.database.url);
  const proxy = await startWireProxy(() => ({ host: direct.hostname, port: Number(direct.port) }));
  t.after(() => proxy.close());
  const mine = exportOf(60, 2);
  const other = exportOf(60, 1);
  const sprung = proxy.arm({
    phase: 'COMMIT executed, its answer held',
    action: async () => {
      await load(other, { batchLines: 1000 });
      return 'go on';
    },
  });
  await load(mine, { url: proxy.url(warehouse.database.url) });
  await sprung;
  await assertFold(client, fold([...eventsOfCsv(mine), ...eventsOfCsv(other)]));
  await assertSound(client);
});

test('the same record without an order number in two batches is rejected once and a repeat the second time', async (t) => {
  const { client, load } = await bench(t);
  const lost = line({ id_pedido: '' });
  const others = Array.from({ length: 30 }, (_, n) => line({ id_pedido: String(n + 10) }));
  const report = await load(csvOf([lost, ...others, lost]));
  assert.deepEqual([report.counts.rejeitados, report.counts.duplicados], [1, 1]);
  await assertSound(client);
});

test('a row that the database refuses sends its order, and no other, to the quarantine', async (t) => {
  for (const how of ['check', 'trigger'] as const) {
    const { client, load } = await bench(t);
    if (how === 'check') await client.query(`ALTER TABLE itens_pedido ADD CONSTRAINT sem_sku_5 CHECK (sku <> 'SKU-5')`);
    else {
      await client.query(`
        CREATE FUNCTION recusa() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.sku = 'SKU-5' THEN
            RAISE EXCEPTION 'recusado' USING ERRCODE = '22000';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER recusa BEFORE INSERT ON itens_pedido FOR EACH ROW EXECUTE FUNCTION recusa()`);
    }
    const lines = Array.from({ length: 30 }, (_, n) =>
      line({ id_pedido: String(n + 1), sku: n % 10 === 4 ? 'SKU-5' : `SKU-${n % 3}` }),
    );
    const report = await load(csvOf(lines));
    const { rows } = await client.query('SELECT id_pedido, motivos FROM pedidos_rejeitados ORDER BY id_pedido');
    assert.deepEqual(
      rows,
      ['15', '25', '5'].map((id) => ({ id_pedido: id, motivos: ['BANCO_RECUSOU'] })),
      how,
    );
    assert.deepEqual([report.counts.aceitos, report.counts.rejeitados], [27, 3]);
    await assertSound(client);
  }
});
