-- Question: what does delivery cost in each state, and how long does it take?
-- Grain: one row per delivery state that has orders; ND: not declared.
-- Order: by orders, then uf.
-- Units: pedidos distinct orders; frete R$ charged to customers; frete_medio R$ an order; participacao_frete fraction (0-1) of the orders' totals;
--   entregues orders of which the time of delivery is known; dias_envio and dias_entrega days from the order until it was dispatched and delivered: of
--   half of the orders not more (the median of whole hours); no_prazo fraction of the orders with known deadline and delivery that came in time.
-- Date: data_venda. Statuses: Pago and Reembolsado unless --status. Sources without dispatch and delivery times (our own CSV is one) leave those columns empty.
-- Reads: pedidos_diarios for freight; pedidos for times.
WITH custo AS (
  SELECT uf, sum(pedidos)::bigint AS pedidos, sum(frete) AS frete, sum(valor_total) AS valor
  FROM pedidos_diarios
  WHERE loja = ANY (:stores)
    AND data_venda >= :from AND data_venda <= :to
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND (:channels IS NULL OR canal = ANY (:channels))
    AND (:ufs IS NULL OR uf = ANY (:ufs))
  GROUP BY uf
), espera AS (
  SELECT
    uf,
    floor(date_part('epoch', enviado_em - data_pedido) / 3600)::integer AS ate_envio,
    floor(date_part('epoch', entregue_em - data_pedido) / 3600)::integer AS ate_entrega,
    entregue_em <= prazo_entrega AS no_prazo
  FROM pedidos
  WHERE (:all_stores OR loja = ANY (:stores))
    AND data_venda >= :from AND data_venda <= :to
    AND (enviado_em IS NOT NULL OR entregue_em IS NOT NULL)
    AND (:statuses IS NULL OR status = ANY (:statuses))
    AND (:channels IS NULL OR canal = ANY (:channels))
    AND (:ufs IS NULL OR uf = ANY (:ufs) OR (uf IS NULL AND 'ND' = ANY (:ufs)))
    AND excluido_em IS NULL
), tempo AS (
  -- counted by the hour and not ordered one by one: a median needs no more. Each order once by its dispatch, once by its delivery
  SELECT
    uf,
    CASE WHEN grouping(ate_envio) = 0 THEN 'envio' ELSE 'entrega' END AS etapa,
    coalesce(ate_envio, ate_entrega) AS horas,
    count(*) AS pedidos,
    count(no_prazo) AS com_prazo,
    count(*) FILTER (WHERE no_prazo) AS no_prazo
  FROM espera
  GROUP BY GROUPING SETS ((uf, ate_envio), (uf, ate_entrega))
), acumulado AS (
  SELECT
    coalesce(uf, 'ND') AS uf, etapa, horas, pedidos, com_prazo, no_prazo,
    sum(pedidos) OVER (PARTITION BY uf, etapa ORDER BY horas)::bigint AS ate,
    sum(pedidos) OVER (PARTITION BY uf, etapa)::bigint AS total
  FROM tempo
  WHERE horas IS NOT NULL
), prazo AS (
  -- of an even number of orders, the mean of the two in the middle
  SELECT
    uf,
    coalesce(sum(pedidos) FILTER (WHERE etapa = 'entrega'), 0)::bigint AS entregues,
    (min(horas) FILTER (WHERE etapa = 'envio' AND ate >= (total + 1) / 2)
      + min(horas) FILTER (WHERE etapa = 'envio' AND ate >= total / 2 + 1)) / 48.0 AS dias_envio,
    (min(horas) FILTER (WHERE etapa = 'entrega' AND ate >= (total + 1) / 2)
      + min(horas) FILTER (WHERE etapa = 'entrega' AND ate >= total / 2 + 1)) / 48.0 AS dias_entrega,
    sum(no_prazo) FILTER (WHERE etapa = 'entrega') / nullif(sum(com_prazo) FILTER (WHERE etapa = 'entrega'), 0) AS no_prazo
  FROM acumulado
  GROUP BY uf
)
SELECT
  c.uf, c.pedidos, c.frete,
  round(c.frete / c.pedidos, 2) AS frete_medio,
  round(c.frete / nullif(c.valor, 0), 6) AS participacao_frete,
  coalesce(p.entregues, 0) AS entregues,
  round(p.dias_envio, 2) AS dias_envio,
  round(p.dias_entrega, 2) AS dias_entrega,
  round(p.no_prazo, 6) AS no_prazo
FROM custo c
LEFT JOIN prazo p ON p.uf = c.uf
ORDER BY c.pedidos DESC, c.uf COLLATE "C"
LIMIT :limit;
