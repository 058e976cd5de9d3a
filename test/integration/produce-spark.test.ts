// `produce --engine spark` against a real Kafka and a real Spark: the topic holds the messages that the direct engine sends, byte for byte.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { partitionOf } from '../../src/broker/partition.ts';
import { parseSparkAddress } from '../../src/engines/spark/connect/address.ts';
import { EsteiraError } from '../../src/lib/errors.ts';
import { generate } from '../../src/pipeline/generate.ts';
import {
  produceDirect,
  produceThroughSpark,
  type ProduceEngine,
  type ProduceOptions,
  type ProduceReport,
} from '../../src/pipeline/produce.ts';
import { expandInputs } from '../../src/sources/files/index.ts';
import { AS_OF, csvOf, documentOf, line } from '../support/load.ts';
import { sharedKafka, sharedSpark, stackMissing, testPrefix } from '../support/stack.ts';
import { readTopic, type TopicRecord } from '../support/topic.ts';

async function folderOf(t: TestContext, name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `esteira-test-${name}-`));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function produce(
  engine: ProduceEngine,
  folder: string,
  exchange: string,
  options: Partial<ProduceOptions> = {},
): Promise<{ report: ProduceReport; records: TopicRecord[] }> {
  const [kafka, spark] = [await sharedKafka(), await sharedSpark()];
  const broker = { bootstrap: [kafka.bootstrap] };
  const topic = `${testPrefix()}pedidos`;
  const report = await engine(await expandInputs([folder]), {
    broker,
    topic,
    create: { partitions: 3, retentionMs: 3_600_000 },
    memoryLimit: '500MB',
    threads: 1,
    batchLines: 1000,
    maxOutageMs: 30_000,
    spark: { spark: parseSparkAddress(spark.url), exchange, sparkBootstrap: broker.bootstrap },
    reading: { asOf: AS_OF },
    ...options,
  });
  return { report, records: await readTopic(broker, topic) };
}

/** Every message as one text: what it is, and where it stands among those of its partition with the same key. */
function texts(records: readonly TopicRecord[]): string[] {
  const counts = new Map<string | null, number>();
  return records
    .map(({ key, partition, value, headers }) => {
      const place = (counts.get(key) ?? 0) + 1;
      counts.set(key, place);
      const where = key === null ? [] : [partition, place];
      return JSON.stringify([
        key,
        ...where,
        value.toString('base64'),
        Object.entries(headers).toSorted(([a], [b]) => a.localeCompare(b)),
      ]);
    })
    .sort();
}

test(
  'messages of CSV, JSON lines and Parquet are the same as sent directly: keys, bytes, headers, partitions, order',
  { skip: stackMissing },
  async (t) => {
    const folder = await folderOf(t, 'arquivos');
    const exchange = await folderOf(t, "troca d'água");
    await generate({ rows: 1500, seed: 41, badShare: 0.3, out: join(folder, 'a.csv') });
    await generate({ rows: 300, seed: 42, badShare: 0.3, out: join(folder, 'b.parquet') });
    const odd = ['aspas"e\\barra', 'ção ñ 🎁', "d'água", 'tab\there'].map((id) => line({ id_pedido: id }));
    const versions = [3, 1, 2].map((day) => line({ id_pedido: 'V', atualizado_em: `2026-03-0${day} 10:00:00` }));
    await writeFile(join(folder, 'c.csv'), csvOf([...odd, ...versions, line({ id_pedido: 'N', nome: 'Ana\r\nLima' })]));
    const lines = [
      ...odd.map((cells) => Buffer.from(JSON.stringify(documentOf(cells, { frete: 10.5, extra: 'só daqui' })))),
      ...Array.from({ length: 40 }, (_, n) => Buffer.from(JSON.stringify(documentOf(line({ id_pedido: `J${n}` }))))),
      Buffer.from('{"loja": "loja", "id_pedido": "J-2"'),
      Buffer.from([0x7b, 0x22, 0x61, 0xff, 0xfe, 0x22, 0x7d]),
      Buffer.from('[1, 2]'),
      Buffer.from('{"loja":"loja",\r"id_pedido":"CR"}'),
    ];
    await writeFile(join(folder, 'd.jsonl'), Buffer.concat(lines.flatMap((bytes) => [bytes, Buffer.from('\n')])));

    const direct = await produce(produceDirect, folder, exchange);
    const spark = await produce(produceThroughSpark, folder, exchange);
    assert.ok(direct.records.length > 900);
    assert.equal(spark.report.deliveredCount, direct.report.deliveredCount);
    assert.deepEqual(spark.report.files, direct.report.files);
    const [actual, expected] = [texts(spark.records), texts(direct.records)];
    const at = expected.findIndex((text, index) => text !== actual[index]);
    if (at >= 0) assert.equal(actual[at], expected[at]);
    assert.equal(actual.length, expected.length);
    for (const { key, partition } of spark.records)
      if (key !== null) assert.equal(partition, partitionOf(Buffer.from(key), 3), key);
    assert.deepEqual(await readdir(exchange), [], 'nothing is left in the folder of exchange');
  },
);

test('a message that the topic does not take stops Spark with the way out', { skip: stackMissing }, async (t) => {
  const folder = await folderOf(t, 'arquivos');
  // digits of hashes cannot be compressed to less than three quarters
  const nome = Array.from({ length: 4000 }, (_, n) => createHash('sha512').update(String(n)).digest('base64')).join('');
  await writeFile(join(folder, 'a.jsonl'), `${JSON.stringify(documentOf(line({ id_pedido: 'grande', nome })))}\n`);
  await assert.rejects(
    produce(produceThroughSpark, folder, await folderOf(t, 'troca'), {
      create: { partitions: 1, retentionMs: 3_600_000, maxMessageBytes: 100_000 },
    }),
    (error) => error instanceof EsteiraError && error.code === 'MESSAGE_TOO_LARGE' && /--engine direct/.test(error.fix),
  );
});
