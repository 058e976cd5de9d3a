// Waiting out a service that is down: the only place that tries again. Good data is never given up for a passing failure.
import { setTimeout as sleep } from 'node:timers/promises';
import { EsteiraError } from '../lib/errors.ts';

export interface RetryOptions {
  /** Give up this long after the first failure in a row. */
  readonly maxOutageMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Told before every wait. */
  readonly onWait?: (error: EsteiraError, waitMs: number) => void;
}

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 10_000;

/** Runs `action` until it succeeds, fails for good, or has been failing for longer than allowed. Waits double, with jitter. */
export async function retrying<T>(options: RetryOptions, action: () => Promise<T>): Promise<T> {
  let failingSince: number | null = null;
  for (let attempt = 0; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof EsteiraError) || !error.retryable || options.signal?.aborted === true) throw error;
      failingSince ??= performance.now();
      const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * (0.5 + Math.random() / 2);
      if (performance.now() - failingSince + waitMs > options.maxOutageMs) throw error;
      options.onWait?.(error, waitMs);
      await sleep(waitMs, undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}
