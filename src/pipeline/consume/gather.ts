// Gathers the messages of one batch from the partitions held: until it is full, or its first message has waited long enough, or there is a reason to stop.
// A batch that would only wait for the one before it to be loaded goes on gathering instead: it is seen no later, and there are fewer of them. While there
// is more to read than came, a batch is filled: of a large and a small one, loading the large would leave the other side idle.
// What was read beyond the batch waits for the next one; never more than one answer of the broker.
import type { GroupReader, TopicRecord } from '../../broker/reader.ts';
import { MessageStage } from '../../engines/duckdb/received-messages.ts';
import { type HeldPartition, readFrom } from './partitions.ts';
import { readHeaders } from './record-headers.ts';

/** Why gathering ended; `full` and `waited` go on with the next batch. */
export type GatherEnd =
  | { readonly kind: 'full' | 'waited' | 'end' | 'stopped' | 'rebalanced' | 'outside' | 'gone' }
  | { readonly kind: 'unknown-contract'; readonly record: TopicRecord };

export interface GatherOptions {
  readonly maxBatch: number;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
  readonly untilEnd: boolean;
  readonly signal: AbortSignal | undefined;
}

/** How long the broker may hold an empty answer back. */
const IDLE_MS = 500;
/** Bytes worth an answer before the time of a begun batch is over: a request for every few messages would cost more than what it brings. */
const WORTH_BYTES = 512 * 1024;

/** Gathers batch after batch for as long as the same partitions are held. */
export class Gatherer {
  readonly #reader: GroupReader;
  readonly #held: readonly HeldPartition[];
  readonly #options: GatherOptions;
  readonly #generation: number;
  /** Read, but in no batch yet. */
  #rest: {
    readonly held: HeldPartition;
    readonly records: readonly TopicRecord[];
    at: number;
    readonly next: bigint;
  }[] = [];

  constructor(reader: GroupReader, held: readonly HeldPartition[], generation: number, options: GatherOptions) {
    this.#reader = reader;
    this.#held = held;
    this.#generation = generation;
    this.#options = options;
  }

  /** Fills the stage; incomplete, only when no more is there to read, and not before `notBeforeMs` (as performance.now()). Throws BROKER_* errors; then the caller discards the stage. */
  async gather(stage: MessageStage, notBeforeMs: () => number): Promise<GatherEnd> {
    const { maxWaitMs, untilEnd, signal } = this.#options;
    let deadline: number | null = null;
    let hasMore = false;
    for (;;) {
      // also when what was read would fill many a batch
      if (signal?.aborted === true) return { kind: 'stopped' };
      const stopped = this.#take(stage);
      if (stopped !== null) return stopped;
      if (stage.count > 0) deadline ??= performance.now() + maxWaitMs;
      if (this.#reader.generation !== this.#generation) return { kind: 'rebalanced' };
      if (untilEnd && this.#held.every((held) => held.taken >= held.endAtStart)) return { kind: 'end' };
      const leftMs = deadline === null ? IDLE_MS : Math.max(deadline, notBeforeMs()) - performance.now();
      if (leftMs <= 0 && !hasMore) return { kind: 'waited' };
      const minBytes = deadline === null ? 1 : WORTH_BYTES;
      const waitMs = Math.max(0, Math.min(IDLE_MS, Math.ceil(leftMs)));
      const outcome = await this.#reader.read(readFrom(this.#held), waitMs, minBytes);
      if (outcome.kind !== 'read') return { kind: outcome.kind };
      hasMore = outcome.parts.some(({ records, next, end }) => records.length > 0 && next < end);
      for (const part of outcome.parts) {
        const held = this.#held.find(({ topic, partition }) => topic === part.topic && partition === part.partition);
        if (held === undefined) continue;
        held.fetched = part.next;
        if (part.end > held.end) held.end = part.end;
        this.#rest.push({ held, records: part.records, at: 0, next: part.next });
      }
    }
  }

  /** Moves records from what was read into the stage; null when all of them found room. */
  #take(stage: MessageStage): GatherEnd | null {
    const { maxBatch, maxBytes } = this.#options;
    while (this.#rest.length > 0) {
      const part = this.#rest[0];
      if (part === undefined) break;
      const { held, records } = part;
      for (; part.at < records.length; part.at++) {
        const record = records[part.at];
        if (record === undefined) break;
        if (stage.count >= maxBatch || stage.bytes >= maxBytes) return { kind: 'full' };
        const { contract, receivedAt } = readHeaders(record, () => new Date());
        if (contract === null) return { kind: 'unknown-contract', record };
        const { topic, partition, offset, key, value } = record;
        stage.add(contract, { topic, partition, offset, key, value, receivedAt });
        held.taken = offset + 1n;
      }
      // Behind the last record may be markers that are none.
      held.taken = part.next;
      this.#rest.shift();
    }
    return stage.count >= maxBatch || stage.bytes >= maxBytes ? { kind: 'full' } : null;
  }
}
