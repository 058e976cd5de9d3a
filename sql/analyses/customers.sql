-- Question: how many customers are new, how many come back?
-- Grain: one row per month, months without customers included; --limit keeps the newest months.
-- New: the customer's first order ever in that store and in the statuses counted falls in this month, whatever its channel, state or day.
-- Returning: the first order was in an earlier month. A customer is (loja, chave_cliente); orders without a customer are counted apart.
-- Units: clientes_* distinct customers who ordered in the period; receita_* R$; taxa_recorrencia fraction (0-1): returning / all customers of the month.
-- Date: data_venda. Statuses: Pago unless --status. Revenue: order totals, freight included.
-- Reads: coortes_mensais for whole months that are settled (docs/decisions/0028), pedidos for other days, channels, states and statuses; the first month
--   of a customer from clientes_coorte where settled, else from pedidos. Conditions on parameters alone let PostgreSQL leave out what is not needed.
WITH somas AS (
  SELECT
    mes,
    coalesce(sum(clientes) FILTER (WHERE coorte = mes), 0)::bigint AS clientes_novos,
    coalesce(sum(clientes) FILTER (WHERE coorte < mes), 0)::bigint AS clientes_recorrentes,
    sum(pedidos)::bigint AS pedidos,
    sum(receita) FILTER (WHERE coorte = mes) AS receita_novos,
    sum(receita) FILTER (WHERE coorte < mes) AS receita_recorrentes,
    sum(pedidos) FILTER (WHERE coorte IS NULL)::bigint AS pedidos_sem_cliente
  FROM coortes_mensais
  WHERE loja = ANY (:stores) AND mes >= :settled_from AND mes < :settled_end
  GROUP BY mes
), compra AS (
  SELECT
    date_trunc('month', data_venda::timestamp)::date AS mes, loja, chave_cliente,
    count(*) AS pedidos, sum(valor_total) AS receita
  FROM pedidos
  WHERE loja = ANY (:stores)
    AND (
      :from < :settled_from AND data_venda >= :from AND data_venda < :settled_from AND data_venda <= :to
      OR :settled_end <= :to AND :settled_end < 'infinity' AND data_venda >= greatest(:from, :settled_end) AND data_venda <= :to)
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND (:channels IS NULL OR canal = ANY (:channels))
    AND (:ufs IS NULL OR uf = ANY (:ufs) OR (uf IS NULL AND 'ND' = ANY (:ufs)))
    AND excluido_em IS NULL
  GROUP BY 1, 2, 3
), recente AS (
  SELECT loja, chave_cliente, date_trunc('month', min(data_venda)::timestamp)::date AS mes
  FROM pedidos
  WHERE loja = ANY (:stores)
    AND :settled_before < 'infinity' AND data_venda >= :settled_before
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND excluido_em IS NULL AND chave_cliente IS NOT NULL
  GROUP BY loja, chave_cliente
), marcada AS (
  SELECT c.mes, c.chave_cliente, c.pedidos, c.receita, coalesce(k.coorte, r.mes) AS primeira
  FROM compra c
  LEFT JOIN clientes_coorte k ON :settled_before > '-infinity' AND k.loja = c.loja AND k.chave_cliente = c.chave_cliente AND k.coorte < :settled_before
  LEFT JOIN recente r ON r.loja = c.loja AND r.chave_cliente = c.chave_cliente
), por_mes AS (
  SELECT * FROM somas
  UNION ALL
  SELECT
    mes,
    count(*) FILTER (WHERE primeira = mes) AS clientes_novos,
    count(*) FILTER (WHERE primeira < mes) AS clientes_recorrentes,
    sum(pedidos)::bigint AS pedidos,
    sum(receita) FILTER (WHERE primeira = mes) AS receita_novos,
    sum(receita) FILTER (WHERE primeira < mes) AS receita_recorrentes,
    sum(pedidos) FILTER (WHERE chave_cliente IS NULL)::bigint AS pedidos_sem_cliente
  FROM marcada
  GROUP BY mes
), meses AS (
  SELECT g::date AS mes
  FROM (SELECT min(mes) AS primeiro, max(mes) AS ultimo FROM por_mes) l,
    generate_series(primeiro::timestamp, ultimo::timestamp, interval '1 month') g
  ORDER BY 1 DESC
  LIMIT :limit
)
SELECT
  m.mes,
  coalesce(p.clientes_novos, 0) AS clientes_novos,
  coalesce(p.clientes_recorrentes, 0) AS clientes_recorrentes,
  round(p.clientes_recorrentes::numeric / nullif(p.clientes_novos + p.clientes_recorrentes, 0), 6) AS taxa_recorrencia,
  coalesce(p.pedidos, 0) AS pedidos,
  coalesce(p.receita_novos, 0.00) AS receita_novos,
  coalesce(p.receita_recorrentes, 0.00) AS receita_recorrentes,
  coalesce(p.pedidos_sem_cliente, 0) AS pedidos_sem_cliente
FROM meses m
LEFT JOIN por_mes p ON p.mes = m.mes
ORDER BY m.mes;
