// Puts a page together: head, navigation, filters, cards. Sent in pieces, so that what is ready is seen while the rest is read. It reads nothing itself.
import { ruleById } from '../catalog/rules.ts';
import type { Freshness } from './freshness.ts';
import { type Card, type LoadedCard, type PageName, word } from './card.ts';
import { figure } from './figures.ts';
import { filterForm } from './filter-form.ts';
import { type Html, html } from './html.ts';
import { NO_FOCUS, queryOf, type Scope, type View } from './view.ts';

export const PAGES: Readonly<Record<PageName, string>> = {
  overview: '/',
  analyses: '/analyses',
  orders: '/orders',
  operations: '/operations',
  quarantine: '/quarantine',
};

/** Those in the navigation, and which of them a page belongs to. */
const NAVIGATION = ['overview', 'analyses', 'orders', 'operations'] as const satisfies readonly PageName[];
const sectionOf = (page: PageName): PageName => (page === 'quarantine' ? 'operations' : page);

/** A card as it is now: loaded, or not to be had. */
export type CardState = { readonly card: Card; readonly loaded: LoadedCard | null };

/** Everything before the cards. */
export function pageHead(page: PageName, scope: Scope, stores: readonly string[], freshness: Freshness | null): string {
  const { view } = scope;
  const { lang } = view;
  const other = lang === 'pt' ? 'en' : 'pt';
  return `<!doctype html>\n${
    html`<html lang="${lang === 'pt' ? 'pt-BR' : 'en'}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Esteira · ${word(page, lang)}</title>
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/charts.css" />
        <link rel="stylesheet" href="/assets/dashboard.css" />
        <script type="module" src="/assets/dashboard.js"></script>
      </head>
      <body
        data-stale="${word('stale', lang)}"
        data-down="${word('warehouseDown', lang)}"
        data-as-of="${word('asOf', lang)}"
      >
        <a class="skip" href="#content">${word('skip', lang)}</a>
        <header class="top">
          <a class="brand" href="/${queryOf(view, { focus: NO_FOCUS })}"
            ><svg viewBox="0 0 32 32" aria-hidden="true">
              <rect x="2" y="18" width="28" height="9" rx="4.5" />
              <rect x="6" y="6" width="9" height="9" rx="2" />
              <rect x="18" y="9" width="6" height="6" rx="1.5" /></svg
            >Esteira</a
          >
          <nav aria-label="${word('pages', lang)}">
            ${NAVIGATION.map((name) => {
              const href = `${PAGES[name]}${queryOf(view, { focus: NO_FOCUS })}`;
              return name === sectionOf(page)
                ? html`<a href="${href}" aria-current="page">${word(name, lang)}</a>`
                : html`<a href="${href}">${word(name, lang)}</a>`;
            })}
          </nav>
          ${searchForm(view)}
          <a
            class="lang"
            href="${PAGES[page]}${queryOf(view, { lang: other })}"
            lang="${other === 'pt' ? 'pt-BR' : 'en'}"
            >${other === 'pt' ? 'Português' : 'English'}</a
          >
        </header>
        ${filterForm(page, PAGES[page], scope, stores)}
        <main id="content" tabindex="-1">
          ${crumbs(page, view)}
          <div class="status">
            <h1>${word(page, lang)}</h1>
            ${
              hasPeriod(page, view)
                ? html`<p class="period">
                    ${figure(scope.filters.from, 'date', lang)} – ${figure(scope.filters.to, 'date', lang)}
                  </p>`
                : null
            }
            <div data-card="freshness">${freshnessLine(freshness, scope)}</div>
            <p class="live" role="status"><span class="pulse" aria-hidden="true"></span><span data-live></span></p>
          </div>
          ${
            freshness !== null && freshness.newestSale === null
              ? html`<div class="welcome">
                  <p>${word('noOrders', lang)}</p>
                  <p><code>${word('howToLoad', lang)}</code></p>
                </div>`
              : null
          }
          <div class="cards">
     `.text
  }`;
}

function hasPeriod(page: PageName, { focus }: View): boolean {
  return page === 'overview' || page === 'analyses' || (page === 'orders' && focus.order === null);
}

/** One order, from wherever one is. */
function searchForm({ lang }: View): Html {
  return html`<form class="search" role="search" method="get" action="${PAGES.orders}">
    ${lang === 'pt' ? null : html`<input type="hidden" name="lang" value="${lang}" />`}
    <input
      type="search"
      name="order"
      maxlength="100"
      required
      aria-label="${word('findOrder', lang)}"
      placeholder="${word('findOrder', lang)}"
    /><button type="submit">${word('find', lang)}</button>
  </form>`;
}

/** The way back from what was opened; nothing at the top of a page. */
function crumbs(page: PageName, view: View): Html | null {
  const { lang, focus, ufs } = view;
  const up: (readonly [string, string])[] = [];
  if (page === 'overview' && ufs?.length === 1) up.push([`/${queryOf(view, { ufs: null })}`, 'Brasil']);
  if (page === 'orders' && (focus.order !== null || focus.city !== null))
    up.push([`${PAGES.orders}${queryOf(view, { focus: NO_FOCUS })}`, word('orders', lang)]);
  if (page === 'quarantine') {
    up.push([`${PAGES.operations}${queryOf(view, { focus: NO_FOCUS })}`, word('operations', lang)]);
    if (focus.reason !== null || focus.record !== null)
      up.push([`${PAGES.quarantine}${queryOf(view, { focus: NO_FOCUS })}`, word('quarantine', lang)]);
  }
  if (up.length === 0) return null;
  const here =
    focus.order ??
    (focus.record === null ? null : focus.record.slice(0, 12)) ??
    (focus.reason === null ? null : (ruleById(focus.reason)?.title ?? focus.reason)) ??
    (page === 'overview' ? ufs?.[0] : null) ??
    (page === 'quarantine' ? word('quarantine', lang) : null);
  return html`<nav class="crumbs" aria-label="${word('path', lang)}">
    ${up.map(([href, text]) => html`<a href="${href}">${text}</a><span aria-hidden="true">›</span>`)}${here === null ? null : html`<span aria-current="page">${here}</span>`}
  </nav>`;
}

export const PAGE_FOOT = '</div></main></body></html>\n';

function freshnessLine(freshness: Freshness | null, { view }: Scope): Html {
  const { lang } = view;
  if (freshness === null) return html`<p class="fresh broken">${word('warehouseDown', lang)}</p>`;
  const { newestSale, lastBatch, quarantined, quarantinedAmount } = freshness;
  return html`<p class="fresh">
    <span>${word('newestSale', lang)} <b>${figure(newestSale, 'date', lang)}</b></span
    ><span>${word('lastBatch', lang)} <b>${figure(lastBatch, 'timestamp', lang)}</b></span
    ><span
      ><a href="${PAGES.quarantine}${queryOf(view, { focus: NO_FOCUS })}">${word('quarantined', lang)}</a>
      <b>${figure(String(quarantined), 'count', lang)}</b> (${figure(quarantinedAmount, 'money', lang)})</span
    >
  </p>`;
}

/** One card. Its `data-state` tells the page's script whether to keep what it showed before. */
export function cardHtml({ card, loaded }: CardState, scope: Scope): string {
  const { view } = scope;
  const { lang } = view;
  const title = card.title(view);
  const about = card.about(view);
  const query = queryOf(view);
  return html`<section
    class="card ${card.width}"
    data-card="${card.id}"
    data-state="${loaded === null ? 'error' : 'ready'}"
    aria-labelledby="h-${card.id}"
  >
    <header>
      <h2 id="h-${card.id}">${title}</h2>
      ${
        about.length === 0
          ? null
          : html`<details class="about">
              <summary aria-label="${word('about', lang)} ${title}">i</summary>
              <div>
                <dl>
                  ${about.map(
                    ([name, text]) =>
                      html`<dt>${name}</dt>
                        <dd>${text}</dd>`,
                  )}
                </dl>
              </div>
            </details>`
      }<span class="export"
        ><span class="sr">${word('export', lang)} ${title}: </span
        ><a href="/export/${card.id}.csv${query}" download>CSV<span class="sr"> ${title}</span></a
        ><a href="/export/${card.id}.json${query}" download>JSON<span class="sr"> ${title}</span></a
        >${card.hasDrawing === true && (loaded === null || loaded.drawing !== undefined) ? html`<a href="/export/${card.id}.svg${query}" download>SVG<span class="sr"> ${title}</span></a>` : null}</span
      >
    </header>
    ${loaded === null ? html`<p class="broken" role="alert">${word('broken', lang)} <small>${word('retry', lang)}</small></p>` : loaded.body}
  </section> `.text;
}

/** A whole page that only says something. */
export function notePage(title: string, body: Html, lang: View['lang'] = 'pt'): string {
  return `<!doctype html>\n${
    html`<html lang="${lang === 'pt' ? 'pt-BR' : 'en'}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Esteira · ${title}</title>
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/dashboard.css" />
      </head>
      <body class="plain">
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html>`.text
  }\n`;
}
