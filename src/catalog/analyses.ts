// What `esteira query` can answer: for each analysis its columns, the definitions behind its figures and its defaults.
// The help, the table titles and the docs come from here; the SQL is in sql/analyses/<name>.sql. It never runs anything.
import type { MetricName } from './metrics.ts';
import type { OrderStatus } from './order-words.ts';

/**
 * What a column holds, which decides how it is aligned, printed and typed.
 * count: whole number · money: R$ with 2 decimals · decimal: other exact number · fraction: 0-1, shown as a percentage ·
 * code: an identifier made of digits · month: first day of a month · integer, number (exact), float, boolean and json: free SQL only.
 */
export type ColumnKind =
  | 'text'
  | 'code'
  | 'count'
  | 'money'
  | 'decimal'
  | 'fraction'
  | 'month'
  | 'date'
  | 'timestamp'
  | 'integer'
  | 'number'
  | 'float'
  | 'boolean'
  | 'json';

export interface ResultColumn {
  /** ASCII data name: the key in JSON, the header in CSV and Parquet. */
  readonly name: string;
  /** What a store's staff reads above the column, in Portuguese. */
  readonly title: string;
  readonly kind: ColumnKind;
  /** Tables leave the column out when all rows show the same value (files and JSON keep it). */
  readonly isHiddenWhenUniform?: boolean;
  /** A terminal too narrow for the table loses the columns that have one, the lowest first (files, pipes and JSON keep all). */
  readonly dropOrder?: number;
}

export interface Analysis {
  /** The subcommand and the name of the .sql file. */
  readonly name: string;
  /** Portuguese title above the table. */
  readonly title: string;
  /** English sentence for the help. */
  readonly question: string;
  readonly rows: string;
  readonly date: string;
  readonly statuses: string;
  readonly revenue: string;
  /** Statuses that count when none are asked for; null: all. */
  readonly defaultStatuses: readonly OrderStatus[] | null;
  /** What --limit counts, and how many when it is not given; null: no limit. */
  readonly limit: { readonly of: string; readonly byDefault: number | null };
  /** Days beyond whole months come from a rollup by day, unless a channel or state is asked for. */
  readonly hasSumsByDay?: boolean;
  /** Figures of the metric catalogue in its columns: the help gives their definitions. */
  readonly metrics?: readonly MetricName[];
  readonly columns: readonly ResultColumn[];
}

const SALE_DAY = "the day of sale (data_venda): the order's day in America/Sao_Paulo, not the day of payment";
const PAID_ONLY = 'Pago; --status replaces it';
const APPROVED = 'Pago and Reembolsado (approved); --status replaces them';
const ALL_STATUSES = 'all; --status narrows them';
const ITEM_REVENUE = "items net of their own discount, before the order's discount and freight";
const ORDER_REVENUE = 'order totals, freight included';

const store: ResultColumn = { name: 'loja', title: 'Loja', kind: 'text', isHiddenWhenUniform: true };
const position: ResultColumn = { name: 'posicao', title: '#', kind: 'count' };
const sku: ResultColumn = { name: 'sku', title: 'SKU', kind: 'text', dropOrder: 6 };
const product: ResultColumn = { name: 'produto', title: 'Produto', kind: 'text' };
const category: ResultColumn = { name: 'categoria', title: 'Categoria', kind: 'text' };
const units: ResultColumn = { name: 'unidades', title: 'Unidades', kind: 'count' };
const revenue: ResultColumn = { name: 'receita', title: 'Receita', kind: 'money' };
const share: ResultColumn = { name: 'participacao', title: 'Participação', kind: 'fraction', dropOrder: 4 };
const month: ResultColumn = { name: 'mes', title: 'Mês', kind: 'month' };
const ticket: ResultColumn = { name: 'ticket_medio', title: 'Ticket médio', kind: 'money', dropOrder: 5 };

export const ANALYSES = [
  {
    name: 'top-products',
    title: 'Produtos mais vendidos',
    question: 'Which products sell best?',
    rows: 'one per product of a store, ranked by units, ties by revenue, then SKU; the share is of the revenue of all products selected',
    date: SALE_DAY,
    statuses: PAID_ONLY,
    revenue: ITEM_REVENUE,
    defaultStatuses: ['Pago'],
    limit: { of: 'products', byDefault: 10 },
    hasSumsByDay: true,
    columns: [position, store, sku, product, category, units, revenue, share],
  },
  {
    name: 'top-cities',
    title: 'Cidades que mais compram',
    question: 'Which cities buy most?',
    rows: 'one per delivery state and IBGE municipality (homonyms stay apart), ranked by revenue, ties by orders, then state and name',
    date: SALE_DAY,
    statuses: APPROVED,
    revenue: ORDER_REVENUE,
    defaultStatuses: ['Pago', 'Reembolsado'],
    limit: { of: 'cities', byDefault: 10 },
    columns: [
      position,
      { name: 'uf', title: 'UF', kind: 'text' },
      { name: 'cidade', title: 'Cidade', kind: 'text' },
      { name: 'codigo_ibge', title: 'Código IBGE', kind: 'code', dropOrder: 1 },
      { name: 'pedidos', title: 'Pedidos', kind: 'count' },
      revenue,
      ticket,
      share,
    ],
  },
  {
    name: 'products-by-region',
    title: 'Produtos mais vendidos por região',
    question: 'Which products sell best in each region of Brazil?',
    rows: 'one per region of delivery and product, ranked within the region by units, ties by revenue, then SKU',
    date: SALE_DAY,
    statuses: PAID_ONLY,
    revenue: ITEM_REVENUE,
    defaultStatuses: ['Pago'],
    limit: { of: 'products of each region', byDefault: 5 },
    hasSumsByDay: true,
    columns: [
      { name: 'regiao', title: 'Região', kind: 'text' },
      position,
      store,
      sku,
      product,
      category,
      units,
      revenue,
    ],
  },
  {
    name: 'revenue-by-category',
    title: 'Receita acumulada por categoria',
    question: "How does each category's revenue grow, month by month?",
    rows: 'one per month and category; months without sales are there with zero; cumulated from the first month of the period',
    date: SALE_DAY,
    statuses: PAID_ONLY,
    revenue: ITEM_REVENUE,
    defaultStatuses: ['Pago'],
    limit: { of: 'categories, those with most revenue', byDefault: null },
    columns: [
      month,
      category,
      units,
      revenue,
      { name: 'receita_acumulada', title: 'Receita acumulada', kind: 'money' },
    ],
  },
  {
    name: 'channels',
    title: 'Canais de venda',
    question: 'What does each sales channel bring in?',
    rows: 'one per channel',
    metrics: [
      'pedidos_captados',
      'receita_captada',
      'pedidos_aprovados',
      'receita_aprovada',
      'receita_liquida',
      'ticket_medio',
      'taxa_cancelamento',
    ],
    date: SALE_DAY,
    statuses: ALL_STATUSES,
    revenue: ORDER_REVENUE,
    defaultStatuses: null,
    limit: { of: 'channels', byDefault: null },
    columns: [
      { name: 'canal', title: 'Canal', kind: 'text' },
      { name: 'pedidos_captados', title: 'Pedidos captados', kind: 'count' },
      { name: 'valor_captado', title: 'Valor captado', kind: 'money', dropOrder: 3 },
      { name: 'pedidos_aprovados', title: 'Aprovados', kind: 'count', dropOrder: 1 },
      { name: 'receita_aprovada', title: 'Receita aprovada', kind: 'money' },
      { name: 'receita_liquida', title: 'Receita líquida', kind: 'money' },
      ticket,
      { name: 'pedidos_cancelados', title: 'Cancelados', kind: 'count', dropOrder: 2 },
      { name: 'taxa_cancelamento', title: 'Cancelamento', kind: 'fraction' },
    ],
  },
  {
    name: 'order-status',
    title: 'Pedidos por status',
    question: 'In which status are the orders, and how much money is that?',
    rows: 'one per status that occurs',
    date: SALE_DAY,
    statuses: ALL_STATUSES,
    revenue: ORDER_REVENUE,
    defaultStatuses: null,
    limit: { of: 'statuses', byDefault: null },
    columns: [
      { name: 'status', title: 'Status', kind: 'text' },
      { name: 'pedidos', title: 'Pedidos', kind: 'count' },
      { name: 'participacao_pedidos', title: '% dos pedidos', kind: 'fraction' },
      { name: 'valor', title: 'Valor', kind: 'money' },
      { name: 'participacao_valor', title: '% do valor', kind: 'fraction' },
    ],
  },
  {
    name: 'payments',
    title: 'Formas de pagamento',
    question: 'How do customers pay, and in how many instalments?',
    rows: 'one per means of payment and number of instalments, ranked by value; counts payments, and one order may mix several',
    date: SALE_DAY,
    statuses: APPROVED,
    revenue: 'the payments of the orders, not spread over their instalments',
    defaultStatuses: ['Pago', 'Reembolsado'],
    limit: { of: 'rows', byDefault: null },
    columns: [
      { name: 'forma', title: 'Forma de pagamento', kind: 'text' },
      { name: 'parcelas', title: 'Parcelas', kind: 'count' },
      { name: 'pagamentos', title: 'Pagamentos', kind: 'count' },
      { name: 'valor', title: 'Valor', kind: 'money' },
      share,
    ],
  },
  {
    name: 'customers',
    title: 'Clientes novos e recorrentes',
    question: 'How many customers are new, how many come back?',
    rows: "one per month, months without customers included; new: the customer's first order ever in the store (whatever its channel and state) is in this month; returning: it was in an earlier month",
    date: SALE_DAY,
    statuses: PAID_ONLY,
    revenue: ORDER_REVENUE,
    defaultStatuses: ['Pago'],
    limit: { of: 'months, the newest', byDefault: null },
    columns: [
      month,
      { name: 'clientes_novos', title: 'Novos', kind: 'count' },
      { name: 'clientes_recorrentes', title: 'Recorrentes', kind: 'count' },
      { name: 'taxa_recorrencia', title: 'Recorrência', kind: 'fraction', dropOrder: 3 },
      { name: 'pedidos', title: 'Pedidos', kind: 'count', dropOrder: 2 },
      { name: 'receita_novos', title: 'Receita de novos', kind: 'money' },
      { name: 'receita_recorrentes', title: 'Receita de recorrentes', kind: 'money' },
      { name: 'pedidos_sem_cliente', title: 'Sem cliente', kind: 'count', dropOrder: 1 },
    ],
  },
  {
    name: 'abc',
    title: 'Curva ABC de produtos',
    question: 'Which products make the revenue (curva ABC)?',
    rows: 'one per product of a store, by revenue, ties by units, then SKU; A while the cumulative share (the product included) is at most 80 %, B at most 95 %, C the rest',
    date: SALE_DAY,
    statuses: PAID_ONLY,
    revenue: ITEM_REVENUE,
    defaultStatuses: ['Pago'],
    limit: { of: 'products', byDefault: null },
    hasSumsByDay: true,
    columns: [
      position,
      store,
      sku,
      product,
      category,
      units,
      revenue,
      share,
      { name: 'participacao_acumulada', title: 'Acumulada', kind: 'fraction' },
      { name: 'classe', title: 'Classe', kind: 'text' },
    ],
  },
  {
    name: 'cohorts',
    title: 'Coortes de clientes',
    question: 'Of the customers who first bought in a month, how many come back later?',
    rows: "one per month of first purchase (cohort) and months since, 0 being that month; first: the customer's first order among those that the filters select, over all history",
    date: `${SALE_DAY}; cohorts begin in the month of the period's first day`,
    statuses: PAID_ONLY,
    revenue: ORDER_REVENUE,
    defaultStatuses: ['Pago'],
    limit: { of: 'cohorts, the newest', byDefault: null },
    columns: [
      { name: 'coorte', title: 'Primeira compra', kind: 'month' },
      { name: 'clientes', title: 'Clientes', kind: 'count' },
      { name: 'meses_depois', title: 'Meses depois', kind: 'count' },
      { name: 'clientes_ativos', title: 'Compraram', kind: 'count' },
      { name: 'retencao', title: 'Retenção', kind: 'fraction' },
      revenue,
    ],
  },
  {
    name: 'status-flow',
    title: 'Mudanças de status',
    question: 'How do orders move from one status to another, and how long does it take?',
    rows: 'one per pair of statuses that follow each other in the versions of an order, most frequent first; days are known where the source states when it changed an order',
    date: `${SALE_DAY}, whenever its status changed`,
    statuses: 'all; --status narrows to orders that are in it now',
    revenue: 'the totals that the orders had after the change, freight included',
    defaultStatuses: null,
    limit: { of: 'pairs', byDefault: null },
    columns: [
      { name: 'de', title: 'De', kind: 'text' },
      { name: 'para', title: 'Para', kind: 'text' },
      { name: 'mudancas', title: 'Mudanças', kind: 'count' },
      { name: 'valor', title: 'Valor', kind: 'money' },
      { name: 'dias_medios', title: 'Dias, em média', kind: 'decimal' },
    ],
  },
  {
    name: 'delivery',
    title: 'Frete e entrega por UF',
    question: 'What does delivery cost in each state, and how long does it take?',
    rows: 'one per delivery state; days are the median, in whole hours, from the order to dispatch and to delivery, of the orders whose source states them',
    date: SALE_DAY,
    statuses: APPROVED,
    revenue: 'freight as charged to customers; its share is of order totals, freight included',
    defaultStatuses: ['Pago', 'Reembolsado'],
    limit: { of: 'states', byDefault: null },
    columns: [
      { name: 'uf', title: 'UF', kind: 'text' },
      { name: 'pedidos', title: 'Pedidos', kind: 'count' },
      { name: 'frete', title: 'Frete', kind: 'money', dropOrder: 2 },
      { name: 'frete_medio', title: 'Frete médio', kind: 'money' },
      { name: 'participacao_frete', title: 'Peso do frete', kind: 'fraction' },
      { name: 'entregues', title: 'Com data de entrega', kind: 'count', dropOrder: 1 },
      { name: 'dias_envio', title: 'Dias até enviar', kind: 'decimal' },
      { name: 'dias_entrega', title: 'Dias até entregar', kind: 'decimal' },
      { name: 'no_prazo', title: 'No prazo', kind: 'fraction' },
    ],
  },
  {
    name: 'summary',
    title: 'Resumo',
    question: 'How is the store doing, and how fresh and complete are the figures?',
    rows: 'one; quarantine: open orders of the period, and those without a readable date; freight is that of approved orders',
    metrics: [
      'pedidos_captados',
      'receita_captada',
      'pedidos_aprovados',
      'receita_aprovada',
      'receita_liquida',
      'ticket_medio',
      'unidades_por_pedido',
      'taxa_cancelamento',
      'taxa_reembolso',
    ],
    date: SALE_DAY,
    statuses: ALL_STATUSES,
    revenue: ORDER_REVENUE,
    defaultStatuses: null,
    limit: { of: 'rows', byDefault: null },
    columns: [
      { name: 'pedidos_captados', title: 'Pedidos captados', kind: 'count' },
      { name: 'valor_captado', title: 'Valor captado', kind: 'money' },
      { name: 'pedidos_aprovados', title: 'Pedidos aprovados', kind: 'count' },
      { name: 'receita_aprovada', title: 'Receita aprovada', kind: 'money' },
      { name: 'receita_liquida', title: 'Receita líquida', kind: 'money' },
      { name: 'valor_reembolsado', title: 'Valor reembolsado', kind: 'money' },
      ticket,
      { name: 'unidades_por_pedido', title: 'Unidades por pedido', kind: 'decimal' },
      { name: 'frete', title: 'Frete', kind: 'money' },
      { name: 'pedidos_cancelados', title: 'Pedidos cancelados', kind: 'count' },
      { name: 'taxa_cancelamento', title: 'Taxa de cancelamento', kind: 'fraction' },
      { name: 'taxa_reembolso', title: 'Taxa de reembolso', kind: 'fraction' },
      { name: 'quarentena_pedidos', title: 'Pedidos em quarentena', kind: 'count' },
      { name: 'quarentena_valor', title: 'Valor em quarentena', kind: 'money' },
      { name: 'ultima_venda', title: 'Última venda', kind: 'date' },
      { name: 'ultimo_lote', title: 'Último lote', kind: 'timestamp' },
    ],
  },
] as const satisfies readonly Analysis[];

export type AnalysisName = (typeof ANALYSES)[number]['name'];

/** The analysis of that name; names come from the list above, so an unknown one is a bug. */
export function analysisNamed(name: AnalysisName): Analysis {
  const found = ANALYSES.find((analysis) => analysis.name === name);
  if (found === undefined) throw new Error(`no analysis is called ${name}`);
  return found;
}
