// One streaming query under watch: its session and checkpoint entered, its orphan ended, started, looked at every second, ended. What a failure is worth is
// told, and whether to start again left to the caller.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { TopicAdmin, type TopicState } from '../../broker/topics.ts';
import { fail } from '../../catalog/errors.ts';
import { withoutValues } from '../../engines/spark/connect/failure.ts';
import { WriteOperation_SaveMode } from '../../engines/spark/connect/protocol/connect_pb.js';
import { openSparkSession, sqlRelation, type SparkSession } from '../../engines/spark/connect/session.ts';
import { SPARK_SETTINGS } from '../../engines/spark/dialect.ts';
import { PLANNING_SETTINGS } from '../../engines/spark/planning.ts';
import { streamSql, UNKNOWN_CONTRACT } from '../../engines/spark/stream-sql.ts';
import {
  activeQueries,
  checkpointOffsets,
  exceptionOf,
  kafkaStream,
  recentProgress,
  startQuery,
  statusOf,
  stopQuery,
  topicOffsets,
  type QueryId,
} from '../../engines/spark/streaming.ts';
import { EsteiraError, messageOf } from '../../lib/errors.ts';
import { kafkaOptions } from './kafka-options.ts';
import type { StreamLag } from './lag.ts';
import { misfit, type Binding } from './positions.ts';
import type { StopDeadlines } from './stop-deadlines.ts';
import type { StreamOptions, StreamReport } from './stream.ts';

const POLL_MS = 1000;
/** A client that has not been heard of for so long is dead. */
const SILENCE_MS = 20_000;
const HEARTBEAT = 'esteira.stream.heartbeat';
/**
 * Spark's reader asks for the next messages as soon as it has some, and Kafka answers when there are any; before it reads a batch, it asks where the
 * topic begins and ends, and Kafka answers a connection's questions one after the other. With Kafka's own 500 ms, a batch waited for that.
 */
const FETCH_MAX_WAIT_MS = 5;
/**
 * A task of a micro-batch sends its records in few requests: when 128 kB stand ready for a partition, or at its end, when Spark flushes. As they come
 * they would be many small ones, which compress badly, and the consumer would load a batch in two halves.
 */
const LINGER = { 'kafka.linger.ms': '1000', 'kafka.batch.size': String(128 * 1024) };
const RAW_VIEW = 'mensagens_brutas';

export class QueryWatch {
  readonly #options: StreamOptions;
  readonly #lag: StreamLag;
  readonly #stop: StopDeadlines;
  #records = 0;
  #batches = 0;
  #starts = 0;
  #mayRun = false;

  constructor(options: StreamOptions, lag: StreamLag, stop: StopDeadlines) {
    this.#options = options;
    this.#lag = lag;
    this.#stop = stop;
  }

  /** True while a query of ours was started and Spark has not said that it ended. */
  get mayRun(): boolean {
    return this.#mayRun;
  }

  get counts(): Pick<StreamReport, 'records' | 'batches' | 'restarts'> {
    return { records: this.#records, batches: this.#batches, restarts: Math.max(0, this.#starts - 1) };
  }

  /** A failed batch may succeed the next time (a broker away, an executor lost); a query that never started is wrong in itself. */
  isWorthAnotherStart(error: EsteiraError): boolean {
    return error.retryable || (error.code === 'SPARK_FAILED' && this.#starts > 0);
  }

  /** One start of the query, up to its end. Told to stop, it ends the query and returns; where there was none yet, it throws the signal's reason. */
  async run(): Promise<void> {
    const { told, late, over } = this.#stop;
    told.throwIfAborted();
    const breakOff = new AbortController();
    const breakOffNow = (): void => breakOff.abort(told.reason);
    told.addEventListener('abort', breakOffNow);
    late.addEventListener('abort', breakOffNow);
    try {
      const topic = await this.#topics();
      const session = await this.#enter(breakOff.signal);
      let isOurs = false;
      try {
        await this.#refuseSecond(session);
        isOurs = true;
        const prepared = await this.#prepare(session, topic);
        told.throwIfAborted();
        // From here on there is something to end at Spark, and that is given time.
        told.removeEventListener('abort', breakOffNow);
        this.#mayRun = true;
        const query = await this.#start(session, topic, prepared.slots);
        this.#starts += 1;
        this.#options.onProgress?.({ kind: 'started', start: this.#starts, endedOrphans: prepared.endedOrphans });
        await this.#watch(session, query);
      } finally {
        // closing would end the query of the client that runs this stream
        if (!isOurs) session.disconnect();
        else if (await session.close(over)) this.#mayRun = false;
      }
    } finally {
      told.removeEventListener('abort', breakOffNow);
      late.removeEventListener('abort', breakOffNow);
    }
  }

  /** Ends what a dead client left and finds out whether the query can be started. */
  async #prepare(session: SparkSession, topic: TopicState): Promise<{ slots: number; endedOrphans: number }> {
    await session.configure({ ...SPARK_SETTINGS, ...PLANNING_SETTINGS, [HEARTBEAT]: String(Date.now()) });
    const orphans = await activeQueries(session);
    for (const orphan of orphans) await stopQuery(session, orphan);
    const slots = await slotsOf(session);
    if (this.#options.trigger.kind === 'real-time') refuseFewSlots(slots, topic);
    await this.#bind(session, topic);
    return { slots, endedOrphans: orphans.length };
  }

  async #topics(): Promise<TopicState> {
    const { topics, create, broker } = this.#options;
    const { told } = this.#stop;
    const admin = new TopicAdmin(broker);
    // what is being asked then breaks off
    const close = (): void => void admin.close();
    told.addEventListener('abort', close);
    try {
      const raw = await admin.describe(topics.raw);
      const limit = await admin.maxMessageBytes(topics.raw);
      // A rejected message holds its original as text within text, and is larger.
      const plan = create && { ...create, maxMessageBytes: 2 * limit };
      for (const name of [topics.treated, topics.rejected]) {
        if (plan === undefined) await admin.describe(name);
        else await admin.ensure(name, plan);
      }
      return raw;
    } catch (error) {
      told.throwIfAborted();
      throw error;
    } finally {
      told.removeEventListener('abort', close);
      await admin.close();
    }
  }

  /** The session of this stream, the same for every client: whoever comes after a client that died finds its query there. */
  async #enter(signal: AbortSignal): Promise<SparkSession> {
    const { spark, ca, checkpoint, topics } = this.#options;
    for (let n = 0; ; n++) {
      const id = uuidOf(`${spark.userId} ${topics.raw} ${checkpoint} ${n}`);
      const session = openSparkSession(spark, { id, ca, signal });
      try {
        await session.version();
        return session;
      } catch (error) {
        session.disconnect();
        // A session that the server has closed for being idle cannot be entered again.
        if (!(error instanceof EsteiraError) || error.code !== 'SPARK_SESSION_LOST' || n >= 100) throw error;
      }
    }
  }

  async #refuseSecond(session: SparkSession): Promise<void> {
    if ((await activeQueries(session)).length === 0) return;
    const silentMs = Date.now() - Number((await session.setting(HEARTBEAT)) ?? 0);
    if (silentMs > SILENCE_MS) return;
    const before = await session.setting(HEARTBEAT);
    await sleep(3 * POLL_MS, undefined, { signal: this.#stop.told });
    if ((await session.setting(HEARTBEAT)) === before) return;
    throw fail('STREAM_RUNNING', {
      what: `The stream from ${this.#options.topics.raw} with this checkpoint is run by another client.`,
      why: 'Its query runs, and the client was heard of seconds ago.',
      fix: 'Leave it to the other one, or stop that first.',
    });
  }

  /** Writes down which topic a new checkpoint belongs to, and compares an old one. */
  async #bind(session: SparkSession, topic: TopicState): Promise<void> {
    const path = `${this.#options.checkpoint}/topico`;
    const binding = await readBinding(session, path);
    const offsets = await checkpointOffsets(session, this.#queryFolder, topic.name);
    const problem = misfit(topic, binding, offsets);
    if (problem !== null) throw problem;
    this.#lag.stands(offsets?.finished ?? new Map());
    if (binding !== null) return;
    const input = sqlRelation('SELECT :topic AS topico_id, :cluster AS cluster_id', {
      topic: topic.topicId,
      cluster: topic.clusterId,
    });
    // a start that broke off may have left a file
    await session.command({
      commandType: {
        case: 'writeOperation',
        value: {
          input,
          source: 'json',
          mode: WriteOperation_SaveMode.OVERWRITE,
          saveType: { case: 'path', value: path },
        },
      },
    });
  }

  get #queryFolder(): string {
    return `${this.#options.checkpoint}/consulta`;
  }

  async #start(session: SparkSession, topic: TopicState, slots: number): Promise<QueryId> {
    const { topics, broker, sparkBootstrap, maxRecordsPerBatch, trigger } = this.#options;
    const kafka = kafkaOptions(broker, sparkBootstrap);
    await session.createView(
      RAW_VIEW,
      kafkaStream({
        ...kafka,
        subscribe: topics.raw,
        startingOffsets: 'earliest',
        failOnDataLoss: 'true',
        includeHeaders: 'true',
        ...(trigger.kind === 'real-time' ? {} : { 'kafka.fetch.max.wait.ms': String(FETCH_MAX_WAIT_MS) }),
        ...(maxRecordsPerBatch === undefined ? {} : { maxOffsetsPerTrigger: String(maxRecordsPerBatch) }),
      }),
    );
    // Each task of a small batch takes longer to begin than to run: no more of them than run at once. In real time every partition has its own.
    const tasks = trigger.kind === 'real-time' ? null : Math.min(slots, topic.partitions.length);
    return startQuery(session, {
      name: `esteira-${topics.raw}`,
      sql: streamSql(RAW_VIEW, { ...topics, rawId: topic.topicId }, tasks),
      options: {
        ...kafka,
        'kafka.acks': 'all',
        'kafka.enable.idempotence': 'true',
        'kafka.compression.type': 'zstd',
        ...(trigger.kind === 'real-time' ? {} : LINGER),
        // The topic decides what is too large: the producer's own limit of 1 MB would stop the query at a large bad message.
        'kafka.max.request.size': '100000000',
        includeHeaders: 'true',
      },
      checkpoint: this.#queryFolder,
      trigger,
    });
  }

  async #watch(session: SparkSession, query: QueryId): Promise<void> {
    const signal = this.#stop.told;
    for (let newest = -1; ;) {
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) {
        await stopQuery(session, query);
        await this.#report(session, query, newest);
        return;
      }
      await session.configure({ [HEARTBEAT]: String(Date.now()) });
      const status = await statusOf(session, query);
      newest = await this.#report(session, query, newest);
      if (status.isActive) continue;
      this.#mayRun = false;
      const failure = await exceptionOf(session, query);
      if (failure !== null) throw failedQuery(failure, this.#options.topics.raw);
      if (this.#options.trigger.kind === 'available-now') return;
      throw failedQuery(
        { errorClass: 'STOPPED', message: 'Somebody else stopped the query.' },
        this.#options.topics.raw,
      );
    }
  }

  /** Tells of the batches behind the newest that was told of; gives that batch's number. */
  async #report(session: SparkSession, query: QueryId, told: number): Promise<number> {
    let newest = told;
    const reports = await recentProgress(session, query);
    const reached = topicOffsets(reports.at(-1)?.sources[0]?.endOffset, this.#options.topics.raw);
    if (reached !== null) this.#lag.stands(reached);
    for (const { batchId, sources, durationMs } of reports) {
      const source = sources[0];
      // Spark reports an idle query again and again under the number of the next batch.
      const records = source?.numInputRows ?? 0;
      if (records === 0 || batchId <= newest) continue;
      newest = batchId;
      this.#batches += 1;
      this.#records += records;
      this.#options.onProgress?.({
        kind: 'batch',
        batch: batchId,
        records,
        seconds: (durationMs['triggerExecution'] ?? 0) / 1000,
        recordsPerSecond: source?.processedRowsPerSecond ?? 0,
      });
    }
    return newest;
  }
}

function failedQuery({ errorClass, message }: { errorClass: string; message: string }, topic: string): EsteiraError {
  const place = new RegExp(`${UNKNOWN_CONTRACT} (\\d+) (\\d+)`).exec(message);
  if (place)
    return fail('STREAM_CONTRACT_UNKNOWN', {
      what: `The message at offset ${place[2]} of partition ${place[1]} of ${topic} has a contract that this program does not know.`,
      why: 'Its headers contrato and versao name another contract, or a newer major version; it must not be judged by old rules.',
      fix: 'Install a newer Esteira; the stream goes on at this message.',
    });
  return fail('SPARK_FAILED', {
    what: `The streaming query failed: ${errorClass === '' ? 'no error class' : errorClass}.`,
    why: withoutValues(message.split('\n')[0] ?? '').slice(0, 500),
    fix: "Read Spark's own log for the whole story.",
  });
}

async function readBinding(session: SparkSession, path: string): Promise<Binding | null> {
  try {
    const rows = await session.rows<Binding>(
      `SELECT j.topico_id, j.cluster_id FROM (SELECT from_json(value, 'topico_id STRING, cluster_id STRING') AS j FROM text.\`${path.replaceAll('`', '``')}\`)`,
    );
    return rows[0] ?? null;
  } catch (error) {
    if (
      /PATH_NOT_FOUND/.test(messageOf(error)) ||
      /PATH_NOT_FOUND/.test(String((error as { errorClass?: unknown }).errorClass))
    )
      return null;
    throw error;
  }
}

/** How many tasks Spark runs at once. */
async function slotsOf(session: SparkSession): Promise<number> {
  const rows = await session.rows<{ n: number }>(
    'SELECT count(DISTINCT p) AS n FROM (SELECT spark_partition_id() AS p FROM range(100000))',
  );
  return rows[0]?.n ?? 1;
}

/** Some partitions would never be read, without any error. */
function refuseFewSlots(slots: number, topic: TopicState): void {
  if (slots >= topic.partitions.length) return;
  throw fail('STREAM_SLOTS', {
    what: `Spark has ${slots} slots, and ${topic.name} has ${topic.partitions.length} partitions.`,
    why: 'In real time every partition holds a slot for good; the others would starve silently.',
    fix: 'Give Spark more cores (stack.spark_slots), or leave --real-time out.',
  });
}

function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
