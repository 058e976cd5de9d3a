-- When each customer first bought, and what the customers of each first month bought in which month: kept not by the loader but by the settling that
-- follows loads (src/storage/cohorts.ts, docs/decisions/0028). An order counts while its status is Pago and excluido_em is null.
-- The tables are right for months before the earliest mark of esteira.apuracao_coortes; whoever reads them must leave later months to the orders.

CREATE TABLE clientes_coorte (
  loja          text NOT NULL,
  chave_cliente uuid NOT NULL,
  coorte        date NOT NULL,
  PRIMARY KEY (loja, chave_cliente)
);
-- the customers who are new since a month are few among all
CREATE INDEX clientes_coorte_coorte ON clientes_coorte (coorte);

CREATE TABLE coortes_mensais (
  loja     text          NOT NULL,
  coorte   date,
  mes      date          NOT NULL,
  clientes bigint        NOT NULL,
  pedidos  bigint        NOT NULL,
  receita  numeric(18,2) NOT NULL,
  UNIQUE NULLS NOT DISTINCT (loja, mes, coorte)
);

CREATE TABLE esteira.apuracao_coortes (
  marca      text        NOT NULL PRIMARY KEY CHECK (marca IN ('alterado', 'em_apuracao')),
  desde      date        NOT NULL,
  proxima_em timestamptz
);
INSERT INTO esteira.apuracao_coortes (marca, desde) VALUES ('alterado', '-infinity'), ('em_apuracao', 'infinity');

COMMENT ON TABLE clientes_coorte IS 'When each customer first bought. Settled after loads: right for months before the earliest mark of esteira.apuracao_coortes.';
COMMENT ON COLUMN clientes_coorte.loja IS 'The store.';
COMMENT ON COLUMN clientes_coorte.chave_cliente IS 'The customer, as in clientes.';
COMMENT ON COLUMN clientes_coorte.coorte IS 'First day of the month of sale of the customer''s first order in status Pago.';
COMMENT ON TABLE coortes_mensais IS 'Customers and their orders in status Pago per store, month of sale and month of the customer''s first order. Settled after loads: right for months before the earliest mark of esteira.apuracao_coortes.';
COMMENT ON COLUMN coortes_mensais.loja IS 'The store.';
COMMENT ON COLUMN coortes_mensais.coorte IS 'First day of the month of the customers'' first orders; null for orders without a customer.';
COMMENT ON COLUMN coortes_mensais.mes IS 'First day of the month of sale.';
COMMENT ON COLUMN coortes_mensais.clientes IS 'Customers of that first month who ordered in this month; 0 for orders without a customer.';
COMMENT ON COLUMN coortes_mensais.pedidos IS 'Number of their orders.';
COMMENT ON COLUMN coortes_mensais.receita IS 'R$ of order totals.';
COMMENT ON TABLE esteira.apuracao_coortes IS 'From which month on clientes_coorte and coortes_mensais may be out of date: from the earlier of two marks; infinity where a mark says nothing.';
COMMENT ON COLUMN esteira.apuracao_coortes.marca IS 'alterado: written by the loader when orders change; em_apuracao: written by the settling while it works.';
COMMENT ON COLUMN esteira.apuracao_coortes.desde IS 'First day of the first month that may be out of date.';
COMMENT ON COLUMN esteira.apuracao_coortes.proxima_em IS 'em_apuracao: when processes that go on loading may settle again, so that all of them together take a small share of the time.';
