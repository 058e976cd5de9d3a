// The definitions of the analyses in Portuguese, for whoever reads the dashboard: the same as those of src/catalog/analyses.ts, which the help and the docs give.
import type { AnalysisName } from './analyses.ts';

export interface Definition {
  readonly rows: string;
  readonly date: string;
  readonly statuses: string;
  readonly revenue: string;
}

const SALE_DAY = 'o dia da venda (data_venda): o dia do pedido em America/Sao_Paulo, não o do pagamento';
const PAID_ONLY = 'Pago; o filtro de status o substitui';
const APPROVED = 'Pago e Reembolsado (aprovados); o filtro de status os substitui';
const ALL_STATUSES = 'todos; o filtro de status os restringe';
const ITEM_REVENUE = 'itens menos o próprio desconto, antes do desconto do pedido e do frete';
const ORDER_REVENUE = 'totais dos pedidos, com frete';

const DEFINITIONS: Readonly<Record<AnalysisName, Definition>> = {
  'top-products': {
    rows: 'uma por produto de uma loja, por unidades; empates por receita e depois por SKU; a participação é na receita de todos os produtos selecionados',
    date: SALE_DAY,
    statuses: PAID_ONLY,
    revenue: ITEM_REVENUE,
  },
  'top-cities': {
    rows: 'uma por UF de entrega e município do IBGE (homônimos ficam separados), por receita; empates por pedidos, depois UF e nome',
    date: SALE_DAY,
    statuses: APPROVED,
    revenue: ORDER_REVENUE,
  },
  'products-by-region': {
    rows: 'uma por região de entrega e produto, por unidades dentro da região; empates por receita e depois por SKU',
    date: SALE_DAY,
    statuses: PAID_ONLY,
    revenue: ITEM_REVENUE,
  },
  'revenue-by-category': {
    rows: 'uma por mês e categoria; meses sem venda aparecem com zero; acumulada desde o primeiro mês do período',
    date: SALE_DAY,
    statuses: PAID_ONLY,
    revenue: ITEM_REVENUE,
  },
  channels: { rows: 'uma por canal', date: SALE_DAY, statuses: ALL_STATUSES, revenue: ORDER_REVENUE },
  'order-status': {
    rows: 'uma por status que ocorre',
    date: SALE_DAY,
    statuses: ALL_STATUSES,
    revenue: ORDER_REVENUE,
  },
  payments: {
    rows: 'uma por forma de pagamento e número de parcelas, por valor; conta pagamentos, e um pedido pode ter vários',
    date: SALE_DAY,
    statuses: APPROVED,
    revenue: 'os pagamentos dos pedidos, sem espalhá-los pelas parcelas',
  },
  customers: {
    rows: 'uma por mês, também os meses sem clientes; novo: o primeiro pedido do cliente na loja (em qualquer canal e UF) é deste mês; recorrente: é de um mês anterior',
    date: SALE_DAY,
    statuses: PAID_ONLY,
    revenue: ORDER_REVENUE,
  },
  abc: {
    rows: 'uma por produto de uma loja, por receita; empates por unidades e depois por SKU; A até 80 % da receita acumulada (o próprio produto incluído), B até 95 %, C o resto',
    date: SALE_DAY,
    statuses: PAID_ONLY,
    revenue: ITEM_REVENUE,
  },
  cohorts: {
    rows: 'uma por mês da primeira compra (coorte) e meses depois, 0 sendo o próprio mês; primeira: o primeiro pedido do cliente entre os que os filtros selecionam, em todo o histórico',
    date: `${SALE_DAY}; as coortes começam no mês do primeiro dia do período`,
    statuses: PAID_ONLY,
    revenue: ORDER_REVENUE,
  },
  'status-flow': {
    rows: 'uma por par de status que se seguem nas versões de um pedido, os mais frequentes primeiro; os dias são conhecidos onde a fonte diz quando mudou o pedido',
    date: `${SALE_DAY}, qualquer que seja o dia da mudança`,
    statuses: 'todos; o filtro de status restringe aos pedidos que estão nele agora',
    revenue: 'os totais que os pedidos tinham depois da mudança, com frete',
  },
  delivery: {
    rows: 'uma por UF de entrega; os dias são a mediana, em horas cheias, do pedido até o envio e até a entrega, dos pedidos cuja fonte os informa',
    date: SALE_DAY,
    statuses: APPROVED,
    revenue: 'frete como cobrado do cliente; o peso é nos totais dos pedidos, com frete',
  },
  summary: {
    rows: 'uma; quarentena: pedidos abertos do período, e os de data ilegível; o frete é o dos pedidos aprovados',
    date: SALE_DAY,
    statuses: ALL_STATUSES,
    revenue: ORDER_REVENUE,
  },
};

/** What the figures of the analysis mean, in Portuguese. */
export function definitionInPortuguese(name: AnalysisName): Definition {
  return DEFINITIONS[name];
}
