-- How many different waits there are, in whole hours: without knowing, the planner expects nearly one for each order, and lets one process do all the
-- counting of sql/analyses/delivery.sql. Its expressions are these, to the letter.

CREATE STATISTICS pedidos_horas_envio ON (floor(date_part('epoch', enviado_em - data_pedido) / 3600)::integer) FROM pedidos;
CREATE STATISTICS pedidos_horas_entrega ON (floor(date_part('epoch', entregue_em - data_pedido) / 3600)::integer) FROM pedidos;

COMMENT ON STATISTICS pedidos_horas_envio IS 'Whole hours from the order to its dispatch.';
COMMENT ON STATISTICS pedidos_horas_entrega IS 'Whole hours from the order to its delivery.';

-- a warehouse that holds orders already would wait for many new ones before PostgreSQL looks at its tables
DO $$
BEGIN
  IF EXISTS (SELECT FROM pedidos) THEN
    ANALYZE pedidos, vendas_produto_diarias, mudancas_diarias;
  END IF;
END
$$;
