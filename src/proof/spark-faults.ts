// Faults on the way through Spark: its client and its server killed, its checkpoint damaged and lost. After each, raw and treated topics go into the same
// warehouse.
import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TOPICS } from '../model/message.ts';
import { checkCoverage } from '../pipeline/consume/coverage.ts';
import type { Ground } from './ground.ts';
import { assertEnds, killProgram, type Program, until, untilSaid } from './program.ts';
import type { Fault, Round } from './round.ts';

const CLIENT = 'client of the stream killed while its query runs';
const ORPHAN = 'its orphaned query ended by the next client';
const SERVER = 'Spark server killed while the query runs';

const killSpark: Fault = {
  name: 'kill the client of Spark, and Spark',
  needsSpark: true,
  points: () => [CLIENT, ORPHAN, SERVER],
  suffer: async (round) => {
    const { ground } = round;
    await ground.startSpark();
    await ground.send(ground.versions(200));
    const first = startStream(ground);
    await untilAnswered(round, first);
    await sleep(ground.random() * 500);
    await killProgram(first);
    round.hit(CLIENT);
    const heir = startStream(ground, ['--available-now']);
    await untilSaid(heir, /"endedOrphans":1/g, 1, ground.signal);
    round.hit(ORPHAN);
    round.restarted();
    await assertEnds(heir);
    // sent only now, since the query that was left may have answered all before; in small batches, so that much is still to do when the first is written
    await ground.send(ground.versions(200));
    const last = startStream(ground, ['--available-now', '--max-batch', '20']);
    await untilAnswered(round, last);
    await sleep(ground.random() * 300);
    assert.ok(last.isRunning(), 'the stream ended before Spark could be killed');
    await ground.killSpark();
    round.hit(SERVER);
    await ground.startSpark();
    round.restarted();
    await assertEnds(last);
    await consumeBoth(ground);
  },
};

const NEWEST = 'newest commit file of the checkpoint deleted';
const WHOLE = 'whole checkpoint lost';

const damageCheckpoint: Fault = {
  name: "damage Spark's checkpoint, lose it",
  needsSpark: true,
  points: () => [NEWEST, WHOLE],
  suffer: async (round) => {
    const { ground } = round;
    await ground.startSpark();
    const commits = join(ground.checkpoint, 'consulta', 'commits');
    const numbers = (await readdir(commits)).filter((name) => /^\d+$/.test(name)).map(Number);
    const newest = String(Math.max(...numbers));
    const answers = await answerCount(ground);
    await rm(join(commits, newest));
    await rm(join(commits, `.${newest}.crc`), { force: true });
    await assertEnds(startStream(ground, ['--available-now']));
    assert.ok((await answerCount(ground)) > answers, 'Spark did not repeat the batch whose commit was lost');
    round.hit(NEWEST);
    round.restarted();
    await consumeBoth(ground);
    await rm(ground.checkpoint, { recursive: true });
    await ground.send(ground.versions(60));
    const all = await ground.recordCount();
    const before = await answerCount(ground);
    await assertEnds(startStream(ground, ['--available-now']));
    assert.ok((await answerCount(ground)) >= before + all, 'Spark did not begin anew');
    round.hit(WHOLE);
    round.restarted();
    await consumeBoth(ground);
  },
};

/** A start of the query takes half a minute on a busy machine, and so does Spark's own. */
const STREAM_MS = 480_000;

function startStream(ground: Ground, args: readonly string[] = []): Program {
  return ground.program(['stream', '--create-topics', '--checkpoint', ground.checkpoint, ...args], STREAM_MS);
}

async function answerCount(ground: Ground): Promise<number> {
  return (await ground.recordCount(TOPICS.treated)) + (await ground.recordCount(TOPICS.rejected));
}

/** Waits until the stream has written something more. */
async function untilAnswered({ ground }: Round, stream: Program): Promise<void> {
  const before = await answerCount(ground);
  await until(
    'something written by the stream',
    async () => {
      assert.ok(stream.isRunning(), `the stream ended too early: ${stream.stderr().slice(-400)}`);
      return (await answerCount(ground)) > before;
    },
    ground.signal,
  );
}

/** What Spark wrote and then the raw topic, into the same warehouse; and every raw record is in one of the two topics that Spark writes. */
async function consumeBoth(ground: Ground): Promise<void> {
  await ground.consume(TOPICS.treated);
  await ground.consume();
  const { raw, treated, rejected } = TOPICS;
  const { gaps, rawCount, answeredCount } = await checkCoverage(ground.broker, { raw, treated, rejected });
  assert.deepEqual({ gaps, answeredCount }, { gaps: [], answeredCount: rawCount }, 'Spark left records out');
}

export const SPARK_FAULTS = { killSpark, damageCheckpoint } as const;
