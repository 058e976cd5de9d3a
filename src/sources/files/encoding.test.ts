import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeRecord, encodingNamed, EncodingWatch, unfinishedTail } from './encoding.ts';

function watchInBlocks(bytes: Uint8Array, size: number): EncodingWatch {
  const watch = new EncodingWatch();
  for (let at = 0; at < bytes.length; at += size) watch.push(bytes.subarray(at, at + size));
  return watch;
}

test('any text written as UTF-8 is found to be UTF-8, wherever the blocks are cut', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 9 }), (text, size) => {
      assert.deepEqual(watchInBlocks(Buffer.from(text), size).finish(), { encoding: 'utf-8', isDamaged: false });
    }),
  );
});

test('Portuguese text written as windows-1252 is found to be that', () => {
  for (const size of [1, 2, 3, 100]) {
    assert.equal(
      watchInBlocks(Buffer.from('São Paulo; Maceió; coração; R$ 5,00', 'latin1'), size).finish().encoding,
      'windows-1252',
    );
  }
});

test('a NUL byte is found at its place', () => {
  assert.equal(watchInBlocks(Buffer.from('abc\0def'), 2).nulAt, 3);
  assert.equal(watchInBlocks(Buffer.from('abcdef'), 2).nulAt, -1);
});

test('an unfinished character is measured', () => {
  const coffee = Buffer.from('☕');
  assert.deepEqual(
    [0, 1, 2, 3].map((length) => unfinishedTail(coffee.subarray(0, length))),
    [0, 1, 2, 0],
  );
  assert.equal(unfinishedTail(Buffer.from('😀').subarray(0, 3)), 3);
});

test('windows-1252 has letters where ISO 8859-1 has control characters', () => {
  assert.equal(decodeRecord(Uint8Array.of(0x93, 0x80, 0x94), 'windows-1252'), '“€”');
});

test('encodings are known by the names that people use', () => {
  assert.deepEqual(['latin1', 'ISO-8859-1', 'cp1252', 'UTF8', 'utf-16', 'ebcdic'].map(encodingNamed), [
    'windows-1252',
    'windows-1252',
    'windows-1252',
    'utf-8',
    'utf-16le',
    undefined,
  ]);
});
