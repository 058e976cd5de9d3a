// When the cohort tables are counted again: at the end of a command that loads, and now and then by one that goes on loading. A settling that fails fails
// nothing: it is told, and answers stay right without it. It counts nothing itself (src/storage/cohorts.ts).
import type pg from 'pg';
import { messageOf } from '../lib/errors.ts';
import { PAUSE_FACTOR, settleCohorts } from '../storage/cohorts.ts';
import { sessionOf, type SessionMark } from '../storage/answers.ts';
import { breakOff, connect, sayGoodbye } from '../storage/connection.ts';

export type SettleProgress =
  | { readonly kind: 'settling' }
  /** Counted again from the month that begins at `since` (YYYY-MM-DD; -infinity: all). */
  | { readonly kind: 'settled'; readonly since: string; readonly seconds: number }
  | { readonly kind: 'unsettled'; readonly reason: string };

export interface SettlingConnection {
  readonly client: pg.Client;
  readonly session: SessionMark | null;
}

export interface SettleOptions {
  readonly url: string;
  /** For a settler: more waits to be loaded than the next batch may hold; it settles later, or after a while all the same. */
  readonly isBehind?: () => boolean;
  /** Breaks a settling off. */
  readonly signal?: AbortSignal | undefined;
  /** Given the connection of each settling while it is open, else null: whoever breaks it off ends the settling. */
  readonly onConnection?: (connection: SettlingConnection | null) => void;
  readonly onSettle?: ((progress: SettleProgress) => void) | undefined;
}

/** Settles once, on a connection of its own; `isPaced` as in `settleCohorts`. False when there is something left to settle. Never throws. */
export async function settle(
  { url, signal, onConnection, onSettle }: SettleOptions,
  isPaced = false,
): Promise<boolean> {
  if (isStopped(signal)) return true;
  let client: pg.Client | null = null;
  const stop = (): void => {
    if (client !== null) breakOff(client);
  };
  signal?.addEventListener('abort', stop);
  try {
    client = await connect(url, 'loader', signal);
    if (isStopped(signal)) return true;
    onConnection?.({ client, session: await sessionOf(client) });
    // a settling that is broken off must not go on alone; some systems cannot tell, and then it does
    await client.query("SET client_connection_check_interval = '2s'").catch(() => undefined);
    const outcome = await settleCohorts(client, { isPaced, onStart: () => onSettle?.({ kind: 'settling' }) });
    if (outcome.kind === 'settled') onSettle?.(outcome);
    return outcome.kind !== 'busy' && !(outcome.kind === 'settled' && outcome.isLeft);
  } catch (error) {
    if (isStopped(signal)) return true;
    onSettle?.({ kind: 'unsettled', reason: messageOf(error) });
    return false;
  } finally {
    signal?.removeEventListener('abort', stop);
    onConnection?.(null);
    if (client !== null) await sayGoodbye(client);
  }
}

function isStopped(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** Between two tries: the warehouse knows when the next settling is due, and on a small one that would be every second. */
const PAUSE_MS = 10_000;
/** Whoever is always behind settles after so long. */
const LONGEST_BEHIND_MS = 300_000;

/** Settles beside the loading, on connections of its own, so that no batch waits for it. */
export class Settler {
  readonly #options: SettleOptions;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  /** Orders have changed since the settling under way began. */
  #hasChanged = false;
  #isClosed = false;
  #nextAtMs = 0;
  /** When settling was first put off, as performance.now(). */
  #behindSinceMs: number | null = null;

  constructor(options: SettleOptions) {
    this.#options = options;
  }

  /** A batch was loaded: it is settled at once if the last try is long enough ago, otherwise when that will be so. */
  changed(): void {
    if (this.#running !== null) this.#hasChanged = true;
    else if (this.#timer === null && !this.#isClosed)
      this.#timer = setTimeout(() => this.#start(), Math.max(0, this.#nextAtMs - performance.now())).unref();
  }

  #start(): void {
    this.#timer = null;
    const startedMs = performance.now();
    if (this.#options.isBehind?.() === true) {
      this.#behindSinceMs ??= startedMs;
      if (startedMs - this.#behindSinceMs < LONGEST_BEHIND_MS) {
        this.#nextAtMs = startedMs + PAUSE_MS;
        return this.changed();
      }
    }
    this.#behindSinceMs = null;
    this.#hasChanged = false;
    this.#running = settle(this.#options, true).then((isDone) => {
      const endedMs = performance.now();
      // one that failed has left no word in the warehouse
      this.#nextAtMs = endedMs + Math.max(PAUSE_MS, (endedMs - startedMs) * PAUSE_FACTOR);
      this.#running = null;
      if (this.#hasChanged || !isDone) this.changed();
    });
  }

  /** Waits for the settling under way; none follows. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }
}
