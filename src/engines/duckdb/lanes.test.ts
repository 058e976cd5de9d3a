// Lanes with real connections: whose turn it is, and what a failure does to the others.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Lanes } from './lanes.ts';
import { count, openSession } from './session.ts';

async function twoLanes(t: TestContext): Promise<Lanes> {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-test-lanes-'));
  const session = await openSession({ folder, memoryLimit: '100MB', threads: 1 });
  const lanes = new Lanes([await session.connect(), await session.connect()]);
  t.after(async () => {
    lanes.close();
    session.close();
    await rm(folder, { recursive: true, force: true });
  });
  return lanes;
}

test('what is begun runs in its order, two at a time, and each result is there before the others', async (t) => {
  const lanes = await twoLanes(t);
  const begun: number[] = [];
  const gates = [1, 2, 3, 4].map(() => Promise.withResolvers<void>());
  const results = [1, 2, 3, 4].map((n) =>
    lanes.begin(async (lane) => {
      begun.push(n);
      if (n < 4) await gates[n - 1]?.promise;
      return count(lane, `SELECT ${n} * 10`);
    }),
  );
  await nextTurn();
  assert.deepEqual(begun, [1, 2]);
  gates[0]?.resolve();
  assert.equal(await results[0], 10);
  await nextTurn();
  assert.deepEqual(begun, [1, 2, 3]);
  gates[2]?.resolve();
  assert.equal(await results[2], 30);
  assert.equal(await results[3], 40);
  gates[1]?.resolve();
  assert.equal(await results[1], 20);
  assert.deepEqual(begun, [1, 2, 3, 4]);
});

test('a failure fails what has not had its turn, is nobody else’s, and the lanes go on', async (t) => {
  const lanes = await twoLanes(t);
  const begun: string[] = [];
  const failed = Promise.withResolvers<void>();
  // nobody awaits these: a rejection without a listener would end this process
  const results = ['SELECT 1', 'SELECT nothing', 'SELECT 3', 'SELECT 4'].map((sql) =>
    lanes.begin(async (lane) => {
      begun.push(sql);
      await nextTurn();
      // it holds its lane until the other one has failed: the fourth must not have its turn before
      if (sql === 'SELECT 3') await failed.promise;
      return count(lane, sql);
    }),
  );
  results[1]?.catch(() => failed.resolve());
  await lanes.idle();
  assert.equal(await results[0], 1);
  await assert.rejects(Promise.resolve(results[1]), /nothing/);
  await assert.rejects(Promise.resolve(results[3]), /nothing/);
  assert.ok(!begun.includes('SELECT 4'));
  await assert.rejects(
    lanes.all([(lane) => count(lane, 'SELECT nowhere'), (lane) => count(lane, 'SELECT 6')]),
    /nowhere/,
  );
  assert.deepEqual(await lanes.all([(lane) => count(lane, 'SELECT 7'), (lane) => count(lane, 'SELECT 8')]), [7, 8]);
});
