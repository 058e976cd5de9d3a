// The embedded warehouse as a server of the stack: one that hangs is found out, waited for, and killed only when it hangs for long.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import pg from 'pg';
import { findPostgres, startPostgres, stopPostgres } from '../../src/stack/postgres.ts';
import { whyNoAnswer } from '../../src/storage/answers.ts';
import { connectInfo, type EmbeddedServer, stopEmbedded } from '../../src/storage/embedded/server.ts';
import { isAlive } from '../../src/storage/embedded/process-table.ts';
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
  const again = startPostgres({ home, onStart: () => (saidToStart = true) });
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

test('a refusal is an answer; a closed port, silence and a server that is going down are none', async (t) => {
  const { server } = await started(t);
  assert.equal(await whyNoAnswer(server.url(), 5000), null);
  const wrong = new URL(server.url());
  wrong.password = 'outra';
  assert.equal(await whyNoAnswer(wrong.href, 5000), null);
  assert.equal(await whyNoAnswer(server.url('app', 'nao_existe'), 5000), null);
  const tls = new URL(server.url());
  tls.searchParams.set('sslmode', 'verify-full');
  assert.equal(await whyNoAnswer(tls.href, 5000), null);
  const way = await startTcpProxy(server.port);
  t.after(() => way.close());
  const through = new URL(server.url());
  through.port = String(way.port);
  way.fallSilent();
  assert.equal(await whyNoAnswer(through.href, 300), 'no answer within 0.3 s');
  const stop = new AbortController();
  const asked = performance.now();
  setTimeout(() => stop.abort(), 50);
  assert.notEqual(await whyNoAnswer(through.href, 60_000, stop.signal), null);
  assert.ok(performance.now() - asked < 30_000, 'the signal breaks it off');
  await way.goAway();
  assert.match((await whyNoAnswer(through.href, 5000)) ?? '', /ECONNREFUSED/);
  const busy = new pg.Client(server.url());
  busy.on('error', () => undefined);
  await busy.connect();
  // it lets sessions end first, and takes no new ones
  process.kill(server.pid, 'SIGTERM');
  await waitFor(async () => assert.match((await whyNoAnswer(server.url(), 5000)) ?? '', /shutting down/));
  await busy.end();
});
