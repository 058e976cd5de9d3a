// Faults of consumers: killed, cut off, paused, and deceived about their positions. Each at named moments of the loader's transaction.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { pick, shuffled } from './orders.ts';
import { assertEnds, killProgram, type Program, untilSaid } from './program.ts';
import type { Fault, Round } from './round.ts';
import { physicalState } from './warehouse-state.ts';
import { COMMON_PHASES as ALL, type Phase } from './wire-proxy.ts';

/** Each kill costs the wait for the dead member's session; every moment has its turn in a few cycles. */
const KILLS_A_ROUND = 4;
/** In the transaction's order where a kill matters most; then the others. */
const KILLED_FIRST: readonly Phase[] = [
  'COMMIT executed, its answer held',
  'before COMMIT is executed',
  'during COPY pedidos',
  'before the position moves',
];
const KILL_ORDER = [...KILLED_FIRST, ...ALL.filter((phase) => !KILLED_FIRST.includes(phase))];

function killPhases(cycle: number): Phase[] {
  return Array.from(
    { length: KILLS_A_ROUND },
    (_, n) => KILL_ORDER[(cycle * KILLS_A_ROUND + n) % KILL_ORDER.length] as Phase,
  );
}

const AT_RANDOM = 'killed at a random moment';
const killedAt = (phase: Phase): string => `killed ${phase}`;
const cutAt = (phase: Phase): string => `cut off ${phase}`;

const killConsumer: Fault = {
  name: 'kill and cut off consumers',
  points: (cycle) => [...killPhases(cycle).map(killedAt), AT_RANDOM, ...ALL.map(cutAt)],
  suffer: async (round) => {
    const { ground } = round;
    await ground.send(ground.versions(120));
    for (const phase of killPhases(round.cycle)) {
      const consumer = ground.consumer();
      await round.atPhase(consumer, phase, async () => {
        await killProgram(consumer);
        return 'cut';
      });
      round.hit(killedAt(phase));
      round.restarted();
    }
    const consumer = ground.consumer();
    await untilSaid(consumer, /partitions\.assigned/g, 1, ground.signal);
    await sleep(ground.random() * 300);
    await killProgram(consumer);
    round.hit(AT_RANDOM);
    round.restarted();
    await ground.send(ground.versions(120));
    await cutEverywhere(round);
  },
};

/** One consumer whose connection is cut at every moment, each in a later batch. */
async function cutEverywhere(round: Round): Promise<void> {
  const consumer = round.ground.consumer(['--until-end'], 3);
  for (const phase of ALL) {
    await round.atPhase(consumer, phase, () => Promise.resolve('cut'));
    round.hit(cutAt(phase));
    // Failures in a row are waited out longer and longer: the next one waits for a success.
    const loaded = consumer.stderr().match(/batch\.loaded/g) ?? [];
    if (phase !== ALL.at(-1)) await untilSaid(consumer, /batch\.loaded/g, loaded.length + 1, round.ground.signal);
  }
  await assertEnds(consumer);
}

const TWO_CONSUMERS = 'two consumers at the same time';
const DOUBLED = 'every message twice, in two partitions, in any order';

const disorder: Fault = {
  name: 'duplicate and reorder',
  points: () => [DOUBLED, TWO_CONSUMERS],
  suffer: async (round) => {
    const { ground } = round;
    const messages = ground.versions(100);
    await ground.send(shuffled(ground.random, messages), 0);
    await ground.send(shuffled(ground.random, messages), 1);
    round.hit(DOUBLED);
    const consumers = [ground.consumer(), ground.consumer()];
    await Promise.all(consumers.map((consumer) => assertEnds(consumer)));
    if (consumers.every((consumer) => /batch\.loaded/.test(consumer.stderr()))) round.hit(TWO_CONSUMERS);
    await ground.consume();
  },
};

const POSITION = 'a position moved back while its batch is loaded';
const EPOCH = 'an epoch raised while its batch is loaded';

const editPositions: Fault = {
  name: 'move positions under a loader',
  points: () => [POSITION, EPOCH],
  suffer: async (round) => {
    const { ground } = round;
    await ground.send(ground.versions(60));
    const consumer = ground.consumer();
    await loseBatch(
      round,
      consumer,
      1,
      POSITION,
      `UPDATE esteira.posicoes SET posicao = greatest(posicao::bigint - 7, 0)::text`,
    );
    await loseBatch(round, consumer, 2, EPOCH, 'UPDATE esteira.posicoes SET epoca = epoca + 1');
    await assertEnds(consumer);
  },
};

/** Changes positions just before a loader locks them, and compares what stands there when its transaction is over. */
async function loseBatch(round: Round, consumer: Program, nth: number, point: string, change: string): Promise<void> {
  const { ground } = round;
  const state = (): Promise<string> =>
    ground.inWarehouse(async (client) => {
      const { rows } = await client.query<{ n: string }>('SELECT count(*) AS n FROM esteira.lotes');
      return `${await physicalState(client)} ${rows[0]?.n}`;
    });
  let before = '';
  await round.atPhase(consumer, 'before the position is read', async () => {
    before = await state();
    await ground.inWarehouse((client) => client.query(change));
    return 'go on';
  });
  await untilSaid(consumer, /batch\.overtaken/g, nth, ground.signal);
  await round.atPhase(consumer, 'before BEGIN is executed', async () => {
    assert.equal(await state(), before, 'the loader wrote rows although its position was moved');
    return 'go on';
  });
  round.hit(point);
}

const IDLE = 'paused before BEGIN is executed';
const LOCKED = "paused with the warehouse's lock, its connection ended by the server";

const pauseConsumer: Fault = {
  name: 'pause a consumer past its session',
  points: () => [IDLE, LOCKED],
  suffer: async (round) => {
    await outlive(round, 'before BEGIN is executed', false);
    round.hit(IDLE);
    await outlive(round, 'before the position is read', true);
    round.hit(LOCKED);
  },
};

/** A consumer is paused, another takes its partitions over and finishes, and the first one wakes up: it must write nothing. */
async function outlive(round: Round, phase: Phase, holdsLock: boolean): Promise<void> {
  const { ground } = round;
  await ground.send(ground.versions(40));
  const zombie = ground.consumer([]);
  await untilSaid(zombie, /batch\.loaded/g, 1, ground.signal);
  await ground.send(ground.versions(20));
  await round.atPhase(zombie, phase, () => {
    zombie.child.kill('SIGSTOP');
    return Promise.resolve('go on');
  });
  if (holdsLock) await endLoaders(round);
  await assertEnds(ground.consumer());
  const settled = await ground.inWarehouse(physicalState);
  zombie.child.kill('SIGCONT');
  await untilSaid(zombie, /batch\.overtaken|group\.rebalanced|service\.awaited/g, 1, ground.signal);
  // It takes its place in the group again and finds nothing to read.
  await untilSaid(zombie, /partitions\.assigned/g, 2, ground.signal);
  zombie.child.kill('SIGTERM');
  await assertEnds(zombie);
  assert.equal(await ground.inWarehouse(physicalState), settled, 'the paused consumer wrote rows');
  round.restarted();
}

/** As the server does with a client that is not heard of any more. */
async function endLoaders({ ground }: Round): Promise<void> {
  await ground.inWarehouse(
    (client) =>
      client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'esteira loader' AND datname = current_database()`,
      ),
    'superuser',
  );
}

const REPLACED = 'refused as TOPIC_REPLACED, no row written';
const BEGUN = 'begun anew with --from earliest';

const replaceTopic: Fault = {
  name: 'recreate the raw topic',
  points: () => [REPLACED, BEGUN],
  suffer: async (round) => {
    const { ground } = round;
    await ground.replaceRawTopic();
    await ground.send(ground.versions(60));
    const before = await ground.inWarehouse(physicalState);
    const { stderr } = await assertEnds(ground.consumer(), 4);
    assert.match(stderr, /TOPIC_REPLACED/);
    assert.equal(await ground.inWarehouse(physicalState), before, 'the refused consumer wrote rows');
    round.hit(REPLACED);
    await assertEnds(ground.consumer(['--until-end', '--from', pick(ground.random, ['earliest', '0:0,1:0'])]));
    round.hit(BEGUN);
  },
};

export const CONSUMER_FAULTS = { killConsumer, disorder, editPositions, pauseConsumer, replaceTopic } as const;
