// Single orders: the newest of a selection, and one order with its timeline, items and payments. No customer is named here, and no original shown.
import type { ResultColumn } from '../catalog/analyses.ts';
import type { Language } from '../catalog/metrics.ts';
import { ruleById } from '../catalog/rules.ts';
import type { ResultTable } from '../pipeline/metrics.ts';
import type { Cell } from '../pipeline/result-cells.ts';
import {
  findOrders,
  listOrders,
  type OrderDetail,
  type OrderHistory,
  readHistory,
  readRejected,
  type RejectedVersion,
} from '../storage/order-read.ts';
import { type Card, dataTable, type Desk, emptyNote, facts, type LoadedCard, word } from './card.ts';
import { columnsOf } from './columns.ts';
import { figure } from './figures.ts';
import { type Html, html } from './html.ts';
import { NO_FOCUS, queryOf, type Scope, type View } from './view.ts';
import type { WordName } from './words.ts';

const MOST_ORDERS = 100;

const ORDER_COLUMNS = [
  'id_pedido',
  'loja',
  'data_pedido',
  'canal',
  'status',
  'situacao_entrega',
  'cidade',
  'uf',
  'unidades',
  'valor_total',
] as const;

export const orderListCard: Card = {
  id: 'orders',
  page: 'orders',
  width: 'full',
  appears: ({ focus }) => focus.order === null,
  title: ({ lang }) => word('newestOrders', lang),
  about: ({ lang }) => [[word('here', lang), word('ordersNote', lang)]],
  load: async ({ readers }, { filters, view }) => {
    const { lang } = view;
    const { from, to } = filters;
    const orders = await readers.use((client) =>
      listOrders(
        client,
        { ...filters, from: from ?? '-infinity', to: to ?? 'infinity', city: view.focus.city },
        MOST_ORDERS,
      ),
    );
    const table: ResultTable = {
      columns: columnsOf(ORDER_COLUMNS, lang),
      rows: orders.map((order) => [
        order.orderId,
        order.store,
        order.placedAt,
        order.channel,
        order.status,
        order.delivery,
        order.city,
        order.uf,
        order.units,
        order.total,
      ]),
    };
    if (orders.length === 0) return { table, body: emptyNote(lang) };
    const cities = new Set(orders.map((order) => order.city));
    const hint =
      view.focus.city === null
        ? null
        : html`<p class="hint">
            ${word('ordersOf', lang)} <b>${[...cities].join(', ')}</b> ·
            <a href="/orders${queryOf(view, { focus: NO_FOCUS })}">${word('allCities', lang)}</a>
          </p>`;
    return {
      table,
      body: html`${hint}${dataTable(table, { lang, link: (row) => orderHref(view, row[0] ?? '', row[1] ?? null), caption: word('newestOrders', lang) })}${orders.length < MOST_ORDERS ? null : html`<p class="hint">${word('onlyNewest', lang)} ${MOST_ORDERS}.</p>`}`,
    };
  },
};

/** Where an order's page is. */
export function orderHref(view: View, orderId: string, store: string | null): string {
  return `/orders${queryOf(view, { stores: store === null || store === '' ? view.stores : [store], focus: { ...NO_FOCUS, order: orderId } })}`;
}

/** Where a rejected record's page is. */
export function recordHref(view: View, hash: string, store: string): string {
  return `/quarantine${queryOf(view, { focus: { ...NO_FOCUS, record: `${hash}@${store}` } })}`;
}

/** One order, or what there is instead: nothing, rejected versions only, or several stores that have the number. */
type Found =
  | { readonly kind: 'one'; readonly order: OrderDetail; readonly history: OrderHistory }
  | { readonly kind: 'several'; readonly orders: readonly OrderDetail[] }
  | { readonly kind: 'none'; readonly rejected: readonly (RejectedVersion & { readonly store: string })[] };

function find({ readers }: Desk, { view, stores }: Scope): Promise<Found> {
  const orderId = view.focus.order ?? '';
  return readers.use(async (client): Promise<Found> => {
    const orders = await findOrders(client, orderId, stores);
    const [order, second] = orders;
    if (order === undefined) return { kind: 'none', rejected: await readRejected(client, orderId, view.stores) };
    if (second !== undefined) return { kind: 'several', orders };
    return { kind: 'one', order, history: await readHistory(client, order.store, order.orderId) };
  });
}

const TIMELINE_COLUMNS = ['quando', 'evento', 'status', 'situacao_entrega', 'valor_total', 'detalhe'] as const;

const orderCard: Card = {
  id: 'order',
  page: 'orders',
  width: 'full',
  appears: ({ focus }) => focus.order !== null,
  title: ({ lang, focus }) => `${word('order', lang)} ${focus.order ?? ''}`,
  about: ({ lang }) => [[word('here', lang), word('timelineNote', lang)]],
  load: async (desk, scope): Promise<LoadedCard> => {
    const { view } = scope;
    const { lang } = view;
    const found = await find(desk, scope);
    const columns = columnsOf(TIMELINE_COLUMNS, lang);
    if (found.kind === 'none') return { table: { columns, rows: [] }, body: notAccepted(found.rejected, view) };
    if (found.kind === 'several') {
      const table: ResultTable = {
        columns: columnsOf(['loja', 'data_pedido', 'status', 'valor_total'], lang),
        rows: found.orders.map((order) => [order.store, order.placedAt, order.status, order.total]),
      };
      return {
        table,
        body: html`<p class="hint">${word('severalStores', lang)}</p>
          ${dataTable(table, { lang, link: ([store]) => orderHref(view, view.focus.order ?? '', store ?? null), caption: word('order', lang) })}`,
      };
    }
    const events = eventsOf(found.order, found.history, lang);
    const table = { columns, rows: events.map(({ cells }) => cells) };
    return { table, body: html`${orderFacts(found.order, lang)}${timeline(events, view)}` };
  },
};

function notAccepted(rejected: readonly (RejectedVersion & { readonly store: string })[], view: View): Html {
  const { lang } = view;
  if (rejected.length === 0) return emptyNote(lang, 'noSuchOrder');
  return html`<p class="hint">${word('onlyRejected', lang)}</p>
    <ul class="plain-list">
      ${rejected.map(
        ({ hash, store, reasons, state }) =>
          html`<li>
            <a href="${recordHref(view, hash, store)}">${reasons.map((id) => ruleById(id)?.title ?? id).join(' · ')}</a>
            (${state})
          </li>`,
      )}
    </ul>`;
}

function orderFacts(order: OrderDetail, lang: Language): Html {
  const money = (cell: Cell): string => figure(cell, 'money', lang);
  const rows: readonly (readonly [WordName, string | null])[] = [
    ['store', order.store],
    ['placed', figure(order.placedAt, 'timestamp', lang)],
    ['channel', order.channel],
    ['status', order.status],
    ['deliveryState', order.delivery],
    ['destination', [order.city, order.uf].filter((text) => text !== null).join(' · ') || null],
    ['totalValue', money(order.total)],
    ['itemsValue', money(order.itemsTotal)],
    ['freight', money(order.freight)],
    ['discount', order.discount === '0.00' ? null : money(order.discount)],
    ['refunded', order.refunded === '0.00' ? null : money(order.refunded)],
    ['due', order.dueAt === null ? null : figure(order.dueAt, 'timestamp', lang)],
    [
      'warnings',
      order.warnings.length === 0 ? null : order.warnings.map((id) => ruleById(id)?.title ?? id).join(' · '),
    ],
  ];
  return facts(
    rows.flatMap(([name, value]) => (value === null || value === '–' ? [] : [[word(name, lang), value] as const])),
  );
}

interface OrderEvent {
  readonly at: string;
  readonly cells: readonly Cell[];
  readonly kind: 'version' | 'current' | 'fact' | 'rejected';
  readonly record?: { readonly hash: string; readonly store: string };
}

/** What happened, in the order in which it happened. */
function eventsOf(order: OrderDetail, { versions, rejected }: OrderHistory, lang: Language): OrderEvent[] {
  const fact = (at: string | null, name: WordName): OrderEvent[] =>
    at === null ? [] : [{ at, kind: 'fact', cells: [at, word(name, lang), null, null, null, null] }];
  const events: OrderEvent[] = [
    ...fact(order.placedAt, 'placed'),
    ...fact(order.paidAt, 'paid'),
    ...fact(order.sentAt, 'sent'),
    ...fact(order.deliveredAt, 'delivered'),
    ...fact(order.deletedAt, 'deleted'),
    ...versions.map((version, index): OrderEvent => {
      const before = versions[index - 1];
      const name: WordName =
        before === undefined ? 'firstVersion' : before.status === version.status ? 'newVersion' : 'statusChanged';
      const detail = [
        version.isEstimated ? word('estimatedTime', lang) : null,
        version.revision > 0 ? `${word('correction', lang)} ${version.revision}` : null,
        version.isCurrent ? word('current', lang) : null,
      ].filter((text) => text !== null);
      return {
        at: version.at,
        kind: version.isCurrent ? 'current' : 'version',
        cells: [
          version.at,
          word(name, lang),
          version.status,
          version.delivery,
          version.total,
          detail.join(' · ') || null,
        ],
      };
    }),
    ...rejected.map(({ hash, at, reasons, state, amount }): OrderEvent => ({
      at,
      kind: 'rejected',
      record: { hash, store: order.store },
      cells: [
        at,
        word('versionRejected', lang),
        null,
        null,
        amount,
        `${reasons.map((id) => ruleById(id)?.title ?? id).join(' · ')} (${state})`,
      ],
    })),
  ];
  return events.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

function timeline(events: readonly OrderEvent[], view: View): Html {
  const { lang } = view;
  return html`<h3>${word('timeline', lang)}</h3>
    <ol class="timeline">
      ${events.map(({ cells, kind, record }) => {
        const [at = null, name, status, delivery, total = null, detail] = cells;
        return html`<li class="${kind}">
          <time>${figure(at, 'timestamp', lang)}</time>
          <div>
            <b
              >${record === undefined ? name : html`<a href="${recordHref(view, record.hash, record.store)}">${name}</a>`}</b
            >
            ${status === null ? null : html`<span class="badge">${status}</span>`}
            ${delivery === null ? null : html`<span>${delivery}</span>`}
            ${total === null ? null : html`<span class="amount">${figure(total, 'money', lang)}</span>`}
            ${detail === null ? null : html`<small>${detail}</small>`}
          </div>
        </li>`;
      })}
    </ol>`;
}

/** A table of something that belongs to the one order. */
function partCard(
  id: string,
  title: WordName,
  columns: readonly string[],
  rowsOf: (history: OrderHistory) => readonly (readonly Cell[])[],
): Card {
  return {
    id,
    page: 'orders',
    width: 'full',
    appears: ({ focus }) => focus.order !== null,
    title: ({ lang }) => word(title, lang),
    about: () => [],
    load: async (desk, scope) => {
      const { lang } = scope.view;
      const found = await find(desk, scope);
      const shown: ResultColumn[] = columnsOf(columns, lang);
      const table = { columns: shown, rows: found.kind === 'one' ? rowsOf(found.history) : [] };
      return {
        table,
        body:
          table.rows.length === 0 ? emptyNote(lang, 'none') : dataTable(table, { lang, caption: word(title, lang) }),
      };
    },
  };
}

export const orderCards: readonly Card[] = [
  orderListCard,
  orderCard,
  partCard(
    'order-items',
    'items',
    ['produto', 'sku', 'categoria', 'quantidade', 'preco_unitario', 'desconto', 'valor'],
    ({ items }) =>
      items.map((item) => [
        item.product,
        item.sku,
        item.category,
        item.quantity,
        item.unitPrice,
        item.discount,
        item.amount,
      ]),
  ),
  partCard('order-payments', 'payments', ['forma', 'parcelas', 'valor'], ({ payments }) =>
    payments.map(({ method, instalments, amount }) => [method, instalments, amount]),
  ),
];
