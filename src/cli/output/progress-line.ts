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
