// A topic into the warehouse, with a real Kafka and a real PostgreSQL: what lands, what is refused and kept, where the group goes on, and what stops it.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test, type TestContext } from 'node:test';
import pg from 'pg';
import type { BrokerSettings } from '../../src/broker/connection.ts';
import { TopicAdmin } from '../../src/broker/topics.ts';
import { EsteiraError } from '../../src/lib/errors.ts';
import { streamGroup } from '../../src/model/message.ts';
import type { ConsumeOptions, ConsumeReport } from '../../src/pipeline/consume/consume.ts';
import { ConsumeMetrics } from '../../src/pipeline/consume/metrics.ts';
import { startHealthServer } from '../../src/pipeline/health-server.ts';
import { replayQuarantine } from '../../src/pipeline/quarantine/send-back.ts';
import { readStatus } from '../../src/pipeline/status.ts';
import { documentOf, emptyWarehouse, line, type Row, type Warehouse } from '../support/load.ts';
import { KAFKA_USER, kafkaAuthority, sharedKafka, stackMissing, testPrefix } from '../support/stack.ts';
import {
  consumeToEnd,
  createTopic,
  deleteBefore,
  deleteTopic,
  orderRecord,
  sendRecords,
  type TestRecord,
} from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import { assertSound, physicalState, warehouseState } from '../../src/proof/warehouse-state.ts';

let broker: BrokerSettings;

before(async () => {
  if (stackMissing === false) broker = { bootstrap: [(await sharedKafka()).bootstrap] };
});

const options = { skip: stackMissing };

interface Bench {
  readonly topic: string;
  readonly warehouse: Warehouse;
  readonly client: pg.Client;
  readonly send: (records: readonly TestRecord[]) => Promise<void>;
  readonly consume: (options?: Partial<ConsumeOptions>) => Promise<ConsumeReport>;
}

async function bench(t: TestContext, partitions = 1, configs: Record<string, string> = {}): Promise<Bench> {
  const topic = `${testPrefix()}pedidos_ecommerce`;
  await createTopic(broker, topic, partitions, configs);
  const warehouse = await emptyWarehouse(t);
  const client = await warehouse.connect();
  return {
    topic,
    warehouse,
    client,
    send: (records) => sendRecords(broker, topic, records),
    consume: (given = {}) => consumeToEnd(broker, warehouse.database.url, topic, given),
  };
}

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof EsteiraError) return error.code;
    throw error;
  }
  return 'none';
}

async function orderIds(warehouse: Warehouse): Promise<(string | null | undefined)[]> {
  const rows = await warehouse.query('SELECT id_pedido FROM pedidos ORDER BY id_pedido::int');
  return rows.map((row) => row['id_pedido']);
}

test('while the topic has more, a batch is filled, however little time it has', options, async (t) => {
  const { warehouse, send, consume } = await bench(t);
  // the broker gives a megabyte at a time, and what is random cannot be made small
  const padded = (id: string): TestRecord =>
    orderRecord({ id_pedido: id }, { enchimento: randomBytes(300_000).toString('base64') });
  for (const id of numbered(1, 12)) await send([padded(id)]);
  const report = await consume({ maxWaitMs: 0, maxBatch: 8 });
  assert.deepEqual([report.messageCount, report.batchCount, report.totals.aceitos], [12, 2, 12]);
  assert.deepEqual(await orderIds(warehouse), numbered(1, 12));
});

test(
  'messages of all partitions land once, with their positions, and consuming again changes no row',
  options,
  async (t) => {
    const { topic, client, warehouse, send, consume } = await bench(t, 3);
    await send(numbered(1, 90).map((id) => orderRecord({ id_pedido: id }, {}, Number(id) % 3)));
    const report = await consume({ maxBatch: 25 });
    assert.deepEqual([report.messageCount, report.batchCount, report.totals.aceitos], [90, 4, 90]);
    assert.deepEqual(await orderIds(warehouse), numbered(1, 90));
    const positions = await warehouse.query('SELECT posicao, epoca FROM esteira.posicoes ORDER BY chave');
    assert.deepEqual(
      positions,
      Array.from({ length: 3 }, () => ({ posicao: '30', epoca: '1' })),
    );
    const [source] = await warehouse.query(`SELECT tipo, nome, opcoes->>'grupo' AS grupo FROM esteira.fontes`);
    assert.deepEqual(source, { tipo: 'topico', nome: topic, grupo: `${topic}_grupo` });
    await assertSound(client);
    const settled = await physicalState(client);
    const again = await consume();
    assert.deepEqual([again.messageCount, again.batchCount], [0, 0]);
    assert.deepEqual(await physicalState(client), settled);
  },
);

test('a consumer that goes on settles the cohorts by itself, a pause after the last time', options, async (t) => {
  const { warehouse, client, send, consume } = await bench(t);
  const stop = new AbortController();
  const settled: number[] = [];
  const going = consume({
    untilEnd: false,
    signal: stop.signal,
    onProgress: (progress) => {
      if (progress.kind === 'settled') settled.push(performance.now());
    },
  });
  const isSettled = async (orders: string): Promise<void> => {
    const [row] = await warehouse.query(
      'SELECT (SELECT min(desde) FROM esteira.apuracao_coortes) AS desde, (SELECT sum(pedidos) FROM coortes_mensais) AS pedidos',
    );
    assert.deepEqual(row, { desde: 'infinity', pedidos: orders });
  };
  try {
    await send(numbered(1, 5).map((id) => orderRecord({ id_pedido: id })));
    await waitFor(() => isSettled('5'), 30_000);
    await send(numbered(6, 9).map((id) => orderRecord({ id_pedido: id })));
    await waitFor(() => isSettled('9'), 60_000);
    await assertSound(client);
    const [first = 0, second = 0] = settled;
    assert.ok(second - first >= 10_000, `settled again after ${second - first} ms`);
  } finally {
    stop.abort();
    await going;
  }
});

test('orders from a topic leave the warehouse that the same orders from a file leave', options, async (t) => {
  const kafka = await bench(t, 2);
  const file = await bench(t);
  const records = numbered(1, 60).map((id) => {
    const n = Number(id);
    return orderRecord(
      {
        id_pedido: String(1 + (n % 40)),
        atualizado_em: `2026-03-02 1${n % 3}:00:00`,
        status: n % 7 === 0 ? 'talvez' : n % 2 === 0 ? 'Pago' : 'Pendente',
        quantidade: n % 11 === 0 ? 'dois' : '2',
      },
      {},
      (1 + (n % 40)) % 2,
    );
  });
  await kafka.send(records);
  await kafka.consume({ maxBatch: 7 });
  const asOf = new Date('2026-11-01T12:00:00Z');
  await file.warehouse.load(`${records.map(({ value }) => String(value)).join('\n')}\n`, {
    name: 'pedidos.jsonl',
    asOf,
  });
  await assertSound(kafka.client);
  assert.deepEqual(await warehouseState(kafka.client), await warehouseState(file.client));
});

const FIVE_MEGABYTES = `{"loja":"loja","id_pedido":"grande","enchimento":"${'x'.repeat(5_000_000)}"}`;

/** What must become of each bad message: reasons, how its text is kept, and the text itself. */
const POISON: Readonly<Record<string, { record: TestRecord; reasons: string; encoding: string; original: string }>> = {
  'broken JSON': {
    record: { key: 'loja:x', value: '{"loja":"loja",' },
    reasons: 'JSON_INVALIDO',
    encoding: 'texto',
    original: '{"loja":"loja",',
  },
  'a tombstone': {
    record: { key: 'loja:apagado', value: null },
    reasons: 'JSON_INVALIDO',
    encoding: 'vazia',
    original: '',
  },
  'an empty value': {
    record: { key: 'loja:vazio', value: '' },
    reasons: 'JSON_INVALIDO',
    encoding: 'texto',
    original: '',
  },
  'bytes that are no UTF-8': {
    record: { key: 'loja:bytes', value: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]) },
    reasons: 'JSON_INVALIDO',
    encoding: 'base64',
    original: 'e//+fQ==',
  },
  'a NUL byte': {
    record: { key: 'loja:nul', value: Buffer.from('{"loja":"lo\u0000ja"}') },
    reasons: 'JSON_INVALIDO',
    encoding: 'base64',
    original: Buffer.from('{"loja":"lo\u0000ja"}').toString('base64'),
  },
  'a number where an object belongs': {
    record: { key: null, value: '42' },
    reasons: 'JSON_INVALIDO',
    encoding: 'texto',
    original: '42',
  },
  'five megabytes': {
    record: { key: null, value: FIVE_MEGABYTES },
    reasons: 'JSON_INVALIDO',
    encoding: 'texto',
    original: FIVE_MEGABYTES,
  },
};

for (const position of ['first', 'middle', 'last'] as const) {
  test(
    `bad messages at the ${position} place of a batch are kept whole in the quarantine and their neighbours land`,
    options,
    async (t) => {
      const { warehouse, client, send, consume } = await bench(t, 1, { 'max.message.bytes': '8000000' });
      const good = numbered(1, 6).map((id) => orderRecord({ id_pedido: id }));
      const bad = Object.values(POISON).map(({ record }) => record);
      const at = { first: 0, middle: 3, last: 6 }[position];
      await send([...good.slice(0, at), ...bad, ...good.slice(at)]);
      const report = await consume();
      assert.deepEqual(
        [report.batchCount, report.totals.lidos, report.totals.aceitos, report.totals.rejeitados],
        [1, 13, 6, 7],
      );
      assert.deepEqual(await orderIds(warehouse), numbered(1, 6));
      const rejected = await warehouse.query(
        `SELECT array_to_string(motivos, ' ') AS motivos, codificacao, original, chave_mensagem, particao, fonte FROM pedidos_rejeitados ORDER BY deslocamento`,
      );
      const expected = Object.values(POISON);
      for (const [index, row] of rejected.entries()) {
        const { record, reasons, encoding, original } = expected[index] ?? assert.fail('one row too many');
        if (reasons !== '') assert.equal(row['motivos'], reasons);
        assert.deepEqual([row['codificacao'], row['particao'], row['chave_mensagem']], [encoding, '0', record.key]);
        assert.ok(row['original'] === original, 'the original is kept byte for byte');
      }
      const offsets = await warehouse.query('SELECT deslocamento FROM pedidos_rejeitados ORDER BY deslocamento');
      assert.deepEqual(
        offsets.map((row) => Number(row['deslocamento'])),
        expected.map((_, index) => at + index),
      );
      await assertSound(client);
    },
  );
}

test('orders that break rules are quarantined with all reasons, whatever their key says', options, async (t) => {
  const { warehouse, send, consume } = await bench(t);
  const { key: _, ...noKey } = orderRecord({ id_pedido: '9' });
  await send([
    orderRecord({ id_pedido: '1', quantidade: 'dois' }),
    { ...orderRecord({ id_pedido: '2' }, { id_pedido: null }), key: null },
    orderRecord({ id_pedido: '3', data_pedido: '2026-02-30 10:00:00', status: 'talvez' }),
    { ...noKey, key: null },
    { ...orderRecord({ id_pedido: '10' }), key: 'outra-loja:99' },
  ]);
  await consume();
  const rejected = await warehouse.query(
    `SELECT id_pedido, array_to_string(motivos, ' ') AS motivos FROM pedidos_rejeitados ORDER BY deslocamento`,
  );
  assert.deepEqual(rejected, [
    { id_pedido: '1', motivos: 'QUANTIDADE_INVALIDA' },
    { id_pedido: null, motivos: 'ID_PEDIDO_AUSENTE' },
    { id_pedido: '3', motivos: 'DATA_PEDIDO_INVALIDA STATUS_DESCONHECIDO' },
  ]);
  assert.deepEqual(await orderIds(warehouse), ['9', '10']);
});

test('a document over several lines, with tabs and with an odd key, is read like any other', options, async (t) => {
  const { warehouse, send, consume } = await bench(t);
  const pretty = JSON.stringify(documentOf(line({ id_pedido: '1' })), null, '\t').replaceAll('\n', '\r\n');
  await send([
    { key: 'chave\nestranha', value: pretty },
    { key: Buffer.from([0xff, 0x00]), value: JSON.stringify(documentOf(line({ id_pedido: '2' }))) },
  ]);
  const report = await consume();
  assert.equal(report.totals.aceitos, 2);
  assert.deepEqual(await orderIds(warehouse), ['1', '2']);
});

test(
  'the same message twice in one batch and again in a later one is one order and two duplicates',
  options,
  async (t) => {
    const { client, send, consume } = await bench(t);
    const record = orderRecord({ id_pedido: '1' });
    const bad = { key: 'loja:x', value: 'nada' };
    await send([record, record, bad, bad]);
    const first = await consume();
    await send([record, bad]);
    const second = await consume();
    assert.deepEqual([first.totals.aceitos, first.totals.rejeitados, first.totals.duplicados], [1, 1, 2]);
    assert.deepEqual([second.totals.lidos, second.totals.duplicados], [2, 2]);
    await assertSound(client);
  },
);

test('the time at which an order was first read is the header, else the time of the record', options, async (t) => {
  const { warehouse, send, consume } = await bench(t);
  const sentAt = Date.now();
  const undated = { ...line({ id_pedido: '2' }), atualizado_em: '' };
  await send([
    orderRecord({ id_pedido: '1' }),
    { key: 'loja:2', value: JSON.stringify(documentOf(undated)), headers: { recebido_em: 'ontem' } },
  ]);
  await consume();
  assert.equal((await warehouse.order('1'))['recebido_em'], '2026-11-01 12:00:00+00');
  const second = await warehouse.order('2');
  const readAt = Date.parse(`${second['recebido_em']?.replace(' ', 'T')}:00`);
  assert.ok(readAt >= sentAt - 1000 && readAt <= Date.now() + 1000, `${second['recebido_em']} is when it was sent`);
  assert.deepEqual([second['atualizado_em'], second['atualizado_em_estimado']], [second['recebido_em'], 't']);
});

test(
  'a message of an unknown major version stops the consumer after everything before it is loaded',
  options,
  async (t) => {
    const { warehouse, send, consume } = await bench(t);
    await send([
      orderRecord({ id_pedido: '1' }),
      { ...orderRecord({ id_pedido: '2' }), headers: { contrato: 'pedido', versao: '1.3' } },
      { ...orderRecord({ id_pedido: '3' }), headers: { contrato: 'pedido', versao: '2' } },
      orderRecord({ id_pedido: '4' }),
    ]);
    assert.equal(await codeOf(consume()), 'CONTRACT_UNKNOWN');
    assert.equal(await codeOf(consume()), 'CONTRACT_UNKNOWN');
    assert.deepEqual(await orderIds(warehouse), ['1', '2']);
    assert.deepEqual(await warehouse.query('SELECT posicao FROM esteira.posicoes'), [{ posicao: '2' }]);
    const incidents = await warehouse.query('SELECT tipo, detalhes->>$1 AS versao FROM esteira.incidentes', ['versao']);
    assert.deepEqual(incidents, [{ tipo: 'CONTRATO_DESCONHECIDO', versao: '2' }]);
    assert.deepEqual(await warehouse.rejected(), []);
  },
);

test(
  'a topic that was deleted and created again stops the group until it is told where to begin',
  options,
  async (t) => {
    const { topic, warehouse, client, send, consume } = await bench(t);
    await send(numbered(1, 3).map((id) => orderRecord({ id_pedido: id })));
    await consume();
    await deleteTopic(broker, topic);
    await waitFor(async () => {
      await createTopic(broker, topic, 1);
    });
    await send(numbered(3, 9).map((id) => orderRecord({ id_pedido: id })));
    assert.equal(await codeOf(consume()), 'TOPIC_REPLACED');
    assert.deepEqual(await orderIds(warehouse), ['1', '2', '3']);
    const report = await consume({ from: { kind: 'earliest' } });
    assert.deepEqual([report.totals.aceitos, report.totals.duplicados], [6, 1]);
    const incidents = await warehouse.query('SELECT tipo FROM esteira.incidentes ORDER BY id_incidente');
    assert.deepEqual(incidents, [{ tipo: 'TOPICO_TROCADO' }, { tipo: 'POSICAO_ALTERADA' }]);
    await assertSound(client);
  },
);

test(
  'a position that the topic does not reach stops the group with an incident, and is never reset',
  options,
  async (t) => {
    const { warehouse, client, send, consume } = await bench(t);
    await send(numbered(1, 3).map((id) => orderRecord({ id_pedido: id })));
    await consume();
    await client.query(`UPDATE esteira.posicoes SET posicao = '900'`);
    assert.equal(await codeOf(consume()), 'POSITION_LOST');
    assert.deepEqual(await warehouse.query('SELECT posicao FROM esteira.posicoes'), [{ posicao: '900' }]);
    const [incident] = await warehouse.query(
      `SELECT tipo, detalhes->>'posicao' AS posicao, detalhes->>'inicio' AS inicio, detalhes->>'fim' AS fim FROM esteira.incidentes`,
    );
    assert.deepEqual(incident, { tipo: 'POSICAO_FORA_DO_TOPICO', posicao: '900', inicio: '0', fim: '3' });
  },
);

test(
  'messages that retention deleted before they were read stop the group, with the exact range on record',
  options,
  async (t) => {
    const { topic, warehouse, send, consume } = await bench(t);
    await send(numbered(1, 3).map((id) => orderRecord({ id_pedido: id })));
    await consume();
    await send(numbered(4, 10).map((id) => orderRecord({ id_pedido: id })));
    await deleteBefore(broker, topic, 7n);
    await assert.rejects(consume(), (error: EsteiraError) => {
      assert.equal(error.code, 'POSITION_LOST');
      assert.match(error.why, /offsets 3 to 6 were deleted/);
      return true;
    });
    const [incident] = await warehouse.query(
      `SELECT detalhes->>'posicao' AS posicao, detalhes->>'inicio' AS inicio FROM esteira.incidentes`,
    );
    assert.deepEqual(incident, { posicao: '3', inicio: '7' });
    assert.deepEqual(await orderIds(warehouse), ['1', '2', '3']);
  },
);

test('a topic is read over TLS with user and password, and a wrong password is refused at once', options, async (t) => {
  const { warehouse, topic, send, consume } = await bench(t);
  await send(numbered(1, 3).map((id) => orderRecord({ id_pedido: id })));
  const kafka = await sharedKafka();
  const secure = (password: string): BrokerSettings => ({
    bootstrap: [kafka.secureBootstrap ?? ''],
    tls: { ca: kafkaAuthority(kafka) },
    sasl: { mechanism: 'SCRAM-SHA-512', username: KAFKA_USER.name, password },
  });
  assert.equal(await codeOf(consume({ broker: secure('errada') })), 'BROKER_REFUSED');
  const report = await consume({ broker: secure(KAFKA_USER.password), group: `${topic}_seguro` });
  assert.equal(report.totals.aceitos, 3);
  assert.deepEqual(await orderIds(warehouse), ['1', '2', '3']);
});

test(
  'health and metrics tell what was read, and that a consumer without partitions is not ready',
  options,
  async (t) => {
    const { topic, send, consume } = await bench(t, 2);
    await send([orderRecord({ id_pedido: '1' }), orderRecord({ id_pedido: '2' }, {}, 1), { key: null, value: 'x' }]);
    const metrics = new ConsumeMetrics('g "1"');
    const server = await startHealthServer(0, metrics);
    t.after(() => server.close());
    const ask = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${server.port}${path}`);
    assert.deepEqual(
      [(await ask('/healthz')).status, (await ask('/readyz')).status, (await ask('/x')).status],
      [200, 503, 404],
    );
    await consume({ onProgress: (progress) => metrics.observe(progress) });
    assert.equal((await ask('/readyz')).status, 200);
    const text = await (await ask('/metrics')).text();
    for (const sample of [
      'esteira_consume_messages_total{grupo="g \\"1\\""} 3',
      'esteira_consume_events_total{grupo="g \\"1\\"",resultado="aceitos"} 2',
      'esteira_consume_events_total{grupo="g \\"1\\"",resultado="rejeitados"} 1',
      `esteira_consume_lag_messages{grupo="g \\"1\\"",topico="${topic}",particao="0"} 0`,
    ])
      assert.ok(text.split('\n').includes(sample), `${sample} in\n${text}`);
  },
);

test('the lag of a consumer counts what it has gathered, however long the load takes', options, async (t) => {
  const { topic, client, send, consume } = await bench(t);
  await send(numbered(1, 3).map((id) => orderRecord({ id_pedido: id })));
  const metrics = new ConsumeMetrics('g');
  const lag = (): string | undefined => /lag_messages\{.*\} (\d+)/.exec(metrics.metrics())?.[1];
  const stop = new AbortController();
  const running = consume({
    untilEnd: false,
    signal: stop.signal,
    onProgress: (progress) => metrics.observe(progress),
  });
  t.after(async () => {
    stop.abort();
    await running;
  });
  await waitFor(() => Promise.resolve(assert.equal(lag(), '0')));
  // whoever loads must wait
  await client.query('BEGIN; LOCK TABLE pedidos IN ACCESS EXCLUSIVE MODE');
  await send(numbered(4, 5).map((id) => orderRecord({ id_pedido: id })));
  await waitFor(() => Promise.resolve(assert.equal(lag(), '2')));
  await client.query('ROLLBACK');
  await waitFor(() => Promise.resolve(assert.equal(lag(), '0')));
  assert.match(metrics.metrics(), /^esteira_consume_ready\{grupo="g"\} 1$/m, topic);
});

test(
  'status shows each partition with what is left to read, the last batch and the open quarantine',
  options,
  async (t) => {
    const { topic, client, send, consume } = await bench(t, 2);
    await send([orderRecord({ id_pedido: '1' }), { key: null, value: 'x' }]);
    await consume();
    await send([orderRecord({ id_pedido: '2' }, {}, 1)]);
    const status = await readStatus(client, broker);
    assert.deepEqual(
      status.partitions.map(({ topic: name, partition, position, end, lag }) => [name, partition, position, end, lag]),
      [
        [topic, 0, '2', '2', 0],
        [topic, 1, '0', '1', 1],
      ],
    );
    assert.deepEqual(
      [
        status.kafkaProblem,
        status.lastBatch?.source,
        status.lastBatch?.accepted,
        status.lastBatch?.rejected,
        status.quarantine.records,
      ],
      [null, topic, 1, 1, 1],
    );
    // a stream that fills this topic has read 1 of the 3 messages of another one
    const raw = `${topic}_bruto`;
    await createTopic(broker, raw, 2);
    const admin = new TopicAdmin(broker);
    t.after(() => admin.close());
    await sendRecords(
      broker,
      raw,
      ['1', '2', '3'].map((key) => ({ key, value: 'x', headers: {}, partition: 0 })),
    );
    await admin.commitHint(streamGroup(topic), raw, new Map([[0, 1n]]));
    const through = await readStatus(client, broker);
    assert.deepEqual(
      through.partitions.map(({ topic: name, group, partition, position, lag }) => [
        name,
        group,
        partition,
        position,
        lag,
      ]),
      [
        [raw, streamGroup(topic), 0, '1', 2],
        [raw, streamGroup(topic), 1, '0', 0],
        ...status.partitions.map(({ group, partition, position, lag }) => [topic, group, partition, position, lag]),
      ],
    );
    const alone = await readStatus(client, { bootstrap: ['127.0.0.1:9'] });
    assert.deepEqual([alone.partitions[0]?.lag, alone.kafkaProblem === null], [null, false]);
  },
);

test('--from sets the positions on record: an earlier one repeats, a later one skips', options, async (t) => {
  const { warehouse, send, consume } = await bench(t);
  await send(numbered(1, 5).map((id) => orderRecord({ id_pedido: id })));
  const skipped = await consume({ from: { kind: 'offsets', offsets: new Map([[0, 3n]]) } });
  const repeated = await consume({ from: { kind: 'earliest' } });
  const none = await consume({ from: { kind: 'latest' } });
  assert.deepEqual(
    [skipped, repeated, none].map(({ totals }) => [totals.aceitos, totals.duplicados]),
    [
      [2, 0],
      [3, 2],
      [0, 0],
    ],
  );
  const changes = await warehouse.query(
    `SELECT tipo, detalhes->'particoes'->>'0' AS de_para FROM esteira.incidentes ORDER BY id_incidente`,
  );
  assert.deepEqual(
    changes.map((row) => row['de_para']),
    ['["0", "3"]', '["5", "0"]', '["5", "5"]'],
  );
});

test('a position moved behind the back of a consumer makes it read on from there', options, async (t) => {
  const { warehouse, client, send, consume } = await bench(t);
  await send(numbered(1, 40).map((id) => orderRecord({ id_pedido: id })));
  let isMoved = false;
  const report = await consume({
    maxBatch: 10,
    onProgress: (progress) => {
      if (progress.kind !== 'loaded' || isMoved) return;
      isMoved = true;
      void client.query(`UPDATE esteira.posicoes SET posicao = '0'`);
    },
  });
  assert.ok(report.overtakenCount >= 1, 'a batch was thrown away');
  assert.deepEqual(await orderIds(warehouse), numbered(1, 40));
  assert.equal(report.totals.aceitos, 40);
  await assertSound(client);
});

test('two consumers of a group share the partitions and load every message once', options, async (t) => {
  const { warehouse, client, send, consume } = await bench(t, 4);
  await send(numbered(1, 400).map((id) => orderRecord({ id_pedido: id }, {}, Number(id) % 4)));
  const reports = await Promise.all([consume({ maxBatch: 20 }), consume({ maxBatch: 20 })]);
  assert.equal(
    reports.reduce((sum, { totals }) => sum + totals.lidos, 0),
    400,
  );
  assert.deepEqual(await orderIds(warehouse), numbered(1, 400));
  const positions = await warehouse.query('SELECT posicao FROM esteira.posicoes');
  assert.deepEqual(
    positions,
    Array.from({ length: 4 }, () => ({ posicao: '100' })),
  );
  await assertSound(client);
});

test('two groups read a topic into one warehouse and the second adds only duplicates', options, async (t) => {
  const { client, topic, send, consume } = await bench(t);
  await send(numbered(1, 20).map((id) => orderRecord({ id_pedido: id })));
  await consume();
  const second = await consume({ group: `${topic}_outro` });
  assert.deepEqual([second.totals.lidos, second.totals.duplicados], [20, 20]);
  await assertSound(client);
});

test(
  'replay sends quarantined messages through again and resolves those that a mended rule lets pass',
  options,
  async (t) => {
    const { warehouse, client, send, consume } = await bench(t);
    await send([
      orderRecord({ id_pedido: '1', sku: 'SKU-5' }),
      orderRecord({ id_pedido: '2' }),
      { key: null, value: '{' },
    ]);
    await client.query(`ALTER TABLE itens_pedido ADD CONSTRAINT sem_sku_5 CHECK (sku <> 'SKU-5')`);
    const first = await consume();
    assert.deepEqual([first.totals.aceitos, first.totals.rejeitados], [1, 2]);
    await client.query('ALTER TABLE itens_pedido DROP CONSTRAINT sem_sku_5');
    const sent = await replayQuarantine(
      { stores: null, reasons: null, files: null, from: null, to: null, states: ['aberto'] },
      { warehouseUrl: warehouse.database.url, memoryLimit: '256MB', threads: 1, maxOutageMs: 0, mapping: null },
    );
    assert.deepEqual([sent.records, sent.accepted, sent.unreadable], [2, 1, 1]);
    const states: Row[] = await warehouse.query(
      'SELECT deslocamento, situacao FROM pedidos_rejeitados ORDER BY deslocamento',
    );
    assert.deepEqual(states, [
      { deslocamento: '0', situacao: 'resolvido' },
      { deslocamento: '2', situacao: 'aberto' },
    ]);
    assert.deepEqual(await orderIds(warehouse), ['1', '2']);
    await assertSound(client);
  },
);
