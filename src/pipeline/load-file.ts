// One file into the warehouse: stage it, cut it into batches of whole orders, prepare each while the one before is being loaded.
// It decides what to skip and what to try again; it reads no bytes and writes no rows itself.
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { prepareBatch, type BatchOrigin } from '../engines/duckdb/batch.ts';
import { groupSlice, planSlices, type FileFacts, type Slice } from '../engines/duckdb/documents.ts';
import { documentsOfJson, planJsonSlices } from '../engines/duckdb/json-documents.ts';
import { makeLookups } from '../engines/duckdb/lookups.ts';
import { leaveOneCore, openSession, type Session } from '../engines/duckdb/session.ts';
import { TRANSFORM_VERSION } from '../engines/transform/transform.ts';
import type { EventCounts, PreparedBatch, RejectionGroup } from '../model/batch.ts';
import { stageFile, type InputFile, type StagedFile, type StageOptions } from '../sources/files/index.ts';
import {
  findSource,
  firstReadAt,
  isEmptyWarehouse,
  readPosition,
  recordBatchCount,
  registerSource,
} from '../storage/sources.ts';
import { loadOriginals } from './file-originals.ts';
import type { SparkTransform } from './spark-transform.ts';
import { addCounts, addRejections, NO_COUNTS } from './totals.ts';
import { unusedColumns } from './unused-columns.ts';
import type { SettleProgress } from './settle.ts';
import { makeWorkFolder } from './work-folder.ts';
import { WarehouseClient } from './warehouse-client.ts';

export interface LoadFileOptions {
  readonly warehouseUrl: string;
  readonly memoryLimit: string;
  readonly threads: number;
  readonly batchLines: number;
  readonly maxOutageMs: number;
  readonly reprocess: boolean;
  /** Transforms instead of DuckDB; gives the same rows. */
  readonly spark?: SparkTransform | undefined;
  readonly reading: Omit<StageOptions, 'tempDir'>;
  /** Whether the cohorts are settled at the file's end; absent: not by us. */
  readonly settles?: 'at-end' | 'never';
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: LoadProgress) => void;
}

/** How far a file is, for the progress line and the log. */
export type LoadProgress =
  | SettleProgress
  | { readonly kind: 'reading'; readonly name: string }
  | { readonly kind: 'staged'; readonly name: string; readonly staged: StagedFile; readonly batches: number }
  | {
      readonly kind: 'loaded';
      readonly name: string;
      readonly batch: number;
      readonly batches: number;
      readonly linesDone: number;
      readonly lines: number;
      readonly counts: EventCounts;
    }
  | {
      readonly kind: 'waiting';
      readonly service: 'PostgreSQL' | 'Spark';
      readonly reason: string;
      readonly waitMs: number;
    };

export interface FileReport {
  readonly name: string;
  readonly sourceId: string;
  readonly profile: string;
  readonly format: string;
  readonly encoding: string | null;
  readonly linesRead: number;
  readonly linesIgnored: number;
  readonly linesBroken: number;
  readonly warnings: readonly string[];
  /** True when every batch of this very file had been committed before. */
  readonly wasComplete: boolean;
  /** True when asked to stop before the end: the same command goes on from here. */
  readonly wasStopped: boolean;
  readonly counts: EventCounts;
  /** What this run put into the quarantine, by reason. */
  readonly rejections: readonly RejectionGroup[];
  readonly seconds: number;
}

/** Batches prepared while one is loaded: a batch's statements keep one thread busy, and PostgreSQL takes less time than they do. */
const BATCHES_AHEAD = 2;

/** Loads one file; settling the cohorts is left to the caller. Throws for a refused file (nothing written) or a warehouse that stays down (resumable). */
export async function loadFile(input: InputFile, options: LoadFileOptions): Promise<FileReport> {
  const folder = await makeWorkFolder();
  const session = await openSession({ folder, memoryLimit: options.memoryLimit, threads: options.threads });
  try {
    return await new FileLoad(input, options, folder, session).run();
  } finally {
    session.close();
    await rm(folder, { recursive: true, force: true });
  }
}

class FileLoad {
  readonly #input: InputFile;
  readonly #options: LoadFileOptions;
  readonly #folder: string;
  readonly #session: Session;
  readonly #warehouse: WarehouseClient;
  #startedEmpty = false;

  constructor(input: InputFile, options: LoadFileOptions, folder: string, session: Session) {
    this.#input = input;
    this.#options = options;
    this.#folder = folder;
    this.#session = session;
    this.#warehouse = new WarehouseClient({
      url: options.warehouseUrl,
      folder,
      reprocess: options.reprocess,
      maxOutageMs: options.maxOutageMs,
      signal: options.signal,
      onWait: (reason, waitMs) => options.onProgress?.({ kind: 'waiting', service: 'PostgreSQL', reason, waitMs }),
      settles: options.settles ?? 'never',
      onSettle: options.onProgress,
    });
  }

  async run(): Promise<FileReport> {
    const started = performance.now();
    const options = this.#options;
    options.onProgress?.({ kind: 'reading', name: this.#input.name });
    const connection = await this.#session.connect();
    const staged = await stageFile(connection, this.#input, {
      ...options.reading,
      tempDir: this.#folder,
      signal: options.signal,
    });
    try {
      await makeLookups(connection);
      const sourceId = sourceIdOf(staged, options);
      const { receivedAt, batchLines } = await this.#agreeOnSource(staged, sourceId);
      const slices =
        staged.format === 'jsonl'
          ? await planJsonSlices(connection, batchLines)
          : await planSlices(connection, batchLines);
      await this.#warehouse.run((client) => recordBatchCount(client, sourceId, slices.length));
      if (options.threads === 0) await leaveOneCore(connection);
      options.onProgress?.({ kind: 'staged', name: this.#input.name, staged, batches: slices.length });
      const outcome = await this.#loadSlices(staged, sourceId, slices, receivedAt);
      return {
        name: this.#input.name,
        sourceId,
        profile: staged.profile,
        format: staged.format,
        encoding: staged.encoding,
        linesRead: staged.linesRead,
        linesIgnored: staged.linesIgnored,
        linesBroken: staged.linesBroken,
        warnings: [...staged.warnings, ...unusedColumns(staged)],
        ...outcome,
        seconds: (performance.now() - started) / 1000,
      };
    } finally {
      connection.closeSync();
      await staged.close();
      await this.#warehouse.close();
    }
  }

  /** Records the source, unless it is there: whoever came first has decided when it was read and how it is cut, so that positions mean the same to all. */
  async #agreeOnSource(staged: StagedFile, sourceId: string): Promise<{ receivedAt: Date; batchLines: number }> {
    const options = this.#options;
    const receivedAt =
      options.reading.asOf ??
      (await this.#warehouse.run((client) => firstReadAt(client, staged.contentSha256))) ??
      staged.asOf;
    await this.#warehouse.run((client) =>
      registerSource(client, {
        id: sourceId,
        type: 'arquivo',
        name: this.#input.name,
        profile: staged.profile,
        sha256: staged.contentSha256,
        options: { linhas_por_lote: options.batchLines, ...readingFacts(staged), ...readingOptions(options) },
        receivedAt,
        batchCount: null,
        linesRead: staged.linesRead,
        linesIgnored: staged.linesIgnored,
      }),
    );
    const agreed = await this.#warehouse.run((client) => findSource(client, sourceId));
    return { receivedAt: agreed?.receivedAt ?? receivedAt, batchLines: agreed?.batchLines || options.batchLines };
  }

  async #loadSlices(
    staged: StagedFile,
    sourceId: string,
    slices: readonly Slice[],
    receivedAt: Date,
  ): Promise<Pick<FileReport, 'wasComplete' | 'wasStopped' | 'counts' | 'rejections'>> {
    const options = this.#options;
    const facts: FileFacts = {
      decimalFormat: staged.decimalFormat,
      dateFormat: staged.dateFormat,
      hasAddress: staged.hasAddress,
      receivedAt: sqlTime(receivedAt),
    };
    const first = await this.#warehouse.run((client) => readPosition(client, sourceId));
    this.#startedEmpty = await this.#warehouse.run(isEmptyWarehouse);
    let counts = NO_COUNTS;
    let rejections: readonly RejectionGroup[] = [];
    let linesDone = 0;
    let index = first;
    // Prepared or being prepared, the next one first.
    const ahead: Promise<PreparedBatch>[] = [];
    const prepareUpTo = (end: number): void => {
      for (let at = index + ahead.length; at < Math.min(end, slices.length); at++) {
        const batch = this.#prepare(staged, sourceId, slices, at, facts);
        batch.catch(() => undefined);
        ahead.push(batch);
      }
    };
    const dropAhead = async (): Promise<void> => {
      for (const batch of ahead.splice(0)) await (await batch.catch(() => null))?.drop();
    };
    try {
      while (index < slices.length) {
        if (options.signal?.aborted === true) return { wasComplete: false, wasStopped: true, counts, rejections };
        prepareUpTo(index + 1);
        const next = ahead[0];
        if (!next) throw new Error(`batch ${index} was not prepared`);
        const batch = await next;
        prepareUpTo(index + 1 + BATCHES_AHEAD);
        void ahead.shift();
        const outcome = await this.#warehouse.load(batch);
        if (outcome.kind !== 'lost') rejections = addRejections(rejections, await batch.rejections());
        await batch.drop();
        if (outcome.kind === 'lost') {
          // Another loader is at the same file: go on from where it is.
          await dropAhead();
          index = Number(outcome.position);
          continue;
        }
        counts = addCounts(counts, outcome.counts);
        linesDone += outcome.counts.linhas;
        index += 1;
        options.onProgress?.({
          kind: 'loaded',
          name: this.#input.name,
          batch: index,
          batches: slices.length,
          linesDone,
          lines: staged.linesRead - staged.linesIgnored,
          counts,
        });
      }
    } finally {
      await dropAhead();
    }
    return { wasComplete: first >= slices.length && slices.length > 0, wasStopped: false, counts, rejections };
  }

  async #prepare(
    staged: StagedFile,
    sourceId: string,
    slices: readonly Slice[],
    index: number,
    facts: FileFacts,
  ): Promise<PreparedBatch> {
    const slice = slices[index];
    if (!slice) throw new Error(`no slice ${index}`);
    const connection = await this.#session.connect();
    const prefix = `lote_${index}`;
    const source = `${prefix}_documentos`;
    if (staged.format === 'jsonl') await documentsOfJson(connection, slice, facts, source);
    else await groupSlice(connection, slice, facts, source);
    const { spark } = this.#options;
    const origin: BatchOrigin = {
      id: `${sourceId}:${index}`,
      sourceId,
      moves: [{ key: sourceId, before: String(index), after: String(index + 1) }],
      isDisjoint: staged.format !== 'jsonl',
      isLikelyNew: staged.format !== 'jsonl' && this.#startedEmpty,
      sourceName: this.#input.name,
      format: staged.format,
      profile: staged.profile,
      header: staged.header,
      ...(spark === undefined
        ? {}
        : {
            transformed: {
              into: (target: string) => spark.into(connection, source, target),
              makeSource: () => Promise.resolve(),
            },
          }),
      loadOriginals: (on, name) => loadOriginals(on, `${name}_originais`, `${name}_rejeitados_escritos`, staged),
    };
    return prepareBatch(this.#session, connection, prefix, source, origin);
  }
}

/** The same bytes read the same way are the same source. */
function sourceIdOf(staged: StagedFile, options: LoadFileOptions): string {
  const identity = {
    content: staged.contentSha256,
    profile: staged.profile,
    ...readingOptions(options),
    ...(options.reprocess ? { reprocess: TRANSFORM_VERSION } : {}),
  };
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex');
}

/** The options that change what is read from a file. */
function readingOptions(options: LoadFileOptions): Record<string, unknown> {
  const { loja, mapping, decimal, dateOrder, encoding, separator, asOf } = options.reading;
  return { loja, mapping, decimal, dateOrder, encoding, separator, asOf: asOf?.toISOString() };
}

/** How the cells of this file were read as a whole: a rejected order of it is read the same way again, alone. */
function readingFacts(staged: StagedFile): Record<string, unknown> {
  return { formato_decimal: staged.decimalFormat, formato_data: staged.dateFormat, tem_endereco: staged.hasAddress };
}

function sqlTime(time: Date): string {
  return time.toISOString().slice(0, 23).replace('T', ' ');
}
