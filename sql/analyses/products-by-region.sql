-- Question: which products sell best in each region of Brazil?
-- Grain: one row per region of delivery and product of a store; best first in each region: by units, ties by revenue, then sku, then loja.
-- Units: unidades pieces; receita R$. --limit is per region.
-- Date: data_venda. Statuses: Pago unless --status. Revenue: items net of their own discount, before the order's discount and freight.
-- Region: of the delivery state (regiao_da_uf); orders without an address are 'Não informada'.
-- Reads: vendas_produto_regiao (vendas_produto when states are asked for) for whole months; itens_pedido for the days before and after them.
WITH partes AS (
  SELECT loja, sku, regiao, sum(unidades) AS unidades, sum(valor) AS valor
  FROM vendas_produto_regiao
  WHERE :ufs IS NULL
    AND loja = ANY (:stores)
    AND mes >= :first_month AND mes < :end_month
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND (:channels IS NULL OR canal = ANY (:channels))
  GROUP BY loja, sku, regiao
  UNION ALL
  SELECT loja, sku, regiao_da_uf(uf), sum(unidades), sum(valor)
  FROM vendas_produto
  WHERE :ufs IS NOT NULL AND uf = ANY (:ufs)
    AND loja = ANY (:stores)
    AND mes >= :first_month AND mes < :end_month
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND (:channels IS NULL OR canal = ANY (:channels))
  GROUP BY loja, sku, regiao_da_uf(uf)
  UNION ALL
  SELECT loja, sku, regiao, sinal * sum(quantidade), sinal * sum(valor)
  FROM (
    SELECT loja, sku, regiao_da_uf(uf) AS regiao, quantidade, valor, CASE WHEN data_venda BETWEEN :head_from AND :head_to THEN :head_sign ELSE :tail_sign END AS sinal
    FROM itens_pedido
    WHERE (:all_stores OR loja = ANY (:stores))
      AND (data_venda BETWEEN :head_from AND :head_to OR data_venda BETWEEN :tail_from AND :tail_to)
      AND NOT excluido
      AND (:statuses IS NULL OR status = ANY (:statuses))
      AND (:channels IS NULL OR canal = ANY (:channels))
      AND (:ufs IS NULL OR uf = ANY (:ufs) OR (uf IS NULL AND 'ND' = ANY (:ufs)))
  ) i
  GROUP BY loja, sku, regiao, sinal
), produto AS (
  SELECT regiao, loja, sku, sum(unidades)::bigint AS unidades, sum(valor) AS receita
  FROM partes
  GROUP BY regiao, loja, sku
  HAVING sum(unidades) <> 0
), ordenado AS (
  SELECT
    regiao,
    row_number() OVER (PARTITION BY regiao ORDER BY unidades DESC, receita DESC, sku COLLATE "C", loja COLLATE "C") AS posicao,
    loja, sku, unidades, receita
  FROM produto
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
