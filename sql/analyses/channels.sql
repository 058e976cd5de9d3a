-- Question: what does each sales channel bring in?
-- Grain: one row per channel, by captured value, ties by name.
-- Units: pedidos distinct orders; money R$; ticket_medio R$ per approved order; taxa_cancelamento fraction (0-1) of captured orders.
-- Date: data_venda. Statuses: all unless --status. Captado: all orders. Aprovada: Pago and Reembolsado. Líquida: aprovada minus refunds. Order totals, freight included.
-- Reads: pedidos_diarios.
SELECT
  canal,
  sum(pedidos)::bigint AS pedidos_captados,
  sum(valor_total) AS valor_captado,
  coalesce(sum(pedidos) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 0)::bigint AS pedidos_aprovados,
  coalesce(sum(valor_total) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 0.00) AS receita_aprovada,
  coalesce(sum(valor_total - valor_reembolsado) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 0.00) AS receita_liquida,
  round(
    sum(valor_total) FILTER (WHERE status IN ('Pago', 'Reembolsado'))
    / sum(pedidos) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 2) AS ticket_medio,
  coalesce(sum(pedidos) FILTER (WHERE status = 'Cancelado'), 0)::bigint AS pedidos_cancelados,
  round(coalesce(sum(pedidos) FILTER (WHERE status = 'Cancelado'), 0) / sum(pedidos), 6) AS taxa_cancelamento
FROM pedidos_diarios
WHERE loja = ANY (:stores)
  AND data_venda >= :from AND data_venda <= :to
  AND (:statuses IS NULL OR status = ANY (:statuses))
  AND (:channels IS NULL OR canal = ANY (:channels))
  AND (:ufs IS NULL OR uf = ANY (:ufs))
GROUP BY canal
ORDER BY valor_captado DESC, canal COLLATE "C"
LIMIT :limit;
