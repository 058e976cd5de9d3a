// Time as the store clients see it: the clock, waiting, jitter, backoff and what a store says about when to come back.
// It never decides whether to retry (`client.ts` does).
import { setTimeout as delay } from 'node:timers/promises';

export interface Pace {
  /** Milliseconds since the epoch, only compared with itself. */
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Uniform in [0, 1). */
  random(): number;
}

export const REAL_PACE: Pace = {
  now: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
  random: () => Math.random(),
};

export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** Wait before try `attempt` + 1 (attempt counts from 1): doubles from `baseMs` up to `maxMs`, its upper half drawn at random. */
export function backoffMs(attempt: number, backoff: Backoff, random: number): number {
  const full = Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(full / 2 + (full / 2) * random);
}

/**
 * Milliseconds that a `Retry-After` header asks for: delta seconds or an HTTP date (RFC 9110, section 10.2.3).
 * A date counts from the answer's own `Date`, so that a wrong clock on this side does no harm. Null when absent or unreadable.
 */
export function retryAfterMs(header: string | null, storeTimeMs: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  if (!/[a-z]/i.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - storeTimeMs);
}
