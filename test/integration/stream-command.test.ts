// `esteira stream` as a process, as a supervisor runs it: it tells whether it is ready, and ends within 10 s of being told to, whatever Spark and Kafka do
// meanwhile. Real Kafka, real Spark, and a way to them that can be cut.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { packagePath } from '../../src/lib/paths.ts';
import { stackMissing } from '../support/stack.ts';
import { order, type Stage, stage } from '../support/stream-stage.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { topicState } from '../support/topic.ts';
import { waitFor } from '../support/wait-for.ts';

const options = { skip: stackMissing };
/** What a supervisor may be told to wait before it kills. */
const STOP_MS = 10_000;
const MAIN = packagePath('src', 'cli', 'main.ts');

/** A running `esteira stream`. */
class Running {
  readonly #child: ChildProcess;
  /** Lines of standard error so far. */
  readonly lines: string[] = [];

  constructor(t: TestContext, on: Stage, args: readonly string[], ports: { spark?: number; kafka?: number } = {}) {
    const { topics, checkpoint, spark } = on.options;
    const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ESTEIRA_')));
    const names = ['--topic', topics.raw, '--treated', topics.treated, '--rejected', topics.rejected];
    this.#child = spawn(
      process.execPath,
      [MAIN, 'stream', ...names, '--create-topics', '--checkpoint', checkpoint, ...args],
      {
        env: {
          ...clean,
          ESTEIRA_HOME: join(on.folder, 'home'),
          ESTEIRA_SPARK_URL: `sc://127.0.0.1:${ports.spark ?? spark.port}`,
          ESTEIRA_KAFKA_BOOTSTRAP:
            ports.kafka === undefined ? on.broker.bootstrap.join(',') : `127.0.0.1:${ports.kafka}`,
        },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    t.after(() => this.#child.kill('SIGKILL'));
    if (this.#child.stderr !== null)
      createInterface({ input: this.#child.stderr }).on('line', (line) => this.lines.push(line));
  }

  /** Waits until it holds; a process that ends before, or the time, fails the test with what the process said. */
  until<T>(check: () => T | Promise<T>): Promise<T> {
    return waitFor(async () => {
      try {
        return await check();
      } catch (error) {
        throw new Error(`${String(error)}\nexit code ${this.#child.exitCode}\n${this.lines.join('\n')}`, {
          cause: error,
        });
      }
    }, 180_000);
  }

  /** Queries left by others that it ended at its start. */
  started(): Promise<number> {
    return this.until(() => {
      const line = this.lines.find((each) => each.includes('"query.started"'));
      assert.ok(line !== undefined, 'the query has not started');
      return (JSON.parse(line) as { endedOrphans: number }).endedOrphans;
    });
  }

  /** Of `--metrics-port 0`. */
  metricsUrl(): Promise<string> {
    return this.until(() => {
      const found = /^metrics at (http:\S+)\/metrics$/.exec(this.lines[0] ?? '');
      assert.ok(found?.[1] !== undefined, 'no metrics yet');
      return found[1];
    });
  }

  /** Tells it to stop; its exit code, once it has ended in time. */
  async stopped(signal: 'SIGTERM' | 'SIGINT'): Promise<number | null> {
    const ended = once(this.#child, 'close') as Promise<[number | null]>;
    const asked = performance.now();
    this.#child.kill(signal);
    const [code] = await ended;
    const took = performance.now() - asked;
    assert.ok(took < STOP_MS, `it took ${Math.round(took)} ms\n${this.lines.join('\n')}`);
    return code;
  }
}

const send = (on: Stage, ...ids: string[]): Promise<void> =>
  on.send(ids.map((id, n) => ({ key: id, value: order(id), partition: n % 2 })));

async function treatedCount({ broker, options: { topics } }: Stage): Promise<number> {
  const { partitions } = await topicState(broker, topics.treated);
  return partitions.reduce((sum, { latest }) => sum + Number(latest), 0);
}

const MAY_STILL_RUN = /the query may still run/;

test(
  'it ends in time and truthfully, with Spark there, away or silent; it is ready only while Spark is there',
  options,
  async (t) => {
    const on = await stage(t, 2);
    const proxy = await startTcpProxy(on.options.spark.port);
    t.after(() => proxy.close());
    const start = (...args: string[]): Running => new Running(t, on, args, { spark: proxy.port });

    const first = start('--interval', '1 second', '--metrics-port', '0');
    const url = await first.metricsUrl();
    const readiness = async (): Promise<unknown[]> => {
      const [ready, metrics] = [await fetch(`${url}/readyz`), await (await fetch(`${url}/metrics`)).text()];
      return [ready.status, /^esteira_stream_ready\{topico="[^"]+"\} (\d)$/m.exec(metrics)?.[1]];
    };
    assert.equal(await first.started(), 0);
    await first.until(async () => assert.deepEqual(await readiness(), [200, '1']));
    await send(on, 'A1', 'A2', 'A3');
    await first.until(async () => assert.equal(await treatedCount(on), 3, 'batches by interval bring them'));
    await proxy.goAway();
    await first.until(async () => assert.deepEqual(await readiness(), [503, '0']));
    assert.equal(await first.stopped('SIGTERM'), 0);
    assert.match(first.lines.at(-1) ?? '', MAY_STILL_RUN);

    await proxy.comeBack();
    const second = start();
    assert.equal(await second.started(), 1, 'the query that could not be ended is found');
    await send(on, 'B1', 'B2');
    await second.until(async () => assert.equal(await treatedCount(on), 5));
    assert.equal(await second.stopped('SIGTERM'), 0);
    assert.doesNotMatch(second.lines.join('\n'), MAY_STILL_RUN);

    const third = start();
    assert.equal(await third.started(), 0, 'the second has ended its query');
    proxy.fallSilent();
    assert.equal(await third.stopped('SIGTERM'), 0);
    assert.match(third.lines.at(-1) ?? '', MAY_STILL_RUN);
    assert.deepEqual(await on.treatedIds(), ['A1', 'A2', 'A3', 'B1', 'B2']);
  },
);

test(
  'it can be stopped before its query was started: while Spark or Kafka is silent, and while Spark plans',
  options,
  async (t) => {
    const on = await stage(t, 1);
    const [spark, kafka] = [
      await startTcpProxy(on.options.spark.port),
      await startTcpProxy(Number(on.broker.bootstrap[0]?.split(':')[1])),
    ];
    t.after(() => Promise.all([spark.close(), kafka.close()]));
    const planning = new Running(t, on, []);
    await planning.until(() => assert.ok(existsSync(join(on.options.checkpoint, 'topico', '_SUCCESS'))));
    assert.equal(await planning.stopped('SIGTERM'), 0);
    for (const [proxy, ports] of [
      [spark, { spark: spark.port }],
      [kafka, { kafka: kafka.port }],
    ] as const) {
      let isReached = false;
      proxy.onConnection(() => (isReached = true));
      proxy.fallSilent();
      const waiting = new Running(t, on, [], ports);
      await waiting.until(() => assert.ok(isReached));
      assert.equal(await waiting.stopped('SIGINT'), 130);
      assert.deepEqual(waiting.lines, []);
    }
  },
);

test('in real time records come one by one; Ctrl-C ends it', options, async (t) => {
  const on = await stage(t, 2);
  const running = new Running(t, on, ['--real-time']);
  assert.equal(await running.started(), 0);
  await send(on, 'R1', 'R2', 'R3', 'R4');
  await running.until(async () => assert.equal(await treatedCount(on), 4));
  assert.equal(await running.stopped('SIGINT'), 130);
  assert.doesNotMatch(running.lines.join('\n'), MAY_STILL_RUN);
  assert.deepEqual(await on.treatedIds(), ['R1', 'R2', 'R3', 'R4']);
});
