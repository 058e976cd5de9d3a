-- Products are summed by day where the days that a period has beyond its whole months would take longer than the months. vendas_produto, by month and
-- state, goes: the items carry their order's state, and it had nearly half as many rows as they (docs/decisions/0002).

CREATE TABLE vendas_produto_diarias (
  loja       text          NOT NULL,
  data_venda date          NOT NULL,
  status     text          NOT NULL,
  sku        text          NOT NULL,
  regiao     text          NOT NULL,
  unidades   bigint        NOT NULL,
  valor      numeric(18,2) NOT NULL,
  PRIMARY KEY (loja, data_venda, status, sku, regiao)
);

INSERT INTO vendas_produto_diarias (loja, data_venda, status, sku, regiao, unidades, valor)
SELECT loja, data_venda, status, sku, regiao_da_uf(uf), sum(quantidade), sum(valor)
FROM itens_pedido
WHERE NOT excluido
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3, 4, 5;

DROP TABLE vendas_produto;

COMMENT ON TABLE vendas_produto_diarias IS 'Items sold per store, day of sale, status, SKU and region of delivery. Channels by month: vendas_produto_regiao; states: itens_pedido.';
COMMENT ON COLUMN vendas_produto_diarias.loja IS 'The store.';
COMMENT ON COLUMN vendas_produto_diarias.data_venda IS 'Day of sale in America/Sao_Paulo.';
COMMENT ON COLUMN vendas_produto_diarias.status IS 'Status of the order.';
COMMENT ON COLUMN vendas_produto_diarias.sku IS 'Stock keeping unit; its name is in produtos.';
COMMENT ON COLUMN vendas_produto_diarias.regiao IS 'Region of the delivery state; Não informada when not declared.';
COMMENT ON COLUMN vendas_produto_diarias.unidades IS 'Units.';
COMMENT ON COLUMN vendas_produto_diarias.valor IS 'R$ of items net of their own discounts.';
COMMENT ON TABLE vendas_produto_regiao IS 'Items sold per store, month of sale, SKU, region of delivery, channel and status.';
