// Computes the metrics of the catalogue from the rollups, in total or by hour, day, week, month or state. The formulas are the catalogue's:
// this file only says which rows they are taken over, with all values bound. It never formats and never writes.
import { METRICS, type Metric } from '../catalog/metrics.ts';
import type { ResultColumn } from '../catalog/analyses.ts';
import { ROLLUPS } from '../catalog/rollups.ts';
import { type AnalysisFilters, bindNames, inSnapshot, type Queryable, resolveParameters } from './query.ts';
import { type Cell, textTypes } from './result-cells.ts';

/** What the rows are by; `total` gives one row, even of nothing. */
export type MetricGrouping = 'total' | 'hour' | 'day' | 'week' | 'month' | 'uf';

/** Columns and rows of a result, values as exact text. */
export interface ResultTable {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly Cell[])[];
}

const GROUPS: Readonly<
  Record<Exclude<MetricGrouping, 'total'>, { readonly sql: string; readonly column: ResultColumn }>
> = {
  hour: {
    sql: `to_char(data_venda + hora_venda * interval '1 hour', 'YYYY-MM-DD"T"HH24:MI')`,
    column: { name: 'hora', title: 'Hora', kind: 'timestamp' },
  },
  day: { sql: 'data_venda', column: { name: 'dia', title: 'Dia', kind: 'date' } },
  week: {
    // weeks begin on Monday, as ISO 8601 has it
    sql: "date_trunc('week', data_venda::timestamp)::date",
    column: { name: 'semana', title: 'Semana de', kind: 'date' },
  },
  month: {
    sql: "date_trunc('month', data_venda::timestamp)::date",
    column: { name: 'mes', title: 'Mês', kind: 'month' },
  },
  uf: { sql: 'uf', column: { name: 'uf', title: 'UF', kind: 'text' } },
};

const sumsOf = (table: string): string[] => Object.keys(ROLLUPS.find((rollup) => rollup.table === table)?.sums ?? {});
const namesIn = (metric: Metric): string[] =>
  sumsOf('pedidos_diarios').filter((column) => new RegExp(`\\b${column}\\b`).test(metric.formula));

/** The metrics that the grouping can give, in the catalogue's order: the hourly rollup has no refunds, units and freight. */
export function metricsBy(by: MetricGrouping): readonly Metric[] {
  if (by !== 'hour') return METRICS;
  const known = sumsOf('pedidos_horarios');
  return METRICS.filter((metric: Metric) => namesIn(metric).every((column) => known.includes(column)));
}

/** Orders as rows of the daily rollup: what is read where a day is cut or an hour of a state is asked for. */
const ORDERS_AS_ROWS = `SELECT loja, data_venda, hora_venda, canal, status, coalesce(uf, 'ND') AS uf, 1 AS pedidos, unidades, frete, valor_total, valor_reembolsado
    FROM pedidos
    WHERE excluido_em IS NULL`;
const DAILY_ROWS = `SELECT loja, data_venda, canal, status, uf, pedidos, unidades, frete, valor_total, valor_reembolsado FROM pedidos_diarios`;

/** Sums of days; where `isCut`, the last day of the period counts up to `:moment` only, and is read from its orders. */
function rowsOf(by: MetricGrouping, isCut: boolean, hasStates: boolean): string {
  if (by === 'hour' && !hasStates) return 'pedidos_horarios';
  if (by === 'hour') return `(${ORDERS_AS_ROWS} AND data_venda >= :from AND data_venda <= :to) v`;
  if (!isCut) return 'pedidos_diarios';
  return `(${DAILY_ROWS} WHERE data_venda >= :from AND data_venda < :to
    UNION ALL
    SELECT loja, data_venda, canal, status, uf, pedidos, unidades, frete, valor_total, valor_reembolsado
    FROM (${ORDERS_AS_ROWS} AND data_venda = :to AND (data_pedido AT TIME ZONE 'America/Sao_Paulo')::time < :moment) p) v`;
}

/** The statement, with the parameters that .sql files may name. */
export function metricsSql(by: MetricGrouping, isCut: boolean, hasStates: boolean): string {
  const sums = metricsBy(by)
    .map((metric) => `${metric.formula} AS ${metric.name}`)
    .join(',\n  ');
  return `SELECT
  ${by === 'total' ? '' : `${GROUPS[by].sql} AS ${GROUPS[by].column.name},\n  `}${sums}
FROM ${rowsOf(by, isCut, hasStates)}
WHERE loja = ANY (:stores)
  AND data_venda >= :from AND data_venda <= :to
  AND (:statuses IS NULL OR status = ANY (:statuses))
  AND (:channels IS NULL OR canal = ANY (:channels))${hasStates ? '\n  AND uf = ANY (:ufs)' : ''}${by === 'total' ? '' : '\nGROUP BY 1\nORDER BY 1'}`;
}

/**
 * The metrics of `metricsBy`, after the column of the grouping. Hours, days, weeks and months without orders have no row.
 * @param moment HH:MM in America/Sao_Paulo: the last day of the period counts up to it, not included; null: whole
 * @throws EsteiraError USAGE for a store that is not in the warehouse
 */
export function runMetrics(
  db: Queryable,
  filters: AnalysisFilters,
  by: MetricGrouping,
  moment: string | null = null,
): Promise<ResultTable> {
  return inSnapshot(db, async () => {
    const sql = metricsSql(by, moment !== null, filters.ufs !== null);
    const { text, values } = bindNames(sql, { ...(await resolveParameters(db, filters, {})), moment });
    const { rows } = await db.query<Cell[]>({ text, values, rowMode: 'array', types: textTypes });
    const columns = metricsBy(by).map(({ name, title, kind }): ResultColumn => ({ name, title: title.pt, kind }));
    return { columns: by === 'total' ? columns : [GROUPS[by].column, ...columns], rows };
  });
}
