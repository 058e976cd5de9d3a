-- Question: in which status are the orders, and how much money is that?
-- Grain: one row per status that occurs, in the order Pago, Pendente, Cancelado, Reembolsado.
-- Units: pedidos distinct orders; valor R$; shares are fractions (0-1) of the selection.
-- Date: data_venda. Statuses: all unless --status. Value: order totals, freight included.
-- Reads: pedidos_diarios.
SELECT
  status,
  sum(pedidos)::bigint AS pedidos,
  round(sum(pedidos) / sum(sum(pedidos)) OVER (), 6) AS participacao_pedidos,
  sum(valor_total) AS valor,
  round(sum(valor_total) / nullif(sum(sum(valor_total)) OVER (), 0), 6) AS participacao_valor
FROM pedidos_diarios
WHERE loja = ANY (:stores)
  AND data_venda >= :from AND data_venda <= :to
  AND (:statuses IS NULL OR status = ANY (:statuses))
  AND (:channels IS NULL OR canal = ANY (:channels))
  AND (:ufs IS NULL OR uf = ANY (:ufs))
GROUP BY status
ORDER BY array_position(ARRAY['Pago', 'Pendente', 'Cancelado', 'Reembolsado'], status)
LIMIT :limit;
