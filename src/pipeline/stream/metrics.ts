// How a stream is doing, as counters and as health: made from the progress that stream reports, nothing else.
import { STREAM_METRICS as FAMILY } from '../../catalog/process-metrics.ts';
import type { HealthSource } from '../health-server.ts';
import { lagOf, type PartitionLag } from '../lag.ts';
import { Exposition, SecondsHistogram } from '../prometheus.ts';
import type { StreamProgress } from './stream.ts';

/** Whom a stream waits for, by what it failed with. */
const WAITING: Readonly<Record<string, string>> = {
  SPARK_UNREACHABLE: 'waiting for Spark',
  SPARK_SESSION_LOST: 'waiting for Spark',
  BROKER_UNREACHABLE: 'waiting for Kafka',
};

export class StreamMetrics implements HealthSource {
  readonly #topic: string;
  readonly #now: () => number;
  #starts = 0;
  #failures = 0;
  #messages = 0;
  #batches = 0;
  readonly #batchSeconds = new SecondsHistogram();
  #partitions: readonly PartitionLag[] = [];
  #waitingFor: string | null = 'the query has not started yet';
  #isKafkaAway = false;
  #lastBatchMs: number | null = null;

  /** @param topic the raw one */
  constructor(topic: string, now: () => number = Date.now) {
    this.#topic = topic;
    this.#now = now;
  }

  observe(progress: StreamProgress): void {
    switch (progress.kind) {
      case 'started':
        this.#starts += 1;
        this.#waitingFor = null;
        break;
      case 'batch':
        this.#messages += progress.records;
        this.#batches += 1;
        this.#batchSeconds.observe(progress.seconds);
        this.#lastBatchMs = this.#now();
        break;
      case 'lag':
        this.#partitions = progress.partitions;
        if (progress.isFresh) this.#isKafkaAway = false;
        break;
      case 'kafka-away':
        this.#isKafkaAway = true;
        break;
      case 'failed':
        this.#failures += 1;
        this.#waitingFor = WAITING[progress.code] ?? 'the query failed and is started again';
        break;
    }
  }

  /**
   * It waits for ever for a service that is down; what it asks about a running query has a deadline, and a Spark that no longer answers pings is given up.
   * Only a start may take as long as Spark takes, and until it is done nothing is ready.
   */
  unhealthy(): string | null {
    return null;
  }

  unready(): string | null {
    return this.#waitingFor ?? (this.#isKafkaAway ? 'waiting for Kafka' : null);
  }

  metrics(): string {
    const out = new Exposition({ topico: this.#topic });
    out.value(FAMILY.ready, this.unready() === null ? 1 : 0);
    out.value(FAMILY.starts, this.#starts);
    out.value(FAMILY.failures, this.#failures);
    out.value(FAMILY.messages, this.#messages);
    out.value(FAMILY.batches, this.#batches);
    out.histogram(FAMILY.batchSeconds, this.#batchSeconds);
    out.values(
      FAMILY.lag,
      this.#partitions.map((each) => [{ particao: String(each.partition) }, lagOf(each)]),
    );
    if (this.#lastBatchMs !== null) out.value(FAMILY.lastBatch, this.#lastBatchMs / 1000);
    out.value(FAMILY.memory, process.memoryUsage().rss);
    return out.text();
  }
}
