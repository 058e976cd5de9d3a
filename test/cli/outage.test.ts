// A warehouse that does not answer when a command starts is waited for: I4 begins before the first byte is read.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { packagePath } from '../../src/lib/paths.ts';
import { connect as connectTo } from '../../src/storage/connection.ts';
import { connectInfo, type EmbeddedServer, stopEmbedded } from '../../src/storage/embedded/server.ts';
import { csvOf, line } from '../support/load.ts';
import { createDatabase, temporaryHome } from '../support/postgres.ts';
import { waitFor } from '../support/wait-for.ts';

const MAIN = packagePath('src', 'cli', 'main.ts');

/** A port of this machine that nobody listens on at the moment. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function relay(port: number, target: URL): Promise<Server> {
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

function run(
  url: string,
  file: string,
  maxOutage: string,
  onWaiting?: () => void,
): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, 'run', file, '--max-outage', maxOutage], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ESTEIRA_WAREHOUSE_URL: url },
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr === '' && onWaiting) onWaiting();
    stderr += chunk.toString();
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr })));
}

test('a warehouse that comes up late is waited for, one that stays away ends with exit code 3', async (t) => {
  const database = await createDatabase(t);
  const folder = await mkdtemp(join(tmpdir(), 'esteira-outage-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'pedidos.csv');
  await writeFile(file, csvOf([line({ id_pedido: '1' })]));
  const direct = new URL(database.url);
  const late = new URL(database.url);
  late.port = String(await freePort());

  const away = await run(late.href, file, '1s');
  assert.equal(away.code, 3);
  assert.match(away.stderr, /waiting for PostgreSQL/);
  assert.match(away.stderr, /WAREHOUSE_UNREACHABLE/);
  assert.ok(!away.stderr.includes(direct.password), 'no password in what is printed');

  let server: Promise<Server> | undefined;
  const came = await run(late.href, file, '60s', () => {
    server = relay(Number(late.port), direct);
  });
  assert.equal(came.code, 0, came.stderr);
  assert.deepEqual(await database.query('SELECT id_pedido FROM pedidos'), [{ id_pedido: '1' }]);
  (await server)?.close();
});

test('a command that loads starts its own embedded server again when that is killed', async (t) => {
  const home = temporaryHome();
  t.after(() => stopEmbedded(home));
  const child = spawn(
    process.execPath,
    [MAIN, 'run', packagePath('data', 'pedidos.csv'), '--as-of', '2026-11-01T09:00:00Z'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ESTEIRA_HOME: home, ESTEIRA_BATCH_LINES: '2000' },
    },
  );
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const count = async (server: EmbeddedServer, sql: string): Promise<number> => {
    const client = await connectTo(server.url('app'), 'reader');
    try {
      return Number((await client.query<{ n: string }>(sql)).rows[0]?.n);
    } finally {
      await client.end();
    }
  };
  await waitFor(async () => {
    const server = connectInfo(home) ?? assert.fail('the server does not run yet');
    assert.ok((await count(server, 'SELECT count(*) AS n FROM esteira.lotes')) >= 2);
  }, 60_000);
  process.kill(connectInfo(home)?.pid ?? assert.fail('the server is not running'), 'SIGKILL');
  assert.equal(await ended, 0, stderr);
  assert.match(stderr, /waiting for PostgreSQL/);
  const server = connectInfo(home) ?? assert.fail('the server was not started again');
  // as README says of this file
  assert.equal(await count(server, 'SELECT count(*) AS n FROM pedidos'), 22_072);
});

test('names with control characters reach the terminal without them', async () => {
  const { code, stderr } = await run('postgresql://x:y@127.0.0.1:1/z', 'no\u001b[31mfile.csv', '0s');
  assert.equal(code, 2);
  assert.match(stderr, /no\uFFFD\[31mfile\.csv/);
  assert.ok(!stderr.includes('\u001b'));
});
