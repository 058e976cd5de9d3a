// Being asked to stop while something else is being waited for. It ends nothing by itself: what was waited for goes on unheard, and whoever began it closes it.

/** Settles as `work` does, or rejects with the signal's reason as soon as that comes. */
export function untilStopped<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    if (signal.aborted) stop();
  });
}
