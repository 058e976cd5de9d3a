// Reads the quarantine: how much of what, which records, and everything that is needed to read one of them again.
// It never changes a row, and never returns an original unless it was asked for.
import type pg from 'pg';
import { fail } from '../catalog/errors.ts';

export type QuarantineState = 'aberto' | 'resolvido' | 'descartado';

/** Null means no restriction. Days are YYYY-MM-DD, both included; records whose day cannot be read are inside every period. */
export interface QuarantineFilter {
  readonly stores: readonly string[] | null;
  readonly reasons: readonly string[] | null;
  readonly files: readonly string[] | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly states: readonly QuarantineState[] | null;
}

export interface ReasonTotal {
  /** Null for the row that counts every record once. */
  readonly reason: string | null;
  readonly records: string;
  /** Distinct orders; a record without a readable number counts as one. */
  readonly orders: string;
  /** R$ of each order once: of its newest version in the selection that states any. */
  readonly amount: string;
}

export interface QuarantineLine {
  readonly store: string;
  readonly hash: string;
  readonly orderId: string | null;
  readonly file: string;
  readonly line: string | null;
  readonly reasons: readonly string[];
  readonly amount: string | null;
  readonly state: QuarantineState;
  readonly receivedAt: string;
}

/** How the cells of the file that a record came from were read as a whole. */
export interface ReadingFacts {
  readonly formato_decimal?: ',' | '.' | 'en' | null;
  readonly formato_data?: 'iso' | 'dmy' | 'mdy' | null;
  readonly tem_endereco?: boolean;
  readonly mapping?: unknown;
}

/** One record with its original. Times are UTC text, YYYY-MM-DD HH:MM:SS.ffffff. */
export interface QuarantineRecord {
  readonly store: string;
  readonly hash: string;
  readonly orderId: string | null;
  readonly reasons: readonly string[];
  readonly revision: number;
  readonly updatedAt: string;
  readonly receivedAt: string;
  readonly format: 'csv' | 'jsonl' | 'parquet';
  readonly profile: string;
  readonly header: string | null;
  readonly original: string;
  readonly file: string;
  readonly line: number | null;
  readonly state: QuarantineState;
  readonly facts: ReadingFacts;
}

/** A record as `show` tells it. */
export interface QuarantineDetail extends QuarantineRecord {
  readonly warnings: readonly string[];
  readonly details: readonly {
    readonly codigo: string;
    readonly campo: string | null;
    readonly valor: string | null;
  }[];
  readonly day: string | null;
  readonly amount: string | null;
  readonly times: number;
  readonly transformVersion: number;
  /** Where a message stood in its topic (`file`); null for a record of a file. */
  readonly message: {
    readonly partition: number;
    readonly offset: string;
    /** As text, or 0x and hexadecimal digits; may name a person. */
    readonly key: string | null;
    /** `base64`: so is the original, which was no text. `vazia`: there was none. */
    readonly encoding: 'texto' | 'base64' | 'vazia';
  } | null;
  readonly stateReason: string | null;
  readonly stateAt: string | null;
  /** The order's current version in the warehouse; null when it has none. */
  readonly current: {
    readonly status: string;
    readonly amount: string;
    readonly updatedAt: string;
    readonly revision: number;
  } | null;
  readonly history: readonly {
    readonly updatedAt: string;
    readonly revision: number;
    readonly status: string;
    readonly amount: string;
  }[];
  readonly siblings: readonly { readonly hash: string; readonly state: string; readonly reasons: readonly string[] }[];
}

/** A record's key: store and SHA-256 in hexadecimal. */
export interface RecordKey {
  readonly store: string;
  readonly hash: string;
}

/** Digits of a hash that people are shown. */
const SHORT_ID = 12;

/** The id as `quarantine list` shows it. */
export function shortId(hash: string): string {
  return hash.slice(0, SHORT_ID);
}

const UTC = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')`;

function conditionOf(filter: QuarantineFilter): { where: string; values: unknown[] } {
  const values: unknown[] = [filter.stores, filter.reasons, filter.files, filter.from, filter.to, filter.states];
  const where = `($1::text[] IS NULL OR q.loja = ANY ($1)) AND ($2::text[] IS NULL OR q.motivos && $2) AND ($3::text[] IS NULL OR q.fonte = ANY ($3))
    AND ($4::date IS NULL OR q.data_venda IS NULL OR q.data_venda >= $4) AND ($5::date IS NULL OR q.data_venda IS NULL OR q.data_venda <= $5)
    AND ($6::text[] IS NULL OR q.situacao = ANY ($6))`;
  return { where, values };
}

/** Totals by reason, most records first, and after them the total of the selection. A record with two reasons is in both rows and once in the total. */
export async function summariseQuarantine(client: pg.Client, filter: QuarantineFilter): Promise<ReasonTotal[]> {
  const { where, values } = conditionOf(filter);
  const { rows } = await client.query<{ motivo: string | null; registros: string; pedidos: string; valor: string }>(
    `
    WITH selecao AS (
      SELECT q.motivos, q.valor, q.atualizado_em, q.revisao, q.hash_original,
        CASE WHEN q.id_pedido IS NULL THEN encode(q.hash_original, 'hex') ELSE q.id_pedido END AS pedido, q.loja, q.id_pedido IS NULL AS sem_numero
      FROM pedidos_rejeitados q WHERE ${where}),
    por_motivo AS (
      SELECT motivo, s.* FROM selecao s, unnest(s.motivos) AS motivo WHERE $2::text[] IS NULL OR motivo = ANY ($2)
      UNION ALL SELECT NULL, s.* FROM selecao s),
    por_pedido AS (
      SELECT motivo, count(*) AS registros, (array_agg(valor ORDER BY atualizado_em DESC, revisao DESC, hash_original DESC) FILTER (WHERE valor IS NOT NULL))[1] AS valor
      FROM por_motivo GROUP BY motivo, loja, sem_numero, pedido)
    SELECT motivo, COALESCE(sum(registros), 0)::text AS registros, count(*)::text AS pedidos, COALESCE(sum(valor), 0)::numeric(18,2)::text AS valor
    FROM por_pedido GROUP BY motivo ORDER BY motivo IS NULL, sum(registros) DESC, motivo`,
    values,
  );
  return rows.map((row) => ({ reason: row.motivo, records: row.registros, orders: row.pedidos, amount: row.valor }));
}

/** Records by store, file and line; `total` is how many the filter selects. */
export async function listQuarantine(
  client: pg.Client,
  filter: QuarantineFilter,
  limit: number | null,
): Promise<{ lines: QuarantineLine[]; total: number }> {
  const { where, values } = conditionOf(filter);
  const { rows } = await client.query<{
    loja: string;
    hash: string;
    id_pedido: string | null;
    fonte: string;
    linha: string | null;
    motivos: string[];
    valor: string | null;
    situacao: QuarantineState;
    recebido_em: string;
    total: string;
  }>(
    `
    SELECT q.loja, encode(q.hash_original, 'hex') AS hash, q.id_pedido, q.fonte, q.linha::text AS linha, q.motivos, q.valor::text AS valor, q.situacao,
      to_char(q.recebido_em AT TIME ZONE 'America/Sao_Paulo', 'YYYY-MM-DD"T"HH24:MI:SS') AS recebido_em, count(*) OVER ()::text AS total
    FROM pedidos_rejeitados q WHERE ${where} ORDER BY q.loja, q.fonte, q.linha, q.hash_original LIMIT $7`,
    [...values, limit],
  );
  const lines = rows.map((row) => ({
    store: row.loja,
    hash: row.hash,
    orderId: row.id_pedido,
    file: row.fonte,
    line: row.linha,
    reasons: row.motivos,
    amount: row.valor,
    state: row.situacao,
    receivedAt: row.recebido_em,
  }));
  return { lines, total: Number(rows[0]?.total ?? 0) };
}

const RECORD = `
  q.loja AS store, encode(q.hash_original, 'hex') AS hash, q.id_pedido AS "orderId", q.motivos AS reasons, q.revisao AS revision, ${UTC('q.atualizado_em')} AS "updatedAt",
  ${UTC('q.recebido_em')} AS "receivedAt", q.formato AS format, q.perfil AS profile, q.cabecalho AS header, q.original, q.fonte AS file, q.linha::int8::float8 AS line, q.situacao AS state,
  COALESCE((SELECT f.opcoes FROM esteira.fontes f WHERE f.nome = q.fonte AND f.perfil = q.perfil AND f.recebido_em = q.recebido_em
            ORDER BY f.registrada_em DESC LIMIT 1), '{}') AS facts`;

/** The selected records with their originals, by store, file and line. */
export async function readRecords(client: pg.Client, filter: QuarantineFilter): Promise<QuarantineRecord[]> {
  const { where, values } = conditionOf(filter);
  const { rows } = await client.query<QuarantineRecord>(
    `SELECT ${RECORD} FROM pedidos_rejeitados q WHERE ${where} ORDER BY q.loja, q.fonte, q.linha, q.hash_original`,
    values,
  );
  return rows;
}

/** Records by their whole hash; of one hash, those of every store. */
export async function recordsByHash(client: pg.Client, hashes: readonly string[]): Promise<QuarantineRecord[]> {
  const { rows } = await client.query<QuarantineRecord>(
    `SELECT ${RECORD} FROM pedidos_rejeitados q WHERE q.hash_original = ANY (SELECT decode(h, 'hex') FROM unnest($1::text[]) h) ORDER BY q.loja, q.fonte, q.linha, q.hash_original`,
    [hashes],
  );
  return rows;
}

/** The record that an id means: the first digits of its hash (4 at least), and `@store` where two stores have the same. Throws QUARANTINE_ID_UNKNOWN. */
export async function findKey(client: pg.Client, id: string): Promise<RecordKey & { readonly state: QuarantineState }> {
  const { prefix, store } = splitId(id);
  const { rows } = await client.query<{ store: string; hash: string; state: QuarantineState }>(
    `
    SELECT loja AS store, encode(hash_original, 'hex') AS hash, situacao AS state FROM pedidos_rejeitados
    WHERE starts_with(encode(hash_original, 'hex'), $1) AND ($2::text IS NULL OR loja = $2) ORDER BY 2, 1 LIMIT 3`,
    [prefix, store],
  );
  const [found, second] = rows;
  if (/^[0-9a-f]{4,64}$/.test(prefix) && found !== undefined && second === undefined) return found;
  const isSameHash = second !== undefined && second.hash === found?.hash;
  throw fail('QUARANTINE_ID_UNKNOWN', {
    what:
      second === undefined
        ? `No record in the quarantine has the id ${id}.`
        : `More than one record in the quarantine has an id that begins with ${prefix}.`,
    why:
      second === undefined
        ? 'An id is the first digits (4 at least) of what "esteira quarantine list" shows.'
        : isSameHash
          ? `${shortId(second.hash)} is in the stores ${rows
              .filter((row) => row.hash === second.hash)
              .map((row) => row.store)
              .join(' and ')}.`
          : `For example ${[...new Set(rows.map((row) => shortId(row.hash)))].join(' and ')}.`,
    fix: isSameHash
      ? `Name the store too: ${shortId(second.hash)}@${second.store}.`
      : second === undefined
        ? 'Look it up with "esteira quarantine list --status all".'
        : 'Give more digits.',
  });
}

/** Whether the record is there, whatever became of it. */
export async function recordExists(client: pg.Client, key: RecordKey): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM pedidos_rejeitados WHERE loja = $1 AND hash_original = decode($2, 'hex')`,
    [key.store, key.hash],
  );
  return rowCount === 1;
}

/** `hash@store` taken apart. */
export function splitId(id: string): { prefix: string; store: string | null } {
  const at = id.indexOf('@');
  return at < 0
    ? { prefix: id.toLowerCase(), store: null }
    : { prefix: id.slice(0, at).toLowerCase(), store: id.slice(at + 1) };
}

/** Everything about one record and the versions around it. */
export async function readDetail(client: pg.Client, key: RecordKey): Promise<QuarantineDetail> {
  const { rows } = await client.query<Omit<QuarantineDetail, 'current' | 'history' | 'siblings'>>(
    `
    SELECT ${RECORD}, q.avisos AS warnings, q.detalhes AS details, q.data_venda::text AS day, q.valor::text AS amount, q.vezes AS times,
      q.versao_transformacao AS "transformVersion",
      CASE WHEN q.deslocamento IS NOT NULL THEN
        jsonb_build_object('partition', q.particao, 'offset', q.deslocamento::text, 'key', q.chave_mensagem, 'encoding', q.codificacao) END AS message, q.situacao_motivo AS "stateReason", ${UTC('q.situacao_em')} AS "stateAt"
    FROM pedidos_rejeitados q WHERE q.loja = $1 AND q.hash_original = decode($2, 'hex')`,
    [key.store, key.hash],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('the record left between two queries');
  const order = [row.store, row.orderId];
  const current = await client.query<NonNullable<QuarantineDetail['current']>>(
    `SELECT status, valor_total::text AS amount, ${UTC('atualizado_em')} AS "updatedAt", revisao AS revision FROM pedidos WHERE loja = $1 AND id_pedido = $2`,
    order,
  );
  const history = await client.query<QuarantineDetail['history'][number]>(
    `SELECT ${UTC('atualizado_em')} AS "updatedAt", revisao AS revision, status, valor_total::text AS amount FROM historico_status
     WHERE loja = $1 AND id_pedido = $2 ORDER BY atualizado_em, revisao, hash_origem`,
    order,
  );
  const siblings = await client.query<QuarantineDetail['siblings'][number]>(
    `SELECT encode(hash_original, 'hex') AS hash, situacao AS state, motivos AS reasons FROM pedidos_rejeitados
     WHERE loja = $1 AND id_pedido = $2 AND hash_original <> decode($3, 'hex') ORDER BY atualizado_em, revisao`,
    [...order, key.hash],
  );
  return { ...row, current: current.rows[0] ?? null, history: history.rows, siblings: siblings.rows };
}

/** Versions of these orders in the history, for the revision that a correction gets. */
export async function versionsOf(
  client: pg.Client,
  orders: readonly { readonly store: string; readonly orderId: string }[],
): Promise<{ store: string; orderId: string; updatedAt: string; revision: number; hash: string }[]> {
  const { rows } = await client.query<{
    store: string;
    orderId: string;
    updatedAt: string;
    revision: number;
    hash: string;
  }>(
    `
    SELECT h.loja AS store, h.id_pedido AS "orderId", ${UTC('h.atualizado_em')} AS "updatedAt", h.revisao AS revision, encode(h.hash_origem, 'hex') AS hash
    FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS u(loja, id_pedido)) u JOIN historico_status h ON h.loja = u.loja AND h.id_pedido = u.id_pedido`,
    [orders.map((order) => order.store), orders.map((order) => order.orderId)],
  );
  return rows;
}
