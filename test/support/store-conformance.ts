// What every store's folder must pass: reading over real HTTP ends with exactly what the store has, whatever goes wrong meanwhile.
// The store is a real local server; only the clock is virtual, so that waiting costs no time and asking too early is noticed.
// A folder calls `testStoreConformance` once per way of paging that it offers.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { EsteiraError } from '../../src/lib/errors.ts';
import { FAULTS } from '../../src/sources/mock/server/faults.ts';
import type { Pace } from '../../src/sources/store/pace.ts';
import type { OpenStoreOptions, StorePage, StoreReader } from '../../src/sources/store/source.ts';

/** What a test asks of the local store. Orders change after each page by `churnPerPage`; a page moves the clock by one second. */
export interface StoreTraits {
  readonly orders: number;
  readonly seed: number;
  readonly churnPerPage?: number;
  /** Share of requests that fail. */
  readonly errors?: number;
  readonly rate?: number;
  readonly indexLagSeconds?: number;
  readonly bulkTieCount?: number;
  readonly cursorTtlMs?: number;
}

export interface LocalStore {
  readonly token: string;
  readonly counters: {
    readonly requests: number;
    readonly impatient: number;
    readonly refused429: number;
    readonly changes: number;
  };
  now(): number;
  advance(ms: number): void;
  freeze(): void;
  change(count: number): void;
  /** The next `times` requests fail this way (see the mock store's `faults.ts` for what each does). */
  failNext(fault: (typeof FAULTS)[number], times?: number): void;
  /** One request that counts against the rate limit and belongs to somebody else. */
  knock(): Promise<void>;
  snapshot(): Record<string, unknown>[];
  open(
    options: Pick<OpenStoreOptions, 'pace' | 'maxOutageMs'> & { readonly settings?: Record<string, string> },
  ): StoreReader;
  close(): Promise<void>;
}

export interface StoreSubject {
  readonly title: string;
  start(traits: StoreTraits): Promise<LocalStore>;
}

/** What a warehouse would hold: rows and cursor are stored together, the cursor through JSON. */
export class StoredOrders {
  readonly current = new Map<string, Record<string, unknown>>();
  readCount = 0;
  cursor: string | null = null;

  store(page: StorePage): void {
    for (const text of page.documents) {
      const order = JSON.parse(text) as Record<string, unknown>;
      this.readCount += 1;
      const id = String(order['id_pedido']);
      const held = this.current.get(id);
      if (held === undefined || String(held['atualizado_em']) <= String(order['atualizado_em']))
        this.current.set(id, order);
    }
    this.cursor = JSON.stringify(page.cursor);
  }

  parsedCursor(): unknown {
    return this.cursor === null ? null : JSON.parse(this.cursor);
  }

  /** Held orders must be exactly `expected`; says which are not (a diff of two long lists would take minutes). */
  assertSame(expected: readonly Record<string, unknown>[]): void {
    const wanted = new Map(expected.map((order) => [String(order['id_pedido']), order]));
    const missing = [...wanted.keys()].filter((id) => !this.current.has(id));
    const unknown = [...this.current.keys()].filter((id) => !wanted.has(id));
    const different = [...wanted.keys()].filter(
      (id) => this.current.has(id) && !isDeepStrictEqual(this.current.get(id), wanted.get(id)),
    );
    const told = (name: string, ids: string[]): string => `${ids.length} ${name} (${ids.slice(0, 5).join(', ')})`;
    const message = `${told('missing', missing)}, ${told('different', different)}, ${told('unknown', unknown)} of ${wanted.size}`;
    assert.ok(missing.length + unknown.length + different.length === 0, message);
    assert.equal(this.current.size, wanted.size);
  }
}

/** The store's own clock as the client's: waiting moves it. */
export function paceOf(store: { now(): number; advance(ms: number): void }): Pace {
  return {
    now: () => store.now(),
    sleep: async (ms) => {
      store.advance(ms);
      await nextTurn();
    },
    random: () => 0.5,
  };
}

/** One whole run; returns its last window's upper bound. */
export async function readRun(
  reader: StoreReader,
  held: StoredOrders,
  request: { since?: Date; until?: Date } = {},
): Promise<string> {
  let last: StorePage | undefined;
  for await (const page of reader.pages({ ...request, cursor: held.parsedCursor() })) {
    assert.ok(last?.done !== true, 'a page came after the last one');
    held.store(page);
    last = page;
  }
  assert.equal(last?.done, true, 'the run ended without a last page');
  return last.window.until;
}

export function testStoreConformance(subject: StoreSubject): void {
  const withStore = async (
    traits: StoreTraits,
    body: (store: LocalStore, pace: Pace) => Promise<void>,
  ): Promise<void> => {
    const store = await subject.start(traits);
    try {
      await body(store, paceOf(store));
    } finally {
      await store.close();
    }
  };

  describe(subject.title, () => {
    test('a quiet store is read completely, and a second run finds nothing new outside the overlap', async () => {
      await withStore({ orders: 1234, seed: 11, bulkTieCount: 500 }, async (store, pace) => {
        const held = new StoredOrders();
        await readRun(store.open({ pace }), held);
        held.assertSame(store.snapshot());
        const firstCount = held.readCount;
        store.advance(3_600_000);
        await readRun(store.open({ pace }), held);
        assert.equal(held.readCount, firstCount);
      });
    });

    test('an empty store is read to its end and leaves a cursor', async () => {
      await withStore({ orders: 0, seed: 1 }, async (store, pace) => {
        const held = new StoredOrders();
        await readRun(store.open({ pace }), held);
        assert.equal(held.readCount, 0);
        store.change(30);
        await readRun(store.open({ pace }), held);
        held.assertSame(store.snapshot());
      });
    });

    test('no order is skipped when orders change while being read', async () => {
      for (const seed of [1, 2, 3]) {
        await withStore({ orders: 900, seed, churnPerPage: 30, bulkTieCount: 400 }, async (store, pace) => {
          const held = new StoredOrders();
          for (let run = 0; run < 3; run += 1) {
            const until = await readRun(store.open({ pace }), held);
            const current = store.snapshot();
            const due = current.filter((order) => Date.parse(String(order['atualizado_em'])) <= Date.parse(until));
            assert.ok(due.length > 0 && due.length < current.length, 'the store must have changed while it was read');
            for (const order of due)
              assert.deepEqual(
                held.current.get(String(order['id_pedido'])),
                order,
                `order ${String(order['id_pedido'])}, seed ${seed}`,
              );
          }
          store.freeze();
          store.advance(1000);
          await readRun(store.open({ pace }), held);
          held.assertSame(store.snapshot());
          assert.ok(store.counters.changes > 300);
        });
      }
    });

    test('orders that the list shows late are found by the overlap of the windows', async () => {
      await withStore({ orders: 600, seed: 5, churnPerPage: 40, indexLagSeconds: 240 }, async (store, pace) => {
        const held = new StoredOrders();
        for (let run = 0; run < 6; run += 1) {
          await readRun(store.open({ pace }), held);
          store.advance(30_000);
        }
        store.freeze();
        store.advance(241_000);
        await readRun(store.open({ pace }), held);
        held.assertSame(store.snapshot());
      });
    });

    test('killed while holding every single page, a reading resumes and loses nothing', async () => {
      await withStore(
        { orders: 700, seed: 7, churnPerPage: 12, bulkTieCount: 300, errors: 0.05 },
        async (store, pace) => {
          const held = new StoredOrders();
          let kills = 0;
          for (let isDone = false; !isDone;) {
            let stored = 0;
            for await (const page of store.open({ pace }).pages({ cursor: held.parsedCursor() })) {
              // The second page is in memory and its rows are nowhere: this is where the process dies.
              if (stored === 1) break;
              held.store(page);
              stored += 1;
              isDone = page.done;
            }
            kills += 1;
            if (kills === 30) store.freeze();
            assert.ok(kills < 400, 'the reading does not come to an end');
          }
          assert.ok(kills > 20, `only ${kills} kills`);
          store.freeze();
          store.advance(1000);
          await readRun(store.open({ pace }), held);
          held.assertSame(store.snapshot());
        },
      );
    });

    test('failing requests cost time, not orders', async () => {
      await withStore({ orders: 900, seed: 13, churnPerPage: 10, errors: 0.2 }, async (store, pace) => {
        const held = new StoredOrders();
        for await (const page of store.open({ pace }).pages({})) {
          held.store(page);
          if (held.readCount < 150) for (const fault of FAULTS) store.failNext(fault);
        }
        store.freeze();
        store.advance(1000);
        await readRun(store.open({ pace }), held);
        held.assertSame(store.snapshot());
        assert.equal(store.counters.impatient, 0);
      });
    });

    test('a rate limit is kept to, and a pause that the store asks for is waited out', async () => {
      await withStore({ orders: 800, seed: 17, rate: 2 }, async (store, pace) => {
        const held = new StoredOrders();
        for await (const page of store.open({ pace }).pages({})) {
          held.store(page);
          // Somebody else uses up the quota.
          for (let count = 0; count < 45; count += 1) await store.knock();
        }
        held.assertSame(store.snapshot());
        assert.ok(store.counters.refused429 > 0);
        assert.equal(store.counters.impatient, 0);
      });
    });

    test('--since and --until bound what is read; a later run without them leaves no gap', async () => {
      await withStore({ orders: 500, seed: 19 }, async (store, pace) => {
        const held = new StoredOrders();
        const times = store
          .snapshot()
          .map((order) => Date.parse(String(order['atualizado_em'])))
          .toSorted((left, right) => left - right);
        const [since, until] = [new Date(times[100] ?? 0), new Date(times[300] ?? 0)];
        await readRun(store.open({ pace }), held, { since, until });
        const inside = store.snapshot().filter((order) => {
          const time = Date.parse(String(order['atualizado_em']));
          return time >= since.getTime() && time <= until.getTime();
        });
        held.assertSame(inside);
        // A later `since` than the cursor's end would open a gap: the cursor wins.
        await readRun(store.open({ pace }), held, { since: new Date(times[450] ?? 0) });
        assert.equal(held.current.size, times.filter((time) => time >= since.getTime()).length);
        // An earlier one reads back.
        await readRun(store.open({ pace }), held, { since: new Date(0) });
        held.assertSame(store.snapshot());
      });
    });

    test('a refused token is an error at once, and no error or identity shows the token', async () => {
      await withStore({ orders: 10, seed: 1 }, async (store, pace) => {
        const secret = 'segredo-que-ninguem-ve';
        const reader = store.open({ pace, settings: { token: secret } });
        const before = store.counters.requests;
        await assert.rejects(readRun(reader, new StoredOrders()), (thrown: unknown) => {
          assert.ok(thrown instanceof EsteiraError);
          assert.equal(thrown.code, 'STORE_TOKEN_REFUSED');
          assert.equal(thrown.exit, 2);
          assert.ok(!shownText(thrown).includes(secret));
          return true;
        });
        assert.equal(store.counters.requests, before + 1);
        assert.ok(!reader.identity.includes(secret));
      });
    });

    test('an outage ends in STORE_UNREACHABLE after the time allowed, not before, and reading goes on afterwards', async () => {
      await withStore({ orders: 500, seed: 23 }, async (store, pace) => {
        const held = new StoredOrders();
        let failedAfterMs = 0;
        const reading = async (): Promise<void> => {
          for await (const page of store.open({ pace, maxOutageMs: 120_000 }).pages({ cursor: held.parsedCursor() })) {
            held.store(page);
            store.failNext('dropped', 60);
            failedAfterMs = store.now();
          }
        };
        await assert.rejects(reading(), (thrown: unknown) => {
          assert.ok(thrown instanceof EsteiraError);
          assert.equal(thrown.code, 'STORE_UNREACHABLE');
          assert.equal(thrown.exit, 3);
          assert.ok(thrown.retryable);
          assert.ok(!shownText(thrown).includes(store.token));
          return true;
        });
        const outageMs = store.now() - failedAfterMs;
        assert.ok(outageMs > 60_000 && outageMs <= 120_000, `gave up after ${outageMs} ms`);
        await readRun(store.open({ pace, maxOutageMs: 3_600_000 }), held);
        held.assertSame(store.snapshot());
      });
    });

    test('JSON that stays broken is an error that says so, without quoting it', async () => {
      await withStore({ orders: 50, seed: 29 }, async (store, pace) => {
        store.failNext('brokenJson', 100);
        await assert.rejects(readRun(store.open({ pace }), new StoredOrders()), (thrown: unknown) => {
          assert.ok(thrown instanceof EsteiraError);
          assert.equal(thrown.code, 'STORE_ANSWER_INVALID');
          assert.ok(!shownText(thrown).includes('example.com'));
          return true;
        });
      });
    });

    test('cursors that the store forgets are replaced by the update time', async () => {
      await withStore(
        { orders: 500, seed: 31, churnPerPage: 5, bulkTieCount: 120, cursorTtlMs: 1500 },
        async (store, pace) => {
          const held = new StoredOrders();
          for await (const page of store.open({ pace }).pages({})) {
            held.store(page);
            store.advance(1000);
          }
          store.freeze();
          store.advance(1000);
          await readRun(store.open({ pace }), held);
          held.assertSame(store.snapshot());
        },
      );
    });

    test('a cursor that nobody wrote is refused', async () => {
      await withStore({ orders: 1, seed: 1 }, async (store, pace) => {
        for (const cursor of [{ version: 2 }, 'x', { version: 1, finishedUntil: 'yesterday', window: null }]) {
          await assert.rejects(store.open({ pace }).pages({ cursor })[Symbol.asyncIterator]().next(), {
            code: 'POSITION_LOST',
          });
        }
      });
    });
  });
}

/** All that somebody could see of an error: its lines, its stack and its causes. */
function shownText(thrown: EsteiraError): string {
  const causes: string[] = [];
  for (let cause: unknown = thrown.cause; cause instanceof Error; cause = cause.cause) causes.push(String(cause.stack));
  return [thrown.message, thrown.what, thrown.why, thrown.fix, thrown.stack, ...causes, JSON.stringify(thrown)].join(
    '\n',
  );
}
