// Messages as a stream sends them: orders that were transformed before.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { duckdbDialect } from '../../src/engines/duckdb/dialect.ts';
import { documentsOfJson } from '../../src/engines/duckdb/json-documents.ts';
import { makeLookups } from '../../src/engines/duckdb/lookups.ts';
import { openSession, rows } from '../../src/engines/duckdb/session.ts';
import { transformSql } from '../../src/engines/transform/transform.ts';

/** Headers of a message of a contract, read from the beginning of some raw topic. */
export const headersOf = (contract: string): Record<string, string> => ({
  contrato: contract,
  versao: '1',
  topico_id: '7b1a0f0e-0000-0000-0000-000000000001',
  particao: '0',
  offset: '0',
});

/** Rows of the transform's output as JSON texts, by order number: what a stream sends. */
export async function treatedTexts(t: TestContext, documents: readonly unknown[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-tratados-'));
  const session = await openSession({ folder, memoryLimit: '1GB', threads: 1 });
  t.after(async () => {
    session.close();
    await rm(folder, { recursive: true, force: true });
  });
  const connection = await session.connect();
  await makeLookups(connection);
  const values = documents.map((document) => `(NULL, '${JSON.stringify(document).replaceAll("'", "''")}', NULL)`);
  await connection.run(
    `CREATE TABLE linhas_json AS SELECT * FROM (VALUES ${values.join(', ')}) v (linha, texto, problema)`,
  );
  await documentsOfJson(
    connection,
    { kind: 'contiguous', from: 0, to: documents.length },
    { decimalFormat: null, dateFormat: null, hasAddress: true, receivedAt: '2026-11-01 12:00:00' },
    'documentos',
  );
  const found = await rows<{ texto: string }>(
    connection,
    `SELECT to_json(t)::VARCHAR AS texto FROM (${transformSql(duckdbDialect, 'documentos')}) t ORDER BY ordinal`,
  );
  connection.closeSync();
  return found.map(({ texto }) => texto);
}
