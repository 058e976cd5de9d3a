// The embedded warehouse: a real PostgreSQL on this machine, started by the first command that needs it and left running
// for the next ones. It serves loopback only, and it never runs a migration: that is the caller's.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fail } from '../../catalog/errors.ts';
import { findBinaries } from './binaries.ts';
import { checkCluster, createCluster, usableSocketDir } from './cluster.ts';
import { createFolders, replaceFile, warehouseFiles, type WarehouseFiles } from './files.ts';
import {
  hasCrashed,
  killPostmaster,
  type Postmaster,
  readPostmaster,
  startPostmaster,
  stopPostmaster,
  untilReady,
} from './postmaster.ts';
import {
  createPasswords,
  DATABASE,
  type Passwords,
  prepareDatabase,
  readPasswords,
  ROLE_NAMES,
  type WarehouseRole,
} from './roles.ts';
import { chooseRunAs } from './run-as.ts';
import { withLock } from './start-lock.ts';

const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 120_000;

/** Raised when `prepareDatabase` gains something that existing warehouses need. */
const PREPARATION = 1;

/** A running embedded server. */
export interface EmbeddedServer {
  readonly home: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly database: string;
  /** Folder of the Unix socket, or null when its path would be too long. */
  readonly socketDir: string | null;
  readonly logFile: string;
  /** True when this call started it; false when it was already running. */
  readonly startedNow: boolean;
  /** `postgresql://role:password@127.0.0.1:port/database`: a secret, never to be logged. */
  url(role?: WarehouseRole, database?: string): string;
}

export interface EmbeddedOptions {
  readonly home: string;
  /** Off only for throw-away test clusters. Default true: fsync, full_page_writes and synchronous_commit are on. */
  readonly isDurable?: boolean;
}

/** State kept between starts: the port that tools were told, and what has been prepared. */
interface ServerState {
  readonly port: number;
  readonly prepared: number;
}

/** The running server of that home, or undefined. Quick: it reads files and starts nothing. */
export function connectInfo(home: string): EmbeddedServer | undefined {
  const files = warehouseFiles(resolve(home));
  const server = readPostmaster(files.data);
  if (server?.isReady !== true || readState(files)?.prepared !== PREPARATION) return undefined;
  const passwords = readPasswords(files.passwords);
  return passwords && describe(resolve(home), files, server, passwords, false);
}

/** The living process of that home's server, serving or not, or undefined. */
export function embeddedPid(home: string): number | undefined {
  return readPostmaster(warehouseFiles(resolve(home)).data)?.pid;
}

/** True when the server of that home was killed, not stopped. */
export function embeddedCrashed(home: string): boolean {
  return hasCrashed(warehouseFiles(resolve(home)).data);
}

/** Starts the server unless it runs; creates the warehouse the first time. Two callers at once get the same server. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const home = resolve(options.home);
  const running = connectInfo(home);
  if (running !== undefined) return running;
  const files = warehouseFiles(home);
  createFolders(home, files);
  return withLock(files.lock, START_TIMEOUT_MS, async () => connectInfo(home) ?? (await start(home, files, options)));
}

async function start(home: string, files: WarehouseFiles, options: EmbeddedOptions): Promise<EmbeddedServer> {
  const isOld = checkCluster(files.data);
  let passwords = readPasswords(files.passwords);
  if (isOld && passwords === undefined) {
    throw fail('WAREHOUSE_DAMAGED', {
      what: 'The passwords of the embedded warehouse are gone.',
      why: `${files.data} exists, ${files.passwords} does not.`,
      fix: 'Restore the file from a backup of the home folder; without it, move the folder away and load the orders again.',
    });
  }
  passwords ??= createPasswords(files.passwords);
  const binaries = findBinaries();
  const runAs = chooseRunAs(binaries.postgres);
  const isDurable = options.isDurable ?? true;
  if (!isOld) await createCluster(files.data, binaries, runAs, passwords.superuser, isDurable);
  const server =
    (await untilReady(files.data, START_TIMEOUT_MS)) ??
    (await startPostmaster({
      data: files.data,
      log: files.log,
      binaries,
      runAs,
      port: readState(files)?.port,
      socketDir: usableSocketDir(files.sockets),
      isDurable,
      timeoutMs: START_TIMEOUT_MS,
    }));
  if (readState(files)?.prepared !== PREPARATION) await prepareDatabase({ host: HOST, port: server.port }, passwords);
  replaceFile(files.state, JSON.stringify({ port: server.port, prepared: PREPARATION } satisfies ServerState) + '\n');
  return describe(home, files, server, passwords, true);
}

/** Stops the server of that home and waits for its last checkpoint. Returns false when none was running. */
export async function stopEmbedded(home: string): Promise<boolean> {
  const files = warehouseFiles(resolve(home));
  if (!existsSync(files.data)) return false;
  return withLock(files.lock, START_TIMEOUT_MS, () => stopPostmaster(files.data, STOP_TIMEOUT_MS));
}

/**
 * kill -9 of a server, and of its sessions, if it is still process `pid`, calls itself ready and `hangs` says so while nobody else starts or stops it. True when
 * it was killed. The next start recovers what was committed.
 */
export async function killEmbedded(home: string, pid: number, hangs: () => Promise<boolean>): Promise<boolean> {
  const files = warehouseFiles(resolve(home));
  return withLock(files.lock, START_TIMEOUT_MS, async () => {
    const server = readPostmaster(files.data);
    if (server?.pid !== pid || !server.isReady || !(await hangs())) return false;
    await killPostmaster(files.data, pid);
    return true;
  });
}

function describe(
  home: string,
  files: WarehouseFiles,
  server: Postmaster,
  passwords: Passwords,
  startedNow: boolean,
): EmbeddedServer {
  return {
    home,
    host: HOST,
    port: server.port,
    pid: server.pid,
    database: DATABASE,
    socketDir: usableSocketDir(files.sockets),
    logFile: files.log,
    startedNow,
    url: (role = 'app', database = DATABASE) =>
      `postgresql://${ROLE_NAMES[role]}:${passwords[role]}@${HOST}:${server.port}/${database}`,
  };
}

function readState(files: WarehouseFiles): ServerState | undefined {
  try {
    return JSON.parse(readFileSync(files.state, 'utf8')) as ServerState;
  } catch {
    return undefined;
  }
}
