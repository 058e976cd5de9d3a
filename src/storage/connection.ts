// Opening PostgreSQL connections and telling what their failures mean. It never retries: only src/pipeline does.
import pg from 'pg';
import { fail } from '../catalog/errors.ts';
import { EsteiraError, messageOf } from '../lib/errors.ts';
import { isTlsRefusal, targetOf } from './tls.ts';

/** SQLSTATE classes that pass by themselves: connection, rollback, resources, operator intervention, system. */
const PASSING_CLASSES = new Set(['08', '40', '53', '57', '58']);
/** SQLSTATE classes that speak of the data sent: data exception, integrity violation. */
const DATA_CLASSES = new Set(['22', '23']);
const DISK_FULL = '53100';
/** What an outage is called, and what ends it, by SQLSTATE. */
const OUT_OF_ROOM: ReadonlyMap<string, { readonly what: string; readonly fix: string }> = new Map([
  [
    DISK_FULL,
    {
      what: 'The disk of PostgreSQL is full.',
      fix: 'Make room on it; then run the same command again: nothing of the unfinished batch was kept, and nothing is lost.',
    },
  ],
  [
    '53300',
    {
      what: 'PostgreSQL has no connection left.',
      fix: 'Close other programs that use it, or raise its max_connections; then run the same command again.',
    },
  ],
]);
const NO_ANSWER = {
  what: 'PostgreSQL does not answer.',
  fix: 'Start it (esteira warehouse start) or check host, port and network; then run the same command again.',
};
const UNIQUE_VIOLATION = '23505';
const REFUSED_STATES = new Set(['28000', '28P01', '3D000', '42501']);

/** A peer whose machine is gone says nothing: both sides ask after so long a silence. */
const KEEPALIVE_S = 10;
/** What the server is told to do then: a server that went on holding the locks of a client that is gone would keep the next one waiting. */
const SERVER_KEEPALIVE = {
  tcp_keepalives_idle: KEEPALIVE_S,
  tcp_keepalives_interval: 5,
  tcp_keepalives_count: 6,
  // milliseconds; where an answer was sent and not acknowledged, nothing is asked
  tcp_user_timeout: 40_000,
};

/** Numbers stay exact: bigint and numeric come as text unless a caller converts them. The signal breaks off the connecting, nothing later. */
export async function connect(url: string, role: 'loader' | 'reader', signal?: AbortSignal): Promise<pg.Client> {
  signal?.throwIfAborted();
  const { target, options } = withoutOptions(url);
  const client = new pg.Client({
    ...targetOf(target),
    application_name: `esteira ${role}`,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_S * 1000,
    options: [
      ...options,
      '-c timezone=UTC -c datestyle=ISO,YMD -c client_encoding=UTF8 -c lock_timeout=0',
      ...Object.entries(SERVER_KEEPALIVE).map(([name, value]) => `-c ${name}=${value}`),
    ].join(' '),
  });
  // Without a listener a connection lost between two queries would end the process.
  client.on('error', () => undefined);
  const stop = (): void => breakOff(client);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await client.connect();
  } catch (error) {
    signal?.throwIfAborted();
    throw asWarehouseError(error);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  return client;
}

/** Session settings that the URL states are taken out of it: the library would take them instead of ours, which win here. */
function withoutOptions(url: string): { readonly target: string; readonly options: readonly string[] } {
  if (!/[?&]options=/.test(url) || !URL.canParse(url)) return { target: url, options: [] };
  const parsed = new URL(url);
  const options = parsed.searchParams.getAll('options');
  parsed.searchParams.delete('options');
  return { target: parsed.href, options };
}

/** A server that has fallen silent does not say goodbye. */
const GOODBYE_MS = 1000;

/** Ends the connection in good order, or drops it when the server does not answer in time. Never throws. */
export async function sayGoodbye(client: pg.Client): Promise<void> {
  const silent = setTimeout(() => breakOff(client), GOODBYE_MS);
  await client.end().catch(() => undefined);
  clearTimeout(silent);
}

/** Drops the connection, whatever it is doing: what waits for an answer fails, and the server rolls back what was not committed. */
export function breakOff(client: pg.Client): void {
  (client as unknown as { connection?: { stream?: { destroy(): void } } }).connection?.stream?.destroy();
}

/** The SQLSTATE of an error from PostgreSQL, or undefined. All that PostgreSQL has contain a digit, unlike the system's EPIPE. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** True when PostgreSQL refused a value or a row. A row that meets its own primary key twice is our mistake, never the order's. */
export function isDataError(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state === undefined || !DATA_CLASSES.has(state.slice(0, 2))) return false;
  return !(state === UNIQUE_VIOLATION && (error as { constraint?: string }).constraint?.endsWith('_pkey') === true);
}

/** Turns a failure of the connection or the server into an EsteiraError; anything else is returned as it is, a bug. */
export function asWarehouseError(error: unknown): unknown {
  if (error instanceof EsteiraError) return error;
  const state = sqlStateOf(error);
  if (state !== undefined && REFUSED_STATES.has(state)) {
    return fail('WAREHOUSE_REFUSED', {
      what: 'PostgreSQL refused the connection or the rights.',
      why: messageOf(error),
      fix: 'Check user, password, database and grants in the warehouse URL (esteira config).',
      cause: error,
    });
  }
  if (state === undefined && isTlsRefusal(error)) {
    return fail('WAREHOUSE_REFUSED', {
      what: 'PostgreSQL could not prove that it is the server of the URL.',
      why: messageOf(error),
      fix: 'Check the host in the warehouse URL and the authority in its sslrootcert. Never switch the check off: whoever answers would get the password.',
      cause: error,
    });
  }
  if (
    (state !== undefined && PASSING_CLASSES.has(state.slice(0, 2))) ||
    (state === undefined && isConnectionLoss(error))
  ) {
    return fail(state === DISK_FULL ? 'DISK_FULL' : 'WAREHOUSE_UNREACHABLE', {
      ...(OUT_OF_ROOM.get(state ?? '') ?? NO_ANSWER),
      why: `${messageOf(error)}${state === DISK_FULL ? '; it goes on by itself once there is room' : ''}`,
      cause: error,
    });
  }
  return error;
}

function isConnectionLoss(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && /^E(CONN|PIPE|HOST|NET|TIMEDOUT|ADDR|AI_AGAIN)/.test(code)) return true;
  return /connection (terminated|ended|timeout|closed)|timeout expired|not queryable|client has encountered a connection error/i.test(
    messageOf(error),
  );
}
