// Waiting in tests for something that happens in its own time: asked again and again, and never longer than told.
import { setTimeout as sleep } from 'node:timers/promises';

/** Runs `work` until it does not throw; then, or after the time, its result or its last error. */
export async function waitFor<T>(work: () => Promise<T>, timeoutMs = 30_000): Promise<T> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > until) throw error;
      await sleep(100);
    }
  }
}
