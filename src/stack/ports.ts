// Chooses ports on loopback for servers that start seconds later. It holds none of them.
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fail } from '../catalog/errors.ts';
import { isPortFree } from '../storage/embedded/postmaster.ts';

/** Below the range that systems hand out to outgoing connections: what is free now is still free when Java has started. */
const FIRST = 20_000;
const AFTER_LAST = 32_000;

/** A server that was killed is gone a moment before its port is free: its clients wait for it where it was. */
const LET_GO_MS = 3000;
const POLL_MS = 25;

/** The wish if it is free, or becomes so within three seconds; without a wish, or when it may be replaced, any free port. */
export async function choosePort(wish: number | undefined, avoid: readonly number[] = []): Promise<number> {
  if (wish !== undefined && !avoid.includes(wish) && (await becomesFree(wish))) return wish;
  for (;;) {
    const port = randomInt(FIRST, AFTER_LAST);
    if (!avoid.includes(port) && (await isPortFree(port))) return port;
  }
}

async function becomesFree(port: number): Promise<boolean> {
  const deadline = performance.now() + LET_GO_MS;
  while (!(await isPortFree(port))) {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** The port, if it is free or becomes so within three seconds. Throws STACK_PORT_TAKEN; `answers` tells whether it is a server of the same kind that has it. */
export async function requirePort(
  port: number,
  name: string,
  flag: string,
  answers: (host: string, port: number) => Promise<boolean>,
): Promise<number> {
  if (await becomesFree(port)) return port;
  throw portTaken(port, name, flag, await answers('127.0.0.1', port));
}

export function portTaken(port: number, name: string, flag: string, isSameKind = false): Error {
  return fail('STACK_PORT_TAKEN', {
    what: `${name} cannot listen on port ${port}.`,
    why: isSameKind
      ? `A ${name} listens there already that was not started for this home folder.`
      : 'Another program listens there already.',
    fix: `End that program, or choose another port: ${flag} PORT`,
  });
}
