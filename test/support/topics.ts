// Topics of a real Kafka for tests: made with the records that a test wants, bytes as they are, and consumed into a database of the test's own.
import { Admin, Producer } from '@platformatic/kafka';
import type { BrokerSettings } from '../../src/broker/connection.ts';
import { consume, type ConsumeOptions, type ConsumeReport } from '../../src/pipeline/consume/consume.ts';
import { documentOf, line, type Cells } from './load.ts';

/** A record to send. Key and value as text or bytes; null sends none. */
export interface TestRecord {
  readonly key: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
  readonly partition?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Creates a topic. `maxMessageBytes` lets larger records in than Kafka does by default. */
export async function createTopic(
  settings: BrokerSettings,
  topic: string,
  partitions: number,
  configs: Readonly<Record<string, string>> = {},
): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [...settings.bootstrap] });
  try {
    await admin.createTopics({
      topics: [topic],
      partitions,
      replicas: 1,
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    });
  } finally {
    await admin.close();
  }
}

export async function deleteTopic(settings: BrokerSettings, topic: string): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [...settings.bootstrap] });
  try {
    await admin.deleteTopics({ topics: [topic] });
  } finally {
    await admin.close();
  }
}

/** Deletes what stands before an offset of partition 0, as retention does. */
export async function deleteBefore(settings: BrokerSettings, topic: string, offset: bigint): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [...settings.bootstrap] });
  try {
    await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset }] }] });
  } finally {
    await admin.close();
  }
}

/** Sends the records in their order; a record without a partition goes to 0. */
export async function sendRecords(
  settings: BrokerSettings,
  topic: string,
  records: readonly TestRecord[],
): Promise<void> {
  const producer = new Producer({ clientId: 'test', bootstrapBrokers: [...settings.bootstrap], retries: 5 });
  try {
    for (let from = 0; from < records.length; from += 500) {
      const messages = records.slice(from, from + 500).map(({ key, value, partition, headers }) => ({
        topic,
        partition: partition ?? 0,
        ...(key === null ? {} : { key: Buffer.from(key) }),
        value: (value === null ? null : Buffer.from(value)) as Buffer,
        headers: new Map(Object.entries(headers ?? {}).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
      }));
      await producer.send({ messages, acks: -1 });
    }
  } finally {
    await producer.close();
  }
}

/** A raw record of an order: keyed by store and number, as-of time fixed. */
export function orderRecord(cells: Cells, nested: Record<string, unknown> = {}, partition = 0): TestRecord {
  const whole = line(cells);
  return {
    key: `${whole.loja}:${whole.id_pedido}`,
    value: JSON.stringify(documentOf(whole, nested)),
    partition,
    headers: { contrato: 'pedido', versao: '1', recebido_em: '2026-11-01T12:00:00.000Z' },
  };
}

/** Consumes to the end with settings fit for a test. */
export function consumeToEnd(
  settings: BrokerSettings,
  warehouseUrl: string,
  topic: string,
  options: Partial<ConsumeOptions> = {},
): Promise<ConsumeReport> {
  return consume({
    topic,
    group: `${topic}_grupo`,
    broker: settings,
    warehouseUrl,
    memoryLimit: '256MB',
    threads: 1,
    maxBatch: 20_000,
    maxWaitMs: 50,
    sessionTimeoutMs: 10_000,
    untilEnd: true,
    from: null,
    reprocess: false,
    maxOutageMs: 30_000,
    ...options,
  });
}
