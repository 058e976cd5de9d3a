// A streaming query at the Spark Connect server: started, looked at, stopped; and the queries that a client which died has left running.
// It decides nothing: what a failure means and whether to start again is up to the caller.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { StreamingQueryCommandSchema } from './connect/protocol/connect_pb.js';
import { sqlRelation, type RelationInit, type SparkSession } from './connect/session.ts';

export type Trigger =
  | { readonly kind: 'default' }
  | { readonly kind: 'interval'; readonly interval: string }
  | { readonly kind: 'available-now' }
  | { readonly kind: 'real-time'; readonly batchDuration: string };

export interface QueryPlan {
  readonly name: string;
  /** The SELECT that gives key, value, headers, topic. */
  readonly sql: string;
  /** Options of the Kafka sink. */
  readonly options: Readonly<Record<string, string>>;
  /** Folder that the server and its executors can reach. */
  readonly checkpoint: string;
  readonly trigger: Trigger;
}

/** Ids of a running query. */
export interface QueryId {
  readonly id: string;
  readonly runId: string;
}

export interface QueryStatus {
  readonly isActive: boolean;
  readonly message: string;
}

/** What Spark reports after each batch; offsets are JSON texts {topic: {partition: offset}} or objects, depending on the version. */
export interface QueryProgress {
  readonly batchId: number;
  readonly timestamp: string;
  readonly durationMs: Readonly<Record<string, number>>;
  readonly sources: readonly {
    readonly numInputRows: number;
    readonly inputRowsPerSecond?: number;
    readonly processedRowsPerSecond?: number;
    readonly endOffset: unknown;
    readonly latestOffset: unknown;
    readonly metrics?: Readonly<Record<string, string>>;
  }[];
}

/** A Kafka topic as a stream. */
export function kafkaStream(options: Readonly<Record<string, string>>): RelationInit {
  return {
    relType: {
      case: 'read',
      value: {
        isStreaming: true,
        readType: { case: 'dataSource', value: { format: 'kafka', options: { ...options } } },
      },
    },
  };
}

function triggerOf(trigger: Trigger) {
  switch (trigger.kind) {
    case 'interval':
      return { case: 'processingTimeInterval' as const, value: trigger.interval };
    case 'available-now':
      return { case: 'availableNow' as const, value: true };
    case 'real-time':
      return { case: 'realTimeBatchDuration' as const, value: trigger.batchDuration };
    case 'default':
      return { case: 'processingTimeInterval' as const, value: '0 seconds' };
    default:
      return trigger satisfies never;
  }
}

/** Starts a query into Kafka. */
export async function startQuery(session: SparkSession, plan: QueryPlan): Promise<QueryId> {
  const responses = await session.command({
    commandType: {
      case: 'writeStreamOperationStart',
      value: {
        input: sqlRelation(plan.sql),
        format: 'kafka',
        options: { ...plan.options, checkpointLocation: plan.checkpoint },
        trigger: triggerOf(plan.trigger),
        outputMode: plan.trigger.kind === 'real-time' ? 'update' : 'append',
        queryName: plan.name,
      },
    },
  });
  for (const { responseType } of responses)
    if (responseType.case === 'writeStreamOperationStartResult' && responseType.value.queryId)
      return { id: responseType.value.queryId.id, runId: responseType.value.queryId.runId };
  throw new Error('Spark started a query without saying which');
}

/** Queries that run in this session. */
export async function activeQueries(session: SparkSession): Promise<QueryId[]> {
  const responses = await session.command({
    commandType: { case: 'streamingQueryManagerCommand', value: { command: { case: 'active', value: true } } },
  });
  return responses.flatMap(({ responseType }) => {
    if (responseType.case !== 'streamingQueryManagerCommandResult' || responseType.value.resultType.case !== 'active')
      return [];
    return responseType.value.resultType.value.activeQueries.flatMap(({ id }) =>
      id ? [{ id: id.id, runId: id.runId }] : [],
    );
  });
}

type Command = NonNullable<MessageInitShape<typeof StreamingQueryCommandSchema>['command']>;

async function ask(session: SparkSession, queryId: QueryId, command: Command) {
  const responses = await session.command({
    commandType: { case: 'streamingQueryCommand', value: { queryId: { ...queryId }, command } },
  });
  for (const { responseType } of responses)
    if (responseType.case === 'streamingQueryCommandResult') return responseType.value.resultType;
  return undefined;
}

export async function statusOf(session: SparkSession, query: QueryId): Promise<QueryStatus> {
  const result = await ask(session, query, { case: 'status', value: true });
  return result?.case === 'status'
    ? { isActive: result.value.isActive, message: result.value.statusMessage }
    : { isActive: false, message: '' };
}

/** The reports of the last batches, oldest first. */
export async function recentProgress(session: SparkSession, query: QueryId): Promise<QueryProgress[]> {
  const result = await ask(session, query, { case: 'recentProgress', value: true });
  return result?.case === 'recentProgress'
    ? result.value.recentProgressJson.map((json) => JSON.parse(json) as QueryProgress)
    : [];
}

/** Why the query ended; null when it was stopped, is done or runs. */
export async function exceptionOf(
  session: SparkSession,
  query: QueryId,
): Promise<{ readonly errorClass: string; readonly message: string } | null> {
  const result = await ask(session, query, { case: 'exception', value: true });
  if (result?.case !== 'exception' || result.value.exceptionMessage === undefined) return null;
  return { errorClass: result.value.errorClass ?? '', message: result.value.exceptionMessage };
}

/** Ends a query and waits for its end. The batch under way is given up: the next start does it again. */
export async function stopQuery(session: SparkSession, query: QueryId): Promise<void> {
  await ask(session, query, { case: 'stop', value: true });
  await ask(session, query, { case: 'awaitTermination', value: { timeoutMs: 30_000n } });
}

/** How far a checkpoint has got: the offsets of its newest planned batch, by partition; null when it has none. */
export async function checkpointOffsets(
  session: SparkSession,
  checkpoint: string,
  topic: string,
): Promise<Map<number, bigint> | null> {
  let rows: { n: string; value: string }[];
  try {
    rows = await session.rows<{ n: string; value: string }>(
      `SELECT n, value FROM (
         SELECT _metadata.file_name AS n, value, max(CAST(_metadata.file_name AS BIGINT)) OVER () AS newest
         FROM text.\`${checkpoint.replaceAll('`', '``')}/offsets\` WHERE _metadata.file_name RLIKE '^[0-9]+$')
       WHERE CAST(n AS BIGINT) = newest`,
    );
  } catch (error) {
    if (/PATH_NOT_FOUND/.test(String((error as { errorClass?: unknown }).errorClass))) return null;
    throw error;
  }
  for (const { value } of rows) {
    if (!value.startsWith('{')) continue;
    const byTopic = (JSON.parse(value) as Record<string, Record<string, number> | undefined>)[topic];
    if (byTopic !== undefined)
      return new Map(Object.entries(byTopic).map(([partition, offset]) => [Number(partition), BigInt(offset)]));
  }
  return null;
}
