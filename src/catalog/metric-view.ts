// The view of the metric catalogue for BI tools, as SQL: each metric's formula under its own name. The migration that makes the view holds this very text,
// and a test compares them: a formula that changes needs a new migration.
import { METRICS, type Metric } from './metrics.ts';

/** One row per store, day of sale, channel and delivery state; a column for every metric. */
export function metricViewSql(): string {
  const columns = METRICS.map((metric: Metric) => `  ${metric.formula} AS ${metric.name}`).join(',\n');
  const comments = METRICS.map(
    (metric: Metric) =>
      `COMMENT ON COLUMN vw_indicadores_diarios.${metric.name} IS '${quoted(`${metric.meaning.en}${isRatio(metric) ? ' A ratio of this row: never sum or average it.' : ''}`)}';`,
  ).join('\n');
  return `CREATE VIEW vw_indicadores_diarios AS
SELECT
  loja,
  data_venda,
  date_trunc('month', data_venda::timestamp)::date AS mes,
  canal,
  uf,
  regiao_da_uf(uf) AS regiao,
${columns}
FROM pedidos_diarios
GROUP BY loja, data_venda, canal, uf;

COMMENT ON VIEW vw_indicadores_diarios IS 'The metric catalogue for BI (docs/metrics.md): one row per store, day of sale, channel and delivery state. Sums and counts may be summed further; of ratios, divide the sums.';
COMMENT ON COLUMN vw_indicadores_diarios.loja IS 'The store.';
COMMENT ON COLUMN vw_indicadores_diarios.data_venda IS 'Day of sale in America/Sao_Paulo.';
COMMENT ON COLUMN vw_indicadores_diarios.mes IS 'First day of the month of sale.';
COMMENT ON COLUMN vw_indicadores_diarios.canal IS 'Channel.';
COMMENT ON COLUMN vw_indicadores_diarios.uf IS 'Delivery state; ND when not declared.';
COMMENT ON COLUMN vw_indicadores_diarios.regiao IS 'Region of the delivery state.';
${comments}
`;
}

/** Sums begin with coalesce: of no rows they are zero, where a ratio is unknown. */
function isRatio(metric: Metric): boolean {
  return !metric.formula.startsWith('coalesce(');
}

function quoted(text: string): string {
  return text.replaceAll("'", "''");
}
