// The loader's connection to the warehouse, for as long as a command runs: opened when first needed, opened again after a failure, waiting out an outage.
// It never decides what to load (load-file.ts, extract.ts) and writes nothing itself (src/storage does).
import type pg from 'pg';
import { TRANSFORM_VERSION } from '../engines/transform/transform.ts';
import { EsteiraError } from '../lib/errors.ts';
import type { PreparedBatch } from '../model/batch.ts';
import { sessionOf, type SessionMark } from '../storage/answers.ts';
import { asWarehouseError, breakOff, connect, sayGoodbye } from '../storage/connection.ts';
import { Loader, type LoadOutcome } from '../storage/loader.ts';
import { refreshStatistics, staleTables } from '../storage/statistics.ts';
import { LOADED_TABLES, SETTLED_TABLES } from '../storage/tables.ts';
import { retrying } from './retry.ts';
import { settle, type SettleOptions, type SettleProgress, Settler, type SettlingConnection } from './settle.ts';
import { WarehouseWatch, type WatchTimes } from './warehouse-watch.ts';

export interface WarehouseClientOptions {
  readonly url: string;
  /** Folder for the loader's own files; the caller made it and removes it. */
  readonly folder: string;
  readonly reprocess: boolean;
  readonly maxOutageMs: number;
  readonly signal?: AbortSignal | undefined;
  /** How long the signal leaves what is under way to end; then the connection is broken off and the database rolls back. Without it: as long as it takes. */
  readonly stopMs?: number | undefined;
  /** Told before every wait for a warehouse that does not answer. */
  readonly onWait?: (reason: string, waitMs: number) => void;
  /** Told when the warehouse, asked because nothing was heard of it for a while, does not answer, and once when it does again. */
  readonly onSilence?: (reason: string) => void;
  readonly onAnswer?: () => void;
  readonly watch?: Partial<WatchTimes & { readonly hopelessMs: number }>;
  /** When the cohorts of what was loaded are settled: when this closes, also now and then between batches, or not by us. */
  readonly settles: 'at-end' | 'meanwhile' | 'never';
  readonly onSettle?: ((progress: SettleProgress) => void) | undefined;
}

/** After so long a silence the connection is given up: what waits on it begins anew, and its outage is one like others. */
const HOPELESS_MS = 60_000;

/** One connection at a time. Close it at the end. */
export class WarehouseClient {
  readonly #options: WarehouseClientOptions;
  #client: pg.Client | null = null;
  #loader: Loader | null = null;
  /** An action is under way. */
  #isBusy = false;
  #isBehind = false;
  readonly #settling: SettleOptions;
  readonly #settler: Settler | null;
  #settlingOn: SettlingConnection | null = null;
  /** From the first connection on. */
  #watch: WarehouseWatch | null = null;
  #session: SessionMark | null = null;
  #stopTimer: NodeJS.Timeout | undefined;
  /** We were asked to stop, and what was under way has had its time. */
  #isLate = false;

  constructor(options: WarehouseClientOptions) {
    this.#options = options;
    const { url, signal, onSettle } = options;
    const onConnection = (connection: SettlingConnection | null): void => {
      this.#settlingOn = connection;
      this.#watch?.askAnew();
    };
    this.#settling = { url, signal, onSettle, onConnection };
    this.#settler =
      options.settles === 'meanwhile' ? new Settler({ ...this.#settling, isBehind: () => this.#isBehind }) : null;
    if (options.stopMs === undefined) return;
    if (options.signal?.aborted === true) this.#stopSoon();
    else options.signal?.addEventListener('abort', this.#stopSoon, { once: true });
  }

  readonly #stopSoon = (): void => {
    this.#stopTimer = setTimeout(() => {
      this.#isLate = true;
      if (this.#client !== null) breakOff(this.#client);
    }, this.#options.stopMs);
  };

  #watchOver(): WarehouseWatch {
    const { url, watch, onSilence, onAnswer } = this.#options;
    return new WarehouseWatch({
      url,
      ...watch,
      sessions: () =>
        [this.#isBusy ? this.#session : null, this.#settlingOn?.session ?? null].filter((mark) => mark !== null),
      onSilence: (reason, silentMs) => {
        onSilence?.(reason);
        if (silentMs >= (watch?.hopelessMs ?? HOPELESS_MS)) this.#giveUp();
      },
      onAnswer: () => onAnswer?.(),
    });
  }

  /** Breaks off what is waited for; the next action begins on a new connection. */
  #giveUp(): void {
    const open = [this.#client, this.#settlingOn?.client ?? null];
    if (!this.#isBusy) this.#forget();
    for (const client of open) if (client !== null) breakOff(client);
  }

  #forget(): void {
    this.#client = null;
    this.#loader = null;
  }

  /** Runs `action` until it succeeds: it must be repeatable. Throws WAREHOUSE_UNREACHABLE or DISK_FULL when the outage lasts too long, WAREHOUSE_REFUSED, or a bug. */
  run<T>(action: (client: pg.Client) => Promise<T>): Promise<T> {
    const { url, maxOutageMs, signal, onWait } = this.#options;
    const tell = (error: EsteiraError, waitMs: number): void => {
      this.#watch?.pause();
      onWait?.(error.why, waitMs);
    };
    return retrying({ maxOutageMs, signal, onWait: tell }, async () => {
      if (this.#isLate) throw signal?.reason;
      if (this.#client === null) {
        this.#client = await connect(url, 'loader', signal);
        this.#session = null;
        this.#watch ??= this.#watchOver();
        this.#watch.heard();
        // what an earlier process left
        this.#settler?.changed();
      }
      const client = this.#client;
      this.#isBusy = true;
      try {
        this.#session ??= await sessionOf(client);
        const result = await action(client);
        this.#watch?.heard();
        return result;
      } catch (error) {
        // Whatever failed, the next attempt starts on a new connection.
        this.#forget();
        void client.end().catch(() => undefined);
        const failure = asWarehouseError(error);
        // We broke the connection off ourselves; whatever else went wrong is told.
        const isOurs = this.#isLate && failure instanceof EsteiraError && failure.retryable;
        throw isOurs ? signal?.reason : failure;
      } finally {
        this.#isBusy = false;
      }
    });
  }

  /** Loads a batch; after a lost answer to COMMIT the ledger tells whether it is there. `isBehind`: others wait to be loaded, which settling would only hold up. */
  load(batch: PreparedBatch, isBehind = false): Promise<LoadOutcome> {
    const { folder, reprocess } = this.#options;
    return this.run(async (client) => {
      this.#loader ??= new Loader(client, { folder, reprocess, transformVersion: TRANSFORM_VERSION });
      const outcome = await this.#loader.load(batch);
      this.#isBehind = isBehind;
      if (outcome.kind === 'loaded' && outcome.counts.aceitos > 0) this.#settler?.changed();
      return outcome;
    });
  }

  /**
   * PostgreSQL looks first at the orders, so that settling has good plans; then the cohorts are settled, and meanwhile it looks at the other tables of which much
   * is new. A failure of any of this changes nothing of what was loaded.
   */
  async close(): Promise<void> {
    const { signal, settles } = this.#options;
    await this.#settler?.close();
    const client = this.#client;
    if (client !== null) {
      const stale = await this.#atEnd([], () => staleTables(client, LOADED_TABLES));
      const isSettled = (table: string): boolean => SETTLED_TABLES.includes(table);
      const refresh = (some: readonly string[]): Promise<void> =>
        this.#atEnd(undefined, () => refreshStatistics(client, some, signal));
      await refresh(stale.filter(isSettled));
      const others = refresh(stale.filter((table) => !isSettled(table)));
      if (settles !== 'never') await settle(this.#settling);
      await others;
      this.#forget();
      await sayGoodbye(client);
    }
    clearTimeout(this.#stopTimer);
    signal?.removeEventListener('abort', this.#stopSoon);
    this.#watch?.close();
  }

  /** Does what may fail, unless we were asked to stop. A server that hangs keeps this waiting: the watch is to know. */
  async #atEnd<T>(otherwise: T, action: () => Promise<T>): Promise<T> {
    if (this.#options.signal?.aborted === true) return otherwise;
    this.#isBusy = true;
    try {
      return await action();
    } catch {
      return otherwise;
    } finally {
      this.#isBusy = false;
    }
  }
}
