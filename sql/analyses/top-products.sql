-- Question: which products sell best?
-- Grain: one row per product of a store (loja, sku), best first: by units, ties by revenue, then sku, then loja.
-- Units: unidades pieces; receita R$; participacao fraction (0-1) of the revenue of all products in the selection.
-- Date: data_venda. Statuses: Pago unless --status. Revenue: items net of their own discount, before the order's discount and freight.
-- Reads: vendas_produto_regiao for whole months and vendas_produto_diarias for the days before and after them. These days of a channel, and all days of a
--   state, are in no rollup: itens_pedido. `partes` stands in abc and products-by-region too; a test holds them equal.
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
), produto AS (
  SELECT loja, sku, sum(unidades::float8)::bigint AS unidades, sum(valor) AS receita
  FROM partes
  GROUP BY loja, sku
  HAVING sum(unidades::float8) <> 0
), melhores AS (
  SELECT
    row_number() OVER (ORDER BY unidades DESC, receita DESC, sku COLLATE "C", loja COLLATE "C") AS posicao,
    loja, sku, unidades, receita,
    round(receita / nullif(sum(receita) OVER (), 0), 6) AS participacao
  FROM produto
  ORDER BY posicao
  LIMIT :limit
)
SELECT
  m.posicao, m.loja, m.sku,
  coalesce(d.produto, m.sku) AS produto,
  coalesce(d.categoria, 'Sem categoria') AS categoria,
  m.unidades, m.receita, m.participacao
FROM melhores m
LEFT JOIN produtos d ON d.loja = m.loja AND d.sku = m.sku
ORDER BY m.posicao;
