// Topics as the cluster knows them: creating one, and asking for its identity, its partitions and how far they reach.
// It never deletes a topic or a record, and reads no record.
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, ConfigResourceTypes } from '@platformatic/kafka';
import { fail } from '../catalog/errors.ts';
import { EsteiraError } from '../lib/errors.ts';
import { asBrokerError, type BrokerSettings, clientOptions, unknownTopic } from './connection.ts';

/** Enough for several consumers and more orders than one store has; it cannot be lowered later. */
export const DEFAULT_PARTITIONS = 6;
/** A week: orders hold personal data, so how long a topic keeps them is always stated. */
export const DEFAULT_RETENTION_MS = 7 * 24 * 3_600_000;
/** Kafka's own default of max.message.bytes. */
export const DEFAULT_MAX_MESSAGE_BYTES = 1_048_588;

const EARLIEST = -2n;
const LATEST = -1n;

/** A topic and how far it reaches, at one moment. */
export interface TopicState {
  readonly name: string;
  /** Changes when a topic is deleted and created again: offsets mean something only together with it. */
  readonly topicId: string;
  readonly clusterId: string;
  readonly partitions: readonly PartitionState[];
}

export interface PartitionState {
  readonly partition: number;
  /** First offset that can still be read. */
  readonly earliest: bigint;
  /** Offset that the next record will have. */
  readonly latest: bigint;
}

export interface TopicPlan {
  readonly partitions: number;
  readonly retentionMs: number;
  /** Copies on different brokers; absent: as the cluster decides. */
  readonly replicas?: number;
  /** Largest batch of records, after compression; absent: as the cluster decides. */
  readonly maxMessageBytes?: number;
}

/** How far a group says that it has read a topic. */
export interface PositionHint {
  readonly group: string;
  readonly topic: string;
  /** By partition. */
  readonly positions: ReadonlyMap<number, bigint>;
}

/** A topic that the controller has just created is not yet known to every broker. */
const KNOWN_MS = 10_000;
const KNOWN_POLL_MS = 50;

/** One connection for questions about topics. Close it at the end. */
export class TopicAdmin {
  readonly #admin: Admin;
  #isClosed = false;

  /** @param answerMs no question waits longer for a broker that is there and silent, or tries twice; without it as long as Kafka's clients do */
  constructor(settings: BrokerSettings, answerMs?: number) {
    const options = clientOptions(settings, 'admin');
    this.#admin = new Admin(
      answerMs === undefined ? options : { ...options, requestTimeout: answerMs, connectTimeout: answerMs, retries: 0 },
    );
  }

  /** The topic at this moment. Throws TOPIC_UNKNOWN, BROKER_UNREACHABLE, BROKER_REFUSED. */
  async describe(topic: string): Promise<TopicState> {
    return this.#ask(topic, async () => {
      const metadata = await this.#admin.metadata({ topics: [topic], forceUpdate: true });
      const found = metadata.topics.get(topic);
      if (!found) throw unknownTopic(topic);
      const [earliest, latest] = [
        await this.#offsets(topic, found.partitionsCount, EARLIEST),
        await this.#offsets(topic, found.partitionsCount, LATEST),
      ];
      return {
        name: topic,
        topicId: found.id,
        clusterId: metadata.id,
        partitions: Array.from({ length: found.partitionsCount }, (_, partition) => ({
          partition,
          earliest: earliest.get(partition) ?? 0n,
          latest: latest.get(partition) ?? 0n,
        })),
      };
    });
  }

  /**
   * Creates a topic unless it is there, and resolves when it can be used; true when it was created. An existing one is left as it is. Throws TOPIC_REFUSED and
   * the BROKER_* errors.
   */
  async ensure(topic: string, plan: TopicPlan): Promise<boolean> {
    const isNew = await this.#create(topic, plan);
    const deadline = performance.now() + KNOWN_MS;
    for (;;) {
      try {
        await this.describe(topic);
        await this.maxMessageBytes(topic);
        return isNew;
      } catch (error) {
        const passes = error instanceof EsteiraError && (error.code === 'TOPIC_UNKNOWN' || error.retryable);
        if (!passes || this.#isClosed || performance.now() > deadline) throw error;
        await sleep(KNOWN_POLL_MS);
      }
    }
  }

  async #create(topic: string, plan: TopicPlan): Promise<boolean> {
    try {
      await this.#admin.createTopics({
        topics: [topic],
        partitions: plan.partitions,
        replicas: plan.replicas ?? -1,
        configs: [
          { name: 'retention.ms', value: String(plan.retentionMs) },
          ...(plan.maxMessageBytes === undefined
            ? []
            : [{ name: 'max.message.bytes', value: String(plan.maxMessageBytes) }]),
        ],
      });
      return true;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal?.apiId === 'TOPIC_ALREADY_EXISTS') return false;
      if (refusal !== undefined) {
        throw fail('TOPIC_REFUSED', {
          what: `Kafka did not create the topic ${topic}.`,
          why: refusal.serverErrorMessage ?? refusal.message,
          fix: 'Choose another name or other numbers of partitions and replicas, or have the topic created by whoever runs Kafka.',
          cause: error,
        });
      }
      throw asBrokerError(error, topic);
    }
  }

  /** Size in bytes that one batch of records may have, after compression. Kafka's default where it may not be asked. */
  async maxMessageBytes(topic: string): Promise<number> {
    try {
      return await this.#limit(topic);
    } catch (error) {
      if (error instanceof EsteiraError && error.code === 'BROKER_REFUSED') return DEFAULT_MAX_MESSAGE_BYTES;
      throw error;
    }
  }

  #limit(topic: string): Promise<number> {
    return this.#ask(topic, async () => {
      const answers = await this.#admin.describeConfigs({
        resources: [
          { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configurationKeys: ['max.message.bytes'] },
        ],
      });
      const value = Number(answers[0]?.configs.find((config) => config.name === 'max.message.bytes')?.value);
      return Number.isSafeInteger(value) && value > 0 ? value : DEFAULT_MAX_MESSAGE_BYTES;
    });
  }

  /**
   * Writes down how far a group has read a topic, for tools that show lag; nothing of ours goes on from there. Throws TOPIC_UNKNOWN and the BROKER_*
   * errors, also for a group that has members.
   */
  async commitHint(group: string, topic: string, positions: ReadonlyMap<number, bigint>): Promise<void> {
    const partitionOffsets = [...positions].map(([partition, offset]) => ({ partition, offset }));
    await this.#ask(topic, () =>
      this.#admin.alterConsumerGroupOffsets({ groupId: group, topics: [{ name: topic, partitionOffsets }] }),
    );
  }

  /** What was written down for these groups: those that nobody knows have no positions. Throws the BROKER_* errors. */
  async hints(groups: readonly string[]): Promise<PositionHint[]> {
    const found = await this.#ask(undefined, () => this.#admin.listConsumerGroupOffsets({ groups: [...groups] }));
    return found.flatMap(({ groupId, topics }) =>
      topics.map(({ name, partitions }) => ({
        group: groupId,
        topic: name,
        positions: new Map(partitions.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset])),
      })),
    );
  }

  /** What is being asked then breaks off. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#admin.close().catch(() => undefined);
  }

  async #offsets(topic: string, partitionCount: number, timestamp: bigint): Promise<Map<number, bigint>> {
    const partitions = Array.from({ length: partitionCount }, (_, partitionIndex) => ({ partitionIndex, timestamp }));
    const answers = await this.#admin.listOffsets({ topics: [{ name: topic, partitions }] });
    return new Map(
      answers.flatMap((answer) => answer.partitions.map(({ partitionIndex, offset }) => [partitionIndex, offset])),
    );
  }

  async #ask<T>(topic: string | undefined, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw asBrokerError(error, topic);
    }
  }
}

interface Refusal {
  readonly apiId: string;
  readonly message: string;
  readonly serverErrorMessage?: string | null;
}

/** Kafka's own answer to a request to create, when it is about the topic and not about rights or the way there. */
function refusalOf(error: unknown): Refusal | undefined {
  const about = new Set([
    'TOPIC_ALREADY_EXISTS',
    'INVALID_TOPIC_EXCEPTION',
    'INVALID_PARTITIONS',
    'INVALID_REPLICATION_FACTOR',
    'INVALID_CONFIG',
    'POLICY_VIOLATION',
  ]);
  const failure = error as { apiId?: string; errors?: unknown[] } | null;
  if (failure?.apiId !== undefined && about.has(failure.apiId)) return failure as Refusal;
  for (const inner of failure?.errors ?? []) {
    const found = refusalOf(inner);
    if (found) return found;
  }
  return undefined;
}
