-- Question: how do customers pay, and in how many instalments?
-- Grain: one row per means of payment and number of instalments, by value, ties by means, then instalments (not known: last). An order may mix payments.
-- Units: pagamentos count of payments (not of orders); valor R$; participacao fraction (0-1) of the value of all payments in the selection.
-- Date: data_venda of the order. Statuses: Pago and Reembolsado unless --status. Value: as paid, not spread over the instalments.
-- Reads: pagamentos_diarios.
SELECT
  forma,
  nullif(parcelas, 0) AS parcelas,
  sum(pagamentos)::bigint AS pagamentos,
  sum(valor) AS valor,
  round(sum(valor) / nullif(sum(sum(valor)) OVER (), 0), 6) AS participacao
FROM pagamentos_diarios
WHERE loja = ANY (:stores)
  AND data_venda >= :from AND data_venda <= :to
  AND (:statuses IS NULL OR status = ANY (:statuses))
  AND (:channels IS NULL OR canal = ANY (:channels))
  AND (:ufs IS NULL OR uf = ANY (:ufs))
GROUP BY forma, parcelas
ORDER BY valor DESC, forma COLLATE "C", nullif(parcelas, 0) NULLS LAST
LIMIT :limit;
