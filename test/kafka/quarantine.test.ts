// Messages in the quarantine, from the topic to the way out, through the command line: place, key and bytes are kept; export and fix correct them;
// replay and --reprocess bring in what a mended transform makes of them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import pg from 'pg';
import type { BrokerSettings } from '../../src/broker/connection.ts';
import { TRANSFORM_VERSION } from '../../src/engines/transform/transform.ts';
import { packagePath } from '../../src/lib/paths.ts';
import { produceDirect } from '../../src/pipeline/produce.ts';
import { AS_OF, csvOf, documentOf, emptyWarehouse, line, type Warehouse } from '../support/load.ts';
import { sharedKafka, stackMissing, testPrefix } from '../support/stack.ts';
import { readTopic } from '../support/topic.ts';
import { consumeToEnd, createTopic, orderRecord, sendRecords } from '../support/topics.ts';
import { assertSound, warehouseState } from '../../src/proof/warehouse-state.ts';

const MAIN = packagePath('src', 'cli', 'main.ts');
const options = { skip: stackMissing };
let broker: BrokerSettings;

before(async () => {
  if (stackMissing === false) broker = { bootstrap: [(await sharedKafka()).bootstrap] };
});

interface Bench {
  readonly warehouse: Warehouse;
  readonly client: pg.Client;
  readonly folder: string;
  /** Runs the command line; returns its standard output. */
  readonly esteira: (...args: string[]) => Promise<string>;
}

async function bench(t: TestContext): Promise<Bench> {
  const warehouse = await emptyWarehouse(t);
  const client = await warehouse.connect();
  const folder = await mkdtemp(join(tmpdir(), 'esteira-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const env = {
    ...process.env,
    ESTEIRA_WAREHOUSE_URL: warehouse.database.url,
    ESTEIRA_WAREHOUSE_READ_URL: warehouse.database.readUrl,
    ESTEIRA_HOME: join(folder, 'home'),
    NO_COLOR: '1',
  };
  const esteira: Bench['esteira'] = async (...args) =>
    (await promisify(execFile)(process.execPath, [MAIN, ...args], { env, cwd: folder })).stdout;
  return { warehouse, client, folder, esteira };
}

async function idOf(warehouse: Warehouse, offset: number): Promise<string> {
  const [row] = await warehouse.query(
    `SELECT encode(hash_original, 'hex') AS id FROM pedidos_rejeitados WHERE deslocamento = $1`,
    [offset],
  );
  return row?.['id'] ?? assert.fail(`nothing of offset ${offset} is in the quarantine`);
}

interface Shown {
  readonly message: Record<string, unknown> | null;
  readonly original?: string;
}

test(
  'a message is shown with its place, exported, corrected and loaded; bytes that are no text are kept',
  options,
  async (t) => {
    const { warehouse, client, folder, esteira } = await bench(t);
    const topic = `${testPrefix()}pedidos_ecommerce`;
    await createTopic(broker, topic, 1);
    const bytes = Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]);
    await sendRecords(broker, topic, [
      orderRecord({ id_pedido: '1' }),
      orderRecord({ id_pedido: '2', status: 'Talvez' }),
      { key: 'loja:529.982.247-25', value: bytes },
      { key: 'loja:4', value: null },
      { key: null, value: '{"loja":"loja"' },
    ]);
    await consumeToEnd(broker, warehouse.database.url, topic);

    const show = async (offset: number, ...flags: string[]): Promise<Shown> =>
      JSON.parse(await esteira('quarantine', 'show', await idOf(warehouse, offset), '--json', ...flags)) as Shown;
    assert.deepEqual((await show(1)).message, { partition: 0, offset: '1', encoding: 'texto' });
    const odd = await show(2, '--original');
    assert.deepEqual(odd.message, { partition: 0, offset: '2', key: 'loja:529.982.247-25', encoding: 'base64' });
    assert.deepEqual(Buffer.from(odd.original ?? '', 'base64'), bytes);
    assert.deepEqual((await show(3, '--original')).message, {
      partition: 0,
      offset: '3',
      key: 'loja:4',
      encoding: 'vazia',
    });
    const text = await esteira('quarantine', 'show', await idOf(warehouse, 2));
    assert.match(text, new RegExp(`${topic}, partição 0, posição 2`));
    assert.doesNotMatch(text, /529\.982/, 'a key may name a person');

    const path = join(folder, 'corrigir.csv');
    await esteira('quarantine', 'export', '--out', path);
    const lines = (await readFile(path, 'utf8')).replace('\ufeff', '').trimEnd().split('\n');
    assert.equal(lines.length, 5, 'a header and a line for each of four records');
    // One order is corrected, and the bytes that are no text are written anew by hand, in the columns of the file.
    const header = (lines[0] ?? '').split(',');
    const anew = line({ id_pedido: '3', sku: 'SKU-3' });
    const unreadable = await idOf(warehouse, 2);
    const written = header.map((name) => (name === 'id_quarentena' ? unreadable : (anew[name as 'sku'] ?? '')));
    const wrong = lines.find((exported) => exported.includes('Talvez')) ?? '';
    await writeFile(path, `${[lines[0], wrong.replaceAll('Talvez', 'Pago'), written.join(',')].join('\n')}\n`);
    const fixed = JSON.parse(await esteira('quarantine', 'fix', path, '--json')) as Record<string, unknown>;
    assert.deepEqual([fixed['records'], fixed['accepted'], fixed['refused']], [2, 2, []]);
    assert.deepEqual(await warehouse.query(`SELECT id_pedido, status, revisao FROM pedidos ORDER BY id_pedido`), [
      { id_pedido: '1', status: 'Pago', revisao: '0' },
      { id_pedido: '2', status: 'Pago', revisao: '1' },
      { id_pedido: '3', status: 'Pago', revisao: '1' },
    ]);
    assert.deepEqual(
      await warehouse.query(`SELECT deslocamento, situacao FROM pedidos_rejeitados ORDER BY deslocamento`),
      [
        { deslocamento: '1', situacao: 'resolvido' },
        { deslocamento: '2', situacao: 'resolvido' },
        { deslocamento: '3', situacao: 'aberto' },
        { deslocamento: '4', situacao: 'aberto' },
      ],
    );
    // The topic read once more from its beginning changes nothing of that.
    const settled = await warehouseState(client);
    await consumeToEnd(broker, warehouse.database.url, topic, { from: { kind: 'earliest' } });
    assert.deepEqual(await warehouseState(client), settled);
    await assertSound(client);
  },
);

test(
  'replay takes in what an older transform rejected, also an order that travelled out of a CSV file',
  options,
  async (t) => {
    const { warehouse, client, folder, esteira } = await bench(t);
    const prefix = testPrefix();
    for (const name of ['pedidos_tratados', 'pedidos_rejeitados', 'pedidos_ecommerce'])
      await createTopic(broker, `${prefix}${name}`, 1);
    // Says of two orders that are right by today's rules that they were not by those of version 0.
    const csv = join(folder, 'vendas.csv');
    await writeFile(csv, csvOf([line({ id_pedido: '2', frete: '10', valor_total: '110' })]));
    await produceDirect([{ path: csv, name: 'vendas.csv' }], {
      broker,
      topic: `${prefix}pedidos_ecommerce`,
      memoryLimit: '256MB',
      threads: 1,
      batchLines: 1000,
      maxOutageMs: 30_000,
      reading: { asOf: AS_OF },
    });
    const [sentBefore] = await readTopic(broker, `${prefix}pedidos_ecommerce`);
    const hash = sentBefore?.headers['hash_origem'] ?? '';
    const rejection = (id: string, original: string, hash_original: string): string =>
      JSON.stringify({
        loja: 'loja',
        hash_original,
        id_pedido: id,
        atualizado_em: '2026-03-02 13:00:00',
        revisao: 0,
        motivos: '{CANAL_AUSENTE}',
        original,
        fonte: `${prefix}pedidos_ecommerce`,
        particao: 0,
        deslocamento: Number(id),
        recebido_em: '2026-11-01 09:00:00',
        versao_transformacao: 0,
      });
    const headers = { contrato: 'pedido-rejeitado', versao: '1', topico_id: 'x', particao: '0', offset: '0' };
    await sendRecords(broker, `${prefix}pedidos_rejeitados`, [
      {
        key: 'loja:1',
        value: rejection('1', JSON.stringify(documentOf(line({ id_pedido: '1' }))), 'ab'.repeat(32)),
        headers,
      },
      { key: 'loja:2', value: rejection('2', sentBefore?.value.toString() ?? '', hash), headers },
    ]);
    await consumeToEnd(broker, warehouse.database.url, `${prefix}pedidos_tratados`);
    assert.deepEqual(await warehouse.query('SELECT DISTINCT versao_transformacao FROM pedidos_rejeitados'), [
      { versao_transformacao: '0' },
    ]);
    const sent = JSON.parse(await esteira('quarantine', 'replay', '--all', '--json')) as Record<string, unknown>;
    assert.deepEqual([sent['records'], sent['accepted'], sent['unreadable']], [2, 2, 0]);
    const rows = await warehouse.query(
      `SELECT id_pedido, encode(hash_origem, 'hex') AS hash, recebido_em::text AS lido FROM pedidos ORDER BY id_pedido`,
    );
    assert.deepEqual(
      rows.map((row) => row['id_pedido']),
      ['1', '2'],
    );
    assert.equal(rows[1]?.['hash'], hash, 'the cells of the CSV file are the texts they were');
    assert.equal(rows[0]?.['lido'], '2026-11-01 09:00:00+00', 'the time of the first reading is kept');
    assert.deepEqual(await warehouse.query('SELECT DISTINCT situacao FROM pedidos_rejeitados'), [
      { situacao: 'resolvido' },
    ]);
    await assertSound(client);
  },
);

test('orders without a number leave the same quarantine whether their file is loaded or sent', options, async (t) => {
  const { warehouse, client, folder } = await bench(t);
  const file = await bench(t);
  const [header = '', ...lines] = csvOf([
    ...['1', '2', '3', '4', '5', '6'].map((id) => line({ id_pedido: id })),
    ...['1', '2', '1'].map((n_item) => line({ id_pedido: '', n_item })),
  ])
    .trimEnd()
    .split('\n');
  const path = join(folder, 'pedidos.csv');
  const text = [`${header},Numero`, ...lines.map((record, index) => `${record},R${index}`)];
  await writeFile(path, `${text.join('\n')}\n`);
  const topic = `${testPrefix()}pedidos_ecommerce`;
  await createTopic(broker, topic, 1);
  await produceDirect([{ path, name: 'pedidos.csv' }], {
    broker,
    topic,
    memoryLimit: '256MB',
    threads: 1,
    batchLines: 1000,
    maxOutageMs: 30_000,
    reading: { asOf: AS_OF },
  });
  await consumeToEnd(broker, warehouse.database.url, topic);
  await file.warehouse.loadPath(path);
  const kept = async (of: pg.Client): Promise<unknown[]> =>
    (
      await of.query(
        `SELECT encode(hash_original, 'hex') AS hash, original, cabecalho, formato, perfil, motivos, vezes, linha FROM pedidos_rejeitados ORDER BY 1`,
      )
    ).rows;
  const expected = await kept(file.client);
  assert.equal(expected.length, 2);
  assert.deepEqual(await kept(client), expected);
});

test('--reprocess rebuilds the orders that an older transform made, and only those', options, async (t) => {
  const { warehouse, client } = await bench(t);
  const topic = `${testPrefix()}pedidos_ecommerce`;
  await createTopic(broker, topic, 2);
  await sendRecords(
    broker,
    topic,
    ['1', '2', '3', '4'].map((id, index) =>
      orderRecord({ id_pedido: id, cidade: 'Sao Paulo', cep: '01001-000', id_cliente: `C${id}` }, {}, index % 2),
    ),
  );
  await consumeToEnd(broker, warehouse.database.url, topic);
  const expected = await warehouseState(client);
  // As if version 0 had not known the city of two orders, and written the sums from that.
  await client.query(
    `UPDATE pedidos SET cidade = 'Sao Paulo', codigo_ibge = NULL, versao_transformacao = 0 WHERE id_pedido IN ('1', '2')`,
  );
  await client.query('DELETE FROM pedidos_municipio');
  await client.query(
    `INSERT INTO pedidos_municipio (loja, mes, uf, codigo_ibge, cidade, canal, status, pedidos, valor_total, valor_itens)
     SELECT loja, date_trunc('month', data_venda)::date, uf, COALESCE(codigo_ibge, 0), cidade, canal, status, count(*), sum(valor_total), sum(valor_itens)
     FROM pedidos GROUP BY 1, 2, 3, 4, 5, 6, 7`,
  );
  await assertSound(client);
  const plain = await consumeToEnd(broker, warehouse.database.url, topic, { from: { kind: 'earliest' } });
  assert.deepEqual([plain.totals.aceitos, plain.totals.duplicados], [0, 4]);
  const report = await consumeToEnd(broker, warehouse.database.url, topic, {
    from: { kind: 'earliest' },
    reprocess: true,
  });
  assert.deepEqual([report.totals.aceitos, report.totals.duplicados], [2, 2]);
  assert.deepEqual(await warehouseState(client), expected);
  assert.deepEqual(await warehouse.query('SELECT DISTINCT versao_transformacao FROM pedidos'), [
    { versao_transformacao: String(TRANSFORM_VERSION) },
  ]);
  await assertSound(client);
  const again = await consumeToEnd(broker, warehouse.database.url, topic, {
    from: { kind: 'earliest' },
    reprocess: true,
  });
  assert.deepEqual([again.totals.aceitos, again.totals.duplicados], [0, 4]);
});
