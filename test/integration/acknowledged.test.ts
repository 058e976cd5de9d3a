// What it takes for a message to count as delivered, on every way into Kafka: all replicas that its topic asks for have it. One of two brokers is killed:
// topics that want two replicas in step take nothing until it is back. And messages are packed with zstd as they stand in the log.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Admin } from '@platformatic/kafka';
import { clientOptions, type BrokerSettings } from '../../src/broker/connection.ts';
import { TopicAdmin } from '../../src/broker/topics.ts';
import { parseSparkAddress } from '../../src/engines/spark/connect/address.ts';
import { EsteiraError } from '../../src/lib/errors.ts';
import {
  produceDirect,
  produceThroughSpark,
  type ProduceEngine,
  type ProduceOptions,
  type ProduceReport,
} from '../../src/pipeline/produce.ts';
import { stream } from '../../src/pipeline/stream/stream.ts';
import { setTopic } from '../../src/proof/topics.ts';
import type { KafkaServer } from '../../src/stack/kafka.ts';
import { expandInputs } from '../../src/sources/files/index.ts';
import { AS_OF, csvOf, line } from '../support/load.ts';
import { startSecondBroker } from '../support/second-broker.ts';
import { ownKafka, sharedSpark, stackMissing } from '../support/stack.ts';
import { batchCompressions, readTopic } from '../support/topic.ts';
import { orderRecord, sendRecords } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

const ZSTD = 4;
const ORDER_COUNT = 40;

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-acknowledged-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const orders = (): string => csvOf(Array.from({ length: ORDER_COUNT }, (_, n) => line({ id_pedido: `A${n}` })));

async function produce(
  t: TestContext,
  engine: ProduceEngine,
  broker: BrokerSettings,
  topic: string,
  more: Partial<ProduceOptions> = {},
): Promise<ProduceReport> {
  const path = join(await folderOf(t), 'pedidos.csv');
  await writeFile(path, orders());
  return engine(await expandInputs([path]), {
    broker,
    topic,
    memoryLimit: '500MB',
    threads: 1,
    batchLines: 1000,
    maxOutageMs: 120_000,
    spark: { spark: parseSparkAddress((await sharedSpark()).url), sparkBootstrap: broker.bootstrap },
    reading: { asOf: AS_OF },
    ...more,
  });
}

/** Waits until the broker has refused records of the topic for want of replicas, as its log says; fails when `work` ends before. */
async function untilRefused(broker: KafkaServer, topic: string, work: Promise<unknown>): Promise<void> {
  const refusal = new RegExp(`NotEnoughReplicas.*for partition ${topic}-0`);
  const refused = waitFor(async () => assert.match(await readFile(broker.logFile, 'utf8'), refusal), 240_000);
  await Promise.race([refused, work.then(() => assert.fail(`${topic}: it counted as delivered`))]);
}

/** How many replicas of the topic are in step. */
async function inStep(broker: BrokerSettings, topic: string): Promise<number | undefined> {
  const client = new Admin(clientOptions(broker, 'test'));
  try {
    const { topics } = await client.metadata({ topics: [topic], forceUpdate: true });
    return topics.get(topic)?.partitions[0]?.isr.length;
  } finally {
    await client.close();
  }
}

test(
  'while a replica is missing nothing counts as delivered, and all of it is once the replica is back',
  { skip: stackMissing, timeout: 600_000 },
  async (t) => {
    const first = await ownKafka();
    t.after(() => first.stop());
    const startSecond = await startSecondBroker(first);
    let second = await startSecond();
    t.after(() => second.stop());
    const broker = { bootstrap: [first.bootstrap] };
    const spark = parseSparkAddress((await sharedSpark()).url);
    const admin = new TopicAdmin(broker);
    t.after(() => admin.close());
    const topics = { raw: 'brutos', treated: 'tratados', rejected: 'rejeitados' };
    const demanding = ['direto', 'faisca', topics.treated, topics.rejected];
    for (const topic of [topics.raw, ...demanding])
      await waitFor(() => admin.ensure(topic, { partitions: 1, retentionMs: 3_600_000, replicas: 2 }));
    for (const topic of demanding) await setTopic(broker, topic, 'min.insync.replicas', '2');
    const records = Array.from({ length: ORDER_COUNT }, (_, n) => orderRecord({ id_pedido: `A${n}` }));
    await sendRecords(broker, topics.raw, [...records, { key: 'x', value: '{' }]);
    await second.kill();
    await waitFor(async () => assert.equal(await inStep(broker, 'direto'), 1), 60_000);

    const stopping = new AbortController();
    const streaming = stream({
      spark,
      broker,
      sparkBootstrap: broker.bootstrap,
      topics,
      create: undefined,
      checkpoint: join(await folderOf(t), 'checkpoint'),
      trigger: { kind: 'available-now' },
      maxRecordsPerBatch: undefined,
      signal: stopping.signal,
    });
    // where the test fails, nothing else ends it
    t.after(() => stopping.abort());
    const reasons: string[] = [];
    await assert.rejects(
      produce(t, produceDirect, broker, 'direto', {
        maxOutageMs: 2000,
        onProgress: (progress) => {
          if (progress.kind === 'waiting') reasons.push(progress.reason);
        },
      }),
      (error) =>
        error instanceof EsteiraError &&
        error.code === 'BROKER_UNREACHABLE' &&
        /replicas/.test(error.what) &&
        /min\.insync\.replicas/.test(error.fix),
    );
    assert.ok(
      reasons.length > 0 && reasons.every((reason) => /fewer in-sync replicas/.test(reason)),
      reasons.join('; '),
    );
    await untilRefused(first, topics.treated, streaming);
    const direct = produce(t, produceDirect, broker, 'direto', { signal: stopping.signal });
    const throughSpark = produce(t, produceThroughSpark, broker, 'faisca', { signal: stopping.signal });
    await untilRefused(first, 'faisca', throughSpark);

    second = await startSecond();
    assert.equal((await direct).deliveredCount, ORDER_COUNT);
    assert.equal((await throughSpark).deliveredCount, ORDER_COUNT);
    assert.equal((await streaming).records, ORDER_COUNT + 1);
    const expected: Readonly<Record<string, number>> = {
      direto: ORDER_COUNT,
      faisca: ORDER_COUNT,
      [topics.treated]: ORDER_COUNT,
      [topics.rejected]: 1,
    };
    for (const [topic, count] of Object.entries(expected)) {
      assert.equal((await readTopic(broker, topic)).length, count, topic);
      const compressions = await batchCompressions(broker, topic);
      assert.ok(
        compressions.length > 0 && compressions.every((found) => found === ZSTD),
        `${topic}: ${compressions.join()}`,
      );
    }
  },
);
