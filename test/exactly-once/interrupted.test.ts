// Kills the loader, kills PostgreSQL and cuts the connection at every named moment of the loader's transaction and at random ones (I1, I4, I6).
// What must stand at the end is what an undisturbed load leaves and what an independent fold of the file says; a moment that was not met fails the test.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { packagePath } from '../../src/lib/paths.ts';
import { loadFile } from '../../src/pipeline/load-file.ts';
import { isAlive } from '../../src/storage/embedded/process-table.ts';
import { startEmbedded, type EmbeddedServer } from '../../src/storage/embedded/server.ts';
import { migrate } from '../../src/storage/migrations.ts';
import { assertFold, eventsOfCsv, fold } from '../support/fold.ts';
import { AS_OF } from '../support/load.ts';
import { startCluster } from '../support/postgres.ts';
import { waitFor } from '../support/wait-for.ts';
import { assertRollups, assertSound, physicalState, warehouseState } from '../../src/proof/warehouse-state.ts';
import { COMMON_PHASES as ALL, startWireProxy, type Phase, type WireProxy } from '../../src/proof/wire-proxy.ts';
import { exportOf, randomOf } from './orders.ts';

const MAIN = packagePath('src', 'cli', 'main.ts');
const ORDERS = 110;
const BATCH_LINES = 6;
const seed = Number(process.env['ESTEIRA_TEST_SEED'] ?? Date.now() % 1_000_000);
const RANDOM_MOMENTS = 4;

let server: EmbeddedServer;
let proxy: WireProxy;
let folder: string;
let undisturbed: string[];
let databases = 0;
const older = exportOf(ORDERS, 1);
const newer = exportOf(ORDERS, 2);
const folded = fold([...eventsOfCsv(older), ...eventsOfCsv(newer)]);

before(async () => {
  server = await startCluster({ isDurable: true });
  proxy = await startWireProxy(() => ({ host: server.host, port: server.port }));
  folder = await mkdtemp(join(tmpdir(), 'esteira-kill-'));
  await writeFile(join(folder, 'antes.csv'), older);
  await writeFile(join(folder, 'depois.csv'), newer);
  const name = await freshDatabase();
  await load(server.url('app', name), 'depois.csv', 1000);
  undisturbed = await inDatabase(name, warehouseState);
});

after(async () => {
  await proxy.close();
  await rm(folder, { recursive: true, force: true });
});

async function inDatabase<T>(
  name: string,
  work: (client: pg.Client) => Promise<T>,
  role: 'app' | 'superuser' = 'app',
): Promise<T> {
  const client = new pg.Client(server.url(role, name));
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A database that holds the older export already: the newer one replaces orders. */
async function freshDatabase(): Promise<string> {
  const name = `interrompido_${++databases}`;
  await inDatabase(
    'postgres',
    (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${server.database} OWNER esteira_app`),
    'superuser',
  );
  await inDatabase(name, (client) => migrate(client));
  await load(server.url('app', name), 'antes.csv', 1000);
  return name;
}

async function load(url: string, file: string, batchLines: number, onLoaded?: () => void): Promise<void> {
  await loadFile(
    { path: join(folder, file), name: file },
    {
      warehouseUrl: url,
      memoryLimit: '256MB',
      threads: 1,
      batchLines,
      maxOutageMs: 240_000,
      reprocess: false,
      reading: { asOf: AS_OF },
      onProgress: (progress) => {
        if (progress.kind === 'loaded') onLoaded?.();
      },
    },
  );
}

/** The end state is right, and the same command once more writes nothing. */
async function assertEnd(name: string): Promise<void> {
  await inDatabase(name, async (client) => {
    await assertFold(client, folded);
    await assertSound(client);
    assert.deepEqual(await warehouseState(client), undisturbed);
    const settled = await physicalState(client);
    await load(server.url('app', name), 'depois.csv', BATCH_LINES);
    assert.deepEqual(await physicalState(client), settled, 'a rerun changes no row');
  });
}

/** Loads in this process, which must live through it all, with one interruption per batch. */
async function surviveAll(name: string, interrupt: () => Promise<void>): Promise<void> {
  const met: Phase[] = [];
  const left = [...ALL];
  const armNext = (): void => {
    const phase = left.shift();
    if (phase === undefined) return;
    proxy
      .arm({
        phase,
        action: async () => {
          await interrupt();
          met.push(phase);
          return 'cut';
        },
      })
      .catch(() => undefined);
  };
  armNext();
  let expected = 1;
  await load(proxy.url(server.url('app', name)), 'depois.csv', BATCH_LINES, () => {
    if (met.length < expected) return;
    expected += 1;
    armNext();
  });
  proxy.disarm();
  assert.deepEqual(met, ALL, 'moments met');
  await assertEnd(name);
}

test('a loader whose connection is cut at any moment goes on by itself and loads everything once', async () => {
  await surviveAll(await freshDatabase(), async () => undefined);
});

test('a loader whose PostgreSQL is killed at any moment waits for it and loads everything once', async () => {
  await surviveAll(await freshDatabase(), async () => {
    await killPostgres();
    // the connection is cut when this returns; the loader meets a server that recovers
    void restarting.then(() => undefined);
  });
});

let restarting: Promise<void> = Promise.resolve();

async function killPostgres(): Promise<void> {
  const { pid } = server;
  process.kill(pid, 'SIGKILL');
  // Asked too early, startEmbedded would find the dying server and leave it at that.
  await waitFor(async () => assert.ok(!isAlive(pid)));
  restarting = restart();
  await restarting;
}

/** Recovery may take longer than one start waits for when other tests use the processors too. */
async function restart(): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      server = await startEmbedded({ home: server.home, isDurable: true });
      return;
    } catch (error) {
      process.stderr.write(`attempt ${attempt} to start PostgreSQL again: ${String(error)}\n`);
      if (attempt === 5) throw error;
      await sleep(500);
    }
  }
}

/** Runs the command until it ends; `interrupt` may kill it. Returns its exit code, null when killed. */
function command(name: string, started?: (kill: () => void) => void): Promise<{ code: number | null; stderr: string }> {
  const env = {
    ...process.env,
    ESTEIRA_WAREHOUSE_URL: proxy.url(server.url('app', name)),
    ESTEIRA_WAREHOUSE_READ_URL: server.url('leitura', name),
    ESTEIRA_HOME: join(folder, 'home'),
    NO_COLOR: '1',
  };
  const child = spawn(
    process.execPath,
    [MAIN, 'run', join(folder, 'depois.csv'), '--as-of', AS_OF.toISOString(), '--batch-lines', String(BATCH_LINES)],
    { env, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  started?.(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr })));
}

test('a loader killed at any moment and started again loads everything once', async () => {
  const name = await freshDatabase();
  for (const phase of ALL) {
    let isMet = false;
    const { stderr } = await command(name, (kill) => {
      proxy
        .arm({
          phase,
          action: async () => {
            isMet = true;
            kill();
            return 'cut';
          },
        })
        .catch(() => undefined);
    });
    proxy.disarm();
    assert.ok(isMet, `${phase} was not met: ${stderr}`);
    await inDatabase(name, assertRollups);
  }
  const end = await command(name);
  assert.equal(end.code, 0, end.stderr);
  await assertEnd(name);
});

test(`a loader killed at random moments loads everything once (ESTEIRA_TEST_SEED=${seed})`, async (t) => {
  t.diagnostic(`ESTEIRA_TEST_SEED=${seed}`);
  const random = randomOf(seed);
  const name = await freshDatabase();
  for (let n = 0; n < RANDOM_MOMENTS; n++) {
    const waitMs = 800 + Math.floor(random() * 4000);
    await command(name, (kill) => {
      setTimeout(kill, waitMs).unref();
    });
    await inDatabase(name, assertRollups);
  }
  const end = await command(name);
  assert.equal(end.code, 0, end.stderr);
  await assertEnd(name);
});
