// How a consumer is doing, as counters and as health: made from the progress that consume reports, nothing else.
import { CONSUME_METRICS as FAMILY } from '../../catalog/process-metrics.ts';
import type { HealthSource } from '../health-server.ts';
import { lagOf, type PartitionLag } from '../lag.ts';
import { Exposition, SecondsHistogram } from '../prometheus.ts';
import type { ConsumeProgress } from './consume.ts';

export class ConsumeMetrics implements HealthSource {
  readonly #group: string;
  readonly #now: () => number;
  #messages = 0;
  #batches = 0;
  #overtaken = 0;
  #rebalances = 0;
  readonly #events = { aceitos: 0, rejeitados: 0, duplicados: 0, antigos: 0 };
  readonly #waits: Record<'Kafka' | 'PostgreSQL', number> = { Kafka: 0, PostgreSQL: 0 };
  readonly #batchSeconds = new SecondsHistogram();
  #partitions: readonly PartitionLag[] = [];
  #isAssigned = false;
  readonly #waitingFor = new Set<'Kafka' | 'PostgreSQL'>();
  #lastCommitMs: number | null = null;

  constructor(group: string, now: () => number = Date.now) {
    this.#group = group;
    this.#now = now;
  }

  observe(progress: ConsumeProgress): void {
    switch (progress.kind) {
      case 'assigned':
        this.#partitions = progress.partitions;
        this.#isAssigned = true;
        this.#waitingFor.clear();
        break;
      case 'gathered':
        this.#partitions = progress.partitions;
        break;
      case 'loaded': {
        this.#messages += progress.messageCount;
        this.#batches += 1;
        for (const name of ['aceitos', 'rejeitados', 'duplicados', 'antigos'] as const)
          this.#events[name] += progress.counts[name];
        this.#batchSeconds.observe(progress.seconds);
        this.#partitions = progress.partitions;
        this.#lastCommitMs = this.#now();
        this.#waitingFor.delete('PostgreSQL');
        break;
      }
      case 'overtaken':
        this.#overtaken += 1;
        break;
      case 'rebalanced':
        this.#rebalances += 1;
        break;
      case 'waiting':
        this.#waits[progress.service] += 1;
        this.#waitingFor.add(progress.service);
        break;
      case 'silent':
        this.#waitingFor.add(progress.service);
        break;
      case 'answering':
        this.#waitingFor.delete(progress.service);
        break;
      // beside the loading: it says nothing of it
      case 'settling':
      case 'settled':
      case 'unsettled':
        break;
    }
  }

  /** It waits for ever for a service that is down, and a bug ends it: while it answers, it is alive. */
  unhealthy(): string | null {
    return null;
  }

  unready(): string | null {
    if (this.#waitingFor.size > 0) return `waiting for ${[...this.#waitingFor].sort().join(' and ')}`;
    return this.#isAssigned ? null : 'the group has not yet assigned partitions';
  }

  metrics(): string {
    const out = new Exposition({ grupo: this.#group });
    out.value(FAMILY.ready, this.unready() === null ? 1 : 0);
    out.value(FAMILY.messages, this.#messages);
    out.value(FAMILY.batches, this.#batches);
    out.values(
      FAMILY.events,
      Object.entries(this.#events).map(([name, count]) => [{ resultado: name }, count]),
    );
    out.value(FAMILY.overtaken, this.#overtaken);
    out.value(FAMILY.rebalances, this.#rebalances);
    out.values(
      FAMILY.waits,
      Object.entries(this.#waits).map(([name, count]) => [{ servico: name }, count]),
    );
    out.histogram(FAMILY.batchSeconds, this.#batchSeconds);
    out.values(
      FAMILY.lag,
      this.#partitions.map((each) => [{ topico: each.topic, particao: String(each.partition) }, lagOf(each)]),
    );
    if (this.#lastCommitMs !== null) out.value(FAMILY.lastCommit, this.#lastCommitMs / 1000);
    out.value(FAMILY.memory, process.memoryUsage().rss);
    return out.text();
  }
}
