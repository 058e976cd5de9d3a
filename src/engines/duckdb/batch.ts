// One batch in DuckDB: documents transformed into `tratados`, sorted out against what the warehouse holds, written as CSV files.
// It holds no rule of the transform and knows nothing of PostgreSQL but column names.
import type { DuckDBConnection } from '@duckdb/node-api';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { rollupColumns, ROLLUPS } from '../../catalog/rollups.ts';
import type {
  PendingFile,
  KnownRows,
  PositionMove,
  PreparedBatch,
  RefusedOrder,
  RejectionGroup,
  RollupFiles,
  RowsFile,
  SortedBatch,
} from '../../model/batch.ts';
import { erroBit } from '../transform/masks.ts';
import { transformSql } from '../transform/transform.ts';
import { duckdbDialect } from './dialect.ts';
import { classify, countEvents, groupRejected, loadKnown, loadKnownPeriods } from './classify.ts';
import { Lanes } from './lanes.ts';
import {
  acceptedOutput,
  acceptedTables,
  customersOutput,
  insertOutputs,
  noRejected,
  type Output,
  productsOutput,
  rejectedOutput,
  replacedOutput,
  sightingsOutput,
  touchedOutput,
} from './output-rows.ts';
import { keepCounted, keepRejected } from './quarantine-rows.ts';
import { addedSums, freshSums, type KnownPeriods, sumTable } from './rollup-outputs.ts';
import { count, numbers, run, type Session } from './session.ts';

/** Where a batch comes from, for its ledger row and its quarantine rows. */
export interface BatchOrigin {
  readonly id: string;
  readonly sourceId: string;
  readonly moves: readonly PositionMove[];
  readonly isDisjoint: boolean;
  /** The warehouse was empty when the source was opened: the batch is sorted ahead of its transaction. A guess, never relied on. */
  readonly isLikelyNew?: boolean;
  readonly sourceName: string;
  readonly format: 'csv' | 'jsonl' | 'parquet';
  readonly profile: string;
  /** Header line that the originals belong to; null when they need none. */
  readonly header: string | null;
  /** Table (ordinal BIGINT, loja VARCHAR, hash_original VARCHAR in hexadecimal): which rows of the quarantine a document corrects. Absent for sources that correct none. */
  readonly corrections?: string;
  /** For messages of a topic: their place, and rows that come rejected already. */
  readonly messages?: MessageTables;
  /** Another way than the transform of `source`: makes table `target` of the same rows, and `source` itself only when its documents are asked for. */
  readonly transformed?: {
    readonly into: (target: string) => Promise<void>;
    readonly makeSource: () => Promise<void>;
    /** Table of the rejected rows, as `rejectedSelect` gives them, that `into` makes when there are any; absent: they are made from `source`. */
    readonly rejected?: string;
  };
  /** Fills table `<prefix>_originais` (ordinal BIGINT, original VARCHAR) for the rows of `<prefix>_rejeitados_escritos`. */
  readonly loadOriginals: (connection: DuckDBConnection, prefix: string) => Promise<void>;
}

/** Tables of a batch that came from a topic; they go when the batch goes. */
export interface MessageTables {
  /** Where each document stood (ordinal, topico, particao, deslocamento, chave, codificacao). */
  readonly places: string;
  /** Rows shaped like `rejectedSelect`; null when there are none. */
  readonly rejected: string | null;
}

/** Transforms the rows of `source` (shaped like `documentos`) and returns the batch, which closes the connection in the end. */
export async function prepareBatch(
  session: Session,
  connection: DuckDBConnection,
  prefix: string,
  source: string,
  origin: BatchOrigin,
): Promise<PreparedBatch> {
  const startedAt = new Date();
  if (origin.transformed) await origin.transformed.into(`${prefix}_tratados`);
  else await run(connection, `CREATE OR REPLACE TABLE ${prefix}_tratados AS ${transformSql(duckdbDialect, source)}`);
  const ordinals = await numbers(connection, `SELECT ordinal FROM ${prefix}_tratados WHERE erros <> 0`);
  const hasRejected = ordinals.length > 0 || (origin.messages?.rejected ?? null) !== null;
  const made = ordinals.length > 0 ? origin.transformed?.rejected : undefined;
  if (made !== undefined) await keepCounted(connection, prefix, origin, `SELECT * FROM ${made}`);
  else if (hasRejected) await keepRejected(connection, prefix, source, origin, ordinals);
  else await run(connection, noRejected(prefix));
  await run(
    connection,
    `
    CREATE OR REPLACE TABLE ${prefix}_eventos AS
    SELECT loja, id_pedido, revisao, hash_origem, min(atualizado_em) AS menor, max(atualizado_em) AS maior, bool_and(atualizado_em_estimado) AS estimado,
      arg_min(ordinal, {'t': atualizado_em, 'o': ordinal}) AS ordinal, CAST(sum(copias) AS BIGINT) AS copias
    FROM ${prefix}_tratados WHERE erros = 0 GROUP BY ALL`,
  );
  const lanes = new Lanes([connection, await session.connect()]);
  const batch = new DuckdbBatch(session.folder, lanes, prefix, source, origin, startedAt, hasRejected);
  // A batch of messages is prepared while the one before is being loaded, which is when there is time.
  if (origin.messages) await batch.writeKeys();
  if (origin.isLikelyNew === true) await batch.sortAhead();
  return batch;
}

const NOTHING_KNOWN: KnownRows = { versionsPath: null, rejectedPath: null, periodsPath: null };

class DuckdbBatch implements PreparedBatch {
  readonly id: string;
  readonly sourceId: string;
  readonly moves: readonly PositionMove[];
  readonly isDisjoint: boolean;
  readonly startedAt: Date;
  readonly #connection: DuckDBConnection;
  readonly #lanes: Lanes;
  readonly #folder: string;
  readonly #prefix: string;
  readonly #source: string;
  readonly #origin: BatchOrigin;
  readonly #files = new Set<string>();
  /** False: table `_rejeitados` is empty. */
  #hasRejected: boolean;
  readonly #keys: { keys?: RowsFile | null; periods?: RowsFile | null; rejected?: RowsFile | null } = {};
  #sorted: Omit<SortedBatch, 'rollups'> | null = null;
  #isSortedAhead = false;
  /** Days and months of the batch, known when they have been asked for. */
  #periodCount = 0;
  #knownPeriods: KnownPeriods = 'none';

  constructor(
    folder: string,
    lanes: Lanes,
    prefix: string,
    source: string,
    origin: BatchOrigin,
    startedAt: Date,
    hasRejected: boolean,
  ) {
    this.#hasRejected = hasRejected;
    this.id = origin.id;
    this.sourceId = origin.sourceId;
    this.moves = origin.moves;
    this.isDisjoint = origin.isDisjoint;
    this.startedAt = startedAt;
    this.#connection = lanes.first;
    this.#lanes = lanes;
    this.#folder = folder;
    this.#prefix = prefix;
    this.#source = source;
    this.#origin = origin;
  }

  /** Writes what the probe asks for ahead of it. */
  async writeKeys(): Promise<void> {
    await this.keys();
    await this.periods();
    await this.rejectedKeys();
  }

  async keys(): Promise<RowsFile | null> {
    return (this.#keys.keys ??= await this.#write(
      'chaves',
      ['loja', 'id_pedido'],
      `SELECT DISTINCT loja, id_pedido FROM ${this.#prefix}_eventos ORDER BY ALL`,
    ));
  }

  async periods(): Promise<RowsFile | null> {
    const days = `SELECT DISTINCT loja, data_venda FROM ${this.#prefix}_tratados WHERE erros = 0`;
    const file = (this.#keys.periods ??= await this.#write(
      'periodos',
      ['loja', 'data', 'grao'],
      `
      WITH dias AS (${days}) SELECT loja, data_venda, 'dia' FROM dias UNION SELECT loja, CAST(date_trunc('month', data_venda) AS DATE), 'mes' FROM dias`,
    ));
    this.#periodCount = file?.rowCount ?? 0;
    return file;
  }

  async rejectedKeys(): Promise<RowsFile | null> {
    if (!this.#hasRejected) return null;
    return (this.#keys.rejected ??= await this.#write(
      'chaves_rejeitados',
      ['loja', 'hash_original'],
      `SELECT loja, hash_original FROM ${this.#prefix}_rejeitados`,
    ));
  }

  /** Sorts the batch as if the warehouse held none of its orders, ahead of the transaction: for a first load, where that will be true. */
  async sortAhead(): Promise<void> {
    this.#sorted = await this.#sortOut(NOTHING_KNOWN, [], false);
    await this.#lanes.all(ROLLUPS.map((rollup) => (lane) => run(lane, sumTable(this.#prefix, rollup))));
    this.#isSortedAhead = true;
  }

  async sort(known: KnownRows, refused: readonly RefusedOrder[], reprocess: boolean): Promise<SortedBatch> {
    // an attempt that failed may still be writing
    await this.#lanes.idle();
    const holdsNone = known.versionsPath === null && known.rejectedPath === null && refused.length === 0;
    const isSummedUp = holdsNone && this.#isSortedAhead;
    this.#isSortedAhead = false;
    if (!isSummedUp || this.#sorted === null) this.#sorted = await this.#sortOut(known, refused, reprocess);
    else await this.#loadPeriods(this.#connection, known.periodsPath);
    return { ...this.#sorted, rollups: this.#beginRollups(isSummedUp) };
  }

  async #sortOut(
    known: KnownRows,
    refused: readonly RefusedOrder[],
    reprocess: boolean,
  ): Promise<Omit<SortedBatch, 'rollups'>> {
    const p = this.#prefix;
    await this.#refuse(refused);
    await this.#lanes.all([
      async (lane) => {
        await loadKnown(lane, p, known);
        await classify(lane, p, reprocess);
      },
      (lane) => this.#loadPeriods(lane, known.periodsPath),
    ]);
    const hasHistory = known.versionsPath !== null;
    const [{ counts, replaces, touches, hasEstimated, oldestNewSale }] = await this.#lanes.all([
      (lane) => countEvents(lane, p),
      ...acceptedTables(p, hasHistory).map((sql) => (lane: DuckDBConnection) => run(lane, sql)),
    ]);
    /** In the order in which the loader takes them. */
    const begin = (output: Output | null): PendingFile =>
      output === null ? Promise.resolve(null) : this.#lanes.begin((lane) => this.#write(...output, lane));
    return {
      counts,
      oldestNewSale,
      replaced: replaces ? begin(replacedOutput(p)) : null,
      touched: touches ? begin(touchedOutput(p)) : null,
      inserts: insertOutputs(p, this.#origin.messages !== undefined).map(begin),
      customers: begin(customersOutput(p)),
      products: begin(productsOutput(p)),
      sightings: begin(hasEstimated ? sightingsOutput(p) : null),
      corrected: begin(this.#correctedOutput()),
      rejected: begin(this.#hasRejected ? rejectedOutput(p) : null),
      accepted: begin(acceptedOutput(p, !hasHistory)),
    };
  }

  /** Finds out which of the batch's days and months have rows in the rollups already. */
  async #loadPeriods(lane: DuckDBConnection, path: string | null): Promise<void> {
    await loadKnownPeriods(lane, this.#prefix, path);
    const knownCount = await count(lane, `SELECT count(*) FROM ${this.#prefix}_periodos_conhecidos`);
    this.#knownPeriods = knownCount === 0 ? 'none' : knownCount < this.#periodCount ? 'some' : 'all';
  }

  /** The sums of periods that have rows already, to be added, and those of the others, to be copied straight in. */
  #beginRollups(isSummedUp: boolean): Map<string, Promise<RollupFiles>> {
    if (this.#periodCount === 0) return new Map();
    const p = this.#prefix;
    const known = this.#knownPeriods;
    const isTable = isSummedUp || known === 'some';
    return new Map(
      ROLLUPS.map((rollup) => {
        const { table } = rollup;
        const files = this.#lanes.begin(async (lane) => {
          const write = async (name: string, select: string | null): Promise<RowsFile | null> => {
            const file = select === null ? null : await this.#write(name, rollupColumns(rollup), select, lane);
            return file && { ...file, table };
          };
          if (isTable && !isSummedUp) await run(lane, sumTable(p, rollup));
          return {
            fresh: await write(table, freshSums(p, rollup, known, isTable)),
            added: await write(`soma_${table}`, addedSums(p, rollup, known, isTable)),
          };
        });
        return [table, files];
      }),
    );
  }

  /** Rows of the quarantine whose corrections are valid and were not refused by the database. */
  #correctedOutput(): Output | null {
    const { corrections } = this.#origin;
    if (corrections === undefined) return null;
    const p = this.#prefix;
    return [
      'corrigidos',
      ['loja', 'hash_original'],
      `
      SELECT DISTINCT k.loja, '\\x' || k.hash_original FROM ${corrections} k
      WHERE NOT EXISTS (
        SELECT 1 FROM ${corrections} o JOIN ${p}_tratados t ON t.ordinal = o.ordinal
        WHERE o.loja = k.loja AND o.hash_original = k.hash_original AND t.erros <> 0)`,
    ];
  }

  written(): Promise<void> {
    return this.#lanes.idle();
  }

  async rejections(): Promise<readonly RejectionGroup[]> {
    await this.#lanes.idle();
    return this.#hasRejected ? groupRejected(this.#connection, this.#prefix) : [];
  }

  async drop(): Promise<void> {
    await this.#lanes.idle();
    const { messages } = this.#origin;
    const tables = [
      ...[
        'tratados',
        'originais',
        'rejeitados_escritos',
        'eventos',
        'existentes',
        'rejeitados_conhecidos',
        'periodos_conhecidos',
        'classes',
        'pedidos',
        'itens',
        'pagamentos',
        'rejeitados',
        ...ROLLUPS.map((rollup) => `soma_${rollup.table}`),
      ].map((suffix) => `${this.#prefix}_${suffix}`),
      ...[messages?.places, messages?.rejected, this.#origin.transformed?.rejected].filter(
        (table) => typeof table === 'string',
      ),
      `${this.#source}_grupos`,
    ];
    await run(
      this.#connection,
      [`DROP VIEW IF EXISTS ${this.#source}`, ...tables.map((table) => `DROP TABLE IF EXISTS ${table}`)].join('; '),
    );
    await Promise.all([...this.#files].map((path) => rm(path, { force: true })));
    this.#lanes.close();
  }

  /** Orders that the database refused leave the valid events and join the rejected ones. */
  async #refuse(refused: readonly RefusedOrder[]): Promise<void> {
    if (refused.length === 0) return;
    const p = this.#prefix;
    const list = refused
      .map((order) => `('${order.store.replaceAll("'", "''")}', '${order.orderId.replaceAll("'", "''")}')`)
      .join(', ');
    await run(
      this.#connection,
      `UPDATE ${p}_tratados SET erros = erros | ${erroBit('BANCO_RECUSOU')} WHERE erros = 0 AND (loja, id_pedido) IN (VALUES ${list})`,
    );
    await run(this.#connection, `DELETE FROM ${p}_eventos WHERE (loja, id_pedido) IN (VALUES ${list})`);
    const ordinals = await numbers(this.#connection, `SELECT ordinal FROM ${p}_tratados WHERE erros <> 0`);
    await keepRejected(this.#connection, p, this.#source, this.#origin, ordinals);
    this.#hasRejected = true;
    for (const name of ['keys', 'periods', 'rejected'] as const) delete this.#keys[name];
  }

  /** Writes a SELECT as CSV; null when it has no rows. */
  async #write(
    table: string,
    columns: readonly string[],
    select: string,
    connection = this.#connection,
  ): Promise<RowsFile | null> {
    const path = join(this.#folder, `${this.#prefix}-${table}.csv`);
    this.#files.add(path);
    const rowCount = await count(
      connection,
      `COPY (${select}) TO '${path.replaceAll("'", "''")}' (FORMAT csv, HEADER false, USE_TMP_FILE false)`,
    );
    return rowCount === 0 ? null : { table, columns, path, rowCount };
  }
}
