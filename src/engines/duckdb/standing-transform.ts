// The transform for batches of messages, planned once and run again and again: planning it takes longer than some ten thousand messages do.
// It lives in a catalog of its own, because DuckDB plans a statement anew whenever a table of its catalog is made or dropped. It adds no rule.
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api';
import { transformSql } from '../transform/transform.ts';
import { duckdbDialect } from './dialect.ts';
import { documentsOfMessages } from './json-documents.ts';
import { makeLookups } from './lookups.ts';
import { MessageLines } from './message-lines.ts';
import { piecesOf } from './pieces.ts';
import { rejectedSelect } from './quarantine-rows.ts';
import { count, rows, run, type Session } from './session.ts';

/** They plan by what the tables hold at that moment; these are empty then, and hold something else in each batch. */
const GUESSING_OPTIMIZERS = 'statistics_propagation,compressed_materialization,empty_result_pullup';
/** Where all other tables of a session are. */
const MAIN = 'memory.main';

/** How a message's own document is read, for its row of the quarantine. */
export const MESSAGE_READING = { format: 'jsonl', profile: 'esteira', header: null } as const;

/** A column of the transform's output. */
export interface Column {
  readonly name: string;
  readonly type: string;
}

interface Planned {
  readonly connection: DuckDBConnection;
  readonly transform: DuckDBPreparedStatement;
  /** `tratados` and `rejeitadas`, the messages of its rejected rows, into `rejeitados`. */
  readonly reject: DuckDBPreparedStatement;
  readonly catalog: string;
}

/** Not for two batches at once. */
export class StandingTransform {
  readonly #session: Session;
  #planned: Promise<Planned> | null = null;
  #catalogCount = 0;
  #columns: readonly Column[] | null = null;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Begins to plan ahead of the first batch, which would otherwise wait for it; a failure is thrown there. */
  planAhead(): void {
    this.#plan().catch(() => undefined);
  }

  /** Name and type of each column of the transform's output. */
  async columns(): Promise<readonly Column[]> {
    const { connection } = await this.#plan();
    this.#columns ??= await rows<Column>(
      connection,
      'SELECT column_name AS name, column_type AS type FROM (DESCRIBE tratados)',
    );
    return this.#columns;
  }

  /**
   * Transforms the messages of `places` with ordinals below `end` into a new table `treated`, shaped like the transform's output; and when some are
   * rejected, makes a table `rejected` of their rows of the quarantine, shaped like `rejectedSelect`. `bytes` as `piecesOf` asks for it.
   */
  async into(treated: string, rejected: string, places: string, end: number, bytes = Infinity): Promise<void> {
    const { connection, transform, reject, catalog } = await this.#plan();
    const made = new Set<string>();
    const keep = async (target: string, from: string): Promise<void> => {
      const into = made.has(target) ? `INSERT INTO ${MAIN}.${target}` : `CREATE OR REPLACE TABLE ${MAIN}.${target} AS`;
      made.add(target);
      await run(connection, `${into} SELECT * FROM ${from}`);
    };
    for (const { from, to } of await piecesOf(connection, `${MAIN}.${places}`, { from: 0, to: end - 1 }, bytes)) {
      await run(
        connection,
        `INSERT INTO mensagens BY NAME SELECT * FROM ${MAIN}.${places} WHERE ordinal BETWEEN ${from} AND ${to}`,
      );
      await transform.run();
      await keep(treated, 'tratados');
      if ((await count(connection, 'SELECT count(*) FROM tratados WHERE erros <> 0')) > 0) {
        await run(
          connection,
          'INSERT INTO rejeitadas SELECT * FROM mensagens WHERE ordinal IN (SELECT ordinal FROM tratados WHERE erros <> 0)',
        );
        await reject.run();
        await keep(rejected, 'rejeitados');
      }
      for (const table of ['mensagens', 'tratados', 'rejeitadas', 'rejeitados'])
        await run(connection, `TRUNCATE ${table}`);
      // only now is the memory of the deleted rows free again
      await run(connection, `CHECKPOINT ${catalog}`);
    }
  }

  async close(): Promise<void> {
    const planned = await this.#planned;
    this.#planned = null;
    if (planned === null) return;
    planned.transform.destroySync();
    planned.reject.destroySync();
    await run(planned.connection, `USE ${MAIN}`);
    await run(planned.connection, `DETACH ${planned.catalog}`);
    planned.connection.closeSync();
  }

  #plan(): Promise<Planned> {
    return (this.#planned ??= this.#planOnce());
  }

  async #planOnce(): Promise<Planned> {
    const connection = await this.#session.connect();
    const catalog = `transformacao_${++this.#catalogCount}`;
    await run(connection, `ATTACH ':memory:' AS ${catalog}`);
    await run(connection, `USE ${catalog}`);
    await makeLookups(connection);
    for (const table of ['mensagens', 'rejeitadas'])
      await new MessageLines(join(this.#session.folder, `${table}.lines`)).load(connection, table);
    await documentsOfMessages(connection, 'documentos', 'mensagens', Number.MAX_SAFE_INTEGER);
    // Few are rejected: their documents are read again, instead of being kept for all.
    await documentsOfMessages(connection, 'escritos', 'rejeitadas', Number.MAX_SAFE_INTEGER);
    const transform = transformSql(duckdbDialect, 'documentos');
    await run(connection, `CREATE TABLE tratados AS SELECT * FROM (${transform}) LIMIT 0`);
    const reject = rejectedSelect(
      {
        treated: 'tratados',
        documents: 'escritos',
        originals: '(SELECT ordinal, texto AS original FROM rejeitadas)',
        places: 'rejeitadas',
      },
      { ...MESSAGE_READING, sourceName: '' },
    );
    await run(connection, `CREATE TABLE rejeitados AS SELECT * FROM (${reject}) LIMIT 0`);
    await run(connection, `SET disabled_optimizers = '${GUESSING_OPTIMIZERS}'`);
    try {
      return {
        connection,
        catalog,
        transform: await connection.prepare(`INSERT INTO tratados ${transform}`),
        reject: await connection.prepare(`INSERT INTO rejeitados ${reject}`),
      };
    } finally {
      await run(connection, 'RESET disabled_optimizers');
    }
  }
}
