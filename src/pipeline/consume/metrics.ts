// How a consumer is doing, as counters and as health: made from the progress that consume reports, nothing else.
import type { HealthSource } from '../health-server.ts';
import type { ConsumeProgress, PartitionLag } from './consume.ts';

/** Upper bounds in seconds of the histogram of batches: from the first message read to the commit. */
const BOUNDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export class ConsumeMetrics implements HealthSource {
  readonly #group: string;
  readonly #now: () => number;
  #messages = 0;
  #batches = 0;
  #overtaken = 0;
  #rebalances = 0;
  readonly #events = { aceitos: 0, rejeitados: 0, duplicados: 0, antigos: 0 };
  readonly #waits: Record<'Kafka' | 'PostgreSQL', number> = { Kafka: 0, PostgreSQL: 0 };
  readonly #buckets = BOUNDS.map(() => 0);
  #seconds = 0;
  #partitions: readonly PartitionLag[] = [];
  #waitingFor: string | null = 'the group has not yet assigned partitions';
  #lastCommitMs: number | null = null;

  constructor(group: string, now: () => number = Date.now) {
    this.#group = group;
    this.#now = now;
  }

  observe(progress: ConsumeProgress): void {
    switch (progress.kind) {
      case 'assigned':
        this.#partitions = progress.partitions;
        this.#waitingFor = null;
        break;
      case 'loaded': {
        this.#messages += progress.messageCount;
        this.#batches += 1;
        for (const name of ['aceitos', 'rejeitados', 'duplicados', 'antigos'] as const)
          this.#events[name] += progress.counts[name];
        BOUNDS.forEach((bound, index) => {
          if (progress.seconds <= bound) this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
        });
        this.#seconds += progress.seconds;
        this.#partitions = progress.partitions;
        this.#lastCommitMs = this.#now();
        this.#waitingFor = null;
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
        this.#waitingFor = `waiting for ${progress.service}`;
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
    return this.#waitingFor;
  }

  metrics(): string {
    const group = `grupo="${label(this.#group)}"`;
    const lines: string[] = [];
    const family = (
      name: string,
      type: 'counter' | 'gauge' | 'histogram',
      help: string,
      samples: readonly (readonly [suffix: string, labels: string, value: number | bigint])[],
    ): void => {
      lines.push(`# HELP esteira_consume_${name} ${help}`, `# TYPE esteira_consume_${name} ${type}`);
      for (const [suffix, labels, value] of samples)
        lines.push(
          `esteira_consume_${name}${suffix}{${[group, labels].filter((text) => text !== '').join(',')}} ${value}`,
        );
    };
    family('messages_total', 'counter', 'Messages in committed batches.', [['', '', this.#messages]]);
    family('batches_total', 'counter', 'Committed batches.', [['', '', this.#batches]]);
    family(
      'events_total',
      'counter',
      'Events by what became of them: aceitos, rejeitados, duplicados, antigos.',
      Object.entries(this.#events).map(([name, value]) => ['', `resultado="${name}"`, value] as const),
    );
    family('overtaken_total', 'counter', 'Batches thrown away because another consumer had taken over.', [
      ['', '', this.#overtaken],
    ]);
    family('rebalances_total', 'counter', 'Times the group shared the partitions out anew.', [
      ['', '', this.#rebalances],
    ]);
    family(
      'waits_total',
      'counter',
      'Waits for a service that did not answer.',
      Object.entries(this.#waits).map(([name, value]) => ['', `servico="${name}"`, value] as const),
    );
    family('batch_seconds', 'histogram', 'From the first message of a batch read to its commit.', [
      ...BOUNDS.map((bound, index) => ['_bucket', `le="${bound}"`, this.#buckets[index] ?? 0] as const),
      ['_bucket', 'le="+Inf"', this.#batches],
      ['_sum', '', this.#seconds],
      ['_count', '', this.#batches],
    ]);
    family(
      'lag_messages',
      'gauge',
      'Messages of the assigned partitions that are not yet committed.',
      this.#partitions.map(({ topic, partition, position, end }) => [
        '',
        `topico="${label(topic)}",particao="${partition}"`,
        end > position ? end - position : 0n,
      ]),
    );
    if (this.#lastCommitMs !== null)
      family('last_commit_timestamp_seconds', 'gauge', 'When the last batch was committed.', [
        ['', '', this.#lastCommitMs / 1000],
      ]);
    family('resident_memory_bytes', 'gauge', 'Memory of this process.', [['', '', process.memoryUsage().rss]]);
    return `${lines.join('\n')}\n`;
  }
}

function label(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
