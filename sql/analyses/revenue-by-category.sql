-- Question: how does each category's revenue grow, month by month?
-- Grain: one row per month and category. Every month of the period between the stores' first and last sale is there, with 0 where a category sold nothing.
-- Units: unidades pieces; receita R$ of the month; receita_acumulada R$ from the first month of the period to this one.
-- Date: data_venda. Statuses: Pago unless --status. Revenue: items net of their own discount, before the order's discount and freight.
-- --limit keeps that many categories: those with most revenue, ties by name.
-- Reads: vendas_categoria for whole months; itens_pedido for the days before and after them; pedidos_diarios for the first and last month.
WITH partes AS (
  SELECT mes, categoria, unidades, valor
  FROM vendas_categoria
  WHERE loja = ANY (:stores)
    AND mes >= :first_month AND mes < :end_month
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND (:channels IS NULL OR canal = ANY (:channels))
    AND (:ufs IS NULL OR uf = ANY (:ufs))
  UNION ALL
  SELECT date_trunc('month', data_venda::timestamp)::date, categoria, :head_sign * sum(quantidade), :head_sign * sum(valor)
  FROM itens_pedido
  WHERE (:all_stores OR loja = ANY (:stores))
    AND data_venda BETWEEN :head_from AND :head_to
    AND NOT excluido
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND (:channels IS NULL OR canal = ANY (:channels))
    AND (:ufs IS NULL OR uf = ANY (:ufs) OR (uf IS NULL AND 'ND' = ANY (:ufs)))
  GROUP BY data_venda, categoria
  UNION ALL
  SELECT date_trunc('month', data_venda::timestamp)::date, categoria, :tail_sign * sum(quantidade), :tail_sign * sum(valor)
  FROM itens_pedido
  WHERE (:all_stores OR loja = ANY (:stores))
    AND data_venda BETWEEN :tail_from AND :tail_to
    AND NOT excluido
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND (:channels IS NULL OR canal = ANY (:channels))
    AND (:ufs IS NULL OR uf = ANY (:ufs) OR (uf IS NULL AND 'ND' = ANY (:ufs)))
  GROUP BY data_venda, categoria
), venda AS (
  SELECT mes, categoria, sum(unidades)::bigint AS unidades, sum(valor) AS receita
  FROM partes
  GROUP BY mes, categoria
  HAVING sum(unidades) <> 0
), categoria AS (
  SELECT categoria FROM venda GROUP BY categoria
  ORDER BY sum(receita) DESC, categoria COLLATE "C"
  LIMIT :limit
), limites AS (
  -- one step into the key per store, not a scan
  SELECT greatest(min(d.primeiro), :from) AS primeiro, least(max(d.ultimo), :to) AS ultimo
  FROM unnest(:stores) AS s(loja)
  CROSS JOIN LATERAL (
    SELECT
      (SELECT v.data_venda FROM pedidos_diarios v WHERE v.loja = s.loja ORDER BY v.loja, v.data_venda LIMIT 1) AS primeiro,
      (SELECT v.data_venda FROM pedidos_diarios v WHERE v.loja = s.loja ORDER BY v.loja DESC, v.data_venda DESC LIMIT 1) AS ultimo
  ) d
  -- without sales there are no months, and not all that there ever were
  HAVING min(d.primeiro) IS NOT NULL
), mes AS (
  SELECT g::date AS mes
  FROM limites, generate_series(date_trunc('month', primeiro::timestamp), ultimo::timestamp, interval '1 month') g
)
SELECT
  m.mes, c.categoria,
  coalesce(v.unidades, 0) AS unidades,
  coalesce(v.receita, 0.00) AS receita,
  coalesce(sum(v.receita) OVER (PARTITION BY c.categoria ORDER BY m.mes), 0.00) AS receita_acumulada
FROM mes m
CROSS JOIN categoria c
LEFT JOIN venda v ON v.mes = m.mes AND v.categoria = c.categoria
ORDER BY m.mes, c.categoria COLLATE "C";
