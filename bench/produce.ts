// How fast a CSV file becomes messages of a real Kafka on this machine: medians of several runs into fresh topics of one broker.
//
// usage: npm run bench -- produce [--lines 1000000] [--rounds 3] [--kafka host:port]
// Without --kafka it starts a broker of its own in a temporary folder and stops it at the end.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { TopicAdmin } from '../src/broker/topics.ts';
import { cacheFolder } from '../src/config/keys.ts';
import { generate } from '../src/pipeline/generate.ts';
import { produceDirect } from '../src/pipeline/produce.ts';
import { startKafka } from '../src/stack/kafka.ts';

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    kafka: { type: 'string' },
  },
});
const LINES = Number(values.lines);
const ROUNDS = Number(values.rounds);
/** Lines a second, the whole command included: reading the file, making documents, sending. */
const BAR = 60_000;

const folder = await mkdtemp(join(tmpdir(), 'esteira-bench-'));
const own =
  values.kafka === undefined
    ? await startKafka({ folder: join(folder, 'kafka'), cache: cacheFolder(process.env) })
    : undefined;
try {
  const broker = { bootstrap: [own?.bootstrap ?? values.kafka ?? ''] };
  const path = join(folder, 'pedidos.csv');
  await generate({ rows: LINES, seed: 7, out: path });
  const rates: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const topic = `bench_${Date.now()}`;
    const { deliveredCount, seconds } = await produceDirect([{ path, name: 'pedidos.csv' }], {
      broker,
      topic,
      create: { partitions: 6, retentionMs: 3_600_000 },
      memoryLimit: '1GB',
      threads: 0,
      batchLines: 100_000,
      maxOutageMs: 30_000,
      reading: {},
    });
    await checkCount(broker, topic, deliveredCount);
    rates.push(LINES / seconds);
    const rss = Math.round(process.memoryUsage().rss / 1e6);
    process.stdout.write(
      `round ${round}: ${deliveredCount} messages in ${seconds.toFixed(1)} s, ${Math.round(LINES / seconds)} lines/s, RSS now ${rss} MB\n`,
    );
  }
  const median = rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)] ?? 0;
  process.stdout.write(
    `median ${Math.round(median)} lines/s; the bar is ${BAR}: ${median >= BAR ? 'met' : 'missed'}\n`,
  );
} finally {
  await own?.stop();
  await rm(folder, { recursive: true, force: true });
}

/** A figure counts only if the messages are there. */
async function checkCount(broker: { bootstrap: string[] }, topic: string, expected: number): Promise<void> {
  const admin = new TopicAdmin(broker);
  const { partitions } = await admin.describe(topic);
  await admin.close();
  const found = Number(partitions.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0n));
  if (found !== expected) throw new Error(`${expected} messages were delivered and ${found} are in the topic`);
}
