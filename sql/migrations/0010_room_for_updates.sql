-- Rows that are counted on again and again: sums, and the newest facts of a customer or a product. Each page keeps room for the next version of its rows,
-- which then takes the place of the last without a new entry in any index: loads are quicker, and the indexes do not swell over the years.
-- It holds for pages written from now on.

ALTER TABLE pedidos_diarios SET (fillfactor = 85);
ALTER TABLE pedidos_horarios SET (fillfactor = 85);
ALTER TABLE pedidos_municipio SET (fillfactor = 85);
ALTER TABLE vendas_categoria SET (fillfactor = 85);
ALTER TABLE vendas_produto_diarias SET (fillfactor = 85);
ALTER TABLE vendas_produto_regiao SET (fillfactor = 85);
ALTER TABLE pagamentos_diarios SET (fillfactor = 85);
ALTER TABLE pagamentos_mensais SET (fillfactor = 85);
ALTER TABLE mudancas_diarias SET (fillfactor = 85);
ALTER TABLE clientes SET (fillfactor = 85);
ALTER TABLE produtos SET (fillfactor = 85);
