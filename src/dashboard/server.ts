// The dashboard's HTTP server: pages, exports, live events, assets. It only reads the warehouse, serves nothing but its own files and lets nobody in
// whom access.ts does not know. It never prints and never exits.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { BrokerSettings } from '../broker/connection.ts';
import { fail } from '../catalog/errors.ts';
import type { Language } from '../catalog/metrics.ts';
import { EsteiraError, messageOf } from '../lib/errors.ts';
import { toCsv } from '../pipeline/format/csv.ts';
import { JSON_FOOT, JSON_HEAD, jsonRow } from '../pipeline/format/json.ts';
import type { HealthSource } from '../pipeline/health-server.ts';
import { NEWEST_DAY, OLDEST_DAY } from '../pipeline/period.ts';
import { cameByLocalName, cookieFor, isAllowed, isToken } from './access.ts';
import { type Card, type Desk, type LoadedCard, type PageName, word } from './card.ts';
import { cardsOf } from './cards.ts';
import { svgFile } from './drawings.ts';
import { type Freshness, readFreshness } from './freshness.ts';
import { figure } from './figures.ts';
import { html } from './html.ts';
import { KeptAnswers } from './kept-answers.ts';
import { LiveFeed } from './live.ts';
import { DashboardMetrics } from './metrics.ts';
import { cardHtml, notePage, PAGE_FOOT, pageHead, PAGES } from './page.ts';
import { clientOf, RateLimit } from './rate-limit.ts';
import { ReaderPool } from './readers.ts';
import { type Now, queryOf, readView, type Scope, scopeOf } from './view.ts';

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/** File -> its type: nothing else is served. */
const ASSETS: Readonly<Record<string, string>> = {
  'charts.css': 'text/css; charset=utf-8',
  'dashboard.css': 'text/css; charset=utf-8',
  'dashboard.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/** Of one address, behind which an office may stand: a page asks once a second at most; opening many at once is a burst. Attempts at the token are few. */
const REQUESTS = { perSecond: 50, burst: 300 } as const;
const LOGINS = { perSecond: 0.1, burst: 10 } as const;

export interface DashboardOptions {
  /** URL of a role that may only read. */
  readonly readUrl: string;
  readonly broker: BrokerSettings;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Undefined: only for this machine. */
  readonly token?: string | undefined;
  readonly now: () => Now;
  /** Told what a card or page failed with; never anything about an order. */
  readonly onError?: (error: unknown) => void;
}

export interface DashboardServer {
  readonly port: number;
  readonly health: HealthSource;
  close(): Promise<void>;
}

/** Listens. Throws PORT_TAKEN. A warehouse that does not answer is told on the pages, which come back by themselves. */
export async function startDashboard(options: DashboardOptions): Promise<DashboardServer> {
  const app = new Dashboard(options);
  const server = createServer((request, response) => {
    response.on('close', () => app.metrics.answered(response.statusCode));
    void app.answer(request, response).catch((error: unknown) => {
      options.onError?.(error);
      if (!response.headersSent) response.writeHead(500, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' });
      response.end('500\n');
    });
  });
  server.requestTimeout = 30_000;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, options.host, resolve);
    });
  } catch (error) {
    await app.close();
    throw fail('PORT_TAKEN', {
      what: `The dashboard cannot listen on ${options.host}, port ${options.port}.`,
      why: messageOf(error),
      fix: 'Choose another with --port, or let the system choose with --port 0.',
      cause: error,
    });
  }
  return {
    port: (server.address() as AddressInfo).port,
    health: app.metrics,
    close: async () => {
      await app.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

class Dashboard {
  readonly metrics: DashboardMetrics;
  readonly #options: DashboardOptions;
  readonly #desk: Desk;
  readonly #feed: LiveFeed;
  readonly #kept: KeptAnswers;
  #isClosing = false;
  readonly #requests = new RateLimit(REQUESTS.perSecond, REQUESTS.burst);
  readonly #logins = new RateLimit(LOGINS.perSecond, LOGINS.burst);

  constructor(options: DashboardOptions) {
    this.#options = options;
    this.#desk = { readers: new ReaderPool(options.readUrl), broker: options.broker };
    this.#kept = new KeptAnswers((waitMs) => this.#feed.remind(waitMs));
    this.#feed = new LiveFeed(
      options.readUrl,
      () => this.#kept.age(),
      () => {
        this.#kept.forget();
        // they lead to the same server, and a server that hangs closes none
        void this.#desk.readers.dropIdle();
      },
    );
    this.metrics = new DashboardMetrics(this.#feed);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#feed.close();
    await this.#desk.readers.close();
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    response.setHeader('cache-control', 'no-store');
    const url = targetOf(request);
    if (url === null) return plain(response, 400, 'No such address.');
    const { token } = this.#options;
    if (token === undefined && !cameByLocalName(request))
      return plain(response, 421, 'This dashboard is for this machine only.');
    const asset = /^\/assets\/([a-z.]+)$/.exec(url.pathname)?.[1];
    if (asset !== undefined && Object.hasOwn(ASSETS, asset)) return sendAsset(response, asset);
    const client = clientOf(request);
    const isLogin = token !== undefined && url.pathname === '/login' && request.method === 'POST';
    const wait = this.#requests.take(client) || (isLogin ? this.#logins.take(client) : 0);
    if (wait > 0) {
      response.setHeader('retry-after', String(wait));
      return plain(response, 429, word('tooMany', 'pt'));
    }
    if (isLogin) return login(request, response, token);
    if (token !== undefined && !isAllowed(request, token)) return sendHtml(response, 401, loginPage(false));
    if (request.method !== 'GET' && request.method !== 'HEAD') return plain(response, 405, 'Only GET.');
    if (url.pathname === '/live') {
      if (!this.#feed.add(response, client)) plain(response, 503, 'Too many open pages.');
      return;
    }
    const read = readView(url.searchParams);
    const lang = url.searchParams.get('lang') === 'en' ? 'en' : 'pt';
    if ('wrong' in read) return sendHtml(response, 400, notUnderstood(read.wrong, lang));
    const freshness = await this.#freshness();
    const scope = scopeOf(
      read.view,
      {
        oldest: freshness?.oldestSale ?? null,
        newest: freshness?.newestSale ?? null,
        stores: freshness?.stores ?? [],
      },
      this.#options.now(),
    );
    const [, cardId, format] = /^\/export\/([a-z-]+)\.(csv|json|svg)$/.exec(url.pathname) ?? [];
    const exported = cardsOf(read.view).find(({ id }) => id === cardId);
    const page = (Object.keys(PAGES) as PageName[]).find((name) => PAGES[name] === url.pathname);
    const isOfSales = ['overview', 'analyses'].includes(exported?.page ?? page ?? '');
    // Records of the quarantine may be of a store that has no orders yet.
    if (
      isOfSales &&
      freshness !== null &&
      read.view.stores?.every((store) => freshness.stores.includes(store)) === false
    )
      return sendHtml(response, 400, notUnderstood('store', lang));
    if (exported !== undefined && (format !== 'svg' || exported.hasDrawing === true))
      return this.#export(response, exported, scope, format as ExportFormat);
    if (page === undefined)
      return sendHtml(response, 404, notePage(word('notFound', 'pt'), html`<p><a href="/">Esteira</a></p>`));
    await this.#page(response, page, scope, freshness);
  }

  async #page(response: ServerResponse, page: PageName, scope: Scope, freshness: Freshness | null): Promise<void> {
    const cards = cardsOf(scope.view).filter((card) => card.page === page);
    // all are asked for at once, and sent in their order as soon as they are there
    const answers = cards.map((card) => this.#load(card, scope));
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.write(pageHead(page, scope, freshness?.stores ?? [], freshness));
    for (const [index, card] of cards.entries())
      response.write(cardHtml({ card, loaded: (await answers[index]) ?? null }, scope));
    response.end(PAGE_FOOT);
  }

  async #export(response: ServerResponse, card: Card, scope: Scope, format: ExportFormat): Promise<void> {
    const loaded = await this.#load(card, scope);
    const { lang } = scope.view;
    if (loaded === null) return plain(response, 503, word('broken', lang));
    const { table, drawing } = loaded;
    if (format === 'svg' && drawing === undefined) return plain(response, 404, word('empty', lang));
    const text =
      format === 'csv'
        ? toCsv(table.columns, table.rows, { isExcelBr: true })
        : format === 'json' || drawing === undefined
          ? `${JSON_HEAD}${table.rows.map((row, index) => jsonRow(table.columns, row, index === 0)).join('')}${JSON_FOOT}`
          : await svgFile(drawing, card.title(scope.view), subtitleOf(scope));
    response.setHeader('content-disposition', `attachment; filename="${card.id}.${format}"`);
    response.writeHead(200, { 'content-type': EXPORT_TYPES[format] }).end(text);
  }

  /** A card's answer; null, and the reason told to the caller of the server, when it cannot be had. */
  #load(card: Card, scope: Scope): Promise<LoadedCard | null> {
    const { filters, moment, view } = scope;
    return this.#keep(`${card.id} ${filters.from} ${filters.to} ${moment} ${queryOf(view)}`, () =>
      card.load(this.#desk, scope),
    );
  }

  #freshness(): Promise<Freshness | null> {
    return this.#keep('freshness', () => readFreshness(this.#desk.readers));
  }

  #keep<Answer>(key: string, ask: () => Promise<Answer>): Promise<Answer | null> {
    const asked = (): Promise<Answer> =>
      ask().catch((error: unknown) => {
        // we broke it off ourselves
        if (this.#isClosing) throw error;
        this.metrics.cardFailed();
        this.#options.onError?.(error instanceof EsteiraError ? error : new Error('a card failed', { cause: error }));
        throw error;
      });
    return this.#kept.get(key, asked).catch(() => null);
  }
}

/** What was asked for; null for a request whose target is no address. */
function targetOf({ url = '/' }: IncomingMessage): URL | null {
  return URL.parse(url.startsWith('/') ? `http://localhost${url}` : url);
}

function notUnderstood(parameter: string, lang: Language): string {
  const isDate = parameter === 'from' || parameter === 'to';
  const body = html`<p>${word('notUnderstood', lang)}: <code>${parameter}</code>.</p>
    ${isDate ? html`<p>${word('notAPeriod', lang)} ${[OLDEST_DAY, NEWEST_DAY].map((day) => figure(day, 'date', lang)).join(' – ')}.</p>` : null}
    <p><a href="${lang === 'en' ? '/?lang=en' : '/'}">${word('clear', lang)}</a></p>`;
  return notePage(word('filters', lang), body, lang);
}

type ExportFormat = 'csv' | 'json' | 'svg';
const EXPORT_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8',
};

/** What a chart is of, for a file that has left the page. */
function subtitleOf({ filters, view }: Scope): string {
  const { lang, channels, statuses, ufs, stores } = view;
  return [
    `${figure(filters.from, 'date', lang)} – ${figure(filters.to, 'date', lang)}`,
    ...[channels, statuses, ufs, stores].flatMap((list) => (list === null ? [] : [list.join(' + ')])),
    'Esteira',
  ].join(' · ');
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

function sendHtml(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(text);
}

async function sendAsset(response: ServerResponse, name: string): Promise<void> {
  const body = await readFile(join(import.meta.dirname, 'assets', name));
  response.writeHead(200, { 'content-type': ASSETS[name] ?? 'text/plain', 'cache-control': 'no-cache' }).end(body);
}

function loginPage(isWrong: boolean): string {
  return notePage(
    word('token', 'pt'),
    html`<form class="login" method="post" action="/login">
      <label
        ><span>${word('token', 'pt')}</span
        ><input type="password" name="token" autocomplete="current-password" required autofocus /></label
      ><button type="submit">${word('enter', 'pt')}</button
      >${isWrong ? html`<p role="alert">${word('wrongToken', 'pt')}</p>` : null}
    </form>`,
  );
}

async function login(request: IncomingMessage, response: ServerResponse, token: string): Promise<void> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > 4_096) return plain(response, 413, 'Too long.');
  }
  if (!isToken(new URLSearchParams(body).get('token') ?? '', token)) return sendHtml(response, 401, loginPage(true));
  response.writeHead(303, { location: '/', 'set-cookie': cookieFor(token) }).end();
}
