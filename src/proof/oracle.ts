// What a warehouse must hold after a set of messages, folded in plain TypeScript, and the comparison. It calls neither the transform nor the loader: it is
// the oracle that they are measured by.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { type ProofMessage, type ProofOrder, totalOf } from './orders.ts';

/** Sorted lines of text. */
interface Expected {
  /** Current orders, whole, with items and payments. */
  readonly orders: readonly string[];
  /** Every valid version. */
  readonly versions: readonly string[];
  /** SHA-256 of every bad original, and whether a valid version of its order has made it void. */
  readonly rejected: readonly string[];
}

const SAO_PAULO_MS = -3 * 3_600_000;

/** Folds messages in any order: the largest update time wins, equal messages count once. */
function fold(messages: readonly ProofMessage[]): Expected {
  const current = new Map<string, ProofOrder>();
  const versions = new Set<string>();
  const rejected = new Map<string, ProofMessage>();
  for (const message of messages) {
    const { order, value, isBad } = message;
    if (isBad) {
      // A tombstone holds nothing but its key.
      rejected.set(value === null ? `vazia ${message.key}` : sha256(value), message);
    } else if (order !== undefined) {
      versions.add(`${order.id} ${order.updatedAt} ${order.status} ${totalOf(order)}`);
      const known = current.get(order.id);
      if (known === undefined || known.updatedAt < order.updatedAt) current.set(order.id, order);
    }
  }
  const isVoid = ({ order }: ProofMessage): boolean =>
    order !== undefined && (current.get(order.id)?.updatedAt ?? -Infinity) >= order.updatedAt;
  return {
    orders: [...current.values()].map(orderLine).sort(),
    versions: [...versions].sort(),
    rejected: [...rejected].map(([hash, message]) => `${hash} ${isVoid(message) ? 'resolvido' : 'aberto'}`).sort(),
  };
}

function orderLine(order: ProofOrder): string {
  const items = order.items.map(
    ({ sku, quantity, price, discount }) =>
      `SKU-${sku} ${quantity} ${price} ${discount} ${quantity * price - discount}`,
  );
  const payments = order.payments.map(({ method, installments, amount }) => `${method} ${installments} ${amount}`);
  return [
    order.id,
    order.placedAt,
    new Date(order.placedAt + SAO_PAULO_MS).toISOString().slice(0, 10),
    order.updatedAt,
    order.status,
    order.channel,
    order.customer,
    order.city,
    order.state,
    order.freight,
    order.discount,
    totalOf(order),
    items.join('; '),
    payments.join('; '),
  ].join(' | ');
}

const ORDERS = `
  SELECT concat_ws(' | ', p.id_pedido, (extract(epoch FROM p.data_pedido) * 1000)::bigint, to_char(p.data_venda, 'YYYY-MM-DD'),
    (extract(epoch FROM p.atualizado_em) * 1000)::bigint, p.status, p.canal, c.id_cliente, p.cidade, p.uf, (p.frete * 100)::bigint, (p.desconto * 100)::bigint,
    (p.valor_total * 100)::bigint,
    (SELECT string_agg(concat_ws(' ', i.sku, i.quantidade, (i.preco_unitario * 100)::bigint, (i.desconto * 100)::bigint, (i.valor * 100)::bigint), '; ' ORDER BY i.n_item)
     FROM itens_pedido i WHERE i.loja = p.loja AND i.id_pedido = p.id_pedido),
    (SELECT string_agg(concat_ws(' ', g.forma, g.parcelas, (g.valor * 100)::bigint), '; ' ORDER BY g.n_pagamento)
     FROM pagamentos g WHERE g.loja = p.loja AND g.id_pedido = p.id_pedido)) AS line
  FROM pedidos p LEFT JOIN clientes c ON c.loja = p.loja AND c.chave_cliente = p.chave_cliente`;

const VERSIONS = `
  SELECT concat_ws(' ', id_pedido, (extract(epoch FROM atualizado_em) * 1000)::bigint, status, (valor_total * 100)::bigint) AS line FROM historico_status`;

const REJECTED = `
  SELECT CASE codificacao WHEN 'vazia' THEN 'vazia ' || chave_mensagem
    WHEN 'base64' THEN encode(sha256(decode(original, 'base64')), 'hex') ELSE encode(sha256(convert_to(original, 'UTF8')), 'hex') END || ' ' || situacao AS line
  FROM pedidos_rejeitados`;

/** A version counts as accepted, or as outdated when it came late, in one batch only; how often a message was read depends on the faults. */
const COUNTED = `
  SELECT COALESCE(sum(aceitos + antigos), 0)::int AS versions, COALESCE(sum(rejeitados), 0)::int AS rejected FROM esteira.lotes`;

/** Set equality of the warehouse with what the messages say, whole orders, versions and quarantine, and the ledger's count of them. Throws the first difference. */
export async function assertEqualsOracle(client: pg.Client, messages: readonly ProofMessage[]): Promise<void> {
  const expected = fold(messages);
  assertSameLines(await lines(client, ORDERS), expected.orders, 'current orders');
  assertSameLines(await lines(client, VERSIONS), expected.versions, 'versions');
  assertSameLines(await lines(client, REJECTED), expected.rejected, 'the quarantine');
  const { rows } = await client.query<{ versions: number; rejected: number }>(COUNTED);
  assert.deepEqual(
    rows[0],
    { versions: expected.versions.length, rejected: expected.rejected.length },
    'the ledger counts other versions or rejections than there are',
  );
}

async function lines(client: pg.Client, sql: string): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(sql);
  return rows.map(({ line }) => line).sort();
}

function assertSameLines(actual: readonly string[], expected: readonly string[], what: string): void {
  const [present, wanted] = [new Set(actual), new Set(expected)];
  const missing = expected.filter((line) => !present.has(line));
  const extra = actual.filter((line) => !wanted.has(line));
  assert.ok(
    missing.length === 0 && extra.length === 0 && actual.length === expected.length,
    `${what}: ${actual.length} instead of ${expected.length}; missing: ${missing[0] ?? 'none'}; not expected: ${extra[0] ?? 'none'}`,
  );
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
