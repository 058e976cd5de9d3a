// A store's orders into a real Kafka: everything arrives, and the place to go on from never runs ahead of what Kafka has acknowledged.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ROLLUP_TABLES } from '../../src/catalog/rollups.ts';
import { TopicAdmin } from '../../src/broker/topics.ts';
import { EsteiraError } from '../../src/lib/errors.ts';
import { packagePath } from '../../src/lib/paths.ts';
import { extract } from '../../src/pipeline/extract.ts';
import { extractToTopic, type ExtractTopicReport } from '../../src/pipeline/extract-topic.ts';
import { startStore, type RunningStore, type StoreOptions } from '../../src/sources/mock/server/server.ts';
import { mockStore } from '../../src/sources/mock/source.ts';
import type { StoreReader } from '../../src/sources/store/source.ts';
import { connect } from '../../src/storage/connection.ts';
import { migrate } from '../../src/storage/migrations.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { ownKafka, sharedKafka, stackMissing, testPrefix } from '../support/stack.ts';
import { readTopic } from '../support/topic.ts';
import { consumeToEnd } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

interface Setting {
  readonly store: RunningStore;
  readonly database: TestDatabase;
  readonly bootstrap: string;
  readonly topic: string;
}

async function setting(
  t: TestContext,
  options: StoreOptions,
  maxMessageBytes = 1_000_000,
  own?: string,
): Promise<Setting> {
  const bootstrap = own ?? (await sharedKafka()).bootstrap;
  const database = await createDatabase(t);
  const client = await connect(database.url, 'loader');
  await migrate(client);
  await client.end();
  const store = await startStore(options);
  t.after(() => store.close());
  const topic = `${testPrefix()}loja`;
  const admin = new TopicAdmin({ bootstrap: [bootstrap] });
  t.after(() => admin.close());
  await admin.ensure(topic, { partitions: 3, retentionMs: 3_600_000, maxMessageBytes });
  return { store, database, bootstrap, topic };
}

function readerOf({ store }: Setting): StoreReader {
  const pace = { now: () => Date.now(), sleep: (ms: number) => delay(Math.min(ms, 5)), random: () => 0.5 };
  const settings = { url: store.url, pageSize: '50', requestsPerSecond: '10000', overlapSeconds: '10' };
  return mockStore.open({ settings, pace });
}

function extractHere(given: Setting): Promise<ExtractTopicReport> {
  const { database, bootstrap, topic } = given;
  return extractToTopic(readerOf(given), {
    store: 'mock',
    warehouseUrl: database.url,
    memoryLimit: '512MB',
    threads: 1,
    batchLines: 100,
    maxOutageMs: 10_000,
    broker: { bootstrap: [bootstrap] },
    topic,
  });
}

const positions = (database: TestDatabase): Promise<unknown[]> =>
  database.query('SELECT chave, posicao FROM esteira.posicoes ORDER BY 1');

type Order = { readonly id_pedido: string; readonly atualizado_em: string };

/** The last version in the topic of each order is the one that the store has now. */
async function assertComplete({ store, bootstrap, topic }: Setting): Promise<number> {
  const records = await readTopic({ bootstrap: [bootstrap] }, topic);
  const last = new Map<string, string>();
  for (const { key, value } of records) {
    const { id_pedido, atualizado_em } = JSON.parse(value.toString()) as Order;
    assert.equal(key, `mock:${id_pedido}`);
    const known = last.get(id_pedido);
    if (known === undefined || Date.parse(atualizado_em) >= Date.parse(known)) last.set(id_pedido, atualizado_em);
  }
  const times = (entries: Iterable<readonly [string, string]>): unknown =>
    [...entries].map(([id, time]) => [id, new Date(time).toISOString()].join(' ')).sort();
  const current = (store.snapshot('mock') as unknown as Order[]).map(
    ({ id_pedido, atualizado_em }) => [id_pedido, atualizado_em] as const,
  );
  assert.deepEqual(times(last), times(current));
  return records.length;
}

test('all orders of a store arrive, and a second run sends only what changed', { skip: stackMissing }, async (t) => {
  const given = await setting(t, { orders: 300, seed: 9 });
  const first = await extractHere(given);
  assert.equal(first.deliveredCount, first.orderCount);
  assert.ok(first.orderCount >= 300);
  await assertComplete(given);
  const [moved] = (await positions(given.database)) as { chave: string }[];
  assert.equal(moved?.chave, first.positionKey);
  given.store.change(20);
  const second = await extractHere(given);
  assert.ok(second.deliveredCount >= 10 && second.deliveredCount < 300, `${second.deliveredCount} were sent again`);
  await assertComplete(given);
});

/** Every row of the warehouse but for when it was read: that is another moment for each reading. */
async function stateOf(database: TestDatabase): Promise<Record<string, unknown[]>> {
  const tables = [
    'pedidos',
    'itens_pedido',
    'pagamentos',
    'historico_status',
    'clientes',
    'produtos',
    ...ROLLUP_TABLES,
  ];
  const state: Record<string, unknown[]> = {};
  for (const table of [...tables, 'pedidos_rejeitados'])
    state[table] = await database.query(
      `SELECT (to_jsonb(t) - 'recebido_em')::text AS linha FROM ${table} t ORDER BY 1`,
    );
  return state;
}

test(
  'messages say what they are and when they were read, and consuming them gives the warehouse of extracting into it',
  { skip: stackMissing },
  async (t) => {
    const given = await setting(t, { orders: 200, seed: 13 });
    const direct = await createDatabase(t);
    const extractDirect = (): Promise<unknown> =>
      extract(readerOf(given), {
        store: 'mock',
        warehouseUrl: direct.url,
        memoryLimit: '512MB',
        threads: 1,
        batchLines: 100,
        maxOutageMs: 10_000,
      });
    const client = await connect(direct.url, 'loader');
    await migrate(client);
    await client.end();
    const began = Date.now();
    // twice, so that there are orders with several versions
    for (const changes of [0, 40]) {
      if (changes > 0) given.store.change(changes);
      await extractHere(given);
      await extractDirect();
    }
    const broker = { bootstrap: [given.bootstrap] };
    const records = await readTopic(broker, given.topic);
    assert.ok(records.length > 210, `${records.length} messages`);
    for (const { headers } of records) {
      const { hash_origem: hash, recebido_em: received, ...rest } = headers;
      assert.deepEqual(rest, { contrato: 'pedido', versao: '1' });
      assert.match(hash ?? '', /^[0-9a-f]{64}$/);
      assert.match(received ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      const time = Date.parse(received ?? '');
      assert.ok(time >= began && time <= Date.now() + 60_000, received);
    }
    const report = await consumeToEnd(broker, given.database.url, given.topic);
    assert.equal(report.totals.lidos, records.length);
    const [actual, expected] = [await stateOf(given.database), await stateOf(direct)];
    assert.ok((expected['historico_status']?.length ?? 0) > 210);
    for (const [table, rows] of Object.entries(expected)) assert.deepEqual(actual[table], rows, table);
  },
);

test('what Kafka did not take does not move the place to go on from', { skip: stackMissing }, async (t) => {
  const given = await setting(t, { orders: 60, seed: 4 }, 200);
  await assert.rejects(
    extractHere(given),
    (error: unknown) => error instanceof EsteiraError && error.code === 'MESSAGE_TOO_LARGE',
  );
  assert.deepEqual(await positions(given.database), []);
});

interface Extraction {
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<{ readonly code: unknown; readonly stderr: string }>;
  readonly stderr: () => string;
  readonly isRunning: () => boolean;
}

/** The command in a process of its own, slow enough to be met at work. */
function startExtract({ store, database, topic, bootstrap }: Setting): Extraction {
  const args = ['extract', '--store', 'mock', '--to', 'topic', '--topic', topic, '--kafka', bootstrap];
  const child = spawn(process.execPath, [packagePath('src', 'cli', 'main.ts'), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      ESTEIRA_MOCK_URL: store.url,
      ESTEIRA_MOCK_PAGE_SIZE: '20',
      ESTEIRA_MOCK_REQUESTS_PER_SECOND: '60',
      ESTEIRA_MOCK_OVERLAP_SECONDS: '10',
      ESTEIRA_BATCH_LINES: '40',
      ESTEIRA_WAREHOUSE_URL: database.url,
    },
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, 'close').then(() => ({ code: child.exitCode ?? child.signalCode, stderr }));
  return {
    kill: (signal) => void child.kill(signal),
    ended,
    stderr: () => stderr,
    isRunning: () => child.exitCode === null && child.signalCode === null,
  };
}

/** Messages that the topic has taken. */
async function sentTo({ bootstrap, topic }: Setting): Promise<bigint> {
  const admin = new TopicAdmin({ bootstrap: [bootstrap] });
  try {
    return (await admin.describe(topic)).partitions.reduce((sum, { latest }) => sum + latest, 0n);
  } finally {
    await admin.close();
  }
}

test(
  'told to stop while Kafka hangs, it ends within ten seconds, and the next run sends what is missing',
  { skip: stackMissing },
  async (t) => {
    const kafka = await ownKafka();
    t.after(() => kafka.stop());
    const given = await setting(t, { orders: 400, seed: 22 }, 1_000_000, kafka.bootstrap);
    const stopped = async (extraction: Extraction): Promise<void> => {
      const asked = performance.now();
      assert.ok(extraction.isRunning(), extraction.stderr());
      extraction.kill('SIGTERM');
      const { code, stderr } = await extraction.ended;
      assert.equal(code, 0, stderr);
      assert.ok(performance.now() - asked < 10_000, `${performance.now() - asked} ms`);
    };
    const early = startExtract(given);
    await waitFor(async () => assert.ok((await sentTo(given)) > 0n));
    process.kill(kafka.pid, 'SIGSTOP');
    try {
      // what is on its way is not acknowledged
      await delay(1000);
      await stopped(early);
      const late = startExtract(given);
      await waitFor(async () => assert.match(late.stderr(), /waiting for Kafka/), 60_000);
      await stopped(late);
    } finally {
      process.kill(kafka.pid, 'SIGCONT');
    }
    const { code, stderr } = await startExtract(given).ended;
    assert.equal(code, 0, stderr);
    await assertComplete(given);
  },
);

test(
  'killed at random moments while orders change, nothing is missing in the topic at the end',
  { skip: stackMissing, timeout: 300_000 },
  async (t) => {
    const given = await setting(t, { orders: 400, seed: 21, churn: { perSecond: 15 } });
    const start = (): Extraction => startExtract(given);
    const sent = (): Promise<bigint> => sentTo(given);
    for (let round = 0; round < 3; round++) {
      const before = await sent();
      const process = start();
      let isOver = false;
      void process.ended.then(() => (isOver = true));
      while (!isOver && (await sent()) === before) await delay(10);
      await delay(Math.random() * 200);
      process.kill('SIGKILL');
      await process.ended;
    }
    given.store.freeze();
    await delay(100);
    const { code, stderr } = await start().ended;
    assert.equal(code, 0, stderr);
    const count = await assertComplete(given);
    t.diagnostic(`${count} messages`);
  },
);
