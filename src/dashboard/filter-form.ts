// The filters above a page, as a form that works without a script: what is chosen becomes the address. Filters that a page does not heed are carried along.
import { CHANNELS, ORDER_STATUSES, UF_NOT_DECLARED } from '../catalog/order-words.ts';
import { UFS } from '../model/reference/places.ts';
import { type PageName, word } from './card.ts';
import { type Html, html } from './html.ts';
import { GROUPINGS, NO_FOCUS, PERIODS, queryOf, type Scope, type View } from './view.ts';
import type { WordName } from './words.ts';

const NOTHING_CHOSEN: View = {
  lang: 'pt',
  period: '30d',
  from: null,
  to: null,
  by: null,
  channels: null,
  statuses: null,
  ufs: null,
  stores: null,
  focus: NO_FOCUS,
};

type Options = readonly (readonly [string, string])[];

/** Null where there is nothing to choose. @param path where the page is */
export function filterForm(page: PageName, path: string, scope: Scope, stores: readonly string[]): Html | null {
  const { view } = scope;
  const { lang } = view;
  const hasStores = stores.length > 1 || view.stores !== null;
  const isOfOrders = (page === 'overview' || page === 'analyses' || page === 'orders') && view.focus.order === null;
  if (!isOfOrders && (!hasStores || page === 'orders')) return null;
  const shown = new Set([
    'lang',
    ...(isOfOrders ? ['period', 'from', 'to', 'channel', 'status', 'uf'] : []),
    ...(hasStores ? ['store'] : []),
    ...(page === 'overview' ? ['by'] : []),
  ]);
  const carried = [...new URLSearchParams(queryOf(view))].filter(([name]) => !shown.has(name));
  return html`<form class="filters" method="get" action="${path}" aria-label="${word('filters', lang)}">
    ${lang === 'pt' ? null : html`<input type="hidden" name="lang" value="${lang}" />`}
    ${carried.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    ${isOfOrders ? orderFields(view) : null}
    ${hasStores ? select('store', 'store', same([...new Set([...stores, ...(view.stores ?? [])])]), view.stores, view) : null}
    ${page === 'overview' ? grouping(scope) : null}
    <div class="buttons">
      <button type="submit">${word('apply', lang)}</button
      ><a href="${path}${queryOf(NOTHING_CHOSEN, { lang })}">${word('clear', lang)}</a>
    </div>
  </form>`;
}

function orderFields(view: View): Html {
  const { lang } = view;
  const ufs = UFS.map(({ uf }) => uf).toSorted();
  return html`<label
      ><span>${word('period', lang)}</span
      ><select name="period">
        ${view.period === null ? html`<option value="" selected>${word('chosen', lang)}</option>` : null}${PERIODS.map(
          (name) =>
            name === view.period
              ? html`<option value="${name}" selected>${word(name, lang)}</option>`
              : html`<option value="${name}">${word(name, lang)}</option>`,
        )}
      </select></label
    >
    <label><span>${word('from', lang)}</span><input type="date" name="from" value="${view.from ?? ''}" /></label>
    <label><span>${word('to', lang)}</span><input type="date" name="to" value="${view.to ?? ''}" /></label>
    ${select('channel', 'channel', same(CHANNELS), view.channels, view)}
    ${select('status', 'status', same(ORDER_STATUSES), view.statuses, view)}
    ${select('uf', 'uf', same([...ufs, UF_NOT_DECLARED]), view.ufs, view)}`;
}

function grouping({ view, by }: Scope): Html {
  const { lang } = view;
  const options = GROUPINGS.map((name) => [name, word(name, lang)] as const);
  const automatic = `${word('auto', lang)} (${word(by, lang).toLowerCase()})`;
  // what was asked for may be too fine for so long a period: then it says what is drawn
  return select('by', 'by', options, view.by === by ? [by] : null, view, automatic);
}

const same = (values: readonly string[]): Options => values.map((value) => [value, value]);

/** Several chosen values, which only an address can ask for, are one option of their own. */
function select(
  name: string,
  label: WordName,
  options: Options,
  chosen: readonly string[] | null,
  { lang }: View,
  all: string = word('every', lang),
): Html {
  const several = chosen !== null && chosen.length > 1 ? chosen.join(',') : null;
  return html`<label
    ><span>${word(label, lang)}</span
    ><select name="${name}">
      <option value="">${all}</option>
      ${
        several === null ? null : html`<option value="${several}" selected>${several.replaceAll(',', ', ')}</option>`
      }${options.map(([value, text]) =>
        several === null && chosen?.[0] === value
          ? html`<option value="${value}" selected>${text}</option>`
          : html`<option value="${value}">${text}</option>`,
      )}
    </select></label
  >`;
}
