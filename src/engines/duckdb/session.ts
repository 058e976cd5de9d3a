// Opening DuckDB for one run: a database in memory that spills into the run's folder beyond its limit, and small wrappers to query it.
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { join } from 'node:path';

/** A DuckDB database of one run. Connections share its tables. */
export interface Session {
  readonly folder: string;
  connect(): Promise<DuckDBConnection>;
  close(): void;
}

export interface SessionOptions {
  /** Folder for spill files; the caller made it and removes it. */
  readonly folder: string;
  /** As DuckDB writes it, e.g. '1GB'. */
  readonly memoryLimit: string;
  /** 0 = all cores. */
  readonly threads: number;
}

/**
 * Freed memory beyond this goes back to the system at once. By default DuckDB keeps half a gigabyte for what comes next: of a process that prepares a batch
 * while another is loaded, that is a tenth of all it holds, and it saved no time (`npm run bench -- kafka-to-warehouse`).
 */
const FLUSH_THRESHOLD = '16MB';

/** Files up to this size are read in a smaller buffer. */
const SMALL_FILE_BYTES = 1024 * 1024;

/**
 * The end of read_csv's options for a file of so many bytes, whose lines have at most 2 MB. DuckDB's own buffer is twice as large as FLUSH_THRESHOLD, and
 * reserving that much gives all freed memory back, which is what a large batch needs; of a small one, which reads several small files, it took a sixth of
 * the processor time.
 */
export function bufferFor(bytes: number): string {
  return bytes <= SMALL_FILE_BYTES ? ', buffer_size = 8388608' : '';
}

/** Opens the run's database. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const settings: Record<string, string> = {
    memory_limit: options.memoryLimit,
    temp_directory: join(options.folder, 'spill'),
    preserve_insertion_order: 'true',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allocator_bulk_deallocation_flush_threshold: FLUSH_THRESHOLD,
    ...(options.threads > 0 ? { threads: String(options.threads) } : {}),
  };
  const instance = await DuckDBInstance.create(':memory:', settings);
  return {
    folder: options.folder,
    connect: () => instance.connect(),
    close: () => instance.closeSync(),
  };
}

/**
 * Leaves one core to PostgreSQL from here on. The statements of a batch hardly run in parallel, and threads without work cost:
 * on two cores a load took a quarter less processor time with one thread than with two (`npm run bench -- csv-to-warehouse`).
 */
export async function leaveOneCore(connection: DuckDBConnection): Promise<void> {
  const threads = await count(connection, `SELECT current_setting('threads')`);
  if (threads > 1) await run(connection, `SET threads = ${threads - 1}`);
}

/** Runs one statement, or several with `;` between them; results are dropped. */
export async function run(connection: DuckDBConnection, sql: string): Promise<void> {
  await connection.run(sql);
}

/** First column of the only row as a number; 0 for NULL. */
export async function count(connection: DuckDBConnection, sql: string): Promise<number> {
  return (await numbers(connection, sql))[0] ?? 0;
}

/** First column of every row as numbers; NULLs are left out. */
export async function numbers(connection: DuckDBConnection, sql: string): Promise<number[]> {
  const reader = await connection.runAndReadAll(sql);
  return reader.getRowsJson().flatMap(([value]) => (value === null || value === undefined ? [] : [Number(value)]));
}

/** Every row as an object of JSON values: decimals, big integers and timestamps come as text. */
export async function rows<T>(connection: DuckDBConnection, sql: string): Promise<T[]> {
  const reader = await connection.runAndReadAll(sql);
  return reader.getRowObjectsJson() as T[];
}
