// The transform of a file's batches done by Spark instead of DuckDB: documents go to a folder that both see, rows come back from it.
// It waits for a Spark that does not answer, and begins a new session where Spark has forgotten ours. It reads no order and loads none.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { readTransformed, writeDocuments } from '../engines/duckdb/exchange.ts';
import type { SparkAddress } from '../engines/spark/connect/address.ts';
import { openSparkSession, type SparkSession } from '../engines/spark/connect/session.ts';
import { SPARK_SETTINGS } from '../engines/spark/dialect.ts';
import { makeLookups } from '../engines/spark/lookups.ts';
import { transformFile } from '../engines/spark/transform-file.ts';
import { retrying } from './retry.ts';
import { makeWorkFolder } from './work-folder.ts';

export interface SparkTransformOptions {
  readonly spark: SparkAddress;
  /** PEM of the authority that signed Spark's certificate, where the system does not know it. */
  readonly ca?: string | undefined;
  /** Folder that this process and Spark see under the same path; absent: the temporary folder of this machine. */
  readonly exchange?: string | undefined;
  readonly maxOutageMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onWait?: (reason: string, waitMs: number) => void;
}

/** Serves several batches at once. Close it at the end. */
export class SparkTransform {
  readonly #options: SparkTransformOptions;
  readonly #folder: string;
  #session: Promise<SparkSession> | null = null;
  #count = 0;

  private constructor(options: SparkTransformOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
  }

  /** Throws SPARK_REFUSED at once, and SPARK_UNREACHABLE after `maxOutageMs`. */
  static async open(options: SparkTransformOptions): Promise<SparkTransform> {
    const transform = new SparkTransform(options, await makeWorkFolder(options.exchange));
    try {
      await transform.#withSession(() => Promise.resolve());
      return transform;
    } catch (error) {
      await transform.close();
      throw error;
    }
  }

  /** Makes table `target` with the transformed documents of view `source`: the rows that the transform in DuckDB makes. */
  async into(connection: DuckDBConnection, source: string, target: string): Promise<void> {
    const path = join(this.#folder, `documentos-${++this.#count}`);
    const [documents, treated] = [`${path}.parquet`, `${path}-tratados`];
    try {
      await writeDocuments(connection, source, documents);
      await this.#withSession((session) => transformFile(session, documents, treated));
      await readTransformed(connection, source, target, treated);
    } finally {
      await rm(documents, { force: true });
      await rm(treated, { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    const session = await this.#session?.catch(() => null);
    await session?.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** `action` must be repeatable: a Spark that went away is asked again, in a new session. */
  #withSession(action: (session: SparkSession) => Promise<void>): Promise<void> {
    const { maxOutageMs, signal, onWait } = this.#options;
    return retrying({ maxOutageMs, signal, onWait: (error, waitMs) => onWait?.(error.why, waitMs) }, async () => {
      this.#session ??= this.#enter();
      const entered = this.#session;
      try {
        await action(await entered);
      } catch (error) {
        // The first of several batches that fail together gives the session up.
        if (this.#session === entered) {
          this.#session = null;
          void entered.then(
            (session) => session.disconnect(),
            () => undefined,
          );
        }
        throw error;
      }
    });
  }

  async #enter(): Promise<SparkSession> {
    const { spark, ca } = this.#options;
    const session = openSparkSession(spark, { ca });
    try {
      await session.version();
      await session.configure(SPARK_SETTINGS);
      await makeLookups(session);
      return session;
    } catch (error) {
      session.disconnect();
      throw error;
    }
  }
}
