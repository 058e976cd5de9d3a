// The Spark Connect client does not wait longer than it was told: commands with a deadline, sessions that are called off. A real server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseSparkAddress } from '../../src/engines/spark/connect/address.ts';
import { WriteOperation_SaveMode } from '../../src/engines/spark/connect/protocol/connect_pb.js';
import { type CommandInit, openSparkSession, sqlRelation } from '../../src/engines/spark/connect/session.ts';
import { EsteiraError } from '../../src/lib/errors.ts';
import { sharedSpark, stackMissing } from '../support/stack.ts';

const options = { skip: stackMissing };

/** Hours of work on every slot, for nothing. */
const ENDLESS: CommandInit = {
  commandType: {
    case: 'writeOperation',
    value: {
      input: sqlRelation('SELECT 1 FROM range(1000000) a CROSS JOIN range(1000000) b WHERE hash(a.id, b.id) = 7'),
      source: 'noop',
      mode: WriteOperation_SaveMode.OVERWRITE,
    },
  },
};

test('a command that has not ended by its deadline is given up, here and at the server', options, async (t) => {
  const session = openSparkSession(parseSparkAddress((await sharedSpark()).url));
  t.after(() => session.close());
  const asked = performance.now();
  await assert.rejects(
    session.command(ENDLESS, { timeoutMs: 1500 }),
    (error) => error instanceof EsteiraError && error.code === 'SPARK_UNREACHABLE' && error.retryable,
  );
  assert.ok(performance.now() - asked < 10_000);
  // with its four slots taken, Spark would never come to this
  assert.deepEqual(await session.rows('SELECT sum(id) AS n FROM range(0, 100, 1, 8)'), [{ n: 4950 }]);
});

test(
  'a session that is called off breaks off what is under way, asks nothing more, and ends at the server',
  options,
  async () => {
    const address = parseSparkAddress((await sharedSpark()).url);
    const stop = new AbortController();
    const session = openSparkSession(address, { signal: stop.signal });
    await session.version();
    const reason = new Error('told to stop');
    const working = assert.rejects(session.command(ENDLESS), reason);
    await sleep(1000);
    stop.abort(reason);
    await working;
    await assert.rejects(session.version(), reason);
    await assert.rejects(session.rows('SELECT 1 AS n'), reason);
    assert.equal(await session.close(), true);
    const other = openSparkSession(address, { id: session.id });
    await assert.rejects(
      other.version(),
      (error) => error instanceof EsteiraError && error.code === 'SPARK_SESSION_LOST',
    );
    other.disconnect();
  },
);
