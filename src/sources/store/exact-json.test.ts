// Long integers keep their digits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExactJson } from './exact-json.ts';

test('an integer beyond 2^53 becomes text, everything else is what JSON.parse gives', () => {
  assert.deepEqual(parseExactJson('[9007199254740993, -12345678901234567890, 9007199254740991, 2000009876543210]'), [
    '9007199254740993',
    '-12345678901234567890',
    9_007_199_254_740_991,
    2_000_009_876_543_210,
  ]);
  assert.deepEqual(parseExactJson('{"a":1.5,"b":"12345678901234567890","c":[null,true]}'), {
    a: 1.5,
    b: '12345678901234567890',
    c: [null, true],
  });
  assert.throws(() => parseExactJson('{"a":'), SyntaxError);
});
