// Faults of producers, messages and servers: killed, poisoned, full, refusing.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TOPICS } from '../model/message.ts';
import { messageOf } from '../lib/errors.ts';
import { type Ground, LARGEST_MESSAGE } from './ground.ts';
import { pick, poisonMessages } from './orders.ts';
import { assertEnds, killProgram, type Program, until, untilSaid } from './program.ts';
import type { Fault, Round } from './round.ts';
import { setTopic } from './topics.ts';
import type { Phase } from './wire-proxy.ts';

const run = promisify(execFile);

const PARTLY_SENT = 'killed with a part of its file sent';
const FILE_ORDERS = 800;
/** So small that a file takes many requests. */
const SMALL_REQUEST = 16_384;

const killProducer: Fault = {
  name: 'kill a producer',
  points: () => [PARTLY_SENT],
  suffer: async (round) => {
    const { ground } = round;
    const path = await orderFile(ground);
    await setTopic(ground.broker, TOPICS.raw, 'max.message.bytes', String(SMALL_REQUEST));
    const before = await ground.recordCount();
    const producer = startProducer(ground, path);
    await until('a part of the file in the topic', async () => (await ground.recordCount()) > before, ground.signal);
    await killProgram(producer);
    const sent = (await ground.recordCount()) - before;
    assert.ok(sent > 0 && sent < FILE_ORDERS, `${sent} of ${FILE_ORDERS} messages were sent before the kill`);
    round.hit(PARTLY_SENT);
    await assertEnds(startProducer(ground, path));
    round.restarted();
    await setTopic(ground.broker, TOPICS.raw, 'max.message.bytes', String(LARGEST_MESSAGE));
    await assertEnds(ground.consumer(['--until-end'], 500));
  },
};

/** A file of order versions, one document a line, that the oracle knows of. */
async function orderFile(ground: Ground): Promise<string> {
  const messages = ground.versions(FILE_ORDERS);
  const path = join(ground.home, `pedidos-${ground.nextSerial()}.jsonl`);
  await writeFile(path, messages.map(({ value }) => `${String(value)}\n`).join(''));
  ground.expect(messages);
  return path;
}

function startProducer(ground: Ground, path: string): Program {
  return ground.program(['produce', path, '--topic', TOPICS.raw]);
}

const PLACES = ['first', 'middle', 'last'] as const;

const poison: Fault = {
  name: 'poison',
  points: () => PLACES.map((place) => `eight bad messages at the ${place} place of a batch`),
  suffer: async (round) => {
    const { ground } = round;
    const bad = (): ReturnType<typeof poisonMessages> => poisonMessages(ground.random, ground.nextSerial());
    await ground.send([...bad(), ...ground.versions(30), ...bad(), ...ground.versions(30), ...bad()], 0);
    const before = await ground.batchCount();
    await assertEnds(ground.consumer(['--until-end', '--max-wait', '10s'], 1000));
    assert.equal((await ground.batchCount()) - before, 1, 'the messages were not one batch');
    for (const place of PLACES) round.hit(`eight bad messages at the ${place} place of a batch`);
  },
};

const PRODUCING = 'Kafka killed while a producer sends';
const LOADING = 'Kafka killed while a batch is loaded';

const killKafka: Fault = {
  name: 'kill Kafka',
  points: () => [PRODUCING, LOADING],
  suffer: async (round) => {
    const { ground } = round;
    await ground.send(ground.versions(60));
    const path = await orderFile(ground);
    await setTopic(ground.broker, TOPICS.raw, 'max.message.bytes', String(SMALL_REQUEST));
    const before = await ground.recordCount();
    const consumer = ground.consumer();
    const phase = pick(ground.random, DANGEROUS);
    let producer: Program | null = null;
    await round.atPhase(consumer, phase, async () => {
      producer = startProducer(ground, path);
      await until('a part of the file in the topic', async () => (await ground.recordCount()) > before, ground.signal);
      assert.ok(producer.isRunning(), 'the producer ended too early');
      await ground.killKafka();
      return 'go on';
    });
    round.hit(PRODUCING);
    round.hit(LOADING);
    await ground.startKafka();
    round.restarted();
    if (producer !== null) await assertEnds(producer);
    await assertEnds(consumer);
    await setTopic(ground.broker, TOPICS.raw, 'max.message.bytes', String(LARGEST_MESSAGE));
    await ground.consume();
  },
};

/** Moments of the loader's transaction that a dying server may meet. */
const DANGEROUS: readonly Phase[] = [
  'before the position is read',
  'before replaced orders are removed',
  'during COPY itens_pedido',
  'before a rollup is added',
  'before the ledger row',
  'before COMMIT is executed',
];
const COMMITTED: Phase = 'COMMIT executed, its answer held';
const MID_TRANSACTION = 'PostgreSQL killed in the middle of a transaction';
const ANSWER_LOST = 'PostgreSQL killed with the answer to COMMIT under way';

const killPostgres: Fault = {
  name: 'kill PostgreSQL',
  points: () => [MID_TRANSACTION, ANSWER_LOST],
  suffer: async (round) => {
    const { ground } = round;
    await ground.send(ground.versions(60));
    const consumer = ground.consumer();
    for (const [phase, point] of [
      [pick(ground.random, DANGEROUS), MID_TRANSACTION],
      [COMMITTED, ANSWER_LOST],
    ] as const) {
      await round.atPhase(consumer, phase, async () => {
        await ground.killPostgres();
        return 'cut';
      });
      round.hit(point);
      await ground.startPostgres();
      round.restarted();
    }
    await assertEnds(consumer);
  },
};

const CONNECTIONS = 'connections refused (53300)';
const DISK = 'disk full (53100)';

const refuse: Fault = {
  name: 'refuse connections, fill the disk',
  points: () => [CONNECTIONS, DISK],
  suffer: async (round) => {
    await refuseConnections(round);
    await fillDisk(round);
  },
};

async function refuseConnections(round: Round): Promise<void> {
  const { ground } = round;
  await ground.send(ground.versions(40));
  const consumer = ground.consumer();
  const limit = (count: number): Promise<unknown> =>
    ground.inWarehouse((client) => client.query(`ALTER ROLE esteira_app CONNECTION LIMIT ${count}`), 'superuser');
  await round.atPhase(consumer, 'before the ledger row', async () => {
    await limit(0);
    return 'cut';
  });
  await awaitsPostgres(round, consumer, /too many connections/);
  round.hit(CONNECTIONS);
  await limit(-1);
  await assertEnds(consumer);
}

const DISK_MB = 24;
const TABLESPACE = 'prova_disco';

/** The orders' tables go to a small file system of their own, which is filled by another file and emptied again. */
async function fillDisk(round: Round): Promise<void> {
  const { ground } = round;
  const disk = join(ground.home, 'disco');
  try {
    await mkdir(disk, { recursive: true });
    await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m,mode=0700`, 'esteira-prova', disk]);
  } catch (error) {
    round.leaveOut(DISK, `a small file system cannot be mounted here: ${firstLine(messageOf(error))}`);
    return;
  }
  const inPostgres = (sql: string): Promise<unknown> => ground.inWarehouse((client) => client.query(sql), 'superuser');
  try {
    await ground.makeFolderOfPostgres(join(disk, 'dados'));
    await inPostgres(`CREATE TABLESPACE ${TABLESPACE} LOCATION '${join(disk, 'dados').replaceAll("'", "''")}'`);
    await inPostgres(`ALTER TABLE historico_status SET TABLESPACE ${TABLESPACE}`);
    const { bavail, bsize } = await statfs(disk);
    await writeFile(join(disk, 'enchimento'), Buffer.alloc(bavail * bsize - bsize));
    await ground.send(ground.versions(400));
    const consumer = ground.consumer(['--until-end'], 400);
    await awaitsPostgres(round, consumer, /No space left/);
    round.hit(DISK);
    await rm(join(disk, 'enchimento'));
    await assertEnds(consumer);
    await inPostgres('ALTER TABLE historico_status SET TABLESPACE pg_default');
    await inPostgres(`DROP TABLESPACE ${TABLESPACE}`);
  } finally {
    await run('umount', ['-l', disk]);
  }
}

async function awaitsPostgres({ ground }: Round, consumer: Program, reason: RegExp): Promise<void> {
  const waiting = new RegExp(`"service.awaited".*PostgreSQL.*(${reason.source})`, 'g');
  await untilSaid(consumer, waiting, 1, ground.signal);
}

function firstLine(text: string): string {
  return text.split('\n').find((line) => line.trim() !== '') ?? text;
}

export const SERVER_FAULTS = { killProducer, poison, killKafka, killPostgres, refuse } as const;
