// Where the commands get their warehouse connection: the configured URL, or the embedded server, started if need be.
import type pg from 'pg';
import type { Config } from '../config/load.ts';
import type { EsteiraError } from '../lib/errors.ts';
import { untilStopped } from '../lib/stopping.ts';
import { redactUrls } from '../lib/redact.ts';
import { retrying } from '../pipeline/retry.ts';
import { asWarehouseError, breakOff, connect, sayGoodbye } from '../storage/connection.ts';
import { resolveWarehouse } from '../storage/embedded/resolve.ts';
import { embeddedCrashed } from '../storage/embedded/server.ts';
import { assertMigrated, migrate } from '../storage/migrations.ts';

export interface Access {
  readonly client: pg.Client;
  close(): Promise<void>;
}

function resolve(config: Config): ReturnType<typeof resolveWarehouse> {
  return resolveWarehouse({
    home: config.get('home'),
    url: config.get('warehouse.url'),
    readUrl: config.get('warehouse.read_url'),
  });
}

/** A connection with the read-only role to a warehouse of the right schema. */
export async function openReader(config: Config): Promise<Access> {
  const { readUrl } = await resolve(config);
  const client = await connect(readUrl, 'reader');
  try {
    await assertMigrated(client);
  } catch (error) {
    await client.end();
    throw error;
  }
  return { client, close: () => client.end() };
}

/** Runs `read` with such a connection and closes it. */
export async function withReader<T>(config: Config, read: (client: pg.Client) => Promise<T>): Promise<T> {
  const access = await openReader(config);
  try {
    return await read(access.client);
  } finally {
    await access.close();
  }
}

/** The URL of the read-only role to a warehouse of the right schema. */
export async function openReaderUrl(config: Config): Promise<string> {
  const { readUrl } = await resolve(config);
  const client = await connect(readUrl, 'reader');
  try {
    await assertMigrated(client);
  } finally {
    await client.end();
  }
  return readUrl;
}

export interface OpenWarehouse {
  readonly url: string;
  readonly embedded: boolean;
  /** Starts the embedded server again if it is gone; to be called while a command waits for it. A warehouse of one's own is left alone. */
  readonly revive: () => void;
  /** The same, but only if it was killed: for a command that needs it only later, and may outlive a server that was stopped on purpose. */
  readonly reviveKilled: () => void;
}

/** One start at a time. What goes wrong is no news: the command goes on waiting, and says for what. */
function reviver(config: Config): () => void {
  let starting: Promise<unknown> | null = null;
  return () => {
    starting ??= resolve(config)
      .catch(() => undefined)
      .finally(() => (starting = null));
  };
}

/** The loader's URL of a migrated warehouse. One that does not answer is waited for, up to the setting max_outage unless told otherwise. */
export async function openWarehouse(
  config: Config,
  waiting: { readonly maxOutageMs?: number; readonly signal?: AbortSignal } = {},
): Promise<OpenWarehouse> {
  const { signal } = waiting;
  const { url, embedded } = await untilStopped(resolve(config), signal);
  await retrying({ maxOutageMs: config.get('max_outage'), onWait: sayWaiting, ...waiting }, async () => {
    const client = await connect(url, 'loader', signal);
    // A loader or another migration may hold the lock for long; a migration that is broken off leaves nothing.
    const stop = (): void => breakOff(client);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await migrate(client);
    } catch (error) {
      signal?.throwIfAborted();
      throw asWarehouseError(error);
    } finally {
      signal?.removeEventListener('abort', stop);
      await sayGoodbye(client);
    }
  });
  const revive = embedded ? reviver(config) : (): void => undefined;
  const reviveKilled = (): void => {
    if (embedded && embeddedCrashed(config.get('home'))) revive();
  };
  return { url, embedded, revive, reviveKilled };
}

function sayWaiting(error: EsteiraError, waitMs: number): void {
  process.stderr.write(
    `waiting for PostgreSQL (${redactUrls(error.why)}); trying again in ${Math.ceil(waitMs / 1000)} s\n`,
  );
}

/** A connection with the loader's role to a migrated warehouse. */
export async function openWriter(config: Config): Promise<Access> {
  const { url } = await openWarehouse(config);
  const client = await connect(url, 'loader');
  return { client, close: () => client.end() };
}
