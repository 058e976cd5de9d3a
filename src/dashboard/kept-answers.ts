// Answers of cards kept for a moment, so that many open pages ask the warehouse once. A notice of a batch makes them old; one that took long to get is
// given out for a while longer, and said to be old: however often batches come, reading takes a small part of the time.

interface Kept {
  readonly answer: Promise<unknown>;
  readonly startedAt: number;
  /** Milliseconds; null while it is read. */
  took: number | null;
  hasFailed: boolean;
  isOld: boolean;
}

/** Without any notice an answer is good for so long. */
const KEEP_MS = 5_000;
/** What is read again and again takes at most about a tenth of the time. */
const SHARE = 10;
const LONGEST_HOLD_MS = 300_000;
const LONGEST_FAILED_MS = 5_000;
const MOST_KEPT = 300;

export class KeptAnswers {
  readonly #kept = new Map<string, Kept>();
  readonly #onOld: (waitMs: number) => void;

  /** @param onOld an answer was given out that a batch has made old; a new one may be asked for in so many milliseconds */
  constructor(onOld: (waitMs: number) => void) {
    this.#onOld = onOld;
  }

  /** From now on, what is kept is old. */
  age(): void {
    for (const kept of this.#kept.values()) kept.isOld = true;
  }

  /** Keeps nothing: whether the warehouse still answers must be seen. */
  forget(): void {
    this.#kept.clear();
  }

  /** The kept answer, or what `ask` gives. A failure is told to all who asked meanwhile. */
  get<Answer>(key: string, ask: () => Promise<Answer>): Promise<Answer> {
    const known = this.#kept.get(key);
    const now = Date.now();
    if (known !== undefined) {
      const wait = known.took === null ? 0 : holdUntil(known, known.took) - now;
      if (known.took === null || wait > 0) {
        if (known.isOld) this.#remindAfter(known, wait);
        return known.answer as Promise<Answer>;
      }
      if (!known.isOld && !known.hasFailed && now - known.startedAt < KEEP_MS) return known.answer as Promise<Answer>;
    }
    return this.#ask(key, ask, now);
  }

  #ask<Answer>(key: string, ask: () => Promise<Answer>, now: number): Promise<Answer> {
    const answer = ask();
    const kept: Kept = { answer, startedAt: now, took: null, hasFailed: false, isOld: false };
    const settle = (hasFailed: boolean): void => {
      kept.took = Date.now() - now;
      kept.hasFailed = hasFailed;
    };
    answer.then(
      () => settle(false),
      () => settle(true),
    );
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(oldest);
    }
    return answer;
  }

  #remindAfter(kept: Kept, wait: number): void {
    if (kept.took !== null) return this.#onOld(wait);
    const remind = (): void => this.#onOld(Math.max(0, holdUntil(kept, kept.took ?? 0) - Date.now()));
    kept.answer.then(remind, remind);
  }
}

function holdUntil({ startedAt, hasFailed }: Kept, took: number): number {
  return startedAt + took + (hasFailed ? Math.min(LONGEST_FAILED_MS, took) : Math.min(LONGEST_HOLD_MS, took * SHARE));
}
