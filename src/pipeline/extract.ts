// A store's orders into the warehouse: pages from its interface, batches of pages, and the place to go on from in the same transaction as the rows.
// Killed at any moment, it goes on where the last committed batch ended. It asks no store itself (src/sources) and writes no row (src/storage).
import { createHash, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { makeLookups } from '../engines/duckdb/lookups.ts';
import { openSession, type Session } from '../engines/duckdb/session.ts';
import type { EventCounts, PreparedBatch, RejectionGroup } from '../model/batch.ts';
import { mergePages } from '../sources/store/merge-pages.ts';
import type { StorePage, StoreReader } from '../sources/store/source.ts';
import { readPositionText, registerSource } from '../storage/sources.ts';
import { prepareStoreBatch } from './extract-stage.ts';
import { isInterruption } from './retry.ts';
import type { SettleProgress } from './settle.ts';
import { addCounts, addRejections, NO_COUNTS } from './totals.ts';
import { makeWorkFolder } from './work-folder.ts';
import { WarehouseClient } from './warehouse-client.ts';

export interface ExtractOptions {
  /** Name of the store source, e.g. `mock`. */
  readonly store: string;
  readonly warehouseUrl: string;
  readonly memoryLimit: string;
  readonly threads: number;
  /** Orders that make a batch; fewer when the store is slow, never more than `MOST_DOCUMENTS` and a page. */
  readonly batchLines: number;
  readonly maxOutageMs: number;
  /** Both inclusive, by update time; see `PagesRequest`. */
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: ExtractProgress) => void;
}

export type ExtractProgress =
  | SettleProgress
  | { readonly kind: 'started'; readonly isResumed: boolean }
  | { readonly kind: 'read'; readonly orderCount: number; readonly pageCount: number }
  | { readonly kind: 'loaded'; readonly orderCount: number; readonly batchCount: number; readonly counts: EventCounts }
  | { readonly kind: 'overtaken' }
  | { readonly kind: 'waiting'; readonly reason: string; readonly waitMs: number };

export interface ExtractReport {
  readonly store: string;
  readonly loja: string;
  /** Key of the source in esteira.fontes and esteira.posicoes. */
  readonly sourceId: string;
  readonly pageCount: number;
  /** Orders that the store gave; those read in vain because another process was faster are among them. */
  readonly orderCount: number;
  readonly batchCount: number;
  /** Batches thrown away because another process had moved the position. */
  readonly overtakenCount: number;
  /** Everything changed in the store up to here was read (ISO 8601); null when stopped before the end. */
  readonly readUntil: string | null;
  readonly totals: EventCounts;
  /** The store's open quarantine; empty when stopped. */
  readonly rejections: readonly RejectionGroup[];
  readonly wasStopped: boolean;
  readonly seconds: number;
}

/** A batch is held in memory as text: at most this many orders, whatever `batchLines` says. */
export const MOST_DOCUMENTS = 20_000;
/** What was read of a slow store is committed after this time at the latest, when the next page is in. */
export const BATCH_AGE_MS = 5_000;
/** What the loader takes for the position of a source that has none yet. */
const NO_POSITION = '0';

/** Reads what is new in the store. Throws the STORE_* errors, POSITION_LOST, WAREHOUSE_*; what was committed stays and the next call goes on from there. */
export async function extract(reader: StoreReader, options: ExtractOptions): Promise<ExtractReport> {
  const folder = await makeWorkFolder();
  const session = await openSession({ folder, memoryLimit: options.memoryLimit, threads: options.threads });
  const warehouse = new WarehouseClient({
    url: options.warehouseUrl,
    folder,
    reprocess: false,
    maxOutageMs: options.maxOutageMs,
    signal: options.signal,
    onWait: (reason, waitMs) => options.onProgress?.({ kind: 'waiting', reason: `PostgreSQL: ${reason}`, waitMs }),
    settles: 'meanwhile',
    onSettle: options.onProgress,
  });
  try {
    return await new Extraction(reader, options, session, warehouse).run();
  } finally {
    await warehouse.close();
    session.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The key of a store's position: another store, host or name is another source. */
export function storeSourceId(reader: StoreReader): string {
  return `loja:${reader.identity}`;
}

class Extraction {
  readonly #reader: StoreReader;
  readonly #options: ExtractOptions;
  readonly #session: Session;
  readonly #warehouse: WarehouseClient;
  readonly #sourceId: string;
  #pageCount = 0;
  #orderCount = 0;
  #batchCount = 0;
  #overtakenCount = 0;
  #counts = NO_COUNTS;
  #rejections: readonly RejectionGroup[] = [];
  #readUntil: string | null = null;

  constructor(reader: StoreReader, options: ExtractOptions, session: Session, warehouse: WarehouseClient) {
    this.#reader = reader;
    this.#options = options;
    this.#session = session;
    this.#warehouse = warehouse;
    this.#sourceId = storeSourceId(reader);
  }

  async run(): Promise<ExtractReport> {
    const started = performance.now();
    const { loja } = this.#reader;
    let wasStopped = false;
    try {
      await this.#prepareSession();
      await this.#register();
      while (!(await this.#readOn()));
    } catch (error) {
      if (!isInterruption(error, this.#options.signal)) throw error;
      wasStopped = true;
    }
    return {
      store: this.#options.store,
      loja,
      sourceId: this.#sourceId,
      pageCount: this.#pageCount,
      orderCount: this.#orderCount,
      batchCount: this.#batchCount,
      overtakenCount: this.#overtakenCount,
      readUntil: this.#readUntil,
      totals: this.#counts,
      rejections: this.#rejections,
      wasStopped,
      seconds: (performance.now() - started) / 1000,
    };
  }

  async #prepareSession(): Promise<void> {
    const connection = await this.#session.connect();
    await makeLookups(connection);
    connection.closeSync();
  }

  #register(): Promise<void> {
    const { loja, identity } = this.#reader;
    const receivedAt = new Date();
    return this.#warehouse.run((client) =>
      registerSource(client, {
        id: this.#sourceId,
        type: 'loja',
        name: loja,
        profile: this.#options.store,
        sha256: null,
        options: { identidade: identity },
        receivedAt,
        batchCount: null,
        linesRead: 0,
        linesIgnored: 0,
      }),
    );
  }

  /** Reads from the stored position to the end; false when another process moved the position meanwhile. */
  async #readOn(): Promise<boolean> {
    const { since, until, signal, batchLines, onProgress } = this.#options;
    const stored = await this.#warehouse.run((client) => readPositionText(client, this.#sourceId));
    let position = stored ?? NO_POSITION;
    onProgress?.({ kind: 'started', isResumed: stored !== null });
    const pages = this.#counted(this.#reader.pages({ since, until, cursor: cursorOf(stored), signal }));
    for await (const page of mergePages(pages, Math.min(batchLines, MOST_DOCUMENTS), BATCH_AGE_MS)) {
      const positionAfter = JSON.stringify(page.cursor);
      if (page.documents.length > 0 || positionAfter !== position) {
        const counts = await this.#load(page, position, positionAfter);
        if (counts === null) {
          this.#overtakenCount += 1;
          onProgress?.({ kind: 'overtaken' });
          return false;
        }
        this.#counts = addCounts(this.#counts, counts);
        this.#batchCount += 1;
        position = positionAfter;
        onProgress?.({
          kind: 'loaded',
          orderCount: this.#orderCount,
          batchCount: this.#batchCount,
          counts: this.#counts,
        });
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

  /** What the batch did; null when another process was faster. */
  async #load(page: StorePage, positionBefore: string, positionAfter: string): Promise<EventCounts | null> {
    // The store's clock may be ahead of ours: what it had already changed is not in the future.
    const receivedAt = new Date(Math.max(Date.now(), Date.parse(page.window.until)));
    const batch: PreparedBatch = await prepareStoreBatch(this.#session, {
      id: batchIdOf(this.#sourceId, positionBefore),
      sourceId: this.#sourceId,
      moves: [{ key: this.#sourceId, before: positionBefore, after: positionAfter }],
      loja: this.#reader.loja,
      documents: page.documents,
      receivedAt,
    });
    try {
      const outcome = await this.#warehouse.load(batch);
      if (outcome.kind === 'lost') return null;
      this.#rejections = addRejections(this.#rejections, await batch.rejections());
      return outcome.counts;
    } finally {
      await batch.drop();
    }
  }
}

/**
 * Chosen before the transaction, so that a lost answer to COMMIT can be looked up. Never the same twice: two processes at one position may hold
 * different pages, and a backfill brings the position back to where it was.
 */
function batchIdOf(sourceId: string, positionBefore: string): string {
  return `${sourceId}:${createHash('sha256').update(positionBefore).digest('hex').slice(0, 12)}:${randomUUID()}`;
}

/** The stored text as the reader wants it; a text that is no JSON is left to the reader to refuse (POSITION_LOST). */
export function cursorOf(stored: string | null): unknown {
  if (stored === null) return null;
  try {
    return JSON.parse(stored);
  } catch {
    return stored;
  }
}
