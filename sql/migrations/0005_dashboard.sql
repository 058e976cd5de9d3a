-- For the dashboard and for BI tools. The last batches are asked for at every refresh, and a stream writes one a second. The view holds the figures of the
-- metric catalogue (src/catalog/metrics.ts) by store, day of sale, channel and delivery state; src/catalog/metric-view.ts made it, and a test compares the two.

CREATE INDEX lotes_confirmado_em ON esteira.lotes (confirmado_em);

CREATE VIEW vw_indicadores_diarios AS
SELECT
  loja,
  data_venda,
  date_trunc('month', data_venda::timestamp)::date AS mes,
  canal,
  uf,
  regiao_da_uf(uf) AS regiao,
  coalesce(sum(valor_total), 0.00) AS receita_captada,
  coalesce(sum(valor_total) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 0.00) AS receita_aprovada,
  coalesce(sum(valor_total - valor_reembolsado) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 0.00) AS receita_liquida,
  coalesce(sum(pedidos), 0)::bigint AS pedidos_captados,
  coalesce(sum(pedidos) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 0)::bigint AS pedidos_aprovados,
  round(sum(valor_total) FILTER (WHERE status IN ('Pago', 'Reembolsado')) / nullif(sum(pedidos) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 0), 2) AS ticket_medio,
  round(coalesce(sum(pedidos) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 0) / nullif(sum(pedidos), 0), 6) AS taxa_aprovacao,
  round(coalesce(sum(pedidos) FILTER (WHERE status = 'Cancelado'), 0) / nullif(sum(pedidos), 0), 6) AS taxa_cancelamento,
  round(coalesce(sum(valor_reembolsado) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 0) / nullif(sum(valor_total) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 0), 6) AS taxa_reembolso,
  round(sum(unidades) FILTER (WHERE status IN ('Pago', 'Reembolsado')) / nullif(sum(pedidos) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 0), 2) AS unidades_por_pedido,
  round(coalesce(sum(frete) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 0) / nullif(sum(valor_total) FILTER (WHERE status IN ('Pago', 'Reembolsado')), 0), 6) AS participacao_frete
FROM pedidos_diarios
GROUP BY loja, data_venda, canal, uf;

COMMENT ON VIEW vw_indicadores_diarios IS 'The metric catalogue for BI (docs/metrics.md): one row per store, day of sale, channel and delivery state. Sums and counts may be summed further; of ratios, divide the sums.';
COMMENT ON COLUMN vw_indicadores_diarios.loja IS 'The store.';
COMMENT ON COLUMN vw_indicadores_diarios.data_venda IS 'Day of sale in America/Sao_Paulo.';
COMMENT ON COLUMN vw_indicadores_diarios.mes IS 'First day of the month of sale.';
COMMENT ON COLUMN vw_indicadores_diarios.canal IS 'Channel.';
COMMENT ON COLUMN vw_indicadores_diarios.uf IS 'Delivery state; ND when not declared.';
COMMENT ON COLUMN vw_indicadores_diarios.regiao IS 'Region of the delivery state.';
COMMENT ON COLUMN vw_indicadores_diarios.receita_captada IS 'Sum of the totals of all orders, whatever their status, freight included.';
COMMENT ON COLUMN vw_indicadores_diarios.receita_aprovada IS 'Sum of the totals of orders in status Pago or Reembolsado, freight included; refunds are not taken off.';
COMMENT ON COLUMN vw_indicadores_diarios.receita_liquida IS 'Approved revenue minus refunds (the whole total when Reembolsado without an amount).';
COMMENT ON COLUMN vw_indicadores_diarios.pedidos_captados IS 'How many distinct orders came in, whatever their status.';
COMMENT ON COLUMN vw_indicadores_diarios.pedidos_aprovados IS 'How many distinct orders are in status Pago or Reembolsado.';
COMMENT ON COLUMN vw_indicadores_diarios.ticket_medio IS 'Approved revenue divided by approved orders. A ratio of this row: never sum or average it.';
COMMENT ON COLUMN vw_indicadores_diarios.taxa_aprovacao IS 'Approved orders (Pago or Reembolsado) divided by all captured orders. A ratio of this row: never sum or average it.';
COMMENT ON COLUMN vw_indicadores_diarios.taxa_cancelamento IS 'Orders in status Cancelado divided by all captured orders. A ratio of this row: never sum or average it.';
COMMENT ON COLUMN vw_indicadores_diarios.taxa_reembolso IS 'Amount given back divided by approved revenue. A ratio of this row: never sum or average it.';
COMMENT ON COLUMN vw_indicadores_diarios.unidades_por_pedido IS 'Units sold in approved orders, divided by those orders. A ratio of this row: never sum or average it.';
COMMENT ON COLUMN vw_indicadores_diarios.participacao_frete IS 'Freight charged on approved orders, divided by approved revenue. A ratio of this row: never sum or average it.';
