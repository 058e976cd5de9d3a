// The transform of a file's batches done by Spark instead of DuckDB: documents go to a folder that both see, rows come back from it.
// It reads no order and loads none.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { readTransformed, writeDocuments } from '../engines/duckdb/exchange.ts';
import { SPARK_SETTINGS } from '../engines/spark/dialect.ts';
import { transformFile } from '../engines/spark/transform-file.ts';
import { SparkClient, type SparkClientOptions } from './spark-client.ts';
import { makeWorkFolder } from './work-folder.ts';

/** Serves several batches at once. Close it at the end. */
export class SparkTransform {
  readonly #client: SparkClient;
  readonly #folder: string;
  #count = 0;

  private constructor(client: SparkClient, folder: string) {
    this.#client = client;
    this.#folder = folder;
  }

  /** Throws SPARK_REFUSED at once, and SPARK_UNREACHABLE after `maxOutageMs`. */
  static async open(options: SparkClientOptions): Promise<SparkTransform> {
    const client = new SparkClient(options, (session) => session.configure(SPARK_SETTINGS));
    await client.run(() => Promise.resolve());
    return new SparkTransform(client, await makeWorkFolder(options.exchange));
  }

  /** Makes table `target` with the transformed documents of view `source`: the rows that the transform in DuckDB makes. */
  async into(connection: DuckDBConnection, source: string, target: string): Promise<void> {
    const path = join(this.#folder, `documentos-${++this.#count}`);
    const [documents, treated] = [`${path}.parquet`, `${path}-tratados`];
    try {
      await writeDocuments(connection, source, documents);
      await this.#client.run((session) => transformFile(session, documents, treated));
      await readTransformed(connection, source, target, treated);
    } finally {
      await rm(documents, { force: true });
      await rm(treated, { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
