// `esteira store serve`: a store's order interface over HTTP on this machine, with all that makes real ones hard to read:
// pages, a rate limit, failures, orders that change while being read, and a list that lags behind. It never leaves loopback.
//
//   GET /v1/orders?updated_at_min=&updated_at_max=&limit=&page= | &cursor=   both bounds inclusive; sorted by updated_at, id; `Link` rel=next
//   GET /admin/snapshot?loja=   every order's current version, one contract document a line; changes nothing
//   GET /admin/counters         what was asked and answered
//   POST /admin/freeze          no more changes by themselves
// Without `page` the list is read by cursor: a place in the list, stable while orders move. Page numbers are not stable, as in life.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { timingSafeEqual } from 'node:crypto';
import { MOCK_ORDERS_PATH, MOCK_PAGE_LIMIT, MOCK_TOKEN } from '../defaults.ts';
import { FaultPlan, LeakyBucket, type Fault } from './faults.ts';
import { apiShape, contractShape, type MockOrder } from './orders.ts';
import { World, type Churn } from './world.ts';

export interface StoreOptions {
  /** 0 takes a free port. */
  readonly port?: number;
  readonly orders?: number;
  readonly seed?: number;
  /** Share of requests that fail, 0 to 1. */
  readonly errors?: number;
  /** Requests per second that the leaky bucket lets through in the long run; 0 for no limit. */
  readonly rate?: number;
  /** Requests that the bucket holds. */
  readonly burst?: number;
  /** Rows of a page when the caller does not say; at most 200, as for callers. */
  readonly pageSize?: number;
  readonly churn?: Churn;
  readonly indexLagSeconds?: number;
  readonly bulkTieCount?: number;
  readonly token?: string;
  /** Begins a clock that only moves by `advance` (milliseconds since the epoch); absent: the machine's clock. */
  readonly startMs?: number;
  /** With `startMs`: how far the clock moves after each page served. */
  readonly tickMs?: number;
  /** How late a slow answer comes. */
  readonly slowMs?: number;
  /** Cursors older than this are forgotten (status 410). Absent: never. */
  readonly cursorTtlMs?: number;
}

export interface StoreCounters {
  requests: number;
  pages: number;
  orders: number;
  refused429: number;
  /** Requests for orders that came before the time that an earlier one had been told to wait for. */
  impatient: number;
  unauthorised: number;
  staleCursors: number;
  changes: number;
  faults: Record<Fault, number>;
}

export interface RunningStore {
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** Update times (ISO) of the versions served so far, by order id. */
  readonly versionsServed: ReadonlyMap<string, ReadonlySet<string>>;
  readonly counters: Readonly<StoreCounters>;
  now(): number;
  advance(ms: number): void;
  freeze(): void;
  change(count: number): void;
  touch(id: number): boolean;
  failNext(fault: Fault, times?: number): void;
  /** Every order's current version as contract documents, by id. */
  snapshot(loja?: string): Record<string, unknown>[];
  close(): Promise<void>;
}

/** Starts a store. Rejects with the system's error when the port is taken. */
export async function startStore(options: StoreOptions = {}): Promise<RunningStore> {
  const store = new MockStore(options);
  await store.listen(options.port ?? 0);
  return store;
}

class MockStore implements RunningStore {
  readonly token: string;
  readonly versionsServed = new Map<string, Set<string>>();
  readonly counters: StoreCounters;
  readonly #options: StoreOptions;
  readonly #world: World;
  readonly #faults: FaultPlan;
  readonly #bucket: LeakyBucket | null;
  readonly #server: Server;
  #notBeforeMs = 0;
  port = 0;

  constructor(options: StoreOptions) {
    const seed = options.seed ?? 1;
    this.#options = options;
    this.token = options.token ?? MOCK_TOKEN;
    this.#world = new World({
      orderCount: options.orders ?? 2000,
      seed,
      startMs: options.startMs,
      churn: options.churn ?? {},
      indexLagSeconds: options.indexLagSeconds ?? 0,
      bulkTieCount: options.bulkTieCount ?? 0,
    });
    this.#faults = new FaultPlan(seed, options.errors ?? 0);
    this.#bucket = (options.rate ?? 0) > 0 ? new LeakyBucket(options.rate ?? 0, options.burst ?? 40) : null;
    this.counters = {
      requests: 0,
      pages: 0,
      orders: 0,
      refused429: 0,
      impatient: 0,
      unauthorised: 0,
      staleCursors: 0,
      changes: 0,
      faults: { status500: 0, status503: 0, dropped: 0, truncated: 0, brokenJson: 0, slow: 0 },
    };
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : port;
  }

  now(): number {
    return this.#world.now();
  }

  advance(ms: number): void {
    this.#world.advance(ms);
  }

  freeze(): void {
    this.#world.freeze();
  }

  change(count: number): void {
    this.#world.change(count);
  }

  touch(id: number): boolean {
    return this.#world.touch(id);
  }

  failNext(fault: Fault, times = 1): void {
    this.#faults.plan(fault, times);
  }

  snapshot(loja = 'mock'): Record<string, unknown>[] {
    return this.#world.orders().map((order) => contractShape(order, loja));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://store');
    response.setHeader('Date', new Date(this.now()).toUTCString());
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    if (url.pathname.startsWith('/admin/')) {
      if (this.#isAllowed(request)) this.#answerAdmin(url, request.method ?? 'GET', response);
      else send(response, 401, { code: 401, message: 'Unauthorized' });
      return;
    }
    this.counters.requests += 1;
    if (!this.#isAllowed(request)) {
      this.counters.unauthorised += 1;
      send(response, 401, { code: 401, message: 'Unauthorized' });
      return;
    }
    const isForOrders = url.pathname === MOCK_ORDERS_PATH;
    if (isForOrders && this.now() < this.#notBeforeMs) this.counters.impatient += 1;
    if (!this.#takeDrop(response, isForOrders)) return;
    if (request.method !== 'GET' || !isForOrders) {
      send(response, 404, { code: 404, message: 'Not Found' });
      return;
    }
    const fault = this.#faults.next();
    if (fault !== null) this.counters.faults[fault] += 1;
    switch (fault) {
      case 'status500':
        send(response, 500, { code: 500, message: 'Internal Server Error' });
        return;
      case 'status503':
        response.setHeader('Retry-After', new Date(this.now() + 2000).toUTCString());
        this.#notBefore(2000);
        send(response, 503, { code: 503, message: 'Service Unavailable' });
        return;
      case 'dropped':
        request.socket.destroy();
        return;
      case 'slow':
        setTimeout(() => this.#answerList(url, response, null), this.#options.slowMs ?? 3000);
        return;
      default:
        this.#answerList(url, response, fault);
    }
  }

  #isAllowed(request: IncomingMessage): boolean {
    const given = Buffer.from(request.headers.authorization ?? '');
    const wanted = Buffer.from(`Bearer ${this.token}`);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }

  #takeDrop(response: ServerResponse, isForOrders: boolean): boolean {
    if (this.#bucket === null) return true;
    const drop = this.#bucket.take(this.now());
    response.setHeader('X-Rate-Limit-Limit', drop.limit);
    response.setHeader('X-Rate-Limit-Remaining', drop.remaining);
    response.setHeader('X-Rate-Limit-Reset', drop.resetMs);
    if (drop.retryAfterSeconds === 0) return true;
    this.counters.refused429 += 1;
    response.setHeader('Retry-After', drop.retryAfterSeconds);
    if (isForOrders) this.#notBefore(drop.retryAfterSeconds * 1000);
    send(response, 429, { code: 429, message: 'Too Many Requests' });
    return false;
  }

  #notBefore(ms: number): void {
    this.#notBeforeMs = Math.max(this.#notBeforeMs, this.now() + ms);
  }

  #answerList(url: URL, response: ServerResponse, fault: 'truncated' | 'brokenJson' | null): void {
    const asked = url.searchParams;
    const nowMs = this.now();
    const min = secondsOf(asked.get('updated_at_min'), 'up') ?? 0;
    const max = secondsOf(asked.get('updated_at_max'), 'down') ?? Math.floor(nowMs / 1000) + 1;
    const limit = Number(asked.get('limit') ?? this.#options.pageSize ?? 30);
    const page = Number(asked.get('page') ?? '1');
    if (
      Number.isNaN(min) ||
      Number.isNaN(max) ||
      !Number.isInteger(limit) ||
      limit < 1 ||
      limit > MOCK_PAGE_LIMIT ||
      !Number.isInteger(page) ||
      page < 1
    ) {
      send(response, 422, {
        code: 422,
        message: `updated_at_min and updated_at_max are ISO 8601, limit is 1 to ${MOCK_PAGE_LIMIT}, page is 1 or more`,
      });
      return;
    }
    let from = (page - 1) * limit;
    const cursor = asked.get('cursor');
    if (cursor !== null) {
      const [madeAtMs, updatedAt, id] = Buffer.from(cursor, 'base64url').toString('latin1').split('.').map(Number);
      if (
        madeAtMs === undefined ||
        updatedAt === undefined ||
        id === undefined ||
        nowMs - madeAtMs > (this.#options.cursorTtlMs ?? Infinity)
      ) {
        this.counters.staleCursors += 1;
        send(response, 410, { code: 410, message: 'The cursor has expired' });
        return;
      }
      from = this.#world.rankAfter({ min, max }, updatedAt, id);
    }
    const { rows, total } = this.#world.list({ min, max }, from, limit);
    const last = rows.at(-1);
    if (last !== undefined && from + rows.length < total) {
      const next = new URL(`${url.pathname}${url.search}`, this.url);
      next.searchParams.set('limit', String(limit));
      if (asked.has('page')) next.searchParams.set('page', String(page + 1));
      else
        next.searchParams.set(
          'cursor',
          Buffer.from(`${nowMs}.${last.updatedAt}.${last.id}`, 'latin1').toString('base64url'),
        );
      response.setHeader('Link', `<${next.href}>; rel="next"`);
    }
    response.setHeader('X-Total-Count', total);
    const body = Buffer.from(JSON.stringify(rows.map(apiShape)));
    if (fault === 'brokenJson') {
      response.end(body.subarray(0, Math.floor(body.length / 2)));
      return;
    }
    response.setHeader('Content-Length', body.length);
    if (fault === 'truncated') {
      response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.destroy());
      return;
    }
    response.end(body);
    this.#served(rows, asked.get('limit') === '1');
  }

  /** A look at the clock (one row) is not a page: nothing changes for it. */
  #served(rows: MockOrder[], isGlance: boolean): void {
    this.counters.pages += 1;
    this.counters.orders += rows.length;
    for (const order of rows) {
      const versions = this.versionsServed.get(String(order.id)) ?? new Set<string>();
      versions.add(new Date(order.updatedAt * 1000).toISOString());
      this.versionsServed.set(String(order.id), versions);
    }
    if (isGlance) return;
    if (this.#options.startMs !== undefined) this.#world.advance(this.#options.tickMs ?? 0);
    this.#world.served(rows);
    this.counters.changes = this.#world.changeCount;
  }

  #answerAdmin(url: URL, method: string, response: ServerResponse): void {
    if (method === 'GET' && url.pathname === '/admin/snapshot') {
      response.setHeader('Content-Type', 'application/x-ndjson; charset=utf-8');
      response.end(
        this.snapshot(url.searchParams.get('loja') ?? 'mock')
          .map((order) => `${JSON.stringify(order)}\n`)
          .join(''),
      );
    } else if (method === 'GET' && url.pathname === '/admin/counters') {
      send(response, 200, { ...this.counters, changes: this.#world.changeCount });
    } else if (method === 'POST' && url.pathname === '/admin/freeze') {
      this.freeze();
      send(response, 200, { frozen: true });
    } else {
      send(response, 404, { code: 404, message: 'Not Found' });
    }
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.end(JSON.stringify(body));
}

/** A bound of update time in whole seconds: a lower one is rounded up, an upper one down. Null when absent, NaN when unreadable. */
function secondsOf(text: string | null, rounding: 'up' | 'down'): number | null {
  if (text === null) return null;
  const seconds = Date.parse(text) / 1000;
  return rounding === 'up' ? Math.ceil(seconds) : Math.floor(seconds);
}
