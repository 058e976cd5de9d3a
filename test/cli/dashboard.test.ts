// `esteira dashboard` as a process: what it prints, where it refuses to listen, how it ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { test } from 'node:test';
import { emptyWarehouse } from '../support/load.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

const root = join(import.meta.dirname, '../..');

function start(args: string[], env: NodeJS.ProcessEnv) {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ESTEIRA_')));
  return spawn(process.execPath, ['src/cli/main.ts', 'dashboard', ...args], {
    cwd: root,
    env: { ...clean, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

test('it prints its address, serves pages and assets there, and SIGTERM ends it with 0', async (t) => {
  const { database } = await emptyWarehouse(t);
  const child = start(['--port', '0', '--json', '--no-open'], { ESTEIRA_WAREHOUSE_URL: database.url });
  t.after(() => child.kill('SIGKILL'));
  const [text] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { url } = JSON.parse(text) as { url: string };
  assert.match(await (await fetch(url)).text(), /Visão geral/, database.hint);
  for (const name of ['dashboard.css', 'dashboard.js', 'icon.svg'])
    assert.equal((await fetch(`${url}assets/${name}`)).status, 200, name);
  for (const path of ['assets/../server.ts', 'assets/%2e%2e/server.ts', 'assets/constructor', 'nothing'])
    assert.equal((await fetch(url + path)).status, 404, path);
  assert.equal((await fetch(url, { method: 'DELETE' })).status, 405);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

test('beyond this machine it is not served without a token, nor with one that can be guessed', async (t) => {
  const { database } = await emptyWarehouse(t);
  for (const [token, why] of [
    ['', /USAGE[\s\S]*without a token/],
    ['123456', /CONFIG_INVALID[\s\S]*16 characters/],
  ] as const) {
    const child = start(['--host', '0.0.0.0', '--port', '0'], {
      ESTEIRA_WAREHOUSE_URL: database.url,
      ...(token === '' ? {} : { ESTEIRA_DASHBOARD_TOKEN: token }),
    });
    t.after(() => child.kill('SIGKILL'));
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    assert.deepEqual(await once(child, 'close'), [2, null]);
    assert.match(said, why);
    assert.ok(token === '' || !said.includes(token), 'a secret is never printed');
  }
});

test('where its port is taken it says so and ends', async (t) => {
  const { database } = await emptyWarehouse(t);
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  t.after(() => holder.close());
  const { port } = holder.address() as AddressInfo;
  const child = start(['--port', String(port), '--no-open'], { ESTEIRA_WAREHOUSE_URL: database.url });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  const signal = AbortSignal.timeout(30_000);
  assert.deepEqual(await once(child, 'close', { signal }), [2, null]);
  assert.match(said, /^PORT_TAKEN/);
});

test('told to stop while a page waits for locked tables, it ends in time', async (t) => {
  const warehouse = await emptyWarehouse(t);
  const lock = await warehouse.connect();
  const child = start(['--port', '0', '--json', '--no-open'], { ESTEIRA_WAREHOUSE_URL: warehouse.database.url });
  t.after(() => child.kill('SIGKILL'));
  const [text] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { url } = JSON.parse(text) as { url: string };
  const { rows: tables } = await lock.query<{ names: string }>(
    `SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') AS names FROM pg_tables WHERE schemaname IN ('public', 'esteira')`,
  );
  await lock.query(`BEGIN; LOCK TABLE ${tables[0]?.names}`);
  const page = fetch(url).catch(() => undefined);
  await waitFor(async () => {
    const waiting = await warehouse.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'esteira reader' AND wait_event_type = 'Lock'`,
    );
    assert.ok(waiting.length > 0, 'no question waits');
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const asked = performance.now();
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  assert.ok(performance.now() - asked < 10_000, `${performance.now() - asked} ms`);
  assert.equal(said, '', 'what is broken off is no failure');
  await page;
});

test('asked for metrics, it serves them on another port: ready while the warehouse is heard, answers counted', async (t) => {
  const { database } = await emptyWarehouse(t);
  const warehouse = new URL(database.url);
  const way = await startTcpProxy(Number(warehouse.port));
  t.after(() => way.close());
  warehouse.hostname = '127.0.0.1';
  warehouse.port = String(way.port);
  const child = start(['--port', '0', '--json', '--no-open', '--metrics-port', '0'], {
    ESTEIRA_WAREHOUSE_URL: warehouse.href,
  });
  t.after(() => child.kill('SIGKILL'));
  const told = once(createInterface({ input: child.stderr }), 'line') as Promise<[string]>;
  const [text] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { url } = JSON.parse(text) as { url: string };
  const metrics = /^metrics at (http:\/\/127\.0\.0\.1:\d+\/metrics)$/.exec((await told)[0])?.[1] ?? '';
  await waitFor(async () => assert.equal((await fetch(new URL('/readyz', metrics))).status, 200, database.hint));
  await (await fetch(url)).text();
  await (await fetch(`${url}nothing`)).text();
  await waitFor(async () => {
    const lines = (await (await fetch(metrics)).text()).split('\n');
    for (const sample of [
      'esteira_dashboard_ready 1',
      'esteira_dashboard_answers_total{classe="2xx"} 1',
      'esteira_dashboard_answers_total{classe="4xx"} 1',
      'esteira_dashboard_failed_cards_total 0',
      'esteira_dashboard_open_pages 0',
    ])
      assert.ok(lines.includes(sample), `${sample} in\n${lines.join('\n')}`);
  });
  const tells = (state: string): Promise<void> =>
    waitFor(async () => assert.equal(await (await fetch(new URL('/readyz', metrics))).text(), state), 60_000);
  // no connection breaks, and nobody asks for a page
  way.fallSilent();
  await tells('waiting for PostgreSQL\n');
  await way.goAway();
  await way.comeBack();
  await tells('ok\n');
  // and it ends in time where nobody says goodbye
  way.fallSilent();
  const asked = performance.now();
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  assert.ok(performance.now() - asked < 10_000, `${performance.now() - asked} ms`);
});
