// Whether a PostgreSQL answers at this moment. A connection that stands proves nothing: a machine that hangs closes none. It changes nothing and never waits
// longer than it is told to.
import pg from 'pg';
import { messageOf } from '../lib/errors.ts';
import { breakOff, sqlStateOf } from './connection.ts';
import { isTlsRefusal, targetOf } from './tls.ts';

/** SQLSTATEs of a server that is only going down or coming up: ADMIN SHUTDOWN, CRASH SHUTDOWN, CANNOT CONNECT NOW. */
const NOT_SERVING = new Set(['57P01', '57P02', '57P03']);

/**
 * Connects and asks. Result: why there was no answer, or null; a refusal (of the password, of one connection more) is an answer, too. Never throws. The signal
 * breaks it off.
 */
export async function whyNoAnswer(url: string, patienceMs: number, signal?: AbortSignal): Promise<string | null> {
  let client: pg.Client;
  try {
    client = new pg.Client({ ...targetOf(url), application_name: 'esteira watch' });
  } catch (error) {
    return messageOf(error);
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
    await client.query('SELECT 1');
    return null;
  } catch (error) {
    if (isLate) return `no answer within ${patienceMs / 1000} s`;
    const state = sqlStateOf(error);
    const isRefusal = state === undefined ? isTlsRefusal(error) : !NOT_SERVING.has(state);
    return isRefusal ? null : messageOf(error);
  } finally {
    clearTimeout(late);
    signal?.removeEventListener('abort', stop);
    void client.end().catch(() => undefined);
  }
}
