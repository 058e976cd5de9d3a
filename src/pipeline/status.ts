// How far everything is: what the warehouse says, and, where Kafka answers, how much each group has still to read. It changes nothing and waits for nobody.
import type pg from 'pg';
import type { BrokerSettings } from '../broker/connection.ts';
import { type PositionHint, TopicAdmin, type TopicState } from '../broker/topics.ts';
import { EsteiraError } from '../lib/errors.ts';
import { streamGroup } from '../model/message.ts';
import {
  type LastBatch,
  type OpenQuarantine,
  readIncidents,
  readLastBatch,
  readOpenQuarantine,
  readTopicPositions,
  type StoredIncident,
} from '../storage/status-read.ts';
import { lagOf } from './lag.ts';

export interface PartitionStatus {
  readonly topic: string;
  readonly group: string;
  readonly partition: number;
  /** Next offset to read: as in the warehouse, or, of a stream, as its client has written it down in Kafka. */
  readonly position: string;
  /** End of the log, and how many messages lie between; null when Kafka does not answer or has another topic of this name. */
  readonly end: string | null;
  readonly lag: number | null;
  /** ISO 8601, UTC; null for a stream, of which Kafka does not tell it. */
  readonly movedAt: string | null;
}

export interface StatusReport {
  readonly partitions: readonly PartitionStatus[];
  /** Why the lag is not known; null when it is, or when no topic was ever read. */
  readonly kafkaProblem: string | null;
  readonly lastBatch: LastBatch | null;
  readonly quarantine: OpenQuarantine;
  readonly incidents: readonly StoredIncident[];
}

const MOST_INCIDENTS = 5;
/** Whoever looks does not want to wait for a Kafka that hangs. */
const ANSWER_MS = 3000;

/** Throws WAREHOUSE_*; a Kafka that does not answer is told in the report, and is not asked where no topic was ever read. */
export async function readStatus(client: pg.Client, broker: BrokerSettings): Promise<StatusReport> {
  const stored = await readTopicPositions(client);
  const kafka = await askKafka(broker, [...new Set(stored.map(({ topic }) => topic))]);
  const loaded = stored.map(({ topicId, clusterId, ...place }): PartitionStatus => {
    const state = kafka.states.get(place.topic);
    const isSame = state?.topicId === topicId && state.clusterId === clusterId;
    return { ...place, ...behind(place.position, isSame ? state.partitions[place.partition]?.latest : undefined) };
  });
  return {
    partitions: [...kafka.streamed, ...loaded],
    kafkaProblem: kafka.problem,
    lastBatch: await readLastBatch(client),
    quarantine: await readOpenQuarantine(client),
    incidents: await readIncidents(client, MOST_INCIDENTS),
  };
}

function behind(position: string, end: bigint | undefined): Pick<PartitionStatus, 'end' | 'lag'> {
  if (end === undefined) return { end: null, lag: null };
  return { end: String(end), lag: Number(lagOf({ position: BigInt(position), end })) };
}

interface KafkaAnswer {
  readonly states: ReadonlyMap<string, TopicState>;
  /** How far Spark has come with what it fills these topics from. */
  readonly streamed: readonly PartitionStatus[];
  readonly problem: string | null;
}

async function askKafka(broker: BrokerSettings, topics: readonly string[]): Promise<KafkaAnswer> {
  if (topics.length === 0) return { states: new Map(), streamed: [], problem: null };
  const admin = new TopicAdmin(broker, ANSWER_MS);
  const states = new Map<string, TopicState>();
  try {
    for (const topic of topics) await describeInto(states, admin, topic);
    const hints = await admin.hints(topics.map(streamGroup)).catch(noneIfRefused);
    for (const { topic } of hints) if (!states.has(topic)) await describeInto(states, admin, topic);
    return { states, streamed: streamedOf(hints, states), problem: null };
  } catch (error) {
    if (!(error instanceof EsteiraError)) throw error;
    return { states, streamed: [], problem: error.why };
  } finally {
    await admin.close();
  }
}

/** Leaves out a topic that is not there. */
async function describeInto(states: Map<string, TopicState>, admin: TopicAdmin, topic: string): Promise<void> {
  try {
    states.set(topic, await admin.describe(topic));
  } catch (error) {
    if (!(error instanceof EsteiraError) || error.code !== 'TOPIC_UNKNOWN') throw error;
  }
}

/** Who may not ask about the group still learns of the topics. */
function noneIfRefused(error: unknown): [] {
  if (error instanceof EsteiraError && error.code === 'BROKER_REFUSED') return [];
  throw error;
}

function streamedOf(hints: readonly PositionHint[], states: ReadonlyMap<string, TopicState>): PartitionStatus[] {
  return hints.flatMap(({ group, topic, positions }) =>
    (states.get(topic)?.partitions ?? []).map(({ partition, earliest, latest }): PartitionStatus => {
      const position = String(positions.get(partition) ?? earliest);
      return { topic, group, partition, position, ...behind(position, latest), movedAt: null };
    }),
  );
}
