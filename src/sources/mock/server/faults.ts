// What goes wrong in the mock store, and how its rate limit counts. Decisions only: `server.ts` carries them out.
import { Draw } from './draw.ts';

export const FAULTS = ['status500', 'status503', 'dropped', 'truncated', 'brokenJson', 'slow'] as const;
/**
 * status500, status503: refused, the latter with Retry-After as an HTTP date. dropped: the connection closes before an answer.
 * truncated: closes in the middle of the body. brokenJson: a whole answer whose JSON stops half way. slow: the answer comes late.
 */
export type Fault = (typeof FAULTS)[number];

/** Draws the fault of each request: planned ones first, then by chance. */
export class FaultPlan {
  readonly #draw: Draw;
  readonly #probability: number;
  readonly #planned: Fault[] = [];

  constructor(seed: number, probability: number) {
    this.#draw = new Draw(seed ^ 0x5f_4a17);
    this.#probability = probability;
  }

  /** The next `times` requests fail this way, after those planned before. */
  plan(fault: Fault, times: number): void {
    for (let count = 0; count < times; count += 1) this.#planned.push(fault);
  }

  next(): Fault | null {
    const planned = this.#planned.shift();
    if (planned !== undefined) return planned;
    return this.#probability > 0 && this.#draw.chance(this.#probability) ? this.#draw.pick(FAULTS) : null;
  }
}

/** A leaky bucket: each request adds a drop, `perSecond` of them leak; a full bucket refuses. */
export class LeakyBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  #level = 0;
  #at = 0;

  constructor(perSecond: number, capacity: number) {
    this.#perSecond = perSecond;
    this.#capacity = capacity;
  }

  /** Takes a drop at `nowMs`. `resetMs`: until the bucket is empty. `retryAfterSeconds` is above 0 when refused, in whole seconds as the header has them. */
  take(nowMs: number): {
    readonly limit: number;
    readonly remaining: number;
    readonly resetMs: number;
    readonly retryAfterSeconds: number;
  } {
    this.#level = Math.max(0, this.#level - (Math.max(0, nowMs - this.#at) / 1000) * this.#perSecond);
    this.#at = nowMs;
    const isFull = this.#level + 1 > this.#capacity;
    const retryAfterSeconds = isFull ? Math.max(1, Math.ceil((this.#level + 1 - this.#capacity) / this.#perSecond)) : 0;
    if (!isFull) this.#level += 1;
    return {
      limit: this.#capacity,
      remaining: Math.max(0, Math.floor(this.#capacity - this.#level)),
      resetMs: Math.ceil((this.#level / this.#perSecond) * 1000),
      retryAfterSeconds,
    };
  }
}
