// Tells whether a process is alive and whether it is a server on a given data folder, so that a process id which
// the system has given to somebody else is never taken for ours. It never signals anything by itself.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const isLinux = process.platform === 'linux';

/** True when the system knows the process, be it a zombie. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** True when the process exists and is not a zombie (in containers nobody may reap a dead server). */
export function isAlive(pid: number): boolean {
  return exists(pid) && (!isLinux || statField(pid, 3) !== 'Z');
}

/** When the process began, in an opaque unit: with the pid it identifies a process across reuse and reboots. Empty if unknown. */
export function startMark(pid: number): string {
  return isLinux ? (statField(pid, 22) ?? '') : '';
}

/** True when the process is a PostgreSQL server or backend working in that folder. */
export function worksIn(pid: number, dataDir: string): boolean {
  if (!isAlive(pid)) return false;
  if (isLinux) {
    try {
      return (
        readlinkSync(`/proc/${pid}/cwd`) === dataDir && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres'
      );
    } catch {
      return false;
    }
  }
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes('postgres');
  } catch {
    return false;
  }
}

/** Every server process working in that folder; only Linux can tell, elsewhere the list is empty. */
export function processesIn(dataDir: string): number[] {
  if (!isLinux) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => worksIn(pid, dataDir));
}

/** Field `n` (counted from 1, as in proc(5)) of /proc/pid/stat. */
function statField(pid: number, n: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // the second field is the name in parentheses and may hold anything
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[n - 3];
  } catch {
    return undefined;
  }
}
