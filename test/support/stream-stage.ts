// What tests of `stream` stand on: topics of their own at a real Kafka, a checkpoint, the shared Spark, and orders to send.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { BrokerSettings } from '../../src/broker/connection.ts';
import { TopicAdmin } from '../../src/broker/topics.ts';
import { parseSparkAddress } from '../../src/engines/spark/connect/address.ts';
import { EsteiraError } from '../../src/lib/errors.ts';
import { stream, type StreamOptions, type StreamReport } from '../../src/pipeline/stream/stream.ts';
import type { KafkaServer } from '../../src/stack/kafka.ts';
import { documentOf, line } from './load.ts';
import { sharedKafka, sharedSpark, testPrefix } from './stack.ts';
import { readTopic, type TopicRecord } from './topic.ts';
import { sendRecords } from './topics.ts';

export interface Raw {
  readonly key?: string | null;
  readonly value: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly partition?: number;
}

/** Three topics and a checkpoint of one test's own. */
export class Stage {
  readonly broker: BrokerSettings;
  readonly options: StreamOptions;
  readonly folder: string;

  constructor(broker: BrokerSettings, options: StreamOptions, folder: string) {
    this.broker = broker;
    this.options = options;
    this.folder = folder;
  }

  async send(records: readonly Raw[]): Promise<void> {
    await sendRecords(
      this.broker,
      this.options.topics.raw,
      records.map(({ key = null, value, headers = {}, partition = 0 }) => ({ key, value, headers, partition })),
    );
  }

  run(more: Partial<StreamOptions> = {}): Promise<StreamReport> {
    return stream({ ...this.options, ...more });
  }

  treated(): Promise<TopicRecord[]> {
    return readTopic(this.broker, this.options.topics.treated);
  }

  /** Numbers of the treated orders, sorted. */
  async treatedIds(): Promise<string[]> {
    return (await this.treated()).map((record) => String(valueOf(record)['id_pedido'])).sort();
  }

  rejected(): Promise<TopicRecord[]> {
    return readTopic(this.broker, this.options.topics.rejected);
  }
}

/** At the shared Kafka, unless another is named; the topics are made with so many partitions. */
export async function stage(t: TestContext, partitions = 1, kafka?: KafkaServer): Promise<Stage> {
  const spark = await sharedSpark();
  const broker = { bootstrap: [(kafka ?? (await sharedKafka())).bootstrap] };
  const folder = await mkdtemp(join(tmpdir(), 'esteira-stream-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const prefix = testPrefix();
  const topics = { raw: `${prefix}brutos`, treated: `${prefix}tratados`, rejected: `${prefix}rejeitados` };
  const create = { partitions, retentionMs: 3_600_000 };
  const admin = new TopicAdmin(broker);
  await admin.ensure(topics.raw, create);
  await admin.close();
  const options: StreamOptions = {
    spark: parseSparkAddress(spark.url),
    broker,
    sparkBootstrap: broker.bootstrap,
    topics,
    create,
    checkpoint: join(folder, 'checkpoint'),
    trigger: { kind: 'available-now' },
    maxRecordsPerBatch: undefined,
  };
  return new Stage(broker, options, folder);
}

/** A document of an order. */
export const order = (id: string, cells: Parameters<typeof line>[0] = {}): string =>
  JSON.stringify(documentOf(line({ loja: 'loja', id_pedido: id, ...cells })));
export const valueOf = (record: TopicRecord | undefined): Record<string, unknown> =>
  JSON.parse(record?.value.toString() ?? 'null') as Record<string, unknown>;
export const coded = (code: string) => (error: unknown) => error instanceof EsteiraError && error.code === code;
