// Reads a whole topic back for tests, with the client library's consumer in a group of its own, until the offsets that it ends at now.
// It decides nothing about the records; use it on topics that nobody writes to meanwhile.
import { randomUUID } from 'node:crypto';
import { Admin, ConfigResourceTypes, Consumer } from '@platformatic/kafka';
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

/** DYNAMIC_TOPIC_CONFIG in Kafka's protocol. */
const OF_THE_TOPIC = 1;

/** A setting that the topic itself has; undefined where it follows the broker. */
export async function topicSetting(settings: BrokerSettings, topic: string, name: string): Promise<string | undefined> {
  const admin = new Admin(clientOptions(settings, 'test'));
  try {
    const [answer] = await admin.describeConfigs({
      resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configurationKeys: [name] }],
    });
    const found = answer?.configs.find((config) => config.name === name);
    return found?.configSource === OF_THE_TOPIC ? (found.value ?? undefined) : undefined;
  } finally {
    await admin.close();
  }
}

/** How each batch of records is compressed as it stands in the log: 0 is not at all, 4 is zstd (KIP-110). */
export async function batchCompressions(settings: BrokerSettings, topic: string): Promise<number[]> {
  const { topicId, partitions } = await topicState(settings, topic);
  const client = new Consumer({ ...clientOptions(settings, 'test'), groupId: `test-${randomUUID()}` });
  try {
    const metadata = await client.metadata({ topics: [topic] });
    const found: number[] = [];
    for (const { partition, earliest, latest } of partitions) {
      for (let offset = earliest; offset < latest;) {
        const { responses } = await client.fetch({
          node: metadata.topics.get(topic)?.partitions[partition]?.leader ?? -1,
          maxWaitTime: 100,
          topics: [
            {
              topicId,
              partitions: [
                {
                  partition,
                  fetchOffset: offset,
                  currentLeaderEpoch: -1,
                  lastFetchedEpoch: -1,
                  partitionMaxBytes: 8_388_608,
                },
              ],
            },
          ],
        });
        for (const { attributes, firstOffset, lastOffsetDelta } of responses[0]?.partitions[0]?.records ?? []) {
          found.push(attributes & 7);
          offset = firstOffset + BigInt(lastOffsetDelta) + 1n;
        }
      }
    }
    return found;
  } finally {
    await client.close(true);
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
