// The embedded warehouse as one of the stack's servers: asked whether it serves, started, and ended also when it hangs. How it is made and started is not decided
// here (src/storage/embedded).
import {
  connectInfo,
  type EmbeddedServer,
  embeddedPid,
  killEmbedded,
  startEmbedded,
  stopEmbedded,
} from '../storage/embedded/server.ts';
import { answersPostgres } from './health.ts';
import { comesToAnswer } from './server-process.ts';

export interface PostgresOptions {
  readonly home: string;
  /** How long a living server may be silent before it is killed; the default is that of the other servers. */
  readonly patienceMs?: number;
  /** Told when the server has to be started. */
  readonly onStart?: () => void;
}

/** The server of that home if it runs and answers. */
export async function findPostgres(home: string): Promise<EmbeddedServer | undefined> {
  const server = connectInfo(home);
  return server !== undefined && (await answersPostgres(server.url())) ? server : undefined;
}

/**
 * Starts it unless it answers. One that hangs is waited for and then killed: what was committed is in its log, from which the next start recovers. The errors
 * are those of `startEmbedded`.
 */
export async function startPostgres({ home, patienceMs, onStart }: PostgresOptions): Promise<EmbeddedServer> {
  const server = connectInfo(home);
  if (server !== undefined && (await comesBack(server, patienceMs))) return server;
  onStart?.();
  if (server !== undefined) await killEmbedded(home, server.pid);
  return startEmbedded({ home });
}

/** Ends it in good order, or kills one that hangs. Returns false when there was none. */
export async function stopPostgres({ home, patienceMs }: PostgresOptions): Promise<boolean> {
  const server = connectInfo(home);
  if (server === undefined || (await comesBack(server, patienceMs))) return stopEmbedded(home);
  await killEmbedded(home, server.pid);
  return true;
}

/** False for a server that is gone, or that lives and has been silent for too long. */
function comesBack(server: EmbeddedServer, patienceMs: number | undefined): Promise<boolean> {
  const isThere = (): boolean => embeddedPid(server.home) === server.pid;
  return comesToAnswer(isThere, () => answersPostgres(server.url()), patienceMs);
}
