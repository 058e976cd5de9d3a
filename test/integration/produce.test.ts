// Files of orders into a real Kafka: what the messages are, and that reading them gives what loading the file gives.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { partitionOf } from '../../src/broker/partition.ts';
import { ROLLUP_TABLES } from '../../src/catalog/rollups.ts';
import { EsteiraError } from '../../src/lib/errors.ts';
import { generate } from '../../src/pipeline/generate.ts';
import { loadFile } from '../../src/pipeline/load-file.ts';
import { produceDirect, type ProduceOptions, type ProduceReport } from '../../src/pipeline/produce.ts';
import { connect } from '../../src/storage/connection.ts';
import { migrate } from '../../src/storage/migrations.ts';
import { AS_OF, csvOf, documentOf, line, type Cells } from '../support/load.ts';
import { createDatabase } from '../support/postgres.ts';
import { sharedKafka, stackMissing, testPrefix } from '../support/stack.ts';
import { readTopic, topicState, type TopicRecord } from '../support/topic.ts';

async function workFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-produce-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

interface Sent {
  readonly report: ProduceReport;
  readonly records: readonly TopicRecord[];
  readonly topic: string;
}

async function produce(path: string, options: Partial<ProduceOptions> = {}): Promise<Sent> {
  const broker = { bootstrap: [(await sharedKafka()).bootstrap] };
  const topic = options.topic ?? `${testPrefix()}pedidos`;
  const report = await produceDirect([{ path, name: path.split('/').at(-1) ?? '' }], {
    broker,
    topic,
    create: { partitions: 3, retentionMs: 3_600_000 },
    memoryLimit: '500MB',
    threads: 1,
    batchLines: 1000,
    maxOutageMs: 30_000,
    reading: { asOf: AS_OF },
    ...options,
  });
  return { report, records: await readTopic(broker, topic), topic };
}

async function written(t: TestContext, name: string, content: string | Buffer): Promise<string> {
  const path = join(await workFolder(t), name);
  await writeFile(path, content);
  return path;
}

const versionsOf = (id: string): Cells[] =>
  [3, 1, 2].map((day) => line({ id_pedido: id, atualizado_em: `2026-03-0${day} 10:00:00` }));

describe('messages', { skip: stackMissing }, () => {
  test('carry key, contract and time; all versions of an order stand in one partition, in the order of the file', async (t) => {
    const ids = Array.from({ length: 20 }, (_, index) => `P-${index}`);
    const { records, report, topic } = await produce(await written(t, 'pedidos.csv', csvOf(ids.flatMap(versionsOf))));
    assert.equal(report.deliveredCount, 60);
    assert.equal(records.length, 60);
    assert.equal(report.partitionCount, 3);
    const state = await topicState({ bootstrap: [(await sharedKafka()).bootstrap] }, topic);
    assert.equal(report.topicId, state.topicId);
    for (const { headers, partition, key } of records) {
      assert.deepEqual(
        [headers['contrato'], headers['versao'], headers['recebido_em']],
        ['pedido', '1', '2026-11-01T09:00:00.000Z'],
      );
      assert.match(headers['hash_origem'] ?? '', /^[0-9a-f]{64}$/);
      assert.equal(partition, partitionOf(Buffer.from(key ?? ''), 3));
    }
    for (const id of ids) {
      const times = records
        .filter(({ key }) => key === `loja:${id}`)
        .map(({ value }) => (JSON.parse(value.toString()) as { atualizado_em: string }).atualizado_em);
      assert.deepEqual(times, ['2026-03-03 10:00:00', '2026-03-01 10:00:00', '2026-03-02 10:00:00'], id);
    }
    assert.ok(new Set(records.map(({ partition }) => partition)).size > 1, 'several partitions are used');
  });

  test('are the same orders whether they come from CSV, JSON lines or Parquet', async (t) => {
    const folder = await workFolder(t);
    const found: Record<string, string[]> = {};
    for (const format of ['csv', 'jsonl', 'parquet']) {
      const path = join(folder, `pedidos.${format}`);
      await generate({ rows: 600, seed: 5, badShare: 0, out: path });
      const { records } = await produce(path);
      found[format] = records.map(({ key, headers }) => `${key} ${headers['hash_origem']}`).sort();
    }
    assert.ok((found['csv']?.length ?? 0) > 200);
    assert.deepEqual(found['jsonl'], found['csv']);
    assert.deepEqual(found['parquet'], found['csv']);
  });

  test('of JSON lines are the lines themselves, byte for byte', async (t) => {
    const good = JSON.stringify(documentOf(line({ id_pedido: 'J-1' }), { extra: 'só daqui', frete: 10 }));
    const broken = '{"loja": "loja", "id_pedido": "J-2"';
    const { records } = await produce(await written(t, 'pedidos.jsonl', `${good}\n${broken}\n`));
    assert.deepEqual(
      records.map(({ key, value }) => [key, value.toString()]).sort((a, b) => String(a[0]).localeCompare(String(b[0]))),
      [
        ['loja:J-1', good],
        [null, broken],
      ],
    );
    const hash = records.find(({ key }) => key === null)?.headers['hash_origem'];
    assert.equal(hash, createHash('sha256').update(broken).digest('hex'));
  });

  test('sent twice are the same messages twice', async (t) => {
    const path = await written(t, 'pedidos.csv', csvOf([line({ id_pedido: 'A' }), line({ id_pedido: 'B' })]));
    const topic = `${testPrefix()}duas_vezes`;
    await produce(path, { topic });
    const { records } = await produce(path, { topic });
    const texts = records
      .map(({ key, value, headers }) => [key, value.toString(), headers['hash_origem']].join(' '))
      .sort();
    assert.equal(texts.length, 4);
    assert.deepEqual([texts[0], texts[2]], [texts[1], texts[3]]);
  });

  test('that the topic does not take are named by their hash, and the others arrive', async (t) => {
    // digits of hashes cannot be compressed to less than three quarters
    const text = Array.from({ length: 4000 }, (_, index) =>
      createHash('sha512').update(String(index)).digest('base64'),
    ).join('');
    const documents = [
      documentOf(line({ id_pedido: 'antes' })),
      documentOf(line({ id_pedido: 'grande', nome: text })),
      documentOf(line({ id_pedido: 'depois' })),
    ];
    const { report, records } = await produce(
      await written(t, 'pedidos.jsonl', documents.map((document) => JSON.stringify(document)).join('\n')),
      { create: { partitions: 1, retentionMs: 3_600_000, maxMessageBytes: 100_000 } },
    );
    assert.deepEqual(records.map(({ key }) => key ?? '').sort(), ['loja:antes', 'loja:depois']);
    const [refused] = report.refused;
    assert.equal(report.refused.length, 1);
    assert.ok(refused instanceof EsteiraError && refused.code === 'MESSAGE_TOO_LARGE' && refused.exit === 4);
    assert.match(refused.what, /hash_origem [0-9a-f]{64}/);
    assert.doesNotMatch(refused.what + refused.why + refused.fix, /grande|Ana/);
  });
});

/** Tables that must hold the same, and their columns that may differ: where and how the order was read. */
const SAME: Readonly<Record<string, readonly string[]>> = {
  pedidos: [],
  itens_pedido: [],
  pagamentos: [],
  historico_status: [],
  clientes: [],
  produtos: [],
  ...Object.fromEntries(ROLLUP_TABLES.map((table) => [table, []])),
  pedidos_rejeitados: ['id_rejeitado', 'fonte', 'formato', 'perfil', 'cabecalho', 'original', 'situacao_em'],
};

/** `lineless`: the lines of the file are not known to the messages. */
async function warehouseOf(t: TestContext, path: string, lineless: boolean): Promise<Record<string, unknown[]>> {
  const database = await createDatabase(t);
  const client = await connect(database.url, 'loader');
  try {
    await migrate(client);
    await loadFile(
      { path, name: 'x' },
      {
        warehouseUrl: database.url,
        memoryLimit: '500MB',
        threads: 1,
        batchLines: 1000,
        maxOutageMs: 0,
        reprocess: false,
        reading: { asOf: AS_OF },
      },
    );
    const found: Record<string, unknown[]> = {};
    for (const [table, others] of Object.entries(SAME)) {
      const { rows } = await client.query<{ linha: string }>(
        `SELECT (to_jsonb(t) - $1::text[])::text AS linha FROM ${table} t ORDER BY 1`,
        [[...others, ...(lineless ? ['linha'] : [])]],
      );
      found[table] = rows.map((row) => row.linha);
    }
    const { rows: broken } = await client.query(
      `SELECT loja, id_pedido, formato, perfil, cabecalho, original FROM pedidos_rejeitados
       WHERE motivos && '{LINHA_CAMPOS,CABECALHO_DIVERGENTE,CONTINUACAO_ORFA,JSON_INVALIDO}' ORDER BY hash_original`,
    );
    return { ...found, broken };
  } finally {
    await client.end();
  }
}

describe('reading the messages', { skip: stackMissing }, () => {
  /** Loads the file, sends it, loads the values of the topic as JSON lines: both warehouses must hold the same. */
  async function compare(t: TestContext, path: string): Promise<Record<string, unknown[]>> {
    const { records } = await produce(path);
    const values = await written(
      t,
      'topico.jsonl',
      Buffer.concat(records.flatMap(({ value }) => [value, Buffer.from('\n')])),
    );
    const direct = await warehouseOf(t, path, path.endsWith('.jsonl'));
    const through = await warehouseOf(t, values, path.endsWith('.jsonl'));
    for (const name of Object.keys(direct)) assert.deepEqual(through[name], direct[name], name);
    return direct;
  }

  test('gives the same orders and the same quarantine as loading the file, spoiled orders included', async (t) => {
    const folder = await workFolder(t);
    const path = join(folder, 'pedidos.csv');
    await generate({ rows: 3000, seed: 11, badShare: 0.3, out: path });
    const { pedidos = [], pedidos_rejeitados: rejected = [], broken = [] } = await compare(t, path);
    assert.ok(
      pedidos.length > 500 && rejected.length > 100 && broken.length > 0,
      'the file holds something of everything',
    );
  });

  test('keeps the texts of cells exactly: amounts without zeros, line breaks, quotes, decimal commas and days first', async (t) => {
    const texts = [
      line({
        id_pedido: 'zeros',
        preco_unitario: '50.5',
        quantidade: '2',
        valor_total: '111',
        frete: '10',
        valor_pagamento: '111',
      }),
      line({ id_pedido: 'quebra', nome: 'Ana\nLima', produto: 'Caneca "azul"\r\ngrande\t', cidade: 'Campinas' }),
      line({ id_pedido: 'barra', produto: 'C:\\temp\\n', nome: "D'Ávila 🎁" }),
      line({
        id_pedido: 'vazio',
        situacao_entrega: '',
        email: '',
        forma_pagamento: '',
        parcelas: '',
        valor_pagamento: '',
      }),
      line({ id_pedido: 'aspas"e\\barra' }),
    ];
    await compare(t, await written(t, 'pedidos.csv', csvOf(texts)));
    const header = 'id_pedido;data_pedido;canal;status;cidade;uf;sku;quantidade;preco_unitario;valor_total';
    const rows = [
      '1;13/02/2026 10:00;Site;Pago;São Paulo;SP;A;1;1.234,50;1.234,50',
      '2;01/02/2026 10:00;Site;Pago;Belém;PA;A;2;0,1;0,2',
      '3;01/02/2026 10:00;Site;Pago;Belém;PA;A;2;0,1;sobra;0,2;x',
      '4;01/02/2026 10:00;Site;Talvez;Belém;PA;A;1.5;0,1;',
      ...[5, 6, 7, 8].map((id) => `${id};01/02/2026 10:00;Site;Pago;Belém;PA;A;2;0,1;0,2`),
    ];
    await compare(t, await written(t, 'vendas.csv', Buffer.from([header, ...rows, ''].join('\n'), 'latin1')));
  });

  test('keeps lines that are no text at all apart, with their originals', async (t) => {
    const good = Array.from({ length: 60 }, (_, index) =>
      JSON.stringify(documentOf(line({ id_pedido: `J-${index}` }))),
    );
    const lines = [
      ...good.map((text) => Buffer.from(text)),
      Buffer.from([0x7b, 0x22, 0x61, 0xff, 0xfe, 0x22, 0x7d]),
      Buffer.from('{"loja":"loja",\u0000"id_pedido":"nul"}'),
      Buffer.from('[1, 2]'),
      Buffer.from('{"itens": 3}'),
    ];
    const { broken = [] } = await compare(
      t,
      await written(t, 'pedidos.jsonl', Buffer.concat(lines.flatMap((bytes) => [bytes, Buffer.from('\n')]))),
    );
    assert.equal(broken.length, 4);
    assert.ok(
      (broken as { original: string }[]).every(({ original }) => original.length > 0),
      'no original is lost',
    );
  });
});
