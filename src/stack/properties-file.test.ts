// Expected texts follow the rules of java.util.Properties.load.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverProperties } from './kafka-properties.ts';
import { propertyText } from './properties-file.ts';

test('backslashes are doubled and letters with accents are written by their number', () => {
  assert.equal(propertyText('C:\\dados\\São João'), 'C:\\\\dados\\\\S\\u00e3o Jo\\u00e3o');
  assert.equal(propertyText('127.0.0.1:9092,a=b'), '127.0.0.1:9092,a=b');
});

test('a broker has its listener with passwords only when it is asked for, and extra settings win', () => {
  const settings = { data: '/d', keyFile: '/k.pem', extra: { 'message.max.bytes': '5' } };
  const open = serverProperties({ ...settings, ports: { client: 1, controller: 2 } });
  assert.match(open, /^listeners=CLIENT:\/\/127\.0\.0\.1:1,CONTROLLER:\/\/127\.0\.0\.1:2$/m);
  assert.doesNotMatch(open, /SASL|k\.pem/);
  assert.deepEqual(open.match(/^message\.max\.bytes=.*$/gm), ['message.max.bytes=5']);
  const secure = serverProperties({ ...settings, ports: { client: 1, controller: 2, secure: 3 } });
  assert.match(secure, /^listener\.security\.protocol\.map=.*SECURE:SASL_SSL$/m);
  assert.match(secure, /^listener\.name\.secure\.ssl\.keystore\.location=\/k\.pem$/m);
});
