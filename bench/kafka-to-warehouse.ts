// How long a topic takes to become a warehouse, against the floor (bare COPY of the same output rows, alternating in one run), how much memory the consumer
// needs, and how long one order takes from its producer to a row that others see, with and without Spark in between.
//
// usage: npm run bench -- kafka-to-warehouse [--messages 1000000] [--rounds 3] [--part throughput|fresh|all]
//                                            [--rates 100,1000] [--seconds 30] [--through direct,spark,real-time]
//   throughput  one consumer reads the topic to its end: the whole command, from its start to its exit
//   fresh       orders are sent at a steady rate to a running consumer; the first 10 s (60 s through Spark) are not counted
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Producer } from '../src/broker/producer.ts';
import { TopicAdmin } from '../src/broker/topics.ts';
import { cacheFolder } from '../src/config/keys.ts';
import { CONTRACT, CONTRACT_VERSION, HEADER } from '../src/model/message.ts';
import { generate } from '../src/pipeline/generate.ts';
import { produceDirect } from '../src/pipeline/produce.ts';
import { connect } from '../src/storage/connection.ts';
import { BATCH_CHANNEL } from '../src/storage/notices.ts';
import { startKafka } from '../src/stack/kafka.ts';
import { startSpark, type SparkServer } from '../src/stack/spark.ts';
import { DurableServer, median, quantile } from './durable-server.ts';
import { Running } from './running-command.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    part: { type: 'string', default: 'all' },
    rates: { type: 'string', default: '100,1000' },
    seconds: { type: 'string', default: '30' },
    through: { type: 'string', default: 'direct,spark,real-time' },
  },
});
const MESSAGES = Number(values.messages);
const SECONDS = Number(values.seconds);
/** Not counted: compilers and caches warm up, Spark's for a minute. */
const WARM_UP_MS = { direct: 10_000, throughSpark: 60_000 };
/** Orders of so long a time are sent together, as a producer that lingers does: one request an order would take cores from what is measured. */
const LINGER_MS = 10;
const PLAN = { partitions: 6, retentionMs: 3_600_000 };
/** Lines of CSV for one message: an order has several items and several versions. */
const LINES_PER_MESSAGE = 2.05;
const BARS = { ratio: 3, rssMb: 1000, direct: 500, spark: 2000 };

const server = await DurableServer.start();
const kafka = await startKafka({ folder: join(server.folder, 'kafka'), cache: cacheFolder(process.env) });
const broker = { bootstrap: [kafka.bootstrap] };
try {
  if (values.part !== 'fresh') await measureThroughput();
  if (values.part !== 'throughput') await measureFreshness();
} finally {
  await kafka.stop();
  await server.stop();
}

function start(args: readonly string[], warehouseUrl: string): Running {
  return new Running(args, {
    ESTEIRA_HOME: join(server.folder, 'cli'),
    ESTEIRA_KAFKA_BOOTSTRAP: kafka.bootstrap,
    ESTEIRA_WAREHOUSE_URL: warehouseUrl,
  });
}

async function measureThroughput(): Promise<void> {
  const topic = 'pedidos_ecommerce';
  const file = join(server.folder, 'pedidos.csv');
  await generate({ rows: Math.round(MESSAGES * LINES_PER_MESSAGE), seed: 7, out: file });
  const { deliveredCount } = await produceDirect([{ path: file, name: 'pedidos.csv' }], {
    broker,
    topic,
    create: PLAN,
    memoryLimit: '1GB',
    threads: 0,
    batchLines: 100_000,
    maxOutageMs: 30_000,
    reading: { asOf: new Date('2026-11-01T09:00:00Z') },
  });
  const consumeAll = async (url: string): Promise<Running> => {
    const running = start(['consume', '--topic', topic, '--until-end', '--json'], url);
    await running.success();
    return running;
  };
  const rows = await server.outputRows(consumeAll);
  const rowCount = rows.reduce((sum, table) => sum + table.rowCount, 0);
  process.stdout.write(`${deliveredCount} messages, ${rowCount} output rows in ${rows.length} tables\n`);
  const [floors, loads, memory]: [number[], number[], number[]] = [[], [], []];
  for (let round = 1; round <= Number(values.rounds); round++) {
    const floor = await server.measureFloor(rows);
    const taken = await server.inFreshDatabase(async (url) => {
      const started = performance.now();
      memory.push((await consumeAll(url)).mostMb);
      return (performance.now() - started) / 1000;
    });
    floors.push(floor);
    loads.push(taken);
    process.stdout.write(
      `round ${round}: COPY ${floor.toFixed(1)} s, consume ${taken.toFixed(1)} s, ${Math.round(deliveredCount / taken)} messages/s, at most ${Math.round(memory.at(-1) ?? 0)} MB\n`,
    );
  }
  process.stdout.write(
    `memory: ${Math.round(Math.max(...memory))} MB (bar ${BARS.rssMb})\nratio: ${(median(loads) / median(floors)).toFixed(2)} (bar ${BARS.ratio})\n`,
  );
}

async function measureFreshness(): Promise<void> {
  const orders = await makeOrders();
  for (const way of values.through.split(',')) {
    // Real time needs a slot for each partition; more of them than cores would make the micro-batches slower.
    const slots = way === 'real-time' ? { slots: PLAN.partitions } : {};
    const spark =
      way === 'direct'
        ? undefined
        : await startSpark({ folder: join(server.folder, way), cache: cacheFolder(process.env), ...slots });
    try {
      for (const rate of values.rates.split(',').map(Number)) {
        const delays = await server.inFreshDatabase((url) => measureWay(url, way, rate, orders, spark));
        const [p50, p99] = [quantile(delays, 0.5), quantile(delays, 0.99)];
        const bar = way === 'direct' ? BARS.direct : way === 'spark' ? BARS.spark : undefined;
        process.stdout.write(
          `${way.padEnd(9)} ${String(rate).padStart(5)} orders/s: p50 ${Math.round(p50)} ms, p99 ${Math.round(p99)} ms, of ${delays.length} orders${bar === undefined ? '' : ` (bar for p99: ${bar})`}\n`,
        );
      }
    } finally {
      await spark?.stop();
    }
  }
}

/** Valid orders as JSON, without their number. */
async function makeOrders(): Promise<readonly Record<string, unknown>[]> {
  const file = join(server.folder, 'orders.jsonl');
  await generate({ rows: 20_000, seed: 5, badShare: 0, out: file });
  const text = await readFile(file, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Milliseconds from handing each order to the producer to its row being visible. */
async function measureWay(
  url: string,
  way: string,
  rate: number,
  orders: readonly Record<string, unknown>[],
  spark: SparkServer | undefined,
): Promise<number[]> {
  // consume knows the pair of treated topics by the end of their names
  const prefix = `${way.replace('-', '_')}_${rate}_`;
  const topics = {
    raw: `${prefix}brutos`,
    treated: `${prefix}pedidos_tratados`,
    rejected: `${prefix}pedidos_rejeitados`,
  };
  const admin = new TopicAdmin(broker);
  for (const topic of Object.values(topics)) await admin.ensure(topic, PLAN);
  await admin.close();
  const running: Running[] = [];
  try {
    if (way !== 'direct') {
      const names = ['--topic', topics.raw, '--treated', topics.treated, '--rejected', topics.rejected];
      const trigger = way === 'real-time' ? ['--real-time'] : [];
      const address = ['--spark', spark?.url ?? '', '--spark-checkpoints', join(server.folder, 'checkpoints')];
      const stream = start(['stream', ...names, ...trigger, ...address], url);
      running.push(stream);
      await stream.until('query.started');
    }
    const consumer = start(['consume', '--topic', way === 'direct' ? topics.raw : topics.treated], url);
    running.push(consumer);
    await consumer.until('partitions.assigned');
    const warmUpMs = way === 'direct' ? WARM_UP_MS.direct : WARM_UP_MS.throughSpark;
    return await sendAndWatch(url, topics.raw, rate, orders, warmUpMs);
  } finally {
    for (const process of running.reverse()) await process.stop();
  }
}

/** The time of an order placed now: a store's orders come with the day's date. */
function todayAt(): Record<string, string> {
  const now = new Date().toISOString();
  return { data_pedido: now, atualizado_em: now };
}

async function sendAndWatch(
  url: string,
  topic: string,
  rate: number,
  orders: readonly Record<string, unknown>[],
  warmUpMs: number,
): Promise<number[]> {
  const producer = await Producer.open(broker, { topic, maxMessageBytes: 1_000_000, maxOutageMs: 10_000 });
  const reader = await connect(url, 'reader');
  const sentAt = new Map<string, number>();
  const delays: number[] = [];
  const started = performance.now();
  const endsAt = warmUpMs + SECONDS * 1000;
  const receivedAt = new Date().toISOString();
  // Asking again and again would take the cores that it measures: the reader looks when a batch has been committed, as the dashboard does.
  let committed = Promise.withResolvers<void>();
  reader.on('notification', () => committed.resolve());
  await reader.query(`LISTEN ${BATCH_CHANNEL}`);
  const watch = async (): Promise<void> => {
    while (sentAt.size > 0 || performance.now() - started < endsAt) {
      await Promise.race([committed.promise, sleep(500)]);
      committed = Promise.withResolvers();
      const { rows } = await reader.query<{ id_pedido: string }>(
        'SELECT id_pedido FROM pedidos WHERE loja = $1 AND id_pedido = ANY($2)',
        ['bench', [...sentAt.keys()]],
      );
      const now = performance.now();
      for (const { id_pedido: id } of rows) {
        const sent = sentAt.get(id) ?? now;
        sentAt.delete(id);
        if (sent - started >= warmUpMs) delays.push(now - sent);
      }
      if (now - started > endsAt + 120_000) throw new Error(`${sentAt.size} orders never arrived`);
    }
  };
  const watching = watch();
  watching.catch(() => undefined);
  let count = 0;
  for (;;) {
    const elapsed = performance.now() - started;
    if (elapsed > endsAt) break;
    for (; count < (elapsed / 1000) * rate; count++) {
      const id = String(1_000_000 + count);
      const value = JSON.stringify({ ...orders[count % orders.length], loja: 'bench', id_pedido: id, ...todayAt() });
      sentAt.set(id, performance.now());
      await producer.add({
        key: Buffer.from(`bench:${id}`),
        value: Buffer.from(value),
        headers: new Map([
          [HEADER.contract, CONTRACT.raw],
          [HEADER.version, CONTRACT_VERSION],
          [HEADER.receivedAt, receivedAt],
        ]),
      });
    }
    await producer.flush();
    await sleep(LINGER_MS);
  }
  await producer.finish();
  await watching;
  await producer.close();
  await reader.end();
  return delays;
}
