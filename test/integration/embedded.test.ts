// The embedded PostgreSQL as a process: started twice at once, killed, blocked, damaged. Every test has a cluster of its own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { EsteiraError } from '../../src/lib/errors.ts';
import { findBinaries } from '../../src/storage/embedded/binaries.ts';
import { createCluster, usableSocketDir } from '../../src/storage/embedded/cluster.ts';
import { warehouseFiles } from '../../src/storage/embedded/files.ts';
import { startPostmaster, stopPostmaster } from '../../src/storage/embedded/postmaster.ts';
import { exists, isAlive } from '../../src/storage/embedded/process-table.ts';
import { resolveWarehouse } from '../../src/storage/embedded/resolve.ts';
import { chooseRunAs, ROOT_WAYS } from '../../src/storage/embedded/run-as.ts';
import { connectInfo, startEmbedded, stopEmbedded } from '../../src/storage/embedded/server.ts';
import { startCluster, temporaryHome } from '../support/postgres.ts';

async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

const failsWith = (code: string, pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof EsteiraError, String(error));
  assert.equal(error.code, code);
  assert.match(`${error.what} ${error.why} ${error.fix}`, pattern);
  return true;
};

async function waitFor(what: string, isTrue: () => boolean, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!isTrue()) {
    assert.ok(Date.now() < deadline, `timed out waiting: ${what}`);
    await delay(50);
  }
}

const commandOf = (pid: number): string => readFileSync(`/proc/${pid}/comm`, 'utf8').trim();

test('the warehouse is durable, checksummed, on loopback only and its owner is no superuser', async () => {
  const server = await startCluster();
  const settings =
    'fsync full_page_writes synchronous_commit data_checksums listen_addresses server_encoding password_encryption';
  const found: Record<string, unknown> = {};
  for (const name of settings.split(' ')) Object.assign(found, (await ask(server.url(), `SHOW ${name}`))[0]);
  assert.deepEqual(found, {
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    data_checksums: 'on',
    listen_addresses: '127.0.0.1',
    server_encoding: 'UTF8',
    password_encryption: 'scram-sha-256',
  });
  const [role] = await ask(
    server.url(),
    'SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user',
  );
  assert.deepEqual(role, { rolsuper: false, rolcreatedb: false, rolcreaterole: false });
  const [owner] = await ask(
    server.url(),
    'SELECT datdba::regrole::text AS owner FROM pg_database WHERE datname = current_database()',
  );
  assert.deepEqual(owner, { owner: 'esteira_app' });
  await assert.rejects(
    ask(server.url().replace(/:[0-9a-f]{48}@/, ':wrong@'), 'SELECT 1'),
    /password authentication failed/,
  );
});

test('no password shows in arguments, logs or files that others can read', async () => {
  const server = await startCluster();
  await ask(server.url(), "SELECT 'a value', 1 / 0").catch(() => {});
  const passwords = (['superuser', 'app', 'leitura'] as const).map((role) => new URL(server.url(role)).password);
  const visible = argumentsOfAll() + readFileSync(server.logFile, 'utf8');
  for (const password of passwords) assert.ok(!visible.includes(password));
  assert.ok(!readFileSync(server.logFile, 'utf8').includes('a value'), 'statements stay out of the log');
  const folder = join(server.home, 'warehouse');
  assert.equal(statSync(folder).mode & 0o077, 0);
  for (const name of readdirSync(folder)) assert.equal(statSync(join(folder, name)).mode & 0o077, 0, name);
});

/** The command lines of every process, as any user can read them. */
function argumentsOfAll(): string {
  const read = (pid: string): string => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return '';
    }
  };
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(read);
  assert.ok(
    lines.some((line) => line.includes('postgres -D')),
    'the server itself is seen',
  );
  return lines.join('\n');
}

test('two processes that start it at once get the same server', async () => {
  const home = temporaryHome();
  const program = `
    const { startEmbedded } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/storage/embedded/server.ts'))});
    const server = await startEmbedded({ home: ${JSON.stringify(home)}, isDurable: false });
    console.log(JSON.stringify({ pid: server.pid, port: server.port, startedNow: server.startedNow }));`;
  const start = (): Promise<{ pid: number; startedNow: boolean }> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      child.on('close', (code) =>
        code === 0 ? resolve(JSON.parse(said) as never) : reject(new Error(`exit ${code}`)),
      );
    });
  const servers = await Promise.all([start(), start(), start()]);
  assert.equal(new Set(servers.map((server) => server.pid)).size, 1);
  assert.equal(servers.filter((server) => server.startedNow).length, 1);
  assert.deepEqual(await ask(connectInfo(home)?.url() ?? '', 'SELECT 1 AS one'), [{ one: 1 }]);
});

test('after kill -9 of the server, with a session still busy, the next start recovers what was committed', async () => {
  const server = await startCluster();
  await ask(server.url(), 'CREATE TABLE t AS SELECT 42 AS n');
  const busy = new pg.Client(server.url());
  busy.on('error', () => {});
  await busy.connect();
  const long = busy.query('SELECT count(*) FROM generate_series(1, 1e12::bigint)').catch(() => {});
  await delay(200);
  process.kill(server.pid, 'SIGKILL');
  await waitFor('the server is gone', () => connectInfo(server.home) === undefined);
  const again = await startEmbedded({ home: server.home });
  assert.notEqual(again.pid, server.pid);
  assert.equal(again.port, server.port, 'tools keep their port');
  assert.deepEqual(await ask(again.url(), 'SELECT n FROM t'), [{ n: 42 }]);
  await long;
});

test('a pid file whose number now belongs to another process does not block the start, nor is that process touched', async () => {
  const server = await startCluster({ isDurable: false });
  const pidFile = join(server.home, 'warehouse', 'data', 'postmaster.pid');
  const lines = readFileSync(pidFile, 'utf8').split('\n');
  await stopEmbedded(server.home);
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
  try {
    writeFileSync(pidFile, [stranger.pid, ...lines.slice(1)].join('\n'), { mode: 0o600 });
    assert.equal(connectInfo(server.home), undefined);
    assert.equal(await stopEmbedded(server.home), false);
    const again = await startEmbedded({ home: server.home });
    assert.deepEqual(await ask(again.url(), 'SELECT 1 AS one'), [{ one: 1 }]);
    assert.equal(stranger.exitCode, null);
    assert.equal(stranger.signalCode, null);
  } finally {
    stranger.kill();
  }
});

test(
  'a server that was killed and not yet reaped does not block the start',
  { skip: process.platform === 'linux' ? false : 'only Linux tells a zombie' },
  async () => {
    const server = await startCluster({ isDurable: false });
    // a child whose parent waits for nobody, as the first process of a container may do
    const parent = spawn('sh', ['-c', 'sleep 300 & echo $!; exec sleep 300'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [text] = (await once(parent.stdout, 'data')) as [Buffer];
      const zombie = Number(text.toString());
      // as long as the parent is a shell it would still reap its child
      await waitFor('the parent waits for nobody', () => commandOf(parent.pid ?? 0) === 'sleep');
      process.kill(zombie, 'SIGKILL');
      await waitFor('the child is a zombie', () => exists(zombie) && !isAlive(zombie));
      process.kill(server.pid, 'SIGKILL');
      await waitFor('the server is gone', () => connectInfo(server.home) === undefined);
      const { data, sockets } = warehouseFiles(server.home);
      const locks = [join(data, 'postmaster.pid'), join(sockets, `.s.PGSQL.${server.port}.lock`)];
      for (const path of locks) {
        const [, ...rest] = readFileSync(path, 'utf8').split('\n');
        writeFileSync(path, [zombie, ...rest].join('\n'));
      }
      const again = await startEmbedded({ home: server.home });
      assert.deepEqual([again.startedNow, again.port], [true, server.port]);
      assert.deepEqual(await ask(again.url(), 'SELECT 1 AS one'), [{ one: 1 }]);
    } finally {
      parent.kill('SIGKILL');
    }
  },
);

test('a start lock left by a dead process is taken over', async () => {
  const home = temporaryHome();
  mkdirSync(join(home, 'warehouse'), { mode: 0o700 });
  const dead = spawn('true', { stdio: 'ignore' });
  await new Promise((resolve) => dead.once('exit', resolve));
  writeFileSync(warehouseFiles(home).lock, JSON.stringify({ pid: dead.pid, mark: '1' }));
  assert.ok((await startEmbedded({ home, isDurable: false })).startedNow);
});

test('when its port is taken it moves to another and remembers that one', async () => {
  const server = await startCluster({ isDurable: false });
  await stopEmbedded(server.home);
  const squatter = await new Promise<Server>((resolve) => {
    const listening = createServer().listen(server.port, '127.0.0.1', () => resolve(listening));
  });
  const moved = await startEmbedded({ home: server.home });
  assert.notEqual(moved.port, server.port);
  await stopEmbedded(server.home);
  await new Promise((resolve) => squatter.close(resolve));
  assert.equal((await startEmbedded({ home: server.home })).port, moved.port);
});

test('stopping is clean, waits, and a second stop finds nothing', async () => {
  const server = await startCluster({ isDurable: false });
  assert.equal(await stopEmbedded(server.home), true);
  assert.equal(connectInfo(server.home), undefined);
  assert.equal(await stopEmbedded(server.home), false);
  assert.ok(!existsSync(join(server.home, 'warehouse', 'data', 'postmaster.pid')));
  assert.match(readFileSync(server.logFile, 'utf8'), /database system is shut down/);
});

test('a data folder of another major version, a damaged one and lost passwords are refused with a remedy', async () => {
  const server = await startCluster({ isDurable: false });
  const { data, passwords } = warehouseFiles(server.home);
  await stopEmbedded(server.home);
  writeFileSync(join(data, 'PG_VERSION'), '17\n');
  await assert.rejects(
    startEmbedded({ home: server.home }),
    failsWith('WAREHOUSE_VERSION', /PostgreSQL 17.*PostgreSQL 18/),
  );
  rmSync(join(data, 'PG_VERSION'));
  await assert.rejects(startEmbedded({ home: server.home }), failsWith('WAREHOUSE_DAMAGED', /PG_VERSION/));
  writeFileSync(join(data, 'PG_VERSION'), '18\n');
  renameSync(passwords, `${passwords}.away`);
  await assert.rejects(startEmbedded({ home: server.home }), failsWith('WAREHOUSE_DAMAGED', /passwords.*backup/));
  writeFileSync(passwords, '{ "app": "half a', { mode: 0o600 });
  await assert.rejects(startEmbedded({ home: server.home }), failsWith('WAREHOUSE_DAMAGED', /cannot be understood/));
  renameSync(`${passwords}.away`, passwords);
  assert.ok((await startEmbedded({ home: server.home })).startedNow);
});

test('a start that PostgreSQL refuses shows its reason', async () => {
  const server = await startCluster({ isDurable: false });
  await stopEmbedded(server.home);
  writeFileSync(join(warehouseFiles(server.home).data, 'postgresql.conf'), 'no_such_setting = 1\n');
  await assert.rejects(startEmbedded({ home: server.home }), failsWith('WAREHOUSE_START', /no_such_setting/));
});

test('a home that cannot be made is refused, one with a long path has no socket', async () => {
  await assert.rejects(startEmbedded({ home: '/dev/null/home' }), failsWith('HOME_UNUSABLE', /--home/));
  assert.equal(usableSocketDir(`/${'x'.repeat(120)}`), null);
  assert.equal(usableSocketDir('/short'), '/short');
});

test('a draft left by a killed initdb is removed', async () => {
  const home = temporaryHome();
  const draft = join(home, 'warehouse', 'data.new-abc');
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  await startEmbedded({ home, isDurable: false });
  assert.ok(!existsSync(draft));
});

test('a warehouse of one own is used by its URL and nothing is started', async () => {
  const home = temporaryHome();
  const target = await resolveWarehouse({ home, url: 'postgresql://app:app@localhost:5432/ecommerce' });
  assert.equal(target.embedded, false);
  assert.equal(target.url, 'postgresql://app:app@localhost:5432/ecommerce');
  assert.equal(new URL(target.readUrl).searchParams.get('options'), '-c default_transaction_read_only=on');
  assert.ok(!existsSync(join(home, 'warehouse')));
});

test('the reading URL of a warehouse of one own begins read-only', async () => {
  const server = await startCluster({ isDurable: false });
  const target = await resolveWarehouse({ home: '/nowhere', url: server.url() });
  await assert.rejects(ask(target.readUrl, 'CREATE TABLE t (n int)'), /read-only/);
  await ask(target.url, 'CREATE TABLE t (n int)');
});

test(
  'root has two ways to run the server, and a warehouse made one way opens the other way',
  { skip: process.getuid?.() !== 0 },
  async () => {
    const home = temporaryHome();
    const files = warehouseFiles(home);
    mkdirSync(files.sockets, { recursive: true, mode: 0o700 });
    const binaries = findBinaries();
    const ways = ROOT_WAYS.filter((way) => {
      try {
        return chooseRunAs(binaries.postgres, [way]) === way;
      } catch {
        return false;
      }
    });
    assert.notEqual(ways.length, 0);
    const [first] = ways;
    assert.ok(first !== undefined);
    await createCluster(files.data, binaries, first, 'not a real secret', false);
    for (const runAs of [...ways, first]) {
      const options = {
        data: files.data,
        log: files.log,
        binaries,
        runAs,
        port: undefined,
        socketDir: null,
        isDurable: false,
        timeoutMs: 30_000,
      };
      const server = await startPostmaster(options);
      assert.ok(server.isReady, runAs.way);
      assert.equal(await stopPostmaster(files.data, 30_000), true, runAs.way);
    }
  },
);

test('root without any way is told what to do', { skip: process.getuid?.() !== 0 }, () => {
  const none = ROOT_WAYS.map((way) => ({ ...way, wrap: (): [string, string[]] => ['/nonexistent/unshare', []] }));
  assert.throws(
    () => chooseRunAs('/nonexistent/postgres', none),
    failsWith('ROOT_REFUSED', /ordinary user.*--warehouse/),
  );
});

test('a platform without binaries is told to bring a PostgreSQL', () => {
  assert.throws(() => findBinaries('sunos', 'x64'), failsWith('BINARIES_MISSING', /sunos.*--warehouse/));
});
