// The transform for batches of messages, planned once and run again and again: planning it takes longer than some ten thousand messages do.
// It lives in a catalog of its own, because DuckDB plans a statement anew whenever a table of its catalog is made or dropped. It adds no rule.
import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api';
import { transformSql } from '../transform/transform.ts';
import { duckdbDialect } from './dialect.ts';
import { documentsOfJson } from './json-documents.ts';
import { makeLookups } from './lookups.ts';
import { rows, run, type Session } from './session.ts';

/** They plan by what the tables hold at that moment; these are empty then, and hold something else in each batch. */
const GUESSING_OPTIMIZERS = 'statistics_propagation,compressed_materialization,empty_result_pullup';
/** Where all other tables of a session are. */
const MAIN = 'memory.main';

/** A column of the transform's output. */
export interface Column {
  readonly name: string;
  readonly type: string;
}

interface Planned {
  readonly connection: DuckDBConnection;
  readonly statement: DuckDBPreparedStatement;
  readonly catalog: string;
}

/** Not for two batches at once. */
export class StandingTransform {
  readonly #session: Session;
  #planned: Planned | null = null;
  #catalogCount = 0;
  #columns: readonly Column[] | null = null;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Name and type of each column of the transform's output; `places` is any table as MessageLines loads it. */
  async columns(places: string): Promise<readonly Column[]> {
    this.#planned ??= await this.#plan(places);
    this.#columns ??= await rows<Column>(
      this.#planned.connection,
      'SELECT column_name AS name, column_type AS type FROM (DESCRIBE tratados)',
    );
    return this.#columns;
  }

  /** Transforms the messages of `places` with ordinals below `end` into a new table `target`, shaped like the transform's output. */
  async into(target: string, places: string, end: number): Promise<void> {
    this.#planned ??= await this.#plan(places);
    const { connection, statement, catalog } = this.#planned;
    await run(connection, `INSERT INTO mensagens BY NAME SELECT * FROM ${MAIN}.${places} WHERE ordinal < ${end}`);
    await statement.run();
    await run(connection, `CREATE OR REPLACE TABLE ${MAIN}.${target} AS SELECT * FROM tratados`);
    await run(connection, 'TRUNCATE mensagens');
    await run(connection, 'TRUNCATE tratados');
    // only now is the memory of the deleted rows free again
    await run(connection, `CHECKPOINT ${catalog}`);
  }

  async close(): Promise<void> {
    const planned = this.#planned;
    this.#planned = null;
    if (planned === null) return;
    planned.statement.destroySync();
    await run(planned.connection, `USE ${MAIN}`);
    await run(planned.connection, `DETACH ${planned.catalog}`);
    planned.connection.closeSync();
  }

  async #plan(places: string): Promise<Planned> {
    const connection = await this.#session.connect();
    const catalog = `transformacao_${++this.#catalogCount}`;
    await run(connection, `ATTACH ':memory:' AS ${catalog}`);
    await run(connection, `USE ${catalog}`);
    await makeLookups(connection);
    await run(connection, `CREATE TABLE mensagens AS SELECT * FROM ${MAIN}.${places} LIMIT 0`);
    await documentsOfJson(
      connection,
      { kind: 'contiguous', from: 0, to: Number.MAX_SAFE_INTEGER },
      { decimalFormat: null, dateFormat: null, hasAddress: true, receivedAt: '' },
      'documentos',
      { name: 'mensagens', isOfMessages: true },
    );
    const select = transformSql(duckdbDialect, 'documentos');
    await run(connection, `CREATE TABLE tratados AS SELECT * FROM (${select}) LIMIT 0`);
    await run(connection, `SET disabled_optimizers = '${GUESSING_OPTIMIZERS}'`);
    try {
      return { connection, catalog, statement: await connection.prepare(`INSERT INTO tratados ${select}`) };
    } finally {
      await run(connection, 'RESET disabled_optimizers');
    }
  }
}
