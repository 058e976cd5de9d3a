import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { FLAT_COLUMNS } from '../../src/model/contract.ts';
import { generate } from '../../src/pipeline/generate.ts';

const committed = fileURLToPath(new URL('../../data/', import.meta.url));
let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'esteira generate '));
});
after(() => rm(folder, { recursive: true, force: true }));

async function digest(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

test('data/pedidos.csv and its truth are what the generator writes for 50,000 lines and seed 42', async () => {
  const out = join(folder, 'pedidos.csv');
  const truth = join(folder, 'pedidos.truth.jsonl');
  const summary = await generate({ rows: 50_000, seed: 42, out, truth });
  assert.equal(summary.lineCount, 50_000);
  assert.equal(await digest(out), await digest(join(committed, 'pedidos.csv')));
  assert.equal(await digest(truth), await digest(join(committed, 'pedidos.truth.jsonl')));
});

test('Parquet holds the CSV columns as text, one row a line', async () => {
  const out = join(folder, "o'rders.parquet");
  await generate({ rows: 3000, seed: 1, badShare: 0.5, out });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const rows = await connection.runAndReadAll(
    `SELECT count(*)::INTEGER FROM read_parquet('${out.replaceAll("'", "''")}')`,
  );
  assert.deepEqual(rows.getRowsJS(), [[3000]]);
  const columns = await connection.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet('${out.replaceAll("'", "''")}')`);
  assert.deepEqual(
    columns.getRowsJS().map((row) => [row[0], row[1]]),
    FLAT_COLUMNS.map((name) => [name, 'VARCHAR']),
  );
  connection.closeSync();
  instance.closeSync();
});

test('the good lines of a CSV reconcile when DuckDB adds them up', async () => {
  const out = join(folder, 'good.csv');
  await generate({ rows: 20_000, seed: 77, badShare: 0, out });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const result = await connection.runAndReadAll(`
    WITH pedido AS (
      SELECT id_pedido, atualizado_em, any_value(valor_total) AS total, any_value(frete) - any_value(desconto) AS extra,
        sum(quantidade * preco_unitario - desconto_item) AS itens, sum(valor_pagamento) AS pago
      FROM read_csv('${out}', types = {'quantidade': 'INTEGER', 'preco_unitario': 'DECIMAL(14,2)', 'desconto_item': 'DECIMAL(14,2)', 'frete': 'DECIMAL(14,2)',
        'desconto': 'DECIMAL(14,2)', 'valor_total': 'DECIMAL(14,2)', 'valor_pagamento': 'DECIMAL(14,2)', 'id_pedido': 'VARCHAR', 'atualizado_em': 'VARCHAR'})
      GROUP BY ALL)
    SELECT count(*) > 9000, count(*) FILTER (itens + extra <> total OR pago <> total)::INTEGER FROM pedido`);
  assert.deepEqual(result.getRowsJS(), [[true, 0]]);
  connection.closeSync();
  instance.closeSync();
});

test('an interrupted run keeps the file that was there and leaves nothing else', async () => {
  const inside = await mkdtemp(join(folder, 'stop-'));
  const out = join(inside, 'orders.csv');
  await writeFile(out, 'before');
  const controller = new AbortController();
  await assert.rejects(
    generate({
      rows: 200_000,
      seed: 1,
      out,
      truth: join(inside, 'truth.jsonl'),
      signal: controller.signal,
      onProgress: () => controller.abort(),
    }),
    { name: 'AbortError' },
  );
  assert.equal(await readFile(out, 'utf8'), 'before');
  assert.deepEqual(await readdir(inside), ['orders.csv']);
});

test('options that cannot be used are refused before anything is written', async () => {
  const out = join(folder, 'never.csv');
  const bad = [
    { rows: 0 },
    { rows: 1.5 },
    { seed: -1 },
    { badShare: 1.1 },
    { loja: 'Loja Sul' },
    { from: '2025-02-30' },
    { from: '2026-02-02', to: '2026-02-01' },
    { out: 'orders.xls' },
    { truth: out },
  ];
  for (const options of bad)
    await assert.rejects(generate({ rows: 10, seed: 1, out, ...options }), { code: 'USAGE' }, JSON.stringify(options));
  await assert.rejects(stat(out), { code: 'ENOENT' });
});

test('a place that cannot be written to is an error with a remedy', async () => {
  await assert.rejects(generate({ rows: 10, seed: 1, out: join(folder, 'no', 'such', 'folder.csv') }), {
    code: 'OUTPUT_UNWRITABLE',
    exit: 2,
  });
});
