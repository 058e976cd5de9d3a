// One limiter per host: how fast this process may ask, whoever asks. It spaces requests evenly and holds them back
// while the store has asked for a pause. It never retries and never looks at an answer's body.
import type { Pace } from './pace.ts';

export class HostLimiter {
  readonly #pace: Pace;
  #intervalMs: number;
  #nextAt = 0;

  constructor(pace: Pace, requestsPerSecond: number) {
    this.#pace = pace;
    this.#intervalMs = 1000 / requestsPerSecond;
  }

  /** Two readers of one host keep to the slower of their limits. */
  atMost(requestsPerSecond: number): void {
    this.#intervalMs = Math.max(this.#intervalMs, 1000 / requestsPerSecond);
  }

  /** Waits for this request's turn; turns are handed out in the order of the calls. */
  async turn(signal?: AbortSignal): Promise<void> {
    for (;;) {
      const now = this.#pace.now();
      if (now >= this.#nextAt) {
        this.#nextAt = Math.max(now, this.#nextAt) + this.#intervalMs;
        return;
      }
      // Looked at again after the wait: somebody may have been told to pause meanwhile.
      await this.#pace.sleep(Math.ceil(this.#nextAt - now), signal);
    }
  }

  /** No request of anybody before `ms` from now. */
  pause(ms: number): void {
    this.#nextAt = Math.max(this.#nextAt, this.#pace.now() + ms);
  }
}

const limiters = new Map<string, { readonly pace: Pace; readonly limiter: HostLimiter }>();

/** The limiter of an origin (scheme, host and port), shared by all of this process. */
export function limiterOf(origin: string, pace: Pace, requestsPerSecond: number): HostLimiter {
  const known = limiters.get(origin);
  if (known !== undefined && known.pace === pace) {
    known.limiter.atMost(requestsPerSecond);
    return known.limiter;
  }
  const limiter = new HostLimiter(pace, requestsPerSecond);
  limiters.set(origin, { pace, limiter });
  return limiter;
}
