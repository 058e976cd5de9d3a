// The end of a command that has said its last word, whatever it left open: a request to a server that has gone silent would keep the process for minutes.

/** After the signal, what is on its way to Kafka has this long to be acknowledged: a broker that hangs may hold it for minutes. */
export const MOST_DELIVERING_MS = 8000;

/** Ends the process with this exit code, or with the one that is set by then, unless it has ended by itself before. */
export function endSoon(leftMs: number, exitCode?: number): void {
  // given undefined, process.exit would forget the code that is set
  const end = (): never => (exitCode === undefined ? process.exit() : process.exit(exitCode));
  setTimeout(end, leftMs).unref();
}
