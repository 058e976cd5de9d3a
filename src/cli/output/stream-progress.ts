// What `esteira stream` says while it runs: rate, lag and time of the last batch, starts and failures. On a terminal it rewrites one line;
// elsewhere it says something every few seconds, so that a log shows that work goes on.
import type { QueryProgress } from '../../engines/spark/streaming.ts';
import type { StreamProgress } from '../../pipeline/stream/stream.ts';
import { counted, formatCountEn } from './counted.ts';

const LOG_EVERY_MS = 10_000;

/** `stream` is stderr. */
export function streamProgress(stream: NodeJS.WriteStream): {
  readonly show: (progress: StreamProgress) => void;
  readonly clear: () => void;
} {
  let shownAt = 0;
  let isDrawn = false;
  const clear = (): void => {
    if (isDrawn) stream.write('\r\u001b[2K');
    isDrawn = false;
  };
  const line = (text: string): void => {
    clear();
    stream.write(`${text}\n`);
  };
  return {
    show(progress) {
      if (progress.kind === 'started')
        line(
          `${progress.attempt === 0 ? 'Spark plans the query: its first batch may take a minute' : 'the query runs'}${progress.attempt > 0 ? ` (start ${progress.attempt + 1})` : ''}${progress.endedOrphans > 0 ? '; a query that a dead client had left was ended' : ''}`,
        );
      else if (progress.kind === 'failed')
        line(`${progress.reason.replace(/[^.]$/, '$&.')} Trying again in ${Math.ceil(progress.waitMs / 1000)} s`);
      else if (stream.isTTY) {
        stream.write(`\r\u001b[2K${describe(progress.batch).slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`);
        isDrawn = true;
      } else if (performance.now() - shownAt >= LOG_EVERY_MS || shownAt === 0) {
        shownAt = performance.now();
        line(describe(progress.batch));
      }
    },
    clear,
  };
}

function describe(batch: QueryProgress): string {
  const source = batch.sources[0];
  const lag = Number(source?.metrics?.['maxOffsetsBehindLatest'] ?? 0);
  const milliseconds = batch.durationMs['triggerExecution'] ?? 0;
  return `batch ${batch.batchId}: ${counted(source?.numInputRows ?? 0, 'record')} in ${(milliseconds / 1000).toFixed(1)} s, ${formatCountEn(Math.round(source?.processedRowsPerSecond ?? 0))} records/s, lag ${formatCountEn(lag)} a partition`;
}
