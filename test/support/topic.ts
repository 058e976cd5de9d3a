// Reads a whole topic back for tests, with the client library's consumer in a group of its own, until the offsets that it ends at now.
// It decides nothing about the records; use it on topics that nobody writes to meanwhile.
import { randomUUID } from 'node:crypto';
import { Consumer } from '@platformatic/kafka';
import { type BrokerSettings, clientOptions } from '../../src/broker/connection.ts';
import { TopicAdmin, type TopicState } from '../../src/broker/topics.ts';

export interface TopicRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export async function topicState(settings: BrokerSettings, topic: string): Promise<TopicState> {
  const admin = new TopicAdmin(settings);
  try {
    return await admin.describe(topic);
  } finally {
    await admin.close();
  }
}

/** Every record, by partition and offset. */
export async function readTopic(settings: BrokerSettings, topic: string): Promise<TopicRecord[]> {
  const { partitions } = await topicState(settings, topic);
  const left = new Set(
    partitions.filter(({ earliest, latest }) => latest > earliest).map(({ partition }) => partition),
  );
  const records: TopicRecord[] = [];
  if (left.size === 0) return records;
  const consumer = new Consumer({
    ...clientOptions(settings, 'test'),
    groupId: `test-${randomUUID()}`,
    maxWaitTime: 100,
    sessionTimeout: 10_000,
  });
  try {
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    for await (const { partition, offset, key, value, headers } of stream) {
      records.push({
        partition,
        offset,
        key: key === undefined || key === null ? null : key.toString(),
        value,
        headers: Object.fromEntries([...headers].map(([name, text]) => [name.toString(), text.toString()])),
      });
      if (offset + 1n === partitions[partition]?.latest) left.delete(partition);
      if (left.size === 0) break;
    }
  } finally {
    await consumer.close(true);
  }
  return records.sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
}
