// Writes generated orders to a file: CSV, JSON lines or Parquet, whole or not at all. Never touches a warehouse.
import { DuckDBInstance } from '@duckdb/node-api';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { fail } from '../catalog/errors.ts';
import { messageOf } from '../lib/errors.ts';
import { STORE_NAME, STORE_NAME_WORDS } from '../model/contract.ts';
import { type GeneratedFormat, generateOrders } from '../sources/generator/generate-orders.ts';
import { DEFAULT_FROM, DEFAULT_TO, type GeneratorOptions } from '../sources/generator/generate-versions.ts';

export interface GenerateRequest extends GeneratorOptions {
  /** Path ending in .csv, .jsonl or .parquet; an existing file is replaced. */
  readonly out: string;
  /** Where to write what must happen to each spoiled version, as JSON lines. */
  readonly truth?: string;
  /** Called after each chunk with the lines so far and the lines wanted. */
  readonly onProgress?: (lineCount: number, rowCount: number) => void;
  /** Stops between two chunks; what was begun is removed. */
  readonly signal?: AbortSignal;
}

export interface GenerateSummary {
  readonly out: string;
  readonly format: GeneratedFormat;
  /** Lines without the header: CSV lines for CSV and Parquet, documents for JSON lines. */
  readonly lineCount: number;
  readonly versionCount: number;
  /** Versions that the truth file names. */
  readonly truthCount: number;
  readonly bytes: number;
  readonly elapsedMs: number;
}

const FORMATS: Readonly<Record<string, GeneratedFormat>> = { '.csv': 'csv', '.jsonl': 'jsonl', '.parquet': 'parquet' };
const MOST_ROWS = 1_000_000_000;

/** Writes the file (and its truth) beside its place and renames it there at the end. Throws USAGE and OUTPUT_UNWRITABLE. */
export async function generate(request: GenerateRequest): Promise<GenerateSummary> {
  const startedAt = performance.now();
  const format = checkRequest(request);
  const out = resolve(request.out);
  const truth = request.truth === undefined ? undefined : resolve(request.truth);
  const outPart = partOf(out);
  const textPart = format === 'parquet' ? `${outPart}.csv` : outPart;
  const parts = [textPart, outPart];
  let truthPart: string | undefined;
  try {
    const counts = await withFile(textPart, async (outFile) => {
      if (truth === undefined) return writeChunks(request, format, outFile, undefined);
      truthPart = partOf(truth);
      parts.push(truthPart);
      return withFile(truthPart, (truthFile) => writeChunks(request, format, outFile, truthFile));
    });
    if (format === 'parquet') await toParquet(textPart, outPart);
    request.signal?.throwIfAborted();
    const { size } = await stat(outPart);
    if (truthPart !== undefined && truth !== undefined) await rename(truthPart, truth);
    await rename(outPart, out);
    return { out, format, ...counts, bytes: size, elapsedMs: performance.now() - startedAt };
  } catch (error) {
    request.signal?.throwIfAborted();
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (
      ![
        'ENOENT',
        'ENOTDIR',
        'EACCES',
        'EPERM',
        'EROFS',
        'EISDIR',
        'EEXIST',
        'ENOSPC',
        'EDQUOT',
        'EFBIG',
        'EIO',
      ].includes(code)
    )
      throw error;
    throw fail(code === 'ENOSPC' || code === 'EDQUOT' ? 'DISK_FULL' : 'OUTPUT_UNWRITABLE', {
      what: `The generated orders could not be written to ${request.out}.`,
      why: messageOf(error),
      fix: 'Choose a folder that exists, that you may write to and that has room; --rows makes the file smaller.',
      cause: error,
    });
  } finally {
    await Promise.all(parts.map((path) => rm(path, { force: true })));
  }
}

function partOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.part`);
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, 'w');
  try {
    const result = await use(file);
    await file.sync();
    return result;
  } finally {
    await file.close();
  }
}

interface Counts {
  lineCount: number;
  versionCount: number;
  truthCount: number;
}

async function writeChunks(
  request: GenerateRequest,
  format: GeneratedFormat,
  outFile: FileHandle,
  truthFile: FileHandle | undefined,
): Promise<Counts> {
  const counts = { lineCount: 0, versionCount: 0, truthCount: 0 };
  for (const chunk of generateOrders(request, format)) {
    request.signal?.throwIfAborted();
    await outFile.writeFile(chunk.text);
    if (chunk.truth !== '' && truthFile !== undefined) await truthFile.writeFile(chunk.truth);
    counts.lineCount = chunk.lineCount;
    counts.versionCount = chunk.versionCount;
    counts.truthCount += chunk.truth.split('\n').length - 1;
    request.onProgress?.(chunk.lineCount, request.rows);
  }
  return counts;
}

/** The CSV's columns as text, in the CSV's order; blank cells become NULL. */
async function toParquet(csv: string, parquet: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '1GB' });
  try {
    const connection = await instance.connect();
    const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
    await connection.run(
      `COPY (SELECT * FROM read_csv(${text(csv)}, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"', strict_mode = true)) ` +
        `TO ${text(parquet)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
    );
    connection.closeSync();
  } finally {
    instance.closeSync();
  }
}

function checkRequest(request: GenerateRequest): GeneratedFormat {
  const usage = (what: string, why: string, fix: string): Error => fail('USAGE', { what, why, fix });
  const { rows, seed, badShare = 0, loja = 'loja', from = DEFAULT_FROM, to = DEFAULT_TO } = request;
  const format = FORMATS[extname(request.out)];
  if (format === undefined)
    throw usage(
      `${request.out} has no format that can be generated.`,
      'The ending of the name chooses the format.',
      'Use a name that ends in .csv, .jsonl or .parquet.',
    );
  if (!Number.isSafeInteger(rows) || rows < 1 || rows > MOST_ROWS)
    throw usage(
      `--rows ${rows} cannot be generated.`,
      `It is the number of CSV lines: 1 to ${MOST_ROWS}.`,
      'For example --rows 50000.',
    );
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw usage(`--seed ${seed} is not a seed.`, 'A seed is a whole number from 0 on.', 'For example --seed 42.');
  if (!(badShare >= 0 && badShare <= 1))
    throw usage(
      `--bad-share ${badShare} is not a share.`,
      'It is the part of the orders that is spoiled: 0 to 1.',
      'For example --bad-share 0.015 for 1.5 %.',
    );
  if (!STORE_NAME.test(loja))
    throw usage(`--store ${loja} is not a store's name.`, STORE_NAME_WORDS, 'For example --store loja-sul.');
  for (const [flag, day] of [
    ['--from', from],
    ['--to', to],
  ] as const) {
    if (!isDay(day))
      throw usage(
        `${flag} ${day} is not a day.`,
        'Days are written YYYY-MM-DD, from 1995 to 2100.',
        `For example ${flag} 2025-01-31.`,
      );
  }
  if (from > to) throw usage(`--from ${from} comes after --to ${to}.`, 'The period has no day.', 'Swap the two.');
  if (request.truth !== undefined && resolve(request.truth) === resolve(request.out))
    throw usage(
      '--truth and --out name the same file.',
      'One would overwrite the other.',
      'Give the truth a name of its own, such as orders.truth.jsonl.',
    );
  return format;
}

function isDay(text: string): boolean {
  if (!/^(199[5-9]|20\d\d|2100)-\d\d-\d\d$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
