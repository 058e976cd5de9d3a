// Real PostgreSQL for tests: a throw-away cluster and cheap databases in it. Every cluster disappears with the process that
// asked for it, kill -9 included: a watchdog holds the other end of a pipe. Nothing here touches a user's warehouse.
import { spawn } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { connectInfo, type EmbeddedServer, startEmbedded } from '../../src/storage/embedded/server.ts';

/** Set by the test command: the home of the one cluster that all test files of a run share. */
const SHARED_HOME_VARIABLE = 'ESTEIRA_TEST_HOME';

/** Set to 1 to look at databases after a failed test: nothing is dropped, and each URL is printed. */
const keeps = process.env['ESTEIRA_TEST_KEEP'] === '1';

/** A database of its own for one test. */
export interface TestDatabase {
  readonly name: string;
  /** As `esteira_app`, owner of the database. */
  readonly url: string;
  /** As `esteira_leitura`, read-only. */
  readonly readUrl: string;
  readonly superuserUrl: string;
  /** How to look at it; for messages of failed assertions. */
  readonly hint: string;
  query<Row extends pg.QueryResultRow = pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

/** The part of node:test's context that is used: the database is dropped when the test ends. */
interface Scope {
  after(hook: () => Promise<void>): void;
}

export interface Template {
  /** Names the template: one per distinct schema, e.g. a hash of the migrations. `[a-z0-9_]`. */
  readonly key: string;
  /** Runs once per cluster and key, as `esteira_app`, on an empty database that later ones are cloned from. */
  migrate(url: string): Promise<void>;
}

let shared: Promise<EmbeddedServer> | undefined;
let count = 0;

/** The cluster shared by all tests of this process (or of the whole run), without fsync. Never kill or stop it. */
export function testServer(): Promise<EmbeddedServer> {
  shared ??= findSharedServer();
  return shared;
}

async function findSharedServer(): Promise<EmbeddedServer> {
  const home = process.env[SHARED_HOME_VARIABLE];
  return (home === undefined ? undefined : connectInfo(home)) ?? (await startCluster({ isDurable: false }));
}

/** A cluster of one's own, for tests that kill or stop PostgreSQL. `isDurable: false` switches fsync off. */
export async function startCluster(options: { isDurable?: boolean } = {}): Promise<EmbeddedServer> {
  const home = temporaryHome();
  return startEmbedded({ home, ...options });
}

/** A fresh folder that is removed, with the servers in it stopped, when this process is gone. */
export function temporaryHome(): string {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'esteira-test-')));
  if (!keeps) watch(home);
  return home;
}

/** Creates a database: empty, or cloned from a template that is migrated once. */
export async function createDatabase(scope?: Scope, template?: Template): Promise<TestDatabase> {
  const server = await testServer();
  const source = template === undefined ? server.database : await prepareTemplate(server, template);
  const name = `t_${process.pid}_${++count}`;
  await asSuperuser(server, (client) => cloneDatabase(client, name, source));
  const database = describe(server, name);
  scope?.after(() => database.drop());
  return database;
}

async function cloneDatabase(client: pg.Client, name: string, source: string): Promise<void> {
  await client.query(`CREATE DATABASE ${name} TEMPLATE ${source} OWNER esteira_app`);
  await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
  await client.query(`GRANT CONNECT ON DATABASE ${name} TO esteira_leitura`);
}

async function prepareTemplate(server: EmbeddedServer, template: Template): Promise<string> {
  const name = `template_${template.key}`;
  await asSuperuser(server, async (client) => {
    // test files run at once: the first one migrates, the others wait
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
    const known = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (known.rowCount !== 0) return;
    const draft = `draft_${process.pid}_${++count}`;
    await cloneDatabase(client, draft, server.database);
    await template.migrate(server.url('app', draft));
    await client.query(`ALTER DATABASE ${draft} RENAME TO ${name}`);
  });
  return name;
}

function describe(server: EmbeddedServer, name: string): TestDatabase {
  const url = server.url('app', name);
  return {
    name,
    url,
    readUrl: server.url('leitura', name),
    superuserUrl: server.url('superuser', name),
    hint: `run again with ESTEIRA_TEST_KEEP=1 and open database ${name} at ${server.host}:${server.port}`,
    query: async <Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []) => {
      const client = new pg.Client(url);
      await client.connect();
      try {
        return (await client.query<Row>(sql, values)).rows;
      } finally {
        await client.end();
      }
    },
    drop: async () => {
      if (keeps) process.stderr.write(`kept: ${url}\n`);
      else await asSuperuser(server, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

async function asSuperuser<T>(server: EmbeddedServer, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(server.url('superuser', 'postgres'));
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** `cat` returns when the last holder of the pipe is gone: that is us, however we ended. */
const WATCHDOG = `
cat >/dev/null
i=0
while [ $i -lt 100 ]; do
  pid=$(head -n 1 "$1/warehouse/data/postmaster.pid" 2>/dev/null)
  if [ -z "$pid" ] || ! kill -QUIT "$pid" 2>/dev/null; then break; fi
  sleep 0.1
  i=$((i + 1))
done
for state in "$1"/stack/*/server.json; do
  pid=$(sed -n 's/^{"pid":\\([0-9]*\\),.*/\\1/p' "$state" 2>/dev/null)
  if [ -n "$pid" ] && ps -o args= -p "$pid" | grep -qF "folder=$1/stack/"; then kill -KILL "$pid"; fi
done
rm -rf "$1" || { sleep 2; rm -rf "$1"; }
`;

function watch(home: string): void {
  const watchdog = spawn('sh', ['-c', WATCHDOG, 'esteira-test-watchdog', home], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.unref();
  (watchdog.stdin as unknown as { unref(): void }).unref();
}
