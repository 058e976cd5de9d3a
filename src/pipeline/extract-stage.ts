// One batch of a store's documents, put into DuckDB and prepared for the loader: the same transform as for JSON lines in a file.
// It never asks a store and never touches the warehouse.
import { DuckDBDataChunk, INTEGER, VARCHAR, type DuckDBConnection } from '@duckdb/node-api';
import { prepareBatch, type BatchOrigin } from '../engines/duckdb/batch.ts';
import type { FileFacts } from '../engines/duckdb/documents.ts';
import { documentsOfJson } from '../engines/duckdb/json-documents.ts';
import { run, type Session } from '../engines/duckdb/session.ts';
import type { PreparedBatch } from '../model/batch.ts';

/** What a batch of a store is called, where it stands and when it was read. */
export interface StoreBatch extends Pick<BatchOrigin, 'id' | 'sourceId' | 'moves'> {
  readonly loja: string;
  /** JSON texts in the nested shape of contract `pedido` v1. */
  readonly documents: readonly string[];
  /** Fixed for the batch, however often it is tried: what "future" means for its orders. */
  readonly receivedAt: Date;
}

/** Rows that one data chunk of DuckDB holds. */
const CHUNK_ROWS = 2048;
const PREFIX = 'loja_lote';

/** Transforms the documents. One batch at a time in a session: drop it before the next is prepared. */
export async function prepareStoreBatch(session: Session, batch: StoreBatch): Promise<PreparedBatch> {
  const connection = await session.connect();
  const source = `${PREFIX}_documentos`;
  await makeStoreDocuments(connection, batch, source);
  return prepareBatch(session, connection, PREFIX, source, {
    id: batch.id,
    sourceId: batch.sourceId,
    moves: batch.moves,
    // An order comes again in a later batch whenever it changes.
    isDisjoint: false,
    sourceName: batch.loja,
    // The documents have the form of our own JSON lines: that is how a quarantined one is read again.
    format: 'jsonl',
    profile: 'esteira',
    header: null,
    loadOriginals: (on, prefix) => loadStoreOriginals(on, `${prefix}_originais`, `${prefix}_rejeitados_escritos`),
  });
}

/** Makes view `source`, shaped like `documentos`, of the documents of a store; only one at a time in a session. */
export async function makeStoreDocuments(
  connection: DuckDBConnection,
  { loja, documents, receivedAt }: Pick<StoreBatch, 'loja' | 'documents' | 'receivedAt'>,
  source: string,
): Promise<void> {
  await stageDocuments(connection, documents);
  const slice = { kind: 'contiguous', from: 0, to: documents.length - 1 } as const;
  await documentsOfJson(connection, slice, storeFacts(receivedAt), `${source}_lidos`);
  // What is no order document names no store, but it is known where it came from.
  const ownStore = `CASE WHEN problemas IS NOT NULL THEN '${loja.replaceAll("'", "''")}' ELSE loja END`;
  await run(
    connection,
    `CREATE OR REPLACE VIEW ${source} AS SELECT * REPLACE (${ownStore} AS loja) FROM ${source}_lidos`,
  );
}

/** What holds for every document of a store: they are written as the contract says. */
export function storeFacts(receivedAt: Date): FileFacts {
  return {
    decimalFormat: null,
    dateFormat: null,
    hasAddress: true,
    receivedAt: receivedAt.toISOString().slice(0, 23).replace('T', ' '),
  };
}

/** Table `linhas_json`, as for a file, without line numbers. */
async function stageDocuments(connection: DuckDBConnection, documents: readonly string[]): Promise<void> {
  await run(connection, 'CREATE OR REPLACE TABLE linhas_json (linha BIGINT, texto VARCHAR, problema VARCHAR)');
  await run(connection, 'CREATE OR REPLACE TABLE linhas_recebidas (n INTEGER, texto VARCHAR)');
  const appender = await connection.createAppender('linhas_recebidas');
  for (let from = 0; from < documents.length; from += CHUNK_ROWS) {
    const texts = documents.slice(from, from + CHUNK_ROWS);
    const chunk = DuckDBDataChunk.create([INTEGER, VARCHAR]);
    chunk.setColumns([texts.map((_, index) => from + index), texts]);
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
  await run(connection, 'INSERT INTO linhas_json SELECT NULL, texto, NULL FROM linhas_recebidas ORDER BY n');
  await run(connection, 'DROP TABLE linhas_recebidas');
}

/** Makes `table` (ordinal BIGINT, original VARCHAR) of the documents in `documents`, a relation with their `ordinal`. */
export async function loadStoreOriginals(
  connection: DuckDBConnection,
  table: string,
  documents: string,
): Promise<void> {
  await run(
    connection,
    `
    CREATE OR REPLACE TABLE ${table} AS
    SELECT t.ordinal, l.texto AS original FROM ${documents} t JOIN linhas_json l ON l.rowid = t.ordinal`,
  );
}
