// Commands of Esteira as processes of their own, to be killed, paused and cut off. They see no settings but those given: none of the user's variables
// and no settings file.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ending>;
  /** What it has said so far: log lines, one JSON object each. */
  stderr(): string;
  isRunning(): boolean;
}

export interface Ending {
  readonly code: number | null;
  readonly by: NodeJS.Signals | null;
  readonly stderr: string;
}

export interface ProgramOptions {
  /** The command line's own file. */
  readonly main: string;
  readonly args: readonly string[];
  /** Where it runs and keeps its files. */
  readonly home: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Killed after so long. Default: two minutes. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Nothing here takes longer; what does has failed. */
const WAIT_MS = 120_000;
const POLL_MS = 10;
const OWN_VARIABLE = /^ESTEIRA_/;

/** Starts a command. It is killed when its time is over, and when the signal says so. */
export function startProgram({ main, args, home, settings, timeoutMs, signal }: ProgramOptions): Program {
  const inherited = Object.entries(process.env).filter(([name]) => !OWN_VARIABLE.test(name));
  const child = spawn(process.execPath, [main, ...args], {
    cwd: home,
    env: { ...Object.fromEntries(inherited), NO_COLOR: '1', ESTEIRA_HOME: home, ...settings },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: timeoutMs ?? WAIT_MS,
    killSignal: 'SIGKILL',
    ...(signal === undefined ? {} : { signal }),
  });
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  const ended = new Promise<Ending>((resolve) => {
    child.on('error', () => undefined);
    child.on('close', (code, by) => resolve({ code, by, stderr }));
  });
  return {
    child,
    ended,
    stderr: () => stderr,
    isRunning: () => child.exitCode === null && child.signalCode === null,
  };
}

/** Waits for its end and throws unless it ended with the code. */
export async function assertEnds(program: Program, code = 0): Promise<Ending> {
  const ending = await program.ended;
  assert.equal(ending.code, code, `a command ended with ${ending.code ?? ending.by}: ${lastWords(ending.stderr)}`);
  return ending;
}

/** kill -9, and waits until it is gone. Throws when it had ended by itself. */
export async function killProgram(program: Program): Promise<void> {
  program.child.kill('SIGKILL');
  const { code, stderr } = await program.ended;
  assert.equal(code, null, `a command ended before it could be killed: ${lastWords(stderr)}`);
}

/** Asks again and again until it holds. Throws, naming what was awaited. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  signal?: AbortSignal,
): Promise<void> {
  const limit = performance.now() + WAIT_MS;
  while (!(await holds())) {
    signal?.throwIfAborted();
    assert.ok(performance.now() < limit, `waited in vain for this: ${what}`);
    await sleep(POLL_MS);
  }
}

/** Waits until the program has said so many things of that kind; throws when it ends without. `pattern` is global. */
export async function untilSaid(program: Program, pattern: RegExp, count: number, signal?: AbortSignal): Promise<void> {
  await until(
    pattern.source,
    () => {
      const isRunning = program.isRunning();
      if ((program.stderr().match(pattern) ?? []).length >= count) return true;
      assert.ok(isRunning, `a command ended and never said ${pattern.source}: ${lastWords(program.stderr())}`);
      return false;
    },
    signal,
  );
}

function lastWords(stderr: string): string {
  return stderr.trim().split('\n').slice(-4).join(' / ').slice(-800);
}
