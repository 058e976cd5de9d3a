// Reads single orders and what happened to them: the list of a selection, one order with its items, payments, versions and rejected versions.
// It never reads a customer's name, document, address or telephone, and never an original.
import type pg from 'pg';

/** Null means no restriction; days are YYYY-MM-DD, both included. */
export interface OrderFilter {
  readonly from: string;
  readonly to: string;
  readonly stores: readonly string[] | null;
  readonly channels: readonly string[] | null;
  readonly statuses: readonly string[] | null;
  /** Two letters, or ND for orders without a declared state. */
  readonly ufs: readonly string[] | null;
  /** IBGE code. */
  readonly city: string | null;
}

/** Times are ISO 8601 in America/Sao_Paulo without offset; money is R$ as text. */
export interface OrderLine {
  readonly store: string;
  readonly orderId: string;
  readonly placedAt: string;
  readonly channel: string;
  readonly status: string;
  readonly delivery: string | null;
  readonly uf: string | null;
  readonly city: string | null;
  readonly units: string;
  readonly total: string;
}

export interface OrderDetail extends OrderLine {
  readonly day: string;
  readonly itemsTotal: string;
  readonly freight: string;
  readonly discount: string;
  readonly refunded: string;
  readonly paidAt: string | null;
  readonly sentAt: string | null;
  readonly deliveredAt: string | null;
  readonly dueAt: string | null;
  readonly deletedAt: string | null;
  readonly warnings: readonly string[];
}

export interface OrderItem {
  readonly number: string;
  readonly sku: string;
  readonly product: string;
  readonly category: string;
  readonly quantity: string;
  readonly unitPrice: string;
  readonly discount: string;
  readonly amount: string;
}

export interface OrderPayment {
  readonly method: string;
  readonly instalments: string | null;
  readonly amount: string;
}

/** One known version; `isCurrent` is the one that the order stands at. */
export interface OrderVersion {
  readonly at: string;
  readonly isEstimated: boolean;
  readonly revision: number;
  readonly status: string;
  readonly delivery: string | null;
  readonly total: string;
  readonly receivedAt: string;
  readonly isCurrent: boolean;
}

/** A version of the order that was rejected. */
export interface RejectedVersion {
  readonly hash: string;
  readonly at: string;
  readonly reasons: readonly string[];
  readonly state: string;
  readonly stateAt: string | null;
  readonly amount: string | null;
}

export interface OrderHistory {
  readonly items: readonly OrderItem[];
  readonly payments: readonly OrderPayment[];
  readonly versions: readonly OrderVersion[];
  readonly rejected: readonly RejectedVersion[];
}

const LOCAL = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'America/Sao_Paulo', 'YYYY-MM-DD"T"HH24:MI:SS')`;
const LINE = `p.loja AS store, p.id_pedido AS "orderId", ${LOCAL('p.data_pedido')} AS "placedAt", p.canal AS channel, p.status, p.situacao_entrega AS delivery,
  p.uf, p.cidade AS city, p.unidades::text AS units, p.valor_total::text AS total`;
const REJECTED = `encode(hash_original, 'hex') AS hash, ${LOCAL('atualizado_em')} AS at, motivos AS reasons, situacao AS state,
  ${LOCAL('situacao_em')} AS "stateAt", valor::text AS amount`;

/** The newest orders of the selection, deleted ones left out. */
export async function listOrders(client: pg.Client, filter: OrderFilter, limit: number): Promise<OrderLine[]> {
  const { rows } = await client.query<OrderLine>(
    `
    SELECT ${LINE} FROM pedidos p
    WHERE p.data_venda BETWEEN $1::date AND $2::date AND p.excluido_em IS NULL
      AND ($3::text[] IS NULL OR p.loja = ANY ($3)) AND ($4::text[] IS NULL OR p.canal = ANY ($4)) AND ($5::text[] IS NULL OR p.status = ANY ($5))
      AND ($6::text[] IS NULL OR p.uf = ANY ($6) OR (p.uf IS NULL AND 'ND' = ANY ($6))) AND ($7::integer IS NULL OR p.codigo_ibge = $7)
    ORDER BY p.data_venda DESC, p.data_pedido DESC, p.loja, p.id_pedido LIMIT $8`,
    [filter.from, filter.to, filter.stores, filter.channels, filter.statuses, filter.ufs, filter.city, limit],
  );
  return rows;
}

/** The orders with exactly this number, one for each store that has it. */
export async function findOrders(
  client: pg.Client,
  orderId: string,
  stores: readonly string[],
): Promise<OrderDetail[]> {
  const { rows } = await client.query<OrderDetail>(
    `
    SELECT ${LINE}, p.data_venda::text AS day, p.valor_itens::text AS "itemsTotal", p.frete::text AS freight, p.desconto::text AS discount,
      p.valor_reembolsado::text AS refunded, ${LOCAL('p.pago_em')} AS "paidAt", ${LOCAL('p.enviado_em')} AS "sentAt", ${LOCAL('p.entregue_em')} AS "deliveredAt",
      ${LOCAL('p.prazo_entrega')} AS "dueAt", ${LOCAL('p.excluido_em')} AS "deletedAt", p.avisos AS warnings
    FROM pedidos p WHERE p.loja = ANY ($1::text[]) AND p.id_pedido = $2 ORDER BY p.loja`,
    [stores, orderId],
  );
  return rows;
}

/** Everything around one order. An order that was only ever rejected has rejected versions and nothing else. */
export async function readHistory(client: pg.Client, store: string, orderId: string): Promise<OrderHistory> {
  const key = [store, orderId];
  const items = await client.query<OrderItem>(
    `SELECT n_item::text AS number, sku, produto AS product, categoria AS category, quantidade::text AS quantity, preco_unitario::text AS "unitPrice",
       desconto::text AS discount, valor::text AS amount
     FROM itens_pedido WHERE loja = $1 AND id_pedido = $2 ORDER BY n_item`,
    key,
  );
  const payments = await client.query<OrderPayment>(
    `SELECT forma AS method, parcelas::text AS instalments, valor::text AS amount FROM pagamentos
     WHERE loja = $1 AND id_pedido = $2 ORDER BY n_pagamento`,
    key,
  );
  const versions = await client.query<OrderVersion>(
    `SELECT ${LOCAL('h.atualizado_em')} AS at, h.atualizado_em_estimado AS "isEstimated", h.revisao AS revision, h.status, h.situacao_entrega AS delivery,
       h.valor_total::text AS total, ${LOCAL('h.recebido_em')} AS "receivedAt", p.id_pedido IS NOT NULL AS "isCurrent"
     FROM historico_status h
     LEFT JOIN pedidos p ON p.loja = h.loja AND p.id_pedido = h.id_pedido AND p.atualizado_em = h.atualizado_em AND p.revisao = h.revisao
       AND p.hash_origem = h.hash_origem
     WHERE h.loja = $1 AND h.id_pedido = $2 ORDER BY h.atualizado_em, h.revisao, h.hash_origem`,
    key,
  );
  const rejected = await client.query<RejectedVersion>(
    `SELECT ${REJECTED} FROM pedidos_rejeitados
     WHERE loja = $1 AND id_pedido = $2 ORDER BY atualizado_em, revisao, hash_original`,
    key,
  );
  return { items: items.rows, payments: payments.rows, versions: versions.rows, rejected: rejected.rows };
}

/** Rejected versions of an order's number, of all stores or of some, those that cannot be read included. */
export async function readRejected(
  client: pg.Client,
  orderId: string,
  stores: readonly string[] | null,
): Promise<(RejectedVersion & { readonly store: string })[]> {
  // stores are few: each is looked up in the index, which begins with them
  const { rows } = await client.query<RejectedVersion & { store: string }>(
    `SELECT loja AS store, ${REJECTED} FROM pedidos_rejeitados
     WHERE loja IN (SELECT DISTINCT loja FROM pedidos_rejeitados WHERE $2::text[] IS NULL OR loja = ANY ($2)) AND id_pedido = $1
     ORDER BY loja, atualizado_em, revisao, hash_original`,
    [orderId, stores],
  );
  return rows;
}
