// A topic into the warehouse, exactly once: the group shares the partitions out, esteira.posicoes says where each goes on, and a batch moves its
// positions in the transaction that writes its rows. It waits out every outage of Kafka and PostgreSQL, and holds a bounded number of messages at any lag.
import { createHash, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { BrokerSettings } from '../../broker/connection.ts';
import { GroupReader, type TopicRecord } from '../../broker/reader.ts';
import { fail } from '../../catalog/errors.ts';
import { makeLookups } from '../../engines/duckdb/lookups.ts';
import { MessageStage } from '../../engines/duckdb/received-messages.ts';
import { leaveOneCore, openSession, type Session } from '../../engines/duckdb/session.ts';
import { StandingTransform } from '../../engines/duckdb/standing-transform.ts';
import { EsteiraError } from '../../lib/errors.ts';
import type { EventCounts, PreparedBatch } from '../../model/batch.ts';
import { CONTRACT_VERSION, HEADER, TOPICS } from '../../model/message.ts';
import { recordIncident } from '../../storage/incidents.ts';
import type { LoadOutcome } from '../../storage/loader.ts';
import { readEpochs } from '../../storage/positions.ts';
import { topicSourceId } from '../../storage/topic-sources.ts';
import type { PartitionLag } from '../lag.ts';
import { addCounts, NO_COUNTS } from '../totals.ts';
import { isInterruption, Outage, rethrowUnlessStopped } from '../retry.ts';
import type { SettleProgress } from '../settle.ts';
import { WarehouseClient } from '../warehouse-client.ts';
import { makeWorkFolder } from '../work-folder.ts';
import { applyFrom, type ReadFromWhere } from './from.ts';
import { Gatherer, type GatherEnd } from './gather.ts';
import { Pace } from './pace.ts';
import { type HeldPartition, hold, lagsOf, sourceOf, takeMoves } from './partitions.ts';

export interface ConsumeOptions {
  readonly topic: string;
  readonly group: string;
  readonly broker: BrokerSettings;
  readonly warehouseUrl: string;
  readonly memoryLimit: string;
  readonly threads: number;
  /** Messages in one batch at most. */
  readonly maxBatch: number;
  /** How long the first message of an incomplete batch waits for others. */
  readonly maxWaitMs: number;
  readonly sessionTimeoutMs: number;
  /** Ends when everything is read that was there when the partitions were assigned. */
  readonly untilEnd: boolean;
  /** Sets the positions before reading, on record. Null: go on where the warehouse says. */
  readonly from: ReadFromWhere | null;
  readonly reprocess: boolean;
  /** Infinity: waits for ever. */
  readonly maxOutageMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: ConsumeProgress) => void;
}

export type ConsumeProgress =
  | SettleProgress
  | { readonly kind: 'assigned'; readonly partitions: readonly PartitionLag[] }
  /** A batch stands ready to be loaded. */
  | { readonly kind: 'gathered'; readonly partitions: readonly PartitionLag[] }
  | {
      readonly kind: 'loaded';
      readonly messageCount: number;
      readonly counts: EventCounts;
      readonly partitions: readonly PartitionLag[];
      /** From the first message of the batch read to its commit. */
      readonly seconds: number;
    }
  /** Another consumer holds or moved our partitions: what was under way is thrown away and read again by whoever holds them. */
  | { readonly kind: 'overtaken' | 'rebalanced' }
  | {
      readonly kind: 'waiting';
      readonly service: 'Kafka' | 'PostgreSQL';
      readonly reason: string;
      readonly waitMs: number;
    }
  /** Asked because nothing was heard of it for a while, it does not answer: nothing is to be loaded, or a load hangs. */
  | { readonly kind: 'silent'; readonly service: 'PostgreSQL'; readonly reason: string }
  | { readonly kind: 'answering'; readonly service: 'PostgreSQL' };

export interface ConsumeReport {
  readonly topics: readonly string[];
  readonly group: string;
  readonly messageCount: number;
  readonly batchCount: number;
  readonly overtakenCount: number;
  readonly totals: EventCounts;
  readonly wasStopped: boolean;
  readonly seconds: number;
}

/**
 * DuckDB's memory for batches of any size, where no limit was set by hand: the transform holds the intermediate values of 2048 orders at once, which take about
 * 290 MB.
 */
export const BATCH_MEMORY = '512MB';
/** Bytes of keys and values in one batch at most, whatever `maxBatch` says: two batches are under way at once, and one is given up. */
const MOST_BYTES = 32 * 1024 * 1024;
/** A topic that is not there may be one whose broker has only just come back. */
const GONE_MS = 10_000;
/** A load that does not end within this time of being asked to stop is left to the database to roll back. All of stopping may take 10 s. */
const STOP_MS = 4000;

/** Topics that belong together: treated orders come with the rejected ones. */
export function topicsOf(topic: string): string[] {
  return topic.endsWith(TOPICS.treated) ? [topic, topic.slice(0, -TOPICS.treated.length) + TOPICS.rejected] : [topic];
}

/**
 * Consumes until the end or until stopped. Throws TOPIC_UNKNOWN, TOPIC_REPLACED, POSITION_LOST, CONTRACT_UNKNOWN, BROKER_REFUSED, WAREHOUSE_REFUSED, or,
 * when an outage lasts longer than allowed, BROKER_UNREACHABLE and WAREHOUSE_UNREACHABLE. What was committed stays and the next call goes on from there.
 */
export async function consume(options: ConsumeOptions): Promise<ConsumeReport> {
  const folder = await makeWorkFolder();
  const session = await openSession({ folder, memoryLimit: options.memoryLimit, threads: options.threads });
  const warehouse = new WarehouseClient({
    url: options.warehouseUrl,
    folder,
    reprocess: options.reprocess,
    maxOutageMs: options.maxOutageMs,
    signal: options.signal,
    stopMs: STOP_MS,
    onWait: (reason, waitMs) => options.onProgress?.({ kind: 'waiting', service: 'PostgreSQL', reason, waitMs }),
    onSilence: (reason) => options.onProgress?.({ kind: 'silent', service: 'PostgreSQL', reason }),
    onAnswer: () => options.onProgress?.({ kind: 'answering', service: 'PostgreSQL' }),
    settles: 'meanwhile',
    onSettle: options.onProgress,
  });
  const consumption = new Consumption(options, session, warehouse);
  try {
    return await consumption.run();
  } finally {
    await warehouse.close();
    await consumption.close();
    session.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What became of one membership in the group. */
type MembershipEnd = 'end' | 'stopped' | 'again';

class Consumption {
  readonly #options: ConsumeOptions;
  readonly #session: Session;
  readonly #warehouse: WarehouseClient;
  readonly #topics: readonly string[];
  #from: ReadFromWhere | null;
  readonly #standing: StandingTransform;
  #stages = 0;
  #messageCount = 0;
  #batchCount = 0;
  #overtakenCount = 0;
  #totals = NO_COUNTS;
  #hasRead = false;
  /** The batch loaded last gives up its tables and files while the next one is being loaded. */
  #dropping: Promise<void> = Promise.resolve();

  constructor(options: ConsumeOptions, session: Session, warehouse: WarehouseClient) {
    this.#options = options;
    this.#session = session;
    this.#warehouse = warehouse;
    this.#standing = new StandingTransform(session);
    this.#topics = topicsOf(options.topic);
    this.#from = options.from;
  }

  /** After `run`: a plan may still be under way. */
  async close(): Promise<void> {
    await this.#standing.close().catch(() => undefined);
  }

  async run(): Promise<ConsumeReport> {
    const started = performance.now();
    const { signal, maxOutageMs, onProgress } = this.#options;
    const connection = await this.#session.connect();
    await makeLookups(connection);
    await leaveOneCore(connection);
    connection.closeSync();
    this.#standing.planAhead();
    const outage = new Outage({
      maxOutageMs,
      signal,
      onWait: (error, waitMs) => onProgress?.({ kind: 'waiting', service: 'Kafka', reason: error.why, waitMs }),
    });
    let end: MembershipEnd = 'again';
    let goneSince: number | null = null;
    while (end === 'again') {
      try {
        end = signal?.aborted === true ? 'stopped' : await this.#asMember(outage);
        goneSince = null;
      } catch (error) {
        if (isInterruption(error, signal)) end = 'stopped';
        else if (this.#hasRead && error instanceof EsteiraError && error.code === 'TOPIC_UNKNOWN') {
          goneSince ??= performance.now();
          if (performance.now() - goneSince > GONE_MS) throw error;
          await outage.wait(unreachable(error)).catch(rethrowUnlessStopped(signal));
        } else await outage.wait(error).catch(rethrowUnlessStopped(signal));
      }
    }
    return {
      topics: this.#topics,
      group: this.#options.group,
      messageCount: this.#messageCount,
      batchCount: this.#batchCount,
      overtakenCount: this.#overtakenCount,
      totals: this.#totals,
      wasStopped: end === 'stopped',
      seconds: (performance.now() - started) / 1000,
    };
  }

  /** Joins the group and reads what it assigns, through its rebalances, until there is a reason to leave it. */
  async #asMember(outage: Outage): Promise<MembershipEnd> {
    const { group, broker, sessionTimeoutMs, signal } = this.#options;
    const reader = await GroupReader.open(broker, { topics: this.#topics, group, sessionTimeoutMs, signal });
    try {
      if (this.#from !== null) {
        await applyFrom(reader, this.#warehouse, this.#topics, group, this.#from);
        this.#from = null;
      }
      for (;;) {
        // The group may share out anew while we take over: then what is held is taken over once more.
        const { generation } = reader;
        const held = await hold(reader, this.#warehouse, this.#topics, group);
        outage.over();
        this.#hasRead = true;
        this.#options.onProgress?.({ kind: 'assigned', partitions: lagsOf(held) });
        const end = await this.#consumeHeld(reader, held, generation);
        if (end !== 'hold-again') return end;
      }
    } finally {
      await reader.close();
    }
  }

  /** Gathers and prepares one batch while the one before is being loaded. */
  async #consumeHeld(
    reader: GroupReader,
    held: readonly HeldPartition[],
    generation: number,
  ): Promise<MembershipEnd | 'hold-again'> {
    const { maxBatch, maxWaitMs, untilEnd, signal, onProgress } = this.#options;
    const gatherer = new Gatherer(reader, held, generation, {
      maxBatch,
      maxBytes: MOST_BYTES,
      maxWaitMs,
      untilEnd,
      signal,
    });
    let loading: Promise<LoadOutcome> = Promise.resolve(NOTHING_LOADED);
    let ahead: PreparedBatch | null = null;
    const isTreated = this.#topics.length > 1;
    const pace = new Pace(isTreated);
    try {
      for (;;) {
        const started = performance.now();
        const stage = new MessageStage(this.#session, this.#standing, String((this.#stages = (this.#stages + 1) % 3)));
        let end: GatherEnd;
        try {
          end = await gatherer.gather(stage, () => pace.prepareFromMs);
        } catch (error) {
          await stage.discard();
          throw error;
        }
        const { count } = stage;
        if (count > 0 && end.kind !== 'stopped' && end.kind !== 'rebalanced')
          ahead = await pace.ofPreparing(() => this.#prepare(reader, stage, held));
        else await stage.discard();
        if (ahead !== null) onProgress?.({ kind: 'gathered', partitions: lagsOf(held) });
        if ((await loading).kind === 'lost') return await this.#overtaken(held);
        loading = Promise.resolve(NOTHING_LOADED);
        if (signal?.aborted === true) return 'stopped';
        if (ahead !== null) {
          const batch = ahead;
          const gathered = { messageCount: count, started, isFull: end.kind === 'full' };
          loading = pace.ofLoading(() => this.#load(batch, reader, held, gathered));
          loading.catch(() => undefined);
          ahead = null;
        }
        if (end.kind === 'full' || end.kind === 'waited') continue;
        if ((await loading).kind === 'lost') return await this.#overtaken(held);
        if (end.kind === 'end' || end.kind === 'stopped') return end.kind;
        if (end.kind === 'unknown-contract') throw await this.#unknownContract(reader, end.record);
        if (end.kind === 'rebalanced') onProgress?.({ kind: 'rebalanced' });
        // Outside the log or gone: taking over again finds out which, and reports it.
        if (end.kind === 'gone') return 'again';
        return 'hold-again';
      }
    } finally {
      await ahead?.drop();
      await loading.catch(() => undefined);
      await this.#dropping;
    }
  }

  async #prepare(reader: GroupReader, stage: MessageStage, held: readonly HeldPartition[]): Promise<PreparedBatch> {
    const { topic, group } = this.#options;
    const sourceId = topicSourceId(sourceOf(reader, topic, group));
    const moves = takeMoves(held);
    // Never the same twice: two consumers at one position may hold different batches.
    const place = createHash('sha256').update(JSON.stringify(moves)).digest('hex').slice(0, 12);
    return stage.prepare({ id: `${sourceId}:${place}:${randomUUID()}`, sourceId, moves, topic });
  }

  async #load(
    batch: PreparedBatch,
    reader: GroupReader,
    held: readonly HeldPartition[],
    { messageCount, started, isFull }: Gathered,
  ): Promise<LoadOutcome> {
    const reached = held.map((partition) => ({ partition, offset: partition.stored }));
    try {
      const outcome = await this.#warehouse.load(batch, isFull);
      if (outcome.kind === 'lost') return outcome;
      this.#messageCount += messageCount;
      this.#batchCount += 1;
      this.#totals = addCounts(this.#totals, outcome.counts);
      for (const { partition, offset } of reached) partition.committed = offset;
      void reader.commitHint(held.map(({ topic, partition, committed }) => ({ topic, partition, offset: committed })));
      this.#options.onProgress?.({
        kind: 'loaded',
        messageCount,
        counts: outcome.counts,
        partitions: lagsOf(held),
        seconds: (performance.now() - started) / 1000,
      });
      return outcome;
    } finally {
      const earlier = this.#dropping;
      this.#dropping = batch.drop();
      this.#dropping.catch(() => undefined);
      // a third batch may not come before: it would take that one's names
      await earlier;
    }
  }

  /** Somebody moved our positions, or took them over: then the group must say anew what is ours. */
  async #overtaken(held: readonly HeldPartition[]): Promise<MembershipEnd | 'hold-again'> {
    this.#overtakenCount += 1;
    this.#options.onProgress?.({ kind: 'overtaken' });
    const epochs = await this.#warehouse.run((client) =>
      readEpochs(
        client,
        held.map(({ key }) => key),
      ),
    );
    return held.every(({ key, epoch }) => epochs.get(key) === epoch) ? 'hold-again' : 'again';
  }

  async #unknownContract(reader: GroupReader, record: TopicRecord): Promise<EsteiraError> {
    const stated = (name: string): string =>
      record.headers
        .find(([key]) => key?.toString() === name)?.[1]
        ?.toString()
        .slice(0, 40) ?? 'none';
    const { topic, partition, offset } = record;
    const contract = stated(HEADER.contract);
    const version = stated(HEADER.version);
    await this.#warehouse.run((client) =>
      recordIncident(client, {
        kind: 'CONTRATO_DESCONHECIDO',
        source: topicSourceId(sourceOf(reader, topic, this.#options.group)),
        description: `Mensagem do tópico ${topic} com contrato ou versão que este programa não conhece.`,
        details: { particao: partition, deslocamento: String(offset), contrato: contract, versao: version },
      }),
    );
    return fail('CONTRACT_UNKNOWN', {
      what: `The message at offset ${offset} of partition ${partition} of topic ${topic} states a contract that this Esteira does not know.`,
      why: `Its headers say contract ${JSON.stringify(contract)}, version ${JSON.stringify(version)}; known is major version ${CONTRACT_VERSION} of pedido, pedido-tratado and pedido-rejeitado.`,
      fix: 'Update Esteira and start it again: it goes on at this message. If the message is wrong, go past it with --from, which is kept on record.',
    });
  }
}

interface Gathered {
  readonly messageCount: number;
  /** As performance.now(). */
  readonly started: number;
  /** More messages wait than one batch may hold. */
  readonly isFull: boolean;
}

const NOTHING_LOADED: LoadOutcome = { kind: 'already', counts: NO_COUNTS };

function unreachable(error: EsteiraError): EsteiraError {
  return fail('BROKER_UNREACHABLE', { what: error.what, why: error.why, fix: error.fix, cause: error });
}
