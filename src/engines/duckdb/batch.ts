// One batch in DuckDB: documents transformed into `tratados`, sorted out against what the warehouse holds, written as CSV files.
// It holds no rule of the transform and knows nothing of PostgreSQL but column names.
import type { DuckDBConnection } from '@duckdb/node-api';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { periodOf, ROLLUPS, rollupColumns, rollupSql } from '../../catalog/rollups.ts';
import type { EventCounts, KnownRows, PreparedBatch, RefusedOrder, RowsFile, SortedBatch } from '../../model/batch.ts';
import { erroBit } from '../transform/masks.ts';
import { transformSql, TRANSFORM_VERSION } from '../transform/transform.ts';
import { duckdbDialect } from './dialect.ts';
import { rejectedSelect } from './quarantine-rows.ts';
import { count, rows, run } from './session.ts';

/** Where a batch comes from, for its ledger row and its quarantine rows. */
export interface BatchOrigin {
  readonly id: string;
  readonly sourceId: string;
  readonly positionBefore: string;
  readonly positionAfter: string;
  readonly isDisjoint: boolean;
  readonly sourceName: string;
  readonly format: 'csv' | 'jsonl' | 'parquet';
  readonly profile: string;
  /** Header line that the originals belong to; null when they need none. */
  readonly header: string | null;
  /** Fills table `<prefix>_originais` (ordinal BIGINT, original VARCHAR) for the rejected rows of `<prefix>_tratados`. */
  readonly loadOriginals: (connection: DuckDBConnection, prefix: string) => Promise<void>;
}

const ORDER_COLUMNS = [
  'loja', 'id_pedido', 'data_pedido', 'data_venda', 'hora_venda', 'atualizado_em', 'atualizado_em_estimado', 'revisao', 'hash_origem', 'canal', 'canal_origem',
  'status', 'status_origem', 'situacao_entrega', 'chave_cliente', 'cep', 'cidade', 'uf', 'codigo_ibge', 'regiao', 'itens', 'unidades', 'valor_itens', 'frete',
  'desconto', 'valor_total', 'valor_calculado', 'valor_reembolsado', 'valor_cobrado', 'comissao', 'pago_em', 'enviado_em', 'entregue_em', 'prazo_entrega',
  'excluido_em', 'avisos', 'recebido_em', 'versao_transformacao',
] as const;
const HISTORY_COLUMNS = ['loja', 'id_pedido', 'atualizado_em', 'revisao', 'hash_origem', 'atualizado_em_estimado', 'status', 'situacao_entrega', 'valor_total', 'recebido_em'] as const;
const CUSTOMER_COLUMNS = [
  'loja', 'chave_cliente', 'tipo_chave', 'id_cliente', 'documento', 'tipo_pessoa', 'nome', 'email', 'telefone',
  'data_pedido', 'id_pedido', 'versao_em', 'revisao', 'hash_origem',
] as const;
const ITEM_COLUMNS = ['loja', 'id_pedido', 'n_item', 'sku', 'produto', 'categoria', 'quantidade', 'preco_unitario', 'desconto', 'valor'] as const;
const PAYMENT_COLUMNS = ['loja', 'id_pedido', 'n_pagamento', 'forma', 'forma_origem', 'parcelas', 'valor'] as const;
const PRODUCT_COLUMNS = ['loja', 'sku', 'produto', 'categoria', 'data_pedido', 'id_pedido', 'versao_em', 'revisao', 'hash_origem', 'n_item'] as const;

const STATED_TIME = `CASE WHEN atualizado_em_estimado THEN TIMESTAMP '1970-01-01' ELSE atualizado_em END`;

/** Transforms the rows of `source` (shaped like `documentos`) and returns the batch. */
export async function prepareBatch(connection: DuckDBConnection, folder: string, prefix: string, source: string, origin: BatchOrigin): Promise<PreparedBatch> {
  const startedAt = new Date();
  await run(connection, `CREATE OR REPLACE TABLE ${prefix}_tratados AS ${transformSql(duckdbDialect, source)}`);
  if ((await count(connection, `SELECT count(*) FROM ${prefix}_tratados WHERE erros <> 0`)) > 0) await origin.loadOriginals(connection, prefix);
  else await run(connection, `CREATE OR REPLACE TABLE ${prefix}_originais (ordinal BIGINT, original VARCHAR)`);
  await run(connection, `
    CREATE OR REPLACE TABLE ${prefix}_eventos AS
    SELECT loja, id_pedido, revisao, hash_origem, min(atualizado_em) AS menor, max(atualizado_em) AS maior, bool_and(atualizado_em_estimado) AS estimado,
      arg_min(ordinal, {'t': atualizado_em, 'o': ordinal}) AS ordinal, CAST(sum(copias) AS BIGINT) AS copias
    FROM ${prefix}_tratados WHERE erros = 0 GROUP BY ALL`);
  return new DuckdbBatch(connection, folder, prefix, source, origin, startedAt);
}

class DuckdbBatch implements PreparedBatch {
  readonly id: string;
  readonly sourceId: string;
  readonly positionBefore: string;
  readonly positionAfter: string;
  readonly isDisjoint: boolean;
  readonly startedAt: Date;
  readonly #connection: DuckDBConnection;
  readonly #folder: string;
  readonly #prefix: string;
  readonly #source: string;
  readonly #origin: BatchOrigin;
  readonly #files = new Set<string>();

  constructor(connection: DuckDBConnection, folder: string, prefix: string, source: string, origin: BatchOrigin, startedAt: Date) {
    this.id = origin.id;
    this.sourceId = origin.sourceId;
    this.positionBefore = origin.positionBefore;
    this.positionAfter = origin.positionAfter;
    this.isDisjoint = origin.isDisjoint;
    this.startedAt = startedAt;
    this.#connection = connection;
    this.#folder = folder;
    this.#prefix = prefix;
    this.#source = source;
    this.#origin = origin;
  }

  keys(): Promise<RowsFile | null> {
    return this.#write('chaves', ['loja', 'id_pedido'], `SELECT DISTINCT loja, id_pedido FROM ${this.#prefix}_eventos`);
  }

  periods(): Promise<RowsFile | null> {
    const days = `SELECT DISTINCT loja, data_venda FROM ${this.#prefix}_tratados WHERE erros = 0`;
    return this.#write('periodos', ['loja', 'data', 'grao'], `
      WITH dias AS (${days}) SELECT loja, data_venda, 'dia' FROM dias UNION SELECT loja, CAST(date_trunc('month', data_venda) AS DATE), 'mes' FROM dias`);
  }

  rejectedKeys(): Promise<RowsFile | null> {
    return this.#write('chaves_rejeitados', ['loja', 'hash_original'], `SELECT DISTINCT loja, hash_original FROM (${this.#rejectedSelect()})`);
  }

  async sort(known: KnownRows, refused: readonly RefusedOrder[], reprocess: boolean): Promise<SortedBatch> {
    await this.#loadKnown(known);
    await this.#refuse(refused);
    await this.#classify(reprocess);
    const p = this.#prefix;
    const current = `(SELECT t.* FROM ${p}_tratados t JOIN ${p}_classes c ON c.ordinal = t.ordinal WHERE c.situacao = 'aceito')`;
    const fresh = `(SELECT t.* FROM ${p}_tratados t JOIN ${p}_classes c ON c.ordinal = t.ordinal WHERE c.na_historia = FALSE)`;
    await this.#makeRows(current);
    const hash = `'\\x' || hash_origem AS hash_origem`;
    const base = { pedidos: `${p}_pedidos`, itens: `${p}_itens`, pagamentos: `${p}_pagamentos` };
    const rollups: RowsFile[] = [];
    const newRollups: RowsFile[] = [];
    for (const rollup of ROLLUPS) {
      const columns = rollupColumns(rollup);
      const { column, grain } = periodOf(rollup);
      const sums = `${p}_${rollup.table}`;
      await run(this.#connection, `CREATE OR REPLACE TEMP TABLE ${sums} AS SELECT r.*, c.loja IS NOT NULL AS conhecido FROM (${rollupSql(rollup, base)}) r
        LEFT JOIN ${p}_periodos_conhecidos c ON c.loja = r.loja AND c.data = r.${column} AND c.grao = '${grain}'`);
      const added = await this.#write(`soma_${rollup.table}`, columns, `SELECT * EXCLUDE (conhecido) FROM ${sums} WHERE conhecido`);
      if (added) rollups.push({ ...added, table: rollup.table });
      const fresh = await this.#write(rollup.table, columns, `SELECT * EXCLUDE (conhecido) FROM ${sums} WHERE NOT conhecido`);
      if (fresh) newRollups.push(fresh);
      await run(this.#connection, `DROP TABLE ${sums}`);
    }
    const inserts = await this.#writeAll([
      ['pedidos', ORDER_COLUMNS, `SELECT * REPLACE ('\\x' || hash_origem AS hash_origem) FROM ${p}_pedidos`],
      ['itens_pedido', ITEM_COLUMNS, `SELECT * FROM ${p}_itens`],
      ['pagamentos', PAYMENT_COLUMNS, `SELECT * FROM ${p}_pagamentos`],
      ['historico_status', HISTORY_COLUMNS, `SELECT ${HISTORY_COLUMNS.map((name) => (name === 'hash_origem' ? hash : name)).join(', ')} FROM ${fresh}`],
    ]);
    return {
      counts: await this.#counts(),
      inserts: [...inserts, ...newRollups],
      rollups,
      replaced: await this.#write('substituidos', ['loja', 'id_pedido'], `SELECT DISTINCT loja, id_pedido FROM ${p}_classes WHERE situacao = 'aceito' AND existe`),
      customers: await this.#write('clientes', CUSTOMER_COLUMNS, `
        SELECT ${CUSTOMER_COLUMNS.map((name) => (name === 'hash_origem' ? hash : name)).join(', ')} FROM (
          SELECT *, ${STATED_TIME} AS versao_em, row_number() OVER (PARTITION BY loja, chave_cliente ORDER BY data_pedido DESC, id_pedido DESC, ${STATED_TIME} DESC, revisao DESC, hash_origem DESC) AS lugar
          FROM ${fresh} WHERE chave_cliente IS NOT NULL) WHERE lugar = 1`),
      products: await this.#write('produtos', PRODUCT_COLUMNS, `
        SELECT loja, sku, arg_max(produto, versao), arg_max(categoria, versao), max(versao).a, max(versao).b, max(versao).c, max(versao).d, '\\x' || max(versao).e, max(versao).f
        FROM (SELECT loja, i.sku, i.produto, i.categoria,
                {'a': data_pedido, 'b': id_pedido, 'c': versao_em, 'd': revisao, 'e': hash_origem, 'f': i.n_item} AS versao
              FROM (SELECT loja, data_pedido, id_pedido, ${STATED_TIME} AS versao_em, revisao, hash_origem, unnest(itens) AS i FROM ${fresh}))
        GROUP BY loja, sku`),
      sightings: await this.#write('vistos', ['loja', 'id_pedido', 'revisao', 'hash_origem', 'menor', 'maior'], `
        SELECT loja, id_pedido, revisao, '\\x' || hash_origem, menor, maior FROM ${p}_classes WHERE estimado AND (NOT na_historia OR menor < menor_conhecido OR maior > maior_conhecido) AND (na_historia OR maior > menor)`),
      rejected: await this.#write('pedidos_rejeitados', REJECTED_COLUMNS, `SELECT * REPLACE ('\\x' || hash_original AS hash_original) FROM ${p}_rejeitados`),
      accepted: await this.#write('aceitos', ['loja', 'id_pedido', 'atualizado_em', 'revisao'], `SELECT loja, id_pedido, maior, revisao FROM ${p}_classes`),
    };
  }

  async drop(): Promise<void> {
    for (const suffix of ['tratados', 'originais', 'eventos', 'existentes', 'rejeitados_conhecidos', 'periodos_conhecidos', 'classes', 'pedidos', 'itens', 'pagamentos', 'rejeitados']) {
      await run(this.#connection, `DROP TABLE IF EXISTS ${this.#prefix}_${suffix}`);
    }
    await run(this.#connection, `DROP TABLE IF EXISTS ${this.#source}`);
    for (const path of this.#files) await rm(path, { force: true });
    this.#connection.closeSync();
  }

  /** Tables `_existentes` and `_rejeitados_conhecidos` from the probe's answers. */
  async #loadKnown(known: KnownRows): Promise<void> {
    const p = this.#prefix;
    const from = (path: string | null, columns: string): string => (path === null
      ? `SELECT * FROM (SELECT ${columns.split(', ').map((c) => `CAST(NULL AS ${c.split(' ')[1]}) AS ${c.split(' ')[0]}`).join(', ')}) WHERE FALSE`
      : `SELECT * FROM read_csv('${path.replaceAll("'", "''")}', auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', columns = {${columns.split(', ').map((c) => `'${c.split(' ')[0]}': '${c.split(' ')[1]}'`).join(', ')}})`);
    await run(this.#connection, `CREATE OR REPLACE TABLE ${p}_existentes AS ${from(known.versionsPath,
      'loja VARCHAR, id_pedido VARCHAR, revisao INTEGER, hash_origem VARCHAR, atualizado_em TIMESTAMP, estimado BOOLEAN, visto_em TIMESTAMP, atual BOOLEAN, versao_transformacao INTEGER')}`);
    await run(this.#connection, `CREATE OR REPLACE TABLE ${p}_rejeitados_conhecidos AS ${from(known.rejectedPath, 'loja VARCHAR, hash_original VARCHAR')}`);
    await run(this.#connection, `CREATE OR REPLACE TABLE ${p}_periodos_conhecidos AS ${from(known.periodsPath, 'loja VARCHAR, data DATE, grao VARCHAR')}`);
  }

  /** Orders that the database refused leave the valid events and join the rejected ones. */
  async #refuse(refused: readonly RefusedOrder[]): Promise<void> {
    if (refused.length === 0) return;
    const p = this.#prefix;
    const list = refused.map((order) => `('${order.store.replaceAll("'", "''")}', '${order.orderId.replaceAll("'", "''")}')`).join(', ');
    await run(this.#connection, `UPDATE ${p}_tratados SET erros = erros | ${erroBit('BANCO_RECUSOU')} WHERE erros = 0 AND (loja, id_pedido) IN (VALUES ${list})`);
    await run(this.#connection, `DELETE FROM ${p}_eventos WHERE (loja, id_pedido) IN (VALUES ${list})`);
    await this.#origin.loadOriginals(this.#connection, p);
  }

  /** Table `_classes`: each valid event group with what becomes of it. */
  async #classify(reprocess: boolean): Promise<void> {
    const p = this.#prefix;
    await run(this.#connection, `
      CREATE OR REPLACE TABLE ${p}_classes AS
      WITH todas AS (
        SELECT COALESCE(e.loja, x.loja) AS loja, COALESCE(e.id_pedido, x.id_pedido) AS id_pedido, COALESCE(e.revisao, x.revisao) AS revisao, COALESCE(e.hash_origem, x.hash_origem) AS hash_origem,
          e.ordinal, e.copias, e.menor, e.maior, COALESCE(e.estimado, x.estimado) AS estimado,
          x.hash_origem IS NOT NULL AS na_historia, x.atualizado_em AS menor_conhecido, GREATEST(x.atualizado_em, x.visto_em) AS maior_conhecido,
          COALESCE(x.atual, FALSE) AS atual, x.versao_transformacao
        FROM ${p}_eventos e FULL OUTER JOIN ${p}_existentes x
          ON x.loja = e.loja AND x.id_pedido = e.id_pedido AND x.revisao = e.revisao AND x.hash_origem = e.hash_origem),
      ordenadas AS (
        SELECT *, row_number() OVER (PARTITION BY loja, id_pedido ORDER BY GREATEST(maior, maior_conhecido) DESC, revisao DESC, hash_origem DESC) AS lugar,
          bool_or(na_historia) OVER (PARTITION BY loja, id_pedido) AS existe
        FROM todas)
      SELECT *, CASE
          WHEN lugar = 1 AND NOT atual THEN 'aceito'
          WHEN lugar = 1 AND ${reprocess ? `versao_transformacao < ${TRANSFORM_VERSION}` : 'FALSE'} THEN 'aceito'
          WHEN lugar = 1 AND estimado AND menor < menor_conhecido THEN 'aceito'
          WHEN na_historia THEN 'duplicado'
          ELSE 'antigo' END AS situacao
      FROM ordenadas WHERE ordinal IS NOT NULL`);
  }

  /** The rows of the accepted orders, in the warehouse's columns. */
  async #makeRows(current: string): Promise<void> {
    const p = this.#prefix;
    const own: Record<string, string> = {
      itens: 'qtd_itens', avisos: 'texto_avisos', versao_transformacao: String(TRANSFORM_VERSION),
      // A content without update time that was seen before keeps the earliest time.
      atualizado_em: `LEAST(atualizado_em, (SELECT menor_conhecido FROM ${p}_classes c WHERE c.ordinal = t.ordinal))`,
    };
    const hasHistory = (await count(this.#connection, `SELECT count(*) FROM ${p}_existentes`)) > 0;
    if (!hasHistory) delete own['atualizado_em'];
    await run(this.#connection, `CREATE OR REPLACE TABLE ${p}_pedidos AS SELECT ${ORDER_COLUMNS.map((name) => (own[name] ? `${own[name]} AS ${name}` : name)).join(', ')} FROM ${current} t`);
    await run(this.#connection, `CREATE OR REPLACE TABLE ${p}_itens AS SELECT loja, id_pedido, ${ITEM_COLUMNS.slice(2).map((name) => `i.${name} AS ${name}`).join(', ')} FROM (SELECT loja, id_pedido, unnest(itens) AS i FROM ${current})`);
    await run(this.#connection, `CREATE OR REPLACE TABLE ${p}_pagamentos AS SELECT loja, id_pedido, ${PAYMENT_COLUMNS.slice(2).map((name) => `g.${name} AS ${name}`).join(', ')} FROM (SELECT loja, id_pedido, unnest(pagamentos) AS g FROM ${current})`);
    await run(this.#connection, `CREATE OR REPLACE TABLE ${p}_rejeitados AS
      SELECT r.* FROM (SELECT * EXCLUDE (copias), CAST(sum(copias) OVER (PARTITION BY loja, hash_original) AS INTEGER) AS vezes, row_number() OVER (PARTITION BY loja, hash_original ORDER BY ordinal) AS lugar
                       FROM (${this.#rejectedSelect()})) r WHERE lugar = 1`);
    await run(this.#connection, `ALTER TABLE ${p}_rejeitados DROP lugar`);
    await run(this.#connection, `ALTER TABLE ${p}_rejeitados DROP ordinal`);
  }

  #rejectedSelect(): string {
    return rejectedSelect(this.#prefix, this.#source, this.#origin);
  }

  async #counts(): Promise<EventCounts> {
    const p = this.#prefix;
    const [valid] = await rows<Record<string, string>>(this.#connection, `
      SELECT COALESCE(sum(copias), 0) AS lidos, count(*) FILTER (situacao = 'aceito') AS aceitos, count(*) FILTER (situacao = 'antigo') AS antigos,
        COALESCE(sum(copias) - count(*) FILTER (situacao IN ('aceito', 'antigo')), 0) AS duplicados FROM ${p}_classes`);
    const [bad] = await rows<Record<string, string>>(this.#connection, `
      SELECT COALESCE(sum(vezes), 0) AS lidos, count(*) FILTER (k.hash_original IS NULL) AS rejeitados, COALESCE(sum(valor) FILTER (k.hash_original IS NULL), 0) AS valor
      FROM ${p}_rejeitados r LEFT JOIN ${p}_rejeitados_conhecidos k ON k.loja = r.loja AND k.hash_original = r.hash_original`);
    const [amounts] = await rows<Record<string, string>>(this.#connection, `SELECT COALESCE(sum(valor_total), 0) AS valor FROM ${p}_pedidos`);
    const lines = await count(this.#connection, `SELECT COALESCE(sum(n_linhas), 0) FROM ${p}_tratados`);
    const read = Number(valid?.['lidos']) + Number(bad?.['lidos']);
    const rejected = Number(bad?.['rejeitados']);
    return {
      lidos: read,
      aceitos: Number(valid?.['aceitos']),
      antigos: Number(valid?.['antigos']),
      rejeitados: rejected,
      duplicados: Number(valid?.['duplicados']) + Number(bad?.['lidos']) - rejected,
      linhas: lines,
      valorAceito: String(amounts?.['valor'] ?? '0'),
      valorRejeitado: String(bad?.['valor'] ?? '0'),
    };
  }

  async #writeAll(files: readonly (readonly [table: string, columns: readonly string[], select: string])[]): Promise<RowsFile[]> {
    const written: RowsFile[] = [];
    for (const [table, columns, select] of files) {
      const file = await this.#write(table, columns, select);
      if (file) written.push(file);
    }
    return written;
  }

  /** Writes a SELECT as CSV; null when it has no rows. */
  async #write(table: string, columns: readonly string[], select: string): Promise<RowsFile | null> {
    const path = join(this.#folder, `${this.#prefix}-${table}.csv`);
    const rowCount = await count(this.#connection, `COPY (${select}) TO '${path.replaceAll("'", "''")}' (FORMAT csv, HEADER false, USE_TMP_FILE false)`);
    this.#files.add(path);
    return rowCount === 0 ? null : { table, columns, path, rowCount };
  }
}

const REJECTED_COLUMNS = [
  'loja', 'hash_original', 'id_pedido', 'atualizado_em', 'revisao', 'motivos', 'avisos', 'detalhes', 'data_venda', 'canal', 'uf', 'valor',
  'formato', 'perfil', 'cabecalho', 'original', 'fonte', 'linha', 'recebido_em', 'versao_transformacao', 'vezes',
] as const;
