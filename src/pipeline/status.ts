// How far everything is: what the warehouse says, and, where Kafka answers, how much each group has still to read. It changes nothing and waits for nobody.
import type pg from 'pg';
import type { BrokerSettings } from '../broker/connection.ts';
import { TopicAdmin, type TopicState } from '../broker/topics.ts';
import { EsteiraError } from '../lib/errors.ts';
import {
  type LastBatch,
  type OpenQuarantine,
  readIncidents,
  readLastBatch,
  readOpenQuarantine,
  readTopicPositions,
  type StoredIncident,
} from '../storage/status-read.ts';

export interface PartitionStatus {
  readonly topic: string;
  readonly group: string;
  readonly partition: number;
  /** Next offset to read, as in the warehouse. */
  readonly position: string;
  /** End of the log, and how many messages lie between; null when Kafka does not answer or has another topic of this name. */
  readonly end: string | null;
  readonly lag: number | null;
  readonly movedAt: string;
}

export interface StatusReport {
  readonly partitions: readonly PartitionStatus[];
  /** Why the lag is not known; null when it is, or when no topic was ever read. */
  readonly kafka: string | null;
  readonly lastBatch: LastBatch | null;
  readonly quarantine: OpenQuarantine;
  readonly incidents: readonly StoredIncident[];
}

const MOST_INCIDENTS = 5;

/** Throws WAREHOUSE_*; a Kafka that does not answer is told in the report. */
export async function readStatus(client: pg.Client, broker: BrokerSettings): Promise<StatusReport> {
  const stored = await readTopicPositions(client);
  const { states, problem } = await describeTopics(broker, [...new Set(stored.map(({ topic }) => topic))]);
  return {
    partitions: stored.map(({ topic, group, topicId, clusterId, partition, position, movedAt }) => {
      const state = states.get(topic);
      const isSame = state !== undefined && state.topicId === topicId && state.clusterId === clusterId;
      const end = isSame ? (state.partitions[partition]?.latest ?? null) : null;
      return {
        topic,
        group,
        partition,
        position,
        end: end === null ? null : String(end),
        lag: end === null ? null : Math.max(0, Number(end - BigInt(position))),
        movedAt,
      };
    }),
    kafka: problem,
    lastBatch: await readLastBatch(client),
    quarantine: await readOpenQuarantine(client),
    incidents: await readIncidents(client, MOST_INCIDENTS),
  };
}

async function describeTopics(
  broker: BrokerSettings,
  topics: readonly string[],
): Promise<{ states: Map<string, TopicState>; problem: string | null }> {
  const states = new Map<string, TopicState>();
  if (topics.length === 0) return { states, problem: null };
  const admin = new TopicAdmin(broker);
  try {
    for (const topic of topics) {
      try {
        states.set(topic, await admin.describe(topic));
      } catch (error) {
        if (!(error instanceof EsteiraError)) throw error;
        if (error.code !== 'TOPIC_UNKNOWN') return { states, problem: error.why };
      }
    }
    return { states, problem: null };
  } finally {
    await admin.close();
  }
}
