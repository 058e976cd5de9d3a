// A PostgreSQL that hangs closes no connection: what a loader hears of it, and when it gives a silent connection up.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { EsteiraError } from '../../src/lib/errors.ts';
import { WarehouseClient, type WarehouseClientOptions } from '../../src/pipeline/warehouse-client.ts';
import { connect } from '../../src/storage/connection.ts';
import { migrate } from '../../src/storage/migrations.ts';
import { createDatabase } from '../support/postgres.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

interface Watched {
  readonly way: TcpProxy;
  readonly client: WarehouseClient;
  /** What was told, in its order: `silence`, `answer`, `wait`. */
  readonly told: string[];
  /** Asks the server itself, not through the proxy. */
  readonly query: (sql: string) => Promise<unknown>;
}

async function watched(t: TestContext, more: Partial<WarehouseClientOptions> = {}): Promise<Watched> {
  const database = await createDatabase(t);
  await database.query('CREATE TABLE t (n int PRIMARY KEY)');
  const url = new URL(database.url);
  const way = await startTcpProxy(Number(url.port));
  url.hostname = '127.0.0.1';
  url.port = String(way.port);
  const folder = await mkdtemp(join(tmpdir(), 'esteira-watch-'));
  const told: string[] = [];
  const client = new WarehouseClient({
    url: url.href,
    folder,
    reprocess: false,
    maxOutageMs: Infinity,
    settles: 'never',
    watch: { quietMs: 100, patienceMs: 3000, hopelessMs: 1000 },
    onWait: () => void told.push('wait'),
    onSilence: () => void told.push('silence'),
    onAnswer: () => void told.push('answer'),
    ...more,
  });
  t.after(async () => {
    await client.close();
    await way.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { way, client, told, query: (sql) => database.query(sql) };
}

const count = (client: WarehouseClient): Promise<number> =>
  client.run(async (each) => (await each.query<{ n: number }>('SELECT count(*)::int AS n FROM t')).rows[0]?.n ?? -1);

test('silence is told while nothing is to be done, and its end', async (t) => {
  const { way, client, told } = await watched(t);
  assert.equal(await count(client), 0);
  await sleep(500);
  assert.deepEqual(told, [], 'it is asked, and answers');
  way.fallSilent();
  await waitFor(async () => assert.ok(told.length >= 2));
  await way.goAway();
  await way.comeBack();
  await waitFor(async () => assert.equal(told.at(-1), 'answer'));
  assert.deepEqual([...new Set(told)], ['silence', 'answer']);
  // the connection that had fallen silent was given up meanwhile: nothing fails
  assert.equal(await count(client), 0);
  assert.equal(told.filter((each) => each !== 'silence').length, 1);
});

test('what hangs is begun again on a new connection once the silence has lasted too long', async (t) => {
  const { way, client, told } = await watched(t);
  assert.equal(await count(client), 0);
  way.fallSilent();
  const pending = client.run((each) => each.query('INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING'));
  await waitFor(async () => assert.equal(told.at(-1), 'wait'));
  assert.equal(told[0], 'silence');
  await way.goAway();
  await way.comeBack();
  await pending;
  assert.equal(told.lastIndexOf('answer') > told.indexOf('wait'), true, 'the new connection is an answer');
  assert.equal(await count(client), 1);
});

test('a silence that lasts longer than an outage may is an error', async (t) => {
  const { way, client } = await watched(t, { maxOutageMs: 500 });
  assert.equal(await count(client), 0);
  way.fallSilent();
  await assert.rejects(
    count(client),
    (error) => error instanceof EsteiraError && error.code === 'WAREHOUSE_UNREACHABLE',
  );
});

test('work that takes long is left alone while PostgreSQL answers others', async (t) => {
  const { client, told } = await watched(t, { watch: { quietMs: 100, patienceMs: 5000, hopelessMs: 0 } });
  await client.run((each) => each.query('SELECT pg_sleep(1.5)'));
  assert.deepEqual(told, []);
});

test('a load is begun again where another server answers, or this one has ended its session unheard', async (t) => {
  const { way, client, told, query } = await watched(t);
  assert.equal(await count(client), 0);
  const [row] = await client.run(
    async (each) => (await each.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows,
  );
  let tries = 0;
  const pending = client.run(async (each) => {
    tries += 1;
    if (tries === 1) {
      // what is open hears nothing any more, what is new is answered
      way.loseOpen();
      await query(`SELECT pg_terminate_backend(${row?.pid})`);
    }
    await each.query('INSERT INTO t VALUES (1)');
  });
  await pending;
  assert.equal(tries, 2);
  assert.equal(told[0], 'silence');
  assert.equal(await count(client), 1);
});

for (const how of ['fallSilent', 'loseOpen'] as const) {
  test(`a settling that hangs at the end of a command is given up, and fails nothing (${how})`, async (t) => {
    const settled: string[] = [];
    const { way, client, told, query } = await watched(t, {
      settles: 'at-end',
      onSettle: ({ kind }) => {
        settled.push(kind);
        if (kind !== 'settling') return;
        way[how]();
        if (how === 'loseOpen')
          void query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'esteira loader'`,
          );
      },
    });
    await client.run((each) => migrate(each));
    await client.close();
    assert.deepEqual(settled, ['settling', 'unsettled']);
    assert.ok(told.includes('silence'));
  });
}

test("settings in the warehouse's URL are kept, and ours win", async (t) => {
  const database = await createDatabase(t);
  const url = new URL(database.url);
  url.searchParams.set('options', '-c search_path=outro -c timezone=America/Sao_Paulo');
  const client = await connect(url.href, 'loader');
  t.after(() => client.end());
  const { rows } = await client.query(
    `SELECT current_setting('search_path') AS path, current_setting('timezone') AS zone, current_setting('tcp_user_timeout') AS late`,
  );
  assert.deepEqual(rows, [{ path: 'outro', zone: 'UTC', late: '40000' }]);
});

test(
  'both sides of a connection ask after ten seconds of silence whether the other is there',
  { skip: process.platform === 'linux' ? false : 'needs /proc/net/tcp' },
  async (t) => {
    const database = await createDatabase(t);
    const url = new URL(database.url);
    const client = await connect(url.href, 'loader');
    t.after(() => client.end());
    const { rows } = await client.query<{ idle: string; port: number }>(
      `SELECT current_setting('tcp_keepalives_idle') AS idle, inet_client_port() AS port`,
    );
    const [ours, theirs] = [Number(rows[0]?.port), Number(url.port)];
    assert.equal(rows[0]?.idle, '10');
    // sl local remote st tx:rx timer:expires; timer 2 is keepalive, in hundredths of a second
    const hex = (port: number): string => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
    // not before what was sent is acknowledged
    await waitFor(async () => {
      const sockets = (await readFile('/proc/net/tcp', 'utf8')).split('\n').map((line) => line.trim().split(/\s+/));
      for (const [from, to] of [
        [ours, theirs],
        [theirs, ours],
      ] as const) {
        const socket = sockets.find(([, local, remote]) => local?.endsWith(hex(from)) && remote?.endsWith(hex(to)));
        const [timer, expires] = socket?.[5]?.split(':') ?? [];
        assert.equal(timer, '02', 'a keepalive is set');
        const seconds = parseInt(expires ?? '', 16) / 100;
        assert.ok(seconds > 5 && seconds <= 10, `it is sent in ${seconds} s`);
      }
    });
  },
);
