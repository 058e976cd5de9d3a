// The verb `stream`: Spark reads the raw topic, transforms, and fills the treated and the rejected topic, for as long as it is let. This process only
// watches: it sees to it that the query runs, and tells how it is doing. It sees no order and prints nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrokerSettings } from '../../broker/connection.ts';
import type { TopicPlan } from '../../broker/topics.ts';
import type { SparkAddress } from '../../engines/spark/connect/address.ts';
import type { Trigger } from '../../engines/spark/streaming.ts';
import { EsteiraError } from '../../lib/errors.ts';
import type { PartitionLag } from '../lag.ts';
import { isInterruption } from '../retry.ts';
import { StreamLag } from './lag.ts';
import { QueryWatch } from './query-watch.ts';
import { stopDeadlines } from './stop-deadlines.ts';

export interface StreamOptions {
  readonly spark: SparkAddress;
  readonly ca?: string | undefined;
  readonly broker: BrokerSettings;
  /** Brokers as Spark reaches them. */
  readonly sparkBootstrap: readonly string[];
  readonly topics: { readonly raw: string; readonly treated: string; readonly rejected: string };
  /** How the treated and the rejected topic are created when they are missing. */
  readonly create: TopicPlan | undefined;
  readonly checkpoint: string;
  readonly trigger: Trigger;
  readonly maxRecordsPerBatch: number | undefined;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: StreamProgress) => void;
}

export type StreamProgress =
  /** `start`: 1 for the first of this command. */
  | { readonly kind: 'started'; readonly start: number; readonly endedOrphans: number }
  /** A batch that had records has ended; `seconds` as Spark measures them. */
  | {
      readonly kind: 'batch';
      readonly batch: number;
      readonly records: number;
      readonly seconds: number;
      readonly recordsPerSecond: number;
    }
  /** So much is left to read; `isFresh`: as Kafka has just answered, else by what it said last. */
  | { readonly kind: 'lag'; readonly partitions: readonly PartitionLag[]; readonly isFresh: boolean }
  /** Kafka does not answer us, or refuses: told every few seconds. Spark itself waits for minutes before the query fails. */
  | { readonly kind: 'kafka-away'; readonly reason: string }
  /** `code` of the error: what is waited for, or SPARK_FAILED. */
  | { readonly kind: 'failed'; readonly code: string; readonly reason: string; readonly waitMs: number };

export interface StreamReport {
  readonly records: number;
  readonly batches: number;
  /** Times the query was started again after the first. */
  readonly restarts: number;
  readonly wasStopped: boolean;
  /** Spark did not say in time that the query has ended: it may go on until the next start of this stream ends it. */
  readonly mayStillRun: boolean;
  readonly seconds: number;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
/** A query that failed leaves its plan with Spark for an hour: a fault that lasts all night must not fill Spark's memory with them. */
const LONGEST_WAIT_AFTER_QUERY_MS = 600_000;
/** After so long without a failure, the waits begin anew. */
const CALM_MS = 120_000;
/** Who wants the topic read once and no more waits no longer than this many failures in a row. */
const FAILURES_OF_ONE_READING = 5;

/** Runs the stream until it is told to stop, or, with the trigger available-now, until the topic is read. Throws what no restart can repair. */
export async function stream(options: StreamOptions): Promise<StreamReport> {
  const began = performance.now();
  const lag = new StreamLag(options.broker, options.topics, {
    lag: (partitions, isFresh) => options.onProgress?.({ kind: 'lag', partitions, isFresh }),
    away: (reason) => options.onProgress?.({ kind: 'kafka-away', reason }),
  });
  const stop = stopDeadlines(options.signal);
  const watch = new QueryWatch(options, lag, stop);
  try {
    await watchOn(watch, options, stop.told);
  } finally {
    stop.cancel();
    await lag.stop();
  }
  return {
    ...watch.counts,
    wasStopped: stop.told.aborted,
    mayStillRun: watch.mayRun,
    seconds: (performance.now() - began) / 1000,
  };
}

/** Starts the query again and again, with growing waits. */
async function watchOn(watch: QueryWatch, options: StreamOptions, told: AbortSignal): Promise<void> {
  for (let failures = 0; !told.aborted;) {
    const startedAt = performance.now();
    try {
      return await watch.run();
    } catch (error) {
      if (isInterruption(error, told)) return;
      if (!(error instanceof EsteiraError) || !watch.isWorthAnotherStart(error)) throw error;
      failures = performance.now() - startedAt > CALM_MS ? 0 : failures + 1;
      if (options.trigger.kind === 'available-now' && failures >= FAILURES_OF_ONE_READING) throw error;
      const longest = error.code === 'SPARK_FAILED' ? LONGEST_WAIT_AFTER_QUERY_MS : LONGEST_WAIT_MS;
      const waitMs = Math.min(longest, FIRST_WAIT_MS * 2 ** Math.min(failures, 10));
      options.onProgress?.({ kind: 'failed', code: error.code, reason: `${error.what} ${error.why}`, waitMs });
      await sleep(waitMs, undefined, { signal: told }).catch(() => undefined);
    }
  }
}
