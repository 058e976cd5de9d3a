// Consumers killed, paused and cut off at named moments, and Kafka and PostgreSQL killed under them: every message counts once all the same (I1, I4, I5).
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import pg from 'pg';
import type { BrokerSettings } from '../../src/broker/connection.ts';
import { packagePath } from '../../src/lib/paths.ts';
import type { KafkaServer } from '../../src/stack/kafka.ts';
import { type EmbeddedServer, startEmbedded } from '../../src/storage/embedded/server.ts';
import { migrate } from '../../src/storage/migrations.ts';
import { loadFile } from '../../src/pipeline/load-file.ts';
import { startCluster } from '../support/postgres.ts';
import { ownKafka, stackMissing, testPrefix } from '../support/stack.ts';
import { consumeToEnd, createTopic, orderRecord, sendRecords, type TestRecord } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import { assertRollups, assertSound, physicalState, warehouseState } from '../../src/proof/warehouse-state.ts';
import { COMMON_PHASES as ALL, startWireProxy, type Phase, type WireProxy } from '../../src/proof/wire-proxy.ts';

const MAIN = packagePath('src', 'cli', 'main.ts');
const options = { skip: stackMissing };
const PARTITIONS = 2;
const ORDERS = 75;
const BATCH = 4;
/** Where a killed process matters most; a cut connection is tried at every moment. Each one costs the wait for the dead member's session. */
const KILLED_AT: readonly Phase[] = [
  'before the position is read',
  'during COPY pedidos',
  'before the position moves',
  'before COMMIT is executed',
  'COMMIT executed, its answer held',
];

let kafka: KafkaServer;
let broker: BrokerSettings;
let server: EmbeddedServer;
let proxy: WireProxy;
let folder: string;
let databases = 0;

const record = (n: number, generation: number): TestRecord =>
  orderRecord(
    {
      id_pedido: String(n),
      atualizado_em: `2026-09-1${generation} 10:00:00`,
      status: n % 4 === 1 ? 'talvez' : (['Pago', 'Pendente', 'Cancelado'][(n + generation) % 3] ?? 'Pago'),
      quantidade: String(1 + ((n + generation) % 3)),
      sku: `SKU-${n % 7}`,
    },
    {},
    n % PARTITIONS,
  );
const older = Array.from({ length: ORDERS }, (_, n) => record(n + 1, 1));
const newer = Array.from({ length: ORDERS }, (_, n) => record(n + 1, 2));
let undisturbed: string[];

before(async () => {
  if (stackMissing !== false) return;
  kafka = await ownKafka({ properties: { 'group.min.session.timeout.ms': '1000' } });
  broker = { bootstrap: [kafka.bootstrap] };
  server = await startCluster({ isDurable: true });
  proxy = await startWireProxy(() => ({ host: server.host, port: server.port }));
  folder = await mkdtemp(join(tmpdir(), 'esteira-kafka-kill-'));
  const calm = await freshDatabase();
  await loadRecords(calm, [...older, ...newer]);
  undisturbed = await inDatabase(calm, warehouseState);
});

after(async () => {
  if (stackMissing !== false) return;
  await proxy.close();
  await kafka.stop();
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

async function freshDatabase(): Promise<string> {
  const name = `consumo_${++databases}`;
  await inDatabase(
    'postgres',
    (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${server.database} OWNER esteira_app`),
    'superuser',
  );
  await inDatabase(name, (client) => migrate(client));
  return name;
}

/** The same documents from a file: the state that a topic must lead to, reached another way. */
async function loadRecords(name: string, records: readonly TestRecord[]): Promise<void> {
  const path = join(folder, `${name}.jsonl`);
  await writeFile(path, `${records.map(({ value }) => String(value)).join('\n')}\n`);
  await loadFile(
    { path, name: 'pedidos.jsonl' },
    {
      warehouseUrl: server.url('app', name),
      memoryLimit: '256MB',
      threads: 1,
      batchLines: 1000,
      maxOutageMs: 0,
      reprocess: false,
      reading: { asOf: new Date('2026-11-01T12:00:00Z') },
    },
  );
}

/** A topic with the newer versions, and a database that holds the older ones already. */
async function freshWork(): Promise<{ topic: string; name: string }> {
  const topic = `${testPrefix()}pedidos`;
  await createTopic(broker, topic, PARTITIONS);
  const name = await freshDatabase();
  await loadRecords(name, older);
  await sendRecords(broker, topic, newer);
  return { topic, name };
}

interface Command {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; stderr: string }>;
  stderr(): string;
}

function command(topic: string, name: string, more: readonly string[] = ['--until-end']): Command {
  const child = spawn(
    process.execPath,
    [
      MAIN,
      'consume',
      '--topic',
      topic,
      '--group',
      `${topic}_g`,
      '--max-batch',
      String(BATCH),
      '--max-wait',
      '20ms',
      '--session-timeout',
      '2s',
      ...more,
    ],
    {
      env: {
        ...process.env,
        ESTEIRA_KAFKA_BOOTSTRAP: kafka.bootstrap,
        ESTEIRA_WAREHOUSE_URL: proxy.url(server.url('app', name)),
        ESTEIRA_WAREHOUSE_READ_URL: server.url('leitura', name),
        ESTEIRA_HOME: join(folder, 'home'),
        ESTEIRA_MEMORY_LIMIT: '256MB',
        NO_COLOR: '1',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let stderr = '';
  child.stderr?.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  return {
    child,
    ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr }))),
    stderr: () => stderr,
  };
}

/** Everything is there once, and consuming again changes nothing. */
async function assertEnd(topic: string, name: string): Promise<void> {
  await inDatabase(name, async (client) => {
    await assertSound(client);
    assert.deepEqual(await warehouseState(client), undisturbed);
    const { rows } = await client.query<{ lidos: string }>(
      `SELECT sum(lidos) AS lidos FROM esteira.lotes WHERE id_fonte LIKE 'topico:%'`,
    );
    assert.equal(Number(rows[0]?.lidos), ORDERS, 'each message is in one batch');
    const settled = await physicalState(client);
    await consumeToEnd(broker, server.url('app', name), topic, { group: `${topic}_g`, sessionTimeoutMs: 2000 });
    assert.deepEqual(await physicalState(client), settled, 'consuming again changes no row');
  });
}

test('a consumer killed at its most delicate moments and started again loads every message once', options, async () => {
  const { topic, name } = await freshWork();
  for (const phase of KILLED_AT) {
    let isMet = false;
    const started = command(topic, name);
    proxy
      .arm({
        phase,
        action: async () => {
          isMet = true;
          started.child.kill('SIGKILL');
          return 'cut';
        },
      })
      .catch(() => undefined);
    const { stderr } = await started.ended;
    proxy.disarm();
    assert.ok(isMet, `${phase} was not met: ${stderr}`);
    await inDatabase(name, assertRollups);
  }
  const end = await command(topic, name).ended;
  assert.equal(end.code, 0, end.stderr);
  await assertEnd(topic, name);
});

test('a consumer whose connection is cut at any moment goes on by itself', options, async () => {
  const { topic, name } = await freshWork();
  const met: Phase[] = [];
  const left = [...ALL];
  const armNext = (): void => {
    const phase = left.shift();
    if (phase === undefined) return;
    proxy
      .arm({
        phase,
        action: async () => {
          met.push(phase);
          return 'cut';
        },
      })
      .catch(() => undefined);
  };
  armNext();
  let expected = 1;
  await consumeToEnd(broker, proxy.url(server.url('app', name)), topic, {
    group: `${topic}_g`,
    maxBatch: 3,
    maxOutageMs: 120_000,
    onProgress: (progress) => {
      if (progress.kind !== 'loaded' || met.length < expected) return;
      expected += 1;
      armNext();
    },
  });
  proxy.disarm();
  assert.deepEqual(met, ALL);
  await assertEnd(topic, name);
});

test('a consumer waits for a killed Kafka and for a killed PostgreSQL, says so, and goes on', options, async () => {
  const { topic, name } = await freshWork();
  const started = command(topic, name, []);
  await waitFor(async () => assert.match(started.stderr(), /batch\.loaded/));
  process.kill(server.pid, 'SIGKILL');
  await waitFor(async () => assert.match(started.stderr(), /service\.awaited.*PostgreSQL/));
  server = await startAgain();
  await kafka.kill();
  await waitFor(async () => assert.match(started.stderr(), /service\.awaited.*Kafka/), 60_000);
  kafka = await ownKafka({ folder: kafka.folder, properties: { 'group.min.session.timeout.ms': '1000' } });
  await waitFor(async () => {
    await inDatabase(name, async (client) => {
      const { rows } = await client.query<{ lidos: string }>(
        `SELECT COALESCE(sum(lidos), 0) AS lidos FROM esteira.lotes WHERE id_fonte LIKE 'topico:%'`,
      );
      assert.equal(Number(rows[0]?.lidos), ORDERS);
    });
  }, 120_000);
  const asked = performance.now();
  started.child.kill('SIGTERM');
  const { code, stderr } = await started.ended;
  assert.equal(code, 0, stderr);
  assert.ok(performance.now() - asked < 10_000, 'SIGTERM ends it within ten seconds');
  await assertEnd(topic, name);
});

test('a consumer paused past its session and resumed writes no row', options, async () => {
  const { topic, name } = await freshWork();
  const zombie = command(topic, name, []);
  const held = proxy.arm({
    phase: 'before the position is read',
    action: async () => {
      zombie.child.kill('SIGSTOP');
      return 'go on';
    },
  });
  await held;
  // The paused one is inside a transaction that holds the warehouse's lock; the server must end it before others can go on, as after a broken network.
  await inDatabase(
    name,
    async (client) => {
      await client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'esteira loader'`,
        [name],
      );
    },
    'superuser',
  );
  const end = await command(topic, name).ended;
  assert.equal(end.code, 0, end.stderr);
  await assertEnd(topic, name);
  const settled = await inDatabase(name, physicalState);
  zombie.child.kill('SIGCONT');
  await waitFor(async () => assert.match(zombie.stderr(), /batch\.overtaken|group\.rebalanced|service\.awaited/));
  // It takes its place in the group again and finds nothing to read.
  await waitFor(async () => assert.ok((zombie.stderr().match(/partitions\.assigned/g) ?? []).length >= 2));
  zombie.child.kill('SIGTERM');
  await zombie.ended;
  assert.equal(await inDatabase(name, physicalState), settled);
});

async function startAgain(): Promise<EmbeddedServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startEmbedded({ home: server.home, isDurable: true });
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}
