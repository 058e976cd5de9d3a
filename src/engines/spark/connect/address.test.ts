// The address of a Spark Connect server: every form that Spark's own clients write, and every one that is refused, above all a token in clear text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EsteiraError } from '../../../lib/errors.ts';
import { parseSparkAddress, showSparkAddress, type SparkAddress } from './address.ts';

const TOKEN = 'segredo-9f3c';

/** With what an address has that says nothing. */
function address(more: Partial<SparkAddress>): SparkAddress {
  return { host: 'spark', port: 15002, useTls: false, token: undefined, userId: 'esteira', headers: {}, ...more };
}

/** Fails unless the address is refused for a reason that matches; no text of the error may hold the token. */
function assertRefused(text: string, why: RegExp): void {
  assert.throws(
    () => parseSparkAddress(text),
    (error) => {
      assert.ok(error instanceof EsteiraError);
      assert.equal(error.code, 'CONFIG_INVALID');
      assert.match(error.why, why, text);
      for (const said of [error.what, error.why, error.fix, error.message, error.stack ?? '', String(error.cause)])
        assert.ok(!said.includes(TOKEN), `${text}: the error shows the token`);
      return true;
    },
    text,
  );
}

test('host, port and what stands in between', () => {
  const forms: Readonly<Record<string, Partial<SparkAddress>>> = {
    'sc://spark': {},
    'sc://spark/': {},
    'sc://spark/;': {},
    'sc://spark:443': { port: 443 },
    'sc://spark:1/': { port: 1 },
    'sc://spark:65535/;': { port: 65_535 },
    'sc://10.0.0.7:15003': { host: '10.0.0.7', port: 15_003 },
    'sc://[::1]': { host: '::1' },
    'sc://[fe80::1:2]:8080/': { host: 'fe80::1:2', port: 8080 },
    'sc://[::ffff:10.0.0.7]:1': { host: '::ffff:10.0.0.7', port: 1 },
    'sc://ação_1.example': { host: 'ação_1.example' },
    'sc://a-b.example.com:443/;use_ssl=true': { host: 'a-b.example.com', port: 443, useTls: true },
  };
  for (const [text, more] of Object.entries(forms)) assert.deepEqual(parseSparkAddress(text), address(more), text);
});

test('an address of any other form is refused', () => {
  const form = /not of the form sc:\/\/host:port/;
  for (const text of [
    '',
    'spark:15002',
    'http://spark:15002',
    'SC://spark',
    'sc:/spark',
    'sc://',
    'sc://:15002',
    'sc://spark:',
    'sc://spark:0',
    'sc://spark:65536',
    'sc://spark:100000',
    'sc://spark:-1',
    'sc://spark:1e3',
    'sc://fe80::1',
    'sc://[fe80::1',
    'sc://[spark]:1',
    'sc://[]:1',
    'sc://[:::]:1',
    'sc://[fe80::1%eth0]:1',
    'sc://spark host',
    `sc://spark?token=${TOKEN}`,
    `sc://spark:1?token=${TOKEN}`,
    `sc://spark#${TOKEN}`,
    `sc://token=${TOKEN}`,
    `sc://spark,${TOKEN}`,
    'sc://spark/caminho',
    'sc://spark:1/caminho;use_ssl=true',
    `sc://spark;token=${TOKEN}`,
    `sc://usuario:${TOKEN}@spark:1`,
    `sc://${TOKEN}@spark:1`,
    ' sc://spark',
    'sc://spark\n',
  ])
    assertRefused(text, form);
});

test('a token implies TLS, and is never sent in clear text to another machine', () => {
  const token = TOKEN;
  assert.deepEqual(parseSparkAddress(`sc://spark/;token=${TOKEN}`), address({ token, useTls: true }));
  assert.deepEqual(parseSparkAddress(`sc://spark/;use_ssl=true;token=${TOKEN}`), address({ token, useTls: true }));
  for (const host of [
    'spark',
    '10.0.0.7',
    '128.0.0.1',
    '[::2]',
    'localhost.example.com',
    '127.0.0.1.example.com',
    '127.0.0.999',
  ])
    assertRefused(`sc://${host}/;token=${TOKEN};use_ssl=false`, /token would be sent in clear text/);
  assertRefused(`sc://spark/;use_ssl=false;token=${TOKEN}`, /token would be sent in clear text/);
});

test('on this machine a token goes without TLS, unless TLS is asked for', () => {
  const token = TOKEN;
  for (const host of ['localhost', '127.0.0.1', '127.9.8.7', '::1']) {
    const text = host.includes(':') ? `[${host}]` : host;
    assert.deepEqual(parseSparkAddress(`sc://${text}/;token=${TOKEN}`), address({ host, token }), host);
    assert.deepEqual(parseSparkAddress(`sc://${text}/;token=${TOKEN};use_ssl=false`), address({ host, token }), host);
    assert.deepEqual(
      parseSparkAddress(`sc://${text}/;token=${TOKEN};use_ssl=true`),
      address({ host, token, useTls: true }),
      host,
    );
  }
});

test('use_ssl is true or false and nothing else', () => {
  assert.deepEqual(parseSparkAddress('sc://spark/;use_ssl=false'), address({}));
  for (const value of ['', 'TRUE', '1', 'yes', ' true'])
    assertRefused(`sc://spark/;use_ssl=${value};token=${TOKEN}`, /use_ssl is true or false/);
});

test('parameters are decoded; the first = parts name and value; the last of a name counts', () => {
  const parsed = parseSparkAddress(
    'sc://spark/;token=a%2Fb%3Bc%3D%20;user_id=Ana%20L%C3%ADma;x-time=1=2;;x-empty=;x-time=3',
  );
  assert.deepEqual(
    parsed,
    address({ token: 'a/b;c= ', useTls: true, userId: 'Ana Líma', headers: { 'x-time': '3', 'x-empty': '' } }),
  );
});

test('a % that encodes nothing is refused', () => {
  for (const value of ['%', '%2', '%zz', '%C3', `%${TOKEN}`])
    assertRefused(`sc://spark/;token=${TOKEN};x=${value}`, /% that encodes nothing/);
});

test('further parameters become headers; those of Spark that mean nothing here do not', () => {
  const parsed = parseSparkAddress('sc://spark/;user_agent=x;session_id=y;X_Region-1=sul');
  assert.deepEqual(parsed, address({ headers: { 'X_Region-1': 'sul' } }));
});

test('what has no name, or a name that no header can have, is refused', () => {
  for (const part of ['solto', '=valor', `=${TOKEN}`])
    assertRefused(`sc://spark/;token=${TOKEN};${part}`, /not of the form key=value/);
  for (const name of ['a b', 'ação', 'x:y', 'x/y', `${TOKEN} `])
    assertRefused(`sc://spark/;token=${TOKEN};${name}=1`, /name that cannot be a header/);
});

test('a value that cannot be sent as a header is refused', () => {
  for (const value of ['a%0Ab', 'a%0D', '%00', 'a%7Fb', 'ação', '%F0%9F%98%80'])
    for (const name of ['x-region', 'token'])
      assertRefused(`sc://spark/;${name}=${value}`, /value that cannot be a header/);
});

test('an address is shown without anything but host and port', () => {
  for (const [text, shown] of [
    [`sc://spark:443/;token=${TOKEN};x=${TOKEN};user_id=${TOKEN}`, 'sc://spark:443'],
    [`sc://[::1]/;token=${TOKEN}`, 'sc://[::1]:15002'],
  ] as const)
    assert.equal(showSparkAddress(parseSparkAddress(text)), shown);
});
