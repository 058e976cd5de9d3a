// What Spark's Kafka client is told, written by hand from the settings of Kafka and the rules of java.io.StreamTokenizer, which reads its JAAS text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kafkaOptions } from './kafka-options.ts';

const bootstrap = ['a:1', 'b:2'];
const sasl = { mechanism: 'SCRAM-SHA-512', username: 'u', password: 'p' } as const;
const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule required';
const jaasOf = (password: string, username = 'u'): string | undefined =>
  kafkaOptions({ bootstrap, sasl: { ...sasl, username, password } }, bootstrap)['kafka.sasl.jaas.config'];

test('each kind of security has its protocol, and nothing that it does not need', () => {
  const servers = { 'kafka.bootstrap.servers': 'a:1,b:2' };
  const authorities = { 'kafka.ssl.truststore.type': 'PEM', 'kafka.ssl.truststore.certificates': 'PEM' };
  const user = {
    'kafka.sasl.mechanism': 'SCRAM-SHA-512',
    'kafka.sasl.jaas.config': `${SCRAM} username="u" password="p";`,
  };
  assert.deepEqual(kafkaOptions({ bootstrap }, bootstrap), servers);
  assert.deepEqual(kafkaOptions({ bootstrap, tls: {} }, bootstrap), { ...servers, 'kafka.security.protocol': 'SSL' });
  assert.deepEqual(kafkaOptions({ bootstrap, tls: { ca: 'PEM' } }, bootstrap), {
    ...servers,
    'kafka.security.protocol': 'SSL',
    ...authorities,
  });
  assert.deepEqual(kafkaOptions({ bootstrap, sasl }, bootstrap), {
    ...servers,
    'kafka.security.protocol': 'SASL_PLAINTEXT',
    ...user,
  });
  assert.deepEqual(kafkaOptions({ bootstrap, sasl, tls: { ca: 'PEM' } }, bootstrap), {
    ...servers,
    'kafka.security.protocol': 'SASL_SSL',
    ...authorities,
    ...user,
  });
});

test('the mechanism chooses the module that proves the password', () => {
  const moduleOf = (mechanism: 'SCRAM-SHA-256' | 'PLAIN') => {
    const options = kafkaOptions({ bootstrap, sasl: { ...sasl, mechanism } }, bootstrap);
    return [options['kafka.sasl.mechanism'], options['kafka.sasl.jaas.config']?.split(' ')[0]];
  };
  assert.deepEqual(moduleOf('SCRAM-SHA-256'), [
    'SCRAM-SHA-256',
    'org.apache.kafka.common.security.scram.ScramLoginModule',
  ]);
  assert.deepEqual(moduleOf('PLAIN'), ['PLAIN', 'org.apache.kafka.common.security.plain.PlainLoginModule']);
});

test('quotes, backslashes and ends of lines of a password are escaped, and nothing else is', () => {
  const expected: Readonly<Record<string, string>> = {
    'a"b': String.raw`a\"b`,
    'a\\b': String.raw`a\\b`,
    'a\\"b': String.raw`a\\\"b`,
    'fim\\': String.raw`fim\\`,
    "d'agua; = // /* ${x} #": "d'agua; = // /* ${x} #",
    'a\nb\rc': String.raw`a\nb\rc`,
    'senha ção': 'senha ção',
  };
  for (const [password, text] of Object.entries(expected))
    assert.equal(jaasOf(password), `${SCRAM} username="u" password="${text}";`);
  assert.equal(jaasOf('p', 'DOMINIO\\"u"'), String.raw`${SCRAM} username="DOMINIO\\\"u\"" password="p";`);
});

test('a broker without a port is given the usual one', () => {
  const hosts = ['kafka', '[::1]', '[::1]:9', '10.0.0.1', 'x:1'];
  assert.equal(
    kafkaOptions({ bootstrap }, hosts)['kafka.bootstrap.servers'],
    'kafka:9092,[::1]:9092,[::1]:9,10.0.0.1:9092,x:1',
  );
});
