// A real Spark with its Connect server on loopback, without Docker: driver and executors in one process. It holds nothing that must
// survive: checkpoints and tables are where a query puts them. Spark Connect itself offers no TLS: a proxy in front of it does.
import { existsSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { makeFolder } from '../lib/make-folder.ts';
import { withLock } from '../storage/embedded/start-lock.ts';
import { SPARK } from './artifacts.ts';
import { answersSpark } from './health.ts';
import { resolveJars } from './jars.ts';
import { logSettings } from './log-settings.ts';
import { choosePort, portTaken, requirePort } from './ports.ts';
import { findJava, javaEnvironment } from './programs.ts';
import {
  comesToAnswer,
  findProcess,
  killProcess,
  launch,
  machineOptions,
  readState,
  requirePath,
  type ServerFiles,
  serverFiles,
  startFailed,
  stopProcess,
} from './server-process.ts';

const HOST = '127.0.0.1';
/** As `stack.spark_memory` has it. */
export const DEFAULT_HEAP_MB = 1280;
/**
 * How Spark writes a checkpoint's files, on this machine's own disk: as it does by default, under another name first, but without starting `chmod` and
 * `readlink` twenty times for each micro-batch.
 */
export const CHECKPOINT_FILE_MANAGER = {
  'spark.sql.streaming.checkpointFileManagerClass':
    'org.apache.spark.sql.execution.streaming.checkpointing.FileSystemBasedCheckpointFileManager',
};
const START_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 30_000;
const LOCK_PURPOSE = { code: 'STACK_START', doing: 'starting or stopping Spark' } as const;

export interface SparkOptions {
  /** The server's own folder: configuration, log, temporary files. Created if absent. */
  readonly folder: string;
  /** Of the jars. */
  readonly cache: string;
  /** Without it: the port of the last start in this folder, else any free one. */
  readonly port?: number;
  /** Clients must send it (`authorization: Bearer TOKEN`). It goes to the server by its environment, not by its command line. */
  readonly token?: string;
  /** Tasks at the same time. Default: one per processor, at least 2. Real-time queries need one per partition. */
  readonly slots?: number;
  /** Java's heap at most. Default DEFAULT_HEAP_MB: Spark Connect keeps the plan of every ended query, about 60 MB, for an hour. */
  readonly heapMb?: number;
  /** Further settings of Spark, e.g. `spark.sql.shuffle.partitions`; they win. */
  readonly properties?: Readonly<Record<string, string>>;
  readonly env?: NodeJS.ProcessEnv;
  /** Told when Maven has to fetch the programs. */
  readonly onFetch?: (name: string) => void;
  /** Told when the server has to be started. */
  readonly onStart?: () => void;
}

export interface SparkServer {
  readonly name: 'spark';
  readonly folder: string;
  readonly pid: number;
  /** `sc://127.0.0.1:port`, without the token. */
  readonly url: string;
  readonly port: number;
  readonly logFile: string;
  /** False when it was running already. */
  readonly startedNow: boolean;
  /** Ends it cleanly (SIGTERM). */
  stop(): Promise<void>;
  /** kill -9, for tests; returns when the process is gone. */
  kill(): Promise<void>;
}

interface SparkPorts {
  readonly connect: number;
}

/** What Spark's own launcher opens for it, since Java 17 closes its insides. */
const OPENED_PACKAGES = [
  'java.lang',
  'java.lang.invoke',
  'java.lang.reflect',
  'java.io',
  'java.net',
  'java.nio',
  'java.util',
  'java.util.concurrent',
  'java.util.concurrent.atomic',
  'jdk.internal.ref',
  'sun.nio.ch',
  'sun.nio.cs',
  'sun.security.action',
  'sun.util.calendar',
];

/** Starts the server of that folder unless it runs. Throws JAVA_MISSING, MAVEN_MISSING, JARS_UNAVAILABLE, STACK_PORT_TAKEN, STACK_START. */
export async function startSpark(options: SparkOptions): Promise<SparkServer> {
  const files = sparkFiles(options.folder);
  requirePath(files, 'Spark');
  const running = await findSpark(options.folder);
  if (running !== undefined) return running;
  const java = findJava(options.env);
  const jars = await resolveJars(SPARK, options);
  makeFolder(files.folder, 0o700);
  return withLock(
    files.lock,
    START_TIMEOUT_MS,
    async () => (await findSpark(options.folder)) ?? (await start(options, files, java.program, jars)),
    LOCK_PURPOSE,
  );
}

/** The server of that folder if it runs and answers. */
export async function findSpark(folder: string): Promise<SparkServer | undefined> {
  const files = sparkFiles(folder);
  const pid = findProcess(files);
  const ports = readState<SparkPorts>(files)?.ports;
  if (pid === undefined || ports === undefined || !(await answersSpark(HOST, ports.connect))) return undefined;
  return describe(files, pid, ports, false);
}

/** Ends the server of that folder, answering or not. Returns false when there was none. */
export async function stopSpark(folder: string): Promise<boolean> {
  const files = sparkFiles(folder);
  if (!existsSync(files.folder)) return false;
  return withLock(files.lock, START_TIMEOUT_MS, () => stopProcess(files, STOP_TIMEOUT_MS), LOCK_PURPOSE);
}

export function sparkFiles(folder: string): ServerFiles {
  return serverFiles(resolve(folder), 'spark');
}

async function start(options: SparkOptions, files: ServerFiles, java: string, jars: string): Promise<SparkServer> {
  const last = readState<SparkPorts>(files)?.ports;
  if (last !== undefined && (await comesToAnswer(files, () => answersSpark(HOST, last.connect)))) {
    const pid = findProcess(files);
    if (pid !== undefined) return describe(files, pid, last, false);
  }
  options.onStart?.();
  await killProcess(files);
  const logging = join(files.folder, 'log4j2.properties');
  writeFileSync(logging, logSettings(files.log));
  for (let attempt = 1; ; attempt++) {
    const ports = {
      connect:
        options.port === undefined
          ? await choosePort(readState<SparkPorts>(files)?.ports.connect)
          : await requirePort(options.port, 'Spark', '--stack-spark-port', answersSpark),
    };
    const outcome = await launch({
      name: 'Spark',
      files,
      ports,
      java,
      args: [
        ...javaOptions(options, files, ports, logging),
        '-cp',
        join(jars, '*'),
        'org.apache.spark.sql.connect.service.SparkConnectServer',
      ],
      env: {
        ...javaEnvironment(options.env),
        SPARK_LOCAL_IP: HOST,
        ...(options.token === undefined ? {} : { SPARK_CONNECT_AUTHENTICATE_TOKEN: options.token }),
      },
      isReady: () => answersSpark(HOST, ports.connect),
      timeoutMs: START_TIMEOUT_MS,
    });
    if ('pid' in outcome) return describe(files, outcome.pid, ports, true);
    if (!/already in use|Failed to bind/i.test(outcome.gaveUp)) throw startFailed('Spark', outcome.gaveUp);
    if (options.port !== undefined) throw portTaken(options.port, 'Spark', '--stack-spark-port');
    if (attempt === 3) throw startFailed('Spark', outcome.gaveUp);
  }
}

function javaOptions(options: SparkOptions, files: ServerFiles, ports: SparkPorts, logging: string): string[] {
  const slots = options.slots ?? Math.max(2, availableParallelism());
  const settings: Record<string, string> = {
    'spark.master': `local[${slots}]`,
    'spark.app.name': 'esteira',
    'spark.ui.enabled': 'false',
    'spark.driver.host': HOST,
    'spark.driver.bindAddress': HOST,
    'spark.connect.grpc.binding.address': HOST,
    'spark.connect.grpc.binding.port': String(ports.connect),
    'spark.local.dir': files.temporary,
    'spark.sql.warehouse.dir': join(files.folder, 'warehouse'),
    'spark.sql.shuffle.partitions': String(slots),
    'spark.sql.session.timeZone': 'UTC',
    ...CHECKPOINT_FILE_MANAGER,
    ...options.properties,
  };
  return [
    ...heapOptions(options.heapMb ?? DEFAULT_HEAP_MB),
    ...machineOptions(files),
    `-Dlog4j2.configurationFile=${logging}`,
    '-Djdk.reflect.useDirectMethodHandle=false',
    ...OPENED_PACKAGES.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
    ...Object.entries(settings).map(([key, value]) => `-D${key}=${value}`),
  ];
}

/**
 * Room for new objects from the start: a heap that grows by need begins with a fifth of it, and every micro-batch waits for several small collections and
 * every fifth for a whole one. Memory that is not used stays with the system all the same.
 */
export function heapOptions(heapMb: number): string[] {
  return [`-Xms${heapMb}m`, `-Xmx${heapMb}m`, `-Xmn${Math.round(heapMb * 0.35)}m`];
}

function describe(files: ServerFiles, pid: number, ports: SparkPorts, startedNow: boolean): SparkServer {
  return {
    name: 'spark',
    folder: files.folder,
    pid,
    url: `sc://${HOST}:${ports.connect}`,
    port: ports.connect,
    logFile: files.log,
    startedNow,
    stop: async () => void (await stopProcess(files, STOP_TIMEOUT_MS)),
    kill: () => killProcess(files),
  };
}
