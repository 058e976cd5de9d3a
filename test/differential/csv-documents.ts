// Support of the differential tests: the orders of a CSV file as JSON documents, one text each, as they travel through Kafka.
import { DuckDBInstance } from '@duckdb/node-api';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { groupSlice, planSlices } from '../../src/engines/duckdb/documents.ts';
import { fieldsInside, LISTS, OBJECTS, TOP_FIELDS } from '../../src/engines/transform/document-shape.ts';
import { expandInputs, stageFile } from '../../src/sources/files/index.ts';

/** The documents of a file, every value a text. */
export async function documentsOfCsv(path: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-documents-'));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const [input] = await expandInputs([path]);
    if (input === undefined) throw new Error(`no file ${path}`);
    const staged = await stageFile(connection, input, { tempDir: folder });
    const facts = { decimalFormat: null, dateFormat: null, hasAddress: true, receivedAt: '2026-11-20 12:00:00' };
    const documents: string[] = [];
    for (const slice of await planSlices(connection, 100_000)) {
      await groupSlice(connection, slice, facts, 'documentos');
      const object = (names: readonly string[], alias = ''): string =>
        `{${names.map((name) => `'${name}': ${alias}${name}`).join(', ')}}`;
      const cells = [
        ...TOP_FIELDS,
        ...OBJECTS.map((name) => `${object(fieldsInside(name))} AS ${name}`),
        ...Object.entries(LISTS).map(
          ([name, fields]) => `list_transform(${name}, lambda x: ${object(fields, 'x.')}) AS ${name}`,
        ),
      ];
      const reader = await connection.runAndReadAll(
        `SELECT CAST(to_json(t) AS VARCHAR) FROM (SELECT ${cells.join(', ')} FROM documentos ORDER BY ordinal) t`,
      );
      for (const [text] of reader.getRowsJson()) documents.push(text as string);
    }
    await staged.close();
    return documents;
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
}
