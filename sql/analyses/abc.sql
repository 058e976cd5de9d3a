-- Question: which products make the revenue (curva ABC)?
-- Grain: one row per product of a store (loja, sku), by revenue, ties by units, then sku, then loja.
-- Units: receita R$; participacao and participacao_acumulada fractions (0-1) of the revenue of all products in the selection.
-- Class: A while the cumulative share, the product itself included, is at most 80 %; B at most 95 %; C the rest, and whatever earns nothing.
-- Date: data_venda. Statuses: Pago unless --status. Revenue: items net of their own discount, before the order's discount and freight.
-- Reads: vendas_produto_regiao for whole months and vendas_produto_diarias for the days before and after them. These days of a channel, and all days of a
--   state, are in no rollup: itens_pedido. `partes` stands in top-products and products-by-region too; a test holds them equal.
WITH partes AS (
  SELECT loja, sku, unidades, valor
  FROM vendas_produto_regiao
  WHERE :ufs IS NULL
    AND loja = ANY (:stores)
    AND mes >= :first_month AND mes < :end_month
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND (:channels IS NULL OR canal = ANY (:channels))
  UNION ALL
  SELECT loja, sku, CASE :head_sign WHEN 1 THEN unidades ELSE -unidades END, CASE :head_sign WHEN 1 THEN valor ELSE -valor END
  FROM vendas_produto_diarias
  WHERE :ufs IS NULL AND :channels IS NULL
    AND loja = ANY (:stores)
    AND data_venda BETWEEN :head_from AND :head_to
    AND (:statuses IS NULL OR status = ANY (:statuses))
  UNION ALL
  SELECT loja, sku, CASE :tail_sign WHEN 1 THEN unidades ELSE -unidades END, CASE :tail_sign WHEN 1 THEN valor ELSE -valor END
  FROM vendas_produto_diarias
  WHERE :ufs IS NULL AND :channels IS NULL
    AND loja = ANY (:stores)
    AND data_venda BETWEEN :tail_from AND :tail_to
    AND (:statuses IS NULL OR status = ANY (:statuses))
  UNION ALL
  SELECT loja, sku, sinal * quantidade, sinal * valor
  FROM (
    SELECT loja, sku, uf, quantidade::bigint, valor,
      CASE WHEN :ufs IS NOT NULL THEN 1 WHEN data_venda BETWEEN :head_from AND :head_to THEN :head_sign ELSE :tail_sign END AS sinal
    FROM itens_pedido
    WHERE (:ufs IS NOT NULL OR :channels IS NOT NULL)
      AND (:all_stores OR loja = ANY (:stores))
      AND CASE
        WHEN :ufs IS NOT NULL THEN data_venda BETWEEN :from AND :to
        ELSE data_venda BETWEEN :head_from AND :head_to OR data_venda BETWEEN :tail_from AND :tail_to
      END
      AND NOT excluido
      AND (:statuses IS NULL OR status = ANY (:statuses))
      AND (:channels IS NULL OR canal = ANY (:channels))
      AND (:ufs IS NULL OR uf = ANY (:ufs) OR (uf IS NULL AND 'ND' = ANY (:ufs)))
  ) i
), produto AS MATERIALIZED (
  SELECT loja, sku, sum(unidades::float8)::bigint AS unidades, sum(valor) AS receita
  FROM partes
  GROUP BY loja, sku
  HAVING sum(unidades::float8) <> 0
), ordenado AS (
  SELECT
    loja, sku, unidades, receita,
    row_number() OVER ordem AS posicao,
    sum(receita) OVER (ordem ROWS UNBOUNDED PRECEDING) AS acumulada
  FROM produto
  WINDOW ordem AS (ORDER BY receita DESC, unidades DESC, sku COLLATE "C", loja COLLATE "C")
), todos AS (
  -- compared in R$ and not in rounded shares, so that the border is exact
  SELECT sum(receita) AS receita, sum(receita) * 0.80 AS ate_a, sum(receita) * 0.95 AS ate_b FROM produto
)
SELECT
  o.posicao, o.loja, o.sku,
  coalesce(d.produto, o.sku) AS produto,
  coalesce(d.categoria, 'Sem categoria') AS categoria,
  o.unidades, o.receita,
  round(o.receita / nullif(t.receita, 0), 6) AS participacao,
  round(o.acumulada / nullif(t.receita, 0), 6) AS participacao_acumulada,
  CASE
    WHEN o.receita > 0 AND o.acumulada <= t.ate_a THEN 'A'
    WHEN o.receita > 0 AND o.acumulada <= t.ate_b THEN 'B'
    ELSE 'C'
  END AS classe
FROM ordenado o
CROSS JOIN todos t
LEFT JOIN produtos d ON d.loja = o.loja AND d.sku = o.sku
ORDER BY o.posicao
LIMIT :limit;
