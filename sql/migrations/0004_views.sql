-- For people and BI tools: the region of a state, and three views without personal data, one row per order, per item and per
-- day of sales. Deleted orders (excluido_em) are left out, as they are from the rollups. Times are timestamptz, money is BRL.

CREATE FUNCTION regiao_da_uf(uf text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE
    WHEN uf IN ('AC', 'AM', 'AP', 'PA', 'RO', 'RR', 'TO') THEN 'Norte'
    WHEN uf IN ('AL', 'BA', 'CE', 'MA', 'PB', 'PE', 'PI', 'RN', 'SE') THEN 'Nordeste'
    WHEN uf IN ('DF', 'GO', 'MS', 'MT') THEN 'Centro-Oeste'
    WHEN uf IN ('ES', 'MG', 'RJ', 'SP') THEN 'Sudeste'
    WHEN uf IN ('PR', 'RS', 'SC') THEN 'Sul'
    ELSE 'Não informada'
  END;
COMMENT ON FUNCTION regiao_da_uf(text) IS 'The IBGE region of a state; ''Não informada'' for null, ND and anything that is not a state.';

CREATE VIEW vw_pedidos AS
SELECT
  p.loja,
  p.id_pedido,
  p.data_pedido,
  p.data_venda,
  date_trunc('month', p.data_venda::timestamp)::date AS mes,
  p.hora_venda,
  p.canal,
  p.status,
  p.situacao_entrega,
  p.chave_cliente,
  coalesce(p.uf, 'ND') AS uf,
  regiao_da_uf(p.uf) AS regiao,
  coalesce(p.cidade, 'ND') AS cidade,
  p.codigo_ibge,
  p.itens,
  p.unidades,
  p.valor_itens,
  p.frete,
  p.desconto,
  p.valor_total,
  CASE WHEN p.status IN ('Pago', 'Reembolsado') THEN p.valor_total ELSE 0 END AS receita_aprovada,
  CASE WHEN p.status IN ('Pago', 'Reembolsado') THEN p.valor_total - p.valor_reembolsado ELSE 0 END AS receita_liquida,
  p.valor_reembolsado,
  p.comissao,
  p.pago_em,
  p.enviado_em,
  p.entregue_em,
  p.prazo_entrega,
  p.atualizado_em
FROM pedidos p
WHERE p.excluido_em IS NULL;

CREATE VIEW vw_itens AS
SELECT
  i.loja,
  i.id_pedido,
  i.n_item,
  p.data_venda,
  date_trunc('month', p.data_venda::timestamp)::date AS mes,
  p.canal,
  p.status,
  coalesce(p.uf, 'ND') AS uf,
  regiao_da_uf(p.uf) AS regiao,
  i.sku,
  i.produto,
  i.categoria,
  i.quantidade,
  i.preco_unitario,
  i.desconto,
  i.valor
FROM itens_pedido i
JOIN pedidos p ON p.loja = i.loja AND p.id_pedido = i.id_pedido
WHERE p.excluido_em IS NULL;

CREATE VIEW vw_vendas AS
SELECT
  v.loja,
  v.data_venda,
  date_trunc('month', v.data_venda::timestamp)::date AS mes,
  v.canal,
  v.status,
  v.uf,
  regiao_da_uf(v.uf) AS regiao,
  v.categoria,
  v.itens,
  v.unidades,
  v.valor
FROM vendas_diarias v;

COMMENT ON VIEW vw_pedidos IS 'Orders for BI: one row per order that the store has not deleted, without personal data.';
COMMENT ON COLUMN vw_pedidos.loja IS 'The store.';
COMMENT ON COLUMN vw_pedidos.id_pedido IS 'The order number as the store wrote it.';
COMMENT ON COLUMN vw_pedidos.data_pedido IS 'When the order was placed.';
COMMENT ON COLUMN vw_pedidos.data_venda IS 'Day of sale in America/Sao_Paulo.';
COMMENT ON COLUMN vw_pedidos.mes IS 'First day of the month of sale.';
COMMENT ON COLUMN vw_pedidos.hora_venda IS 'Hour of sale, 0-23, in America/Sao_Paulo.';
COMMENT ON COLUMN vw_pedidos.canal IS 'Channel.';
COMMENT ON COLUMN vw_pedidos.status IS 'Pago, Pendente, Cancelado or Reembolsado.';
COMMENT ON COLUMN vw_pedidos.situacao_entrega IS 'Delivery state; null when unknown.';
COMMENT ON COLUMN vw_pedidos.chave_cliente IS 'The customer, a key without personal data; null when the order names none.';
COMMENT ON COLUMN vw_pedidos.uf IS 'Delivery state; ND when not declared.';
COMMENT ON COLUMN vw_pedidos.regiao IS 'Region of the delivery state.';
COMMENT ON COLUMN vw_pedidos.cidade IS 'Delivery city; ND when not declared.';
COMMENT ON COLUMN vw_pedidos.codigo_ibge IS 'IBGE code of the delivery municipality; null when not known.';
COMMENT ON COLUMN vw_pedidos.itens IS 'Number of item lines.';
COMMENT ON COLUMN vw_pedidos.unidades IS 'Units.';
COMMENT ON COLUMN vw_pedidos.valor_itens IS 'R$ of items net of their own discounts.';
COMMENT ON COLUMN vw_pedidos.frete IS 'R$ of freight charged to the customer.';
COMMENT ON COLUMN vw_pedidos.desconto IS 'R$ of discount on the whole order.';
COMMENT ON COLUMN vw_pedidos.valor_total IS 'R$ captured: the order''s total whatever its status.';
COMMENT ON COLUMN vw_pedidos.receita_aprovada IS 'R$ approved: valor_total of orders in status Pago or Reembolsado, else 0.';
COMMENT ON COLUMN vw_pedidos.receita_liquida IS 'R$ net: receita_aprovada minus valor_reembolsado, 0 when not approved.';
COMMENT ON COLUMN vw_pedidos.valor_reembolsado IS 'R$ given back.';
COMMENT ON COLUMN vw_pedidos.comissao IS 'R$ kept by the marketplace; null when not stated.';
COMMENT ON COLUMN vw_pedidos.pago_em IS 'When the payment was confirmed.';
COMMENT ON COLUMN vw_pedidos.enviado_em IS 'When the order was dispatched.';
COMMENT ON COLUMN vw_pedidos.entregue_em IS 'When the order was delivered.';
COMMENT ON COLUMN vw_pedidos.prazo_entrega IS 'Promised delivery time.';
COMMENT ON COLUMN vw_pedidos.atualizado_em IS 'When the store last changed this version.';

COMMENT ON VIEW vw_itens IS 'Items for BI: one row per item of an order that the store has not deleted, with the order''s day, channel, status and state.';
COMMENT ON COLUMN vw_itens.loja IS 'The store.';
COMMENT ON COLUMN vw_itens.id_pedido IS 'The order.';
COMMENT ON COLUMN vw_itens.n_item IS 'Number of the item in the order.';
COMMENT ON COLUMN vw_itens.data_venda IS 'Day of sale in America/Sao_Paulo.';
COMMENT ON COLUMN vw_itens.mes IS 'First day of the month of sale.';
COMMENT ON COLUMN vw_itens.canal IS 'Channel.';
COMMENT ON COLUMN vw_itens.status IS 'Status of the order; product revenue counts Pago.';
COMMENT ON COLUMN vw_itens.uf IS 'Delivery state; ND when not declared.';
COMMENT ON COLUMN vw_itens.regiao IS 'Region of the delivery state.';
COMMENT ON COLUMN vw_itens.sku IS 'Stock keeping unit.';
COMMENT ON COLUMN vw_itens.produto IS 'Product name on this order.';
COMMENT ON COLUMN vw_itens.categoria IS 'Category.';
COMMENT ON COLUMN vw_itens.quantidade IS 'Units.';
COMMENT ON COLUMN vw_itens.preco_unitario IS 'R$ per unit before the item''s discount.';
COMMENT ON COLUMN vw_itens.desconto IS 'R$ of discount on the line.';
COMMENT ON COLUMN vw_itens.valor IS 'R$: quantidade x preco_unitario - desconto.';

COMMENT ON VIEW vw_vendas IS 'Sales for BI: the daily rollup of items with month and region. Never sum orders from it: one order may have several categories.';
COMMENT ON COLUMN vw_vendas.loja IS 'The store.';
COMMENT ON COLUMN vw_vendas.data_venda IS 'Day of sale in America/Sao_Paulo.';
COMMENT ON COLUMN vw_vendas.mes IS 'First day of the month of sale.';
COMMENT ON COLUMN vw_vendas.canal IS 'Channel.';
COMMENT ON COLUMN vw_vendas.status IS 'Status of the order; product revenue counts Pago.';
COMMENT ON COLUMN vw_vendas.uf IS 'Delivery state; ND when not declared.';
COMMENT ON COLUMN vw_vendas.regiao IS 'Region of the delivery state.';
COMMENT ON COLUMN vw_vendas.categoria IS 'Category.';
COMMENT ON COLUMN vw_vendas.itens IS 'Number of item lines.';
COMMENT ON COLUMN vw_vendas.unidades IS 'Units.';
COMMENT ON COLUMN vw_vendas.valor IS 'R$ of items net of their own discounts.';
