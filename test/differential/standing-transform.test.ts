// The transform that is planned once, before it has seen a row, gives what the transform planned for each batch gives: for batches that differ as much
// as they can, since a plan that had been made for the first of them would be wrong for the next.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { duckdbDialect } from '../../src/engines/duckdb/dialect.ts';
import { documentsOfMessages } from '../../src/engines/duckdb/json-documents.ts';
import { makeLookups } from '../../src/engines/duckdb/lookups.ts';
import { MessageLines } from '../../src/engines/duckdb/message-lines.ts';
import { rejectedSelect } from '../../src/engines/duckdb/quarantine-rows.ts';
import { openSession, rows, run } from '../../src/engines/duckdb/session.ts';
import { MESSAGE_READING, StandingTransform } from '../../src/engines/duckdb/standing-transform.ts';
import { transformSql } from '../../src/engines/transform/transform.ts';
import { drawnDocuments } from './drawn-documents.ts';
import { hostileDocuments } from './hostile-documents.ts';

const END = 1_000_000;

test('a transform planned once gives the rows of one planned for each batch, in batches of every kind', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-standing-'));
  const session = await openSession({ folder, memoryLimit: '1GB', threads: 0 });
  t.after(async () => {
    session.close();
    await rm(folder, { recursive: true, force: true });
  });
  const connection = await session.connect();
  await makeLookups(connection);
  const standing = new StandingTransform(session);
  const hostile = hostileDocuments();
  const drawn = drawnDocuments(200, 7);
  // large ones, with rejected ones between them: they are transformed in several pieces
  const heavy = drawn.flatMap((text, n) => [
    text.replace(/\}\s*$/, `,"enchimento":"${'x'.repeat(60_000)}"}`),
    hostile[n * 3] ?? '',
  ]);
  assert.ok(heavy.reduce((sum, text) => sum + text.length, 0) > 9_000_000);
  const batches = [
    drawn.slice(0, 1),
    hostile.slice(0, 2000),
    ['', '{}', '42'],
    hostile.slice(2000, 4000),
    [],
    drawn,
    heavy,
    drawn.slice(0, 1),
  ];
  let rejectedCount = 0;
  for (const [index, documents] of batches.entries()) {
    // A catalog thrown away in between must make no difference either.
    if (index === 4) await standing.close();
    const lines = new MessageLines(join(folder, 'lines'));
    documents.forEach((text, offset) =>
      lines.add({
        topic: 'topico',
        partition: 0,
        offset: BigInt(offset),
        key: null,
        value: Buffer.from(text),
        receivedAt: '2026-11-20T12:00:00.000Z',
      }),
    );
    await lines.load(connection, 'lugares');
    await documentsOfMessages(connection, 'documentos', 'lugares', END);
    await run(connection, `CREATE OR REPLACE TABLE planejada AS ${transformSql(duckdbDialect, 'documentos')}`);
    const rejected = rejectedSelect(
      {
        treated: 'planejada',
        documents: 'documentos',
        originals: '(SELECT ordinal, texto AS original FROM lugares)',
        places: 'lugares',
      },
      { ...MESSAGE_READING, sourceName: 'topico' },
    );
    await run(connection, `CREATE OR REPLACE TABLE rejeitados_planejados AS ${rejected}`);
    await run(connection, 'CREATE OR REPLACE TABLE rejeitados_fixos AS SELECT * FROM rejeitados_planejados LIMIT 0');
    await standing.into('fixa', 'rejeitados_fixos', 'lugares', END);
    const read = async (table: string): Promise<string[]> =>
      (
        await rows<{ linha: string }>(
          connection,
          `SELECT CAST(to_json(t) AS VARCHAR) AS linha FROM ${table} t ORDER BY ordinal`,
        )
      ).map(({ linha }) => linha);
    const [expected, actual] = [await read('planejada'), await read('fixa')];
    assert.equal(actual.length, documents.length);
    assert.deepEqual(actual, expected);
    const [expectedRejected, actualRejected] = [await read('rejeitados_planejados'), await read('rejeitados_fixos')];
    assert.deepEqual(actualRejected, expectedRejected);
    rejectedCount += expectedRejected.length;
  }
  assert.ok(rejectedCount > 0);
  await standing.close();
});
