// `stream` against a real Kafka and a real Spark: every raw record comes out once, judged as DuckDB judges it, whatever it holds; it goes on where it was;
// it stops where going on would lose or misjudge orders.
import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Admin } from '@platformatic/kafka';
import { clientOptions } from '../../src/broker/connection.ts';
import { TopicAdmin } from '../../src/broker/topics.ts';
import { openSparkSession } from '../../src/engines/spark/connect/session.ts';
import { checkpointOffsets } from '../../src/engines/spark/streaming.ts';
import type { EsteiraError } from '../../src/lib/errors.ts';
import { HEADER, streamGroup } from '../../src/model/message.ts';
import { startHealthServer } from '../../src/pipeline/health-server.ts';
import { StreamMetrics } from '../../src/pipeline/stream/metrics.ts';
import { stackMissing } from '../support/stack.ts';
import { coded, order, type Raw, type Stage, stage, valueOf } from '../support/stream-stage.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { topicState } from '../support/topic.ts';
import { waitFor } from '../support/wait-for.ts';
import { throughDuckdb } from '../differential/engines.ts';

const RECEIVED = { [HEADER.receivedAt]: '2026-11-20T12:00:00Z' };

/** `max.message.bytes` of the raw, the treated and the rejected topic. */
async function limits({ broker, options: { topics } }: Stage): Promise<number[]> {
  const admin = new TopicAdmin(broker);
  try {
    const found: number[] = [];
    for (const name of [topics.raw, topics.treated, topics.rejected]) found.push(await admin.maxMessageBytes(name));
    return found;
  } finally {
    await admin.close();
  }
}

/** Bad records of every kind. */
const POISON: readonly Raw[] = [
  { key: 'k', value: '{"loja":"loja","id_pedido":' },
  { key: null, value: order('9', { quantidade: 'dois' }) },
  { key: null, value: '{}' },
  { key: 'loja:7', value: null },
  { key: 'k', value: order('8', { data_pedido: '31/02/2026' }) },
  { key: 'k', value: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]) },
  { key: 'k', value: Buffer.from('{"loja":"a\u0000b"}') },
  { key: 'k', value: '' },
  { key: 'k', value: `{"loja":"loja","enchimento":"${'x'.repeat(5_000_000)}"}` },
];

test('every record comes out once, treated or rejected, among good neighbours', { skip: stackMissing }, async (t) => {
  const on = await stage(t);
  const good = Array.from({ length: 20 }, (_, n) => order(`G${n}`));
  const raw: Raw[] = [
    ...POISON,
    ...good.slice(0, 10).map((value) => ({ key: 'k', value })),
    ...POISON,
    ...good.slice(10).map((value) => ({ key: 'k', value })),
    ...POISON,
  ].map((record) => ({ ...record, headers: RECEIVED }));
  await on.send(raw);
  const report = await on.run();
  assert.equal(report.records, raw.length);
  assert.deepEqual(await limits(on), [8_388_608, 16_777_216, 16_777_216], 'rejected messages are larger than raw ones');
  const [treated, rejected] = [await on.treated(), await on.rejected()];
  const offsets = [...treated, ...rejected]
    .map((record) => Number(record.headers[HEADER.offset]))
    .sort((a, b) => a - b);
  assert.deepEqual(
    offsets,
    raw.map((_, n) => n),
  );
  assert.equal(treated.length, 20);
  const { topicId } = await topicState(on.broker, on.options.topics.raw);
  assert.deepEqual(treated[0]?.headers, {
    contrato: 'pedido-tratado',
    versao: '1',
    recebido_em: '2026-11-20T12:00:00.000000Z',
    hash_origem: valueOf(treated[0])['hash_origem'],
    topico_id: topicId,
    particao: '0',
    offset: String(POISON.length),
  });
  const reasons = rejected.slice(0, POISON.length).map((record) => {
    const { motivos, codificacao, original } = valueOf(record);
    return [motivos, codificacao, original];
  });
  const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]).toString('base64');
  assert.deepEqual(
    reasons.map(([motivos]) => motivos).filter((_, n) => [0, 3, 5, 6, 7].includes(n)),
    Array.from({ length: 5 }, () => '{JSON_INVALIDO}'),
  );
  assert.equal(reasons[1]?.[0], '{QUANTIDADE_INVALIDA}');
  assert.equal(reasons[4]?.[0], '{DATA_PEDIDO_INVALIDA}');
  assert.deepEqual(
    reasons.map(([, encoding]) => encoding),
    ['texto', 'texto', 'texto', 'vazia', 'texto', 'base64', 'base64', 'texto', 'texto'],
  );
  assert.equal(reasons[5]?.[2], bytes);
  // The treated values are what DuckDB makes of the same documents.
  const { rows } = await throughDuckdb(good, on.folder);
  treated.forEach((record, index) => {
    const value = valueOf(record);
    for (const name of [
      'hash_origem',
      'id_pedido',
      'valor_total',
      'data_pedido',
      'codigo_ibge',
      'texto_avisos',
      'unidades',
    ])
      assert.equal(String(value[name]), rows[index]?.[name], `${name} of record ${index}`);
  });
});

test('it goes on where it was, and stops at a message of an unknown contract', { skip: stackMissing }, async (t) => {
  const on = await stage(t);
  await on.send([{ key: 'k', value: order('1') }]);
  assert.equal((await on.run()).records, 1);
  await on.send([{ key: 'k', value: order('2') }]);
  assert.equal((await on.run()).records, 1);
  assert.deepEqual(
    (await on.treated()).map((record) => valueOf(record)['id_pedido']),
    ['1', '2'],
  );
  await on.send([{ key: 'k', value: order('3'), headers: { [HEADER.contract]: 'pedido', [HEADER.version]: '2' } }]);
  await assert.rejects(on.run(), coded('STREAM_CONTRACT_UNKNOWN'));
  assert.equal((await on.treated()).length + (await on.rejected()).length, 2);
});

test('a topic that was created anew, and messages deleted unread, stop it', { skip: stackMissing }, async (t) => {
  const on = await stage(t);
  const admin = new Admin(clientOptions(on.broker, 'test'));
  t.after(() => admin.close());
  await on.send(['1', '2', '3'].map((id) => ({ key: 'k', value: order(id) })));
  await on.run();
  await on.send(['4', '5', '6'].map((id) => ({ key: 'k', value: order(id) })));
  await admin.deleteRecords({ topics: [{ name: on.options.topics.raw, partitions: [{ partition: 0, offset: 5n }] }] });
  await assert.rejects(
    on.run(),
    (error) => coded('STREAM_GAP')(error) && /offsets 3 to 4 /.test((error as EsteiraError).why),
  );
  await admin.deleteTopics({ topics: [on.options.topics.raw] });
  const topics = new TopicAdmin(on.broker);
  t.after(() => topics.close());
  await topics.ensure(on.options.topics.raw, { partitions: 1, retentionMs: 3_600_000 });
  await assert.rejects(on.run(), coded('STREAM_TOPIC_REPLACED'));
});

test(
  'told to stop, it ends its query; the same stream twice is refused; real time needs a slot per partition',
  { skip: stackMissing },
  async (t) => {
    const on = await stage(t, 6);
    const stop = new AbortController();
    t.after(() => stop.abort());
    const { promise: isStarted, resolve, reject } = Promise.withResolvers<void>();
    const running = on.run({
      trigger: { kind: 'default' },
      signal: stop.signal,
      onProgress: (progress) => {
        if (progress.kind === 'started') resolve();
        if (progress.kind === 'failed') reject(new Error(progress.reason));
      },
    });
    await Promise.race([isStarted, running]);
    await assert.rejects(on.run(), coded('STREAM_RUNNING'));
    stop.abort();
    assert.equal((await running).wasStopped, true);
    await assert.rejects(on.run({ trigger: { kind: 'real-time', batchDuration: '5 seconds' } }), coded('STREAM_SLOTS'));
  },
);

/** How far Kafka has been told that the stream is. */
async function hintedSum({ broker, options: { topics } }: Stage): Promise<bigint> {
  const admin = new TopicAdmin(broker);
  try {
    const hints = await admin.hints([streamGroup(topics.treated)]);
    assert.deepEqual(
      hints.map(({ topic }) => topic),
      [topics.raw],
    );
    return [...(hints[0]?.positions.values() ?? [])].reduce((sum, offset) => sum + offset, 0n);
  } finally {
    await admin.close();
  }
}

const valueIn = (text: string, sample: string): number | undefined => {
  const found = text.split('\n').find((each) => each.startsWith(`${sample} `));
  return found === undefined ? undefined : Number(found.slice(sample.length + 1));
};

test(
  'its lag is known while the way to Spark is gone, in its metrics and in Kafka, and it is one restart when it is back',
  { skip: stackMissing },
  async (t) => {
    const on = await stage(t, 2);
    const { topics, spark } = on.options;
    const proxy = await startTcpProxy(spark.port);
    t.after(() => proxy.close());
    const metrics = new StreamMetrics(topics.raw);
    const server = await startHealthServer(0, metrics);
    t.after(() => server.close());
    const ask = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${server.port}${path}`);
    const figure = async (name: string, labels = ''): Promise<number | undefined> =>
      valueIn(await (await ask('/metrics')).text(), `esteira_stream_${name}{topico="${topics.raw}"${labels}}`);
    const lag = async (): Promise<number | undefined> => {
      const [one, other] = [
        await figure('lag_messages', ',particao="0"'),
        await figure('lag_messages', ',particao="1"'),
      ];
      return one === undefined || other === undefined ? undefined : one + other;
    };
    assert.deepEqual([(await ask('/healthz')).status, (await ask('/readyz')).status], [200, 503]);
    await on.send(['1', '2', '3'].map((id) => ({ key: id, value: order(id) })));
    const stop = new AbortController();
    t.after(() => stop.abort());
    const running = on.run({
      spark: { ...spark, port: proxy.port },
      trigger: { kind: 'default' },
      signal: stop.signal,
      onProgress: (progress) => metrics.observe(progress),
    });
    /** Waits until it holds; a stream that ends before fails the test. */
    const until = (check: () => Promise<void>): Promise<void> =>
      Promise.race([
        waitFor(check, 90_000),
        running.then(() => {
          throw new Error('the stream ended too early');
        }),
      ]);
    await until(async () => assert.deepEqual([await figure('messages_total'), await lag()], [3, 0]));
    assert.equal((await ask('/readyz')).status, 200);
    await until(async () => assert.equal(await hintedSum(on), 3n));
    await proxy.goAway();
    await on.send(['4', '5'].map((id) => ({ key: id, value: order(id) })));
    await until(async () => assert.equal(await lag(), 2));
    await until(async () => assert.notEqual(await figure('failures_total'), 0));
    assert.deepEqual([(await ask('/readyz')).status, await figure('ready')], [503, 0]);
    await proxy.comeBack();
    await until(async () => assert.deepEqual([await figure('starts_total'), await lag()], [2, 0]));
    stop.abort();
    const report = await running;
    assert.deepEqual([report.restarts, report.wasStopped], [1, true]);
    assert.equal(await hintedSum(on), 5n);
    assert.equal((await on.treated()).length, 5);
  },
);

test('a batch that was planned and not finished has still to be read', { skip: stackMissing }, async (t) => {
  const on = await stage(t);
  const { topics, checkpoint, spark } = on.options;
  await on.send([{ key: 'k', value: order('1') }]);
  await on.run();
  await on.send(['2', '3'].map((id) => ({ key: 'k', value: order(id) })));
  await on.run();
  const commits = join(checkpoint, 'consulta', 'commits');
  const newest = Math.max(...(await readdir(commits)).filter((name) => /^\d+$/.test(name)).map(Number));
  const session = openSparkSession(spark);
  t.after(() => session.close());
  const read = () => checkpointOffsets(session, join(checkpoint, 'consulta'), topics.raw);
  assert.deepEqual(await read(), { planned: new Map([[0, 3n]]), finished: new Map([[0, 3n]]) });
  await rm(join(commits, String(newest)));
  assert.deepEqual(await read(), { planned: new Map([[0, 3n]]), finished: new Map([[0, 1n]]) });
  await rm(commits, { recursive: true });
  assert.deepEqual(await read(), { planned: new Map([[0, 3n]]), finished: null });
  await rm(join(checkpoint, 'consulta', 'offsets'), { recursive: true });
  assert.equal(await read(), null);
});
