// DuckDB and Spark give the same rows, values and reasons for the same input (I7): the demo's 50,000 lines, documents made to be difficult, and
// documents drawn at random.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { duckdbDialect } from '../../src/engines/duckdb/dialect.ts';
import { parseSparkAddress } from '../../src/engines/spark/connect/address.ts';
import { openSparkSession, type SparkSession } from '../../src/engines/spark/connect/session.ts';
import { SPARK_SETTINGS, sparkDialect } from '../../src/engines/spark/dialect.ts';
import { TREATED_COLUMNS } from '../../src/engines/spark/stream-sql.ts';
import { makeLookups } from '../../src/engines/spark/lookups.ts';
import { sharedSpark, stackMissing } from '../support/stack.ts';
import { documentsOfCsv } from './csv-documents.ts';
import { drawnDocuments } from './drawn-documents.ts';
import { differences, throughBoth } from './engines.ts';
import { hostileDocuments } from './hostile-documents.ts';

const seed = Number(process.env['ESTEIRA_TEST_SEED'] ?? Date.now() % 1_000_000);
let session: SparkSession;
let folder: string;

before(
  async () => {
    if (stackMissing) return;
    folder = await mkdtemp(join(tmpdir(), 'esteira-differential-'));
    session = openSparkSession(parseSparkAddress((await sharedSpark()).url));
    await session.configure(SPARK_SETTINGS);
    await makeLookups(session);
  },
  { timeout: 600_000 },
);
after(async () => {
  if (stackMissing) return;
  await session.close();
  await rm(folder, { recursive: true, force: true });
});

async function assertSame(documents: readonly string[]): Promise<void> {
  const outcome = await throughBoth(session, documents, folder);
  // The stream names the columns it writes; none may be forgotten when the transform gets a new one.
  assert.deepEqual(Object.keys(outcome.duckdb[0] ?? {}).toSorted(), TREATED_COLUMNS.toSorted());
  assert.equal(outcome.duckdb.length, documents.length);
  assert.deepEqual([...differences(outcome)], []);
}

test('the 50,000 lines of the demo come out of both engines alike', { skip: stackMissing }, async () => {
  await assertSame(await documentsOfCsv(join(import.meta.dirname, '..', '..', 'data', 'pedidos.csv')));
});

test(
  'so do documents with every bad text in every field and every kind of broken JSON',
  { skip: stackMissing },
  async () => {
    await assertSame(hostileDocuments());
  },
);

test(`so do 300 orders drawn at random (ESTEIRA_TEST_SEED=${seed})`, { skip: stackMissing }, async () => {
  await assertSame(drawnDocuments(300, seed));
});

test('both engines agree on upper and lower case of every letter', { skip: stackMissing }, async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const isLetter = (code: string): string => `${code} < 55296 OR ${code} > 57343`;
  for (const change of ['upper', 'lower'] as const) {
    const reader = await connection.runAndReadAll(
      `SELECT ${duckdbDialect[change]('chr(x)')} FROM (SELECT CAST(unnest(range(1, 131072)) AS INTEGER) AS x) WHERE ${isLetter('x')}`,
    );
    const letters = `SELECT id, decode(unhex(lpad(hex(id), 8, '0')), 'UTF-32') AS c FROM range(1, 131072, 1, 1) WHERE ${isLetter('id')}`;
    const changed: (string | null)[] = [];
    for await (const text of session.texts(`SELECT ${sparkDialect[change]('c')} FROM (${letters})`)) changed.push(text);
    assert.deepEqual(
      changed,
      reader.getRows().map(([text]) => text),
    );
  }
  connection.closeSync();
  instance.closeSync();
});
