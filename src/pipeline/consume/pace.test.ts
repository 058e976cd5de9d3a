import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pace } from './pace.ts';

test('before anything was measured, and when nothing is being loaded, a batch may be prepared at once', async () => {
  const pace = new Pace();
  assert.ok(pace.prepareFromMs <= performance.now());
  await pace.ofPreparing(() => sleep(30));
  await pace.ofLoading(() => sleep(50));
  assert.ok(pace.prepareFromMs <= performance.now());
});

test('while a batch is being loaded the next is prepared to be ready at its expected end', async () => {
  const pace = new Pace();
  await pace.ofPreparing(() => sleep(100));
  await pace.ofLoading(() => sleep(400));
  const started = performance.now();
  const loading = pace.ofLoading(() => sleep(1));
  const inMs = pace.prepareFromMs - started;
  assert.ok(inMs > 200 && inMs < 400, `${inMs} ms from the start of the load`);
  await loading;
  assert.ok(pace.prepareFromMs <= performance.now());
});

test('a load that fails counts as ended, and its error goes on', async () => {
  const pace = new Pace();
  await pace.ofLoading(() => sleep(50));
  await assert.rejects(
    pace.ofLoading(() => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.ok(pace.prepareFromMs <= performance.now());
});

test('one that rests prepares the next batch only after as long as the one before took, and the first at once', async () => {
  const pace = new Pace(true);
  assert.ok(pace.prepareFromMs <= performance.now());
  await pace.ofPreparing(() => sleep(100));
  await pace.ofLoading(() => sleep(200));
  const inMs = pace.prepareFromMs - performance.now();
  assert.ok(inMs > 200 && inMs < 400, `${inMs} ms from the end of the load`);
});

test('after a load that waited out an outage it rests half a second, not as long as the outage', async () => {
  const pace = new Pace(true);
  await pace.ofLoading(() => sleep(1500));
  const inMs = pace.prepareFromMs - performance.now();
  assert.ok(inMs > 300 && inMs <= 500, `${inMs} ms from the end of the load`);
});
