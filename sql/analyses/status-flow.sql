-- Question: how do orders move from one status to another, and how long does it take?
-- Grain: one row per pair of statuses that follow each other in the versions of an order; versions in the same status are passed over.
-- Order: most frequent first, then from, then to.
-- Units: mudancas changes (an order that makes the same change twice counts twice); valor R$: the totals the orders had after it;
--   dias_medios mean days between the version before the change and the one after it, null where the times are only estimated.
-- Date: data_venda of the order, whenever it changed. Statuses: all; --status narrows to orders that are in it now.
-- Reads: historico_status of the orders in the period, found through pedidos.
WITH selecao AS (
  SELECT loja, id_pedido
  FROM pedidos
  WHERE (:all_stores OR loja = ANY (:stores))
    AND data_venda >= :from AND data_venda <= :to
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND (:channels IS NULL OR canal = ANY (:channels))
    AND (:ufs IS NULL OR uf = ANY (:ufs) OR (uf IS NULL AND 'ND' = ANY (:ufs)))
    AND excluido_em IS NULL
), versao AS (
  SELECT
    h.status AS para, lag(h.status) OVER ordem AS de, h.valor_total,
    CASE WHEN NOT h.atualizado_em_estimado AND NOT lag(h.atualizado_em_estimado) OVER ordem
      THEN extract(epoch FROM h.atualizado_em - lag(h.atualizado_em) OVER ordem) / 86400 END AS dias
  FROM selecao s
  JOIN historico_status h ON h.loja = s.loja AND h.id_pedido = s.id_pedido
  WINDOW ordem AS (PARTITION BY h.loja, h.id_pedido ORDER BY h.atualizado_em, h.revisao, h.hash_origem)
)
SELECT de, para, count(*) AS mudancas, sum(valor_total) AS valor, round(avg(dias), 2) AS dias_medios
FROM versao
WHERE de <> para
GROUP BY de, para
ORDER BY mudancas DESC, de COLLATE "C", para COLLATE "C"
LIMIT :limit;
