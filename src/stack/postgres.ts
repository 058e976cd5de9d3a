// The embedded warehouse as one of the stack's servers: asked whether it serves, started, and ended also when it hangs. How it is made and started is not decided
// here (src/storage/embedded).
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, askPostgres } from '../storage/answers.ts';
import { startFailed } from '../storage/embedded/cluster.ts';
import {
  connectInfo,
  type EmbeddedServer,
  embeddedPid,
  killEmbedded,
  startEmbedded,
  stopEmbedded,
} from '../storage/embedded/server.ts';

export interface PostgresOptions {
  readonly home: string;
  /** How long a living server may say nothing at all before it is killed. Default a minute. */
  readonly patienceMs?: number;
  /** Told when the server has to be started. */
  readonly onStart?: () => void;
}

/** For a look at it. */
const LOOK_MS = 2000;
const PATIENCE_MS = 60_000;
/** Before it is killed, each question may take as long as on a machine that has no time. */
const QUESTION_MS = 15_000;
/** A server that says that it is recovering may go on with that for so long. */
const RECOVERY_MS = 300_000;
const POLL_MS = 100;

/** The server of that home if it runs and answers. */
export async function findPostgres(home: string): Promise<EmbeddedServer | undefined> {
  const server = connectInfo(home);
  if (server === undefined) return undefined;
  const answer = await askPostgres(server.url(), { patienceMs: LOOK_MS });
  return answer.kind === 'serving' ? server : undefined;
}

/**
 * Starts it unless it answers. One that says nothing is waited for and then killed: what was committed is in its log, from which the next start recovers. Throws
 * as `startEmbedded` does.
 */
export async function startPostgres({ home, patienceMs, onStart }: PostgresOptions): Promise<EmbeddedServer> {
  const server = connectInfo(home);
  if (server !== undefined) {
    const end = await heardOf(server, ['serving'], patienceMs);
    if (end === 'heard') return server;
    onStart?.();
    if (end === 'hangs') await killSilent(server, patienceMs);
  } else onStart?.();
  return startEmbedded({ home });
}

/** Ends it in good order, or kills one that says nothing. Returns false when there was none. */
export async function stopPostgres({ home, patienceMs }: PostgresOptions): Promise<boolean> {
  const server = connectInfo(home);
  const hangs = server !== undefined && (await heardOf(server, ['serving', 'not-serving'], patienceMs)) === 'hangs';
  return (hangs && (await killSilent(server, patienceMs))) || stopEmbedded(home);
}

/** It may have been waited for whoever else starts or stops it: so it is asked once more. */
function killSilent(server: EmbeddedServer, patienceMs = PATIENCE_MS): Promise<boolean> {
  const question = { patienceMs: Math.min(QUESTION_MS, patienceMs) };
  return killEmbedded(server.home, server.pid, async () => {
    const answer = await askPostgres(server.url(), question);
    return answer.kind === 'silent';
  });
}

/** Asks a server that calls itself ready until one of these answers comes, its process is gone, or it has said nothing for too long. */
async function heardOf(
  server: EmbeddedServer,
  wanted: readonly Answer['kind'][],
  patienceMs = PATIENCE_MS,
): Promise<'heard' | 'gone' | 'hangs'> {
  const begun = performance.now();
  let silentSince: number | null = null;
  for (;;) {
    if (embeddedPid(server.home) !== server.pid) return 'gone';
    const asked = performance.now();
    const answer = await askPostgres(server.url(), { patienceMs: Math.min(QUESTION_MS, patienceMs) });
    if (wanted.includes(answer.kind)) return 'heard';
    silentSince = answer.kind === 'silent' ? (silentSince ?? asked) : null;
    const now = performance.now();
    if (silentSince !== null && now - silentSince >= patienceMs) return 'hangs';
    if (now - begun > RECOVERY_MS) {
      throw startFailed(
        'The embedded PostgreSQL did not become ready in time.',
        `Process ${server.pid} does not serve yet; see ${server.logFile}`,
      );
    }
    await delay(POLL_MS);
  }
}
