// Kafka with TLS, user and password, reached from this process and from Spark: every mechanism that the settings offer, with a password that has to be
// written in quotes, and the commands with their settings from the environment.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { BrokerSettings } from '../../src/broker/connection.ts';
import { parseSparkAddress } from '../../src/engines/spark/connect/address.ts';
import { EsteiraError } from '../../src/lib/errors.ts';
import { packagePath } from '../../src/lib/paths.ts';
import { produceThroughSpark } from '../../src/pipeline/produce.ts';
import { expandInputs } from '../../src/sources/files/index.ts';
import { AS_OF, csvOf, line } from '../support/load.ts';
import {
  KAFKA_ODD_USER,
  kafkaAuthority,
  sharedKafka,
  sharedSpark,
  stackMissing,
  testPrefix,
} from '../support/stack.ts';
import { readTopic, topicSetting, topicState, type TopicRecord } from '../support/topic.ts';

const MECHANISMS = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN'] as const;
const ORDERS = csvOf([
  ...Array.from({ length: 12 }, (_, n) => line({ id_pedido: `S${n}` })),
  line({ id_pedido: 'R1', quantidade: 'dois' }),
]);

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-secure-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function secureBroker(mechanism: (typeof MECHANISMS)[number]): Promise<Required<BrokerSettings>> {
  const kafka = await sharedKafka();
  return {
    bootstrap: [kafka.secureBootstrap ?? ''],
    tls: { ca: kafkaAuthority(kafka) },
    sasl: { mechanism, username: KAFKA_ODD_USER.name, password: KAFKA_ODD_USER.password },
  };
}

for (const mechanism of MECHANISMS) {
  test(
    `${mechanism} lets this process and Spark in with a password full of quotes, and refuses another`,
    { skip: stackMissing },
    async (t) => {
      const folder = await folderOf(t);
      await writeFile(join(folder, 'pedidos.csv'), ORDERS);
      const broker = await secureBroker(mechanism);
      const topic = `${testPrefix()}seguro`;
      const spark = { spark: parseSparkAddress((await sharedSpark()).url), sparkBootstrap: broker.bootstrap };
      const report = await produceThroughSpark(await expandInputs([join(folder, 'pedidos.csv')]), {
        broker,
        topic,
        create: { partitions: 2, retentionMs: 3_600_000 },
        memoryLimit: '500MB',
        threads: 1,
        batchLines: 1000,
        maxOutageMs: 30_000,
        spark,
        reading: { asOf: AS_OF },
      });
      assert.equal(report.deliveredCount, 13);
      assert.equal((await readTopic(broker, topic)).length, 13);
      const wrong = { ...broker, sasl: { ...broker.sasl, password: KAFKA_ODD_USER.password.slice(0, -1) } };
      await assert.rejects(
        topicState(wrong, topic),
        (error) => error instanceof EsteiraError && error.code === 'BROKER_REFUSED',
      );
    },
  );
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command as a process, its words apart by spaces, with the settings of the secure broker and of Spark. */
async function command(folder: string, args: string): Promise<Ended> {
  const [kafka, spark] = [await sharedKafka(), await sharedSpark()];
  await writeFile(join(folder, 'ca.pem'), kafkaAuthority(kafka));
  const child = spawn(process.execPath, [packagePath('src', 'cli', 'main.ts'), ...args.split(' '), '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
    env: {
      ...process.env,
      ESTEIRA_HOME: join(folder, 'casa'),
      ESTEIRA_KAFKA_BOOTSTRAP: kafka.secureBootstrap,
      ESTEIRA_KAFKA_SECURITY: 'sasl_ssl',
      ESTEIRA_KAFKA_CA_FILE: join(folder, 'ca.pem'),
      ESTEIRA_KAFKA_USER: KAFKA_ODD_USER.name,
      ESTEIRA_KAFKA_PASSWORD: KAFKA_ODD_USER.password,
      ESTEIRA_SPARK_URL: spark.url,
      ESTEIRA_SPARK_CHECKPOINTS: join(folder, 'checkpoints'),
    },
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (bytes: Buffer) => (said[name] += bytes.toString()));
  await once(child, 'close');
  return { code: child.exitCode, ...said };
}

/** The report of a command that must end well. */
function reportOf({ code, stdout, stderr }: Ended): Record<string, unknown> {
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

const withoutOffsets = (records: readonly TopicRecord[]): unknown[] =>
  records
    .map(({ key, value, headers }) => ({ key, value: value.toString(), headers }))
    .toSorted((a, b) => String(a.key).localeCompare(String(b.key)));

test(
  'produce with either engine and stream go through TLS as commands: same messages, both topics filled, topics as they were asked for',
  { skip: stackMissing },
  async (t) => {
    const folder = await folderOf(t);
    await writeFile(join(folder, 'pedidos.csv'), ORDERS);
    const prefix = testPrefix();
    const [raw, direct] = [`${prefix}brutos`, `${prefix}diretos`];
    const [treated, rejected] = [`${prefix}tratados`, `${prefix}rejeitados`];
    const produce = (engine: string, topic: string, more = ''): Promise<Ended> =>
      command(
        folder,
        `produce pedidos.csv --engine ${engine} --topic ${topic} --as-of ${AS_OF.toISOString()} --create-topic --retention 2d --partitions 3${more}`,
      );
    for (const [engine, topic] of [
      ['spark', raw],
      ['direct', direct],
    ] as const) {
      const { deliveredCount, partitionCount } = reportOf(await produce(engine, topic));
      assert.deepEqual([deliveredCount, partitionCount], [13, 3], engine);
    }
    const elsewhere = await produce('spark', raw, ' --spark sc://127.0.0.1:9 --max-outage 1s');
    assert.equal(elsewhere.code, 3, 'it was Spark that sent them');
    assert.match(elsewhere.stderr, /SPARK_UNREACHABLE/);
    const topics = `--topic ${raw} --treated ${treated} --rejected ${rejected}`;
    const { records } = reportOf(await command(folder, `stream --available-now --create-topics ${topics}`));
    assert.equal(records, 13);

    const broker = await secureBroker('SCRAM-SHA-512');
    assert.deepEqual(withoutOffsets(await readTopic(broker, raw)), withoutOffsets(await readTopic(broker, direct)));
    assert.equal((await readTopic(broker, treated)).length, 12);
    assert.equal((await readTopic(broker, rejected)).length, 1);
    const shape = async (topic: string): Promise<unknown[]> => [
      (await topicState(broker, topic)).partitions.length,
      await topicSetting(broker, topic, 'retention.ms'),
    ];
    const days = (count: number): string => String(count * 24 * 3_600_000);
    assert.deepEqual(await shape(raw), [3, days(2)]);
    assert.deepEqual(await shape(direct), [3, days(2)]);
    // what esteira stream --help says of them
    assert.deepEqual(await shape(treated), [6, days(7)]);
    assert.deepEqual(await shape(rejected), [6, days(7)]);
  },
);
