// The loader: one prepared batch becomes visible in one transaction, exactly once. All sources and engines end here.
// It never transforms a value, never retries (src/pipeline does), and writes nothing outside its transaction.
//
// Order inside the transaction: lock the warehouse; is the batch already there? compare the position; probe what is known; remove replaced orders
// and their share of the rollups; copy the new rows; quarantine; rollups; the mark of the cohorts; ledger; move the position; commit.
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type pg from 'pg';
import type { EventCounts, KnownRows, PreparedBatch, RefusedOrder, RowsFile, SortedBatch } from '../model/batch.ts';
import { markChanged } from './cohorts.ts';
import { asWarehouseError, isDataError, sqlStateOf } from './connection.ts';
import { copyIn, copyOut } from './copy.ts';
import { WAREHOUSE_LOCK } from './migrations.ts';
import { BATCH_CHANNEL } from './notices.ts';
import { ledgerPosition, lockPositions, movePositions } from './positions.ts';
import { quoteName } from './quote.ts';
import { keepRejected, resolveCorrected } from './quarantine.ts';
import { addChanges, addToRollups, removeChanges, removeReplaced } from './rollups.ts';
import { makeStaging, stagingIsKept } from './staging-table.ts';

/** What became of a batch. `lost`: another loader moved a position of the source or took it over; discard, read the position again, go on from there. */
export type LoadOutcome =
  | { readonly kind: 'loaded' | 'already'; readonly counts: EventCounts }
  | { readonly kind: 'lost'; readonly position: string };

export interface LoadOptions {
  /** Folder for the probe's answers; owner-only, removed by the caller. */
  readonly folder: string;
  /** Let a newer transform replace rows of the same version. */
  readonly reprocess: boolean;
  readonly transformVersion: number;
}

/** Batches whose COMMIT was sent: one of them in the ledger is ours, its answer was lost; any other is another loader's, who counts it. */
const commitSent = new WeakSet<PreparedBatch>();

/** More refused orders than this in one batch is a fault of ours or of the schema, not of the data. */
const MOST_REFUSED = 200;

/** One connection's loading of one source. */
export class Loader {
  readonly #client: pg.Client;
  readonly #options: LoadOptions;
  /** Number of ledger rows after our last batch, while every row in the warehouse is known to come from this source's disjoint batches. */
  #ownBatchCount: number | null = null;

  constructor(client: pg.Client, options: LoadOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Loads a batch, or finds that it is already there. Throws WAREHOUSE_UNREACHABLE (retryable), WAREHOUSE_REFUSED, or a bug. */
  async load(batch: PreparedBatch): Promise<LoadOutcome> {
    const refused: RefusedOrder[] = [];
    for (;;) {
      try {
        return await this.#transaction(batch, refused);
      } catch (error) {
        await this.#rollBack().catch(() => undefined);
        await batch.written();
        const order = error instanceof RefusedRow ? await error.order() : null;
        if (order === null || refused.length >= MOST_REFUSED)
          throw asWarehouseError(error instanceof RefusedRow ? error.cause : error);
        refused.push(order);
      }
    }
  }

  async #transaction(batch: PreparedBatch, refused: readonly RefusedOrder[]): Promise<LoadOutcome> {
    const client = this.#client;
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [WAREHOUSE_LOCK]);
    const earlier = await readLedger(client, batch.id);
    if (earlier && commitSent.has(batch) && earlier.startedAt === batch.startedAt.getTime()) {
      await this.#rollBack();
      return { kind: 'already', counts: earlier.counts };
    }
    const lost = await lockPositions(client, batch.moves);
    if (lost !== null) {
      await this.#rollBack();
      return { kind: 'lost', position: lost };
    }
    const isAlone = await this.#isAlone(batch);
    const known = await this.#probe(batch, isAlone);
    const sorted = await batch.sort(known, refused, this.#options.reprocess);
    await this.#write(sorted);
    await writeLedger(client, batch, sorted.counts, this.#options.transformVersion);
    // Counted under the lock: after COMMIT another loader's batch might be among them.
    const ledgerRows = isAlone ? await ledgerSize(client) : null;
    commitSent.add(batch);
    await client.query('COMMIT');
    stagingIsKept(client, true);
    this.#ownBatchCount = ledgerRows;
    return { kind: 'loaded', counts: sorted.counts };
  }

  async #rollBack(): Promise<void> {
    stagingIsKept(this.#client, false);
    await this.#client.query('ROLLBACK');
  }

  /** True when nothing in the warehouse can concern the orders of this batch: it is empty, or holds only earlier batches of the same disjoint source. */
  async #isAlone(batch: PreparedBatch): Promise<boolean> {
    if (!batch.isDisjoint) return false;
    if (this.#ownBatchCount !== null) return (await ledgerSize(this.#client)) === this.#ownBatchCount;
    const { rows } = await this.#client.query<{ empty: boolean }>(
      'SELECT NOT EXISTS (SELECT 1 FROM historico_status) AND NOT EXISTS (SELECT 1 FROM pedidos_rejeitados) AS empty',
    );
    return rows[0]?.empty === true;
  }

  /** Asks the warehouse for what it holds of the batch's orders and rejected records. */
  async #probe(batch: PreparedBatch, isAlone: boolean): Promise<KnownRows> {
    const client = this.#client;
    const periodsPath = await this.#probePeriods(batch);
    const keys = isAlone ? null : await batch.keys();
    let versionsPath: string | null = null;
    if (keys) {
      versionsPath = join(this.#options.folder, 'conhecidos.csv');
      await makeStaging(client, 'chaves_lote', 'loja text, id_pedido text');
      await copyIn(client, 'chaves_lote', keys);
      await client.query('ANALYZE chaves_lote');
      await copyOut(
        client,
        `
        SELECT h.loja, h.id_pedido, h.revisao, encode(h.hash_origem, 'hex'), h.atualizado_em AT TIME ZONE 'UTC', h.atualizado_em_estimado, v.visto_em AT TIME ZONE 'UTC',
          p.revisao = h.revisao AND p.hash_origem = h.hash_origem AND p.atualizado_em = h.atualizado_em, p.versao_transformacao
        FROM chaves_lote c
        JOIN historico_status h ON h.loja = c.loja AND h.id_pedido = c.id_pedido
        LEFT JOIN pedidos p ON p.loja = c.loja AND p.id_pedido = c.id_pedido
        LEFT JOIN esteira.vistos v ON v.loja = h.loja AND v.id_pedido = h.id_pedido AND v.revisao = h.revisao AND v.hash_origem = h.hash_origem`,
        versionsPath,
      );
    }
    const rejectedKeys = await batch.rejectedKeys();
    let rejectedPath: string | null = null;
    if (rejectedKeys) {
      rejectedPath = join(this.#options.folder, 'rejeitados-conhecidos.csv');
      await makeStaging(client, 'chaves_rejeitados', 'loja text, hash_original text');
      await copyIn(client, 'chaves_rejeitados', rejectedKeys);
      const known = `SELECT q.loja, encode(q.hash_original, 'hex') FROM chaves_rejeitados c
        JOIN pedidos_rejeitados q ON q.loja = c.loja AND q.hash_original = decode(c.hash_original, 'hex')`;
      // Also when alone: records without an order number may be repeated in a later batch of the same file.
      const { rows } = await client.query<{ any: boolean }>(`SELECT EXISTS (${known}) AS any`);
      if (rows[0]?.any === true) await copyOut(client, known, rejectedPath);
      else rejectedPath = null;
    }
    return { versionsPath, rejectedPath, periodsPath };
  }

  /**
   * Which days and months of the batch have rows in the rollups: every order counts in pedidos_diarios and pedidos_municipio, so these two speak for all. LIMIT,
   * not EXISTS: for that PostgreSQL would read both tables whole, however few periods it is asked about.
   */
  async #probePeriods(batch: PreparedBatch): Promise<string | null> {
    const periods = await batch.periods();
    if (!periods) return null;
    const client = this.#client;
    const path = join(this.#options.folder, 'periodos-conhecidos.csv');
    await makeStaging(client, 'periodos_lote', 'loja text, data date, grao text');
    await copyIn(client, 'periodos_lote', periods);
    await copyOut(
      client,
      `
      SELECT l.loja, l.data, l.grao FROM periodos_lote l
      WHERE CASE l.grao WHEN 'dia' THEN (SELECT true FROM pedidos_diarios r WHERE r.loja = l.loja AND r.data_venda = l.data LIMIT 1)
                        ELSE (SELECT true FROM pedidos_municipio r WHERE r.loja = l.loja AND r.mes = l.data LIMIT 1) END`,
      path,
    );
    return path;
  }

  /** Takes the files as they come: while one is copied, the engine writes the next. */
  async #write(sorted: SortedBatch): Promise<void> {
    const client = this.#client;
    const [touched, replaced] = [await sorted.touched, await sorted.replaced];
    if (touched) await removeChanges(client, touched);
    if (replaced) await removeReplaced(client, replaced);
    for (const pending of sorted.inserts) {
      const file = await pending;
      if (file) await this.#insert(file);
    }
    await keepNewest(
      client,
      await sorted.customers,
      ['loja', 'chave_cliente'],
      ['data_pedido', 'id_pedido', 'versao_em', 'revisao', 'hash_origem'],
    );
    await keepNewest(
      client,
      await sorted.products,
      ['loja', 'sku'],
      ['data_pedido', 'id_pedido', 'versao_em', 'revisao', 'hash_origem', 'n_item'],
    );
    await keepSightings(client, await sorted.sightings);
    await resolveCorrected(client, await sorted.corrected);
    await keepRejected(client, await sorted.rejected, await sorted.accepted);
    await addToRollups(client, sorted.rollups, replaced !== null);
    if (touched) await addChanges(client);
    await markChanged(client, sorted.oldestNewSale, replaced !== null);
  }

  async #insert(file: RowsFile): Promise<void> {
    try {
      await copyIn(this.#client, file.table, file);
    } catch (error) {
      throw isDataError(error) ? new RefusedRow(file, error) : error;
    }
  }
}

/** PostgreSQL would not take a row of an order: its line in the file is in the error's context. */
class RefusedRow extends Error {
  readonly #file: RowsFile;

  constructor(file: RowsFile, cause: unknown) {
    super('a row was refused', { cause });
    this.#file = file;
  }

  /** The order that the row belongs to; null when the error names no line. */
  async order(): Promise<RefusedOrder | null> {
    const where = (this.cause as { where?: string }).where ?? '';
    const wanted = Number(/^COPY .*, line (\d+)/m.exec(where)?.[1] ?? 0);
    if (wanted === 0) return null;
    let line = 0;
    for await (const text of createInterface({ input: createReadStream(this.#file.path), crlfDelay: Infinity })) {
      line += 1;
      if (line !== wanted) continue;
      const cells = /^("(?:[^"]|"")*"|[^,]*),("(?:[^"]|"")*"|[^,]*)(?:,|$)/.exec(text);
      if (!cells) return null;
      const bare = (cell: string | undefined): string =>
        cell?.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : (cell ?? '');
      return { store: bare(cells[1]), orderId: bare(cells[2]), sqlState: sqlStateOf(this.cause) ?? '' };
    }
    return null;
  }
}

async function readLedger(
  client: pg.Client,
  id: string,
): Promise<{ readonly counts: EventCounts; readonly startedAt: number } | null> {
  const { rows } = await client.query<Record<string, string>>(
    `SELECT lidos, aceitos, rejeitados, duplicados, antigos, linhas, valor_aceito, valor_rejeitado, round(extract(epoch FROM iniciado_em) * 1000) AS iniciado
     FROM esteira.lotes WHERE id_lote = $1`,
    [id],
  );
  const row = rows[0];
  if (!row) return null;
  const counts = {
    lidos: Number(row['lidos']),
    aceitos: Number(row['aceitos']),
    rejeitados: Number(row['rejeitados']),
    duplicados: Number(row['duplicados']),
    antigos: Number(row['antigos']),
    linhas: Number(row['linhas']),
    valorAceito: row['valor_aceito'] ?? '0',
    valorRejeitado: row['valor_rejeitado'] ?? '0',
  };
  return { counts, startedAt: Number(row['iniciado']) };
}

async function ledgerSize(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ n: string }>('SELECT count(*) AS n FROM esteira.lotes');
  return Number(rows[0]?.n);
}

async function writeLedger(
  client: pg.Client,
  batch: PreparedBatch,
  counts: EventCounts,
  transformVersion: number,
): Promise<void> {
  await client.query(
    `INSERT INTO esteira.lotes (id_lote, id_fonte, posicao, lidos, aceitos, rejeitados, duplicados, antigos, linhas, valor_aceito, valor_rejeitado, versao_transformacao, iniciado_em)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING pg_notify('${BATCH_CHANNEL}', '')`,
    [
      batch.id,
      batch.sourceId,
      ledgerPosition(batch.moves),
      counts.lidos,
      counts.aceitos,
      counts.rejeitados,
      counts.duplicados,
      counts.antigos,
      counts.linhas,
      counts.valorAceito,
      counts.valorRejeitado,
      transformVersion,
      batch.startedAt,
    ],
  );
  await movePositions(client, batch.moves);
}

/** Upserts rows of which the one with the largest version wins, whatever their order of arrival. Texts compare by bytes. */
async function keepNewest(
  client: pg.Client,
  file: RowsFile | null,
  keys: readonly string[],
  version: readonly string[],
): Promise<void> {
  if (!file) return;
  const staging = `novos_${file.table}`;
  await makeStaging(client, staging, `LIKE ${quoteName(file.table)}`);
  await copyIn(client, staging, file);
  const names = file.columns.map(quoteName);
  const ordered = (alias: string): string =>
    version.map((name) => `${alias}.${quoteName(name)}${name === 'id_pedido' ? ' COLLATE "C"' : ''}`).join(', ');
  await client.query(`
    INSERT INTO ${quoteName(file.table)} AS t (${names.join(', ')}) SELECT ${names.join(', ')} FROM ${quoteName(staging)}
    ON CONFLICT (${keys.map(quoteName).join(', ')}) DO UPDATE SET ${file.columns
      .filter((name) => !keys.includes(name))
      .map((name) => `${quoteName(name)} = excluded.${quoteName(name)}`)
      .join(', ')}
    WHERE (${ordered('excluded')}) > (${ordered('t')})`);
}

/** Contents of sources without an update time: the earliest time goes to the history, the latest to esteira.vistos. */
async function keepSightings(client: pg.Client, file: RowsFile | null): Promise<void> {
  if (!file) return;
  await makeStaging(
    client,
    'vistos_lote',
    'loja text, id_pedido text, revisao int, hash_origem bytea, menor timestamptz, maior timestamptz',
  );
  await copyIn(client, 'vistos_lote', file);
  await client.query(`
    INSERT INTO esteira.vistos AS v (loja, id_pedido, revisao, hash_origem, visto_em)
    SELECT l.loja, l.id_pedido, l.revisao, l.hash_origem, GREATEST(l.maior, h.atualizado_em)
    FROM vistos_lote l JOIN historico_status h ON h.loja = l.loja AND h.id_pedido = l.id_pedido AND h.revisao = l.revisao AND h.hash_origem = l.hash_origem
    ON CONFLICT (loja, id_pedido, revisao, hash_origem) DO UPDATE SET visto_em = excluded.visto_em WHERE excluded.visto_em > v.visto_em`);
  await client.query(`
    UPDATE historico_status h SET atualizado_em = l.menor, recebido_em = LEAST(h.recebido_em, l.menor) FROM vistos_lote l
    WHERE h.loja = l.loja AND h.id_pedido = l.id_pedido AND h.revisao = l.revisao AND h.hash_origem = l.hash_origem AND h.atualizado_em_estimado AND l.menor < h.atualizado_em`);
}
