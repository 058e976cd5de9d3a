// The other ways in: standard input, JSON lines and Parquet, each the whole way into the table.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { stageFile } from '../../src/sources/files/index.ts';
import { goodFile, line, refusal, stage } from './staged.ts';

test('standard input is spooled first, and its hash is that of its content', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-reading-'));
  const instance = await DuckDBInstance.create(':memory:');
  const conn = await instance.connect();
  try {
    const staged = await stageFile(
      conn,
      { path: '-', name: 'standard input' },
      { tempDir: folder, stdin: Readable.from([Buffer.from(goodFile(2)), Buffer.from(`${line(3)}\n`)]) },
    );
    assert.equal(staged.linesRead, 3);
    assert.equal(
      staged.contentSha256,
      createHash('sha256')
        .update(`${goodFile(2)}${line(3)}\n`)
        .digest('hex'),
    );
    assert.ok(Math.abs(Date.now() - staged.asOf.getTime()) < 60_000);
    await staged.close();
  } finally {
    conn.closeSync();
    instance.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
});

test('JSON lines are staged raw, with blank lines passed over and unreadable ones kept apart', async () => {
  const documents = ['{"id_pedido":"1","nota":"a,b\\"c"}', '{"id_pedido":9007199254740993}', '{"id_pedido":"3"'];
  const plain = await stage(`${documents.join('\n')}\n`, { name: 'pedidos.jsonl' });
  assert.deepEqual(
    plain.rows.map((row) => [row['linha'], row['texto'], row['problema']]),
    documents.map((text, index) => [String(index + 1), text, null]),
  );
  const bytes = Buffer.concat([
    Buffer.from(`\ufeff${documents[0]}\r\n\n`),
    Buffer.from([0x7b, 0xe7, 0x7d, 10]),
    Buffer.from(`${documents[1]}\n{"a":"\0"}\n${documents[2]}${'\n{}'.repeat(5)}`),
  ]);
  const mixed = await stage(bytes, { name: 'pedidos.csv' });
  assert.deepEqual(
    mixed.rows.map((row) => [row['linha'], row['texto'], row['problema']]),
    [
      ['1', documents[0], null],
      ['3', null, 'JSON_INVALIDO'],
      ['4', documents[1], null],
      ['5', null, 'JSON_INVALIDO'],
      ['6', documents[2], null],
      ...[7, 8, 9, 10, 11].map((at) => [String(at), '{}', null]),
    ],
  );
  assert.deepEqual(
    mixed.originals.slice(0, 5).map((original) => original.text),
    [documents[0], '{ç}', documents[1], '{"a":"\0"}', documents[2]],
  );
});

test('Parquet columns of any simple type become the text that the CSV would have', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-reading-'));
  const instance = await DuckDBInstance.create(':memory:');
  const conn = await instance.connect();
  try {
    await conn.run(`COPY (SELECT 9007199254740993 AS id_pedido, TIMESTAMP '2026-03-01 10:00:00' AS data_pedido, 'Site' AS canal, ' Pago ' AS status, 'Campinas' AS cidade, 'SP' AS uf,
      'A,"b"' AS sku, 2.0::DOUBLE AS quantidade, 29.90::DECIMAL(14,2) AS preco_unitario, '' AS nome, 1 AS extra) TO '${join(folder, 'p.parquet')}'`);
    const found = await stage(await readFile(join(folder, 'p.parquet')), { name: 'pedidos.csv' });
    const row = found.rows[0];
    assert.deepEqual(
      [
        row?.['linha'],
        row?.['id_pedido'],
        row?.['data_pedido'],
        row?.['status'],
        row?.['quantidade'],
        row?.['preco_unitario'],
        row?.['nome'],
      ],
      ['1', '9007199254740993', '2026-03-01 10:00:00', 'Pago', '2', '29.90', null],
    );
    assert.equal(
      found.originals[0]?.text,
      '9007199254740993,2026-03-01 10:00:00,Site,Pago,Campinas,SP,"A,""b""",2,29.90,,1',
    );
    assert.deepEqual(found.staged.extraColumns, ['extra']);
    assert.equal(found.staged.decimalFormat, '.');
  } finally {
    conn.closeSync();
    instance.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
});

test('JSON lines that are not UTF-8 are refused as a whole, and read when their encoding is named', async () => {
  const bytes = Buffer.from(
    '{"id_pedido":"1","cidade":"Maceió"}\n{"id_pedido":"2","cidade":"São Paulo"}\n\n',
    'latin1',
  );
  const error = await refusal(bytes, { name: 'pedidos.jsonl' });
  assert.deepEqual([error.code, error.exit], ['FILE_TOO_BROKEN', 4]);
  const found = await stage(bytes, { name: 'pedidos.jsonl', encoding: 'latin1' });
  assert.deepEqual(
    found.rows.map((row) => row['texto']),
    ['{"id_pedido":"1","cidade":"Maceió"}', '{"id_pedido":"2","cidade":"São Paulo"}'],
  );
});
