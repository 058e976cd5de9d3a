-- Question: how do orders move from one status to another, and how long does it take?
-- Grain: one row per pair of statuses that follow each other in the versions of an order; versions in the same status are passed over.
-- Order: most frequent first, then from, then to.
-- Units: mudancas changes (an order that makes the same change twice counts twice); valor R$: the totals the orders had after it;
--   dias_medios mean days, from whole seconds, between the version before the change and the one after it; null where the times are only estimated.
-- Date: data_venda of the order, whenever it changed. Statuses: all; --status narrows to orders that are in it now.
-- Reads: mudancas_diarias.
SELECT
  de,
  para,
  sum(mudancas)::bigint AS mudancas,
  sum(valor) AS valor,
  round(sum(segundos) / nullif(sum(medidas) * 86400, 0), 2) AS dias_medios
FROM mudancas_diarias
WHERE loja = ANY (:stores)
  AND data_venda >= :from AND data_venda <= :to
  AND (:statuses IS NULL OR status = ANY (:statuses))
  AND (:channels IS NULL OR canal = ANY (:channels))
  AND (:ufs IS NULL OR uf = ANY (:ufs))
GROUP BY de, para
ORDER BY mudancas DESC, de COLLATE "C", para COLLATE "C"
LIMIT :limit;
