// Finds processes by an argument of their command line. It signals nothing.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { isAlive } from '../storage/embedded/process-table.ts';

const isLinux = process.platform === 'linux';

/** True when that process was started with exactly this argument. */
export function isCommandOf(pid: number, argument: string): boolean {
  if (isLinux) return argumentsOf(pid).includes(argument);
  return listed(['-p', String(pid)]).some(({ command }) => command.split(' ').includes(argument));
}

/** Every living process that was started with exactly this argument. */
export function processesWith(argument: string): number[] {
  if (!isLinux) {
    return listed(['-ax'])
      .filter(({ command }) => command.split(' ').includes(argument))
      .map(({ pid }) => pid);
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => argumentsOf(pid).includes(argument) && isAlive(pid));
}

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function listed(which: string[]): { pid: number; command: string }[] {
  try {
    const text = execFileSync('ps', [...which, '-o', 'pid=,command='], { encoding: 'utf8' });
    return text.split('\n').flatMap((line) => {
      const match = /^\s*(\d+)\s+(.*)$/.exec(line);
      return match === null ? [] : [{ pid: Number(match[1]), command: match[2] ?? '' }];
    });
  } catch {
    return [];
  }
}
