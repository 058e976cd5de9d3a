// `esteira consume` as its users run it: what it tells over HTTP while services come and go, and a cluster that asks for user, password and TLS.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { BrokerSettings } from '../../src/broker/connection.ts';
import { assertEnds, type Program, untilSaid } from '../../src/proof/program.ts';
import { messagesRead, startConsume } from '../support/consume-program.ts';
import { emptyWarehouse } from '../support/load.ts';
import { KAFKA_USER, ownKafka, sharedKafka, stackMissing, testPrefix } from '../support/stack.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { createTopic, orderRecord, sendRecords } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

const options = { skip: stackMissing };

const sendOrders = (broker: BrokerSettings, topic: string, from: number, to: number): Promise<void> =>
  sendRecords(
    broker,
    topic,
    Array.from({ length: to - from + 1 }, (_, n) => orderRecord({ id_pedido: String(from + n) })),
  );

function start(t: TestContext, command: Parameters<typeof startConsume>[0]): Program {
  const program = startConsume(command);
  t.after(() => void program.child.kill('SIGKILL'));
  return program;
}

test('a consumer is ready while it works and not while PostgreSQL or Kafka is away or hangs', options, async (t) => {
  let kafka = await ownKafka();
  t.after(() => kafka.stop());
  const broker = { bootstrap: [kafka.bootstrap] };
  const topic = `${testPrefix()}pedidos`;
  await createTopic(broker, topic, 1);
  const warehouse = await emptyWarehouse(t);
  const url = new URL(warehouse.database.url);
  const way = await startTcpProxy(Number(url.port));
  t.after(() => way.close());
  url.hostname = '127.0.0.1';
  url.port = String(way.port);
  await sendOrders(broker, topic, 1, 10);
  const program = start(t, {
    topic,
    bootstrap: kafka.bootstrap,
    warehouseUrl: url.href,
    args: ['--metrics-port', '0'],
  });
  await untilSaid(program, /metrics at http:/g, 1);
  const [, base = ''] = /metrics at (http:\/\/127\.0\.0\.1:\d+)\/metrics/.exec(program.stderr()) ?? [];
  const ask = async (path: string): Promise<string> => {
    const answer = await fetch(`${base}${path}`);
    return `${answer.status} ${await answer.text()}`;
  };
  const tells = (state: string, ready: 0 | 1, accepted: number): Promise<void> =>
    waitFor(async () => {
      assert.equal(await ask('/readyz'), state);
      const metrics = await ask('/metrics');
      for (const sample of [
        `esteira_consume_ready{grupo="${topic}_g"} ${ready}`,
        `esteira_consume_events_total{grupo="${topic}_g",resultado="aceitos"} ${accepted}`,
      ])
        assert.ok(metrics.split('\n').includes(sample), `${sample} in\n${metrics}`);
      assert.equal(await ask('/healthz'), '200 ok\n', 'waiting is no reason to be started again');
    }, 60_000);
  await tells('200 ok\n', 1, 10);
  // there is nothing to load that could fail
  way.fallSilent();
  await tells('503 waiting for PostgreSQL\n', 0, 10);
  await way.goAway();
  await way.comeBack();
  await tells('200 ok\n', 1, 10);
  assert.match(program.stderr(), /service\.silent.*no answer within 10 s[^]*service\.answers/);
  await way.goAway();
  await sendOrders(broker, topic, 11, 20);
  await tells('503 waiting for PostgreSQL\n', 0, 10);
  await way.comeBack();
  await tells('200 ok\n', 1, 20);
  await kafka.kill();
  await tells('503 waiting for Kafka\n', 0, 20);
  kafka = await ownKafka({ folder: kafka.folder });
  await sendOrders(broker, topic, 21, 30);
  await tells('200 ok\n', 1, 30);
  program.child.kill('SIGTERM');
  await assertEnds(program);
});

test('the settings of the command reach a cluster that asks for user, password and TLS', options, async (t) => {
  const kafka = await sharedKafka();
  const topic = `${testPrefix()}pedidos`;
  await createTopic({ bootstrap: [kafka.bootstrap] }, topic, 1);
  await sendOrders({ bootstrap: [kafka.bootstrap] }, topic, 1, 3);
  const warehouse = await emptyWarehouse(t);
  const run = (settings: Readonly<Record<string, string>>): Program =>
    start(t, {
      topic,
      bootstrap: kafka.secureBootstrap ?? assert.fail('no secure listener'),
      warehouseUrl: warehouse.database.url,
      args: ['--until-end'],
      settings: {
        ESTEIRA_KAFKA_SECURITY: 'sasl_ssl',
        ESTEIRA_KAFKA_SASL_MECHANISM: 'scram-sha-512',
        ESTEIRA_KAFKA_USER: KAFKA_USER.name,
        ESTEIRA_KAFKA_PASSWORD: KAFKA_USER.password,
        ESTEIRA_KAFKA_CA_FILE: join(kafka.folder, 'ca.pem'),
        ...settings,
      },
    });
  for (const wrong of [{ ESTEIRA_KAFKA_PASSWORD: 'uma-senha-errada' }, { ESTEIRA_KAFKA_CA_FILE: '' }]) {
    const { stderr } = await assertEnds(run(wrong), 2);
    assert.match(stderr, /^BROKER_REFUSED /m, JSON.stringify(wrong));
    assert.ok(!/uma-senha/.test(stderr), 'no password in what is printed');
  }
  assert.equal(await messagesRead(warehouse), 0);
  const { stderr } = await assertEnds(run({}));
  assert.ok(!stderr.includes(KAFKA_USER.password));
  assert.equal(await messagesRead(warehouse), 3);
});
