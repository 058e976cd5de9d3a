// A Java server as a detached process that outlives whoever started it: launched, found again, ended. A process is ours when its
// command line names our folder and it began when we wrote down that it did; nothing else is ever signalled.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fail } from '../catalog/errors.ts';
import { makeFolder } from '../lib/make-folder.ts';
import { replaceFile } from '../storage/embedded/files.ts';
import { isAlive, startMark } from '../storage/embedded/process-table.ts';
import { isCommandOf, processesWith } from './command-lines.ts';

/** Where one server keeps its files. */
export interface ServerFiles {
  readonly folder: string;
  /** What `ServerState` says. */
  readonly state: string;
  /** What the server logs; rotated by the server itself. */
  readonly log: string;
  /** What the Java machine prints before logging works; of the last start only. */
  readonly out: string;
  /** Emptied at every start: unpacked native libraries and the like. */
  readonly temporary: string;
  readonly lock: string;
}

/** What is remembered of a server: its process while it runs, its addresses also between starts. */
export interface ServerState<Ports> {
  readonly pid: number;
  readonly mark: string;
  readonly ports: Ports;
}

export interface Launch<Ports> {
  readonly name: string;
  readonly files: ServerFiles;
  readonly ports: Ports;
  readonly java: string;
  /** Java options, then the main class and its arguments. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Asks the server itself; false while it cannot answer. */
  isReady(): Promise<boolean>;
  readonly timeoutMs: number;
}

const POLL_MS = 50;
/** A living process is killed only when it gave no answer for as long as any start may take. */
const PATIENCE_MS = 60_000;

export function serverFiles(folder: string, name: string): ServerFiles {
  return {
    folder,
    state: join(folder, 'server.json'),
    log: join(folder, `${name}.log`),
    out: join(folder, `${name}.out`),
    temporary: join(folder, 'tmp'),
    lock: join(folder, 'start.lock'),
  };
}

/** Throws HOME_UNUSABLE for a path that the servers' own settings cannot hold. */
export function requirePath({ folder }: ServerFiles, name: string): void {
  if (!folder.includes(',')) return;
  throw fail('HOME_UNUSABLE', {
    what: `${name} cannot keep its files in ${folder}.`,
    why: `${name} reads a comma in the path as the beginning of another path.`,
    fix: 'Choose a home folder without a comma: --home FOLDER, or the variable ESTEIRA_HOME.',
  });
}

/** Java's option that marks a process as the server of a folder. */
export function folderMark(files: ServerFiles): string {
  return `-Desteira.folder=${files.folder}`;
}

/** What every Java machine of ours is told besides its heap: one small machine's needs, and to leave nothing outside the folder. */
export function machineOptions(files: ServerFiles): string[] {
  return [
    '-XX:+UseSerialGC',
    '-XX:-UsePerfData',
    // a server without memory must end, not limp
    '-XX:+ExitOnOutOfMemoryError',
    `-XX:ErrorFile=${join(files.folder, 'java-error.log')}`,
    '-Djava.awt.headless=true',
    `-Djava.io.tmpdir=${files.temporary}`,
    folderMark(files),
  ];
}

export function readState<Ports>(files: ServerFiles): ServerState<Ports> | undefined {
  try {
    return JSON.parse(readFileSync(files.state, 'utf8')) as ServerState<Ports>;
  } catch {
    return undefined;
  }
}

/** The living process of that folder, or undefined; also one whose starter died before it could write the pid down. */
export function findProcess(files: ServerFiles): number | undefined {
  const state = readState(files);
  if (state !== undefined && isOurs(state.pid, files) && startMark(state.pid) === state.mark) return state.pid;
  if (!existsSync(files.folder)) return undefined;
  return processesWith(folderMark(files))[0];
}

function isOurs(pid: number, files: ServerFiles): boolean {
  return pid > 0 && isAlive(pid) && isCommandOf(pid, folderMark(files));
}

/** Starts the server and waits until it answers. Returns its pid, or what it said before it gave up. */
export async function launch<Ports>(options: Launch<Ports>): Promise<{ pid: number } | { gaveUp: string }> {
  const { files, name } = options;
  rmSync(files.temporary, { recursive: true, force: true });
  makeFolder(files.temporary, 0o700);
  if (existsSync(files.out)) renameSync(files.out, `${files.out}.1`);
  const logStart = existsSync(files.log) ? statSync(files.log).size : 0;
  const out = openSync(files.out, 'a', 0o600);
  const child = spawn(options.java, [...options.args], {
    cwd: files.temporary,
    env: options.env,
    detached: true,
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  let failure: string | undefined;
  child.on('error', (error) => (failure = error.message));
  child.on('exit', (code, by) => (failure ??= `exited with ${code ?? by}`));
  child.unref();
  const pid = child.pid ?? 0;
  if (pid > 0) writeState(files, { pid, mark: startMark(pid), ports: options.ports });
  const deadline = Date.now() + options.timeoutMs;
  while (failure === undefined) {
    if (await options.isReady()) return { pid };
    if (Date.now() > deadline) {
      child.kill('SIGKILL');
      throw startFailed(name, `It did not answer within ${options.timeoutMs / 1000} s; see ${files.log}`);
    }
    await delay(POLL_MS);
  }
  return { gaveUp: `${lastErrors(files, logStart)} (${failure}; see ${files.log} and ${files.out})` };
}

/**
 * True when a process of that folder lives and answers in time: a busy machine, or a start whose starter died. Whoever asks holds the
 * lock, so nobody else is starting it.
 */
export async function comesToAnswer(files: ServerFiles, isReady: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + PATIENCE_MS;
  while (findProcess(files) !== undefined) {
    if (await isReady()) return true;
    if (Date.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return false;
}

function writeState<Ports>(files: ServerFiles, state: ServerState<Ports>): void {
  replaceFile(files.state, `${JSON.stringify(state)}\n`);
}

/** Ends the server: SIGTERM, and SIGKILL if it is still there after `timeoutMs`. Returns false when none was running. */
export async function stopProcess(files: ServerFiles, timeoutMs: number): Promise<boolean> {
  const pid = findProcess(files);
  if (pid === undefined) return false;
  signal(pid, 'SIGTERM');
  const deadline = Date.now() + timeoutMs;
  while (isOurs(pid, files)) {
    if (Date.now() > deadline) signal(pid, 'SIGKILL');
    await delay(POLL_MS);
  }
  return true;
}

/** kill -9, and returns when the process is gone. */
export async function killProcess(files: ServerFiles): Promise<void> {
  await stopNow(files, findProcess(files));
}

async function stopNow(files: ServerFiles, pid: number | undefined): Promise<void> {
  if (pid === undefined) return;
  signal(pid, 'SIGKILL');
  while (isOurs(pid, files)) await delay(POLL_MS);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it ended in between
  }
}

export function startFailed(name: string, why: string): Error {
  return fail('STACK_START', {
    what: `${name} did not start.`,
    why,
    fix: 'Read the log named above; esteira doctor checks Java, memory and disk.',
  });
}

/** The last lines that look like the reason, of what was written since the start. */
function lastErrors(files: ServerFiles, logStart: number): string {
  const written = [readFrom(files.log, logStart), readFrom(files.out, 0)].join('\n');
  const lines = written.split('\n').filter((line) => line.trim() !== '' && !/^\s+at |^\s*\.\.\. \d+ more/.test(line));
  const telling = lines.filter((line) => /error|exception|fatal|already in use|denied|no space/i.test(line));
  return (telling.length > 0 ? telling : lines).slice(-3).join(' | ').slice(0, 1000) || 'it said nothing';
}

function readFrom(path: string, start: number): string {
  try {
    const bytes = readFileSync(path);
    // a rotated file is shorter than it was
    return bytes.subarray(bytes.length >= start ? start : 0).toString('utf8');
  } catch {
    return '';
  }
}
