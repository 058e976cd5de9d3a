// `esteira run` as a process of its own: how it ends when the machine or the file is not as it should be, and what it leaves behind.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { packagePath } from '../../src/lib/paths.ts';
import { FLAT_COLUMNS } from '../../src/model/contract.ts';
import { csvOf, documentOf, line } from '../support/load.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { waitFor } from '../support/wait-for.ts';

const MAIN = packagePath('src', 'cli', 'main.ts');

interface Bench {
  readonly database: TestDatabase;
  /** For the test's files. */
  readonly folder: string;
  /** The command's folder for temporary files. */
  readonly temporary: string;
  readonly start: (args: readonly string[], env?: NodeJS.ProcessEnv) => Run;
}

interface Run {
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

async function bench(t: TestContext): Promise<Bench> {
  const database = await createDatabase(t);
  const folder = await mkdtemp(join(tmpdir(), 'esteira-run-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  const start: Bench['start'] = (args, env = {}) => {
    const child = spawn(process.execPath, [MAIN, 'run', ...args, '--as-of', '2026-11-01T09:00:00Z'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: folder,
      env: { ...process.env, ESTEIRA_WAREHOUSE_URL: database.url, NO_COLOR: '1', TMPDIR: temporary, ...env },
    });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (bytes: Buffer) => (said[name] += bytes.toString()));
    return {
      kill: (signal) => child.kill(signal),
      ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, ...said }))),
    };
  };
  return { database, folder, temporary, start };
}

const countOrders = async (database: TestDatabase): Promise<number> =>
  Number((await database.query('SELECT count(*) AS n FROM pedidos'))[0]?.['n']);

test('a folder for temporary files that is not there is told, with what to do', async (t) => {
  const { folder, start, database } = await bench(t);
  await writeFile(join(folder, 'pedidos.csv'), csvOf([line({ id_pedido: '1' })]));
  const { code, stderr } = await start(['pedidos.csv'], { TMPDIR: join(folder, 'nowhere') }).ended;
  assert.equal(code, 2, stderr);
  assert.match(stderr, /^TEMP_UNUSABLE /);
  assert.match(stderr, /Fix: .*TMPDIR/);
  assert.equal(await countOrders(database), 0);
});

for (const [signal, expected] of [
  ['SIGTERM', 0],
  ['SIGINT', 130],
] as const) {
  test(`a pipe that nobody writes to is given up at the first ${signal}, and nothing is left behind`, async (t) => {
    const { folder, temporary, start } = await bench(t);
    execFileSync('mkfifo', [join(folder, 'cano')]);
    const run = start(['cano']);
    // The folder is made before the input is opened.
    await waitFor(async () => assert.equal((await readdir(temporary)).length, 1), 30_000);
    await waitFor(async () => {
      const inside = (await readdir(temporary, { recursive: true })).join(' ');
      assert.match(inside, /spool/);
    }, 30_000);
    run.kill(signal);
    const { code, stderr } = await run.ended;
    assert.equal(code, expected, stderr);
    assert.match(stderr, /^Stopped: run the same command again/);
    assert.deepEqual(await readdir(temporary), []);
  });
}

test('a pipe whose writer comes late is read to its end', async (t) => {
  const { folder, temporary, start, database } = await bench(t);
  execFileSync('mkfifo', [join(folder, 'cano')]);
  const run = start(['cano']);
  await waitFor(async () => assert.equal((await readdir(temporary)).length, 1), 30_000);
  await writeFile(join(folder, 'cano'), csvOf([line({ id_pedido: '1' }), line({ id_pedido: '2' })]));
  const { code, stderr } = await run.ended;
  assert.equal(code, 0, stderr);
  assert.equal(await countOrders(database), 2);
});

test('--max-rejected counts every record without an order number, also those that differ only in unknown fields', async (t) => {
  const { folder, start, database } = await bench(t);
  const { id_pedido: _, ...unnamed } = documentOf(line({}));
  const good = Array.from({ length: 150 }, (__, index) => documentOf(line({ id_pedido: String(index + 1) })));
  const bad = Array.from({ length: 30 }, (__, index) => ({ ...unnamed, numero: `N${index}` }));
  const text = [...good, ...bad].map((document) => `${JSON.stringify(document)}\n`).join('');
  await writeFile(join(folder, 'pedidos.jsonl'), text);
  const { code, stdout, stderr } = await start(['pedidos.jsonl', '--max-rejected', '5', '--json']).ended;
  assert.equal(code, 4, stderr);
  const { totals } = JSON.parse(stdout) as { totals: Record<string, unknown> };
  assert.deepEqual([totals['aceitos'], totals['rejeitados'], totals['duplicados']], [150, 30, 0]);
  assert.deepEqual(await database.query('SELECT count(DISTINCT original)::int AS n FROM pedidos_rejeitados'), [
    { n: 30 },
  ]);
});

test('the name of a file that was loaded reaches the terminal and the warehouse without control characters', async (t) => {
  const { folder, start, database } = await bench(t);
  const name = 'a\n\u001b[31mb.csv';
  await writeFile(join(folder, name), csvOf([line({ id_pedido: '1' })]));
  const { code, stdout, stderr } = await start([name]).ended;
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^a \uFFFD\[31mb\.csv: 1 lines?/);
  assert.deepEqual(await database.query('SELECT nome FROM esteira.fontes'), [{ nome: 'a \uFFFD[31mb.csv' }]);
});

test('the reasons after a load are those of this load: not of another file of the same name, nor of an earlier one', async (t) => {
  const { folder, start } = await bench(t);
  const lines = [line({ id_pedido: '1', status: 'Estranho' }), line({ id_pedido: '2' })];
  const columns = FLAT_COLUMNS.filter((name) => name !== 'loja');
  await writeFile(join(folder, 'pedidos.csv'), csvOf(lines, columns));
  const reasons = async (store: string): Promise<unknown> => {
    const { code, stdout, stderr } = await start(['pedidos.csv', '--store', store, '--json']).ended;
    assert.equal(code, 0, stderr);
    const { totals, rejections } = JSON.parse(stdout) as { totals: { rejeitados: number }; rejections: unknown };
    return [totals.rejeitados, rejections];
  };
  const own = [{ reason: 'STATUS_DESCONHECIDO', count: 1, amount: '110.00' }];
  assert.deepEqual(await reasons('norte'), [1, own]);
  assert.deepEqual(await reasons('sul'), [1, own]);
  assert.deepEqual(await reasons('sul'), [0, []]);
});

test('a misspelt column is told, and so is how far a load came that was stopped', async (t) => {
  const { folder, start, database } = await bench(t);
  const many = csvOf(Array.from({ length: 20_000 }, (_, index) => line({ id_pedido: String(index + 1) })));
  await writeFile(join(folder, 'pedidos.csv'), many.replace('frete', 'freteee'));
  const run = start(['pedidos.csv', '--batch-lines', '500']);
  await waitFor(async () => {
    const [lots] = await database.query(`SELECT count(*)::int AS n FROM esteira.lotes`).catch(() => []);
    assert.ok(Number(lots?.['n']) >= 2);
  }, 60_000);
  run.kill('SIGINT');
  const { code, stdout, stderr } = await run.ended;
  assert.equal(code, 130, stderr);
  assert.match(stderr, /this column is not used: freteee \(did you mean frete\?\)/);
  const [, loaded] = /in [\d.,]+ s, ([\d.,]+) of them loaded before it was stopped/.exec(stdout) ?? [];
  assert.equal(Number(loaded?.replaceAll(/[.,]/g, '')), await countOrders(database));
});
