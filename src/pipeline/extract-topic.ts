// A store's orders into a topic: pages from its interface as raw messages, and the place to go on from moved only after Kafka has acknowledged them.
// Killed in between, it sends the last pages again: consumers know what they have seen. It loads no order into the warehouse; only the position stands there.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrokerSettings } from '../broker/connection.ts';
import type { TopicPlan } from '../broker/topics.ts';
import { writeMessages } from '../engines/duckdb/messages.ts';
import { openSession, type Session } from '../engines/duckdb/session.ts';
import { mergePages } from '../sources/store/merge-pages.ts';
import type { StorePage, StoreReader } from '../sources/store/source.ts';
import { movePosition, readPositionText, registerSource } from '../storage/sources.ts';
import { BATCH_AGE_MS, cursorOf, MOST_DOCUMENTS, storeSourceId, type ExtractOptions } from './extract.ts';
import { loadStoreOriginals, makeStoreDocuments, storeFacts } from './extract-stage.ts';
import { TopicWriter } from './topic-writer.ts';
import { WarehouseClient } from './warehouse-client.ts';
import { isInterruption } from './retry.ts';
import { makeWorkFolder } from './work-folder.ts';

export interface ExtractTopicOptions extends Omit<ExtractOptions, 'onProgress'> {
  readonly broker: BrokerSettings;
  readonly topic: string;
  /** Present: a topic that is missing is created like this. */
  readonly create?: TopicPlan | undefined;
  readonly onProgress?: (progress: ExtractTopicProgress) => void;
}

export type ExtractTopicProgress =
  | { readonly kind: 'started'; readonly isResumed: boolean }
  | { readonly kind: 'read'; readonly orderCount: number; readonly pageCount: number }
  | { readonly kind: 'delivered'; readonly deliveredCount: number }
  | { readonly kind: 'overtaken' }
  | { readonly kind: 'waiting'; readonly reason: string; readonly waitMs: number };

export interface ExtractTopicReport {
  readonly store: string;
  readonly loja: string;
  readonly topic: string;
  /** Key of the place to go on from, in esteira.posicoes. */
  readonly positionKey: string;
  readonly pageCount: number;
  /** Orders that the store gave. */
  readonly orderCount: number;
  /** Messages that Kafka acknowledged. */
  readonly deliveredCount: number;
  /** Times that another process had moved the position: what it had sent was sent twice. */
  readonly overtakenCount: number;
  /** Everything changed in the store up to here was read (ISO 8601); null when stopped before the end. */
  readonly readUntil: string | null;
  readonly wasStopped: boolean;
  readonly seconds: number;
}

const SOURCE = 'loja_mensagens';

/** Sends what is new in the store. Throws the STORE_* errors, POSITION_LOST, WAREHOUSE_*, and the errors of Kafka; the next call goes on from the last position. */
export async function extractToTopic(reader: StoreReader, options: ExtractTopicOptions): Promise<ExtractTopicReport> {
  const folder = await makeWorkFolder();
  const session = await openSession({ folder, memoryLimit: options.memoryLimit, threads: options.threads });
  const onWait =
    (name: string) =>
    (reason: string, waitMs: number): void =>
      options.onProgress?.({ kind: 'waiting', reason: `${name}: ${reason}`, waitMs });
  const warehouse = new WarehouseClient({
    url: options.warehouseUrl,
    folder,
    reprocess: false,
    maxOutageMs: options.maxOutageMs,
    signal: options.signal,
    onWait: onWait('PostgreSQL'),
    settles: 'never',
  });
  let writer: TopicWriter | null = null;
  try {
    writer = await TopicWriter.open({
      broker: options.broker,
      topic: options.topic,
      create: options.create,
      maxOutageMs: options.maxOutageMs,
      signal: options.signal,
      onWait: onWait('Kafka'),
    });
    return await new TopicExtraction(reader, options, folder, session, warehouse, writer).run();
  } finally {
    await writer?.close();
    await warehouse.close();
    session.close();
    await rm(folder, { recursive: true, force: true });
  }
}

class TopicExtraction {
  readonly #reader: StoreReader;
  readonly #options: ExtractTopicOptions;
  readonly #folder: string;
  readonly #session: Session;
  readonly #warehouse: WarehouseClient;
  readonly #writer: TopicWriter;
  readonly #key: string;
  #pageCount = 0;
  #orderCount = 0;
  #overtakenCount = 0;
  #readUntil: string | null = null;

  constructor(
    reader: StoreReader,
    options: ExtractTopicOptions,
    folder: string,
    session: Session,
    warehouse: WarehouseClient,
    writer: TopicWriter,
  ) {
    this.#reader = reader;
    this.#options = options;
    this.#folder = folder;
    this.#session = session;
    this.#warehouse = warehouse;
    this.#writer = writer;
    // A topic that was deleted and created again is another: it holds nothing of what was sent before.
    this.#key = `${storeSourceId(reader)}>topico:${writer.topic.clusterId}:${writer.topic.topicId}`;
  }

  async run(): Promise<ExtractTopicReport> {
    const started = performance.now();
    let wasStopped = false;
    try {
      await this.#register();
      while (!(await this.#readOn()));
    } catch (error) {
      if (!isInterruption(error, this.#options.signal)) throw error;
      wasStopped = true;
    }
    return {
      store: this.#options.store,
      loja: this.#reader.loja,
      topic: this.#options.topic,
      positionKey: this.#key,
      pageCount: this.#pageCount,
      orderCount: this.#orderCount,
      deliveredCount: this.#writer.deliveredCount,
      overtakenCount: this.#overtakenCount,
      readUntil: this.#readUntil,
      wasStopped,
      seconds: (performance.now() - started) / 1000,
    };
  }

  #register(): Promise<void> {
    const { loja, identity } = this.#reader;
    return this.#warehouse.run((client) =>
      registerSource(client, {
        id: this.#key,
        type: 'loja',
        name: loja,
        profile: this.#options.store,
        sha256: null,
        options: { identidade: identity, topico: this.#options.topic },
        receivedAt: new Date(),
        batchCount: null,
        linesRead: 0,
        linesIgnored: 0,
      }),
    );
  }

  /** Reads from the stored position to the end; false when another process moved the position meanwhile. */
  async #readOn(): Promise<boolean> {
    const { since, until, signal, batchLines, onProgress } = this.#options;
    let stored = await this.#warehouse.run((client) => readPositionText(client, this.#key));
    onProgress?.({ kind: 'started', isResumed: stored !== null });
    const pages = this.#counted(this.#reader.pages({ since, until, cursor: cursorOf(stored), signal }));
    for await (const page of mergePages(pages, Math.min(batchLines, MOST_DOCUMENTS), BATCH_AGE_MS)) {
      if (page.documents.length > 0) await this.#send(page);
      const position = JSON.stringify(page.cursor);
      if (position !== stored) {
        const before = stored;
        const isMoved = await this.#warehouse.run((client) => movePosition(client, this.#key, before, position));
        if (!isMoved) {
          this.#overtakenCount += 1;
          onProgress?.({ kind: 'overtaken' });
          return false;
        }
        stored = position;
      }
      if (page.done) this.#readUntil = page.window.until;
    }
    return true;
  }

  async *#counted(pages: AsyncIterable<StorePage>): AsyncGenerator<StorePage, void, undefined> {
    for await (const page of pages) {
      this.#pageCount += 1;
      this.#orderCount += page.documents.length;
      this.#options.onProgress?.({ kind: 'read', orderCount: this.#orderCount, pageCount: this.#pageCount });
      yield page;
    }
  }

  /** Resolves when Kafka has acknowledged every document of the page. */
  async #send(page: StorePage): Promise<void> {
    const { loja } = this.#reader;
    // The store's clock may be ahead of ours: what it had already changed is not in the future.
    const receivedAt = new Date(Math.max(Date.now(), Date.parse(page.window.until)));
    const path = join(this.#folder, 'pagina.mensagens');
    const connection = await this.#session.connect();
    try {
      await makeStoreDocuments(connection, { loja, documents: page.documents, receivedAt }, SOURCE);
      const facts = storeFacts(receivedAt);
      const origin = { name: loja, format: 'jsonl', profile: 'esteira', header: null, facts } as const;
      await writeMessages(connection, SOURCE, origin, path, (table) =>
        loadStoreOriginals(connection, table, `(SELECT ordinal FROM ${SOURCE} WHERE problemas IS NOT NULL)`),
      );
    } finally {
      connection.closeSync();
    }
    await this.#writer.send(path, receivedAt);
    await this.#writer.finish();
    this.#options.onProgress?.({ kind: 'delivered', deliveredCount: this.#writer.deliveredCount });
  }
}
