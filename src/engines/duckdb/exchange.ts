// Documents on their way to another engine and transformed rows on their way back, as Parquet files in a folder that both see.
// It transforms nothing: what comes back has the columns and types of the transform, or DuckDB refuses it.
import type { DuckDBConnection } from '@duckdb/node-api';
import { ORDER_COLUMNS } from '../../model/contract.ts';
import { transformSql } from '../transform/transform.ts';
import { duckdbDialect } from './dialect.ts';
import { run } from './session.ts';

/** What the transform reads of a document. */
const DOCUMENT_COLUMNS = [
  'ordinal',
  'linha',
  'n_linhas',
  'CAST(copias AS BIGINT) AS copias',
  'problemas',
  'revisao',
  'recebido_em',
  'formato_decimal',
  'formato_data',
  'tem_endereco',
  'itens',
  'pagamentos',
  ...ORDER_COLUMNS,
];
/** Documents that another engine reads as one piece at least: a batch is several pieces of work. */
const ROWS_OF_A_GROUP = 8192;

function literal(path: string): string {
  return `'${path.replaceAll("'", "''")}'`;
}

/** Writes the documents of view `source` to a Parquet file. */
export async function writeDocuments(connection: DuckDBConnection, source: string, path: string): Promise<void> {
  await run(
    connection,
    `COPY (SELECT ${DOCUMENT_COLUMNS.join(', ')} FROM ${source}) TO ${literal(path)} (FORMAT parquet, ROW_GROUP_SIZE ${ROWS_OF_A_GROUP})`,
  );
}

/** Table `target`, shaped like the transform of `source`, from the Parquet files of `folder`, in the order of the documents. */
export async function readTransformed(
  connection: DuckDBConnection,
  source: string,
  target: string,
  folder: string,
): Promise<void> {
  const shape = transformSql(duckdbDialect, source);
  await run(connection, `CREATE OR REPLACE TABLE ${target} AS SELECT * FROM (${shape}) LIMIT 0`);
  await run(
    connection,
    `INSERT INTO ${target} BY NAME SELECT * FROM read_parquet(${literal(`${folder}/*.parquet`)}) ORDER BY ordinal`,
  );
}
