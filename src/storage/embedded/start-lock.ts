// One starter at a time: a lock file created whole (by a hard link), naming its holder, and taken over when the holder is dead.
// It never waits for a dead process and never removes the lock of a living one.
import { linkSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type ErrorCode, fail } from '../../catalog/errors.ts';
import { isAlive, startMark } from './process-table.ts';

/** What the lock is for: completes the error of whoever waits in vain. */
export interface LockPurpose {
  readonly code?: ErrorCode;
  /** Completes "Another command has been ...". */
  readonly doing?: string;
}

interface Holder {
  readonly pid: number;
  readonly mark: string;
}

/** Waits for the lock, runs `work` and releases. Throws `code` when another living process keeps it for `timeoutMs`. */
export async function withLock<T>(
  path: string,
  timeoutMs: number,
  work: () => Promise<T>,
  { code = 'WAREHOUSE_START', doing = 'starting or stopping the warehouse' }: LockPurpose = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  while (!tryLock(path)) {
    if (Date.now() > deadline) {
      throw fail(code, {
        what: `Another command has been ${doing} for too long.`,
        why: `Process ${readHolder(path)?.pid ?? '?'} holds ${path}.`,
        fix: 'Wait for that command or end it, then try again.',
      });
    }
    await delay(40);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function tryLock(path: string): boolean {
  const token = randomBytes(6).toString('hex');
  const own = `${path}.${token}`;
  writeFileSync(own, JSON.stringify({ pid: process.pid, mark: startMark(process.pid) } satisfies Holder), {
    mode: 0o600,
  });
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(own);
  }
  const holder = readHolder(path);
  if (holder !== undefined && !holds(holder)) breakStale(path, holder, token);
  return false;
}

/** Takes the dead holder's file away; a lock that somebody else made in between is put back untouched. */
function breakStale(path: string, dead: Holder, token: string): void {
  const aside = `${path}.stale.${token}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const taken = readHolder(aside);
  if (taken !== undefined && (taken.pid !== dead.pid || taken.mark !== dead.mark)) {
    try {
      linkSync(aside, path);
    } catch {
      // a third process already holds the path
    }
  }
  unlinkSync(aside);
}

function holds(holder: Holder): boolean {
  return isAlive(holder.pid) && startMark(holder.pid) === holder.mark;
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}
