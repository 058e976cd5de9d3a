// Kafka killed under a running stream and started again: the query is tried again with growing waits, and in the end every order came through (I1, I4).
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkCoverage } from '../../src/pipeline/consume/coverage.ts';
import { StreamMetrics } from '../../src/pipeline/stream/metrics.ts';
import type { StreamProgress } from '../../src/pipeline/stream/stream.ts';
import { ownKafka, stackMissing } from '../support/stack.ts';
import { order, type Stage, stage } from '../support/stream-stage.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

const send = (on: Stage, name: string, count: number): Promise<void> =>
  on.send(
    Array.from({ length: count }, (_, n) => ({ key: `${name}${n}`, value: order(`${name}${n}`), partition: n % 2 })),
  );

test('Kafka killed under a stream and started again costs no order', { skip: stackMissing }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-stream-kafka-'));
  let kafka = await ownKafka({ folder });
  t.after(async () => {
    await kafka.kill();
    await rm(folder, { recursive: true, force: true });
  });
  const on = await stage(t, 2, kafka);
  const { spark, topics } = on.options;
  const proxy = await startTcpProxy(spark.port);
  t.after(() => proxy.close());
  const stop = new AbortController();
  t.after(() => stop.abort());
  const seen: StreamProgress[] = [];
  const metrics = new StreamMetrics(topics.raw);
  const running = on.run({
    spark: { ...spark, port: proxy.port },
    trigger: { kind: 'default' },
    signal: stop.signal,
    onProgress: (progress) => {
      seen.push(progress);
      metrics.observe(progress);
    },
  });
  const of = <K extends StreamProgress['kind']>(kind: K) =>
    seen.filter((each): each is Extract<StreamProgress, { kind: K }> => each.kind === kind);
  /** Waits until it holds; a stream that ends before fails the test. */
  const until = (check: () => void | Promise<void>): Promise<void> =>
    Promise.race([
      waitFor(async () => check(), 180_000),
      running.then(() => {
        throw new Error('the stream ended too early');
      }),
    ]);
  await send(on, 'A', 40);
  await until(() =>
    assert.equal(
      of('batch').reduce((sum, { records }) => sum + records, 0),
      40,
    ),
  );
  await send(on, 'B', 400);
  assert.equal(metrics.unready(), null);
  await kafka.kill();
  await until(() => assert.equal(metrics.unready(), 'waiting for Kafka'));
  assert.match(metrics.metrics(), /^esteira_stream_ready\{.*\} 0$/m);
  // Spark itself gives a broker up after three minutes; what loses its way to Spark too meets the dead broker at once
  await proxy.goAway();
  await until(() => assert.ok(of('failed').length >= 1));
  await proxy.comeBack();
  await until(() => assert.ok(of('failed').length >= 3));
  assert.match(of('failed').at(-1)?.reason ?? '', /^Kafka does not answer/);
  kafka = await ownKafka({ folder });
  await until(() => assert.ok(of('started').length >= 2));
  await send(on, 'C', 40);
  await until(async () => {
    const { rawCount, gaps } = await checkCoverage(on.broker, topics);
    assert.deepEqual([rawCount, gaps], [480, []]);
  });
  await until(() => assert.equal(metrics.unready(), null));
  stop.abort();
  const { restarts, wasStopped } = await running;
  assert.deepEqual([restarts, wasStopped], [1, true]);
  const waits = of('failed').map(({ waitMs }) => waitMs);
  // a query that ran well for minutes has its waits begin anew, with the shorter one
  const first = waits[0] === 1000 ? 1000 : 2000;
  assert.deepEqual(
    waits,
    waits.map((_, n) => first * 2 ** n),
    'each wait is twice the one before',
  );
});
