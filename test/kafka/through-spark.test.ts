// The whole way through Spark: raw topic, the real `stream`, `consume` of what it wrote. The warehouse must be the one that consuming the raw topic gives,
// quarantine and places included.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import pg from 'pg';
import type { BrokerSettings } from '../../src/broker/connection.ts';
import { parseSparkAddress } from '../../src/engines/spark/connect/address.ts';
import { checkCoverage } from '../../src/pipeline/consume/coverage.ts';
import { generate } from '../../src/pipeline/generate.ts';
import { produceDirect } from '../../src/pipeline/produce.ts';
import { stream } from '../../src/pipeline/stream/stream.ts';
import { AS_OF, emptyWarehouse } from '../support/load.ts';
import { sharedKafka, sharedSpark, stackMissing, testPrefix } from '../support/stack.ts';
import { consumeToEnd, orderRecord, sendRecords, type TestRecord } from '../support/topics.ts';
import { assertSound, warehouseState } from '../../src/proof/warehouse-state.ts';

async function connected(t: TestContext): Promise<{ url: string; client: pg.Client }> {
  const warehouse = await emptyWarehouse(t);
  const { database } = warehouse;
  const client = await warehouse.connect();
  return { url: database.url, client };
}

/** The quarantine with every column, but for its running number and when and how often it was written. */
async function quarantine(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ linha: string }>(
    `SELECT (to_jsonb(r) - '{id_rejeitado,situacao_em}'::text[])::text AS linha FROM pedidos_rejeitados r ORDER BY particao, deslocamento`,
  );
  return rows.map((row) => row.linha);
}

const HEADERS = { contrato: 'pedido', versao: '1', recebido_em: '2026-11-01T12:00:00.123456Z' };

/** What no file can hold: bytes that are no text, tombstones, odd keys, broken and hollow documents. */
const POISON: readonly TestRecord[] = [
  { key: 'k', value: '{"loja":"loja","id_pedido":', headers: HEADERS },
  { key: null, value: '{}', headers: HEADERS },
  { key: 'loja:7', value: null, headers: HEADERS },
  { key: 'loja:8', value: null, headers: HEADERS },
  { key: 'k', value: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), headers: HEADERS },
  { key: Buffer.from([0xff, 0x00]), value: Buffer.from('{"loja":"a\u0000b"}'), headers: HEADERS },
  { key: 'k', value: '', headers: HEADERS },
  { ...orderRecord({ id_pedido: 'A1', quantidade: 'dois', uf: 'XX' }), headers: HEADERS },
  { ...orderRecord({ id_pedido: 'A2', data_pedido: '31/02/2026', canal: '' }), headers: HEADERS },
  { ...orderRecord({ id_pedido: 'A3' }, { itens: [] }), headers: HEADERS },
  { ...orderRecord({ id_pedido: 'A4', atualizado_em: '' }), headers: HEADERS },
  { ...orderRecord({ id_pedido: 'A5' }), headers: HEADERS },
  { ...orderRecord({ id_pedido: '' }, { numero: 'N1' }), headers: HEADERS },
  { ...orderRecord({ id_pedido: '' }, { numero: 'N2' }), headers: HEADERS },
  {
    ...orderRecord({ id_pedido: 'A5', atualizado_em: '2026-03-05 10:00:00', status: 'Reembolsado' }),
    headers: HEADERS,
  },
  { key: null, value: orderRecord({ id_pedido: 'A6', nome: 'Zoë "Z" O’Neil \\ ção' }).value, headers: HEADERS },
];

test(
  'consuming what the stream wrote gives the warehouse that consuming the raw topic gives',
  { skip: stackMissing },
  async (t) => {
    const [kafka, spark] = [await sharedKafka(), await sharedSpark()];
    const broker: BrokerSettings = { bootstrap: [kafka.bootstrap] };
    const folder = await mkdtemp(join(tmpdir(), 'esteira-spark-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const prefix = testPrefix();
    const topics = {
      raw: `${prefix}pedidos_ecommerce`,
      treated: `${prefix}pedidos_tratados`,
      rejected: `${prefix}pedidos_rejeitados`,
    };
    const path = join(folder, 'pedidos.csv');
    await generate({ rows: 2000, seed: 23, badShare: 0.3, out: path });
    const create = { partitions: 2, retentionMs: 3_600_000 };
    const sent = await produceDirect([{ path, name: 'pedidos.csv' }], {
      broker,
      topic: topics.raw,
      create,
      memoryLimit: '256MB',
      threads: 1,
      batchLines: 1000,
      maxOutageMs: 30_000,
      reading: { asOf: AS_OF },
    });
    await sendRecords(broker, topics.raw, POISON);
    const streamed = await stream({
      spark: parseSparkAddress(spark.url),
      broker,
      sparkBootstrap: broker.bootstrap,
      topics,
      create,
      checkpoint: join(folder, 'checkpoint'),
      trigger: { kind: 'available-now' },
      maxRecordsPerBatch: undefined,
    });
    assert.equal(streamed.records, sent.deliveredCount + POISON.length);
    const coverage = await checkCoverage(broker, topics);
    assert.deepEqual([coverage.rawCount, coverage.answeredCount], [streamed.records, streamed.records]);

    const raw = await connected(t);
    const treated = await connected(t);
    const expected = await consumeToEnd(broker, raw.url, topics.raw);
    const report = await consumeToEnd(broker, treated.url, topics.treated);
    const { aceitos, rejeitados, duplicados, antigos } = expected.totals;
    assert.ok(aceitos > 300 && rejeitados > 50 && duplicados + antigos > 20, 'the topic holds something of everything');
    assertSame(await quarantine(treated.client), await quarantine(raw.client));
    assertSame(await warehouseState(treated.client), await warehouseState(raw.client));
    assert.deepEqual({ ...report.totals, linhas: 0 }, { ...expected.totals, linhas: 0 });
    await assertSound(treated.client);

    const before = await warehouseState(raw.client);
    const again = await consumeToEnd(broker, raw.url, topics.treated);
    assert.deepEqual([again.totals.lidos, again.totals.duplicados], [streamed.records, streamed.records]);
    assertSame(await warehouseState(raw.client), before);
    await assertSound(raw.client);
  },
);

/** Equal lists of rows; names the first row that differs, not all of them. */
function assertSame(actual: readonly string[], expected: readonly string[]): void {
  const at = expected.findIndex((row, index) => row !== actual[index]);
  if (at >= 0) assert.equal(actual[at], expected[at], `row ${at} of ${expected.length}`);
  assert.equal(actual.length, expected.length);
}
