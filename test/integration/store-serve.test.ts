// `esteira store serve` as a process of its own, read by processes that are killed for real (SIGKILL) while its orders change.
// Rows and cursor go to one file, replaced atomically, which stands for the warehouse's transaction.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

const CLI = `import { Command } from 'commander'; import { storeCommand } from ${JSON.stringify(new URL('../../src/cli/commands/store.ts', import.meta.url).href)};
const program = new Command('esteira'); storeCommand(program);
try { await program.parseAsync(); } catch (thrown) { process.stderr.write(thrown.code + '\\n'); process.exitCode = thrown.exit ?? 1; }`;

const READER = `import { readFileSync, renameSync, writeFileSync } from 'node:fs'; import { mockStore } from ${JSON.stringify(new URL('../../src/sources/mock/source.ts', import.meta.url).href)};
const [url, file] = process.argv.slice(-2);
let held; try { held = JSON.parse(readFileSync(file, 'utf8')); } catch { held = { orders: {}, cursor: null }; }
const reader = mockStore.open({ settings: { url, pageSize: '20', requestsPerSecond: '200', answerTimeoutMs: '2000' } });
for await (const page of reader.pages({ cursor: held.cursor })) {
  for (const text of page.documents) {
    const order = JSON.parse(text); const old = held.orders[order.id_pedido];
    if (old === undefined || old.atualizado_em <= order.atualizado_em) held.orders[order.id_pedido] = order;
  }
  held.cursor = page.cursor;
  writeFileSync(file + '.new', JSON.stringify(held)); renameSync(file + '.new', file);
}`;

const AUTHORIZATION = { authorization: 'Bearer loja-de-mentira' };

function run(script: string, args: readonly string[]): ChildProcess {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ESTEIRA_MOCK_')));
  return spawn(process.execPath, ['--input-type=module', '-e', script, '--', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
}

async function exitOf(child: ChildProcess): Promise<number | string | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? child.signalCode;
}

async function served(
  args: readonly string[],
  body: (url: string, port: number, child: ChildProcess) => Promise<void>,
): Promise<void> {
  const child = run(CLI, ['store', 'serve', '--json', ...args]);
  assert.ok(child.stdout !== null);
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const { url, port } = JSON.parse(line) as { url: string; port: number };
    await body(url, port, child);
  } finally {
    child.kill('SIGKILL');
    await exitOf(child);
  }
}

describe('esteira store serve', () => {
  test('readers killed at random moments end with exactly what the store has', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'esteira-store-'));
    const file = join(folder, 'held.json');
    const seed = Number(process.env['ESTEIRA_TEST_SEED'] ?? Date.now() % 100_000);
    t.diagnostic(`ESTEIRA_TEST_SEED=${seed}`);
    let state = seed;
    const random = (): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state / 4_294_967_296;
    };
    const options = [
      '--port',
      '0',
      '--orders',
      '600',
      '--seed',
      String(seed),
      '--errors',
      '0.02',
      '--rate',
      '200',
      '--churn',
      '40',
      '--index-lag',
      '1',
    ];
    await served(options, async (url) => {
      let kills = 0;
      for (let attempt = 0; attempt < 8 && kills < 4; attempt += 1) {
        const before = await textOf(file);
        const reader = run(READER, [url, file]);
        // Killed only after it has stored a page: in the middle of its work, at any moment of a page's life.
        for (
          let waited = 0;
          waited < 10_000 && reader.exitCode === null && (await textOf(file)) === before;
          waited += 5
        )
          await delay(5);
        await delay(random() * 60);
        reader.kill('SIGKILL');
        if ((await exitOf(reader)) === 'SIGKILL') kills += 1;
      }
      assert.ok(kills >= 3, `only ${kills} readers were killed while they read`);
      await (await fetch(`${url}/admin/freeze`, { method: 'POST', headers: AUTHORIZATION })).text();
      // Changes made just before the freeze reach the list within its lag.
      await delay(1500);
      const last = run(READER, [url, file]);
      last.stderr?.pipe(process.stderr);
      assert.equal(await exitOf(last), 0);

      const snapshot = (await (await fetch(`${url}/admin/snapshot?loja=mock`, { headers: AUTHORIZATION })).text())
        .trim()
        .split('\n');
      const held = JSON.parse(await readFile(file, 'utf8')) as { orders: Record<string, unknown> };
      const wrong = snapshot
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(
          (order) => JSON.stringify(sorted(held.orders[String(order['id_pedido'])])) !== JSON.stringify(sorted(order)),
        );
      assert.deepEqual(
        wrong.slice(0, 3).map((order) => order['id_pedido']),
        [],
      );
      assert.equal(Object.keys(held.orders).length, snapshot.length);
      assert.ok(snapshot.length > 600, 'no new orders appeared');
    });
    await rm(folder, { recursive: true });
  });

  test('it wants the token, stops on SIGTERM with 0, and says so when its port is taken', async () => {
    await served(['--port', '0', '--orders', '5'], async (url, port, child) => {
      assert.equal((await fetch(`${url}/v1/orders`)).status, 401);
      assert.equal((await fetch(`${url}/admin/snapshot`)).status, 401);
      const second = run(CLI, ['store', 'serve', '--port', String(port)]);
      let errors = '';
      second.stderr?.on('data', (chunk: Buffer) => {
        errors += chunk.toString();
      });
      assert.equal(await exitOf(second), 2);
      assert.match(errors, /STORE_PORT_TAKEN/);
      child.kill('SIGTERM');
      assert.equal(await exitOf(child), 0);
    });
  });
});

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
