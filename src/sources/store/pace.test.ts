// Backoff, Retry-After and the limiter. The example date is the one of RFC 9110, section 10.2.3.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostLimiter } from './limiter.ts';
import { backoffMs, retryAfterMs, type Pace } from './pace.ts';

test('backoff doubles up to its ceiling, and jitter moves only its upper half', () => {
  const backoff = { baseMs: 500, maxMs: 30_000 };
  assert.deepEqual(
    [1, 2, 3, 4, 7, 8, 100].map((attempt) => backoffMs(attempt, backoff, 1)),
    [500, 1000, 2000, 4000, 30_000, 30_000, 30_000],
  );
  assert.deepEqual(
    [1, 2, 3].map((attempt) => backoffMs(attempt, backoff, 0)),
    [250, 500, 1000],
  );
});

test('Retry-After is seconds or an HTTP date counted from the clock of the store', () => {
  const storeTimeMs = Date.parse('1999-12-31T23:57:59Z');
  assert.equal(retryAfterMs('120', storeTimeMs), 120_000);
  assert.equal(retryAfterMs('Fri, 31 Dec 1999 23:59:59 GMT', storeTimeMs), 120_000);
  assert.equal(retryAfterMs('Fri, 31 Dec 1999 23:00:00 GMT', storeTimeMs), 0);
  assert.equal(retryAfterMs('0', storeTimeMs), 0);
  for (const unreadable of [null, '', '-5', '1.5', 'soon', '99999999999'])
    assert.equal(retryAfterMs(unreadable, storeTimeMs), null);
});

test('the limiter spaces requests, hands out turns to all, and a pause holds everybody back', async () => {
  let now = 1_795_176_000_000;
  const startMs = now;
  const pace: Pace = {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
    random: () => 0,
  };
  const limiter = new HostLimiter(pace, 4);
  const turns: number[] = [];
  for (let count = 0; count < 4; count += 1) {
    await limiter.turn();
    turns.push(now - startMs);
  }
  assert.deepEqual(turns, [0, 250, 500, 750]);
  limiter.pause(3000);
  await limiter.turn();
  assert.equal(now - startMs, 3750);
  limiter.atMost(1);
  await limiter.turn();
  await limiter.turn();
  assert.equal(now - startMs, 5000);
});
