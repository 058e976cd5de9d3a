// What `esteira stream` says while it runs: one line that is rewritten on a terminal; elsewhere log lines, at most one in ten seconds for all batches since.
import { createLogger } from '../../lib/log.ts';
import { totalLag } from '../../pipeline/lag.ts';
import type { StreamProgress } from '../../pipeline/stream/stream.ts';
import { counted, formatCountEn } from './counted.ts';
import { drawOver, drawsLine, takeLineAway, type ProgressLine, type ProgressOptions } from './progress-line.ts';

type Batch = Extract<StreamProgress, { kind: 'batch' }>;

/** `stream` is stderr. */
export function streamProgress(stream: NodeJS.WriteStream, options: ProgressOptions): ProgressLine<StreamProgress> {
  return drawsLine(stream, options) ? new DrawnProgress(stream) : new LoggedProgress(options);
}

class DrawnProgress implements ProgressLine<StreamProgress> {
  readonly #stream: NodeJS.WriteStream;
  #isDrawn = false;
  #batch: Batch | null = null;
  #lag: bigint | null = null;
  #isKafkaAway = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(progress: StreamProgress): void {
    switch (progress.kind) {
      case 'started':
        this.#line(startedText(progress));
        break;
      case 'failed':
        this.#line(`${progress.reason.replace(/[^.]$/, '$&.')} Trying again in ${Math.ceil(progress.waitMs / 1000)} s`);
        break;
      case 'batch':
        this.#batch = progress;
        this.#draw();
        break;
      case 'lag':
        this.#lag = totalLag(progress.partitions);
        if (progress.isFresh) this.#isKafkaAway = false;
        this.#draw();
        break;
      case 'kafka-away':
        this.#isKafkaAway = true;
        this.#draw();
        break;
    }
  }

  clear(): void {
    if (this.#isDrawn) takeLineAway(this.#stream);
    this.#isDrawn = false;
  }

  #draw(): void {
    const parts = [
      this.#batch && batchText(this.#batch),
      this.#isKafkaAway ? 'waiting for Kafka' : this.#lag === null ? null : `${formatCountEn(this.#lag)} to read`,
    ];
    const text = parts.filter((part) => part !== null).join(', ');
    drawOver(this.#stream, text);
    this.#isDrawn = true;
  }

  #line(text: string): void {
    this.clear();
    this.#stream.write(`${text}\n`);
  }
}

function startedText({ start, endedOrphans }: Extract<StreamProgress, { kind: 'started' }>): string {
  const begins =
    start === 1 ? 'Spark plans the query: its first batch may take a minute' : `the query runs (start ${start})`;
  return `${begins}${endedOrphans > 0 ? '; a query that a dead client had left was ended' : ''}`;
}

function batchText({ batch, records, seconds, recordsPerSecond }: Batch): string {
  return `batch ${batch}: ${counted(records, 'record')} in ${seconds.toFixed(1)} s, ${formatCountEn(Math.round(recordsPerSecond))} records/s`;
}

const LOG_EVERY_MS = 10_000;

class LoggedProgress implements ProgressLine<StreamProgress> {
  readonly #log;
  #lag: bigint | null = null;
  #isKafkaAway = false;
  #since = { batches: 0, records: 0, seconds: 0 };
  #last: Batch | null = null;
  #writtenAt = -Infinity;

  constructor({ level, format }: ProgressOptions) {
    this.#log = createLogger({ level, format: format === 'pretty' ? 'pretty' : 'json' });
  }

  show(progress: StreamProgress): void {
    switch (progress.kind) {
      case 'started':
        this.#log.info('query.started', { start: progress.start, endedOrphans: progress.endedOrphans });
        break;
      case 'failed':
        this.clear();
        this.#log.warn('query.failed', { reason: progress.reason, waitSeconds: Math.ceil(progress.waitMs / 1000) });
        break;
      case 'batch': {
        const { batches, records, seconds } = this.#since;
        this.#since = {
          batches: batches + 1,
          records: records + progress.records,
          seconds: seconds + progress.seconds,
        };
        this.#last = progress;
        this.#writeNowAndThen();
        break;
      }
      case 'lag':
        this.#lag = totalLag(progress.partitions);
        if (progress.isFresh) this.#isKafkaAway = false;
        this.#writeNowAndThen();
        break;
      case 'kafka-away':
        if (!this.#isKafkaAway) this.#log.warn('service.awaited', { service: 'Kafka', reason: progress.reason });
        this.#isKafkaAway = true;
        break;
    }
  }

  #writeNowAndThen(): void {
    if (performance.now() - this.#writtenAt >= LOG_EVERY_MS) this.clear();
  }

  /** Writes what is not written yet. */
  clear(): void {
    if (this.#last === null) return;
    const { batches, records, seconds } = this.#since;
    this.#log.info('batches.finished', {
      batches,
      records,
      seconds: Number(seconds.toFixed(3)),
      lastBatch: this.#last.batch,
      lag: this.#lag === null ? null : Number(this.#lag),
    });
    this.#since = { batches: 0, records: 0, seconds: 0 };
    this.#last = null;
    this.#writtenAt = performance.now();
  }
}
