// What the columns of an analysis hold, column by column, for its help: a figure of the metric catalogue, or a sentence where there is no such figure
// and the analysis's own lines (rows, date, revenue) do not say it. The figures are defined in src/catalog/metrics.ts, never here.
import type { Analysis, AnalysisName } from './analyses.ts';
import { metricNamed, type MetricName } from './metrics.ts';

/** Figures that stand in analyses under another name than the catalogue's. */
const COLUMN_OF: Readonly<Partial<Record<MetricName, string>>> = { receita_captada: 'valor_captado' };

const CANCELLED = 'How many distinct orders are in status Cancelado.';
const OF_THE_COHORT = 'the customers of the cohort';

const SENTENCES: Readonly<Partial<Record<AnalysisName, Readonly<Record<string, string>>>>> = {
  'top-cities': {
    ticket_medio: 'Revenue divided by the orders that count here.',
    participacao: 'Share of the revenue of all cities selected.',
  },
  channels: { pedidos_cancelados: CANCELLED },
  payments: {
    pagamentos: 'How many payments, not orders.',
    participacao: 'Share of the value of all payments selected.',
  },
  customers: {
    taxa_recorrencia: 'Returning customers divided by all customers of the month.',
    pedidos_sem_cliente: 'Orders that say nothing by which a customer could be known.',
  },
  cohorts: {
    clientes_ativos: `How many of ${OF_THE_COHORT} ordered in that month.`,
    retencao: `Those, divided by ${OF_THE_COHORT}.`,
  },
  'status-flow': {
    mudancas: 'How many changes; an order that makes the same one twice counts twice.',
    dias_medios: 'Mean days from the version before the change to the one after it.',
  },
  delivery: {
    frete_medio: 'Freight divided by orders.',
    participacao_frete: 'Freight divided by the totals of the orders.',
    entregues: 'Orders whose date of delivery the source states, whatever their delivery status says.',
    no_prazo: 'Orders that came in time, divided by those whose deadline and delivery are known.',
  },
  summary: {
    valor_reembolsado: 'R$ given back on approved orders.',
    frete: 'Freight charged on approved orders.',
    pedidos_cancelados: CANCELLED,
    quarentena_pedidos: 'Open orders in quarantine of the period, and those without a readable date.',
    quarentena_valor: 'R$ of those, as far as it can be read.',
    ultima_venda: 'Newest day of sale of the selected stores, whatever the period.',
    ultimo_lote: 'When the last batch was written.',
  },
};

/** The columns of an analysis that need a definition, with it, in their order. */
export function columnMeanings(
  analysis: Analysis & { readonly name: AnalysisName },
): readonly (readonly [column: string, meaning: string])[] {
  const meanings = new Map(Object.entries(SENTENCES[analysis.name] ?? {}));
  for (const name of analysis.metrics ?? []) meanings.set(COLUMN_OF[name] ?? name, metricNamed(name).meaning.en);
  return analysis.columns.flatMap(({ name }) => {
    const meaning = meanings.get(name);
    return meaning === undefined ? [] : [[name, meaning] as const];
  });
}
