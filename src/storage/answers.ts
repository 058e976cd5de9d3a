// Whether a PostgreSQL answers at this moment. A connection that stands proves nothing: a machine that hangs closes none. It changes nothing and never waits
// longer than it is told to.
import pg from 'pg';
import { messageOf } from '../lib/errors.ts';
import { breakOff, sayGoodbye, sqlStateOf } from './connection.ts';
import { isTlsRefusal, targetOf } from './tls.ts';

/** SQLSTATEs of a server that is only going down or coming up: ADMIN SHUTDOWN, CRASH SHUTDOWN, CANNOT CONNECT NOW. */
const NOT_SERVING = new Set(['57P01', '57P02', '57P03']);

/** One session of a server, told from every other that it or another server ever had. */
export interface SessionMark {
  readonly pid: number;
  /** Seconds since 1970, as PostgreSQL writes them: its other ways of writing a time depend on settings of the session that asks. */
  readonly since: string;
}

const SINCE = 'extract(epoch FROM backend_start)::text';
const NOT_ALLOWED = '42501';

/**
 * `serving`: it serves, or refuses (the password, one connection more). `not-serving`: it says that it is coming up or going down, or that it does not know
 * a session asked for. `silent`: nobody is there, or nothing was heard in time.
 */
export type Answer =
  | { readonly kind: 'serving' }
  | { readonly kind: 'not-serving' | 'silent'; readonly reason: string };

export interface Question {
  readonly patienceMs: number;
  /** Must be there for the server to count as serving: behind one address another server may answer. */
  readonly sessions?: readonly SessionMark[];
  /** Breaks the question off. */
  readonly signal?: AbortSignal;
}

/** Connects and asks. Never throws, and puts no password into a reason. */
export async function askPostgres(url: string, { patienceMs, sessions = [], signal }: Question): Promise<Answer> {
  let client: pg.Client;
  try {
    client = new pg.Client({ ...targetOf(url), application_name: 'esteira watch' });
  } catch (error) {
    return { kind: 'silent', reason: messageOf(error) };
  }
  client.on('error', () => undefined);
  let isLate = false;
  const stop = (): void => breakOff(client);
  const late = setTimeout(() => {
    isLate = true;
    stop();
  }, patienceMs);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await client.connect();
    const { rows } = await client.query<{ known: number }>(
      `SELECT count(*)::int AS known FROM unnest($1::int[], $2::text[]) AS asked (pid, since)
       JOIN pg_stat_activity a ON a.pid = asked.pid AND ${SINCE} = asked.since`,
      [sessions.map(({ pid }) => pid), sessions.map(({ since }) => since)],
    );
    if (rows[0]?.known === sessions.length) return { kind: 'serving' };
    return { kind: 'not-serving', reason: 'another server answers, or the session has ended there' };
  } catch (error) {
    if (isLate) return { kind: 'silent', reason: `no answer within ${patienceMs / 1000} s` };
    const state = sqlStateOf(error);
    if (state !== undefined && NOT_SERVING.has(state)) return { kind: 'not-serving', reason: messageOf(error) };
    return state !== undefined || isTlsRefusal(error)
      ? { kind: 'serving' }
      : { kind: 'silent', reason: messageOf(error) };
  } finally {
    clearTimeout(late);
    signal?.removeEventListener('abort', stop);
    void sayGoodbye(client);
  }
}

/** The session of an open connection; null where it may not be seen. */
export async function sessionOf(client: pg.Client): Promise<SessionMark | null> {
  try {
    const { rows } = await client.query<{ pid: number; since: string | null }>(
      `SELECT pid, ${SINCE} AS since FROM pg_stat_activity WHERE pid = pg_backend_pid()`,
    );
    const [row] = rows;
    return row === undefined || row.since === null ? null : { pid: row.pid, since: row.since };
  } catch (error) {
    if (sqlStateOf(error) === NOT_ALLOWED) return null;
    throw error;
  }
}
