import assert from 'node:assert/strict';
import { it } from 'node:test';
import { murmur2, partitionOf } from './partition.ts';

// Vectors of Apache Kafka's own test of its Java client (UtilsTest.testMurmur2).
const PUBLISHED: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

for (const [text, hash] of PUBLISHED) {
  it(`murmur2 of ${JSON.stringify(text)} is what Kafka publishes`, () => {
    assert.equal(murmur2(Buffer.from(text)), hash);
  });
}

it('the partition drops the sign bit, as Java does', () => {
  // -973932308 & 0x7fffffff = 1173551340; 1173551340 mod 7 = 1
  assert.equal(partitionOf(Buffer.from('21'), 7), 1173551340 % 7);
  assert.equal(partitionOf(Buffer.from('abc'), 10), 7);
});
