// `esteira consume` asked to stop (SIGTERM) in every state that it may wait in: it ends within ten seconds with exit code 0, and the next run brings exactly
// what was missing.
import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { BrokerSettings } from '../../src/broker/connection.ts';
import { assertEnds, type Program, untilSaid } from '../../src/proof/program.ts';
import { assertSound, physicalState } from '../../src/proof/warehouse-state.ts';
import { type Phase, PHASES, startWireProxy } from '../../src/proof/wire-proxy.ts';
import type { KafkaServer } from '../../src/stack/kafka.ts';
import { WAREHOUSE_LOCK } from '../../src/storage/migrations.ts';
import { messagesRead, startConsume } from '../support/consume-program.ts';
import { emptyWarehouse, type Warehouse } from '../support/load.ts';
import { ownKafka, stackMissing, testPrefix } from '../support/stack.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { createTopic, orderRecord, sendRecords } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

const options = { skip: stackMissing };
const MOST_MS = 10_000;
const PARTITIONS = 2;
const METRICS = ['--metrics-port', '0'];

let kafka: KafkaServer;
let broker: BrokerSettings;

before(async () => {
  if (stackMissing !== false) return;
  kafka = await ownKafka();
  broker = { bootstrap: [kafka.bootstrap] };
});

after(async () => {
  if (stackMissing === false) await kafka.stop();
});

interface Work {
  readonly topic: string;
  readonly warehouse: Warehouse;
  readonly url: string;
  /** Orders from one number to another, into both partitions. */
  readonly send: (from: number, to: number) => Promise<void>;
  readonly start: (args?: readonly string[], url?: string) => Program;
  /** A connection that is closed with the test. */
  readonly connect: () => Promise<pg.Client>;
  /** Waits until a loader of this warehouse waits for a lock. */
  readonly untilBlocked: () => Promise<void>;
  /** All messages are read once, after one more run to the end. */
  readonly assertComplete: (sent: number) => Promise<void>;
}

async function work(t: TestContext): Promise<Work> {
  const topic = `${testPrefix()}pedidos`;
  await createTopic(broker, topic, PARTITIONS);
  const warehouse = await emptyWarehouse(t);
  const { url } = warehouse.database;
  const connect = (): Promise<pg.Client> => warehouse.connect();
  const start = (args: readonly string[] = [], warehouseUrl = url): Program => {
    const program = startConsume({ topic, bootstrap: kafka.bootstrap, warehouseUrl, args });
    t.after(() => void program.child.kill('SIGKILL'));
    return program;
  };
  return {
    topic,
    warehouse,
    url,
    connect,
    start,
    send: (from, to) =>
      sendRecords(
        broker,
        topic,
        Array.from({ length: to - from + 1 }, (_, n) =>
          orderRecord({ id_pedido: String(from + n) }, {}, (from + n) % PARTITIONS),
        ),
      ),
    untilBlocked: () =>
      waitFor(async () => {
        const rows = await warehouse.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'esteira loader' AND wait_event_type = 'Lock'`,
        );
        assert.ok(rows.length > 0, 'no loader waits for a lock');
      }),
    assertComplete: async (sent) => {
      await assertEnds(start(['--until-end']));
      const client = await connect();
      await assertSound(client);
      assert.equal(await messagesRead(warehouse), sent, 'each message is in one batch');
      const [orders] = await warehouse.query('SELECT count(*) AS n FROM pedidos');
      assert.equal(Number(orders?.['n']), sent);
      const settled = await physicalState(client);
      await assertEnds(start(['--until-end']));
      assert.deepEqual(await physicalState(client), settled, 'consuming again changes no row');
    },
  };
}

/** Sends SIGTERM and waits for the end. */
async function stop(program: Program): Promise<void> {
  assert.ok(program.isRunning(), `it ended before it was asked to: ${program.stderr()}`);
  const asked = performance.now();
  program.child.kill('SIGTERM');
  await assertEnds(program);
  const ms = performance.now() - asked;
  assert.ok(ms < MOST_MS, `it ended after ${Math.round(ms)} ms`);
}

test('a consumer whose load waits for a locked table ends in time, and the batch is read again', options, async (t) => {
  const { send, start, connect, untilBlocked, warehouse, assertComplete } = await work(t);
  await send(1, 10);
  const program = start();
  await untilSaid(program, /batch\.loaded/g, 1);
  const other = await connect();
  await other.query('BEGIN; LOCK TABLE pedidos IN ACCESS EXCLUSIVE MODE');
  await send(11, 20);
  await untilBlocked();
  await stop(program);
  await other.query('ROLLBACK');
  assert.equal(await messagesRead(warehouse), 10);
  await assertComplete(20);
});

test('a consumer whose Kafka has fallen silent ends in time, while it reads and while it joins', options, async (t) => {
  const { send, start, assertComplete } = await work(t);
  await send(1, 10);
  const reading = start();
  await untilSaid(reading, /batch\.loaded/g, 1);
  process.kill(kafka.pid, 'SIGSTOP');
  try {
    // the request under way when Kafka fell silent, and no answer to it
    await sleep(1000);
    await stop(reading);
    const joining = start(METRICS);
    await untilSaid(joining, /metrics at/g, 1);
    await sleep(1500);
    await stop(joining);
  } finally {
    process.kill(kafka.pid, 'SIGCONT');
  }
  await send(11, 20);
  await assertComplete(20);
});

test('a consumer that waits at its start for the lock of the warehouse ends in time', options, async (t) => {
  const { send, start, connect, untilBlocked, assertComplete } = await work(t);
  await send(1, 10);
  const other = await connect();
  await other.query('SELECT pg_advisory_lock($1)', [WAREHOUSE_LOCK]);
  const program = start();
  await untilBlocked();
  await stop(program);
  await other.query('SELECT pg_advisory_unlock($1)', [WAREHOUSE_LOCK]);
  await assertComplete(10);
});

test('a consumer that waits for the rows of its partitions to take them over ends in time', options, async (t) => {
  const { send, start, connect, untilBlocked, warehouse, assertComplete } = await work(t);
  await send(1, 10);
  await assertEnds(start(['--until-end']));
  await send(11, 20);
  const other = await connect();
  await other.query('BEGIN');
  const { rowCount } = await other.query('SELECT FROM esteira.posicoes FOR UPDATE');
  assert.equal(rowCount, PARTITIONS);
  const program = start();
  await untilBlocked();
  await stop(program);
  await other.query('ROLLBACK');
  assert.equal(await messagesRead(warehouse), 10);
  await assertComplete(20);
});

test('a consumer that has read all and would look at a locked table last ends in time', options, async (t) => {
  const { send, start, connect, warehouse, assertComplete } = await work(t);
  await send(1, 600);
  const other = await connect();
  // lets rows in and statistics wait
  await other.query('BEGIN; LOCK TABLE pedidos IN SHARE UPDATE EXCLUSIVE MODE');
  const program = start(['--until-end']);
  await waitFor(async () => assert.equal(await messagesRead(warehouse), 600));
  await sleep(500);
  await stop(program);
  await other.query('ROLLBACK');
  await assertComplete(600);
});

test('a consumer that has read all and settles last ends in time, whatever is locked', options, async (t) => {
  const { send, start, connect, untilBlocked, warehouse, assertComplete } = await work(t);
  await send(1, 600);
  const other = await connect();
  await other.query('BEGIN; LOCK TABLE coortes_mensais IN SHARE MODE');
  const program = start(['--until-end']);
  await waitFor(async () => assert.equal(await messagesRead(warehouse), 600));
  await untilBlocked();
  await stop(program);
  await other.query('ROLLBACK');
  await assertComplete(600);
});

test('a consumer whose PostgreSQL has fallen silent ends in time', options, async (t) => {
  const { send, start, url, assertComplete } = await work(t);
  await send(1, 10);
  const target = new URL(url);
  const way = await startTcpProxy(Number(target.port));
  t.after(() => way.close());
  target.hostname = '127.0.0.1';
  target.port = String(way.port);
  const program = start([], target.href);
  await untilSaid(program, /batch\.loaded/g, 1);
  way.fallSilent();
  await send(11, 20);
  await sleep(1000);
  await stop(program);
  await assertComplete(20);
});

/** What becomes of the connection after the signal: at each moment one of both, so that both are tried early and late. */
const STOPPED_AT: readonly (readonly [Phase, 'go on' | 'cut'])[] = [
  ['before BEGIN is executed', 'cut'],
  ['before the position is read', 'go on'],
  ['during COPY pedidos', 'cut'],
  ['during COPY itens_pedido', 'go on'],
  ['before the ledger row', 'cut'],
  ['before COMMIT is executed', 'go on'],
  ['COMMIT executed, its answer held', 'cut'],
  ['COMMIT executed, its answer held', 'go on'],
];

test('a consumer stopped in the middle of a batch loses nothing and repeats nothing', options, async (t) => {
  const { send, start, url, warehouse, assertComplete } = await work(t);
  const server = new URL(url);
  const proxy = await startWireProxy(() => ({ host: server.hostname, port: Number(server.port) }));
  t.after(() => proxy.close());
  assert.ok(STOPPED_AT.every(([phase]) => phase in PHASES));
  const sent = 60;
  await send(1, sent);
  for (const [phase, then] of STOPPED_AT) {
    const program = start(['--max-batch', '4'], proxy.url(url));
    let askedAt = 0;
    const met = proxy.arm({
      phase,
      // the second batch: the first has shown that all goes well, and a third is being gathered
      nth: 2,
      action: async () => {
        program.child.kill('SIGTERM');
        askedAt = performance.now();
        // for the signal to arrive before anything else happens
        await sleep(300);
        return then;
      },
    });
    await Promise.race([met, program.ended]);
    assert.ok(askedAt > 0, `${phase} was not met: ${program.stderr()}`);
    await assertEnds(program);
    const ms = performance.now() - askedAt;
    assert.ok(ms < MOST_MS, `${phase}, ${then}: it ended after ${Math.round(ms)} ms`);
    const read = await messagesRead(warehouse);
    assert.ok(read < sent, `${phase}, ${then}: something is left to read`);
  }
  proxy.disarm();
  await assertComplete(sent);
});
