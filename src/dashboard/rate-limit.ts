// How much one client may ask for: a bucket of tokens each, and a number of open streams. So that one that asks without pause leaves the others theirs.
import type { IncomingMessage } from 'node:http';
import { isLoopback } from './access.ts';

interface Bucket {
  tokens: number;
  at: number;
}

/** More clients than this at once: then those that are full again are forgotten. */
const MOST_CLIENTS = 5_000;

export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param burst asked for at once at most @param perSecond what comes back @param now milliseconds */
  constructor(perSecond: number, burst: number, now: () => number = Date.now) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#now = now;
  }

  /** Takes one; 0 when there was one, else the seconds until there will be. */
  take(client: string): number {
    const now = this.#now();
    const bucket = this.#buckets.get(client) ?? { tokens: this.#burst, at: now };
    bucket.tokens = this.#filled(bucket, now);
    bucket.at = now;
    this.#buckets.set(client, bucket);
    if (this.#buckets.size > MOST_CLIENTS) this.#forget(now);
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / this.#perSecond);
    bucket.tokens -= 1;
    return 0;
  }

  #filled({ tokens, at }: Bucket, now: number): number {
    return Math.min(this.#burst, tokens + ((now - at) / 1000) * this.#perSecond);
  }

  #forget(now: number): void {
    for (const [client, bucket] of this.#buckets)
      if (this.#filled(bucket, now) >= this.#burst) this.#buckets.delete(client);
    // all of them at work: the oldest go, and begin anew
    for (const client of this.#buckets.keys()) {
      if (this.#buckets.size <= MOST_CLIENTS) return;
      this.#buckets.delete(client);
    }
  }
}

/**
 * Who is asking: the address of the connection; behind a proxy on this machine the last one that it names in X-Forwarded-For.
 */
export function clientOf(request: IncomingMessage): string {
  const address = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  if (!isLoopback(address)) return address;
  const forwarded = request.headers['x-forwarded-for'];
  const named = (Array.isArray(forwarded) ? forwarded.at(-1) : forwarded)?.split(',').at(-1)?.trim();
  return named === undefined || named === '' ? address : named.slice(0, 64);
}
