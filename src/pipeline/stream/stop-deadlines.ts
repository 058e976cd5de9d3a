// How long a stream that was told to stop may still take: one deadline over everything that is left to do, whatever Spark and Kafka do meanwhile.
// It ends nothing itself.

/** A supervisor waits 10 s before it kills; the rest is for telling the lag once more and for the end of the process. */
const END_QUERY_MS = 5000;
const CLOSE_SESSION_MS = 1500;

export interface StopDeadlines {
  /** Aborted when the stream is told to stop. */
  readonly told: AbortSignal;
  /** Aborted when the query must have been ended by now. */
  readonly late: AbortSignal;
  /** Aborted when Spark is no longer waited for at all. */
  readonly over: AbortSignal;
  cancel(): void;
}

/** Never aborted without a signal. Cancel it at the end: its timers keep the process alive, which has to live until then. */
export function stopDeadlines(signal: AbortSignal | undefined): StopDeadlines {
  const told = signal ?? new AbortController().signal;
  const [late, over] = [new AbortController(), new AbortController()];
  const timers: NodeJS.Timeout[] = [];
  const begin = (): void => {
    timers.push(
      setTimeout(() => late.abort(told.reason), END_QUERY_MS),
      setTimeout(() => over.abort(told.reason), END_QUERY_MS + CLOSE_SESSION_MS),
    );
  };
  if (told.aborted) begin();
  else told.addEventListener('abort', begin, { once: true });
  return {
    told,
    late: late.signal,
    over: over.signal,
    cancel: () => {
      told.removeEventListener('abort', begin);
      timers.forEach(clearTimeout);
    },
  };
}
