// A real Kafka broker on loopback, without Docker: formats its storage once, starts, answers, stops. It survives kill -9: the next
// start goes on with the same data and the same ports. It creates no topics and never touches another broker.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeFolder } from '../lib/make-folder.ts';
import { withLock } from '../storage/embedded/start-lock.ts';
import { KAFKA } from './artifacts.ts';
import { resolveJars } from './jars.ts';
import { answersKafka } from './health.ts';
import { type KafkaPorts, type KafkaSecurity, SCRAM_MECHANISMS, serverProperties } from './kafka-properties.ts';
import { logSettings } from './log-settings.ts';
import { choosePort, portTaken, requirePort } from './ports.ts';
import { findJava, javaEnvironment } from './programs.ts';
import {
  comesToAnswer,
  findProcess,
  folderMark,
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
const START_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 30_000;
const LOCK_PURPOSE = { code: 'STACK_START', doing: 'starting or stopping Kafka' } as const;

export interface KafkaOptions {
  /** The broker's own folder: data, configuration, log. Created if absent. */
  readonly folder: string;
  /** Of the jars. */
  readonly cache: string;
  /** For clients. Without it: the port of the last start in this folder, else any free one. */
  readonly port?: number;
  /** Adds a listener with TLS and passwords. */
  readonly security?: KafkaSecurity;
  /** Further lines of server.properties; they win. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Java's heap. Default 512. */
  readonly heapMb?: number;
  readonly env?: NodeJS.ProcessEnv;
  /** Told when Maven has to fetch the programs. */
  readonly onFetch?: (name: string) => void;
  /** Told when the server has to be started. */
  readonly onStart?: () => void;
}

export interface KafkaServer {
  readonly name: 'kafka';
  readonly folder: string;
  readonly pid: number;
  /** `127.0.0.1:port`, no password, no encryption. */
  readonly bootstrap: string;
  /** `127.0.0.1:port` with TLS and a user's password, if it was asked for. */
  readonly secureBootstrap: string | undefined;
  readonly port: number;
  readonly logFile: string;
  /** False when it was running already. */
  readonly startedNow: boolean;
  /** Ends it cleanly (SIGTERM). The data stays. */
  stop(): Promise<void>;
  /** kill -9, for tests; returns when the process is gone. */
  kill(): Promise<void>;
}

/** Starts the broker of that folder unless it runs. Throws JAVA_MISSING, MAVEN_MISSING, JARS_UNAVAILABLE, STACK_PORT_TAKEN, STACK_START. */
export async function startKafka(options: KafkaOptions): Promise<KafkaServer> {
  const files = kafkaFiles(options.folder);
  requirePath(files, 'Kafka');
  const running = await findKafka(options.folder);
  if (running !== undefined) return running;
  const java = findJava(options.env);
  const jars = await resolveJars(KAFKA, options);
  makeFolder(files.folder, 0o700);
  return withLock(
    files.lock,
    START_TIMEOUT_MS,
    async () => (await findKafka(options.folder)) ?? (await start(options, files, java.program, jars)),
    LOCK_PURPOSE,
  );
}

/** The broker of that folder if it runs and answers; a process that is stuck or half started is no broker. */
export async function findKafka(folder: string): Promise<KafkaServer | undefined> {
  const files = kafkaFiles(folder);
  const pid = findProcess(files);
  const ports = readState<KafkaPorts>(files)?.ports;
  if (pid === undefined || ports === undefined || !(await answersKafka(HOST, ports.client))) return undefined;
  return describe(files, pid, ports, false);
}

/** Ends the broker of that folder, answering or not. Returns false when there was none. */
export async function stopKafka(folder: string): Promise<boolean> {
  const files = kafkaFiles(folder);
  if (!existsSync(files.folder)) return false;
  return withLock(files.lock, START_TIMEOUT_MS, () => stopProcess(files, STOP_TIMEOUT_MS), LOCK_PURPOSE);
}

export function kafkaFiles(folder: string): ServerFiles {
  return serverFiles(resolve(folder), 'kafka');
}

async function start(options: KafkaOptions, files: ServerFiles, java: string, jars: string): Promise<KafkaServer> {
  const last = readState<KafkaPorts>(files)?.ports;
  if (last !== undefined && (await comesToAnswer(files, () => answersKafka(HOST, last.client)))) {
    const pid = findProcess(files);
    if (pid !== undefined) return describe(files, pid, last, false);
  }
  options.onStart?.();
  await killProcess(files);
  for (let attempt = 1; ; attempt++) {
    const ports = await choosePorts(options, files);
    const config = writeConfiguration(options, files, ports);
    const command = [...javaOptions(options, files, config), '-cp', join(jars, '*')];
    await format(files, java, command, options);
    const outcome = await launch({
      name: 'Kafka',
      files,
      ports,
      java,
      args: [...command, 'kafka.Kafka', config.properties],
      env: javaEnvironment(options.env),
      isReady: () => answersKafka(HOST, ports.client),
      timeoutMs: START_TIMEOUT_MS,
    });
    if ('pid' in outcome) return describe(files, outcome.pid, ports, true);
    if (!/already in use/i.test(outcome.gaveUp)) throw startFailed('Kafka', outcome.gaveUp);
    if (options.port !== undefined) throw portTaken(options.port, 'Kafka', '--stack-kafka-port');
    if (attempt === 3) throw startFailed('Kafka', outcome.gaveUp);
  }
}

async function choosePorts(options: KafkaOptions, files: ServerFiles): Promise<KafkaPorts> {
  const last = readState<KafkaPorts>(files)?.ports;
  const client =
    options.port === undefined
      ? await choosePort(last?.client)
      : await requirePort(options.port, 'Kafka', '--stack-kafka-port', answersKafka);
  const controller = await choosePort(last?.controller, [client]);
  if (options.security === undefined) return { client, controller };
  return { client, controller, secure: await choosePort(last?.secure, [client, controller]) };
}

interface Configuration {
  readonly properties: string;
  readonly logging: string;
}

function writeConfiguration(options: KafkaOptions, files: ServerFiles, ports: KafkaPorts): Configuration {
  const config = {
    properties: join(files.folder, 'server.properties'),
    logging: join(files.folder, 'log4j2.properties'),
  };
  const keyFile = join(files.folder, 'server.pem');
  const { security, properties: extra = {} } = options;
  if (security !== undefined) {
    rmSync(keyFile, { force: true });
    writeFileSync(keyFile, `${security.privateKey}\n${security.certificate}\n`, { mode: 0o600 });
  }
  const settings = { data: dataOf(files), ports, keyFile, users: security?.users ?? [], extra };
  writeFileSync(config.properties, serverProperties(settings), { mode: 0o600 });
  writeFileSync(config.logging, logSettings(files.log));
  return config;
}

function dataOf(files: ServerFiles): string {
  return join(files.folder, 'data');
}

function javaOptions(options: KafkaOptions, files: ServerFiles, config: Configuration): string[] {
  return [`-Xmx${options.heapMb ?? 512}m`, ...machineOptions(files), `-Dlog4j2.configurationFile=${config.logging}`];
}

/** Makes the storage: beside its place first, then moved there whole, so that a broken-off start leaves nothing half done. */
async function format(
  files: ServerFiles,
  java: string,
  command: readonly string[],
  options: KafkaOptions,
): Promise<void> {
  const data = dataOf(files);
  if (existsSync(join(data, 'meta.properties'))) return;
  for (const name of readdirSync(files.folder)) {
    if (name.startsWith('data.new')) rmSync(join(files.folder, name), { recursive: true, force: true });
  }
  makeFolder(files.temporary);
  const fresh = join(files.folder, 'data.new');
  const properties = join(files.folder, 'format.properties');
  const ports = { client: 1, controller: 2 };
  writeFileSync(properties, serverProperties({ data: fresh, ports, keyFile: '', extra: {} }));
  const users = (options.security?.users ?? []).flatMap(({ name, password }) =>
    SCRAM_MECHANISMS.flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${name},password=${password}]`]),
  );
  // a cluster id may not begin with a hyphen
  const clusterId = `A${randomBytes(16).toString('base64url').slice(1)}`;
  const args = [...command.filter((argument) => argument !== folderMark(files)), 'kafka.tools.StorageTool', 'format'];
  await new Promise<void>((done, reject) => {
    execFile(java, [...args, '-t', clusterId, '-c', properties, ...users], (error, stdout, stderr) => {
      if (error === null) done();
      else
        reject(startFailed('Kafka', `Its storage could not be formatted: ${`${stderr}${stdout}`.trim().slice(-600)}`));
    });
  });
  // not formatted whole, or emptied by somebody: nothing in there can be used
  rmSync(data, { recursive: true, force: true });
  renameSync(fresh, data);
  rmSync(properties);
}

function describe(files: ServerFiles, pid: number, ports: KafkaPorts, startedNow: boolean): KafkaServer {
  return {
    name: 'kafka',
    folder: files.folder,
    pid,
    bootstrap: `${HOST}:${ports.client}`,
    secureBootstrap: ports.secure === undefined ? undefined : `${HOST}:${ports.secure}`,
    port: ports.client,
    logFile: files.log,
    startedNow,
    stop: async () => void (await stopProcess(files, STOP_TIMEOUT_MS)),
    kill: () => killProcess(files),
  };
}
