// What a command that goes on for long says on standard error: a line that is drawn over on a terminal, log lines elsewhere.
import type { LogFormat, LogLevel } from '../../lib/log.ts';

export interface ProgressLine<Progress> {
  show(progress: Progress): void;
  /** Takes the drawn line away, before something else is written and at the end. */
  clear(): void;
}

export interface ProgressOptions {
  readonly level: LogLevel;
  readonly format: LogFormat | 'auto';
}

/** True where somebody looks on and did not ask for a log. */
export function drawsLine(stream: { readonly isTTY?: boolean }, { format }: ProgressOptions): boolean {
  return stream.isTTY === true && format === 'auto';
}

const TAKE_LINE_AWAY = '\r\u001b[2K';

export function takeLineAway(stream: NodeJS.WriteStream): void {
  stream.write(TAKE_LINE_AWAY);
}

/** Draws over the line that stands there, as far as the terminal is wide. */
export function drawOver(stream: NodeJS.WriteStream, text: string): void {
  stream.write(`${TAKE_LINE_AWAY}${text.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`);
}
