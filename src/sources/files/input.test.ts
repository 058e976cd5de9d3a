import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { expandInputs } from './input.ts';

test('paths, folders, patterns and standard input become files, each once, in a stable order', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'esteira input '));
  try {
    await mkdir(join(cwd, 'exports', 'old'), { recursive: true });
    for (const name of ['b.csv', 'a.csv.gz', 'notes.md', '.hidden.csv', 'old/c.jsonl'])
      await writeFile(join(cwd, 'exports', name), 'x');
    await writeFile(join(cwd, 'plain [1]'), 'x');
    const names = async (...args: string[]): Promise<string[]> =>
      (await expandInputs(args, { cwd })).map((input) => input.name);
    assert.deepEqual(await names('exports'), ['a.csv.gz', 'b.csv', 'c.jsonl']);
    assert.deepEqual(await names('exports/*.csv', 'exports', '-'), ['b.csv', 'a.csv.gz', 'c.jsonl', 'standard input']);
    assert.deepEqual(await names('exports/**/*.jsonl'), ['c.jsonl']);
    assert.deepEqual(await names('plain [1]'), ['plain [1]']);
    for (const missing of ['none.csv', 'exports/*.xml']) {
      await assert.rejects(
        names(missing),
        (error: { code?: string; exit?: number }) => error.code === 'FILE_NOT_FOUND' && error.exit === 2,
      );
    }
    await mkdir(join(cwd, 'empty'));
    await assert.rejects(names('empty'), { code: 'FILE_NOT_FOUND' });
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
});
