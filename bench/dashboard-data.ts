// Fills an empty, migrated warehouse with invented orders of three years by SQL alone: as many as one asks for in minutes, where reading a file of them
// takes an hour. For measuring reading only: totals need not fit the items. SKUs and places are drawn by Zipf's law; orders stand in the order of
// time and sums in that of their keys, as the loader writes them; rollups come from the catalogue, and cohorts
// are settled as after a load.
import type pg from 'pg';
import {
  rollupColumns,
  ROLLUP_TABLES,
  ROLLUPS,
  rollupSql,
  STATUS_CHANGES,
  statusChangesSql,
} from '../src/catalog/rollups.ts';
import { settleCohorts } from '../src/storage/cohorts.ts';

export interface FillOptions {
  readonly orders: number;
  readonly skus: number;
}

const DAYS = 1_095;
const PLACES = 3_000;
/** The last day of sale: the thirty days to it cut a month in half, the slowest way that a recent period can fall. */
export const LAST_DAY = '2026-10-15';

/** Table -> rows, at the end. */
export async function fillWarehouse(client: pg.Client, { orders, skus }: FillOptions): Promise<Map<string, number>> {
  await client.query('SET synchronous_commit = off');
  await client.query("SET work_mem = '256MB'");
  await client.query('SELECT setseed(0.42)');
  await client.query(`CREATE TEMP TABLE lugar AS
    SELECT row_number() OVER (ORDER BY md5(codigo_ibge::text)) AS n, codigo_ibge, nome, uf, regiao FROM municipios LIMIT ${PLACES}`);
  await client.query('CREATE UNIQUE INDEX ON lugar (n)');
  for (const sql of statements(orders, skus)) await client.query(sql);
  const from = { pedidos: 'pedidos', itens: 'itens_pedido', pagamentos: 'pagamentos' };
  const changes = statusChangesSql({ pedidos: 'pedidos', historico: 'historico_status' });
  for (const [rollup, sums] of [
    ...ROLLUPS.map((each) => [each, rollupSql(each, from)] as const),
    [STATUS_CHANGES, changes] as const,
  ])
    await client.query(
      `INSERT INTO ${rollup.table} (${rollupColumns(rollup).join(', ')}) ${sums} ORDER BY ${Object.keys(rollup.keys).join(', ')}`,
    );
  await client.query('VACUUM (ANALYZE)');
  await settleCohorts(client);
  const counts = new Map<string, number>();
  const tables = [
    'pedidos',
    'itens_pedido',
    'pagamentos',
    'historico_status',
    ...ROLLUP_TABLES,
    'clientes_coorte',
    'coortes_mensais',
  ];
  for (const table of tables) {
    const { rows } = await client.query<{ n: number }>(`SELECT count(*)::float8 AS n FROM ${table}`);
    counts.set(table, rows[0]?.n ?? 0);
  }
  return counts;
}

function statements(orders: number, skus: number): string[] {
  const zipf = (most: number): string => `floor(exp(random() * ln(${most + 1}.0)))::int`;
  return [
    `INSERT INTO produtos (loja, sku, produto, categoria, data_pedido, id_pedido, versao_em, revisao, hash_origem, n_item)
      SELECT 'loja', 'SKU-' || i, 'Produto ' || i, (ARRAY['Casa', 'Moda', 'Beleza', 'Esporte', 'Informática', 'Brinquedos', 'Livros', 'Áudio'])[1 + i % 8],
        now(), '1', now(), 0, '\\x00', 1 FROM generate_series(1, ${skus}) i`,
    `INSERT INTO pedidos (loja, id_pedido, data_pedido, data_venda, hora_venda, atualizado_em, atualizado_em_estimado, revisao, hash_origem, canal, canal_origem,
        status, status_origem, situacao_entrega, chave_cliente, cidade, uf, codigo_ibge, regiao, itens, unidades, valor_itens, frete, desconto, valor_total,
        valor_calculado, valor_reembolsado, enviado_em, entregue_em, prazo_entrega, avisos, recebido_em, versao_transformacao)
      SELECT 'loja', 's' || i, t, dia, hora, t + interval '2 days', false, 0, '\\x00', canal, canal, status, status, 'Entregue', md5(cliente::text)::uuid,
        l.nome, l.uf, l.codigo_ibge, l.regiao, 1 + i % 2, 1 + i % 3, valor, 15, 0, valor + 15, valor + 15, CASE status WHEN 'Reembolsado' THEN valor + 15 ELSE 0 END,
        t + interval '1 hour' * (1 + 47 * random()), CASE WHEN status = 'Pago' THEN t + interval '1 day' * (2 + 9 * random()) END, t + interval '7 days', '{}', t, 1
      FROM (
        SELECT i, dia, hora, (dia + hora * interval '1 hour') AT TIME ZONE 'America/Sao_Paulo' AS t, cliente, lugar, valor,
          CASE WHEN c < 0.5 THEN 'Site' WHEN c < 0.8 THEN 'App' ELSE 'Marketplace' END AS canal,
          CASE WHEN s < 0.82 THEN 'Pago' WHEN s < 0.88 THEN 'Pendente' WHEN s < 0.97 THEN 'Cancelado' ELSE 'Reembolsado' END AS status
        FROM (
          SELECT row_number() OVER (ORDER BY dia, hora) AS i, * FROM (
            SELECT date '${LAST_DAY}' - floor(random() * ${DAYS})::int AS dia, floor(24 * sqrt(random()))::int AS hora, random() AS c, random() AS s,
              floor(random() * ${Math.ceil(orders / 3)})::int AS cliente, ${zipf(PLACES)} AS lugar, round((20 + 400 * random() * random())::numeric, 2) AS valor
            FROM generate_series(1, ${orders})) sale) drawn) o
      JOIN lugar l ON l.n = least(o.lugar, ${PLACES})
      ORDER BY i`,
    `INSERT INTO itens_pedido (loja, id_pedido, n_item, data_venda, canal, status, uf, excluido, sku, produto, categoria, quantidade, preco_unitario, desconto, valor)
      SELECT 'loja', o.id_pedido, o.n, o.data_venda, o.canal, o.status, o.uf, false, 'SKU-' || o.s, 'Produto ' || o.s,
        (ARRAY['Casa', 'Moda', 'Beleza', 'Esporte', 'Informática', 'Brinquedos', 'Livros', 'Áudio'])[1 + o.s % 8], 1, o.valor_itens, 0, o.valor_itens
      FROM (SELECT p.*, n, least(${zipf(skus)}, ${skus}) AS s FROM pedidos p, generate_series(1, p.itens) n) o`,
    `INSERT INTO pagamentos (loja, id_pedido, n_pagamento, forma, forma_origem, parcelas, valor)
      SELECT loja, id_pedido, 1, f, f, CASE f WHEN 'Cartão de crédito' THEN 1 + length(id_pedido) ELSE 1 END, valor_total
      FROM (SELECT loja, id_pedido, valor_total, (ARRAY['Pix', 'Cartão de crédito', 'Boleto'])[1 + floor(random() * 3)::int] AS f FROM pedidos) p`,
    `INSERT INTO historico_status (loja, id_pedido, atualizado_em, revisao, hash_origem, atualizado_em_estimado, status, situacao_entrega, valor_total, recebido_em)
      SELECT loja, id_pedido, atualizado_em, 0, hash_origem, false, status, situacao_entrega, valor_total, recebido_em FROM pedidos
      UNION ALL
      SELECT loja, id_pedido, data_pedido, 0, hash_origem, false, 'Pendente', 'Não enviado', valor_total, recebido_em FROM pedidos WHERE unidades = 1`,
    `INSERT INTO esteira.lotes (id_lote, id_fonte, posicao, lidos, aceitos, rejeitados, duplicados, antigos, linhas, valor_aceito, valor_rejeitado, versao_transformacao, iniciado_em)
      VALUES ('bench', 'bench', '1', ${orders}, ${orders}, 0, 0, 0, ${orders}, 0, 0, 1, now())`,
  ];
}
