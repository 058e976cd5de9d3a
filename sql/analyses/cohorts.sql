-- Question: of the customers who first bought in a month, how many come back in the months after?
-- Grain: one row per month of first purchase (coorte) and number of months since (0 is that month); months in which nobody came back are there with zero.
-- First: the customer's first order among those selected by store, status, channel and state, over all history before the period's end. A customer is
--   (loja, chave_cliente); orders without a customer do not count. --limit keeps the newest cohorts.
-- Units: clientes distinct customers of the cohort; clientes_ativos those of them who ordered in that month; retencao fraction (0-1); receita R$ of that month.
-- Date: data_venda; cohorts from the month of the period's first day on, months up to the period's last day. Statuses: Pago unless --status. Order totals, freight included.
-- Reads: coortes_mensais for whole months that are settled (docs/decisions/0028), pedidos for the months after them, and for all where channels, states or
--   other statuses are asked for; the first month of a customer from clientes_coorte where settled. Conditions on parameters alone let PostgreSQL leave
--   out what is not needed.
WITH compra AS (
  SELECT
    loja, chave_cliente, date_trunc('month', data_venda::timestamp)::date AS mes,
    sum(valor_total) AS receita
  FROM pedidos
  WHERE loja = ANY (:stores)
    AND :settled_end <= :to AND :settled_end < 'infinity' AND data_venda >= :settled_end AND data_venda <= :to
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND (:channels IS NULL OR canal = ANY (:channels))
    AND (:ufs IS NULL OR uf = ANY (:ufs) OR (uf IS NULL AND 'ND' = ANY (:ufs)))
    AND excluido_em IS NULL AND chave_cliente IS NOT NULL
  GROUP BY 1, 2, 3
), marcada AS (
  -- whoever bought before is in clientes_coorte; of the others all orders are here
  SELECT c.mes, c.receita, coalesce(k.coorte, min(c.mes) OVER (PARTITION BY c.loja, c.chave_cliente)) AS coorte
  FROM compra c
  LEFT JOIN clientes_coorte k ON :settled_end > '-infinity' AND k.loja = c.loja AND k.chave_cliente = c.chave_cliente AND k.coorte < :settled_end
), todos AS (
  SELECT coorte, mes, sum(clientes)::bigint AS clientes_ativos, sum(receita) AS receita
  FROM coortes_mensais
  WHERE loja = ANY (:stores) AND coorte IS NOT NULL AND mes < :settled_end
  GROUP BY coorte, mes
  UNION ALL
  SELECT coorte, mes, count(*) AS clientes_ativos, sum(receita) AS receita
  FROM marcada
  GROUP BY coorte, mes
), ativos AS (
  SELECT * FROM todos WHERE coorte >= date_trunc('month', (:from)::timestamp)::date
), coortes AS (
  SELECT coorte, clientes_ativos AS clientes, (SELECT max(mes) FROM todos) AS ultimo
  FROM ativos
  WHERE mes = coorte
  ORDER BY coorte DESC
  LIMIT :limit
)
SELECT
  c.coorte,
  c.clientes,
  (extract(year FROM g.mes) - extract(year FROM c.coorte))::integer * 12
    + (extract(month FROM g.mes) - extract(month FROM c.coorte))::integer AS meses_depois,
  coalesce(a.clientes_ativos, 0) AS clientes_ativos,
  round(coalesce(a.clientes_ativos, 0)::numeric / c.clientes, 6) AS retencao,
  coalesce(a.receita, 0.00) AS receita
FROM coortes c
CROSS JOIN LATERAL generate_series(c.coorte::timestamp, c.ultimo::timestamp, interval '1 month') AS g(mes)
LEFT JOIN ativos a ON a.coorte = c.coorte AND a.mes = g.mes::date
ORDER BY c.coorte, g.mes;
