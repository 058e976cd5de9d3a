-- Question: which cities buy most?
-- Grain: one row per delivery municipality (uf, IBGE code); a city that the IBGE's list does not know is a row of its own by (uf, name as written).
-- Order: by revenue, ties by orders, then uf, then city. Homonyms in two states are two cities.
-- Units: pedidos distinct orders; receita R$; ticket_medio R$ per order; participacao fraction (0-1) of the revenue of all cities in the selection.
-- Date: data_venda. Statuses: Pago and Reembolsado (receita aprovada) unless --status. Revenue: order totals, freight included.
-- Reads: pedidos_municipio for whole months; pedidos for the days before and after them.
WITH partes AS (
  SELECT uf, codigo_ibge, cidade, pedidos, valor_total
  FROM pedidos_municipio
  WHERE loja = ANY (:stores)
    AND mes >= :first_month AND mes < :end_month
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND (:channels IS NULL OR canal = ANY (:channels))
    AND (:ufs IS NULL OR uf = ANY (:ufs))
  UNION ALL
  SELECT coalesce(uf, 'ND'), coalesce(codigo_ibge, 0), coalesce(cidade, 'ND'), :head_sign::bigint, CASE :head_sign WHEN 1 THEN valor_total ELSE -valor_total END
  FROM pedidos
  WHERE (:all_stores OR loja = ANY (:stores))
    AND data_venda BETWEEN :head_from AND :head_to
    AND excluido_em IS NULL
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND (:channels IS NULL OR canal = ANY (:channels))
    AND (:ufs IS NULL OR uf = ANY (:ufs) OR (uf IS NULL AND 'ND' = ANY (:ufs)))
  UNION ALL
  SELECT coalesce(uf, 'ND'), coalesce(codigo_ibge, 0), coalesce(cidade, 'ND'), :tail_sign::bigint, CASE :tail_sign WHEN 1 THEN valor_total ELSE -valor_total END
  FROM pedidos
  WHERE (:all_stores OR loja = ANY (:stores))
    AND data_venda BETWEEN :tail_from AND :tail_to
    AND excluido_em IS NULL
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND (:channels IS NULL OR canal = ANY (:channels))
    AND (:ufs IS NULL OR uf = ANY (:ufs) OR (uf IS NULL AND 'ND' = ANY (:ufs)))
), municipio AS (
  SELECT
    uf, codigo_ibge, max(cidade COLLATE "C") AS cidade,
    sum(pedidos)::bigint AS pedidos, sum(valor_total) AS receita
  FROM partes
  GROUP BY uf, codigo_ibge, CASE WHEN codigo_ibge = 0 THEN cidade END
  HAVING sum(pedidos) <> 0
)
SELECT
  row_number() OVER (ORDER BY receita DESC, pedidos DESC, uf COLLATE "C", cidade COLLATE "C", codigo_ibge) AS posicao,
  uf, cidade, nullif(codigo_ibge, 0) AS codigo_ibge, pedidos, receita,
  round(receita / pedidos, 2) AS ticket_medio,
  round(receita / nullif(sum(receita) OVER (), 0), 6) AS participacao
FROM municipio
ORDER BY posicao
LIMIT :limit;
