// Whether PostgreSQL still answers while a loader hears nothing of it: because there is nothing to load, or because a load has gone quiet. It asks on a
// connection of its own, and breaks nothing off itself.
import { askPostgres, type SessionMark } from '../storage/answers.ts';

export interface WatchTimes {
  /** It is asked after so long a time without a sign of life. */
  readonly quietMs: number;
  readonly patienceMs: number;
}

const WATCH_TIMES: WatchTimes = { quietMs: 10_000, patienceMs: 10_000 };

export interface WatchOptions extends Partial<WatchTimes> {
  readonly url: string;
  /** The sessions on which answers are waited for at the moment: they must be there. */
  readonly sessions: () => readonly SessionMark[];
  /** Told after each question without an answer, with the time since the first of them in a row was asked. */
  readonly onSilence: (reason: string, silentMs: number) => void;
  /** Told once, when it answers again. */
  readonly onAnswer: () => void;
}

/** Asks from now on. Close it at the end. */
export class WarehouseWatch {
  readonly #options: WatchOptions & WatchTimes;
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #isPaused = false;
  /** When it was first asked in vain, as performance.now(). */
  #silentSince: number | null = null;
  /** So that an answer that is overtaken by what was heard meanwhile tells nothing. */
  #heardCount = 0;

  constructor(options: WatchOptions) {
    this.#options = { ...WATCH_TIMES, ...options };
    this.#askLater();
  }

  /** Something was heard: it need not be asked for a while. */
  heard(): void {
    this.#heardCount += 1;
    this.#isPaused = false;
    this.#answered();
    this.#askLater();
  }

  /** What was being asked about has ended: a question under way tells nothing. */
  askAnew(): void {
    this.#heardCount += 1;
    this.#askLater();
  }

  /** Somebody else tries again and again, and tells: nothing is asked until something is heard. */
  pause(): void {
    this.#heardCount += 1;
    this.#isPaused = true;
    clearTimeout(this.#timer);
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#timer);
  }

  #askLater(): void {
    clearTimeout(this.#timer);
    const isOver = this.#isPaused || this.#closing.signal.aborted;
    if (!isOver) this.#timer = setTimeout(() => void this.#ask(), this.#options.quietMs).unref();
  }

  async #ask(): Promise<void> {
    const { url, patienceMs, sessions, onSilence } = this.#options;
    const asked = performance.now();
    const heard = this.#heardCount;
    const { signal } = this.#closing;
    const answer = await askPostgres(url, { patienceMs, sessions: sessions(), signal });
    if (signal.aborted || heard !== this.#heardCount) return;
    if (answer.kind === 'serving') this.#answered();
    else {
      this.#silentSince ??= asked;
      onSilence(answer.reason, performance.now() - this.#silentSince);
    }
    this.#askLater();
  }

  #answered(): void {
    if (this.#silentSince === null) return;
    this.#silentSince = null;
    this.#options.onAnswer();
  }
}
