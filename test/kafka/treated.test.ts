// Treated topics: orders transformed before they were sent land like raw ones, rejected ones come with them, and what is not what its contract says is kept.
import assert from 'node:assert/strict';
import { before, test, type TestContext } from 'node:test';
import pg from 'pg';
import type { BrokerSettings } from '../../src/broker/connection.ts';
import { TopicAdmin } from '../../src/broker/topics.ts';
import { EsteiraError } from '../../src/lib/errors.ts';
import { checkCoverage } from '../../src/pipeline/consume/coverage.ts';
import { documentOf, emptyWarehouse, line, type Warehouse } from '../support/load.ts';
import { sharedKafka, stackMissing, testPrefix } from '../support/stack.ts';
import { headersOf, treatedTexts } from '../support/treated.ts';
import { consumeToEnd, createTopic, orderRecord, sendRecords, type TestRecord } from '../support/topics.ts';
import { assertSound, warehouseState } from '../../src/proof/warehouse-state.ts';

const options = { skip: stackMissing };
let broker: BrokerSettings;

before(async () => {
  if (stackMissing === false) broker = { bootstrap: [(await sharedKafka()).bootstrap] };
});

async function bench(t: TestContext): Promise<{ prefix: string; warehouse: Warehouse; client: pg.Client }> {
  const warehouse = await emptyWarehouse(t);
  const client = await warehouse.connect();
  return { prefix: testPrefix(), warehouse, client };
}

const good = Array.from({ length: 12 }, (_, n) => ({
  id_pedido: String(1 + n),
  status: ['Pago', 'Pendente', 'Reembolsado'][n % 3] ?? 'Pago',
  quantidade: '3',
  valor_total: '160.00',
  valor_pagamento: '160.00',
  id_cliente: `C${n % 4}`,
  cidade: n % 5 === 0 ? 'Xique-Xique' : 'Campinas',
  uf: n % 5 === 0 ? 'BA' : 'SP',
}));

test(
  'treated orders land as the raw ones do, and both topics into one warehouse count each version once',
  options,
  async (t) => {
    const raw = await bench(t);
    const treated = await bench(t);
    const topic = `${treated.prefix}pedidos_tratados`;
    await createTopic(broker, `${raw.prefix}pedidos`, 1);
    await createTopic(broker, topic, 1);
    await createTopic(broker, `${treated.prefix}pedidos_rejeitados`, 1);
    await sendRecords(
      broker,
      `${raw.prefix}pedidos`,
      good.map((cells) => orderRecord(cells)),
    );
    await consumeToEnd(broker, raw.warehouse.database.url, `${raw.prefix}pedidos`);
    const texts = await treatedTexts(
      t,
      good.map((cells) => documentOf(line(cells))),
    );
    await sendRecords(
      broker,
      topic,
      texts.map((value, n) => ({ key: `loja:${n + 1}`, value, headers: headersOf('pedido-tratado') })),
    );
    const report = await consumeToEnd(broker, treated.warehouse.database.url, topic);
    assert.deepEqual([report.totals.lidos, report.totals.aceitos], [12, 12]);
    assert.deepEqual(await warehouseState(treated.client), await warehouseState(raw.client));
    const both = await consumeToEnd(broker, raw.warehouse.database.url, topic);
    assert.deepEqual([both.totals.lidos, both.totals.duplicados], [12, 12]);
    await assertSound(raw.client);
  },
);

test(
  'a rejected topic fills the quarantine with reasons and original, and its repeats count as duplicates',
  options,
  async (t) => {
    const { prefix, warehouse, client } = await bench(t);
    await createTopic(broker, `${prefix}pedidos_tratados`, 1);
    await createTopic(broker, `${prefix}pedidos_rejeitados`, 2);
    const original = JSON.stringify(documentOf(line({ id_pedido: '7', status: 'talvez' })));
    const rejected: TestRecord = {
      key: 'loja:7',
      value: JSON.stringify({
        loja: 'loja',
        hash_original: 'ab'.repeat(32),
        id_pedido: '7',
        atualizado_em: '2026-03-02T13:00:00.000Z',
        revisao: 0,
        motivos: ['STATUS_DESCONHECIDO'],
        avisos: [],
        detalhes: [{ codigo: 'STATUS_DESCONHECIDO', campo: 'status', valor: 'talvez' }],
        data_venda: '2026-03-01',
        valor: 110.0,
        original,
        fonte: 'pedidos_ecommerce',
        particao: 4,
        deslocamento: 123,
        recebido_em: '2026-11-01T12:00:00.000Z',
      }),
      partition: 1,
      headers: headersOf('pedido-rejeitado'),
    };
    await sendRecords(broker, `${prefix}pedidos_rejeitados`, [rejected, rejected]);
    const report = await consumeToEnd(broker, warehouse.database.url, `${prefix}pedidos_tratados`);
    assert.deepEqual([report.totals.lidos, report.totals.rejeitados, report.totals.duplicados], [2, 1, 1]);
    const [row] = await warehouse.query(
      `SELECT loja, id_pedido, array_to_string(motivos, ' ') AS motivos, detalhes->0->>'valor' AS valor_lido, original, fonte, particao, deslocamento, valor, vezes FROM pedidos_rejeitados`,
    );
    assert.deepEqual(row, {
      loja: 'loja',
      id_pedido: '7',
      motivos: 'STATUS_DESCONHECIDO',
      valor_lido: 'talvez',
      original,
      fonte: 'pedidos_ecommerce',
      particao: '4',
      deslocamento: '123',
      valor: '110.00',
      vezes: '2',
    });
    await assertSound(client);
  },
);

test(
  'treated and rejected messages that are not what their contract says are kept as records that cannot be read',
  options,
  async (t) => {
    const { prefix, warehouse, client } = await bench(t);
    const topic = `${prefix}pedidos_tratados`;
    await createTopic(broker, topic, 1);
    await createTopic(broker, `${prefix}pedidos_rejeitados`, 1);
    const [text = ''] = await treatedTexts(t, [documentOf(line({ id_pedido: '1' }))]);
    await sendRecords(broker, topic, [
      { key: 'loja:x', value: '{"loja":"loja","id_pedido":"x"}', headers: headersOf('pedido-tratado') },
      { key: 'loja:1', value: text, headers: headersOf('pedido-tratado') },
      { key: 'loja:y', value: 'nada', headers: headersOf('pedido-tratado') },
      { key: 'loja:z', value: null, headers: headersOf('pedido-rejeitado') },
      {
        key: 'loja:w',
        value: '{"original":"x","hash_original":"1","motivos":["INVENTADO"]}',
        headers: headersOf('pedido-rejeitado'),
      },
    ]);
    const report = await consumeToEnd(broker, warehouse.database.url, topic);
    assert.deepEqual([report.totals.lidos, report.totals.aceitos, report.totals.rejeitados], [5, 1, 4]);
    const reasons = await warehouse.query(
      `SELECT DISTINCT array_to_string(motivos, ' ') AS motivos FROM pedidos_rejeitados`,
    );
    assert.deepEqual(reasons, [{ motivos: 'JSON_INVALIDO' }]);
    await assertSound(client);
  },
);

for (const contract of ['pedido-tratado', 'pedido-rejeitado', 'pedido-devolvido'])
  test(
    `a message of contract ${contract} in a version that is not known stops the consumer after everything before it is loaded`,
    options,
    async (t) => {
      const { prefix, warehouse } = await bench(t);
      const topic = `${prefix}pedidos_tratados`;
      await createTopic(broker, topic, 1);
      await createTopic(broker, `${prefix}pedidos_rejeitados`, 1);
      const texts = await treatedTexts(
        t,
        ['1', '2', '3'].map((id) => documentOf(line({ id_pedido: id }))),
      );
      const treated = (n: number): TestRecord => ({
        key: `loja:${n}`,
        value: texts[n - 1] ?? '',
        headers: headersOf('pedido-tratado'),
      });
      // a value that the newer version may well have: it must be neither loaded nor quarantined
      const newer = { ...treated(2), headers: { ...headersOf(contract), versao: '2.0' } };
      await sendRecords(broker, topic, [
        { ...treated(1), headers: { ...headersOf('pedido-tratado'), versao: '1.7' } },
        newer,
        treated(3),
      ]);
      const consuming = (): Promise<unknown> => consumeToEnd(broker, warehouse.database.url, topic);
      for (let attempt = 1; attempt <= 2; attempt++)
        await assert.rejects(consuming(), (error: unknown) => {
          assert.ok(error instanceof EsteiraError);
          assert.equal(error.code, 'CONTRACT_UNKNOWN');
          assert.match(error.why, new RegExp(`contract "${contract}", version "2\\.0"`));
          return true;
        });
      assert.deepEqual(await warehouse.query('SELECT id_pedido FROM pedidos'), [{ id_pedido: '1' }]);
      assert.deepEqual(await warehouse.rejected(), []);
      assert.deepEqual(await warehouse.query(`SELECT posicao FROM esteira.posicoes WHERE posicao <> '0'`), [
        { posicao: '1' },
      ]);
      assert.deepEqual(
        await warehouse.query('SELECT tipo, detalhes->>$1 AS contrato FROM esteira.incidentes', ['contrato']),
        [{ tipo: 'CONTRATO_DESCONHECIDO', contrato: contract }],
      );
    },
  );

test('the check of coverage names exactly the raw records that neither topic speaks of', options, async (t) => {
  const { prefix } = await bench(t);
  const topics = {
    raw: `${prefix}pedidos_ecommerce`,
    treated: `${prefix}pedidos_tratados`,
    rejected: `${prefix}pedidos_rejeitados`,
  };
  for (const topic of Object.values(topics)) await createTopic(broker, topic, 2);
  await sendRecords(
    broker,
    topics.raw,
    Array.from({ length: 12 }, (_, n) => orderRecord({ id_pedido: String(n) }, {}, n % 2)),
  );
  const admin = new TopicAdmin(broker);
  t.after(() => admin.close());
  const { topicId } = await admin.describe(topics.raw);
  const answer = (partition: number, offset: number, id = topicId): TestRecord => ({
    key: null,
    value: '{}',
    partition: offset % 2,
    headers: { topico_id: id, particao: String(partition), offset: String(offset) },
  });
  await sendRecords(broker, topics.treated, [
    ...[0, 1, 2, 5, 5].map((offset) => answer(0, offset)),
    ...[0, 1, 2, 3, 4].map((offset) => answer(1, offset)),
    answer(0, 3, '00000000-0000-0000-0000-000000000000'),
  ]);
  await sendRecords(broker, topics.rejected, [answer(1, 5)]);
  assert.deepEqual(await checkCoverage(broker, topics), {
    rawCount: 12,
    answeredCount: 10,
    repeatedCount: 1,
    gaps: [{ partition: 0, from: '3', to: '4' }],
  });
});
