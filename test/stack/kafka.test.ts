// The Kafka launcher with a real broker: kill -9, broken-off starts, taken ports, passwords and TLS.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BrokerSettings } from '../../src/broker/connection.ts';
import { Producer } from '../../src/broker/producer.ts';
import { TopicAdmin, type TopicState } from '../../src/broker/topics.ts';
import { EsteiraError } from '../../src/lib/errors.ts';
import { findKafka } from '../../src/stack/kafka.ts';
import { createAuthority } from '../support/certificates.ts';
import { temporaryHome } from '../support/postgres.ts';
import { KAFKA_USER, kafkaAuthority, ownKafka, sharedKafka, stackMissing, testPrefix } from '../support/stack.ts';

async function withAdmin<T>(settings: BrokerSettings, work: (admin: TopicAdmin) => Promise<T>): Promise<T> {
  const admin = new TopicAdmin(settings);
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

const describe = (settings: BrokerSettings, topic: string): Promise<TopicState> =>
  withAdmin(settings, (admin) => admin.describe(topic));

async function send(settings: BrokerSettings, topic: string, count: number): Promise<void> {
  const producer = await Producer.open(settings, { topic, maxMessageBytes: 1_000_000, maxOutageMs: 30_000 });
  for (let index = 0; index < count; index++) {
    await producer.add({ key: Buffer.from(`k${index}`), value: Buffer.from('{}'), headers: new Map() });
  }
  await producer.finish();
  await producer.close();
}

const recordCount = ({ partitions }: TopicState): bigint =>
  partitions.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0n);

test(
  'a broker killed with kill -9 comes back at the same address with its topics and records, and stops cleanly',
  {
    skip: stackMissing,
  },
  async () => {
    // a path as people have them
    const folder = join(temporaryHome(), 'stack', 'Kafka da São João');
    // what a start leaves that was killed while it formatted the storage
    mkdirSync(join(folder, 'data.new'), { recursive: true });
    writeFileSync(join(folder, 'data.new', 'meta.properties'), 'version=1\n');
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data', 'bootstrap.checkpoint'), '');

    const first = await ownKafka({ folder });
    assert.equal(first.startedNow, true);
    const settings = { bootstrap: [first.bootstrap] };
    await withAdmin(settings, (admin) => admin.ensure('pedidos', { partitions: 3, retentionMs: 3_600_000 }));
    await send(settings, 'pedidos', 100);
    const before = await describe(settings, 'pedidos');
    assert.equal(recordCount(before), 100n);

    await first.kill();
    assert.equal(await findKafka(folder), undefined);
    const second = await ownKafka({ folder });
    assert.equal(second.startedNow, true);
    assert.notEqual(second.pid, first.pid);
    assert.equal(second.bootstrap, first.bootstrap);
    assert.deepEqual(await describe(settings, 'pedidos'), before);

    const third = await ownKafka({ folder });
    assert.deepEqual([third.startedNow, third.pid], [false, second.pid]);
    await third.stop();
    assert.equal(await findKafka(folder), undefined);
    assert.ok(existsSync(join(folder, 'data', 'meta.properties')));
  },
);

test(
  'a client with the right authority and password is served; another authority or password is refused',
  {
    skip: stackMissing,
  },
  async () => {
    const kafka = await sharedKafka();
    assert.ok(kafka.secureBootstrap);
    const topic = `${testPrefix()}segredos`;
    const sasl = { mechanism: 'SCRAM-SHA-512', username: KAFKA_USER.name, password: KAFKA_USER.password } as const;
    const good: BrokerSettings = { bootstrap: [kafka.secureBootstrap], tls: { ca: kafkaAuthority(kafka) }, sasl };
    await withAdmin(good, (admin) => admin.ensure(topic, { partitions: 1, retentionMs: 3_600_000 }));
    await send(good, topic, 3);
    assert.equal(recordCount(await describe(good, topic)), 3n);

    const isRefused = (error: unknown): boolean => error instanceof EsteiraError && error.code === 'BROKER_REFUSED';
    await assert.rejects(describe({ ...good, sasl: { ...sasl, password: 'outra' } }, topic), isRefused);
    await assert.rejects(describe({ ...good, tls: { ca: createAuthority().certificate } }, topic), isRefused);
  },
);

test('a port that another program uses is named, and nothing is started', { skip: stackMissing }, async (t) => {
  const other = createServer();
  t.after(() => other.close());
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  assert.ok(address !== null && typeof address === 'object');
  const folder = join(temporaryHome(), 'stack', 'kafka');
  await assert.rejects(ownKafka({ folder, port: address.port }), (error: unknown) => {
    assert.ok(error instanceof EsteiraError);
    assert.equal(error.code, 'STACK_PORT_TAKEN');
    assert.match(error.what, new RegExp(`port ${address.port}`));
    assert.match(error.why, /^Another program/);
    return true;
  });
  assert.equal(existsSync(join(folder, 'data')), false);
});

test('a broker that is only slow to answer is waited for, not killed', { skip: stackMissing }, async (t) => {
  const kafka = await ownKafka();
  t.after(() => {
    process.kill(kafka.pid, 'SIGCONT');
    return kafka.stop();
  });
  process.kill(kafka.pid, 'SIGSTOP');
  // The last of its threads stops a moment after the signal was sent.
  const end = performance.now() + 5000;
  while ((await findKafka(kafka.folder)) !== undefined) assert.ok(performance.now() < end, 'it still answers');
  const again = ownKafka({ folder: kafka.folder });
  process.kill(kafka.pid, 'SIGCONT');
  assert.deepEqual([(await again).pid, (await again).startedNow], [kafka.pid, false]);
});
