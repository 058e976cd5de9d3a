// The Spark Connect client against a real server: values as they are, connections that break, servers that fall silent, errors with their details,
// sessions that end.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseSparkAddress, type SparkAddress } from '../../src/engines/spark/connect/address.ts';
import { SparkFailure } from '../../src/engines/spark/connect/failure.ts';
import { WriteOperation_SaveMode } from '../../src/engines/spark/connect/protocol/connect_pb.js';
import {
  openSparkSession,
  type SessionOptions,
  type SparkSession,
  sqlRelation,
} from '../../src/engines/spark/connect/session.ts';
import { EsteiraError } from '../../src/lib/errors.ts';
import { sharedSpark, stackMissing } from '../support/stack.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const options = { skip: stackMissing };

/** Two or three seconds of work for one core. */
const SLOW = 'SELECT CAST(sum(hash(a.id, b.id) % 7) AS STRING) AS s FROM range(16000) a CROSS JOIN range(16000) b';

async function addressOf(): Promise<SparkAddress> {
  return parseSparkAddress((await sharedSpark()).url);
}

function open(t: TestContext, address: SparkAddress, more: SessionOptions = {}): SparkSession {
  const session = openSparkSession(address, more);
  t.after(() => session.close());
  return session;
}

/** A session whose way to the server can be cut. */
async function onALine(t: TestContext, more: SessionOptions = {}): Promise<{ session: SparkSession; line: TcpProxy }> {
  const address = await addressOf();
  const line = await startTcpProxy(address.port);
  t.after(() => line.close());
  return { session: open(t, { ...address, port: line.port }, more), line };
}

async function textsOf(session: SparkSession, ...query: Parameters<SparkSession['texts']>): Promise<(string | null)[]> {
  const texts: (string | null)[] = [];
  for await (const text of session.texts(...query)) texts.push(text);
  return texts;
}

const failed = (code: string, errorClass?: string) => (error: unknown) =>
  error instanceof EsteiraError &&
  error.code === code &&
  (errorClass === undefined || (error instanceof SparkFailure && error.errorClass === errorClass));

test('texts and values arrive as they are, and arguments are bound, not pasted', options, async (t) => {
  const session = open(t, await addressOf());
  assert.match(await session.version(), /^4\./);
  const long = 'ç'.repeat(100_000);
  const values = ['', 'ação 🎉', "'; DROP TABLE x --", 'a\u0000b\n', '\uFEFFbom', long];
  const args = Object.fromEntries(values.map((value, index) => [`v${index}`, value]));
  const list = values.map((_, index) => `(${index}, :v${index})`).join(', ');
  const sql = `SELECT v FROM (VALUES ${list}, (100, CAST(NULL AS STRING))) AS x (n, v) ORDER BY n`;
  assert.deepEqual(await textsOf(session, sql, args), [...values, null]);
  assert.deepEqual(
    await session.rows('SELECT :n + 1 AS n, :b AS b, :s AS s, CAST(NULL AS INT) AS z, CAST(:big AS STRING) AS big', {
      n: 41,
      b: true,
      s: 'x"y',
      big: 9_007_199_254_740_993n,
    }),
    [{ n: 42, b: true, s: 'x"y', z: null, big: '9007199254740993' }],
  );
  assert.deepEqual(await textsOf(session, 'SELECT CAST(id AS STRING) FROM range(0)'), []);
});

test('a connection that breaks in the middle of a result costs no row and repeats none', options, async (t) => {
  let reattached = 0;
  const { session, line } = await onALine(t, { onReattach: () => (reattached += 1) });
  const count = 600_000;
  let next = 0;
  for await (const text of session.texts(`SELECT CAST(id AS STRING) FROM range(0, ${count}, 1, 20)`)) {
    if (text !== String(next)) assert.fail(`${text} came where ${next} should`);
    next += 1;
    if (next % 200_000 === 1) {
      await line.goAway();
      await sleep(100);
      await line.comeBack();
    }
  }
  assert.equal(next, count);
  assert.ok(reattached >= 2, `attached anew ${reattached} times`);
});

test('a command is run once, however often the connection breaks meanwhile', options, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-spark-client-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  let reattached = 0;
  const { session, line } = await onALine(t, { onReattach: () => (reattached += 1) });
  const path = join(folder, 'saida');
  let isDone = false;
  const writing = session
    .command({
      commandType: {
        case: 'writeOperation',
        value: {
          input: sqlRelation(SLOW),
          source: 'json',
          mode: WriteOperation_SaveMode.APPEND,
          saveType: { case: 'path', value: path },
        },
      },
    })
    .finally(() => (isDone = true));
  for (let cut = 0; cut < 3; cut++) {
    await sleep(400);
    if (isDone) break;
    await line.goAway();
    await line.comeBack();
  }
  await writing;
  assert.ok(reattached >= 1, 'it was over before the connection could be cut');
  const files = (await readdir(path)).filter((name) => name.startsWith('part-'));
  const lines = (await Promise.all(files.map((name) => readFile(join(path, name), 'utf8'))))
    .join('')
    .trim()
    .split('\n');
  assert.equal(lines.length, 1, lines.join('\n'));
});

test('a server that is away at first is waited for, but not longer than told', options, async (t) => {
  const { session, line } = await onALine(t);
  await session.version();
  await line.goAway();
  const answer = textsOf(session, "SELECT 'x'");
  await sleep(700);
  await line.comeBack();
  assert.deepEqual(await answer, ['x']);
  const { session: hasty, line: gone } = await onALine(t, { reattachForMs: 400 });
  await hasty.version();
  await gone.goAway();
  await assert.rejects(textsOf(hasty, "SELECT 'x'"), failed('SPARK_UNREACHABLE'));
});

test(
  'a server that falls silent is given up: a question at its deadline, a query when pings stay unanswered',
  options,
  async (t) => {
    const { session, line } = await onALine(t, { silentForMs: 1500, reattachForMs: 500 });
    await session.version();
    const hasty = open(t, { ...(await addressOf()), port: line.port }, { requestTimeoutMs: 600 });
    const query = textsOf(session, SLOW);
    query.catch(() => undefined);
    await sleep(200);
    line.fallSilent();
    const asked = performance.now();
    await assert.rejects(hasty.version(), failed('SPARK_UNREACHABLE'));
    assert.ok(performance.now() - asked < 5000, 'the deadline of a question is 0.6 s');
    await assert.rejects(query, (error) => failed('SPARK_UNREACHABLE')(error) && (error as EsteiraError).retryable);
    assert.ok(performance.now() - asked < 20_000, 'the query was given up');
  },
);

test(
  'an error comes with its class, its SQLSTATE and its causes, and without the value it stumbled over',
  options,
  async (t) => {
    const session = open(t, await addressOf());
    await assert.rejects(session.run('SELECT * FROM nao_existe'), (error) => {
      assert.ok(error instanceof SparkFailure);
      assert.deepEqual(
        [error.code, error.errorClass, error.sqlState],
        ['SPARK_FAILED', 'TABLE_OR_VIEW_NOT_FOUND', '42P01'],
      );
      assert.match(error.why, /nao_existe/);
      return true;
    });
    const cast = textsOf(session, 'SELECT CAST(CAST(concat(:n, id) AS INT) AS STRING) FROM range(1)', {
      n: 'Maria da Silva',
    });
    await assert.rejects(cast, (error) => {
      assert.ok(error instanceof SparkFailure);
      assert.deepEqual([error.errorClass, error.sqlState], ['CAST_INVALID_INPUT', '22018']);
      assert.doesNotMatch(`${error.what} ${error.why} ${error.fix}`, /Maria/);
      return true;
    });
    // an apostrophe ends no quote
    const parse = textsOf(session, "SELECT CAST(to_timestamp(concat(:n, id), 'yyyy-MM-dd') AS STRING) FROM range(1)", {
      n: "D'Arc Pereira",
    });
    await assert.rejects(
      parse,
      (error) => error instanceof SparkFailure && !/Arc|Pereira/.test(`${error.what} ${error.why}`),
    );
    // of an error deep inside a task, the messages of its causes too
    await assert.rejects(
      textsOf(session, "SELECT CAST(raise_error('quebrou') AS STRING) FROM range(2) WHERE rand() >= 0"),
      (error) => error instanceof SparkFailure && error.why.includes('quebrou'),
    );
    assert.deepEqual(await textsOf(session, "SELECT 'goes on'"), ['goes on']);
  },
);

test('a closed session is gone at the server; one that was only left is found again', options, async (t) => {
  const address = await addressOf();
  const closed = openSparkSession(address);
  await closed.version();
  await closed.close();
  await assert.rejects(
    open(t, address, { id: closed.id }).version(),
    failed('SPARK_SESSION_LOST', 'INVALID_HANDLE.SESSION_CLOSED'),
  );
  const left = openSparkSession(address);
  await left.createView('vista', sqlRelation("SELECT 'ainda' AS v"));
  await left.configure({ 'esteira.teste': 'x' });
  left.disconnect();
  const heir = open(t, address, { id: left.id });
  assert.deepEqual(await textsOf(heir, 'SELECT v FROM vista'), ['ainda']);
  assert.deepEqual([await heir.setting('esteira.teste'), await heir.setting('esteira.nada')], ['x', undefined]);
  // one with a name of its own ends too, but may be entered again
  await heir.close();
  const anew = open(t, address, { id: left.id });
  await assert.rejects(textsOf(anew, 'SELECT v FROM vista'), failed('SPARK_FAILED', 'TABLE_OR_VIEW_NOT_FOUND'));
});

test('a query of a session that is called off ends at once, here and at the server', options, async (t) => {
  const stop = new AbortController();
  const session = open(t, await addressOf(), { signal: stop.signal });
  const endless =
    'SELECT CAST(count(*) AS STRING) FROM range(1000000) a CROSS JOIN range(1000000) b WHERE hash(a.id, b.id) = 7';
  const running = textsOf(session, endless);
  running.catch(() => undefined);
  await sleep(1500);
  const asked = performance.now();
  const reason = new Error('told to stop');
  stop.abort(reason);
  await assert.rejects(running, reason);
  assert.ok(performance.now() - asked < 6000);
  // with its four slots taken, Spark would never come to this
  const other = open(t, await addressOf());
  assert.deepEqual(await textsOf(other, 'SELECT CAST(sum(id) AS STRING) FROM range(0, 100, 1, 8)'), ['4950']);
});
