// The mock store as a source of orders: the example that a real store's folder follows (settings, one listing call, one mapping).
// It talks to `esteira store serve`, or to anything with the same interface, over HTTP only; it never shares memory with the server.
import { answerInvalid, StoreClient } from '../store/client.ts';
import { limiterOf } from '../store/limiter.ts';
import { REAL_PACE } from '../store/pace.ts';
import { readPages, type ListedOrder, type ListPage, type OrderList } from '../store/reader.ts';
import { checkSettings, commonSettings } from '../store/settings.ts';
import type { OpenStoreOptions, StoreReader, StoreSetting, StoreSource } from '../store/source.ts';
import type { ListRequest } from '../store/windows.ts';
import { MOCK_ORDERS_PATH, MOCK_PAGE_LIMIT, MOCK_TOKEN, MOCK_URL } from './defaults.ts';
import { mapOrder, updatedAtMsOf } from './map-order.ts';

const STORE_ID = 'mock';
const DEFAULT_MAX_OUTAGE_MS = 300_000;
/** Statuses with which the store says that it does not know a cursor any more. */
const STALE_STATUSES = [404, 410, 422] as const;

const SETTINGS: readonly StoreSetting[] = [
  {
    name: 'url',
    env: 'ESTEIRA_MOCK_URL',
    type: 'url',
    default: MOCK_URL,
    description: 'Where the store answers (esteira store serve prints it).',
  },
  {
    name: 'token',
    env: 'ESTEIRA_MOCK_TOKEN',
    type: 'text',
    default: MOCK_TOKEN,
    secret: true,
    description: 'The token that the store expects.',
  },
  {
    name: 'loja',
    env: 'ESTEIRA_MOCK_LOJA',
    type: 'store name',
    default: STORE_ID,
    description: 'Name of the store in the warehouse: a-z, 0-9, _ and -, up to 40.',
  },
  {
    name: 'paging',
    env: 'ESTEIRA_MOCK_PAGING',
    type: 'choice',
    choices: ['cursor', 'page'],
    default: 'cursor',
    description: "Follow the store's cursors, or ask for page numbers as stores without cursors need.",
  },
  {
    name: 'pageSize',
    env: 'ESTEIRA_MOCK_PAGE_SIZE',
    type: 'integer',
    default: String(MOCK_PAGE_LIMIT),
    min: 1,
    max: MOCK_PAGE_LIMIT,
    unit: 'orders',
    description: 'Orders per page.',
  },
  ...commonSettings('ESTEIRA_MOCK', 18),
];

export const mockStore: StoreSource = {
  id: STORE_ID,
  title: 'Mock store on this machine (esteira store serve)',
  settings: SETTINGS,
  open: openMockStore,
};

function openMockStore(options: OpenStoreOptions): StoreReader {
  const settings = checkSettings(STORE_ID, SETTINGS, options.settings);
  const pace = options.pace ?? REAL_PACE;
  const onEvent = options.onEvent ?? (() => undefined);
  const baseUrl = settings.url('url');
  const loja = settings.text('loja');
  const client = new StoreClient({
    storeId: STORE_ID,
    baseUrl,
    headers: { authorization: `Bearer ${settings.text('token')}` },
    startHint: 'nobody listens there; esteira store serve starts the store',
    tokenFix: 'Set ESTEIRA_MOCK_TOKEN to the token that the store was started with.',
    limiter: limiterOf(baseUrl.origin, pace, settings.number('requestsPerSecond')),
    pace,
    maxOutageMs: options.maxOutageMs ?? DEFAULT_MAX_OUTAGE_MS,
    answerTimeoutMs: settings.number('answerTimeoutMs'),
    bodyTimeoutMs: settings.number('bodyTimeoutMs'),
    maxBodyBytes: settings.number('maxBodyBytes'),
    quotaPauseMs,
    onEvent,
  });
  const list = new MockOrderList(
    client,
    baseUrl.host,
    loja,
    settings.number('pageSize'),
    settings.text('paging') === 'page',
  );
  const overlapMs = settings.number('overlapSeconds') * 1000;
  return {
    loja,
    identity: `${STORE_ID}:${baseUrl.host}:${loja}`,
    pages: (request) => readPages(list, request, { overlapMs, pace, onEvent }),
  };
}

class MockOrderList implements OrderList {
  readonly storeId = STORE_ID;
  readonly resolutionMs = 1000;
  readonly host: string;
  readonly #client: StoreClient;
  readonly #loja: string;
  readonly #pageSize: number;
  readonly #isNumbered: boolean;

  constructor(client: StoreClient, host: string, loja: string, pageSize: number, isNumbered: boolean) {
    this.#client = client;
    this.host = host;
    this.#loja = loja;
    this.#pageSize = pageSize;
    this.#isNumbered = isNumbered;
  }

  async clock(signal: AbortSignal | undefined): Promise<number> {
    const answer = await this.#client.get(`${MOCK_ORDERS_PATH}?limit=1`, signal);
    return answer.storeTimeMs;
  }

  async list(request: ListRequest, signal: AbortSignal | undefined): Promise<ListPage | 'stale'> {
    const answer =
      request.kind === 'token'
        ? await this.#client.get(request.token, signal, STALE_STATUSES)
        : await this.#client.get(this.#target(request), signal);
    if (answer.status > 299) return 'stale';
    if (!Array.isArray(answer.body))
      throw answerInvalid(STORE_ID, this.host, 'The list of orders is not a JSON array.');
    const orders = answer.body.map((given: unknown): ListedOrder => ({
      updatedAtMs: updatedAtMsOf(given),
      document: mapOrder(given, this.#loja),
    }));
    return { orders, next: this.#nextOf(answer.headers.get('link'), request) };
  }

  #target(request: Extract<ListRequest, { kind: 'page' }>): string {
    const query = new URLSearchParams({ limit: String(this.#pageSize), updated_at_max: request.until });
    if (request.since !== null) query.set('updated_at_min', request.since);
    // A walk through one second is by page number whatever the paging is.
    if (this.#isNumbered || request.page > 1) query.set('page', String(request.page));
    return `${MOCK_ORDERS_PATH}?${query.toString()}`;
  }

  #nextOf(link: string | null, request: ListRequest): ListPage['next'] {
    const href = /<([^>]*)>\s*;\s*rel="?next"?/i.exec(link ?? '')?.[1];
    if (href === undefined) return 'end';
    if (this.#isNumbered || (request.kind === 'page' && request.page > 1)) return 'more';
    if (!URL.canParse(href, `http://${this.host}`))
      throw answerInvalid(STORE_ID, this.host, 'Its link to the next page is not a URL.');
    const url = new URL(href, `http://${this.host}`);
    // Another host is refused here as well as in the client: a cursor is stored, and must not carry a foreign address.
    if (url.host !== this.host)
      throw answerInvalid(STORE_ID, this.host, `It points to another host (${url.host}) for the next page.`);
    return { token: `${url.pathname}${url.search}` };
  }
}

/** A leaky bucket that is nearly full: wait until a fifth of it has leaked. */
function quotaPauseMs(headers: Headers): number {
  const [limit, remaining, resetMs] = ['x-rate-limit-limit', 'x-rate-limit-remaining', 'x-rate-limit-reset'].map(
    (name) => Number(headers.get(name) ?? Number.NaN),
  );
  if (limit === undefined || remaining === undefined || resetMs === undefined) return 0;
  if (!(limit > 0) || !(remaining < 1) || !(resetMs > 0)) return 0;
  return Math.min(60_000, resetMs / 5);
}
