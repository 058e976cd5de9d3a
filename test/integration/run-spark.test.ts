// `run --engine spark` with a real Spark: files of every format give the warehouse that the transform in DuckDB gives, and a second run changes nothing.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import pg from 'pg';
import { parseSparkAddress } from '../../src/engines/spark/connect/address.ts';
import { EsteiraError } from '../../src/lib/errors.ts';
import { generate } from '../../src/pipeline/generate.ts';
import { loadFiles, type LoadFilesOptions, type LoadReport } from '../../src/pipeline/load-files.ts';
import { expandInputs } from '../../src/sources/files/index.ts';
import { AS_OF, emptyWarehouse } from '../support/load.ts';
import { sharedSpark, stackMissing } from '../support/stack.ts';
import { assertSound, physicalState, warehouseState } from '../../src/proof/warehouse-state.ts';

interface Bench {
  readonly client: pg.Client;
  readonly load: (folder: string, options?: Partial<LoadFilesOptions>) => Promise<LoadReport>;
}

async function bench(t: TestContext): Promise<Bench> {
  const clients: pg.Client[] = [];
  const { database } = await emptyWarehouse({
    after: (drop) =>
      t.after(async () => {
        for (const client of clients) await client.end();
        await drop();
      }),
  });
  const client = new pg.Client(database.url);
  clients.push(client);
  await client.connect();
  return {
    client,
    load: async (folder, options = {}) =>
      loadFiles(await expandInputs([folder]), {
        warehouseUrl: database.url,
        memoryLimit: '512MB',
        threads: 1,
        batchLines: 1000,
        maxOutageMs: 30_000,
        reprocess: false,
        reading: { asOf: AS_OF },
        ...options,
      }),
  };
}

async function folderOf(t: TestContext, name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `esteira-test-${name}-`));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The quarantine with every column, but for its running number and the time of writing. */
async function quarantine(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ linha: string }>(
    `SELECT (to_jsonb(r) - '{id_rejeitado,situacao_em}'::text[])::text AS linha FROM pedidos_rejeitados r ORDER BY fonte, linha, hash_original`,
  );
  return rows.map((row) => row.linha);
}

/** Equal lists of rows; names the first row that differs, not all of them. */
function assertSame(actual: readonly string[], expected: readonly string[]): void {
  const at = expected.findIndex((row, index) => row !== actual[index]);
  if (at >= 0) assert.equal(actual[at], expected[at], `row ${at} of ${expected.length}`);
  assert.equal(actual.length, expected.length);
}

test(
  'CSV, JSON lines and Parquet, spoiled orders included, give the warehouse of the transform in DuckDB; again changes nothing',
  { skip: stackMissing },
  async (t) => {
    const folder = await folderOf(t, 'arquivos');
    const exchange = await folderOf(t, "troca d'água");
    await generate({ rows: 1500, seed: 31, badShare: 0.3, out: join(folder, 'a.csv') });
    await generate({ rows: 600, seed: 32, badShare: 0.3, out: join(folder, 'b.jsonl') });
    await generate({ rows: 600, seed: 33, badShare: 0.3, out: join(folder, 'c.parquet') });
    const header = 'id_pedido;data_pedido;canal;status;cidade;uf;sku;quantidade;preco_unitario;valor_total';
    const rows = [
      '1;13/02/2026 10:00;Site;Pago;São Paulo;SP;A;1;1.234,50;1.234,50',
      '2;01/02/2026 10:00;Site;Pago;Belém;PA;A;2;0,1;sobra;0,2;x',
      '3;01/02/2026 10:00;Site;Talvez;Belém;PA;A;1.5;0,1;',
      ...[5, 6, 7, 8].map((id) => `${id};01/02/2026 10:00;Site;Pago;Belém;PA;A;2;0,1;0,2`),
    ];
    await writeFile(join(folder, 'd.csv'), Buffer.from([header, ...rows, ''].join('\n'), 'latin1'));
    const spark = { spark: parseSparkAddress((await sharedSpark()).url), exchange };
    const here = await bench(t);
    const there = await bench(t);
    const expected = await here.load(folder);
    const report = await there.load(folder, { spark });
    assert.ok(expected.totals.aceitos > 500 && expected.totals.rejeitados > 100, 'there is something of everything');
    assert.deepEqual(report.totals, expected.totals);
    assertSame(await quarantine(there.client), await quarantine(here.client));
    assertSame(await warehouseState(there.client), await warehouseState(here.client));
    await assertSound(there.client);
    assert.deepEqual(await readdir(exchange), [], 'nothing is left in the folder of exchange');

    const before = await physicalState(there.client);
    const again = await there.load(folder, { spark });
    assert.equal(again.totals.lidos, 0);
    const other = await there.load(folder);
    assert.equal(other.totals.lidos, 0, 'nor does a run with the other engine');
    assert.equal(await physicalState(there.client), before);
  },
);

test('a Spark that does not answer is waited for, then named, and nothing is loaded', async (t) => {
  const folder = await folderOf(t, 'arquivos');
  await generate({ rows: 20, seed: 1, badShare: 0, out: join(folder, 'a.csv') });
  const { client, load } = await bench(t);
  const waits: string[] = [];
  await assert.rejects(
    load(folder, {
      spark: { spark: parseSparkAddress('sc://127.0.0.1:9') },
      maxOutageMs: 500,
      onProgress: (progress) => {
        if (progress.kind === 'waiting') waits.push(progress.service);
      },
    }),
    (error) => error instanceof EsteiraError && error.code === 'SPARK_UNREACHABLE' && error.exit === 3,
  );
  assert.ok(waits.length > 0 && waits.every((service) => service === 'Spark'));
  assert.equal((await client.query('SELECT 1 FROM pedidos')).rowCount, 0);
});
