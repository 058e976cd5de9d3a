// Orders that Kafka deletes before Spark has read them: `stream` stops and names exactly which, wherever it stood. Real Kafka, real Spark.
import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { EsteiraError } from '../../src/lib/errors.ts';
import type { StreamProgress } from '../../src/pipeline/stream/stream.ts';
import { stackMissing } from '../support/stack.ts';
import { order, type Stage, stage } from '../support/stream-stage.ts';
import { deleteBefore } from '../support/topics.ts';

const options = { skip: stackMissing };
const INTERVAL_MS = 16_000;

const send = (on: Stage, ...ids: string[]): Promise<void> =>
  on.send(ids.map((id) => ({ key: 'k', value: order(id), headers: {} })));

/** STREAM_GAP that names these offsets of partition 0 and nothing else. */
const gap = (first: number, last: number) => (error: unknown) => {
  assert.ok(error instanceof EsteiraError, String(error));
  assert.deepEqual(
    [error.code, error.why],
    ['STREAM_GAP', `partition 0: offsets ${first} to ${last} were deleted unread.`],
  );
  return true;
};

test('messages of a batch that was planned and not finished, deleted meanwhile, stop it', options, async (t) => {
  const on = await stage(t);
  await send(on, 'P0', 'P1');
  await on.run();
  await send(on, 'P2', 'P3', 'P4', 'P5');
  await on.run();
  const commits = join(on.options.checkpoint, 'consulta', 'commits');
  const newest = Math.max(...(await readdir(commits)).filter((name) => /^\d+$/.test(name)).map(Number));
  await Promise.all([`${newest}`, `.${newest}.crc`].map((name) => rm(join(commits, name))));
  await deleteBefore(on.broker, on.options.topics.raw, 4n);
  await assert.rejects(on.run(), gap(2, 3));
});

test('messages deleted between two batches of a running query stop it, and it skips none', options, async (t) => {
  const on = await stage(t);
  const stop = new AbortController();
  t.after(() => stop.abort());
  await send(on, 'P0');
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const seen: StreamProgress[] = [];
  const running = on.run({
    trigger: { kind: 'interval', interval: `${INTERVAL_MS / 1000} seconds` },
    signal: stop.signal,
    onProgress: (progress) => {
      seen.push(progress);
      if (progress.kind === 'batch')
        (seen.filter(({ kind }) => kind === 'batch').length === 1 ? first : second).resolve();
    },
  });
  await Promise.race([first.promise, running]);
  // Spark begins batches at whole multiples of the interval: there must be time until the next
  const sinceBatchMs = Date.now() % INTERVAL_MS;
  if (sinceBatchMs > INTERVAL_MS / 2) await sleep(INTERVAL_MS - sinceBatchMs + 2000);
  await send(on, 'P1', 'P2', 'P3', 'P4');
  await deleteBefore(on.broker, on.options.topics.raw, 3n);
  await assert.rejects(Promise.race([running, second.promise]), gap(1, 2));
  assert.equal(
    seen.filter(({ kind }) => kind === 'failed').length,
    1,
    'the query failed once and was not started again',
  );
  assert.deepEqual(await on.treatedIds(), ['P0']);
});
