// `--from` against a real topic: times of known records, offsets at the edges of the log and outside of it, and how the command refuses what it cannot read.
import assert from 'node:assert/strict';
import { before, test, type TestContext } from 'node:test';
import type { BrokerSettings } from '../../src/broker/connection.ts';
import { EsteiraError } from '../../src/lib/errors.ts';
import type { ConsumeReport } from '../../src/pipeline/consume/consume.ts';
import { parseFrom } from '../../src/pipeline/consume/from.ts';
import { assertEnds } from '../../src/proof/program.ts';
import { startConsume } from '../support/consume-program.ts';
import { emptyWarehouse, type Row, type Warehouse } from '../support/load.ts';
import { sharedKafka, stackMissing, testPrefix } from '../support/stack.ts';
import { consumeToEnd, createTopic, deleteBefore, orderRecord, sendRecords } from '../support/topics.ts';

const options = { skip: stackMissing };
let broker: BrokerSettings;

before(async () => {
  if (stackMissing === false) broker = { bootstrap: [(await sharedKafka()).bootstrap] };
});

interface Bench {
  readonly topic: string;
  readonly warehouse: Warehouse;
  /** Orders in a partition, each with the time of its record; null: now. */
  readonly send: (partition: number, orders: Readonly<Record<string, string | null>>) => Promise<void>;
  readonly consume: (from: string | null) => Promise<ConsumeReport>;
  readonly positions: () => Promise<Row[]>;
}

async function bench(t: TestContext, partitions: number): Promise<Bench> {
  const topic = `${testPrefix()}pedidos`;
  // records of long ago are to stay
  await createTopic(broker, topic, partitions, { 'retention.ms': '-1' });
  const warehouse = await emptyWarehouse(t);
  return {
    topic,
    warehouse,
    send: (partition, orders) =>
      sendRecords(
        broker,
        topic,
        Object.entries(orders).map(([id, at]) => ({
          ...orderRecord({ id_pedido: id.slice(1) }, {}, partition),
          ...(at === null ? {} : { timestampMs: Date.parse(at) }),
        })),
      ),
    consume: (from) =>
      consumeToEnd(broker, warehouse.database.url, topic, { from: from === null ? null : parseFrom(from) }),
    positions: () =>
      warehouse.query(
        `SELECT split_part(chave, ':', 4) AS particao, posicao FROM esteira.posicoes WHERE chave LIKE 'topico:%' ORDER BY 1`,
      ),
  };
}

async function ordersOf(warehouse: Warehouse): Promise<string> {
  const rows = await warehouse.query('SELECT id_pedido FROM pedidos ORDER BY id_pedido::int');
  return rows.map((row) => row['id_pedido']).join(' ');
}

test('--from a time begins in every partition at the first record of that time or later', options, async (t) => {
  const { warehouse, send, consume } = await bench(t, 3);
  // midnight in São Paulo is 03:00 UTC
  await send(0, {
    '#1': '2026-03-01T02:00:00.000Z',
    '#2': '2026-03-01T02:59:59.999Z',
    '#3': '2026-03-01T03:00:00.000Z',
    '#4': '2026-03-01T03:00:00.001Z',
  });
  await send(1, { '#11': '2026-02-28T00:00:00Z', '#12': '2026-03-01T02:59:59.999Z' });
  await send(2, { '#21': '2026-03-01T04:00:00Z', '#22': '2026-03-01T01:00:00Z', '#23': '2026-03-01T05:00:00Z' });
  const report = await consume('2026-03-01T00:00:00-03:00');
  // of partition 1 nothing is that late; in partition 2 what stands behind the first such record follows, whatever its time
  assert.equal(await ordersOf(warehouse), '3 4 21 22 23');
  assert.equal(report.messageCount, 5);
  const [incident] = await warehouse.query(`SELECT tipo, detalhes->>'particoes' AS de_para FROM esteira.incidentes`);
  assert.deepEqual(incident?.['tipo'], 'POSICAO_ALTERADA');
  assert.deepEqual(JSON.parse(incident?.['de_para'] ?? ''), { 0: ['0', '2'], 1: ['0', '2'], 2: ['0', '0'] });
  await send(1, { '#13': null });
  await consume(null);
  assert.equal(await ordersOf(warehouse), '3 4 13 21 22 23');
});

test('--from a time before all records reads them all, and from one in the future reads none', options, async (t) => {
  const { warehouse, send, consume } = await bench(t, 1);
  await send(0, { '#1': '2026-03-01T02:00:00Z', '#2': '2026-03-01T03:00:00Z' });
  await consume('2999-01-01T00:00:00Z');
  assert.equal(await ordersOf(warehouse), '');
  // -1 and -2 milliseconds are Kafka's words for the end and the beginning
  await consume('1969-12-31T23:59:59.999Z');
  assert.equal(await ordersOf(warehouse), '1 2');
});

test('an offset or a partition that the topic does not have is refused, and no position is set', options, async (t) => {
  const { topic, warehouse, send, consume, positions } = await bench(t, 2);
  await send(0, { '#1': null, '#2': null, '#3': null, '#4': null, '#5': null });
  await send(1, { '#11': null });
  await consume(null);
  await deleteBefore(broker, topic, 2n);
  const stood = await positions();
  assert.deepEqual(stood, [
    { particao: '0', posicao: '5' },
    { particao: '1', posicao: '1' },
  ]);
  for (const [from, what, why] of [
    ['0:6', `Partition 0 of topic ${topic} does not hold offset 6.`, 'It holds offsets 2 to 5.'],
    ['0:1', `Partition 0 of topic ${topic} does not hold offset 1.`, 'It holds offsets 2 to 5.'],
    ['0:3,1:2', `Partition 1 of topic ${topic} does not hold offset 2.`, 'It holds offsets 0 to 1.'],
    ['2:0', `There is no partition 2 in ${topic}.`, ''],
  ] as const) {
    await assert.rejects(consume(from), (error: unknown) => {
      assert.ok(error instanceof EsteiraError);
      assert.deepEqual([error.code, error.what], ['POSITION_LOST', what]);
      assert.ok(error.why.startsWith(why), error.why);
      return true;
    });
  }
  assert.deepEqual(await positions(), stood);
  assert.deepEqual(await warehouse.query('SELECT tipo FROM esteira.incidentes'), []);
  // both ends of the log are in it
  assert.equal((await consume('0:5')).messageCount, 0);
  assert.equal((await consume('0:2')).messageCount, 3);
});

test('the command refuses a --from that it cannot read before it asks for anything', options, async (t) => {
  const { topic, warehouse } = await bench(t, 1);
  const started = startConsume({
    topic,
    // nobody listens there: it must not be asked
    bootstrap: '127.0.0.1:9',
    warehouseUrl: warehouse.database.url,
    args: ['--from', '2026-11-01'],
  });
  const { stderr } = await assertEnds(started, 2);
  assert.match(stderr, /^USAGE  --from 2026-11-01 cannot be understood\.$/m);
  assert.match(stderr, /Fix: Write earliest, latest, a time like 2026-11-01T00:00:00-03:00/);
});
