// Files of orders into a topic: stage a file, turn it slice by slice into messages, send them while the next slices are being made.
// Sending the same file again does no harm: whoever consumes the topic knows every version of an order by its hash. It keeps no position and touches no warehouse.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrokerSettings } from '../broker/connection.ts';
import type { TopicPlan } from '../broker/topics.ts';
import { groupSlice, planSlices, type FileFacts, type Slice } from '../engines/duckdb/documents.ts';
import { documentsOfJson, planJsonSlices } from '../engines/duckdb/json-documents.ts';
import { writeMessages } from '../engines/duckdb/messages.ts';
import { openSession, run, type Session } from '../engines/duckdb/session.ts';
import type { EsteiraError } from '../lib/errors.ts';
import { stageFile, type InputFile, type StagedFile, type StageOptions } from '../sources/files/index.ts';
import { loadOriginals } from './file-originals.ts';
import { unusedColumns } from './unused-columns.ts';
import type { SparkPlace } from './spark-client.ts';
import { SparkTopicWriter } from './spark-topic-writer.ts';
import { type MessageSender, TopicWriter, type TopicWriterOptions } from './topic-writer.ts';
import { makeWorkFolder } from './work-folder.ts';

export interface ProduceOptions {
  readonly broker: BrokerSettings;
  readonly topic: string;
  /** Present: a topic that is missing is created like this. */
  readonly create?: TopicPlan | undefined;
  readonly memoryLimit: string;
  readonly threads: number;
  readonly batchLines: number;
  readonly maxOutageMs: number;
  /** Needed where Spark sends. */
  readonly spark?: (SparkPlace & { readonly sparkBootstrap: readonly string[] }) | undefined;
  readonly reading: Omit<StageOptions, 'tempDir'>;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: ProduceProgress) => void;
}

export type ProduceProgress =
  | { readonly kind: 'reading'; readonly name: string }
  | {
      readonly kind: 'sent';
      readonly name: string;
      /** Lines of the file whose messages Kafka has acknowledged, about. */
      readonly linesDone: number;
      readonly lines: number;
      readonly messageCount: number;
    }
  | { readonly kind: 'waiting'; readonly reason: string; readonly waitMs: number };

export interface ProducedFile {
  readonly name: string;
  readonly profile: string;
  readonly format: string;
  readonly linesRead: number;
  readonly linesIgnored: number;
  /** Messages made of it: one per version of an order and one per record that could not be read. */
  readonly messageCount: number;
  readonly warnings: readonly string[];
}

export interface ProduceReport {
  readonly topic: string;
  readonly topicId: string;
  readonly partitionCount: number;
  readonly files: readonly ProducedFile[];
  /** Messages that Kafka acknowledged. */
  readonly deliveredCount: number;
  /** Messages that the topic did not take (MESSAGE_TOO_LARGE), each named by its hash. */
  readonly refused: readonly EsteiraError[];
  readonly wasStopped: boolean;
  readonly seconds: number;
}

/** What can turn files into messages; all give the same messages. */
export type ProduceEngine = (inputs: readonly InputFile[], options: ProduceOptions) => Promise<ProduceReport>;

/** Slices that are made ahead of the one being sent: one is not enough to keep two cores busy. */
const SLICES_AHEAD = 2;

/** Sends the files in order from this process. Throws for a refused file (what was sent before it stays) and the errors of Kafka. */
export const produceDirect: ProduceEngine = (inputs, options) =>
  produceWith(inputs, options, (writing) => TopicWriter.open(writing));

/**
 * Makes the messages in this process and lets Spark send them. Throws as produceDirect, and SPARK_* errors. A message that is too large stops it
 * (MESSAGE_TOO_LARGE), and a record without key may stand in any partition.
 */
export const produceThroughSpark: ProduceEngine = (inputs, options) => {
  const { spark } = options;
  if (spark === undefined) throw new Error('nothing is known of Spark');
  return produceWith(inputs, options, (writing) => SparkTopicWriter.open({ ...writing, ...spark }));
};

type OpenSender = (options: TopicWriterOptions) => Promise<MessageSender>;

async function produceWith(
  inputs: readonly InputFile[],
  options: ProduceOptions,
  open: OpenSender,
): Promise<ProduceReport> {
  const folder = await makeWorkFolder();
  const session = await openSession({ folder, memoryLimit: options.memoryLimit, threads: options.threads });
  const production = new Production(options, folder, session, open);
  try {
    return await production.run(inputs);
  } finally {
    await production.close();
    session.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The messages of one slice, waiting in a file. */
interface Part {
  readonly path: string;
  readonly messageCount: number;
}

class Production {
  readonly #options: ProduceOptions;
  readonly #folder: string;
  readonly #session: Session;
  readonly #refused: EsteiraError[] = [];
  readonly #files: ProducedFile[] = [];
  readonly #open: OpenSender;
  #writer: MessageSender | null = null;
  #onDelivered: (deliveredCount: number) => void = () => undefined;

  constructor(options: ProduceOptions, folder: string, session: Session, open: OpenSender) {
    this.#open = open;
    this.#options = options;
    this.#folder = folder;
    this.#session = session;
  }

  async run(inputs: readonly InputFile[]): Promise<ProduceReport> {
    const started = performance.now();
    const { signal, onProgress } = this.#options;
    const writer = await this.#open({
      ...this.#options,
      onWait: (reason, waitMs) => onProgress?.({ kind: 'waiting', reason, waitMs }),
      onDelivered: (deliveredCount) => this.#onDelivered(deliveredCount),
      onTooLarge: (error) => this.#refused.push(error),
    });
    this.#writer = writer;
    let wasStopped = false;
    try {
      for (const input of inputs) await this.#produce(input, writer);
    } catch (error) {
      if (signal?.aborted !== true) throw error;
      wasStopped = true;
    }
    return {
      topic: writer.topic.name,
      topicId: writer.topic.topicId,
      partitionCount: writer.topic.partitions.length,
      files: this.#files,
      deliveredCount: writer.deliveredCount,
      refused: this.#refused,
      wasStopped,
      seconds: (performance.now() - started) / 1000,
    };
  }

  async close(): Promise<void> {
    await this.#writer?.close();
  }

  async #produce(input: InputFile, writer: MessageSender): Promise<void> {
    const { signal, onProgress, reading, batchLines } = this.#options;
    signal?.throwIfAborted();
    onProgress?.({ kind: 'reading', name: input.name });
    const connection = await this.#session.connect();
    const staged = await stageFile(connection, input, { ...reading, tempDir: this.#folder, signal });
    try {
      const plan = staged.format === 'jsonl' ? planJsonSlices : planSlices;
      const slices = await plan(connection, batchLines);
      const messageCount = await this.#send(staged, input.name, slices, writer);
      this.#files.push({
        name: input.name,
        profile: staged.profile,
        format: staged.format,
        linesRead: staged.linesRead,
        linesIgnored: staged.linesIgnored,
        messageCount,
        warnings: [...staged.warnings, ...unusedColumns(staged)],
      });
    } finally {
      connection.closeSync();
      await staged.close();
    }
  }

  async #send(staged: StagedFile, name: string, slices: readonly Slice[], writer: MessageSender): Promise<number> {
    const { signal } = this.#options;
    const receivedAt = this.#options.reading.asOf ?? staged.asOf;
    const before = writer.deliveredCount;
    const ahead = new Map<number, Promise<Part>>();
    const prepare = (from: number): void => {
      for (let index = from; index < Math.min(from + SLICES_AHEAD, slices.length); index++) {
        if (ahead.has(index)) continue;
        const part = this.#prepare(staged, name, slices[index] as Slice, index, receivedAt);
        part.catch(() => undefined);
        ahead.set(index, part);
      }
    };
    const made: number[] = [];
    this.#onDelivered = (delivered) => this.#tell(staged, name, slices.length, made, delivered - before);
    try {
      for (let index = 0; index < slices.length; index++) {
        signal?.throwIfAborted();
        prepare(index);
        const part = await (ahead.get(index) as Promise<Part>);
        ahead.delete(index);
        prepare(index + 1);
        made.push(part.messageCount);
        await writer.send(part.path, receivedAt, part.messageCount);
        await rm(part.path, { force: true });
      }
      await writer.finish();
    } finally {
      await Promise.allSettled(ahead.values());
      this.#onDelivered = () => undefined;
    }
    return made.reduce((sum, count) => sum + count, 0);
  }

  /** Slices hold about the same number of lines, and messages of one slice about the same too. */
  #tell(staged: StagedFile, name: string, sliceCount: number, made: readonly number[], messageCount: number): void {
    const lines = staged.linesRead - staged.linesIgnored;
    let left = messageCount;
    let share = 0;
    for (const count of made) {
      share += count === 0 ? 1 : Math.min(1, left / count);
      left = Math.max(0, left - count);
    }
    const linesDone = Math.min(lines, Math.round((lines * share) / sliceCount));
    this.#options.onProgress?.({ kind: 'sent', name, linesDone, lines, messageCount });
  }

  async #prepare(staged: StagedFile, name: string, slice: Slice, index: number, receivedAt: Date): Promise<Part> {
    const connection = await this.#session.connect();
    try {
      const source = `parte_${index}`;
      const facts: FileFacts = {
        decimalFormat: staged.decimalFormat,
        dateFormat: staged.dateFormat,
        hasAddress: staged.hasAddress,
        receivedAt: receivedAt.toISOString().slice(0, 23).replace('T', ' '),
      };
      await (staged.format === 'jsonl' ? documentsOfJson : groupSlice)(connection, slice, facts, source);
      const path = join(this.#writer?.folder ?? this.#folder, `${source}.mensagens`);
      const origin = { name, format: staged.format, profile: staged.profile, header: staged.header, facts };
      const messageCount = await writeMessages(connection, source, origin, path, (table, documents) =>
        loadOriginals(connection, table, documents, staged),
      );
      await run(connection, `DROP VIEW IF EXISTS ${source}`);
      await run(connection, `DROP TABLE IF EXISTS ${source}_grupos`);
      return { path, messageCount };
    } finally {
      connection.closeSync();
    }
  }
}
