// Reading stores over real HTTP: the mock store against the conformance suite, and what a hostile or broken host must not get away with.
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { startStore } from '../../src/sources/mock/server/server.ts';
import { mockStore } from '../../src/sources/mock/source.ts';
import { storeSource } from '../../src/sources/registry.ts';
import {
  paceOf,
  readRun,
  StoredOrders,
  testStoreConformance,
  type LocalStore,
  type StoreTraits,
} from '../support/store-conformance.ts';

/** 2026-11-20T12:00:00Z. */
const START_MS = 1_795_176_000_000;
const PAGE_SIZE = 50;

async function startLocal(traits: StoreTraits, paging: 'cursor' | 'page'): Promise<LocalStore> {
  const { churnPerPage, ...rest } = traits;
  const store = await startStore({
    ...rest,
    startMs: START_MS,
    tickMs: 1000,
    slowMs: 500,
    churn: { perPage: churnPerPage ?? 0 },
  });
  return Object.assign(store, {
    knock: async (): Promise<void> => {
      await (await fetch(`${store.url}/v1/other`, { headers: { authorization: `Bearer ${store.token}` } })).text();
    },
    open: (options: Parameters<LocalStore['open']>[0]) =>
      mockStore.open({
        ...options,
        settings: {
          url: store.url,
          token: store.token,
          paging,
          pageSize: String(PAGE_SIZE),
          requestsPerSecond: '10000',
          answerTimeoutMs: '200',
          ...options.settings,
        },
      }),
  });
}

testStoreConformance({ title: 'mock store, read by cursor', start: (traits) => startLocal(traits, 'cursor') });
testStoreConformance({ title: 'mock store, read by page number', start: (traits) => startLocal(traits, 'page') });

describe('the conformance suite can fail', () => {
  test('a reader that counts pages skips orders of this store', async () => {
    const store = await startStore({ orders: 900, seed: 1, startMs: START_MS, tickMs: 1000, churn: { perPage: 30 } });
    const until = new Date(store.now()).toISOString();
    const seen = new Map<unknown, unknown>();
    for (let page = 1; ; page += 1) {
      const answer = await fetch(`${store.url}/v1/orders?limit=${PAGE_SIZE}&page=${page}&updated_at_max=${until}`, {
        headers: { authorization: `Bearer ${store.token}` },
      });
      for (const order of (await answer.json()) as Record<string, unknown>[])
        seen.set(String(order['id']), order['updated_at']);
      if (!answer.headers.get('link')?.includes('next')) break;
    }
    const skipped = store
      .snapshot()
      .filter(
        (order) => Date.parse(String(order['atualizado_em'])) <= Date.parse(until) && !seen.has(order['id_pedido']),
      );
    await store.close();
    assert.ok(skipped.length > 10, `skipped ${skipped.length}`);
  });

  test('without overlap, orders that the list shows late are lost', async () => {
    const store = await startLocal({ orders: 600, seed: 5, churnPerPage: 40, indexLagSeconds: 240 }, 'cursor');
    const held = new StoredOrders();
    for (let run = 0; run < 6; run += 1) {
      await readRun(store.open({ pace: paceOf(store), settings: { overlapSeconds: '0' } }), held);
      store.advance(30_000);
    }
    store.freeze();
    store.advance(241_000);
    await readRun(store.open({ pace: paceOf(store), settings: { overlapSeconds: '0' } }), held);
    const lost = store
      .snapshot()
      .filter((order) => held.current.get(String(order['id_pedido']))?.['atualizado_em'] !== order['atualizado_em']);
    await store.close();
    assert.ok(lost.length > 0);
  });
});

describe('a host that cannot be trusted', () => {
  const withHost = async (
    answer: (request: IncomingMessage, response: ServerResponse) => void,
    body: (url: string) => Promise<void>,
  ): Promise<void> => {
    const server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    try {
      await body(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };
  const read = (url: string, settings: Record<string, string> = {}): Promise<string> =>
    readRun(mockStore.open({ settings: { url, ...settings }, maxOutageMs: 1000 }), new StoredOrders());

  test('a redirect is not followed, so the token does not travel', async () => {
    let visits = 0;
    await withHost(
      (_request, response) => {
        visits += 1;
        response.end('[]');
      },
      async (elsewhere) => {
        await withHost(
          (_request, response) => response.writeHead(302, { location: `${elsewhere}/v1/orders` }).end(),
          async (url) => {
            await assert.rejects(read(url), { code: 'STORE_REQUEST_REFUSED' });
          },
        );
      },
    );
    assert.equal(visits, 0);
  });

  test('a next page on another host is refused', async () => {
    const order = JSON.stringify([{ id: 1, updated_at: '2020-01-01T00:00:00+0000' }]);
    await withHost(
      (_request, response) =>
        response.writeHead(200, { link: '<https://example.com/v1/orders?cursor=x>; rel="next"' }).end(order),
      async (url) => {
        await assert.rejects(read(url), { code: 'STORE_ANSWER_INVALID' });
      },
    );
  });

  test('a list out of order is refused instead of being read with holes', async () => {
    const orders = JSON.stringify([
      { id: 1, updated_at: '2020-01-02T00:00:00+0000' },
      { id: 2, updated_at: '2020-01-01T00:00:00+0000' },
    ]);
    await withHost(
      (_request, response) => response.end(orders),
      async (url) => {
        await assert.rejects(read(url), { code: 'STORE_ANSWER_INVALID' });
      },
    );
  });

  test('a body beyond the limit is cut off', async () => {
    await withHost(
      (_request, response) => response.end(`[${' '.repeat(100_000)}]`),
      async (url) => {
        await assert.rejects(read(url, { maxBodyBytes: '50000' }), { code: 'STORE_ANSWER_INVALID' });
      },
    );
  });

  test('a body that stands still is given up', async () => {
    await withHost(
      (_request, response) => response.writeHead(200).write('['),
      async (url) => {
        await assert.rejects(read(url, { bodyTimeoutMs: '50' }), {
          code: 'STORE_UNREACHABLE',
          message: /gave no usable answer/,
        });
      },
    );
  });

  test('a body that trickles for ever is given up', async () => {
    const trickle = (_request: IncomingMessage, response: ServerResponse): void => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(drip));
    };
    await withHost(trickle, async (url) => {
      await assert.rejects(read(url, { bodyTimeoutMs: '40' }), { code: 'STORE_UNREACHABLE' });
    });
  });

  test('a pause longer than the outage allowed is an error at once', async () => {
    await withHost(
      (_request, response) => response.writeHead(429, { 'retry-after': '3600' }).end(),
      async (url) => {
        const startedAt = Date.now();
        await assert.rejects(read(url), { code: 'STORE_UNREACHABLE', why: /wait 3600 s/ });
        assert.ok(Date.now() - startedAt < 900);
      },
    );
  });

  test('nobody listening is STORE_UNREACHABLE', async () => {
    let dead = '';
    await withHost(
      () => undefined,
      async (url) => {
        dead = url;
      },
    );
    await assert.rejects(read(dead), { code: 'STORE_UNREACHABLE', exit: 3 });
  });

  test('no order is read while the second that bounds the window is running, nor one that changed after it', async () => {
    let now = START_MS + 250;
    const pace = { ...paceOf({ now: () => now, advance: (ms) => void (now += ms) }) };
    const listedAt: number[] = [];
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      response.setHeader('date', new Date(now).toUTCString());
      if (request.url?.includes('limit=1') === true && !request.url.includes('updated_at_max')) {
        response.end('[]');
        return;
      }
      listedAt.push(now);
      response.end(
        '[{"id":1,"updated_at":"2026-11-20T12:00:00+0000"},{"id":2,"updated_at":"2026-11-20T12:00:01+0000"}]',
      );
    };
    await withHost(answer, async (url) => {
      const documents = [];
      for await (const page of mockStore.open({ settings: { url }, pace }).pages({})) {
        assert.equal(page.window.until, '2026-11-20T12:00:00.000Z');
        documents.push(...page.documents);
      }
      assert.deepEqual(
        documents.map((text) => (JSON.parse(text) as Record<string, unknown>)['id_pedido']),
        ['1'],
      );
      assert.ok(listedAt.length === 1 && listedAt[0] !== undefined && listedAt[0] >= START_MS + 1000);
    });
  });

  test('an order that is not an object still arrives as a document', async () => {
    await withHost(
      (_request, response) => response.end('[null, 7, {"id": 12345678901234567890}]'),
      async (url) => {
        const pages = [];
        for await (const page of mockStore.open({ settings: { url } }).pages({})) pages.push(...page.documents);
        assert.deepEqual(pages.slice(0, 2), ['null', '7']);
        assert.equal((JSON.parse(pages[2] ?? '') as Record<string, unknown>)['id_pedido'], '12345678901234567890');
      },
    );
  });

  test('Ctrl-C ends a reading at once, even while it waits', async () => {
    await withHost(
      (_request, response) => response.writeHead(503, { 'retry-after': '60' }).end(),
      async (url) => {
        const stop = new AbortController();
        setTimeout(() => stop.abort(new Error('stopped by the user')), 50);
        const pages = mockStore.open({ settings: { url } }).pages({ signal: stop.signal });
        const reading = pages[Symbol.asyncIterator]().next();
        await assert.rejects(
          reading,
          (thrown: unknown) =>
            thrown instanceof Error && (thrown.message === 'stopped by the user' || thrown.name === 'AbortError'),
        );
      },
    );
  });
});

describe('settings of a store', () => {
  const invalid = (settings: Record<string, string>): void =>
    assert.throws(
      () => mockStore.open({ settings }),
      (thrown: unknown) => {
        assert.ok(thrown instanceof Error && 'code' in thrown && thrown.code === 'STORE_SETTING_INVALID');
        for (const value of Object.values(settings))
          if (value.includes('segredo'))
            assert.ok(!thrown.message.includes(value) && !('why' in thrown && String(thrown.why).includes(value)));
        return true;
      },
    );

  test("the store's name in the warehouse is one that keys can have", () => {
    for (const loja of ['Loja da Ana', 'ção', 'a'.repeat(41)]) invalid({ loja });
    mockStore.open({ settings: { loja: 'loja-da-ana' } });
  });

  test('a token never goes over plain http to another machine', () => {
    for (const url of [
      'http://example.com',
      'http://10.0.0.1:8080',
      'http://127.0.0.1.example.com',
      'ftp://127.0.0.1',
      'http://localhost.example.com',
    ])
      invalid({ url });
    for (const url of ['https://example.com', 'http://127.0.0.1:1', 'http://[::1]:1', 'http://localhost:1'])
      mockStore.open({ settings: { url } });
  });

  test('a URL with credentials or a query, an unknown name, a bad number and a token with a line break are refused without showing them', () => {
    invalid({ url: 'https://user:segredo@example.com' });
    invalid({ url: 'https://example.com/?token=segredo' });
    invalid({ tokem: 'segredo' });
    invalid({ token: 'segredo\nx: y' });
    invalid({ pageSize: '201' });
    invalid({ pageSize: '1e2' });
    invalid({ requestsPerSecond: '0' });
    invalid({ paging: 'offset' });
  });

  test('a store that does not exist is named with those that do', () => {
    assert.throws(() => storeSource('vetex'), { code: 'STORE_UNKNOWN', why: /mock/ });
    assert.equal(storeSource('mock').id, 'mock');
  });
});
