// Tells open pages that a batch was committed: LISTEN on the warehouse, one server-sent event for all that came within a second.
// It sends no data: a page that hears it asks again for what it shows.
import type { ServerResponse } from 'node:http';
import type pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { BATCH_CHANNEL } from '../storage/notices.ts';
import { breakOff, connect, sayGoodbye } from '../storage/connection.ts';

const MIN_GAP_MS = 1_000;
const HEARTBEAT_MS = 10_000;
const RETRY_MS = 2_000;
const MOST_BROWSERS = 1_000;
/** An office may stand behind one address. */
const MOST_OF_ONE = 500;

export class LiveFeed {
  readonly #url: string;
  readonly #onBatch: () => void;
  readonly #onLost: () => void;
  readonly #browsers = new Set<ServerResponse>();
  /** Open pages of each client. */
  readonly #openBy = new Map<string, number>();
  readonly #stop = new AbortController();
  readonly #heartbeat: NodeJS.Timeout;
  readonly #listening: Promise<void>;
  #client: pg.Client | null = null;
  #isListening = false;
  #isAsking = false;
  #lastSent = 0;
  #pending: NodeJS.Timeout | null = null;
  #reminder: { readonly timer: NodeJS.Timeout; readonly at: number } | null = null;

  /** @param onBatch runs at every notice, before any page hears of it @param onLost runs when the warehouse does not answer */
  constructor(url: string, onBatch: () => void, onLost: () => void) {
    this.#url = url;
    this.#onBatch = onBatch;
    this.#onLost = onLost;
    this.#heartbeat = setInterval(() => {
      this.#send(this.#isListening ? 'beat' : 'down');
      this.#requireAnswer();
    }, HEARTBEAT_MS);
    this.#heartbeat.unref();
    this.#listening = this.#listen();
  }

  /** Whether the warehouse would be heard at this moment. */
  get isListening(): boolean {
    return this.#isListening;
  }

  get openPages(): number {
    return this.#browsers.size;
  }

  /** Keeps the response open for events; false when too many pages are open, in all or of this client. */
  add(response: ServerResponse, client: string): boolean {
    const open = this.#openBy.get(client) ?? 0;
    if (this.#browsers.size >= MOST_BROWSERS || open >= MOST_OF_ONE) return false;
    this.#openBy.set(client, open + 1);
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
    response.write(`retry: 2000\n\nevent: ${this.#isListening ? 'beat' : 'down'}\ndata: 1\n\n`);
    this.#browsers.add(response);
    response.on('close', () => {
      this.#browsers.delete(response);
      const left = (this.#openBy.get(client) ?? 1) - 1;
      if (left === 0) this.#openBy.delete(client);
      else this.#openBy.set(client, left);
    });
    return true;
  }

  /** Tells the pages again after so many milliseconds: something they were given was old already. */
  remind(waitMs: number): void {
    const at = Date.now() + waitMs;
    if (this.#reminder !== null) {
      if (this.#reminder.at <= at) return;
      clearTimeout(this.#reminder.timer);
    }
    const timer = setTimeout(() => {
      this.#reminder = null;
      this.#tell();
    }, waitMs);
    timer.unref();
    this.#reminder = { timer, at };
  }

  async close(): Promise<void> {
    this.#stop.abort();
    clearInterval(this.#heartbeat);
    if (this.#reminder !== null) clearTimeout(this.#reminder.timer);
    if (this.#pending !== null) clearTimeout(this.#pending);
    for (const response of this.#browsers) response.end();
    if (this.#client !== null) await sayGoodbye(this.#client);
    await this.#listening;
  }

  async #listen(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const client = await connect(this.#url, 'reader', this.#stop.signal);
        this.#client = client;
        this.#isAsking = false;
        // Closed while the connection was being made.
        if (this.#stop.signal.aborted) return await sayGoodbye(client);
        const lost = new Promise<void>((resolve) => client.on('end', () => resolve()).on('error', () => resolve()));
        client.on('notification', () => this.#notice());
        await client.query(`LISTEN ${BATCH_CHANNEL}`);
        this.#isListening = true;
        this.#send('beat');
        // whatever was committed while nobody listened
        this.#notice();
        await lost;
      } catch {
        // told to the pages below, and tried again
      }
      this.#isListening = false;
      if (this.#stop.signal.aborted) return;
      this.#onLost();
      this.#send('down');
      await sleep(RETRY_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  /** A connection to a machine that hangs stays open: one on which the last question was not answered is dropped. */
  #requireAnswer(): void {
    const client = this.#client;
    if (client === null) return;
    if (this.#isAsking) return breakOff(client);
    this.#isAsking = true;
    client.query('SELECT 1').then(
      () => (this.#isAsking = false),
      () => undefined,
    );
  }

  #notice(): void {
    this.#onBatch();
    this.#tell();
  }

  #tell(): void {
    if (this.#pending !== null || this.#stop.signal.aborted) return;
    const wait = Math.max(0, this.#lastSent + MIN_GAP_MS - Date.now());
    this.#pending = setTimeout(() => {
      this.#pending = null;
      this.#lastSent = Date.now();
      this.#send('batch');
    }, wait);
  }

  #send(event: 'batch' | 'beat' | 'down'): void {
    for (const response of this.#browsers) {
      // a browser that does not read what it was sent is let go: it asks again
      if (response.writableLength > 10_000) response.destroy();
      else response.write(`event: ${event}\ndata: 1\n\n`);
    }
  }
}
