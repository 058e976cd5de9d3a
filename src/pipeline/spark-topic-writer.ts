// Messages on their way into one topic through Spark: files of messages (src/engines/duckdb/messages.ts) lie in a folder that both see, and Spark's own
// producers send them. It reads no order: what is in a line stays as it was written.
import { rm } from 'node:fs/promises';
import { TopicAdmin, type TopicState } from '../broker/topics.ts';
import { fail } from '../catalog/errors.ts';
import { SPARK_SETTINGS } from '../engines/spark/dialect.ts';
import { sendMessages } from '../engines/spark/send-messages.ts';
import { messageOf } from '../lib/errors.ts';
import { retrying } from './retry.ts';
import { SparkClient, type SparkPlace } from './spark-client.ts';
import { kafkaOptions } from './stream/kafka-options.ts';
import type { MessageSender, TopicWriterOptions } from './topic-writer.ts';
import { makeWorkFolder } from './work-folder.ts';

export interface SparkTopicWriterOptions extends TopicWriterOptions, SparkPlace {
  /** Brokers as Spark reaches them. */
  readonly sparkBootstrap: readonly string[];
}

/** Close it at the end. */
export class SparkTopicWriter implements MessageSender {
  readonly topic: TopicState;
  readonly folder: string;
  readonly #options: SparkTopicWriterOptions;
  readonly #client: SparkClient;
  #deliveredCount = 0;
  #fileCount = 0;

  /** Throws what TopicWriter.open throws, and SPARK_REFUSED at once, SPARK_UNREACHABLE after `maxOutageMs`. */
  static async open(options: SparkTopicWriterOptions): Promise<SparkTopicWriter> {
    const { broker, topic, create, maxOutageMs, signal, onWait } = options;
    const client = new SparkClient(options, (session) => session.configure(SPARK_SETTINGS));
    await client.run(() => Promise.resolve());
    const state = await retrying(
      { maxOutageMs, signal, onWait: (error, waitMs) => onWait?.(error.why, waitMs) },
      async () => {
        const admin = new TopicAdmin(broker);
        try {
          if (create !== undefined) await admin.ensure(topic, create);
          return await admin.describe(topic);
        } finally {
          await admin.close();
        }
      },
    ).catch(async (error: unknown) => {
      await client.close();
      throw error;
    });
    return new SparkTopicWriter(options, client, state, await makeWorkFolder(options.exchange));
  }

  private constructor(options: SparkTopicWriterOptions, client: SparkClient, topic: TopicState, folder: string) {
    this.#options = options;
    this.#client = client;
    this.topic = topic;
    this.folder = folder;
  }

  /** Messages that Kafka has acknowledged to Spark. */
  get deliveredCount(): number {
    return this.#deliveredCount;
  }

  /** Resolves when all messages of the file are acknowledged. Throws MESSAGE_TOO_LARGE: then some of them are, and some not. */
  async send(path: string, receivedAt: Date, messageCount: number): Promise<void> {
    const { broker, sparkBootstrap, topic, onDelivered } = this.#options;
    if (messageCount === 0) return;
    const name = `mensagens_${++this.#fileCount}`;
    const kafka = kafkaOptions(broker, sparkBootstrap);
    try {
      await this.#client.run((session) =>
        sendMessages(session, { path, name, topic, receivedAt: receivedAt.toISOString(), kafka }),
      );
    } catch (error) {
      if (!/RecordTooLarge/.test(`${messageOf(error)} ${String((error as { why?: unknown }).why)}`)) throw error;
      throw fail('MESSAGE_TOO_LARGE', {
        what: `A message is too large for topic ${topic}.`,
        why: 'The topic does not take it, and Spark then gives up the whole file.',
        fix: 'Run the same command with --engine direct: it names the message and sends the others. Or raise max.message.bytes of the topic.',
        cause: error,
      });
    }
    this.#deliveredCount += messageCount;
    onDelivered?.(this.#deliveredCount);
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.#client.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
