// Writes docs/metrics.md from src/catalog/metrics.ts and src/catalog/analyses.ts.
import { ANALYSES, type Analysis, type AnalysisName } from '../../src/catalog/analyses.ts';
import { columnMeanings } from '../../src/catalog/column-meanings.ts';
import { type Metric, METRICS } from '../../src/catalog/metrics.ts';
import { ORDER_STATUSES } from '../../src/catalog/order-words.ts';
import { code, page, table } from './markdown.ts';

/** The whole page, ending with a newline. */
export function metricsDoc(): string {
  return page([
    '# Metrics',
    'Generated from `src/catalog/metrics.ts` and `src/catalog/analyses.ts`.',
    'What each figure means, wherever it is shown: in `esteira query`, in the dashboard, in files. Every order belongs to its day of sale in America/Sao_Paulo (`data_venda`), not to the day of payment; orders that the store has deleted do not count. Formulas are SQL over the rollup `pedidos_diarios` ([schema](schema.md)); shares and rates are fractions of 1.',
    '## Figures of orders',
    ...METRICS.flatMap(metric),
    '## Analyses',
    'Ready-made answers of `esteira query`, each the SQL of `sql/analyses/<name>.sql`; the dashboard shows the same.',
    ...ANALYSES.flatMap((each) => analysis(each)),
  ]);
}

function metric({ name, title, meaning, formula, statuses, date, kind, better, owner }: Metric): string[] {
  const isAll = ORDER_STATUSES.every((status) => statuses.includes(status));
  return [
    `### ${title.en} (${title.pt})`,
    meaning.en,
    table(
      ['', ''],
      [
        ['name', code(name)],
        ['in Portuguese', meaning.pt],
        ['formula', code(formula)],
        ['date', code(date)],
        ['statuses', isAll ? 'all' : statuses.join(', ')],
        ['kind', kind],
        ['better', better ?? 'neither'],
        ['owner', owner.en],
      ],
    ),
  ];
}

function analysis(described: Analysis & { readonly name: AnalysisName }): string[] {
  const { name, title, question, rows, date, statuses, revenue, metrics } = described;
  const own = columnMeanings(described).filter(([column]) => metrics?.some((figure) => figure === column) !== true);
  return [
    `### ${code(name)}: ${title}`,
    question,
    table(
      ['', ''],
      [
        ['rows', rows],
        ['date', date],
        ['statuses', statuses],
        ['revenue', revenue],
        ...(metrics === undefined ? [] : [['figures above', metrics.map(code).join(', ')]]),
        ...own.map(([column, meaning]) => [code(column), meaning]),
      ],
    ),
  ];
}
