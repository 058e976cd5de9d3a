// The broker layer against a real Kafka: topics, outages, passwords and TLS.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type BrokerSettings, brokerSettings } from '../../src/broker/connection.ts';
import { Producer, type ProducerOptions } from '../../src/broker/producer.ts';
import { TopicAdmin } from '../../src/broker/topics.ts';
import { loadConfig } from '../../src/config/load.ts';
import { EsteiraError } from '../../src/lib/errors.ts';
import { createAuthority } from '../support/certificates.ts';
import { KAFKA_USER, kafkaAuthority, ownKafka, sharedKafka, stackMissing, testPrefix } from '../support/stack.ts';
import { readTopic } from '../support/topic.ts';

function adminOf(t: TestContext, settings: BrokerSettings): TopicAdmin {
  const admin = new TopicAdmin(settings);
  t.after(() => admin.close());
  return admin;
}

const code = (expected: string) => (error: unknown) => error instanceof EsteiraError && error.code === expected;

function openProducer(settings: BrokerSettings, topic: string, more: Partial<ProducerOptions> = {}): Promise<Producer> {
  return Producer.open(settings, { topic, maxMessageBytes: 1_000_000, maxOutageMs: 60_000, ...more });
}

async function addMany(producer: Producer, from: number, count: number): Promise<void> {
  for (let index = from; index < from + count; index++)
    await producer.add({ key: Buffer.from(`loja:${index}`), value: Buffer.from(String(index)), headers: new Map() });
}

test(
  'a topic is created once, with its partitions, and described with the offsets it reaches',
  { skip: stackMissing },
  async (t) => {
    const settings = { bootstrap: [(await sharedKafka()).bootstrap] };
    const admin = adminOf(t, settings);
    const topic = `${testPrefix()}novo`;
    await assert.rejects(admin.describe(topic), code('TOPIC_UNKNOWN'));
    await assert.rejects(openProducer(settings, topic), code('TOPIC_UNKNOWN'));
    assert.equal(await admin.ensure(topic, { partitions: 2, retentionMs: 60_000 }), true);
    assert.equal(await admin.ensure(topic, { partitions: 5, retentionMs: 60_000 }), false);
    const producer = await openProducer(settings, topic);
    await addMany(producer, 0, 10);
    assert.equal(await producer.finish(), 10);
    await producer.close();
    const state = await admin.describe(topic);
    assert.match(state.topicId, /^[0-9a-f-]{36}$/);
    assert.ok(state.clusterId.length > 10);
    assert.deepEqual(
      state.partitions.map(({ partition, earliest }) => [partition, earliest]),
      [
        [0, 0n],
        [1, 0n],
      ],
    );
    assert.equal(
      state.partitions.reduce((sum, { latest }) => sum + latest, 0n),
      10n,
    );
  },
);

test(
  'a topic that was just created can be asked about by whoever asks only once',
  { skip: stackMissing },
  async (t) => {
    const { bootstrap } = await sharedKafka();
    const admin = new TopicAdmin({ bootstrap: [bootstrap] }, 15_000);
    t.after(() => admin.close());
    for (let n = 0; n < 20; n++) {
      const topic = `${testPrefix()}novo`;
      await admin.ensure(topic, { partitions: 3, retentionMs: 60_000 });
      assert.equal((await admin.describe(topic)).partitions.length, 3);
      assert.ok((await admin.maxMessageBytes(topic)) > 0);
    }
  },
);

test('what Kafka refuses to create is said in its own words', { skip: stackMissing }, async (t) => {
  const admin = adminOf(t, { bootstrap: [(await sharedKafka()).bootstrap] });
  await assert.rejects(admin.ensure('nome com espaços', { partitions: 1, retentionMs: 60_000 }), code('TOPIC_REFUSED'));
  await assert.rejects(
    admin.ensure(`${testPrefix()}copias`, { partitions: 1, retentionMs: 60_000, replicas: 3 }),
    (error: unknown) => error instanceof EsteiraError && error.code === 'TOPIC_REFUSED' && /replicat/i.test(error.why),
  );
});

test(
  'user, password and TLS: the right ones get in, and each wrong one is refused at once',
  { skip: stackMissing },
  async (t) => {
    const kafka = await sharedKafka();
    const bootstrap = [kafka.secureBootstrap ?? ''];
    const tls = { ca: kafkaAuthority(kafka) };
    const sasl = { mechanism: 'SCRAM-SHA-512', username: KAFKA_USER.name, password: KAFKA_USER.password } as const;
    const topic = `${testPrefix()}seguro`;
    await adminOf(t, { bootstrap: [kafka.bootstrap] }).ensure(topic, { partitions: 1, retentionMs: 60_000 });
    const good = { bootstrap, tls, sasl };
    const producer = await openProducer(good, topic);
    await addMany(producer, 0, 3);
    await producer.finish();
    await producer.close();
    assert.deepEqual(
      (await readTopic(good, topic)).map(({ value }) => value.toString()),
      ['0', '1', '2'],
    );
    const wrong: Record<string, BrokerSettings> = {
      password: { bootstrap, tls, sasl: { ...sasl, password: 'errada' } },
      authority: { bootstrap, tls: { ca: createAuthority().certificate }, sasl },
      'no authority': { bootstrap, tls: {}, sasl },
    };
    for (const [name, settings] of Object.entries(wrong)) {
      await assert.rejects(adminOf(t, settings).describe(topic), code('BROKER_REFUSED'), name);
      await assert.rejects(openProducer(settings, topic), code('BROKER_REFUSED'), name);
    }
  },
);

test('a certificate for another host is refused', { skip: stackMissing }, async (t) => {
  const kafka = await sharedKafka();
  const port = Number((kafka.secureBootstrap ?? '').split(':')[1]);
  const forwarder = createServer((socket) => {
    const target = connect(port, '127.0.0.1');
    socket.pipe(target).pipe(socket);
    for (const end of [socket, target]) end.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => forwarder.listen(0, '127.0.0.2', resolve));
  t.after(() => void forwarder.close());
  const sasl = { mechanism: 'SCRAM-SHA-512', username: KAFKA_USER.name, password: KAFKA_USER.password } as const;
  // the certificate names 127.0.0.1 and localhost
  const admin = adminOf(t, {
    bootstrap: [`127.0.0.2:${(forwarder.address() as AddressInfo).port}`],
    tls: { ca: kafkaAuthority(kafka) },
    sasl,
  });
  await assert.rejects(admin.describe('qualquer'), code('BROKER_REFUSED'));
});

test('settings that do not fit together are refused before anything is asked', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-broker-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const settings = (env: Record<string, string>): BrokerSettings =>
    brokerSettings(loadConfig({ env: { ESTEIRA_HOME: folder, ...env }, cwd: folder }));
  assert.deepEqual(settings({}), { bootstrap: ['localhost:9092'] });
  assert.throws(() => settings({ ESTEIRA_KAFKA_SECURITY: 'sasl_ssl' }), code('BROKER_SETTING_INVALID'));
  assert.throws(() => settings({ ESTEIRA_KAFKA_PASSWORD: 'x' }), code('BROKER_SETTING_INVALID'));
  assert.throws(
    () => settings({ ESTEIRA_KAFKA_SECURITY: 'ssl', ESTEIRA_KAFKA_CA_FILE: join(folder, 'nada.pem') }),
    code('BROKER_SETTING_INVALID'),
  );
  await writeFile(join(folder, 'ca.pem'), 'PEM');
  assert.deepEqual(
    settings({
      ESTEIRA_KAFKA_BOOTSTRAP: 'a:1, b:2',
      ESTEIRA_KAFKA_SECURITY: 'SASL_SSL',
      ESTEIRA_KAFKA_CA_FILE: join(folder, 'ca.pem'),
      ESTEIRA_KAFKA_USER: 'u',
      ESTEIRA_KAFKA_PASSWORD: 's',
    }),
    {
      bootstrap: ['a:1', 'b:2'],
      tls: { ca: 'PEM' },
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'u', password: 's' },
    },
  );
});

test(
  'a broker that is killed and comes back in the middle of sending loses nothing and doubles nothing',
  { skip: stackMissing },
  async (t) => {
    const kafka = await ownKafka();
    let running = kafka;
    t.after(() => running.stop());
    const settings = { bootstrap: [kafka.bootstrap] };
    const topic = `${testPrefix()}queda`;
    await adminOf(t, settings).ensure(topic, { partitions: 3, retentionMs: 3_600_000 });
    let waits = 0;
    const producer = await openProducer(settings, topic, { maxOutageMs: 180_000, onWait: () => void waits++ });
    t.after(() => producer.close());
    await addMany(producer, 0, 20_000);
    const killed = kafka.kill();
    const adding = addMany(producer, 20_000, 60_000).then(() => producer.finish());
    await killed;
    running = await ownKafka({ folder: kafka.folder });
    assert.equal(await adding, 80_000);
    assert.ok(waits > 0, 'the outage was noticed');
    const records = await readTopic(settings, topic);
    assert.equal(records.length, 80_000);
    assert.equal(new Set(records.map(({ value }) => value.toString())).size, 80_000);
    for (const partition of [0, 1, 2]) {
      const sent = records
        .filter((record) => record.partition === partition)
        .map(({ value }) => Number(value.toString()));
      assert.ok(
        sent.every((value, index) => index === 0 || value > (sent[index - 1] ?? 0)),
        'in the order they were sent',
      );
    }
  },
);

test(
  'a broker that stays away is given up after the outage that was allowed, and at once when asked to stop',
  { skip: stackMissing },
  async (t) => {
    const kafka = await ownKafka();
    t.after(() => kafka.stop());
    const settings = { bootstrap: [kafka.bootstrap] };
    const topic = `${testPrefix()}fora`;
    await adminOf(t, settings).ensure(topic, { partitions: 1, retentionMs: 3_600_000 });
    const stopping = new AbortController();
    const patient = await openProducer(settings, topic, { signal: stopping.signal });
    const brief = await openProducer(settings, topic, { maxOutageMs: 500 });
    await kafka.kill();
    for (const producer of [patient, brief]) await addMany(producer, 0, 1);
    const waiting = patient.finish();
    await assert.rejects(brief.finish(), code('BROKER_UNREACHABLE'));
    stopping.abort();
    await assert.rejects(waiting, { name: 'AbortError' });
    await Promise.all([patient.close(), brief.close()]);
    await assert.rejects(openProducer(settings, topic), code('BROKER_UNREACHABLE'));
  },
);
