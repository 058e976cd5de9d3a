-- Question: how is the store doing, and how fresh and complete are the figures?
-- Grain: one row.
-- Units: pedidos_* distinct orders; money R$; ticket_medio R$ per approved order; unidades_por_pedido units per approved order; rates are fractions (0-1).
-- Date: data_venda. Statuses: all unless --status. Captado: all orders. Aprovada: Pago and Reembolsado. Líquida: aprovada minus refunds. Order totals, freight included;
--   frete is that of the approved orders. taxa_cancelamento: cancelled / captured orders. taxa_reembolso: refunded / approved R$.
-- Quarantine: open orders of the selected stores in the period, and those whose date cannot be read; channel, status and state do not narrow it.
-- Freshness: ultima_venda is the newest day of sale of the selected stores, ultimo_lote when the last batch was written; neither follows the period.
-- Reads: pedidos_diarios, pedidos_rejeitados, esteira.lotes.
WITH venda AS (
  SELECT
    coalesce(sum(pedidos), 0)::bigint AS pedidos_captados,
    coalesce(sum(valor_total), 0.00) AS valor_captado,
    coalesce(sum(pedidos) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 0)::bigint AS pedidos_aprovados,
    coalesce(sum(valor_total) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 0.00) AS receita_aprovada,
    coalesce(sum(valor_reembolsado) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 0.00) AS valor_reembolsado,
    coalesce(sum(unidades) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 0) AS unidades,
    coalesce(sum(frete) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 0.00) AS frete,
    coalesce(sum(pedidos) FILTER (WHERE status = 'Cancelado'), 0)::bigint AS pedidos_cancelados
  FROM pedidos_diarios
  WHERE loja = ANY (:stores)
    AND data_venda >= :from AND data_venda <= :to
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND (:channels IS NULL OR canal = ANY (:channels))
    AND (:ufs IS NULL OR uf = ANY (:ufs))
), quarentena AS (
  SELECT count(*) AS pedidos, coalesce(sum(valor), 0.00) AS valor
  FROM pedidos_rejeitados
  WHERE situacao = 'aberto'
    AND (:all_stores OR loja = ANY (:stores))
    AND (data_venda IS NULL OR (data_venda >= :from AND data_venda <= :to))
), fresco AS (
  SELECT max((
    SELECT d.data_venda FROM pedidos_diarios d WHERE d.loja = s.loja ORDER BY d.loja DESC, d.data_venda DESC LIMIT 1
  )) AS ultima_venda
  FROM unnest(:stores) AS s(loja)
)
SELECT
  v.pedidos_captados, v.valor_captado, v.pedidos_aprovados, v.receita_aprovada,
  v.receita_aprovada - v.valor_reembolsado AS receita_liquida,
  v.valor_reembolsado,
  round(v.receita_aprovada / nullif(v.pedidos_aprovados, 0), 2) AS ticket_medio,
  round(v.unidades / nullif(v.pedidos_aprovados, 0), 2) AS unidades_por_pedido,
  v.frete,
  v.pedidos_cancelados,
  round(v.pedidos_cancelados::numeric / nullif(v.pedidos_captados, 0), 6) AS taxa_cancelamento,
  round(v.valor_reembolsado / nullif(v.receita_aprovada, 0), 6) AS taxa_reembolso,
  q.pedidos AS quarentena_pedidos, q.valor AS quarentena_valor,
  f.ultima_venda,
  (SELECT max(confirmado_em) FROM esteira.lotes) AS ultimo_lote
FROM venda v, quarentena q, fresco f
LIMIT :limit;
