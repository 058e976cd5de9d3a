// What the machine refuses is told as such: the real errors of a full device and of a database without memory.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import test from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { environmentError } from './environment-error.ts';

/** What a statement fails with in a database of 32 MB that must not use the disk. */
async function failureOf(sql: string): Promise<unknown> {
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '32MB', temp_directory: '', threads: '1' });
  const connection = await instance.connect();
  try {
    return await connection.run(sql).then(
      () => assert.fail('it should have failed'),
      (error: unknown) => error,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const FULL = { skip: process.platform === 'linux' ? false : 'only Linux has a device that is always full' };

test('a full disk is DISK_FULL, whoever was writing', FULL, async () => {
  const fromNode: unknown = await writeFile('/dev/full', 'x').catch((error: unknown) => error);
  const fromDuckdb = await failureOf(
    `COPY (SELECT range FROM range(100000)) TO '/dev/full' (FORMAT csv, USE_TMP_FILE false)`,
  );
  for (const error of [fromNode, fromDuckdb]) assert.equal(environmentError(error)?.code, 'DISK_FULL', String(error));
});

test('a transform without enough memory is MEMORY_SHORT, and names the setting', async () => {
  const error = environmentError(await failureOf('CREATE TABLE t AS SELECT random() AS x FROM range(20000000)'));
  assert.equal(error?.code, 'MEMORY_SHORT');
  assert.match(error.fix, /memory\.limit/);
});

test('anything else stays what it is', () => {
  for (const thrown of [new Error('No space left'), new TypeError('Out of Memory'), null, undefined, 'ENOSPC'])
    assert.equal(environmentError(thrown), null);
});
