// Topics and records as none of our commands would make them: bytes as they are, partitions by hand, topics deleted and limits changed. For `esteira prove` and
// tests, on brokers of their own.
import { Admin, ConfigResourceTypes, IncrementalAlterConfigOperationTypes, Producer } from '@platformatic/kafka';
import type { BrokerSettings } from '../broker/connection.ts';

/** A record to send. Key and value as text or bytes; null sends none. */
export interface HandMadeRecord {
  readonly key: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
  readonly partition?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds since 1970; without it the time of sending. */
  readonly timestampMs?: number;
}

/** Records of one request; a request may not grow much beyond what brokers take. */
const REQUEST_RECORDS = 500;
const LARGE_BYTES = 500_000;

/** Creates a topic. `max.message.bytes` lets larger records in than Kafka does by default. */
export async function createTopic(
  settings: BrokerSettings,
  topic: string,
  partitions: number,
  configs: Readonly<Record<string, string>> = {},
): Promise<void> {
  await asAdmin(settings, (admin) =>
    admin.createTopics({
      topics: [topic],
      partitions,
      replicas: 1,
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    }),
  );
}

export async function deleteTopic(settings: BrokerSettings, topic: string): Promise<void> {
  await asAdmin(settings, (admin) => admin.deleteTopics({ topics: [topic] }));
}

/** Changes a setting of the topic. */
export async function setTopic(settings: BrokerSettings, topic: string, name: string, value: string): Promise<void> {
  const config = { name, configOperation: IncrementalAlterConfigOperationTypes.SET, value };
  await asAdmin(settings, (admin) =>
    admin.incrementalAlterConfigs({
      resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configs: [config] }],
    }),
  );
}

/**
 * Sends the records in their order, each once; a record without a partition goes to 0. Idempotent: of a topic just made one partition may have no leader
 * yet, and the repeated request must not store the other partition's records twice.
 */
export async function sendRecords(
  settings: BrokerSettings,
  topic: string,
  records: readonly HandMadeRecord[],
): Promise<void> {
  const producer = new Producer({
    clientId: 'test',
    bootstrapBrokers: [...settings.bootstrap],
    idempotent: true,
    retries: 20,
  });
  try {
    for (let from = 0; from < records.length;) {
      const request = records.slice(from, from + REQUEST_RECORDS);
      const large = request.findIndex(({ value }) => (value?.length ?? 0) > LARGE_BYTES);
      // A large record goes alone, after those before it.
      const count = large === -1 ? request.length : Math.max(1, large);
      const messages = request.slice(0, count).map(({ key, value, partition, headers, timestampMs }) => ({
        topic,
        partition: partition ?? 0,
        ...(key === null ? {} : { key: Buffer.from(key) }),
        ...(timestampMs === undefined ? {} : { timestamp: BigInt(timestampMs) }),
        value: (value === null ? null : Buffer.from(value)) as Buffer,
        headers: new Map(Object.entries(headers ?? {}).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
      }));
      await producer.send({ messages, acks: -1 });
      from += count;
    }
  } finally {
    await producer.close();
  }
}

async function asAdmin(settings: BrokerSettings, work: (admin: Admin) => Promise<unknown>): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [...settings.bootstrap] });
  try {
    await work(admin);
  } finally {
    await admin.close();
  }
}
