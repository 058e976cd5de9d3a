// Folders are made with those above them, and what cannot be made is refused instead of tried for ever.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { makeFolder } from './make-folder.ts';

test('a folder is made with those above it, all with the mode given, and making it again changes nothing', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'esteira-folder-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const path = join(root, 'a', 'b', 'c');
  for (let round = 0; round < 2; round++) {
    makeFolder(path, 0o700);
    for (const parts of [['a'], ['a', 'b'], ['a', 'b', 'c']])
      assert.equal(statSync(join(root, ...parts)).mode & 0o777, 0o700, parts.join('/'));
  }
  writeFileSync(join(root, 'file'), '');
  assert.throws(() => makeFolder(join(root, 'file')), { code: 'EEXIST' });
  assert.throws(() => makeFolder(join(root, 'file', 'below')), { code: 'ENOTDIR' });
});

test(
  'a file system that takes no folders is an error',
  { skip: process.platform === 'linux' ? false : 'only Linux has /proc', timeout: 10_000 },
  () => {
    assert.throws(() => makeFolder('/proc/esteira/below'), { code: 'ENOENT' });
  },
);
