// The servers of the local stack as one: PostgreSQL (the embedded warehouse), Kafka and Spark, each with its folder below the home.
// Starting what runs and stopping what does not are no errors. It prints nothing and creates neither topics nor tables.
import { join } from 'node:path';
import { POSTGRES_MAJOR } from '../storage/embedded/binaries.ts';
import { warehouseFiles } from '../storage/embedded/files.ts';
import { embeddedPid } from '../storage/embedded/server.ts';
import { KAFKA, KAFKA_VERSION, SPARK, SPARK_VERSION } from './artifacts.ts';
import { isComplete, jarFolder } from './jars.ts';
import { findKafka, kafkaFiles, startKafka, stopKafka } from './kafka.ts';
import { findPostgres, startPostgres, stopPostgres } from './postgres.ts';
import { findJava, findMaven } from './programs.ts';
import { findProcess } from './server-process.ts';
import { findSpark, sparkFiles, startSpark, stopSpark } from './spark.ts';

/** In the order in which data passes them, backwards: that is the order of stopping. */
export const SERVER_NAMES = ['postgres', 'kafka', 'spark'] as const;

export type ServerName = (typeof SERVER_NAMES)[number];

export interface StackSettings {
  readonly home: string;
  readonly cache: string;
  /** False when the settings name a PostgreSQL of the user's own: then it is left alone. */
  readonly ownsWarehouse: boolean;
  readonly kafkaPort: number;
  readonly sparkPort: number;
  /** 0: one per processor, at least 2. */
  readonly sparkSlots: number;
  readonly kafkaHeapMb: number;
  readonly sparkHeapMb: number;
  readonly env?: NodeJS.ProcessEnv;
  /** Told what takes long, e.g. `fetching kafka`. */
  readonly onProgress?: (name: ServerName, doing: 'fetching' | 'starting' | 'stopping') => void;
}

/** `silent`: the process lives but does not answer. `elsewhere`: a server of the user's own that is not ours to start or stop. */
export type ServerStatus = 'running' | 'stopped' | 'silent' | 'elsewhere';

export interface ServerReport {
  readonly name: ServerName;
  readonly status: ServerStatus;
  readonly version: string;
  /** `host:port`, while it runs. */
  readonly address: string | null;
  readonly pid: number | null;
  readonly folder: string;
  readonly logFile: string;
  readonly startedNow: boolean;
}

/** What became of each; the servers that did start stay up when another fails. */
export interface StartOutcome {
  readonly reports: readonly ServerReport[];
  readonly failures: readonly unknown[];
}

/** The embedded warehouse keeps its place; the others have theirs below `stack`. */
export function serverFolder(home: string, name: ServerName): string {
  return name === 'postgres' ? warehouseFiles(home).folder : join(home, 'stack', name);
}

/** Starts them at once. Throws JAVA_MISSING or MAVEN_MISSING before anything is started. */
export async function startServers(names: readonly ServerName[], settings: StackSettings): Promise<StartOutcome> {
  const wanted = names.filter((name) => name !== 'postgres' || settings.ownsWarehouse);
  await requirePrograms(wanted, settings);
  const outcomes = await Promise.allSettled(wanted.map((name) => startOne(name, settings)));
  const started = new Set(
    wanted.filter((_, index) => outcomes[index]?.status === 'fulfilled' && isNew(outcomes[index])),
  );
  const reports = await inspectServers(names, settings);
  return {
    reports: reports.map((report) => ({ ...report, startedNow: started.has(report.name) })),
    failures: outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : [])),
  };
}

function isNew(outcome: PromiseSettledResult<boolean> | undefined): boolean {
  return outcome?.status === 'fulfilled' && outcome.value;
}

/** Java and Maven, as far as the servers that do not run yet need them. */
async function requirePrograms(names: readonly ServerName[], settings: StackSettings): Promise<void> {
  const reports = await inspectServers(names, settings);
  const missing = reports.filter(({ name, status }) => name !== 'postgres' && status !== 'running');
  if (missing.length === 0) return;
  findJava(settings.env);
  const isCached = missing.every(({ name }) => isComplete(jarFolder(name === 'kafka' ? KAFKA : SPARK, settings.cache)));
  if (!isCached) findMaven(settings.env);
}

/** True when it was this call that started it. */
async function startOne(name: ServerName, settings: StackSettings): Promise<boolean> {
  const folder = serverFolder(settings.home, name);
  const tell = (doing: 'fetching' | 'starting'): void => settings.onProgress?.(name, doing);
  const shared = {
    folder,
    cache: settings.cache,
    ...(settings.env === undefined ? {} : { env: settings.env }),
    onFetch: () => tell('fetching'),
    onStart: () => tell('starting'),
  };
  if (name === 'postgres') {
    return (await startPostgres({ home: settings.home, onStart: () => tell('starting') })).startedNow;
  }
  if (name === 'kafka') {
    return (await startKafka({ ...shared, port: settings.kafkaPort, heapMb: settings.kafkaHeapMb })).startedNow;
  }
  const slots = settings.sparkSlots === 0 ? {} : { slots: settings.sparkSlots };
  return (await startSpark({ ...shared, port: settings.sparkPort, heapMb: settings.sparkHeapMb, ...slots })).startedNow;
}

/** Stops them, readers first. Result: which ones were running. */
export async function stopServers(names: readonly ServerName[], settings: StackSettings): Promise<ServerName[]> {
  const stopped: ServerName[] = [];
  for (const name of SERVER_NAMES.toReversed()) {
    if (!names.includes(name) || (name === 'postgres' && !settings.ownsWarehouse)) continue;
    const [report] = await inspectServers([name], settings);
    if (report === undefined || report.status === 'stopped') continue;
    settings.onProgress?.(name, 'stopping');
    if (await stopOne(name, settings)) stopped.push(name);
  }
  return stopped;
}

async function stopOne(name: ServerName, settings: StackSettings): Promise<boolean> {
  const folder = serverFolder(settings.home, name);
  if (name === 'postgres') return stopPostgres({ home: settings.home });
  return name === 'kafka' ? stopKafka(folder) : stopSpark(folder);
}

/** Asks every server itself whether it serves; changes nothing. */
export function inspectServers(names: readonly ServerName[], settings: StackSettings): Promise<ServerReport[]> {
  return Promise.all(names.map((name) => inspectOne(name, settings)));
}

async function inspectOne(name: ServerName, { home, ownsWarehouse }: StackSettings): Promise<ServerReport> {
  const folder = serverFolder(home, name);
  if (name === 'postgres') {
    const server = ownsWarehouse ? await findPostgres(home) : undefined;
    const pid = server?.pid ?? (ownsWarehouse ? embeddedPid(home) : undefined) ?? null;
    return {
      name,
      status: ownsWarehouse ? statusOf(server !== undefined, pid) : 'elsewhere',
      version: String(POSTGRES_MAJOR),
      address: server === undefined ? null : `${server.host}:${server.port}`,
      pid,
      folder,
      logFile: warehouseFiles(home).log,
      startedNow: false,
    };
  }
  const files = name === 'kafka' ? kafkaFiles(folder) : sparkFiles(folder);
  const server = name === 'kafka' ? await findKafka(folder) : await findSpark(folder);
  const pid = server?.pid ?? findProcess(files) ?? null;
  return {
    name,
    status: statusOf(server !== undefined, pid),
    version: name === 'kafka' ? KAFKA_VERSION : SPARK_VERSION,
    address: server === undefined ? null : `127.0.0.1:${server.port}`,
    pid,
    folder,
    logFile: files.log,
    startedNow: false,
  };
}

function statusOf(answers: boolean, pid: number | null): ServerStatus {
  if (answers) return 'running';
  return pid === null ? 'stopped' : 'silent';
}
