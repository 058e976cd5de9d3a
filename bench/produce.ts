// How fast a CSV file becomes messages of a real Kafka on this machine, sent directly and by Spark: medians of several runs in turn into fresh topics of one
// broker. Spark is started before and stopped at the end, its start not counted.
//
// usage: npm run bench -- produce [--lines 1000000] [--rounds 3] [--engines direct,spark] [--kafka host:port]
// Without --kafka it starts a broker of its own in a temporary folder and stops it at the end.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BrokerSettings } from '../src/broker/connection.ts';
import { TopicAdmin } from '../src/broker/topics.ts';
import { cacheFolder } from '../src/config/keys.ts';
import { parseSparkAddress } from '../src/engines/spark/connect/address.ts';
import { generate } from '../src/pipeline/generate.ts';
import {
  produceDirect,
  type ProduceOptions,
  type ProduceReport,
  produceThroughSpark,
} from '../src/pipeline/produce.ts';
import { startKafka } from '../src/stack/kafka.ts';
import { startSpark } from '../src/stack/spark.ts';

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    engines: { type: 'string', default: 'direct,spark' },
    kafka: { type: 'string' },
  },
});
const LINES = Number(values.lines);
const ROUNDS = Number(values.rounds);
/** Lines a second, the whole command included: reading the file, making documents, sending. */
const BAR = 60_000;

type Engine = 'direct' | 'spark';
const ENGINES = values.engines.split(',').map((name): Engine => {
  if (name !== 'direct' && name !== 'spark') throw new Error(`--engines knows direct and spark, not ${name}`);
  return name;
});

const folder = await mkdtemp(join(tmpdir(), 'esteira-bench-'));
const cache = cacheFolder(process.env);
await mkdir(join(folder, 'exchange'));
const own = values.kafka === undefined ? await startKafka({ folder: join(folder, 'kafka'), cache }) : undefined;
const spark = ENGINES.includes('spark') ? await startSpark({ folder: join(folder, 'spark'), cache }) : undefined;
try {
  const broker = { bootstrap: [own?.bootstrap ?? values.kafka ?? ''] };
  const path = join(folder, 'pedidos.csv');
  await generate({ rows: LINES, seed: 7, out: path });
  const rates: Record<Engine, number[]> = { direct: [], spark: [] };
  for (let round = 1; round <= ROUNDS; round++)
    for (const engine of ENGINES) {
      const topic = `bench_${engine}_${Date.now()}`;
      const { deliveredCount, seconds } = await produceBy(engine, broker, topic, path);
      await checkCount(broker, topic, deliveredCount);
      rates[engine].push(LINES / seconds);
      const rss = Math.round(process.memoryUsage().rss / 1e6);
      process.stdout.write(
        `round ${round}, ${engine}: ${deliveredCount} messages in ${seconds.toFixed(1)} s, ${Math.round(LINES / seconds)} lines/s, RSS now ${rss} MB\n`,
      );
    }
  report(rates);
} finally {
  await spark?.stop();
  await own?.stop();
  await rm(folder, { recursive: true, force: true });
}

function produceBy(engine: Engine, broker: BrokerSettings, topic: string, path: string): Promise<ProduceReport> {
  const options: ProduceOptions = {
    broker,
    topic,
    create: { partitions: 6, retentionMs: 3_600_000 },
    memoryLimit: '1GB',
    threads: 0,
    batchLines: 100_000,
    maxOutageMs: 30_000,
    reading: {},
    spark:
      spark === undefined
        ? undefined
        : {
            spark: parseSparkAddress(spark.url),
            ca: undefined,
            exchange: join(folder, 'exchange'),
            sparkBootstrap: broker.bootstrap,
          },
  };
  return (engine === 'spark' ? produceThroughSpark : produceDirect)([{ path, name: 'pedidos.csv' }], options);
}

function report(rates: Readonly<Record<Engine, readonly number[]>>): void {
  const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
  for (const engine of ENGINES)
    process.stdout.write(`${engine}: median ${Math.round(median(rates[engine]))} lines/s\n`);
  const [direct, bySpark] = [median(rates.direct), median(rates.spark)];
  if (ENGINES.includes('direct'))
    process.stdout.write(`directly at least ${BAR} lines/s: ${direct >= BAR ? 'met' : 'missed'}\n`);
  if (ENGINES.length > 1)
    process.stdout.write(`directly not slower than by Spark: ${direct >= bySpark ? 'met' : 'missed'}\n`);
}

/** A figure counts only if the messages are there. */
async function checkCount(broker: BrokerSettings, topic: string, expected: number): Promise<void> {
  const admin = new TopicAdmin(broker);
  const { partitions } = await admin.describe(topic);
  await admin.close();
  const found = Number(partitions.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0n));
  if (found !== expected) throw new Error(`${expected} messages were delivered and ${found} are in the topic`);
}
