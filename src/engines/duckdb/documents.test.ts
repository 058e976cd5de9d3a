// Grouping of flat lines into orders: the same documents must come out wherever the lines stand and however the file is cut.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { csvOf, documentOf, line, type Cells } from '../../../test/support/load.ts';
import { stageFile } from '../../sources/files/index.ts';
import { groupSlice, planSlices, type FileFacts } from './documents.ts';
import { documentsOfJson, planJsonSlices } from './json-documents.ts';

interface Document {
  readonly id_pedido: string | null;
  readonly atualizado_em: string | null;
  readonly problemas: string | null;
  readonly copias: number;
  readonly linhas: number;
  /** SKU and quantity of each item, and value of each payment, in order. */
  readonly itens: string;
  readonly pagamentos: string;
}

const FACTS: FileFacts = { decimalFormat: '.', dateFormat: null, hasAddress: true, receivedAt: '2026-11-01 09:00:00' };

/** The documents of a file cut into slices of about so many lines, sorted; fails when a line is lost or comes twice. */
async function documentsOf(content: string, sliceLines: number, name = 'pedidos.csv'): Promise<Document[]> {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-documents-'));
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    await writeFile(join(folder, name), content);
    const staged = await stageFile(connection, { path: join(folder, name), name }, { tempDir: folder });
    const isJson = staged.format === 'jsonl';
    const slices = await (isJson ? planJsonSlices : planSlices)(connection, sliceLines);
    const found: Document[] = [];
    const seen: string[] = [];
    for (const [index, slice] of slices.entries()) {
      await (isJson ? documentsOfJson : groupSlice)(connection, slice, FACTS, `parte_${index}`);
      const reader = await connection.runAndReadAll(`
        SELECT id_pedido, atualizado_em, problemas, CAST(copias AS INTEGER) AS copias, n_linhas AS linhas,
          array_to_string(list_transform(itens, lambda i: concat(i.sku, ':', i.quantidade)), ' ') AS itens,
          array_to_string(list_transform(pagamentos, lambda p: p.valor), ' ') AS pagamentos, array_to_string(rids, ' ') AS rids FROM parte_${index}`);
      for (const row of reader.getRowObjectsJson()) {
        const { rids, ...document } = row as unknown as Document & { rids: string };
        seen.push(...rids.split(' '));
        found.push(document);
      }
    }
    assert.equal(new Set(seen).size, seen.length, 'a line is in one document only');
    assert.equal(seen.length, staged.linesRead - staged.linesIgnored, 'no line is lost');
    await staged.close();
    return found.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
}

const only = async (lines: Cells[]): Promise<Document[]> => documentsOf(csvOf(lines), 1000);
const version = (id: string, day: number, items: number): Cells[] =>
  Array.from({ length: items }, (_, index) =>
    line({
      id_pedido: id,
      atualizado_em: `2026-03-0${day} 10:00:00`,
      n_item: String(index + 1),
      sku: `S${index + 1}`,
      valor_total: String(items * 100 + 10),
      valor_pagamento: index === 0 ? String(items * 100 + 10) : '',
      forma_pagamento: index === 0 ? 'Pix' : '',
      parcelas: '',
    }),
  );

test('lines of an order may stand anywhere in the file, in any slices: the documents are the same', async () => {
  const orders = fc.array(
    fc.record({
      day: fc.integer({ min: 1, max: 3 }),
      items: fc.integer({ min: 1, max: 4 }),
      id: fc.integer({ min: 1, max: 8 }),
    }),
    { minLength: 1, maxLength: 14 },
  );
  await fc.assert(
    fc.asyncProperty(
      orders,
      fc.integer({ min: 1, max: 12 }),
      fc.infiniteStream(fc.nat()),
      async (drawn, sliceLines, randoms) => {
        const versions = new Map(drawn.map((it) => [`${it.id} ${it.day}`, it]));
        const lines = [...versions.values()].flatMap((it) => version(`P${it.id}`, it.day, it.items));
        const shuffled = lines
          .map((cells) => ({ cells, place: randoms.next().value ?? 0 }))
          .sort((a, b) => a.place - b.place)
          .map(({ cells }) => cells);
        const expected = [...versions.values()]
          .map((it): Document => ({
            id_pedido: `P${it.id}`,
            atualizado_em: `2026-03-0${it.day} 10:00:00`,
            problemas: null,
            copias: 1,
            linhas: it.items,
            itens: Array.from({ length: it.items }, (_, index) => `S${index + 1}:2`).join(' '),
            pagamentos: String(it.items * 100 + 10),
          }))
          .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
        assert.deepEqual(await documentsOf(csvOf(lines), sliceLines), expected);
        assert.deepEqual(await documentsOf(csvOf(shuffled), sliceLines), expected);
      },
    ),
    { numRuns: 12, seed: 5 },
  );
});

test('a version that stands in the file twice is one document with two copies, also when its lines are mixed', async () => {
  const once = version('P1', 1, 3);
  const [a, b, c] = once as [Cells, Cells, Cells];
  for (const lines of [
    [...once, ...once],
    [a, a, b, b, c, c],
    [c, b, a, a, c, b],
  ]) {
    assert.deepEqual(
      (await only(lines)).map(({ copias, linhas, itens, pagamentos }) => [copias, linhas, itens, pagamentos]),
      [[2, 6, 'S1:2 S2:2 S3:2', '310']],
    );
  }
});

test('two identical items without numbers are two items, not a repeat', async () => {
  const lines = [
    line({ n_item: '', valor_total: '210.00', valor_pagamento: '210.00' }),
    line({ n_item: '', valor_total: '210.00', valor_pagamento: '', forma_pagamento: '', parcelas: '' }),
  ];
  assert.deepEqual(
    (await only(lines)).map(({ copias, itens }) => [copias, itens]),
    [[1, 'SKU-1:2 SKU-1:2']],
  );
});

test('lines of one version that disagree are reported, unless their item numbers show two whole versions', async () => {
  const [a, b] = version('P1', 1, 2) as [Cells, Cells];
  assert.deepEqual(
    (await only([a, { ...b, uf: 'RJ' }])).map(({ problemas }) => problemas),
    ['CABECALHO_DIVERGENTE'],
  );
  const two = await only([a, b, { ...a, status: 'Cancelado' }, { ...b, status: 'Cancelado' }]);
  assert.deepEqual(
    two.map(({ problemas, copias, itens }) => [problemas, copias, itens]),
    [
      [null, 1, 'S1:2 S2:2'],
      [null, 1, 'S1:2 S2:2'],
    ],
  );
});

test('a field that some lines of an order leave blank is taken from the others', async () => {
  const [a, b] = version('P1', 1, 2) as [Cells, Cells];
  assert.deepEqual(
    (await only([a, { ...b, nome: '', email: '' }])).map(({ problemas, itens }) => [problemas, itens]),
    [[null, 'S1:2 S2:2']],
  );
});

test('stores with equal order numbers, in upper and lower case, are told apart and brought together', async () => {
  const documents = await only([
    line({ loja: 'Sul' }),
    line({ loja: 'sul', n_item: '2', sku: 'S2' }),
    line({ loja: 'norte' }),
  ]);
  assert.deepEqual(documents.map(({ itens }) => itens).sort(), ['SKU-1:2', 'SKU-1:2 S2:2']);
});

test('orders without a number are kept apart, each with its own lines', async () => {
  const documents = await only([
    line({ id_pedido: '', nome: 'Ana' }),
    line({ id_pedido: '', nome: 'Bia' }),
    line({ id_pedido: '', nome: 'Bia', n_item: '2', sku: 'S2' }),
  ]);
  assert.deepEqual(
    documents.map(({ linhas }) => linhas).sort((a, b) => a - b),
    [1, 2],
  );
});

test('an item number that comes again among lines without an order number begins another order, never a copy', async () => {
  const item = (n: string, sku: string): Cells => line({ id_pedido: '', n_item: n, sku });
  const documents = await only([item('1', 'A'), item('2', 'B'), item('1', 'A'), item('1', 'A'), item('2', 'C')]);
  assert.deepEqual(documents.map(({ itens, copias }) => `${itens} x${copias}`).sort(), [
    'A:2 B:2 x1',
    'A:2 C:2 x1',
    'A:2 x1',
  ]);
});

test('lines without an order number give the same documents however the file is cut', async () => {
  const lines = Array.from({ length: 40 }, (_, index) => [
    line({ id_pedido: '', n_item: String(1 + (index % 20)), sku: `S${index}` }),
    line({ id_pedido: String(index + 1) }),
  ]).flat();
  const whole = await documentsOf(csvOf(lines), 1000);
  assert.equal(whole.length, 42);
  for (const sliceLines of [5, 10, 33]) assert.deepEqual(await documentsOf(csvOf(lines), sliceLines), whole);
});

test('a JSON document has the items and payments that its flat lines have', async () => {
  const flat = await only([line({})]);
  const nested = await documentsOf(`${JSON.stringify(documentOf(line({})))}\n`, 1000, 'pedidos.jsonl');
  assert.deepEqual(nested, flat);
});
