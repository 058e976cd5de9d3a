// The metric catalogue against the orders themselves and against the analyses that show the same figures.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFileSync } from 'node:fs';
import { metricViewSql } from '../../src/catalog/metric-view.ts';
import { METRICS } from '../../src/catalog/metrics.ts';
import { metricsBy, runMetrics } from '../../src/pipeline/metrics.ts';
import { NO_FILTERS, runAnalysis } from '../../src/pipeline/query.ts';
import { randomFrom, randomOrders, warehouseWith } from '../support/analysis-data.ts';

/** Over the base table, written anew: nothing of the catalogue's SQL. */
const FROM_ORDERS = `
  SELECT
    (SELECT sum(valor_total) FROM o)::text AS receita_captada,
    (SELECT sum(valor_total) FROM a)::text AS receita_aprovada,
    ((SELECT sum(valor_total) FROM a) - (SELECT sum(valor_reembolsado) FROM a))::text AS receita_liquida,
    (SELECT count(*) FROM o)::text AS pedidos_captados,
    (SELECT count(*) FROM a)::text AS pedidos_aprovados,
    (SELECT round(avg(valor_total), 2) FROM a)::text AS ticket_medio,
    (SELECT round(avg((status IN ('Pago', 'Reembolsado'))::int), 6) FROM o)::text AS taxa_aprovacao,
    (SELECT round(avg((status = 'Cancelado')::int), 6) FROM o)::text AS taxa_cancelamento,
    (SELECT round(sum(valor_reembolsado) / sum(valor_total), 6) FROM a)::text AS taxa_reembolso,
    (SELECT round(avg(unidades), 2) FROM a)::text AS unidades_por_pedido,
    (SELECT round(sum(frete) / sum(valor_total), 6) FROM a)::text AS participacao_frete`;

test('every metric equals the same figure counted from the orders, with and without filters', async (t) => {
  const { database, client } = await warehouseWith(t, randomOrders(400, randomFrom(11)));
  const filters = { ...NO_FILTERS, channels: ['Site', 'App'], ufs: ['SP', 'RJ', 'RS'] };
  for (const [chosen, where] of [
    [NO_FILTERS, 'true'],
    [filters, "canal IN ('Site', 'App') AND uf IN ('SP', 'RJ', 'RS')"],
  ] as const) {
    const { columns, rows } = await runMetrics(client, chosen, 'total');
    const found = Object.fromEntries(columns.map(({ name }, index) => [name, rows[0]?.[index] ?? null]));
    const [expected] = await database.query(
      `WITH o AS (SELECT * FROM pedidos WHERE excluido_em IS NULL AND ${where}), a AS (SELECT * FROM o WHERE status IN ('Pago', 'Reembolsado')) ${FROM_ORDERS}`,
    );
    assert.deepEqual(found, { ...expected }, database.hint);
  }
});

test('the sums by day, week, month and state add up to the total', async (t) => {
  const { client } = await warehouseWith(t, randomOrders(200, randomFrom(12)));
  const total = await runMetrics(client, NO_FILTERS, 'total');
  for (const by of ['day', 'week', 'month', 'uf'] as const) {
    const { rows } = await runMetrics(client, NO_FILTERS, by);
    const cents = rows.reduce((sum, row) => sum + BigInt((row[1] ?? '0').replace('.', '')), 0n);
    assert.equal(cents, BigInt((total.rows[0]?.[0] ?? '0').replace('.', '')), by);
  }
});

test('the summary shows the same figures as the catalogue, and an empty warehouse shows zeros and no rates', async (t) => {
  const { client } = await warehouseWith(t, randomOrders(200, randomFrom(13)));
  const metrics = await runMetrics(client, NO_FILTERS, 'total');
  const summary = await runAnalysis(client, 'summary', NO_FILTERS);
  const of = (columns: readonly { name: string }[], row: readonly (string | null)[] | undefined, name: string) =>
    row?.[columns.findIndex((column) => column.name === name)];
  for (const name of summary.analysis.metrics ?? []) {
    const shown = name === 'receita_captada' ? 'valor_captado' : name;
    assert.equal(
      of(summary.analysis.columns, summary.rows[0], shown),
      of(metrics.columns, metrics.rows[0], name),
      name,
    );
  }
  const empty = await warehouseWith(t, []);
  const { rows } = await runMetrics(empty.client, NO_FILTERS, 'total');
  assert.deepEqual(rows, [['0.00', '0.00', '0.00', '0', '0', null, null, null, null, null, null]]);
});

test('hours give what the hourly rollup knows, and a state is read from its orders', async (t) => {
  const { database, client } = await warehouseWith(t, randomOrders(300, randomFrom(14)));
  await database.query(
    `INSERT INTO pedidos_horarios SELECT loja, data_venda, hora_venda, canal, status, count(*), sum(valor_total) FROM pedidos WHERE excluido_em IS NULL GROUP BY 1, 2, 3, 4, 5`,
  );
  assert.deepEqual(
    metricsBy('hour').map(({ name }) => name),
    [
      'receita_captada',
      'receita_aprovada',
      'pedidos_captados',
      'pedidos_aprovados',
      'ticket_medio',
      'taxa_aprovacao',
      'taxa_cancelamento',
    ],
  );
  for (const ufs of [null, ['SP', 'ND']]) {
    const filters = { ...NO_FILTERS, from: '2026-02-01', to: '2026-04-30', ufs };
    const { columns, rows } = await runMetrics(client, filters, 'hour');
    const expected = await database.query(
      `SELECT data_venda::text || 'T12:00' AS hora, sum(valor_total)::text AS v, count(*)::text AS n FROM pedidos
       WHERE excluido_em IS NULL AND data_venda BETWEEN '2026-02-01' AND '2026-04-30' AND ($1::text[] IS NULL OR coalesce(uf, 'ND') = ANY ($1)) GROUP BY 1 ORDER BY 1`,
      [ufs],
    );
    const count = columns.findIndex(({ name }) => name === 'pedidos_captados');
    assert.deepEqual(
      rows.map((row) => [row[0], row[1], row[count]]),
      expected.map(({ hora, v, n }) => [hora, v, n]),
      database.hint,
    );
  }
});

test('a period whose last day is cut counts that day up to the moment, in all its figures', async (t) => {
  const { database, client } = await warehouseWith(t, randomOrders(400, randomFrom(15)));
  // some of the last day's orders before the moment, some after it, one at it
  await database.query(
    `UPDATE pedidos SET data_pedido = (data_venda + CASE id_pedido::int % 3 WHEN 0 THEN time '09:59' WHEN 1 THEN time '10:00' ELSE time '18:00' END) AT TIME ZONE 'America/Sao_Paulo'`,
  );
  const [day] = await database.query(
    'SELECT data_venda::text AS d FROM pedidos WHERE excluido_em IS NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 1',
  );
  const filters = { ...NO_FILTERS, from: '2026-01-01', to: String(day?.['d']), channels: ['Site', 'App'] };
  const { columns, rows } = await runMetrics(client, filters, 'total', '10:00');
  const [expected] = await database.query(
    `WITH o AS (SELECT * FROM pedidos WHERE excluido_em IS NULL AND canal IN ('Site', 'App')
       AND (data_venda < $1::date OR (data_venda = $1::date AND id_pedido::int % 3 = 0))), a AS (SELECT * FROM o WHERE status IN ('Pago', 'Reembolsado')) ${FROM_ORDERS}`,
    [filters.to],
  );
  const found = Object.fromEntries(columns.map(({ name }, index) => [name, rows[0]?.[index] ?? null]));
  assert.deepEqual(found, { ...expected }, database.hint);
});

test('the views for BI say what the catalogue says', async (t) => {
  const migration = readFileSync(new URL('../../sql/migrations/0005_dashboard.sql', import.meta.url), 'utf8');
  assert.ok(
    migration.endsWith(metricViewSql()),
    'a formula or a meaning has changed: the view needs a new migration, and this test its name',
  );
  const { database, client } = await warehouseWith(t, randomOrders(300, randomFrom(16)));
  const { columns, rows } = await runMetrics(client, NO_FILTERS, 'total');
  const figureOf = (name: string): string | null =>
    rows[0]?.[columns.findIndex((column) => column.name === name)] ?? null;
  const sums = ['receita_captada', 'receita_aprovada', 'receita_liquida', 'pedidos_captados', 'pedidos_aprovados'];
  const [daily] = await database.query(
    `SELECT ${sums.map((name) => `sum(${name})::text AS ${name}`).join(', ')} FROM vw_indicadores_diarios`,
  );
  const [orders] = await database.query(
    `SELECT sum(valor_total)::text AS receita_captada, sum(receita_aprovada)::text AS receita_aprovada, sum(receita_liquida)::text AS receita_liquida,
       count(*)::text AS pedidos_captados, count(*) FILTER (WHERE status IN ('Pago', 'Reembolsado'))::text AS pedidos_aprovados FROM vw_pedidos`,
  );
  for (const name of sums) {
    assert.equal(daily?.[name], figureOf(name), name);
    assert.equal(orders?.[name], figureOf(name), name);
  }
  // ratios are those of each row's orders
  const [oneDay] = await database.query(
    `SELECT count(*)::int AS wrong FROM vw_indicadores_diarios v WHERE ticket_medio IS DISTINCT FROM
       (SELECT round(avg(valor_total), 2) FROM vw_pedidos p WHERE p.loja = v.loja AND p.data_venda = v.data_venda AND p.canal = v.canal AND p.uf = v.uf
          AND p.status IN ('Pago', 'Reembolsado'))`,
  );
  assert.equal(oneDay?.['wrong'], 0);
});

test('names are unique, and every meaning and title is there in both languages', () => {
  assert.equal(new Set(METRICS.map(({ name }) => name)).size, METRICS.length);
  for (const { title, meaning, owner } of METRICS) {
    for (const words of [title, meaning, owner]) assert.ok(words.pt.trim() !== '' && words.en.trim() !== '');
  }
});
