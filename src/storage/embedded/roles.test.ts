import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { scramVerifier } from './roles.ts';

// the exchange printed in RFC 7677, section 3
const SALT = 'W22ZaJ0SNY7soEsUEjb6gQ==';
const AUTH_MESSAGE =
  'n=user,r=rOprNGfwEbeRWgbNEkqO,' +
  `r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=${SALT},i=4096,` +
  'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
const SERVER_SIGNATURE = '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

test('the verifier of a password gives the server signature of RFC 7677', () => {
  const verifier = scramVerifier('pencil', Buffer.from(SALT, 'base64'), 4096);
  const [head, keys] = [verifier.slice(0, verifier.lastIndexOf('$')), verifier.slice(verifier.lastIndexOf('$') + 1)];
  assert.equal(head, `SCRAM-SHA-256$4096:${SALT}`);
  const serverKey = Buffer.from(keys.split(':')[1] ?? '', 'base64');
  assert.equal(createHmac('sha256', serverKey).update(AUTH_MESSAGE).digest('base64'), SERVER_SIGNATURE);
});
