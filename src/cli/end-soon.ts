// The end of a command that has said its last word, whatever it left open: a request to a server that has gone silent would keep the process for minutes.

/** Ends the process with the exit code that is set, unless it has ended by itself before. */
export function endSoon(leftMs: number): void {
  setTimeout(() => process.exit(), leftMs).unref();
}
