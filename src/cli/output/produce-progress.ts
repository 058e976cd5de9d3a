// The progress line of files on their way into Kafka: how many lines, how fast, how long still. On a terminal it rewrites one line;
// elsewhere it says something every few seconds, so that a log shows that work goes on.
import type { ProduceProgress } from '../../pipeline/produce.ts';
import { counted, formatCountEn } from './counted.ts';
import { drawOver, takeLineAway } from './progress-line.ts';

/** A log gets a line this often, a terminal a new figure that often. */
const LOG_EVERY_MS = 10_000;
const REDRAW_EVERY_MS = 100;

/** `stream` is stderr. */
export function produceProgress(stream: NodeJS.WriteStream): {
  readonly show: (progress: ProduceProgress) => void;
  readonly clear: () => void;
} {
  let startedAt = performance.now();
  let shownAt = startedAt;
  let isDrawn = false;
  const draw = (text: string): void => {
    if (!stream.isTTY) return;
    drawOver(stream, text);
    isDrawn = true;
  };
  const tell = (text: string): void => {
    if (stream.isTTY) draw(text);
    else stream.write(`${text}\n`);
  };
  return {
    show(progress) {
      const now = performance.now();
      if (progress.kind === 'reading') {
        startedAt = now;
        draw(`${progress.name}: reading`);
      }
      if (progress.kind === 'sent') {
        if (now - shownAt < (stream.isTTY ? REDRAW_EVERY_MS : LOG_EVERY_MS)) return;
        shownAt = now;
        const { name, linesDone, lines, messageCount } = progress;
        const rate = linesDone / ((now - startedAt) / 1000);
        const left = rate > 0 ? `, ${duration((lines - linesDone) / rate)} left` : '';
        tell(
          `${name}: ${formatCountEn(linesDone)} of ${counted(lines, 'line')}, ${counted(messageCount, 'message')}, ${formatCountEn(Math.round(rate))} lines/s${left}`,
        );
      }
      if (progress.kind === 'waiting')
        tell(`waiting for Kafka (${progress.reason}); trying again in ${Math.ceil(progress.waitMs / 1000)} s`);
    },
    clear() {
      if (isDrawn) takeLineAway(stream);
      isDrawn = false;
    },
  };
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.max(0, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}
