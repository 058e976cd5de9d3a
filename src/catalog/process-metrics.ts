// What long-running commands tell Prometheus about themselves: the families of figures, their labels and what they mean.
// docs/monitoring.md is made from it; the commands fill it in. Labels name topics, groups and outcomes, never an order or a person.

export interface MetricFamily {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

const MEMORY = 'Memory of the process (resident set).';

const GROUP = ['grupo'] as const;
const PARTITION = ['topico', 'particao'] as const;

/** Of `esteira consume`. */
export const CONSUME_METRICS = {
  ready: {
    name: 'esteira_consume_ready',
    type: 'gauge',
    help: '1 while it reads and loads, 0 while it waits for Kafka, PostgreSQL or its partitions.',
    labels: GROUP,
  },
  messages: {
    name: 'esteira_consume_messages_total',
    type: 'counter',
    help: 'Messages in committed batches.',
    labels: GROUP,
  },
  batches: { name: 'esteira_consume_batches_total', type: 'counter', help: 'Committed batches.', labels: GROUP },
  events: {
    name: 'esteira_consume_events_total',
    type: 'counter',
    help: 'Events by what became of them: aceitos, rejeitados, duplicados, antigos.',
    labels: [...GROUP, 'resultado'],
  },
  overtaken: {
    name: 'esteira_consume_overtaken_total',
    type: 'counter',
    help: 'Batches thrown away because another consumer had taken over.',
    labels: GROUP,
  },
  rebalances: {
    name: 'esteira_consume_rebalances_total',
    type: 'counter',
    help: 'Times the group shared the partitions out anew.',
    labels: GROUP,
  },
  waits: {
    name: 'esteira_consume_waits_total',
    type: 'counter',
    help: 'Waits for a service that did not answer: Kafka, PostgreSQL.',
    labels: [...GROUP, 'servico'],
  },
  batchSeconds: {
    name: 'esteira_consume_batch_seconds',
    type: 'histogram',
    help: 'From the first message of a batch read to its commit.',
    labels: GROUP,
  },
  lag: {
    name: 'esteira_consume_lag_messages',
    type: 'gauge',
    help: 'Messages of the assigned partitions that were seen in Kafka and are not yet committed.',
    labels: [...GROUP, ...PARTITION],
  },
  lastCommit: {
    name: 'esteira_consume_last_commit_timestamp_seconds',
    type: 'gauge',
    help: 'When the last batch was committed; absent before the first.',
    labels: GROUP,
  },
  memory: { name: 'esteira_consume_resident_memory_bytes', type: 'gauge', help: MEMORY, labels: GROUP },
} as const satisfies Record<string, MetricFamily>;

const RAW = ['topico'] as const;

/** Of `esteira stream`. */
export const STREAM_METRICS = {
  ready: {
    name: 'esteira_stream_ready',
    type: 'gauge',
    help: '1 while Spark runs the query and Kafka answers, 0 while one of them is waited for.',
    labels: RAW,
  },
  starts: { name: 'esteira_stream_starts_total', type: 'counter', help: 'Times the query was started.', labels: RAW },
  failures: {
    name: 'esteira_stream_failures_total',
    type: 'counter',
    help: 'Times the query failed, or could not be started or watched.',
    labels: RAW,
  },
  messages: {
    name: 'esteira_stream_messages_total',
    type: 'counter',
    help: 'Messages of the raw topic in finished batches; a batch that is repeated counts again.',
    labels: RAW,
  },
  batches: {
    name: 'esteira_stream_batches_total',
    type: 'counter',
    help: 'Finished batches that had messages.',
    labels: RAW,
  },
  batchSeconds: {
    name: 'esteira_stream_batch_seconds',
    type: 'histogram',
    help: 'From the trigger of a batch to its end, as Spark measures it.',
    labels: RAW,
  },
  lag: {
    name: 'esteira_stream_lag_messages',
    type: 'gauge',
    help: 'Messages of the raw topic behind the last finished batch, asked of Kafka also while Spark is down. Absent before the first start.',
    labels: PARTITION,
  },
  lastBatch: {
    name: 'esteira_stream_last_batch_timestamp_seconds',
    type: 'gauge',
    help: 'When the last batch with messages was reported; absent before the first.',
    labels: RAW,
  },
  memory: { name: 'esteira_stream_resident_memory_bytes', type: 'gauge', help: MEMORY, labels: RAW },
} as const satisfies Record<string, MetricFamily>;

/** Of `esteira dashboard`. */
export const DASHBOARD_METRICS = {
  ready: {
    name: 'esteira_dashboard_ready',
    type: 'gauge',
    help: '1 while the warehouse is listened to, 0 while it does not answer.',
    labels: [],
  },
  answers: {
    name: 'esteira_dashboard_answers_total',
    type: 'counter',
    help: 'Answers by the class of their status: 2xx, 3xx, 4xx, 5xx.',
    labels: ['classe'],
  },
  failedCards: {
    name: 'esteira_dashboard_failed_cards_total',
    type: 'counter',
    help: 'Cards and figures that could not be read.',
    labels: [],
  },
  openPages: {
    name: 'esteira_dashboard_open_pages',
    type: 'gauge',
    help: 'Pages that follow the warehouse at this moment.',
    labels: [],
  },
  memory: { name: 'esteira_dashboard_resident_memory_bytes', type: 'gauge', help: MEMORY, labels: [] },
} as const satisfies Record<string, MetricFamily>;
