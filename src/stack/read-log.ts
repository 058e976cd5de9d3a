// The end of a log file, and what is appended to it afterwards. It follows a file that is rotated and never changes one.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Log lines are short; more than that is not read for the end of a file. */
const TAIL_BYTES = 4_000_000;
const POLL_MS = 300;

/** The last `count` lines, with their line breaks; empty when there is no such file. */
export function lastLines(path: string, count: number): string {
  const size = sizeOf(path);
  const text = readRange(path, Math.max(0, size - TAIL_BYTES), size);
  const lines = text.split(/(?<=\n)/);
  return count === 0 ? '' : lines.slice(-count).join('');
}

/** Gives every piece that is appended from now on, until the signal. */
export async function follow(path: string, write: (text: string) => void, signal: AbortSignal): Promise<void> {
  let seen = sizeOf(path);
  while (!signal.aborted) {
    const size = sizeOf(path);
    // a shorter file is a new one: the old was moved away
    if (size < seen) seen = 0;
    if (size > seen) {
      write(readRange(path, seen, size));
      seen = size;
    }
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function readRange(path: string, start: number, end: number): string {
  if (end <= start) return '';
  const handle = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(Math.min(end, fstatSync(handle).size) - start);
    const read = readSync(handle, buffer, 0, buffer.length, start);
    return buffer.toString('utf8', 0, read);
  } finally {
    closeSync(handle);
  }
}
