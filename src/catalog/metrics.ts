// The metric catalogue: what each figure means, said once. `esteira query --help`, docs/metrics.md and the dashboard's cards come from here;
// BI models are to be generated from it. It never runs anything.
import { ORDER_STATUSES, type OrderStatus } from './order-words.ts';

export type Language = 'pt' | 'en';
/** The same words for people in both languages. */
export type Words = Readonly<Record<Language, string>>;

export interface Metric {
  /** ASCII data name: the key in JSON and the header in files. */
  readonly name: string;
  readonly title: Words;
  /** One sentence: what is counted or divided by what. */
  readonly meaning: Words;
  /** SQL aggregate over rows of `pedidos_diarios`; null where it would divide by zero. Fractions are rounded to 6 decimals, R$ to 2. */
  readonly formula: string;
  /** What the figure counts in: one order each, never an item. */
  readonly grain: 'order';
  /** The date that puts an order into a period. */
  readonly date: 'data_venda';
  /** Statuses that count; a filter on status narrows them further. */
  readonly statuses: readonly OrderStatus[];
  readonly kind: 'money' | 'count' | 'decimal' | 'fraction';
  /** Whether more of it is good news; null: neither. */
  readonly better: 'more' | 'less' | null;
  /** Who in a store answers for it. */
  readonly owner: Words;
}

const APPROVED_STATUSES: readonly OrderStatus[] = ['Pago', 'Reembolsado'];
const APPROVED = "FILTER (WHERE status IN ('Pago', 'Reembolsado'))";
const SALES: Words = { pt: 'Comercial', en: 'Sales' };
const FINANCE: Words = { pt: 'Financeiro', en: 'Finance' };
const LOGISTICS: Words = { pt: 'Logística', en: 'Logistics' };
const common = { grain: 'order', date: 'data_venda' } as const;

export const METRICS = [
  {
    ...common,
    name: 'receita_captada',
    title: { pt: 'Receita captada', en: 'Captured revenue' },
    meaning: {
      pt: 'Soma do valor total de todos os pedidos, em qualquer status, com frete.',
      en: 'Sum of the totals of all orders, whatever their status, freight included.',
    },
    formula: 'coalesce(sum(valor_total), 0.00)',
    statuses: ORDER_STATUSES,
    kind: 'money',
    better: 'more',
    owner: SALES,
  },
  {
    ...common,
    name: 'receita_aprovada',
    title: { pt: 'Receita aprovada', en: 'Approved revenue' },
    meaning: {
      pt: 'Soma do valor total dos pedidos em status Pago ou Reembolsado, com frete; reembolsos não são descontados.',
      en: 'Sum of the totals of orders in status Pago or Reembolsado, freight included; refunds are not taken off.',
    },
    formula: `coalesce(sum(valor_total) ${APPROVED}, 0.00)`,
    statuses: APPROVED_STATUSES,
    kind: 'money',
    better: 'more',
    owner: FINANCE,
  },
  {
    ...common,
    name: 'receita_liquida',
    title: { pt: 'Receita líquida', en: 'Net revenue' },
    meaning: {
      pt: 'Receita aprovada menos o valor reembolsado (o total do pedido quando Reembolsado sem valor).',
      en: 'Approved revenue minus refunds (the whole total when Reembolsado without an amount).',
    },
    formula: `coalesce(sum(valor_total - valor_reembolsado) ${APPROVED}, 0.00)`,
    statuses: APPROVED_STATUSES,
    kind: 'money',
    better: 'more',
    owner: FINANCE,
  },
  {
    ...common,
    name: 'pedidos_captados',
    title: { pt: 'Pedidos', en: 'Orders' },
    meaning: {
      pt: 'Quantos pedidos distintos entraram, em qualquer status.',
      en: 'How many distinct orders came in, whatever their status.',
    },
    formula: 'coalesce(sum(pedidos), 0)::bigint',
    statuses: ORDER_STATUSES,
    kind: 'count',
    better: 'more',
    owner: SALES,
  },
  {
    ...common,
    name: 'pedidos_aprovados',
    title: { pt: 'Pedidos aprovados', en: 'Approved orders' },
    meaning: {
      pt: 'Quantos pedidos distintos estão em status Pago ou Reembolsado.',
      en: 'How many distinct orders are in status Pago or Reembolsado.',
    },
    formula: `coalesce(sum(pedidos) ${APPROVED}, 0)::bigint`,
    statuses: APPROVED_STATUSES,
    kind: 'count',
    better: 'more',
    owner: SALES,
  },
  {
    ...common,
    name: 'ticket_medio',
    title: { pt: 'Ticket médio', en: 'Average ticket' },
    meaning: {
      pt: 'Receita aprovada dividida pelos pedidos aprovados.',
      en: 'Approved revenue divided by approved orders.',
    },
    formula: `round(sum(valor_total) ${APPROVED} / nullif(sum(pedidos) ${APPROVED}, 0), 2)`,
    statuses: APPROVED_STATUSES,
    kind: 'money',
    better: 'more',
    owner: SALES,
  },
  {
    ...common,
    name: 'taxa_aprovacao',
    title: { pt: 'Taxa de aprovação', en: 'Approval rate' },
    meaning: {
      pt: 'Pedidos aprovados (Pago ou Reembolsado) divididos por todos os pedidos captados.',
      en: 'Approved orders (Pago or Reembolsado) divided by all captured orders.',
    },
    formula: `round(coalesce(sum(pedidos) ${APPROVED}, 0) / nullif(sum(pedidos), 0), 6)`,
    statuses: ORDER_STATUSES,
    kind: 'fraction',
    better: 'more',
    owner: FINANCE,
  },
  {
    ...common,
    name: 'taxa_cancelamento',
    title: { pt: 'Taxa de cancelamento', en: 'Cancellation rate' },
    meaning: {
      pt: 'Pedidos em status Cancelado divididos por todos os pedidos captados.',
      en: 'Orders in status Cancelado divided by all captured orders.',
    },
    formula: "round(coalesce(sum(pedidos) FILTER (WHERE status = 'Cancelado'), 0) / nullif(sum(pedidos), 0), 6)",
    statuses: ORDER_STATUSES,
    kind: 'fraction',
    better: 'less',
    owner: SALES,
  },
  {
    ...common,
    name: 'taxa_reembolso',
    title: { pt: 'Taxa de reembolso', en: 'Refund rate' },
    meaning: {
      pt: 'Valor reembolsado dividido pela receita aprovada.',
      en: 'Amount given back divided by approved revenue.',
    },
    formula: `round(coalesce(sum(valor_reembolsado) ${APPROVED}, 0) / nullif(sum(valor_total) ${APPROVED}, 0), 6)`,
    statuses: APPROVED_STATUSES,
    kind: 'fraction',
    better: 'less',
    owner: FINANCE,
  },
  {
    ...common,
    name: 'unidades_por_pedido',
    title: { pt: 'Itens por pedido', en: 'Items an order' },
    meaning: {
      pt: 'Unidades vendidas nos pedidos aprovados, divididas por esses pedidos.',
      en: 'Units sold in approved orders, divided by those orders.',
    },
    formula: `round(sum(unidades) ${APPROVED} / nullif(sum(pedidos) ${APPROVED}, 0), 2)`,
    statuses: APPROVED_STATUSES,
    kind: 'decimal',
    better: 'more',
    owner: SALES,
  },
  {
    ...common,
    name: 'participacao_frete',
    title: { pt: 'Peso do frete', en: 'Freight share' },
    meaning: {
      pt: 'Frete cobrado nos pedidos aprovados, dividido pela receita aprovada.',
      en: 'Freight charged on approved orders, divided by approved revenue.',
    },
    formula: `round(coalesce(sum(frete) ${APPROVED}, 0) / nullif(sum(valor_total) ${APPROVED}, 0), 6)`,
    statuses: APPROVED_STATUSES,
    kind: 'fraction',
    better: null,
    owner: LOGISTICS,
  },
] as const satisfies readonly Metric[];

export type MetricName = (typeof METRICS)[number]['name'];

/** The metric of that name; names come from the list above, so an unknown one is a bug. */
export function metricNamed(name: MetricName): Metric {
  const found = METRICS.find((metric) => metric.name === name);
  if (found === undefined) throw new Error(`no metric is called ${name}`);
  return found;
}
