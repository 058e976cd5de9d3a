// `run --engine spark` with a real Spark: files of every format give the warehouse that the transform in DuckDB gives, also when Spark is killed meanwhile,
// and a second run changes nothing.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import pg from 'pg';
import { parseSparkAddress } from '../../src/engines/spark/connect/address.ts';
import { EsteiraError } from '../../src/lib/errors.ts';
import { packagePath } from '../../src/lib/paths.ts';
import { generate } from '../../src/pipeline/generate.ts';
import { loadFiles, type LoadFilesOptions, type LoadReport } from '../../src/pipeline/load-files.ts';
import { expandInputs } from '../../src/sources/files/index.ts';
import { AS_OF, emptyWarehouse } from '../support/load.ts';
import { temporaryHome } from '../support/postgres.ts';
import { ownSpark, sharedSpark, stackMissing } from '../support/stack.ts';
import { assertSound, physicalState, warehouseState } from '../../src/proof/warehouse-state.ts';

interface Bench {
  readonly url: string;
  readonly client: pg.Client;
  readonly load: (folder: string, options?: Partial<LoadFilesOptions>) => Promise<LoadReport>;
}

/** How a command ended; `totals` of its report. */
interface Ended {
  readonly code: number | null;
  readonly totals: unknown;
  readonly stderr: string;
}

async function bench(t: TestContext): Promise<Bench> {
  const warehouse = await emptyWarehouse(t);
  const { database } = warehouse;
  const client = await warehouse.connect();
  return {
    url: database.url,
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

test(
  'a Spark that is killed in the middle of a backfill and comes back is waited for: the warehouse is that of the transform in DuckDB',
  { skip: stackMissing, timeout: 600_000 },
  async (t) => {
    const folder = await folderOf(t, 'arquivos');
    const exchange = await folderOf(t, 'troca');
    await generate({ rows: 2400, seed: 34, badShare: 0.3, out: join(folder, 'a.csv') });
    const home = join(temporaryHome(), 'stack', 'spark');
    const spark = await ownSpark({ folder: home });
    let running = spark;
    t.after(() => running.stop());
    const here = await bench(t);
    const there = await bench(t);
    const expected = await here.load(folder, { batchLines: 400 });

    const restarts: Promise<void>[] = [];
    const restart = async (): Promise<void> => {
      await spark.kill();
      running = await ownSpark({ folder: home });
    };
    const services = new Set<string>();
    const left: number[] = [];
    const report = await there.load(folder, {
      batchLines: 400,
      maxOutageMs: 300_000,
      spark: { spark: parseSparkAddress(spark.url), exchange },
      onProgress: (progress) => {
        if (progress.kind === 'waiting') services.add(progress.service);
        if (progress.kind !== 'loaded') return;
        if (restarts.length > 0) return;
        left.push(progress.lines - progress.linesDone);
        restarts.push(restart());
      },
    });
    await Promise.all(restarts);
    assert.equal(running.port, spark.port, 'it came back where it was');
    assert.notEqual(running.pid, spark.pid);
    assert.ok((left[0] ?? 0) > 1000, 'it was killed in the middle');
    assert.deepEqual([...services], ['Spark'], 'it was missed, and nothing else was');
    assert.deepEqual(report.totals, expected.totals);
    assertSame(await quarantine(there.client), await quarantine(here.client));
    assertSame(await warehouseState(there.client), await warehouseState(here.client));
    await assertSound(there.client);
    assert.deepEqual(await readdir(exchange), [], 'nothing is left in the folder of exchange');
  },
);

test(
  'the command ends as with the other engine, with the same report and the same warehouse',
  { skip: stackMissing },
  async (t) => {
    const folder = await folderOf(t, 'arquivos');
    await generate({ rows: 400, seed: 35, badShare: 0.3, out: join(folder, 'a.csv') });
    const { url } = await sharedSpark();
    const run = async (databaseUrl: string, engine: string, ...more: string[]): Promise<Ended> => {
      const words = ['run', 'a.csv', '--engine', engine, '--as-of', AS_OF.toISOString(), '--json', ...more];
      const child = spawn(process.execPath, [packagePath('src', 'cli', 'main.ts'), ...words], {
        stdio: ['ignore', 'pipe', 'pipe'],
        cwd: folder,
        env: { ...process.env, ESTEIRA_WAREHOUSE_URL: databaseUrl, ESTEIRA_SPARK_URL: url },
      });
      const said = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const)
        child[name].on('data', (bytes: Buffer) => (said[name] += bytes.toString()));
      await once(child, 'close');
      const { totals } = JSON.parse(said.stdout === '' ? '{}' : said.stdout) as { totals?: unknown };
      return { code: child.exitCode, totals, stderr: said.stderr };
    };
    const here = await bench(t);
    const there = await bench(t);
    const expected = await run(here.url, 'duckdb', '--max-rejected', '10');
    const actual = await run(there.url, 'spark', '--max-rejected', '10');
    assert.equal(actual.code, 4, actual.stderr);
    assert.deepEqual([actual.code, actual.totals], [expected.code, expected.totals]);
    assertSame(await warehouseState(there.client), await warehouseState(here.client));
    assertSame(await quarantine(there.client), await quarantine(here.client));
    const again = await run(there.url, 'spark', '--skip-code');
    assert.equal(again.code, 99, again.stderr);
    const elsewhere = await run(here.url, 'spark', '--spark', 'sc://127.0.0.1:9', '--max-outage', '1s');
    assert.equal(elsewhere.code, 3, 'it was Spark that did the work');
    assert.match(elsewhere.stderr, /SPARK_UNREACHABLE/);
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
