// The progress line of a load: how many lines, how fast, how long still. On a terminal it rewrites one line; elsewhere it says little.
import type { LoadProgress } from '../../pipeline/load-file.ts';
import { counted, formatCountEn } from './counted.ts';
import { drawOver, takeLineAway } from './progress-line.ts';
import { SETTLING, unsettledText } from './settle-words.ts';

export interface ProgressLine {
  readonly show: (progress: LoadProgress) => void;
  clear(): void;
}

/** `stream` is stderr. */
export function loadProgress(stream: NodeJS.WriteStream): ProgressLine {
  const startedAt = performance.now();
  let shown = false;
  const line = (text: string): void => {
    if (stream.isTTY) {
      drawOver(stream, text);
      shown = true;
    }
  };
  return {
    show(progress) {
      if (progress.kind === 'reading') line(`${progress.name}: reading`);
      if (progress.kind === 'staged') {
        line(
          `${progress.name}: ${counted(progress.staged.linesRead, 'line')}, ${counted(progress.batches, 'batch', 'batches')}`,
        );
      }
      if (progress.kind === 'loaded') {
        const seconds = (performance.now() - startedAt) / 1000;
        const rate = progress.linesDone / seconds;
        const left = (progress.lines - progress.linesDone) / rate;
        line(
          `${progress.name}: ${formatCountEn(progress.linesDone)} of ${counted(progress.lines, 'line')}, ${formatCountEn(Math.round(rate))} lines/s, ${duration(left)} left`,
        );
      }
      if (progress.kind === 'settling') line(SETTLING);
      if (progress.kind === 'unsettled') stream.write(`${shown ? '\n' : ''}${unsettledText(progress.reason)}\n`);
      if (progress.kind === 'waiting') {
        if (stream.isTTY) line(`waiting for ${progress.service}: ${progress.reason}`);
        else
          stream.write(
            `waiting for ${progress.service} (${progress.reason}); trying again in ${Math.ceil(progress.waitMs / 1000)} s\n`,
          );
      }
    },
    clear() {
      if (shown) takeLineAway(stream);
      shown = false;
    },
  };
}

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  return `${Math.round(seconds / 60)} min`;
}
