-- Changes of status, kept by the loader like the other rollups: the analysis status-flow would otherwise read every version of every order in its period.
-- The expressions that fill it are in src/catalog/rollups.ts; here they stand once more, for a warehouse that holds orders already.

CREATE TABLE mudancas_diarias (
  loja       text          NOT NULL,
  data_venda date          NOT NULL,
  canal      text          NOT NULL,
  status     text          NOT NULL,
  uf         text          NOT NULL,
  de         text          NOT NULL,
  para       text          NOT NULL,
  mudancas   bigint        NOT NULL,
  valor      numeric(18,2) NOT NULL,
  medidas    bigint        NOT NULL,
  segundos   bigint        NOT NULL,
  PRIMARY KEY (loja, data_venda, canal, status, uf, de, para)
);

INSERT INTO mudancas_diarias (loja, data_venda, canal, status, uf, de, para, mudancas, valor, medidas, segundos)
SELECT p.loja, p.data_venda, p.canal, p.status, coalesce(p.uf, 'ND'), m.de, m.para, count(*), sum(m.valor_total), count(m.segundos), coalesce(sum(m.segundos), 0)
FROM pedidos p
JOIN (
  SELECT
    h.loja, h.id_pedido, lag(h.status) OVER ordem AS de, h.status AS para, h.valor_total,
    CASE WHEN NOT h.atualizado_em_estimado AND NOT lag(h.atualizado_em_estimado) OVER ordem
      THEN floor(extract(epoch FROM h.atualizado_em - lag(h.atualizado_em) OVER ordem)) END AS segundos
  FROM historico_status h
  WINDOW ordem AS (PARTITION BY h.loja, h.id_pedido ORDER BY h.atualizado_em, h.revisao, h.hash_origem)
) m ON m.loja = p.loja AND m.id_pedido = p.id_pedido
WHERE m.de <> m.para AND p.excluido_em IS NULL
GROUP BY 1, 2, 3, 4, 5, 6, 7;

COMMENT ON TABLE mudancas_diarias IS 'Changes of status between versions of an order that follow each other, per store, day of sale, channel, present status and delivery state of the order, and the two statuses.';
COMMENT ON COLUMN mudancas_diarias.loja IS 'The store.';
COMMENT ON COLUMN mudancas_diarias.data_venda IS 'Day of sale in America/Sao_Paulo, whenever the status changed.';
COMMENT ON COLUMN mudancas_diarias.canal IS 'Channel.';
COMMENT ON COLUMN mudancas_diarias.status IS 'Status that the order is in now.';
COMMENT ON COLUMN mudancas_diarias.uf IS 'Delivery state; ND when not declared.';
COMMENT ON COLUMN mudancas_diarias.de IS 'Status before the change.';
COMMENT ON COLUMN mudancas_diarias.para IS 'Status after the change.';
COMMENT ON COLUMN mudancas_diarias.mudancas IS 'Number of changes; an order that makes the same one twice counts twice.';
COMMENT ON COLUMN mudancas_diarias.valor IS 'R$ of order totals after the change.';
COMMENT ON COLUMN mudancas_diarias.medidas IS 'Changes of which the source states both update times.';
COMMENT ON COLUMN mudancas_diarias.segundos IS 'Seconds between the two versions, whole ones of each change, summed over medidas.';
