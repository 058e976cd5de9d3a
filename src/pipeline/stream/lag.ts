// How far a stream has still to read: where its query stands against the end of the raw topic, asked of Kafka again and again, also while Spark is down.
// The same is written down in Kafka for tools that show lag. It never stops a stream: while Kafka does not answer, the last lag stands, and that is told.
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrokerSettings } from '../../broker/connection.ts';
import { type PartitionState, TopicAdmin } from '../../broker/topics.ts';
import { EsteiraError, messageOf } from '../../lib/errors.ts';
import { streamGroup } from '../../model/message.ts';
import type { PartitionLag } from '../lag.ts';

const ASK_EVERY_MS = 2000;
const ASK_AGAIN_MS = 30_000;
const ANSWER_MS = 5000;
/** Kafka forgets what a group without members has written down (a week by default). */
const WRITE_AGAIN_MS = 3_600_000;
/** Nobody waits longer than this for the last question at the end. */
const LAST_ASK_MS = 1500;

type Positions = ReadonlyMap<number, bigint>;

export interface LagListener {
  /** `isFresh`: Kafka has just answered; else the lag follows from what it said last. */
  lag(partitions: readonly PartitionLag[], isFresh: boolean): void;
  /** Kafka does not answer, or refuses; told again and again while that lasts. */
  away(reason: string): void;
}

export class StreamLag {
  readonly #broker: BrokerSettings;
  readonly #topic: string;
  readonly #group: string;
  readonly #tellOf: LagListener;
  readonly #stop = new AbortController();
  #positions: Positions | null = null;
  /** As last seen; empty before the first answer. */
  #log: readonly PartitionState[] = [];
  #written: { readonly positions: Positions; readonly at: number } | null = null;
  /** False once Kafka has refused the right to: asking for it again and again would fill its log. */
  #mayWrite = true;
  #admin: TopicAdmin | null = null;
  /** Nothing more is asked. */
  #isOver = false;
  readonly #asking: Promise<void>;

  /** Begins to ask as soon as it is told where the query stands. */
  constructor(
    broker: BrokerSettings,
    topics: { readonly raw: string; readonly treated: string },
    listener: LagListener,
  ) {
    this.#broker = broker;
    this.#topic = topics.raw;
    this.#group = streamGroup(topics.treated);
    this.#tellOf = listener;
    this.#asking = this.#askOn();
  }

  /** Where the query stands; partitions that are not named are read from their beginning. Tells the lag by what is known of the log. */
  stands(positions: Positions): void {
    if (this.#positions !== null && isSame(this.#positions, positions)) return;
    this.#positions = positions;
    this.#tell(positions, false);
  }

  /** Asks and writes down once more, so that both are right when the command has ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    const last = this.#asking.then(() => this.#ask()).then(() => this.#admin?.close());
    await Promise.race([last, sleep(LAST_ASK_MS, undefined, { ref: false })]);
    this.#isOver = true;
    void this.#admin?.close();
  }

  async #askOn(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const pauseMs = (await this.#ask()) ? ASK_EVERY_MS : ASK_AGAIN_MS;
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** False where asking again soon would not help: Kafka answers, and refuses. */
  async #ask(): Promise<boolean> {
    const positions = this.#positions;
    if (positions === null || this.#isOver) return true;
    const admin = (this.#admin ??= new TopicAdmin(this.#broker, ANSWER_MS));
    try {
      this.#log = (await admin.describe(this.#topic)).partitions;
      this.#tell(this.#positions ?? positions, true);
    } catch (error) {
      this.#admin = null;
      await admin.close();
      if (!this.#stop.signal.aborted) this.#tellOf.away(error instanceof EsteiraError ? error.why : messageOf(error));
      return error instanceof EsteiraError && error.retryable;
    }
    await this.#writeDown(admin, this.#positions ?? positions);
    return true;
  }

  #tell(positions: Positions, isFresh: boolean): void {
    if (this.#log.length === 0) return;
    this.#tellOf.lag(
      this.#log.map(({ partition, earliest, latest }) => ({
        topic: this.#topic,
        partition,
        position: positions.get(partition) ?? earliest,
        end: latest,
      })),
      isFresh,
    );
  }

  async #writeDown(admin: TopicAdmin, positions: Positions): Promise<void> {
    const isWritten = this.#written?.positions === positions && Date.now() - this.#written.at < WRITE_AGAIN_MS;
    if (isWritten || !this.#mayWrite) return;
    // also where nothing is read yet: who looks sees that all of it waits
    const reached = this.#log.map(
      ({ partition, earliest }) => [partition, positions.get(partition) ?? earliest] as const,
    );
    try {
      await admin.commitHint(this.#group, this.#topic, new Map(reached));
      this.#written = { positions, at: Date.now() };
    } catch (error) {
      if (error instanceof EsteiraError && error.code === 'BROKER_REFUSED') this.#mayWrite = false;
    }
  }
}

function isSame(one: Positions, other: Positions): boolean {
  return one.size === other.size && [...one].every(([partition, offset]) => other.get(partition) === offset);
}
