// Starts and stops the PostgreSQL process itself on a prepared data folder, and reads what it says about itself.
// It never creates data folders and knows no roles: see cluster.ts and roles.ts.
import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Binaries } from './binaries.ts';
import { diskFull, serverEnvironment, startFailed, writeSettings } from './cluster.ts';
import { exists, processesIn, worksIn } from './process-table.ts';
import { giveTo, type RunAs } from './run-as.ts';

/** What postmaster.pid says. `isReady` turns true when recovery is over and connections are served. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly isReady: boolean;
}

export interface PostmasterOptions {
  readonly data: string;
  readonly log: string;
  readonly binaries: Binaries;
  readonly runAs: RunAs;
  /** Tried first; another free port is taken when it is in use. */
  readonly port: number | undefined;
  readonly socketDir: string | null;
  readonly isDurable: boolean;
  /** Recovery after a crash replays the log: minutes when it is long. */
  readonly timeoutMs: number;
}

const LOG_MAX_BYTES = 10_000_000;
const POLL_MS = 25;
/** A session that is told to quit has so long; then it is killed. */
const QUIT_MS = 10_000;
/** What waits for a disk that hangs cannot be killed. */
const MOST_ENDING_MS = 40_000;

/** The living server of that data folder, or undefined. */
export function readPostmaster(data: string): Postmaster | undefined {
  const lines = pidFileLines(data);
  const pid = Number(lines?.[0]);
  if (lines === undefined || !Number.isInteger(pid) || pid <= 0 || !worksIn(pid, data)) return undefined;
  return { pid, port: Number(lines[3] ?? 0), isReady: lines[7]?.trim() === 'ready' };
}

function pidFileLines(data: string): string[] | undefined {
  return linesOf(join(data, 'postmaster.pid'));
}

function linesOf(path: string): string[] | undefined {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return undefined;
  }
}

/** The living server of that data folder once it serves; undefined when there is none, or when it ends. Throws WAREHOUSE_START after `timeoutMs`. */
export async function untilReady(data: string, timeoutMs: number): Promise<Postmaster | undefined> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const server = readPostmaster(data);
    if (server === undefined || server.isReady) return server;
    if (Date.now() > deadline) {
      throw startFailed(
        'The embedded PostgreSQL did not become ready in time.',
        `Process ${server.pid} was still starting or stopping.`,
      );
    }
    await delay(POLL_MS);
  }
}

/** True when a server was there and ended without a word: a clean end takes its pid file away. */
export function hasCrashed(data: string): boolean {
  return pidFileLines(data) !== undefined && readPostmaster(data) === undefined;
}

/** Starts the server and waits until it serves. It is detached: it goes on when this process ends. */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const deadline = Date.now() + options.timeoutMs;
  giveTo(options.runAs, options.data);
  await endRemains(options.data);
  clearLocks(options.data, options.socketDir);
  let port = options.port ?? (await freePort());
  if (!(await isPortFree(port))) port = await freePort();
  for (let attempt = 1; ; attempt++) {
    writeSettings(options.data, { port, socketDir: options.socketDir, isDurable: options.isDurable });
    const outcome = await launch(options, deadline);
    if (typeof outcome !== 'string') return outcome;
    if (/No space left on device/i.test(outcome)) throw diskFull(lastLines(outcome));
    if (attempt === 5) throw startFailed('The embedded PostgreSQL did not start.', lastLines(outcome));
    if (/could not (bind|create any TCP)|Address already in use/i.test(outcome)) port = await freePort();
    else if (/shared memory block .*in use|lock file .*already exists/is.test(outcome)) {
      await endRemains(options.data);
      clearLocks(options.data, options.socketDir);
    } else throw startFailed('The embedded PostgreSQL did not start.', `${lastLines(outcome)} (log: ${options.log})`);
  }
}

/** The started server, or what it wrote before it gave up. */
async function launch(options: PostmasterOptions, deadline: number): Promise<Postmaster | string> {
  if (existsSync(options.log) && statSync(options.log).size > LOG_MAX_BYTES)
    renameSync(options.log, `${options.log}.1`);
  const log = openSync(options.log, 'a', 0o600);
  const logStart = fstatSync(log).size;
  const [command, args] = options.runAs.wrap(options.binaries.postgres, ['-D', options.data]);
  const child = spawn(command, args, {
    cwd: options.data,
    detached: true,
    stdio: ['ignore', log, log],
    env: serverEnvironment(),
  });
  closeSync(log);
  let failure: string | undefined;
  child.on('error', (error) => (failure = error.message));
  child.on('exit', (code, signal) => (failure ??= `exited with ${code ?? signal}`));
  child.unref();
  while (failure === undefined) {
    const server = readPostmaster(options.data);
    if (server?.isReady === true && server.pid === child.pid) return server;
    if (Date.now() > deadline) {
      child.kill('SIGINT');
      throw startFailed(
        'The embedded PostgreSQL did not become ready in time.',
        `It was still starting; see ${options.log}`,
      );
    }
    await delay(POLL_MS);
  }
  return readFrom(options.log, logStart) || failure;
}

/** After kill -9: ends sessions that outlived their server. Throws WAREHOUSE_START for one that does not end. */
async function endRemains(data: string): Promise<void> {
  const begun = Date.now();
  for (let signal: NodeJS.Signals = 'SIGQUIT'; ;) {
    const remains = processesIn(data);
    if (remains.length === 0) break;
    if (Date.now() - begun > MOST_ENDING_MS) throw stillThere(remains);
    for (const pid of remains) {
      try {
        process.kill(pid, signal);
      } catch {
        // it ended in between
      }
    }
    if (Date.now() - begun > QUIT_MS) signal = 'SIGKILL';
    await delay(100);
  }
}

/**
 * Removes lock files (of the data and of the sockets) whose number now belongs to somebody else's process, or to a server that is dead but was not yet reaped:
 * PostgreSQL would take either for a rival. Those of a process that is gone stay: PostgreSQL judges them itself, shared memory included.
 */
function clearLocks(data: string, socketDir: string | null): void {
  const sockets =
    socketDir === null ? [] : readdirSync(socketDir).filter((name) => /^\.s\.PGSQL\.\d+\.lock$/.test(name));
  for (const path of [join(data, 'postmaster.pid'), ...sockets.map((name) => join(socketDir ?? '', name))]) {
    const pid = Math.abs(Number(linesOf(path)?.[0]));
    if (pid > 0 && exists(pid) && !worksIn(pid, data)) rmSync(path, { force: true });
  }
}

/** Ends the server cleanly: sessions are cut off, a checkpoint is written. Returns false when none was running. */
export async function stopPostmaster(data: string, timeoutMs: number): Promise<boolean> {
  const server = readPostmaster(data);
  if (server === undefined) return false;
  process.kill(server.pid, 'SIGINT');
  const deadline = Date.now() + timeoutMs;
  while (worksIn(server.pid, data)) {
    if (Date.now() > deadline) {
      throw startFailed(
        'The embedded PostgreSQL has not stopped yet.',
        `Process ${server.pid} is still writing its last checkpoint.`,
      );
    }
    await delay(POLL_MS);
  }
  return true;
}

/** kill -9; returns when it is gone, and its sessions with it where the system can tell (they end by themselves elsewhere). */
export async function killPostmaster(data: string, pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  const deadline = Date.now() + MOST_ENDING_MS;
  while (worksIn(pid, data)) {
    if (Date.now() > deadline) throw stillThere([pid]);
    await delay(POLL_MS);
  }
  await endRemains(data);
}

function stillThere(pids: readonly number[]): Error {
  return startFailed(
    'The embedded PostgreSQL hangs and cannot be ended.',
    `Process ${pids.join(', ')} does not end although it was killed: it probably waits for a disk.`,
  );
}

/** A port that is free on loopback now; between 1024 and the system's choice. */
export async function freePort(): Promise<number> {
  return listenOnce(0).then((port) => port ?? freePort());
}

/** True when nobody listens there on loopback. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await listenOnce(port)) !== undefined;
}

function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = probe.address();
      probe.close(() => resolve(address !== null && typeof address === 'object' ? address.port : undefined));
    });
  });
}

function readFrom(path: string, start: number): string {
  const handle = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(Math.min(64_000, Math.max(0, fstatSync(handle).size - start)));
    readSync(handle, buffer, 0, buffer.length, start);
    return buffer.toString('utf8');
  } finally {
    closeSync(handle);
  }
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' | ');
}
