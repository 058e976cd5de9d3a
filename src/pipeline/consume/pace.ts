// How long preparing and loading a batch take, so that the next is prepared when its turn to be loaded comes, and not earlier.
// It measures and foresees; it waits for nothing.

/** A load that waited out an outage is no reason to rest for as long. */
const LONGEST_REST_MS = 500;

/**
 * Of batches one after another, of which one is prepared while the one before is being loaded; or, when it `rests`, only after as much time as that one took:
 * what comes through Spark is on its way for a second, and reaches its goal sooner when half of our time is left to Spark.
 */
export class Pace {
  readonly #rests: boolean;
  #preparingMs = 0;
  #loadingMs = 0;
  #loadedAtMs = 0;

  constructor(rests = false) {
    this.#rests = rests;
  }

  /** When to begin to prepare a batch: so that it is ready when the one under way is loaded, or after a rest; as performance.now(), in the past when at once. */
  get prepareFromMs(): number {
    if (!this.#rests) return this.#loadedAtMs - this.#preparingMs;
    return this.#loadedAtMs + Math.min(this.#preparingMs + this.#loadingMs, LONGEST_REST_MS);
  }

  async ofPreparing<T>(work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await work();
    this.#preparingMs = performance.now() - started;
    return result;
  }

  async ofLoading<T>(work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    this.#loadedAtMs = started + this.#loadingMs;
    try {
      return await work();
    } finally {
      const now = performance.now();
      this.#loadingMs = now - started;
      this.#loadedAtMs = now;
    }
  }
}
