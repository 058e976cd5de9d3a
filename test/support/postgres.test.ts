import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createDatabase } from './postgres.ts';

test('a database is cloned from a template that is migrated once', async (t) => {
  let migrations = 0;
  const template = {
    key: 'support_test',
    migrate: async (url: string) => {
      migrations++;
      const { default: pg } = await import('pg');
      const client = new pg.Client(url);
      await client.connect();
      await client.query('CREATE SCHEMA x; CREATE TABLE x.t (n int); INSERT INTO x.t VALUES (42)');
      await client.end();
    },
  };
  const [a, b] = await Promise.all([createDatabase(t, template), createDatabase(t, template)]);
  assert.equal(migrations, 1);
  await a.query('INSERT INTO x.t VALUES (43)');
  assert.deepEqual(await b.query('SELECT n FROM x.t'), [{ n: 42 }]);
});

test('the reading role may read what the owner makes and may write nothing', async (t) => {
  const database = await createDatabase(t);
  await database.query('CREATE SCHEMA y; CREATE TABLE y.t (n int)');
  const { default: pg } = await import('pg');
  const reader = new pg.Client(database.readUrl);
  await reader.connect();
  try {
    assert.equal((await reader.query('SELECT * FROM y.t')).rowCount, 0);
    await assert.rejects(reader.query('INSERT INTO y.t VALUES (1)'), /read-only/);
    await reader.query('SET default_transaction_read_only = off');
    await assert.rejects(reader.query('INSERT INTO y.t VALUES (1)'), /permission denied/);
    await assert.rejects(reader.query('CREATE TABLE public.z (n int)'), /permission denied/);
    await assert.rejects(reader.query('CREATE TEMP TABLE z (n int)'), /permission denied/);
  } finally {
    await reader.end();
  }
});

test('a cluster disappears with its test process, even after kill -9', { timeout: 60_000 }, async () => {
  const program = `
    const { startCluster } = await import(${JSON.stringify(join(import.meta.dirname, 'postgres.ts'))});
    const server = await startCluster({ isDurable: false });
    process.stdout.write(JSON.stringify({ home: server.home, pid: server.pid }));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunk = await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve));
  const { home, pid } = JSON.parse(chunk.toString()) as { home: string; pid: number };
  assert.ok(existsSync(join(home, 'warehouse', 'data')));
  child.kill('SIGKILL');
  const deadline = Date.now() + 30_000;
  while (existsSync(home) || isRunning(pid)) {
    assert.ok(Date.now() < deadline, `${home} or process ${pid} is still there`);
    await delay(100);
  }
});

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
