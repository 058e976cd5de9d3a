// A few read-only connections to the warehouse that all pages share; a lost one is opened anew. It never runs anything of its own but a time limit.
import type pg from 'pg';
import { fail } from '../catalog/errors.ts';
import { asWarehouseError, breakOff, connect, sayGoodbye } from '../storage/connection.ts';

const CONNECTIONS = 4;
/** More than this waiting means that the page is asked for faster than it can be answered. */
const MOST_WAITING = 400;
const STATEMENT_TIMEOUT_MS = 15_000;
/** A server that hangs keeps no time limit: a connection on which one use takes so long is dropped. A card asks a few questions at most. */
const MOST_MS = 4 * STATEMENT_TIMEOUT_MS;

export class ReaderPool {
  readonly #url: string;
  readonly #idle: pg.Client[] = [];
  readonly #used = new Set<pg.Client>();
  readonly #waiting: (() => void)[] = [];
  readonly #closing = new AbortController();
  #busy = 0;

  /** @param url of a role that may only read */
  constructor(url: string) {
    this.#url = url;
  }

  /** Gives a connection to `action` alone. Throws WAREHOUSE_*, or what `action` throws. */
  async use<Result>(action: (client: pg.Client) => Promise<Result>): Promise<Result> {
    await this.#turn();
    let client: pg.Client | undefined;
    let late: NodeJS.Timeout | undefined;
    try {
      const kept = this.#idle.pop();
      const open = (client = kept ?? (await connect(this.#url, 'reader', this.#closing.signal)));
      this.#used.add(open);
      late = setTimeout(() => breakOff(open), MOST_MS);
      if (kept === undefined) await open.query(`SET statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
      const result = await action(open);
      this.#closing.signal.throwIfAborted();
      this.#idle.push(open);
      return result;
    } catch (error) {
      // whatever failed, the next one starts on a new connection
      if (client !== undefined) void sayGoodbye(client);
      throw asWarehouseError(error);
    } finally {
      clearTimeout(late);
      if (client !== undefined) this.#used.delete(client);
      this.#busy--;
      this.#waiting.shift()?.();
    }
  }

  /** Ends the connections that nobody uses at the moment. */
  async dropIdle(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map(sayGoodbye));
  }

  /** Breaks off what is under way; nothing is answered any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const client of this.#used) breakOff(client);
    await this.dropIdle();
  }

  async #turn(): Promise<void> {
    if (this.#waiting.length >= MOST_WAITING) {
      throw fail('WAREHOUSE_UNREACHABLE', {
        what: 'The dashboard is asked for more than it can answer.',
        why: `${MOST_WAITING} questions are waiting already.`,
        fix: 'Wait a moment, or open fewer pages.',
      });
    }
    if (this.#busy >= CONNECTIONS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#busy++;
  }
}
