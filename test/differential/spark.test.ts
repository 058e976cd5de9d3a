// DuckDB and Spark give the same rows, values and reasons for the same input (I7): the demo's 50,000 lines, documents made to be difficult, and
// documents drawn at random.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { duckdbDialect } from '../../src/engines/duckdb/dialect.ts';
import { parseSparkAddress } from '../../src/engines/spark/connect/address.ts';
import { openSparkSession, type SparkSession } from '../../src/engines/spark/connect/session.ts';
import { SPARK_SETTINGS, sparkDialect } from '../../src/engines/spark/dialect.ts';
import { BUCKETS } from '../../src/engines/spark/municipalities.ts';
import { PLANNING_SETTINGS } from '../../src/engines/spark/planning.ts';
import { TREATED_COLUMNS } from '../../src/engines/spark/stream-sql.ts';
import { text } from '../../src/engines/spark/text-literal.ts';
import { municipalityRows } from '../../src/engines/transform/places.ts';
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
    // as a stream has it; run-spark.test.ts compares rows without the planning's settings
    await session.configure({ ...SPARK_SETTINGS, ...PLANNING_SETTINGS });
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
    for await (const letter of session.texts(`SELECT ${sparkDialect[change]('c')} FROM (${letters})`))
      changed.push(letter);
    assert.deepEqual(
      changed,
      reader.getRows().map(([letter]) => letter),
    );
  }
  connection.closeSync();
  instance.closeSync();
});

test(
  'Spark finds every municipality by its name and by its key in its own state, and by nothing else',
  { skip: stackMissing },
  async () => {
    const rows = municipalityRows();
    // What would be found across the end of an entry, were it looked for: some of these fall into the bucket of the two that they name.
    const buckets = Map.groupBy(
      rows.filter((row) => row.principal),
      (row) => crc32(`${row.uf} ${row.nome}`) % BUCKETS,
    );
    const acrossEntries = [...buckets.values()].flatMap((bucket) =>
      bucket.slice(1).map((second, index) => {
        const { uf, nome, codigo_ibge } = bucket[index] ?? second;
        return { uf, nome: `${nome}\t${codigo_ibge}${nome}\n\n${second.uf} ${second.nome}`, chave: '' };
      }),
    );
    assert.ok(acrossEntries.length > 4000);
    const asked = [
      ...rows.map(({ uf, nome, chave }) => ({ uf, nome, chave })),
      ...rows.map(({ nome, chave }) => ({ uf: 'XX', nome, chave })),
      ...acrossEntries,
      { uf: null, nome: 'São Paulo', chave: 'sao paulo' },
      { uf: 'SP', nome: null, chave: null },
    ];
    const table = `SELECT posexplode(from_json(${text(JSON.stringify(asked))}, 'ARRAY<STRUCT<uf: STRING, nome: STRING, chave: STRING>>')) AS (n, q)`;
    const found = (by: 'nome' | 'chave'): string =>
      sparkDialect.municipality('m', { by, uf: 'q.uf', value: `q.${by}` }).found;
    const answers: unknown[] = [];
    for await (const answer of session.texts(
      `SELECT to_json(named_struct('nome', ${found('nome')}, 'chave', ${found('chave')}), map('ignoreNullFields', 'false')) FROM (${table}) ORDER BY n`,
    ))
      answers.push(JSON.parse(answer ?? ''));
    const nobody = { codigo_ibge: null, nome: null };
    const ofRow = ({ codigo_ibge, nome }: (typeof rows)[number]) => ({ codigo_ibge, nome });
    const byName = new Map(rows.filter((row) => row.principal).map((row) => [`${row.uf}/${row.nome}`, ofRow(row)]));
    const byKey = new Map(rows.map((row) => [`${row.uf}/${row.chave}`, ofRow(row)]));
    assert.deepEqual(
      answers,
      asked.map(({ uf, nome, chave }) => ({
        nome: byName.get(`${uf}/${nome}`) ?? nobody,
        chave: byKey.get(`${uf}/${chave}`) ?? nobody,
      })),
    );
    assert.ok(byName.size > 5500 && byKey.size > byName.size);
  },
);
