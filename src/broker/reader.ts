// One membership in a consumer group and the reading of what the group assigns: records from positions that the caller names.
// The group decides who reads which partition and nothing else: where to read from is never asked of Kafka. It keeps no record and retries nothing;
// after any failure the caller closes it and opens another.
import { Consumer, type ConsumerGroupJoinPayload, findErrorBy } from '@platformatic/kafka';
import { untilStopped } from '../lib/stopping.ts';
import { asBrokerError, type BrokerSettings, clientOptions, unknownTopic, untilAnswered } from './connection.ts';

export interface ReaderOptions {
  readonly topics: readonly string[];
  readonly group: string;
  /** How long the group waits for a member that has gone silent before it gives its partitions to others. */
  readonly sessionTimeoutMs: number;
  /** Ends every wait for the broker at once, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A partition and where its log begins and ends: `end` is the offset of the next record to come. */
export interface PartitionLog {
  readonly topic: string;
  readonly partition: number;
  readonly start: bigint;
  readonly end: bigint;
}

/** A record as it stands in the log; key and value null as sent. */
export interface TopicRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Milliseconds since 1970: of the producer or the broker, as the topic is configured. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [Buffer | null, Buffer | null])[];
}

/** What one request brought of one partition; `next` goes on behind the records, also behind markers that are none. */
export interface ReadPart {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly TopicRecord[];
  readonly next: bigint;
  /** Where the log ends, for the lag. */
  readonly end: bigint;
}

/** Where to read on in one partition. */
export interface ReadFrom {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** What a request could not read: the position is outside the log, or the topic it belongs to is gone. */
export type ReadOutcome =
  | { readonly kind: 'read'; readonly parts: readonly ReadPart[] }
  | { readonly kind: 'outside' | 'gone' };

type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;
type RecordsBatch = NonNullable<FetchResponse['responses'][number]['partitions'][number]['records']>[number];

/**
 * Compressed bytes that one request brings at most: decompressed they are held in memory. Its partitions share them out, so that a consumer far behind
 * reads them in step: a batch of orders of the same days costs the warehouse far less than one of orders of all days.
 */
const REQUEST_BYTES = 1024 * 1024;
/** Of one partition at least. */
const PARTITION_BYTES = 64 * 1024;
const IS_CONTROL = 1 << 5;
const CLOSE_MS = 2000;

export class GroupReader {
  readonly #client: Consumer;
  readonly #topics: readonly string[];
  readonly #signal: AbortSignal | undefined;
  readonly #ids = new Map<string, string>();
  #clusterId = '';
  #assigned: readonly { readonly topic: string; readonly partition: number }[] = [];
  #generation = 0;
  #failure: Error | null = null;

  /** Joins the group; resolves when the first assignment is known (it may be empty). Throws TOPIC_UNKNOWN and the BROKER_* errors. */
  static async open(settings: BrokerSettings, options: ReaderOptions): Promise<GroupReader> {
    const client = new Consumer({
      ...clientOptions(settings, 'consumer'),
      groupId: options.group,
      autocommit: false,
      sessionTimeout: options.sessionTimeoutMs,
      rebalanceTimeout: Math.max(options.sessionTimeoutMs, 30_000),
      heartbeatInterval: Math.min(3000, Math.floor(options.sessionTimeoutMs / 4)),
      heartbeatStallTimeout: options.sessionTimeoutMs,
    });
    const reader = new GroupReader(client, options);
    try {
      await untilStopped(reader.#join(options), options.signal);
      return reader;
    } catch (error) {
      await reader.close();
      throw asBrokerError(error, options.topics[0]);
    }
  }

  private constructor(client: Consumer, { topics, signal }: ReaderOptions) {
    this.#client = client;
    this.#topics = topics;
    this.#signal = signal;
    client.on('consumer:group:join', (payload: ConsumerGroupJoinPayload) => {
      this.#assigned = (payload.assignments ?? []).flatMap(({ topic, partitions }) =>
        partitions.map((partition) => ({ topic, partition })),
      );
      this.#generation += 1;
    });
    // Without heartbeats the group gives our partitions away: the membership is over.
    client.on('consumer:heartbeat:stalled', ({ lastError }) => {
      this.#failure ??= lastError ?? new Error('no heartbeat was answered');
    });
    client.on(
      'error' as never,
      ((error: Error) => {
        this.#failure ??= error;
      }) as never,
    );
  }

  async #join(options: ReaderOptions): Promise<void> {
    const asked = this.#client.metadata({ topics: [...options.topics], forceUpdate: true });
    const metadata = await untilAnswered(asked, options.signal);
    this.#clusterId = metadata.id;
    for (const topic of options.topics) {
      const found = metadata.topics.get(topic);
      if (!found) throw unknownTopic(topic);
      this.#ids.set(topic, found.id);
      this.#client.topics.track(topic);
    }
    await this.#client.joinGroup({});
  }

  get clusterId(): string {
    return this.#clusterId;
  }

  /** Raised whenever the group has shared the partitions out anew, even if ours are the same. */
  get generation(): number {
    return this.#generation;
  }

  get assigned(): readonly { readonly topic: string; readonly partition: number }[] {
    return this.#assigned;
  }

  /** The id of a topic as it was when the group was joined: a topic that is created anew has another. */
  topicId(topic: string): string {
    const id = this.#ids.get(topic);
    if (id === undefined) throw new Error(`${topic} is not read here`);
    return id;
  }

  /** All partitions of the topics with the beginning and end of their logs. Throws TOPIC_UNKNOWN and the BROKER_* errors. */
  async logs(): Promise<PartitionLog[]> {
    try {
      const topics = [...this.#topics];
      const asked = Promise.all([
        this.#client.listOffsets({ topics, timestamp: -2n }),
        this.#client.listOffsets({ topics, timestamp: -1n }),
      ]);
      const [starts, ends] = await untilAnswered(asked, this.#signal);
      return topics.flatMap((topic) =>
        (starts.get(topic) ?? []).map((start, partition) => ({
          topic,
          partition,
          start,
          end: ends.get(topic)?.[partition] ?? start,
        })),
      );
    } catch (error) {
      throw asBrokerError(error, this.#topics[0]);
    }
  }

  /** Offset of the first record at or after a time in every partition; the end where there is none. */
  async offsetsAt(timeMs: number): Promise<ReadFrom[]> {
    try {
      const asked = this.#client.listOffsets({ topics: [...this.#topics], timestamp: BigInt(timeMs) });
      const found = await untilAnswered(asked, this.#signal);
      const logs = await this.logs();
      return logs.map(({ topic, partition, end }) => {
        const offset = found.get(topic)?.[partition] ?? -1n;
        return { topic, partition, offset: offset < 0n ? end : offset };
      });
    } catch (error) {
      throw asBrokerError(error, this.#topics[0]);
    }
  }

  /** Reads on from these positions; waits up to `maxWaitMs` for `minBytes` (1: for the first record). Throws BROKER_* errors, also when the membership was lost. */
  async read(from: readonly ReadFrom[], maxWaitMs: number, minBytes: number): Promise<ReadOutcome> {
    if (this.#failure !== null) throw asBrokerError(membershipLost(this.#failure), this.#topics[0]);
    try {
      const metadata = await untilAnswered(this.#client.metadata({ topics: [...this.#topics] }), this.#signal);
      const byLeader = Map.groupBy(
        from,
        ({ topic, partition }) => metadata.topics.get(topic)?.partitions[partition]?.leader ?? -1,
      );
      const parts: ReadPart[] = [];
      const partitionBytes = Math.max(PARTITION_BYTES, Math.ceil(REQUEST_BYTES / Math.max(1, from.length)));
      for (const [node, positions] of byLeader) {
        // Only one broker may be waited for; the others are asked what they have.
        const waitMs = byLeader.size === 1 ? maxWaitMs : Math.min(maxWaitMs, 10);
        const asked = this.#client.fetch({
          node,
          maxWaitTime: waitMs,
          minBytes,
          maxBytes: REQUEST_BYTES,
          topics: [...Map.groupBy(positions, ({ topic }) => topic)].map(([topic, list]) => ({
            topicId: this.topicId(topic),
            partitions: list.map(({ partition, offset }) => ({
              partition,
              fetchOffset: offset,
              currentLeaderEpoch: -1,
              lastFetchedEpoch: -1,
              partitionMaxBytes: partitionBytes,
            })),
          })),
        });
        const response = await untilAnswered(asked, this.#signal);
        parts.push(...this.#partsOf(response, positions));
      }
      return { kind: 'read', parts };
    } catch (error) {
      const failure = error as Error;
      if (findErrorBy(failure, 'apiId', 'OFFSET_OUT_OF_RANGE')) return { kind: 'outside' };
      if (
        findErrorBy(failure, 'apiId', 'UNKNOWN_TOPIC_ID') ||
        findErrorBy(failure, 'apiId', 'UNKNOWN_TOPIC_OR_PARTITION')
      )
        return { kind: 'gone' };
      throw asBrokerError(error, this.#topics[0]);
    }
  }

  #partsOf(response: FetchResponse, from: readonly ReadFrom[]): ReadPart[] {
    const nameOf = new Map([...this.#ids].map(([topic, id]) => [id, topic]));
    return response.responses.flatMap(({ topicId, partitions }) => {
      const topic = nameOf.get(topicId) ?? '';
      return partitions.flatMap((found) => {
        const asked = from.find((position) => position.topic === topic && position.partition === found.partitionIndex);
        if (asked === undefined) return [];
        const records: TopicRecord[] = [];
        let next = asked.offset;
        for (const batch of found.records ?? []) next = readBatch(batch, asked, records, next);
        return [{ topic, partition: asked.partition, records, next, end: found.lastStableOffset }];
      });
    });
  }

  /** Tells the group how far we are, for tools that show lag. Nobody reads it again, and a failure changes nothing. */
  async commitHint(positions: readonly ReadFrom[]): Promise<void> {
    await this.#client
      .commit({
        offsets: positions.map(({ topic, partition, offset }) => ({ topic, partition, offset, leaderEpoch: -1 })),
      })
      .catch(() => undefined);
  }

  /** Leaves the group, so that the others need not wait for our silence; gives up after a few seconds. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([this.#client.close(true).catch(() => undefined), late]);
    clearTimeout(timer);
  }
}

/** Appends the records of a batch from the offset asked for on; returns where to go on. */
function readBatch(batch: RecordsBatch, asked: ReadFrom, into: TopicRecord[], next: bigint): bigint {
  const end = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
  if ((batch.attributes & IS_CONTROL) !== 0) return end > next ? end : next;
  const first = Number(batch.firstTimestamp);
  for (const record of batch.records) {
    const offset = batch.firstOffset + BigInt(record.offsetDelta);
    if (offset < next) continue;
    into.push({
      topic: asked.topic,
      partition: asked.partition,
      offset,
      timestampMs: first + Number(record.timestampDelta),
      key: record.key,
      value: record.value,
      headers: record.headers,
    });
  }
  return end > next ? end : next;
}

function membershipLost(cause: Error): Error {
  return Object.assign(new Error(`the membership in the group was lost: ${cause.message}`, { cause }), {
    canRetry: true,
  });
}
