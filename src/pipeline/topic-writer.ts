// Messages on their way into one topic: waits for Kafka, creates the topic when asked, and hands files of messages (src/engines/duckdb/messages.ts) to the
// producer, byte for byte. It reads no order: what is in a line stays as it was written.
import { createReadStream } from 'node:fs';
import type { BrokerSettings } from '../broker/connection.ts';
import { Producer } from '../broker/producer.ts';
import { TopicAdmin, type TopicPlan, type TopicState } from '../broker/topics.ts';
import type { EsteiraError } from '../lib/errors.ts';
import { CONTRACT, CONTRACT_VERSION, HEADER } from '../model/message.ts';
import { retrying } from './retry.ts';

export interface TopicWriterOptions {
  readonly broker: BrokerSettings;
  readonly topic: string;
  /** Present: a topic that is missing is created like this. */
  readonly create?: TopicPlan | undefined;
  readonly maxOutageMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Told before every wait for a broker that does not answer. */
  readonly onWait?: (reason: string, waitMs: number) => void;
  readonly onDelivered?: (deliveredCount: number) => void;
  /** Told of a message that the topic does not take; the others go on. Absent: it stops the writer. */
  readonly onTooLarge?: (error: EsteiraError) => void;
}

/** What sends files of messages into one topic. */
export interface MessageSender {
  /** The topic when it was opened. */
  readonly topic: TopicState;
  /** Where the files must lie; null: anywhere. */
  readonly folder: string | null;
  readonly deliveredCount: number;
  /** Sends the messages of a file, of which there are `messageCount`; the file may go when it resolves. */
  send(path: string, receivedAt: Date, messageCount: number): Promise<void>;
  /** Resolves when Kafka has acknowledged everything. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

const READ_BYTES = 4 * 1024 * 1024;
const LINE_FEED = 10;
const TAB = 9;
const HASH_DIGITS = 64;

/** A broker that is there and hangs is an outage, too. */
const ANSWER_MS = 15_000;

/** Close it at the end. */
export class TopicWriter implements MessageSender {
  readonly topic: TopicState;
  readonly folder = null;
  readonly #producer: Producer;

  /** Throws TOPIC_UNKNOWN, TOPIC_REFUSED, BROKER_REFUSED at once and BROKER_UNREACHABLE after `maxOutageMs`. */
  static async open(options: TopicWriterOptions): Promise<TopicWriter> {
    const { broker, topic, create, maxOutageMs, signal, onWait } = options;
    const onRetry = (error: EsteiraError, waitMs: number): void => onWait?.(error.why, waitMs);
    return retrying({ maxOutageMs, signal, onWait: onRetry }, async () => {
      const admin = new TopicAdmin(broker, ANSWER_MS);
      try {
        if (create !== undefined) await admin.ensure(topic, create);
        const state = await admin.describe(topic);
        const maxMessageBytes = await admin.maxMessageBytes(topic);
        return new TopicWriter(state, await Producer.open(broker, { ...options, maxMessageBytes }));
      } finally {
        await admin.close();
      }
    });
  }

  private constructor(topic: TopicState, producer: Producer) {
    this.topic = topic;
    this.#producer = producer;
  }

  /** Messages that Kafka has acknowledged. */
  get deliveredCount(): number {
    return this.#producer.deliveredCount;
  }

  /** Sends the messages of a file, in its order; resolves when they are on their way. `receivedAt` is when their orders were first read. */
  async send(path: string, receivedAt: Date): Promise<void> {
    const time = receivedAt.toISOString();
    for await (const line of linesOf(path)) {
      const keyEnd = line.indexOf(TAB, HASH_DIGITS + 1);
      const originHash = line.toString('latin1', 0, HASH_DIGITS);
      await this.#producer.add({
        key: keyOf(line.subarray(HASH_DIGITS + 1, keyEnd)),
        value: line.subarray(keyEnd + 1),
        headers: new Map([
          [HEADER.contract, CONTRACT.raw],
          [HEADER.version, CONTRACT_VERSION],
          [HEADER.receivedAt, time],
          [HEADER.originHash, originHash],
        ]),
        spread: originHash,
      });
    }
  }

  /** Resolves when Kafka has acknowledged everything. */
  async finish(): Promise<void> {
    await this.#producer.finish();
  }

  close(): Promise<void> {
    return this.#producer.close();
  }
}

/** The key from its JSON text; most have nothing to unescape. */
function keyOf(text: Buffer): Buffer | null {
  if (text.length === 0) return null;
  return text.includes(0x5c) ? Buffer.from(JSON.parse(text.toString()) as string) : text.subarray(1, -1);
}

/** Lines of a file, without their line feeds. Only a line that two blocks share is copied. */
async function* linesOf(path: string): AsyncGenerator<Buffer, void, undefined> {
  let begun: Buffer[] = [];
  for await (const block of createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = block.indexOf(LINE_FEED); at >= 0; at = block.indexOf(LINE_FEED, from)) {
      const end = block.subarray(from, at);
      yield begun.length === 0 ? end : Buffer.concat([...begun, end]);
      begun = [];
      from = at + 1;
    }
    if (from < block.length) begun.push(block.subarray(from));
  }
  if (begun.length > 0) yield Buffer.concat(begun);
}
