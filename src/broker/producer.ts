// Sends records to one topic: idempotent, acknowledged by all replicas, zstd, one batch per partition and request, in the order given.
// It decides nothing about values. An outage is ridden out inside the producer's own session, where Kafka recognises a repeated batch;
// a producer that is thrown away and made anew could store it twice.
import { Producer as Client } from '@platformatic/kafka';
import { EsteiraError } from '../lib/errors.ts';
import { HEADER } from '../model/message.ts';
import {
  asBrokerError,
  type BrokerSettings,
  clientOptions,
  tooLarge,
  unknownTopic,
  untilAnswered,
} from './connection.ts';
import { partitionOf } from './partition.ts';

export interface OutgoingMessage {
  /** Null: the partition is chosen by `spread`. */
  readonly key: Uint8Array | null;
  readonly value: Uint8Array;
  /** Text by header name. */
  readonly headers: ReadonlyMap<string, string>;
  /** What chooses the partition of a record without key: equal texts meet. */
  readonly spread?: string;
}

export interface ProducerOptions {
  readonly topic: string;
  /** What the topic takes in one batch, after compression; see TopicAdmin.maxMessageBytes. */
  readonly maxMessageBytes: number;
  /** Give up this long after the first failure in a row. */
  readonly maxOutageMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Told before every wait for a broker that does not answer. */
  readonly onWait?: (reason: string, waitMs: number) => void;
  /** Told of a record that the topic does not take; it is left out and the others go on. Absent: it stops the producer. */
  readonly onTooLarge?: (error: EsteiraError) => void;
  /** Told after every acknowledged request how many records have arrived in all. */
  readonly onDelivered?: (deliveredCount: number) => void;
}

/** Bytes of one partition's batch before compression: large enough to compress well, small enough to stay far below what brokers take. */
const BATCH_BYTES = 512 * 1024;
/** Bytes that wait in all partitions together before a request is sent. */
const REQUEST_BYTES = 4 * 1024 * 1024;
/** Record header, lengths and such: more than Kafka needs. */
const OVERHEAD_BYTES = 64;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;

interface Waiting {
  readonly topic: string;
  readonly partition: number;
  readonly key?: Buffer;
  readonly value: Buffer;
  readonly headers: Map<Buffer, Buffer>;
}

/** Sends to one topic. `add` waits whenever enough is under way: memory stays bounded. Call `finish`, then `close`. */
export class Producer {
  readonly #options: ProducerOptions;
  readonly #client: Client;
  readonly #partitionCount: number;
  readonly #names = new Map<string, Buffer>();
  readonly #texts = new Map<string, Buffer>();
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #bytesOf: number[];
  #underWay: Promise<void> = Promise.resolve();
  #failure: unknown = null;
  #failingSince: number | null = null;
  #deliveredCount = 0;

  /** Throws TOPIC_UNKNOWN and the BROKER_* errors. Repeatable: nothing is sent. */
  static async open(settings: BrokerSettings, options: ProducerOptions): Promise<Producer> {
    let producer: Producer | null = null;
    const client = new Client({
      ...clientOptions(settings, 'producer'),
      idempotent: true,
      acks: -1,
      compression: 'zstd',
      retries: Number.MAX_SAFE_INTEGER,
      retryDelay: (_client, _operation, attempt, _retries, error) => producer?.waitBefore(attempt, error) ?? 100,
    });
    try {
      const asked = client.metadata({ topics: [options.topic], forceUpdate: true, retries: 2 });
      const metadata = await untilAnswered(asked, options.signal);
      const found = metadata.topics.get(options.topic);
      if (!found) throw unknownTopic(options.topic);
      producer = new Producer(client, options, found.partitionsCount);
      return producer;
    } catch (error) {
      await client.close().catch(() => undefined);
      throw asBrokerError(error, options.topic);
    }
  }

  private constructor(client: Client, options: ProducerOptions, partitionCount: number) {
    this.#client = client;
    this.#options = options;
    this.#partitionCount = partitionCount;
    this.#bytesOf = Array.from({ length: partitionCount }, () => 0);
    options.signal?.addEventListener('abort', this.#giveUp, { once: true });
  }

  /** Records that the broker has acknowledged. */
  get deliveredCount(): number {
    return this.#deliveredCount;
  }

  /** Takes a record; resolves when there is room for the next. Throws what stopped an earlier one. */
  async add(message: OutgoingMessage): Promise<void> {
    const record = this.#record(message);
    const size = sizeOf(record);
    const present = this.#bytesOf[record.partition] ?? 0;
    if (present > 0 && present + size > this.#batchBytes()) await this.flush();
    this.#waiting.push(record);
    this.#waitingBytes += size;
    this.#bytesOf[record.partition] = (this.#bytesOf[record.partition] ?? 0) + size;
    // A record that fills a batch alone goes alone: if it is refused, it takes no other with it.
    if (size > this.#batchBytes() || this.#waitingBytes >= REQUEST_BYTES) await this.flush();
  }

  /** Sends what waits, behind the request that is under way; resolves when that earlier one is acknowledged. */
  async flush(): Promise<void> {
    await this.#underWay;
    if (this.#failure !== null) throw this.#failure;
    const records = this.#waiting;
    if (records.length === 0) return;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#bytesOf = this.#bytesOf.map(() => 0);
    this.#underWay = this.#send(records).catch((error: unknown) => {
      this.#failure = error;
    });
  }

  /** Resolves when everything that was added is acknowledged; the number of records in all. */
  async finish(): Promise<number> {
    await this.flush();
    await this.#underWay;
    if (this.#failure !== null) throw this.#failure;
    return this.#deliveredCount;
  }

  /** Ends the connection; what was not acknowledged may or may not have arrived. */
  async close(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#giveUp);
    await this.#client.close(true).catch(() => undefined);
    await this.#underWay;
  }

  /** Milliseconds until the next attempt, for the client library; gives up when the outage has lasted too long. */
  waitBefore(attempt: number, error: Error): number {
    this.#failingSince ??= performance.now();
    const waitMs =
      Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempt - 1, 10)) * (0.5 + Math.random() / 2);
    if (performance.now() - this.#failingSince + waitMs > this.#options.maxOutageMs) {
      this.#giveUp();
    } else {
      const known = asBrokerError(error, this.#options.topic);
      this.#options.onWait?.(known instanceof EsteiraError ? known.why : error.message, waitMs);
    }
    return waitMs;
  }

  /** Closing the client ends its attempts. */
  readonly #giveUp = (): void => {
    setImmediate(() => void this.#client.close(true).catch(() => undefined));
  };

  async #send(records: readonly Waiting[]): Promise<void> {
    try {
      await this.#client.send({ messages: [...records], idempotent: true, acks: -1 });
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      const known = asBrokerError(error, this.#options.topic);
      if (!(known instanceof EsteiraError) || known.code !== 'MESSAGE_TOO_LARGE') throw known;
      await this.#sendApart(records);
      return;
    }
    this.#failingSince = null;
    this.#deliveredCount += records.length;
    this.#options.onDelivered?.(this.#deliveredCount);
  }

  /** Halves of a refused request, down to the record that is too large. What had been stored of it is stored twice, which readers of orders do not mind. */
  async #sendApart(records: readonly Waiting[]): Promise<void> {
    const half = Math.ceil(records.length / 2);
    if (records.length > 1) {
      await this.#send(records.slice(0, half));
      await this.#send(records.slice(half));
      return;
    }
    const { topic, onTooLarge } = this.#options;
    const error = tooLarge(topic, describe(records[0], topic));
    if (onTooLarge === undefined) throw error;
    onTooLarge(error);
  }

  #batchBytes(): number {
    return Math.min(BATCH_BYTES, Math.floor(this.#options.maxMessageBytes * 0.9));
  }

  #record(message: OutgoingMessage): Waiting {
    const headers = new Map<Buffer, Buffer>();
    for (const [name, value] of message.headers) headers.set(this.#kept(this.#names, name), this.#bytes(value));
    const spread = message.key ?? Buffer.from(message.spread ?? '');
    return {
      topic: this.#options.topic,
      partition: partitionOf(spread, this.#partitionCount),
      ...(message.key === null ? {} : { key: asBuffer(message.key) }),
      value: asBuffer(message.value),
      headers,
    };
  }

  /** Short texts come again and again (contract, version, time), hashes never. */
  #bytes(text: string): Buffer {
    return text.length < 40 ? this.#kept(this.#texts, text) : Buffer.from(text);
  }

  #kept(known: Map<string, Buffer>, text: string): Buffer {
    const found = known.get(text);
    if (found) return found;
    const bytes = Buffer.from(text);
    if (known.size < 1000) known.set(text, bytes);
    return bytes;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function sizeOf(record: Waiting): number {
  let size = OVERHEAD_BYTES + record.value.length + (record.key?.length ?? 0);
  for (const [name, value] of record.headers) size += name.length + value.length + 4;
  return size;
}

/** Names a record by its hash, never by its content. */
function describe(record: Waiting | undefined, topic: string): string {
  if (!record) return `A message is too large for topic ${topic}.`;
  const hash = [...record.headers].find(([name]) => name.toString() === HEADER.originHash)?.[1].toString();
  return `A message of ${record.value.length} bytes is too large for topic ${topic}: ${hash === undefined ? 'it has no hash' : `hash_origem ${hash}`}.`;
}
