// The embedded warehouse as a server of the stack: one that hangs is found out, waited for, and killed only when it hangs for long.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { findPostgres, startPostgres, stopPostgres } from '../../src/stack/postgres.ts';
import { askPostgres, sessionOf, type SessionMark } from '../../src/storage/answers.ts';
import { connectInfo, type EmbeddedServer, stopEmbedded } from '../../src/storage/embedded/server.ts';
import { isAlive, processesIn } from '../../src/storage/embedded/process-table.ts';
import { temporaryHome } from '../support/postgres.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

async function started(
  t: TestContext,
): Promise<{ home: string; server: EmbeddedServer; hang: () => void; wake: () => void }> {
  const home = temporaryHome();
  const server = await startPostgres({ home });
  const wake = (): void => {
    if (isAlive(server.pid)) process.kill(server.pid, 'SIGCONT');
  };
  t.after(async () => {
    wake();
    await stopEmbedded(home);
  });
  return { home, server, hang: () => void process.kill(server.pid, 'SIGSTOP'), wake };
}

async function query(server: EmbeddedServer, sql: string): Promise<unknown[]> {
  const client = new pg.Client(server.url());
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test('a server that is only slow to answer is waited for, not killed', async (t) => {
  const { home, server, hang, wake } = await started(t);
  assert.deepEqual([server.startedNow, (await findPostgres(home))?.pid], [true, server.pid]);
  hang();
  await waitFor(async () => assert.equal(await findPostgres(home), undefined));
  let saidToStart = false;
  const again = startPostgres({ home, patienceMs: 20_000, onStart: () => (saidToStart = true) });
  // the first question of 15 s is not answered
  await sleep(16_000);
  wake();
  assert.deepEqual([(await again).pid, (await again).startedNow, saidToStart], [server.pid, false, false]);
});

test('a server that hangs for long is killed and started again, and what was committed is there', async (t) => {
  const { home, server, hang } = await started(t);
  await query(server, 'CREATE TABLE t AS SELECT generate_series(1, 1000) AS n');
  const busy = new pg.Client(server.url());
  busy.on('error', () => undefined);
  await busy.connect();
  await busy.query('BEGIN');
  await busy.query('DELETE FROM t');
  hang();
  const again = await startPostgres({ home, patienceMs: 500 });
  assert.deepEqual([again.startedNow, again.port, isAlive(server.pid)], [true, server.port, false]);
  assert.notEqual(again.pid, server.pid);
  assert.deepEqual(await query(again, 'SELECT count(*)::int AS n FROM t'), [{ n: 1000 }]);
});

test('a server that hangs is stopped all the same', async (t) => {
  const { home, server, hang } = await started(t);
  hang();
  assert.equal(await stopPostgres({ home, patienceMs: 500 }), true);
  assert.deepEqual([isAlive(server.pid), connectInfo(home)], [false, undefined]);
  assert.equal(await stopPostgres({ home }), false);
});

test(
  'a server that recovers is waited for, however long it takes and however ready its file calls it',
  { skip: process.platform === 'linux' ? false : 'needs /proc' },
  async (t) => {
    const { home, server } = await started(t);
    const client = new pg.Client(server.url());
    client.on('error', () => undefined);
    await client.connect();
    // so that there is something to recover
    await client.query('CREATE TABLE t AS SELECT n FROM generate_series(1, 500000) n');
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    // all sessions end, the server stays
    process.kill(rows[0]?.pid ?? 0, 'SIGKILL');
    const recovering = await caught(server);
    t.after(() => {
      if (isAlive(recovering)) process.kill(recovering, 'SIGCONT');
    });
    assert.equal((await askPostgres(server.url(), { patienceMs: 15_000 })).kind, 'not-serving');
    assert.equal(connectInfo(home)?.pid, server.pid, 'its file says that it is ready');
    let isOver = false;
    const again = startPostgres({ home, patienceMs: 500 }).finally(() => (isOver = true));
    await sleep(3000);
    assert.deepEqual([isOver, isAlive(server.pid)], [false, true]);
    process.kill(recovering, 'SIGCONT');
    assert.equal((await again).pid, server.pid);
    assert.deepEqual(await query(await again, 'SELECT count(*)::int AS n FROM t'), [{ n: 500_000 }]);
  },
);

/** Stops the process that recovers the data of a server, in the middle of its work. */
async function caught(server: EmbeddedServer): Promise<number> {
  const end = performance.now() + 20_000;
  for (;;) {
    for (const pid of processesIn(join(server.home, 'warehouse', 'data'))) {
      try {
        if (!/startup/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))) continue;
        process.kill(pid, 'SIGSTOP');
        return pid;
      } catch {
        // one of those that are just ending
      }
    }
    assert.ok(performance.now() < end, 'no recovery was seen');
    await sleep(1);
  }
}

test('a refusal is an answer; a closed port, silence, a server that is going down and another session are none', async (t) => {
  const { server } = await started(t);
  const ask = async (url: string, patienceMs = 5000, signal?: AbortSignal): Promise<string> => {
    const answer = await askPostgres(url, { patienceMs, ...(signal === undefined ? {} : { signal }) });
    return answer.kind === 'serving' ? answer.kind : `${answer.kind}: ${answer.reason}`;
  };
  assert.equal(await ask(server.url()), 'serving');
  const wrong = new URL(server.url());
  wrong.password = 'outra';
  assert.equal(await ask(wrong.href), 'serving');
  assert.equal(await ask(server.url('app', 'nao_existe')), 'serving');
  const tls = new URL(server.url());
  tls.searchParams.set('sslmode', 'verify-full');
  assert.equal(await ask(tls.href), 'serving');
  const way = await startTcpProxy(server.port);
  t.after(() => way.close());
  const through = new URL(server.url());
  through.port = String(way.port);
  way.fallSilent();
  assert.equal(await ask(through.href, 300), 'silent: no answer within 0.3 s');
  const stop = new AbortController();
  const asked = performance.now();
  setTimeout(() => stop.abort(), 50);
  assert.match(await ask(through.href, 60_000, stop.signal), /^silent/);
  assert.ok(performance.now() - asked < 30_000, 'the signal breaks it off');
  await way.goAway();
  assert.match(await ask(through.href), /^silent: .*ECONNREFUSED/);

  const busy = new pg.Client(server.url());
  busy.on('error', () => undefined);
  await busy.connect();
  const mark = (await sessionOf(busy)) ?? assert.fail('no session');
  const about = async (sessions: readonly SessionMark[]): Promise<string> =>
    (await askPostgres(server.url(), { patienceMs: 5000, sessions })).kind;
  assert.equal(await about([mark]), 'serving');
  assert.equal(await about([mark, { ...mark, since: '1767225600.000000' }]), 'not-serving');
  // however the one that asks writes its times
  await busy.query("ALTER DATABASE ecommerce SET timezone = 'America/Sao_Paulo'");
  await busy.query("ALTER DATABASE ecommerce SET datestyle = 'German'");
  assert.equal(await about([mark]), 'serving');
  // it lets sessions end first, and takes no new ones
  process.kill(server.pid, 'SIGTERM');
  await waitFor(async () => assert.match(await ask(server.url()), /^not-serving: .*shutting down/));
  await busy.end();
});
