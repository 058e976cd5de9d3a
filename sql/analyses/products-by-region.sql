-- Question: which products sell best in each region of Brazil?
-- Grain: one row per region of delivery and product of a store; best first in each region: by units, ties by revenue, then sku, then loja.
-- Units: unidades pieces; receita R$. --limit is per region.
-- Date: data_venda. Statuses: Pago unless --status. Revenue: items net of their own discount, before the order's discount and freight.
-- Region: of the delivery state (regiao_da_uf); orders without an address are 'Não informada'.
-- Reads: vendas_produto_regiao for whole months and vendas_produto_diarias for the days before and after them. These days of a channel, and all days of a
--   state, are in no rollup: itens_pedido. `partes` stands in top-products and abc too; a test holds them equal.
WITH partes AS NOT MATERIALIZED (
  SELECT loja, sku, regiao, unidades, valor
  FROM vendas_produto_regiao
  WHERE :ufs IS NULL
    AND loja = ANY (:stores)
    AND mes >= :first_month AND mes < :end_month
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND (:channels IS NULL OR canal = ANY (:channels))
  UNION ALL
  SELECT loja, sku, regiao, CASE :head_sign WHEN 1 THEN unidades ELSE -unidades END, CASE :head_sign WHEN 1 THEN valor ELSE -valor END
  FROM vendas_produto_diarias
  WHERE :ufs IS NULL AND :channels IS NULL
    AND loja = ANY (:stores)
    AND data_venda BETWEEN :head_from AND :head_to
    AND (:statuses IS NULL OR status = ANY (:statuses))
  UNION ALL
  SELECT loja, sku, regiao, CASE :tail_sign WHEN 1 THEN unidades ELSE -unidades END, CASE :tail_sign WHEN 1 THEN valor ELSE -valor END
  FROM vendas_produto_diarias
  WHERE :ufs IS NULL AND :channels IS NULL
    AND loja = ANY (:stores)
    AND data_venda BETWEEN :tail_from AND :tail_to
    AND (:statuses IS NULL OR status = ANY (:statuses))
  UNION ALL
  SELECT loja, sku, regiao_da_uf(uf), sinal * quantidade, sinal * valor
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
  -- units first, and the revenue of those alone that may be among the best: most products are not. As float8 whole numbers are exact up to 2^53, and
  -- summed in place
  SELECT regiao, loja, sku, sum(unidades::float8) AS unidades
  FROM partes
  GROUP BY regiao, loja, sku
  HAVING sum(unidades::float8) <> 0
), candidato AS MATERIALIZED (
  SELECT r.regiao, p.loja, p.sku, p.unidades
  FROM (SELECT DISTINCT regiao FROM produto) r
  CROSS JOIN LATERAL (
    SELECT loja, sku, unidades
    FROM produto
    WHERE regiao = r.regiao
    ORDER BY unidades DESC
    FETCH FIRST coalesce(:limit, 9223372036854775807) ROWS WITH TIES
  ) p
), ordenado AS (
  SELECT
    c.regiao,
    row_number() OVER (PARTITION BY c.regiao ORDER BY c.unidades DESC, v.receita DESC, c.sku COLLATE "C", c.loja COLLATE "C") AS posicao,
    c.loja, c.sku, c.unidades::bigint AS unidades, v.receita
  FROM candidato c
  JOIN (
    SELECT regiao, loja, sku, sum(valor) AS receita
    FROM partes
    WHERE (loja, sku) IN (SELECT loja, sku FROM candidato)
    GROUP BY regiao, loja, sku
  ) v USING (regiao, loja, sku)
)
SELECT
  o.regiao, o.posicao, o.loja, o.sku,
  coalesce(d.produto, o.sku) AS produto,
  coalesce(d.categoria, 'Sem categoria') AS categoria,
  o.unidades, o.receita
FROM ordenado o
LEFT JOIN produtos d ON d.loja = o.loja AND d.sku = o.sku
WHERE :limit IS NULL OR o.posicao <= :limit
ORDER BY
  array_position(ARRAY['Norte', 'Nordeste', 'Centro-Oeste', 'Sudeste', 'Sul', 'Não informada'], o.regiao),
  o.posicao;
