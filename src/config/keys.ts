// Every setting of Esteira, declared once: type, default, meaning, secrecy, variable and flag. Parsing, help, `esteira config`
// and docs/config.md all come from here. The time zone is not among them: it is America/Sao_Paulo by design.
import { homedir } from 'node:os';
import { join } from 'node:path';
import {
  choice,
  duration,
  file,
  folder,
  hostList,
  integer,
  type Kind,
  memory,
  postgresUrl,
  secret,
  sparkUrl,
  word,
} from './kinds.ts';

export interface Setting<T> {
  readonly kind: Kind<T>;
  /** Undefined: the setting is absent unless given. A function may look at the environment. */
  readonly default: T | undefined | ((env: NodeJS.ProcessEnv) => T);
  /** The default in words, where it is computed or absent. */
  readonly defaultNote?: string;
  readonly description: string;
  /** Shown as *** wherever settings are printed; `url` masks only the password. */
  readonly secret?: 'whole' | 'url';
  readonly env: string;
  /** Long option of the command line with its argument, e.g. `--home <folder>`. */
  readonly flag: string;
  /** A home's own file cannot say where the home is. */
  readonly notInHomeFile?: true;
}

/** Infers the type of the default from the kind. */
function setting<T>(declaration: Setting<T>): Setting<T> {
  return declaration;
}

export const SETTINGS = {
  home: setting({
    kind: folder,
    default: dataFolder,
    defaultNote: '`$XDG_DATA_HOME/esteira`, else `~/.local/share/esteira`',
    description:
      'Folder of the embedded warehouse and of everything else that Esteira keeps; only its owner can enter it.',
    env: 'ESTEIRA_HOME',
    flag: '--home <folder>',
    notInHomeFile: true,
  }),
  'warehouse.url': setting<string>({
    kind: postgresUrl,
    default: undefined,
    defaultNote: 'the embedded PostgreSQL in the home folder',
    description: 'A PostgreSQL 15 or newer to use as warehouse; its role must own the database.',
    secret: 'url',
    env: 'ESTEIRA_WAREHOUSE_URL',
    flag: '--warehouse <url>',
  }),
  'warehouse.read_url': setting<string>({
    kind: postgresUrl,
    default: undefined,
    defaultNote: '`warehouse.url` in sessions that begin read-only; the reading role of the embedded PostgreSQL',
    description: 'The same warehouse as a role that may only read, for queries.',
    secret: 'url',
    env: 'ESTEIRA_WAREHOUSE_READ_URL',
    flag: '--warehouse-read <url>',
  }),
  'memory.limit': setting({
    kind: memory('256MB'),
    default: '1GB',
    description: 'How much memory the transform (DuckDB) may use before it goes to disk.',
    env: 'ESTEIRA_MEMORY_LIMIT',
    flag: '--memory-limit <size>',
  }),
  threads: setting({
    kind: integer(0, 256),
    default: 0,
    description: 'Threads of the transform; 0 means one per processor.',
    env: 'ESTEIRA_THREADS',
    flag: '--threads <n>',
  }),
  'batch.lines': setting({
    kind: integer(1, 10_000_000),
    default: 100_000,
    description: 'About how many input lines one batch, that is one transaction, holds; an order is never cut.',
    env: 'ESTEIRA_BATCH_LINES',
    flag: '--batch-lines <n>',
  }),
  'spark.url': setting<string>({
    kind: sparkUrl,
    default: 'sc://localhost:15002',
    description: 'Spark Connect server, as every Spark client writes it: sc://host:port/;use_ssl=true;token=...',
    secret: 'whole',
    env: 'ESTEIRA_SPARK_URL',
    flag: '--spark <url>',
  }),
  'spark.ca_file': setting<string>({
    kind: file,
    default: undefined,
    defaultNote: 'the authorities that Node trusts',
    description: 'PEM file of the authorities whose certificates are believed when Spark is reached with TLS.',
    env: 'ESTEIRA_SPARK_CA_FILE',
    flag: '--spark-ca-file <file>',
  }),
  'spark.kafka_bootstrap': setting<string>({
    kind: hostList,
    default: undefined,
    defaultNote: '`kafka.bootstrap`',
    description: 'Kafka brokers as Spark reaches them, where that differs from how this machine does.',
    env: 'ESTEIRA_SPARK_KAFKA_BOOTSTRAP',
    flag: '--spark-kafka <hosts>',
  }),
  'spark.checkpoints': setting<string>({
    kind: folder,
    default: undefined,
    defaultNote: '`checkpoints` in the home folder',
    description:
      'Folder for the checkpoints of streams, as Spark reaches it: a path on its machine, or s3a://..., hdfs://... on a cluster.',
    env: 'ESTEIRA_SPARK_CHECKPOINTS',
    flag: '--spark-checkpoints <folder>',
  }),
  'spark.exchange': setting<string>({
    kind: folder,
    default: undefined,
    defaultNote: "this machine's temporary folder",
    description:
      'Folder through which `run --engine spark` and `produce --engine spark` hand orders to Spark: both must see it under the same path.',
    env: 'ESTEIRA_SPARK_EXCHANGE',
    flag: '--spark-exchange <folder>',
  }),
  'kafka.bootstrap': setting({
    kind: hostList,
    default: 'localhost:9092',
    description: 'Kafka brokers to ask first, as host:port, separated by commas.',
    env: 'ESTEIRA_KAFKA_BOOTSTRAP',
    flag: '--kafka <hosts>',
  }),
  'kafka.security': setting({
    kind: choice('plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl'),
    default: 'plaintext' as const,
    description: "How to talk to Kafka, in Kafka's own words: with TLS (ssl), with user and password (sasl), or both.",
    env: 'ESTEIRA_KAFKA_SECURITY',
    flag: '--kafka-security <protocol>',
  }),
  'kafka.ca_file': setting<string>({
    kind: file,
    default: undefined,
    defaultNote: 'the authorities that Node trusts',
    description: 'PEM file of the authorities whose certificates are believed when Kafka is reached with TLS.',
    env: 'ESTEIRA_KAFKA_CA_FILE',
    flag: '--kafka-ca-file <file>',
  }),
  'kafka.sasl_mechanism': setting({
    kind: choice('scram-sha-512', 'scram-sha-256', 'plain'),
    default: 'scram-sha-512' as const,
    description: 'How user and password are proven to Kafka.',
    env: 'ESTEIRA_KAFKA_SASL_MECHANISM',
    flag: '--kafka-sasl-mechanism <name>',
  }),
  'kafka.user': setting<string>({
    kind: word,
    default: undefined,
    defaultNote: 'none',
    description: 'User at Kafka, with kafka.security sasl_plaintext or sasl_ssl.',
    env: 'ESTEIRA_KAFKA_USER',
    flag: '--kafka-user <name>',
  }),
  'kafka.password': setting<string>({
    kind: word,
    default: undefined,
    defaultNote: 'none',
    description: 'Password of that user.',
    secret: 'whole',
    env: 'ESTEIRA_KAFKA_PASSWORD',
    flag: '--kafka-password <password>',
  }),
  'dashboard.token': setting<string>({
    kind: secret,
    default: undefined,
    defaultNote: 'none: the dashboard is for this machine only',
    description: 'What a browser must show to see `esteira dashboard`; needed to serve it beyond this machine.',
    secret: 'whole',
    env: 'ESTEIRA_DASHBOARD_TOKEN',
    flag: '--dashboard-token <token>',
  }),
  max_outage: setting({
    kind: duration,
    default: 300_000,
    description: 'How long a finite command waits for a service that is down before it ends with exit code 3.',
    env: 'ESTEIRA_MAX_OUTAGE',
    flag: '--max-outage <duration>',
  }),
  'stack.kafka_port': setting({
    kind: integer(1, 65_535),
    default: 9092,
    description: 'Port of the Kafka that `esteira stack up` starts on this machine.',
    env: 'ESTEIRA_STACK_KAFKA_PORT',
    flag: '--stack-kafka-port <port>',
  }),
  'stack.spark_port': setting({
    kind: integer(1, 65_535),
    default: 15_002,
    description: 'Port of the Spark Connect server that `esteira stack up` starts on this machine.',
    env: 'ESTEIRA_STACK_SPARK_PORT',
    flag: '--stack-spark-port <port>',
  }),
  'stack.spark_slots': setting({
    kind: integer(0, 256),
    default: 0,
    description: 'Tasks that this Spark runs at the same time; 0 means one per processor, but at least 2.',
    env: 'ESTEIRA_STACK_SPARK_SLOTS',
    flag: '--stack-spark-slots <n>',
  }),
  'stack.kafka_memory': setting({
    kind: memory('128MiB'),
    default: '512MiB',
    description: 'Java heap of this Kafka.',
    env: 'ESTEIRA_STACK_KAFKA_MEMORY',
    flag: '--stack-kafka-memory <size>',
  }),
  'stack.spark_memory': setting({
    kind: memory('512MiB'),
    default: '1280MiB',
    description: 'Java heap of this Spark.',
    env: 'ESTEIRA_STACK_SPARK_MEMORY',
    flag: '--stack-spark-memory <size>',
  }),
  'stack.cache': setting({
    kind: folder,
    default: cacheFolder,
    defaultNote: '`$XDG_CACHE_HOME/esteira`, else `~/.cache/esteira`',
    description: 'Folder for the programs of Kafka and Spark, which Maven fetches once; it may be deleted at any time.',
    env: 'ESTEIRA_STACK_CACHE',
    flag: '--stack-cache <folder>',
  }),
  'log.level': setting({
    kind: choice('debug', 'info', 'warn', 'error'),
    default: 'info' as const,
    description: 'The least important events that are logged.',
    env: 'ESTEIRA_LOG_LEVEL',
    flag: '--log-level <level>',
  }),
  'log.format': setting({
    kind: choice('auto', 'json', 'pretty'),
    default: 'auto' as const,
    description: 'Form of the log on standard error; auto is pretty on a terminal and JSON lines elsewhere.',
    env: 'ESTEIRA_LOG_FORMAT',
    flag: '--log-format <format>',
  }),
  color: setting({
    kind: choice('auto', 'always', 'never'),
    default: (env) => (env['NO_COLOR'] ? 'never' : 'auto'),
    defaultNote: '`auto`; `never` when the variable NO_COLOR is set',
    description: 'Colours in what a terminal shows.',
    env: 'ESTEIRA_COLOR',
    flag: '--color <when>',
  }),
} satisfies Record<string, Setting<never> | Setting<string> | Setting<number>>;

export type SettingName = keyof typeof SETTINGS;

/** Settings without a default: absent unless given. */
type OptionalSetting =
  | 'spark.ca_file'
  | 'spark.kafka_bootstrap'
  | 'spark.checkpoints'
  | 'warehouse.url'
  | 'warehouse.read_url'
  | 'kafka.ca_file'
  | 'kafka.user'
  | 'kafka.password'
  | 'dashboard.token';

/** The type of a setting's value; those without a default may be undefined. */
export type SettingValue<K extends SettingName> =
  (typeof SETTINGS)[K] extends Setting<infer T> ? (K extends OptionalSetting ? T | undefined : T) : never;

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

function dataFolder(env: NodeJS.ProcessEnv): string {
  const xdg = env['XDG_DATA_HOME'];
  if (xdg?.startsWith('/')) return join(xdg, 'esteira');
  if (process.platform === 'win32' && env['LOCALAPPDATA']) return join(env['LOCALAPPDATA'], 'esteira');
  return join(homedir(), '.local', 'share', 'esteira');
}

/** Where things are kept that can be fetched again. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const xdg = env['XDG_CACHE_HOME'];
  if (xdg?.startsWith('/')) return join(xdg, 'esteira');
  if (process.platform === 'win32' && env['LOCALAPPDATA']) return join(env['LOCALAPPDATA'], 'esteira', 'cache');
  return join(homedir(), '.cache', 'esteira');
}
