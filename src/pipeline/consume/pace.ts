// How long preparing and loading a batch take, so that the next is prepared when its turn to be loaded comes, and not earlier.
// It measures and foresees; it waits for nothing.

/** Of batches one after another, of which one is prepared while the one before is being loaded. */
export class Pace {
  #preparingMs = 0;
  #loadingMs = 0;
  #loadedAtMs = 0;

  /** When to begin to prepare a batch so that it is ready when the one under way is loaded; as performance.now(), in the past when none is. */
  get prepareFromMs(): number {
    return this.#loadedAtMs - this.#preparingMs;
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
