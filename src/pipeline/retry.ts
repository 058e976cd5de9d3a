// Waiting out a service that is down: the only place that tries again. Good data is never given up for a passing failure.
import { setTimeout as sleep } from 'node:timers/promises';
import { EsteiraError } from '../lib/errors.ts';

export interface RetryOptions {
  /** Give up this long after the first failure in a row. Infinity: never. */
  readonly maxOutageMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Told before every wait. */
  readonly onWait?: (error: EsteiraError, waitMs: number) => void;
}

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 10_000;

/** Failures in a row of one service. Waits double, with jitter. */
export class Outage {
  readonly #options: RetryOptions;
  #failingSince: number | null = null;
  #attempt = 0;

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  /** Waits before the next attempt; throws the error when it does not pass by itself, has lasted too long, or we were asked to stop. */
  async wait(error: unknown): Promise<void> {
    const { maxOutageMs, signal, onWait } = this.#options;
    if (!(error instanceof EsteiraError) || !error.retryable || signal?.aborted === true) throw error;
    this.#failingSince ??= performance.now();
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#attempt) * (0.5 + Math.random() / 2);
    this.#attempt += 1;
    if (performance.now() - this.#failingSince + waitMs > maxOutageMs) throw error;
    onWait?.(error, waitMs);
    await sleep(waitMs, undefined, signal ? { signal } : {});
  }

  /** The service answers: the next failure is a first one. */
  over(): void {
    this.#failingSince = null;
    this.#attempt = 0;
  }
}

/** Runs `action` until it succeeds, fails for good, or has been failing for longer than allowed. */
export async function retrying<T>(options: RetryOptions, action: () => Promise<T>): Promise<T> {
  const outage = new Outage(options);
  for (;;) {
    try {
      return await action();
    } catch (error) {
      await outage.wait(error);
    }
  }
}

/** However being asked to stop comes out of a wait, it is no failure: what is committed is the place to go on from. */
export function isInterruption(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted !== true) return false;
  return (
    error === signal.reason ||
    (error instanceof Error && error.name === 'AbortError') ||
    (error instanceof EsteiraError && error.retryable)
  );
}

/** Lets an interruption pass and throws anything else. */
export function rethrowUnlessStopped(signal: AbortSignal | undefined): (error: unknown) => void {
  return (error) => {
    if (!isInterruption(error, signal)) throw error;
  };
}
