// What benchmarks of loads share: a PostgreSQL with all durability on, databases thrown away after each measurement, and the floor:
// bare COPY of the very same output rows into the same empty tables with their primary keys.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import type { RowsFile } from '../src/model/batch.ts';
import { connect } from '../src/storage/connection.ts';
import { copyIn, copyOut } from '../src/storage/copy.ts';
import { startEmbedded, stopEmbedded, type EmbeddedServer } from '../src/storage/embedded/server.ts';
import { migrate } from '../src/storage/migrations.ts';
import { LOADED_TABLES } from '../src/storage/tables.ts';

export class DurableServer {
  /** For files of the benchmark; it goes with the server. */
  readonly folder: string;
  readonly #home: string;
  readonly #server: EmbeddedServer;

  /** Starts a server of its own. Throws when a figure from it would mean nothing. */
  static async start(): Promise<DurableServer> {
    const folder = await mkdtemp(join(tmpdir(), 'esteira-bench-'));
    const home = join(folder, 'home');
    await mkdir(home);
    const started = new DurableServer(folder, home, await startEmbedded({ home }));
    await started.#assertDurable();
    return started;
  }

  private constructor(folder: string, home: string, server: EmbeddedServer) {
    this.folder = folder;
    this.#home = home;
    this.#server = server;
  }

  async stop(): Promise<void> {
    await stopEmbedded(this.#home);
    await rm(this.folder, { recursive: true, force: true });
  }

  async #assertDurable(): Promise<void> {
    const client = await connect(this.#server.url('app'), 'reader');
    for (const name of ['fsync', 'full_page_writes', 'synchronous_commit']) {
      const { rows } = await client.query<{ value: string }>('SELECT current_setting($1) AS value', [name]);
      if (rows[0]?.value !== 'on')
        throw new Error(`${name} is ${rows[0]?.value}: a figure without durability means nothing`);
      process.stdout.write(`${name}=${rows[0].value} `);
    }
    process.stdout.write('\n');
    await client.end();
  }

  async inFreshDatabase<T>(action: (url: string, client: pg.Client) => Promise<T>): Promise<T> {
    const name = `banco_${Math.random().toString(36).slice(2)}`;
    const admin = await connect(this.#server.url('superuser', 'postgres'), 'loader');
    await admin.query(`CREATE DATABASE ${name} OWNER esteira_app`);
    const url = this.#server.url('app', name);
    const client = await connect(url, 'loader');
    try {
      await migrate(client);
      await admin.query('CHECKPOINT');
      return await action(url, client);
    } finally {
      await client.end();
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
    }
  }

  /** Fills an empty warehouse once and keeps every output row as CSV. */
  outputRows(fill: (url: string) => Promise<unknown>): Promise<RowsFile[]> {
    return this.inFreshDatabase(async (url, client) => {
      await fill(url);
      const files: RowsFile[] = [];
      for (const table of LOADED_TABLES) {
        const { rows } = await client.query<{ name: string }>(
          'SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum',
          [table],
        );
        const { rows: counted } = await client.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`);
        const target = join(this.folder, `${table}.rows.csv`);
        await copyOut(client, `SELECT * FROM ${table}`, target);
        files.push({ table, columns: rows.map((row) => row.name), path: target, rowCount: Number(counted[0]?.n) });
      }
      return files;
    });
  }

  /** Seconds of the floor. */
  measureFloor(rows: readonly RowsFile[]): Promise<number> {
    return this.inFreshDatabase(async (_url, client) => {
      const started = performance.now();
      await client.query('BEGIN');
      for (const file of rows) await copyIn(client, file.table, file);
      await client.query('COMMIT');
      return (performance.now() - started) / 1000;
    });
  }
}

export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/** The value below which a share of the numbers lies, between two of them in proportion. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN];
  return low + (high - low) * (place - Math.floor(place));
}
