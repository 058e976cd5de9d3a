-- Rollups: sums kept by the loader in the same transaction as the orders, so that every analysis answers from small tables.
-- A row whose count (units, for items) reaches zero is deleted. Orders with excluido_em are not in them. uf is 'ND' when the source has no address.
-- The expressions that fill them are in src/catalog/rollups.ts: one definition for DuckDB and for PostgreSQL.

CREATE TABLE pedidos_diarios (
  loja              text          NOT NULL,
  data_venda        date          NOT NULL,
  canal             text          NOT NULL,
  status            text          NOT NULL,
  uf                text          NOT NULL,
  pedidos           bigint        NOT NULL,
  unidades          bigint        NOT NULL,
  valor_itens       numeric(18,2) NOT NULL,
  frete             numeric(18,2) NOT NULL,
  desconto          numeric(18,2) NOT NULL,
  valor_total       numeric(18,2) NOT NULL,
  valor_reembolsado numeric(18,2) NOT NULL,
  PRIMARY KEY (loja, data_venda, canal, status, uf)
);

CREATE TABLE pedidos_horarios (
  loja        text          NOT NULL,
  data_venda  date          NOT NULL,
  hora_venda  smallint      NOT NULL,
  canal       text          NOT NULL,
  status      text          NOT NULL,
  pedidos     bigint        NOT NULL,
  valor_total numeric(18,2) NOT NULL,
  PRIMARY KEY (loja, data_venda, hora_venda, canal, status)
);

CREATE TABLE pedidos_municipio (
  loja        text          NOT NULL,
  mes         date          NOT NULL,
  uf          text          NOT NULL,
  codigo_ibge integer       NOT NULL,
  cidade      text          NOT NULL,
  canal       text          NOT NULL,
  status      text          NOT NULL,
  pedidos     bigint        NOT NULL,
  valor_total numeric(18,2) NOT NULL,
  valor_itens numeric(18,2) NOT NULL,
  PRIMARY KEY (loja, mes, uf, codigo_ibge, cidade, canal, status)
);

CREATE TABLE vendas_categoria (
  loja      text          NOT NULL,
  mes       date          NOT NULL,
  categoria text          NOT NULL,
  uf        text          NOT NULL,
  canal     text          NOT NULL,
  status    text          NOT NULL,
  unidades  bigint        NOT NULL,
  valor     numeric(18,2) NOT NULL,
  PRIMARY KEY (loja, mes, categoria, uf, canal, status)
);

CREATE TABLE vendas_produto (
  loja     text          NOT NULL,
  mes      date          NOT NULL,
  sku      text          NOT NULL,
  uf       text          NOT NULL,
  canal    text          NOT NULL,
  status   text          NOT NULL,
  unidades bigint        NOT NULL,
  valor    numeric(18,2) NOT NULL,
  PRIMARY KEY (loja, mes, sku, uf, canal, status)
);

CREATE TABLE vendas_produto_regiao (
  loja     text          NOT NULL,
  mes      date          NOT NULL,
  sku      text          NOT NULL,
  regiao   text          NOT NULL,
  canal    text          NOT NULL,
  status   text          NOT NULL,
  unidades bigint        NOT NULL,
  valor    numeric(18,2) NOT NULL,
  PRIMARY KEY (loja, mes, sku, regiao, canal, status)
);

CREATE TABLE pagamentos_diarios (
  loja       text          NOT NULL,
  data_venda date          NOT NULL,
  forma      text          NOT NULL,
  parcelas   smallint      NOT NULL,
  status     text          NOT NULL,
  canal      text          NOT NULL,
  pagamentos bigint        NOT NULL,
  valor      numeric(18,2) NOT NULL,
  PRIMARY KEY (loja, data_venda, forma, parcelas, status, canal)
);

CREATE TABLE pagamentos_mensais (
  loja       text          NOT NULL,
  mes        date          NOT NULL,
  forma      text          NOT NULL,
  parcelas   smallint      NOT NULL,
  uf         text          NOT NULL,
  status     text          NOT NULL,
  canal      text          NOT NULL,
  pagamentos bigint        NOT NULL,
  valor      numeric(18,2) NOT NULL,
  PRIMARY KEY (loja, mes, forma, parcelas, uf, status, canal)
);

COMMENT ON TABLE pedidos_diarios IS 'Orders per store, day of sale, channel, status and delivery state.';
COMMENT ON COLUMN pedidos_diarios.loja IS 'The store.';
COMMENT ON COLUMN pedidos_diarios.data_venda IS 'Day of sale in America/Sao_Paulo.';
COMMENT ON COLUMN pedidos_diarios.canal IS 'Channel.';
COMMENT ON COLUMN pedidos_diarios.status IS 'Status.';
COMMENT ON COLUMN pedidos_diarios.uf IS 'Delivery state; ND when not declared.';
COMMENT ON COLUMN pedidos_diarios.pedidos IS 'Number of orders.';
COMMENT ON COLUMN pedidos_diarios.unidades IS 'Units sold.';
COMMENT ON COLUMN pedidos_diarios.valor_itens IS 'R$ of items net of their own discounts.';
COMMENT ON COLUMN pedidos_diarios.frete IS 'R$ of freight.';
COMMENT ON COLUMN pedidos_diarios.desconto IS 'R$ of discounts on whole orders.';
COMMENT ON COLUMN pedidos_diarios.valor_total IS 'R$ of order totals.';
COMMENT ON COLUMN pedidos_diarios.valor_reembolsado IS 'R$ given back.';

COMMENT ON TABLE pedidos_horarios IS 'Orders per store, day and hour of sale, channel and status.';
COMMENT ON COLUMN pedidos_horarios.loja IS 'The store.';
COMMENT ON COLUMN pedidos_horarios.data_venda IS 'Day of sale in America/Sao_Paulo.';
COMMENT ON COLUMN pedidos_horarios.hora_venda IS 'Hour of sale, 0-23, in America/Sao_Paulo.';
COMMENT ON COLUMN pedidos_horarios.canal IS 'Channel.';
COMMENT ON COLUMN pedidos_horarios.status IS 'Status.';
COMMENT ON COLUMN pedidos_horarios.pedidos IS 'Number of orders.';
COMMENT ON COLUMN pedidos_horarios.valor_total IS 'R$ of order totals.';

COMMENT ON TABLE pedidos_municipio IS 'Orders per store, month, delivery municipality, channel and status.';
COMMENT ON COLUMN pedidos_municipio.loja IS 'The store.';
COMMENT ON COLUMN pedidos_municipio.mes IS 'First day of the month of sale.';
COMMENT ON COLUMN pedidos_municipio.uf IS 'Delivery state; ND when not declared.';
COMMENT ON COLUMN pedidos_municipio.codigo_ibge IS 'IBGE code of the municipality; 0 when the city is not known.';
COMMENT ON COLUMN pedidos_municipio.cidade IS 'City, in the IBGE''s spelling where known; ND when not declared.';
COMMENT ON COLUMN pedidos_municipio.canal IS 'Channel.';
COMMENT ON COLUMN pedidos_municipio.status IS 'Status.';
COMMENT ON COLUMN pedidos_municipio.pedidos IS 'Number of orders.';
COMMENT ON COLUMN pedidos_municipio.valor_total IS 'R$ of order totals.';
COMMENT ON COLUMN pedidos_municipio.valor_itens IS 'R$ of items net of their own discounts.';

COMMENT ON TABLE vendas_categoria IS 'Items sold per store, month of sale, category, delivery state, channel and status. Orders are not counted here: one order may have several categories. Days: vw_vendas.';
COMMENT ON COLUMN vendas_categoria.loja IS 'The store.';
COMMENT ON COLUMN vendas_categoria.mes IS 'First day of the month of sale.';
COMMENT ON COLUMN vendas_categoria.categoria IS 'Category.';
COMMENT ON COLUMN vendas_categoria.uf IS 'Delivery state; ND when not declared.';
COMMENT ON COLUMN vendas_categoria.canal IS 'Channel.';
COMMENT ON COLUMN vendas_categoria.status IS 'Status of the order.';
COMMENT ON COLUMN vendas_categoria.unidades IS 'Units.';
COMMENT ON COLUMN vendas_categoria.valor IS 'R$ of items net of their own discounts.';

COMMENT ON TABLE vendas_produto IS 'Items sold per store, month of sale, SKU, delivery state, channel and status.';
COMMENT ON COLUMN vendas_produto.loja IS 'The store.';
COMMENT ON COLUMN vendas_produto.mes IS 'First day of the month of sale.';
COMMENT ON COLUMN vendas_produto.sku IS 'Stock keeping unit; its name is in produtos.';
COMMENT ON COLUMN vendas_produto.uf IS 'Delivery state; ND when not declared.';
COMMENT ON COLUMN vendas_produto.canal IS 'Channel.';
COMMENT ON COLUMN vendas_produto.status IS 'Status of the order.';
COMMENT ON COLUMN vendas_produto.unidades IS 'Units.';
COMMENT ON COLUMN vendas_produto.valor IS 'R$ of items net of their own discounts.';

COMMENT ON TABLE vendas_produto_regiao IS 'Items sold per store, month of sale, SKU, region of delivery, channel and status: vendas_produto in about half the rows, for questions that name no state.';
COMMENT ON COLUMN vendas_produto_regiao.loja IS 'The store.';
COMMENT ON COLUMN vendas_produto_regiao.mes IS 'First day of the month of sale.';
COMMENT ON COLUMN vendas_produto_regiao.sku IS 'Stock keeping unit; its name is in produtos.';
COMMENT ON COLUMN vendas_produto_regiao.regiao IS 'Region of the delivery state; Não informada when not declared.';
COMMENT ON COLUMN vendas_produto_regiao.canal IS 'Channel.';
COMMENT ON COLUMN vendas_produto_regiao.status IS 'Status of the order.';
COMMENT ON COLUMN vendas_produto_regiao.unidades IS 'Units.';
COMMENT ON COLUMN vendas_produto_regiao.valor IS 'R$ of items net of their own discounts.';

COMMENT ON TABLE pagamentos_diarios IS 'Payments per store, day of sale, means, instalments, status of the order and channel.';
COMMENT ON COLUMN pagamentos_diarios.loja IS 'The store.';
COMMENT ON COLUMN pagamentos_diarios.data_venda IS 'Day of sale in America/Sao_Paulo.';
COMMENT ON COLUMN pagamentos_diarios.forma IS 'Means of payment.';
COMMENT ON COLUMN pagamentos_diarios.parcelas IS 'Instalments; 0 when not known.';
COMMENT ON COLUMN pagamentos_diarios.status IS 'Status of the order.';
COMMENT ON COLUMN pagamentos_diarios.canal IS 'Channel.';
COMMENT ON COLUMN pagamentos_diarios.pagamentos IS 'Number of payments.';
COMMENT ON COLUMN pagamentos_diarios.valor IS 'R$ paid.';

COMMENT ON TABLE pagamentos_mensais IS 'Payments per store, month of sale, means, instalments, delivery state, status of the order and channel: for questions that name a state.';
COMMENT ON COLUMN pagamentos_mensais.loja IS 'The store.';
COMMENT ON COLUMN pagamentos_mensais.mes IS 'First day of the month of sale.';
COMMENT ON COLUMN pagamentos_mensais.forma IS 'Means of payment.';
COMMENT ON COLUMN pagamentos_mensais.parcelas IS 'Instalments; 0 when not known.';
COMMENT ON COLUMN pagamentos_mensais.uf IS 'Delivery state; ND when not declared.';
COMMENT ON COLUMN pagamentos_mensais.status IS 'Status of the order.';
COMMENT ON COLUMN pagamentos_mensais.canal IS 'Channel.';
COMMENT ON COLUMN pagamentos_mensais.pagamentos IS 'Number of payments.';
COMMENT ON COLUMN pagamentos_mensais.valor IS 'R$ paid.';
