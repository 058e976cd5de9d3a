// A session at Spark for as long as a command runs: opened when first needed, opened again where Spark has forgotten it, waiting out an outage.
// It knows nothing of what is asked of Spark.
import type { SparkAddress } from '../engines/spark/connect/address.ts';
import { openSparkSession, type SparkSession } from '../engines/spark/connect/session.ts';
import { retrying } from './retry.ts';

/** Where Spark is, and the folder through which it is handed files. */
export interface SparkPlace {
  readonly spark: SparkAddress;
  /** PEM of the authority that signed Spark's certificate, where the system does not know it. */
  readonly ca?: string | undefined;
  /** Folder that this process and Spark see under the same path; absent: the temporary folder of this machine. */
  readonly exchange?: string | undefined;
}

export interface SparkClientOptions extends SparkPlace {
  readonly maxOutageMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Told before every wait for a Spark that does not answer. */
  readonly onWait?: (reason: string, waitMs: number) => void;
}

/** Serves several callers at once. Close it at the end. */
export class SparkClient {
  readonly #options: SparkClientOptions;
  readonly #prepare: (session: SparkSession) => Promise<void>;
  #session: Promise<SparkSession> | null = null;

  /** `prepare` gives a new session its settings and views. */
  constructor(options: SparkClientOptions, prepare: (session: SparkSession) => Promise<void>) {
    this.#options = options;
    this.#prepare = prepare;
  }

  /** Runs `action` until it succeeds: it must be repeatable. Throws SPARK_REFUSED and SPARK_FAILED at once, SPARK_UNREACHABLE after `maxOutageMs`. */
  run<T>(action: (session: SparkSession) => Promise<T>): Promise<T> {
    const { maxOutageMs, signal, onWait } = this.#options;
    return retrying({ maxOutageMs, signal, onWait: (error, waitMs) => onWait?.(error.why, waitMs) }, async () => {
      this.#session ??= this.#enter();
      const entered = this.#session;
      try {
        return await action(await entered);
      } catch (error) {
        // The first of several callers that fail together gives the session up.
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

  async close(): Promise<void> {
    const session = await this.#session?.catch(() => null);
    await session?.close();
  }

  async #enter(): Promise<SparkSession> {
    const { spark, ca } = this.#options;
    const session = openSparkSession(spark, { ca });
    try {
      await session.version();
      await this.#prepare(session);
      return session;
    } catch (error) {
      session.disconnect();
      throw error;
    }
  }
}
