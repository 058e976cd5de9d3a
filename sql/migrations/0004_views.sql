-- For people and BI tools: the region of a state, and three views without personal data, one row per order, per item and per
-- day of sales. Deleted orders (excluido_em) are left out, as they are from the rollups. Times are timestamptz, money is BRL.

CREATE FUNCTION regiao_da_uf(uf text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE
    -- most orders first: it is asked for every row of an edge day
    WHEN uf IN ('SP', 'MG', 'RJ', 'ES') THEN 'Sudeste'
    WHEN uf IN ('RS', 'PR', 'SC') THEN 'Sul'
    WHEN uf IN ('BA', 'PE', 'CE', 'MA', 'PB', 'RN', 'AL', 'PI', 'SE') THEN 'Nordeste'
    WHEN uf IN ('GO', 'DF', 'MT', 'MS') THEN 'Centro-Oeste'
    WHEN uf IN ('PA', 'AM', 'RO', 'TO', 'AC', 'AP', 'RR') THEN 'Norte'
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
  i.data_venda,
  date_trunc('month', i.data_venda::timestamp)::date AS mes,
  i.canal,
  i.status,
  coalesce(i.uf, 'ND') AS uf,
  regiao_da_uf(i.uf) AS regiao,
  i.sku,
  i.produto,
  i.categoria,
  i.quantidade,
  i.preco_unitario,
  i.desconto,
  i.valor
FROM itens_pedido i
WHERE NOT i.excluido;

CREATE VIEW vw_vendas AS
SELECT
  i.loja,
  i.data_venda,
  date_trunc('month', i.data_venda::timestamp)::date AS mes,
  i.canal,
  i.status,
  coalesce(i.uf, 'ND') AS uf,
  regiao_da_uf(i.uf) AS regiao,
  i.categoria,
  count(*) AS itens,
  sum(i.quantidade) AS unidades,
  sum(i.valor)::numeric(18,2) AS valor
FROM itens_pedido i
WHERE NOT i.excluido
GROUP BY i.loja, i.data_venda, i.canal, i.status, i.uf, i.categoria;

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

COMMENT ON VIEW vw_vendas IS 'Sales for BI: items summed by day, channel, status, state and category, with month and region; name a period. Never sum orders from it: one order may have several categories.';
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
