-- Question: how do customers pay, and in how many instalments?
-- Grain: one row per means of payment and number of instalments, by value, ties by means, then instalments (not known: last). An order may mix payments.
-- Units: pagamentos count of payments (not of orders); valor R$; participacao fraction (0-1) of the value of all payments in the selection.
-- Date: data_venda of the order. Statuses: Pago and Reembolsado unless --status. Value: as paid, not spread over the instalments.
-- Reads: pagamentos_diarios; when states are asked for, pagamentos_mensais for whole months, pedidos and pagamentos for the days before and after them.
WITH partes AS (
  SELECT forma, parcelas, sum(pagamentos) AS pagamentos, sum(valor) AS valor
  FROM pagamentos_diarios
  WHERE :ufs IS NULL
    AND loja = ANY (:stores)
    AND data_venda >= :from AND data_venda <= :to
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND (:channels IS NULL OR canal = ANY (:channels))
  GROUP BY forma, parcelas
  UNION ALL
  SELECT forma, parcelas, sum(pagamentos), sum(valor)
  FROM pagamentos_mensais
  WHERE :ufs IS NOT NULL AND uf = ANY (:ufs)
    AND loja = ANY (:stores)
    AND mes >= :first_month AND mes < :end_month
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND (:channels IS NULL OR canal = ANY (:channels))
  GROUP BY forma, parcelas
  UNION ALL
  SELECT g.forma, coalesce(g.parcelas, 0), p.sinal * count(*), p.sinal * sum(g.valor)
  FROM (
    SELECT loja, id_pedido, CASE WHEN data_venda BETWEEN :head_from AND :head_to THEN :head_sign ELSE :tail_sign END AS sinal
    FROM pedidos
    WHERE :ufs IS NOT NULL AND (uf = ANY (:ufs) OR (uf IS NULL AND 'ND' = ANY (:ufs)))
      AND (:all_stores OR loja = ANY (:stores))
      AND (data_venda BETWEEN :head_from AND :head_to OR data_venda BETWEEN :tail_from AND :tail_to)
      AND excluido_em IS NULL
      AND (:statuses IS NULL OR status = ANY (:statuses))
      AND (:channels IS NULL OR canal = ANY (:channels))
  ) p
  -- one step into the key per order: no plan may read all payments for some days
  CROSS JOIN LATERAL (
    SELECT forma, parcelas, valor FROM pagamentos
    WHERE loja = p.loja AND id_pedido = p.id_pedido
    OFFSET 0
  ) g
  GROUP BY g.forma, coalesce(g.parcelas, 0), p.sinal
), forma AS (
  SELECT forma, parcelas, sum(pagamentos)::bigint AS pagamentos, sum(valor) AS valor
  FROM partes
  GROUP BY forma, parcelas
  HAVING sum(pagamentos) <> 0
)
SELECT
  forma,
  nullif(parcelas, 0) AS parcelas,
  pagamentos,
  valor,
  round(valor / nullif(sum(valor) OVER (), 0), 6) AS participacao
FROM forma
ORDER BY valor DESC, forma COLLATE "C", nullif(parcelas, 0) NULLS LAST
LIMIT :limit;
