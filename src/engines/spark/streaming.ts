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

/** What Spark reports after each batch; `topicOffsets` reads the offsets. */
export interface QueryProgress {
  readonly batchId: number;
  readonly durationMs: Readonly<Record<string, number>>;
  readonly sources: readonly {
    readonly numInputRows: number;
    readonly processedRowsPerSecond?: number;
    readonly endOffset: unknown;
  }[];
}

/** Spark answers these from its memory; where it does not, it hangs. Ending a query waits for its batch to break off. */
const QUESTION_TIMEOUT_MS = 60_000;

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
  const responses = await session.command(
    { commandType: { case: 'streamingQueryManagerCommand', value: { command: { case: 'active', value: true } } } },
    { timeoutMs: QUESTION_TIMEOUT_MS },
  );
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
  const responses = await session.command(
    { commandType: { case: 'streamingQueryCommand', value: { queryId: { ...queryId }, command } } },
    { timeoutMs: QUESTION_TIMEOUT_MS },
  );
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

/** Offsets by partition. */
export type Offsets = ReadonlyMap<number, bigint>;

/** How far a checkpoint has got. */
export interface CheckpointOffsets {
  /** Where its newest planned batch ends: the query does that one again when it was not finished. */
  readonly planned: Offsets;
  /** Where its newest finished batch ends; null before the first. */
  readonly finished: Offsets | null;
}

/** The offsets of a checkpoint's newest batches; null when it has planned none. */
export async function checkpointOffsets(
  session: SparkSession,
  checkpoint: string,
  topic: string,
): Promise<CheckpointOffsets | null> {
  const lines = (folder: string, where: string): string =>
    `SELECT n, value FROM (
       SELECT CAST(_metadata.file_name AS BIGINT) AS n, value, max(CAST(_metadata.file_name AS BIGINT)) OVER () AS newest
       FROM text.\`${checkpoint.replaceAll('`', '``')}/${folder}\` WHERE _metadata.file_name RLIKE '^[0-9]+$')
     WHERE ${where}`;
  const committed = await rowsIfThere<{ n: number }>(session, lines('commits', 'n = newest'));
  const finishedBatch = committed[0]?.n ?? -1;
  const offsets = await rowsIfThere<{ n: number; value: string }>(
    session,
    lines('offsets', `n = newest OR n = ${finishedBatch}`),
  );
  const of = (batch: number): Offsets | null =>
    offsets.flatMap(({ n, value }) => (n === batch ? (topicOffsets(value, topic) ?? []) : []))[0] ?? null;
  const planned = of(Math.max(...offsets.map(({ n }) => n)));
  return planned && { planned, finished: of(finishedBatch) };
}

async function rowsIfThere<T>(session: SparkSession, sql: string): Promise<T[]> {
  try {
    return await session.rows<T>(sql);
  } catch (error) {
    if (/PATH_NOT_FOUND/.test(String((error as { errorClass?: unknown }).errorClass))) return [];
    throw error;
  }
}

/** Offsets as Spark writes them: {topic: {partition: offset}}, as text or as an object. Null for anything else, such as a file's first line. */
export function topicOffsets(value: unknown, topic: string): Offsets | null {
  if (typeof value === 'string' && !value.startsWith('{')) return null;
  const byTopic = (typeof value === 'string' ? JSON.parse(value) : value) as Record<string, unknown> | null | undefined;
  const found = byTopic?.[topic];
  if (typeof found !== 'object' || found === null) return null;
  return new Map(Object.entries(found).map(([partition, offset]) => [Number(partition), BigInt(offset as number)]));
}
