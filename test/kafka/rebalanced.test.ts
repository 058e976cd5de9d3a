// A second consumer joins the group while the first is in the middle of a batch: whichever of them the partitions belong to, every message is read once.
import assert from 'node:assert/strict';
import { before, test, type TestContext } from 'node:test';
import type { BrokerSettings } from '../../src/broker/connection.ts';
import type { ConsumeProgress, ConsumeReport } from '../../src/pipeline/consume/consume.ts';
import { assertSound } from '../../src/proof/warehouse-state.ts';
import { type Phase, startWireProxy } from '../../src/proof/wire-proxy.ts';
import { messagesRead } from '../support/consume-program.ts';
import { emptyWarehouse } from '../support/load.ts';
import { sharedKafka, stackMissing, testPrefix } from '../support/stack.ts';
import { consumeToEnd, createTopic, orderRecord, sendRecords } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

const PARTITIONS = 4;
/** Before the second joins, and once more when both have their share. */
const SENT = 80;
/** Of every partition something is in the first batch, so that the newcomer's share is too. */
const BATCH = 70;
let broker: BrokerSettings;

before(async () => {
  if (stackMissing === false) broker = { bootstrap: [(await sharedKafka()).bootstrap] };
});

interface Member {
  readonly seen: readonly ConsumeProgress[];
  leave(): Promise<ConsumeReport>;
}

function join(t: TestContext, topic: string, warehouseUrl: string): Member {
  const seen: ConsumeProgress[] = [];
  const stop = new AbortController();
  const consuming = consumeToEnd(broker, warehouseUrl, topic, {
    maxBatch: BATCH,
    untilEnd: false,
    signal: stop.signal,
    onProgress: (progress) => seen.push(progress),
  });
  consuming.catch(() => undefined);
  t.after(() => stop.abort());
  return {
    seen,
    leave: () => {
      stop.abort();
      return consuming;
    },
  };
}

const isOf = (member: Member, kind: ConsumeProgress['kind']): boolean =>
  member.seen.some((progress) => progress.kind === kind);

/** A member may first be given nothing, until the others have let go. */
const shareOf = ({ seen }: Member): number => {
  const last = seen.findLast((progress) => progress.kind === 'assigned');
  return last?.partitions.length ?? 0;
};

/**
 * The batch is held at a moment before or after its transaction has locked the positions. Before: the newcomer takes them over at once, and the batch is thrown
 * away. After: the newcomer waits for the batch, and goes on behind it.
 */
const HELD_AT: readonly (readonly [Phase, 'overtaken' | 'awaited'])[] = [
  ['before the position is read', 'overtaken'],
  ['during COPY pedidos', 'awaited'],
  ['COMMIT executed, its answer held', 'overtaken'],
];

for (const [phase, outcome] of HELD_AT) {
  test(
    `a consumer that joins while a batch is held (${phase}) takes its share, and every message is read once`,
    { skip: stackMissing },
    async (t) => {
      const topic = `${testPrefix()}pedidos`;
      await createTopic(broker, topic, PARTITIONS);
      const warehouse = await emptyWarehouse(t);
      const { url } = warehouse.database;
      const server = new URL(url);
      const proxy = await startWireProxy(() => ({ host: server.hostname, port: Number(server.port) }));
      t.after(() => proxy.close());
      const send = (from: number): Promise<void> =>
        sendRecords(
          broker,
          topic,
          Array.from({ length: SENT }, (_, n) => orderRecord({ id_pedido: String(from + n) }, {}, n % PARTITIONS)),
        );
      await send(1);
      const isBlocked = async (): Promise<void> => {
        const rows = await warehouse.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO esteira.posicoes AS p%'`,
        );
        assert.ok(rows.length > 0, 'nobody waits to take positions over');
      };
      let second: Member | null = null;
      const held = proxy.arm({
        phase,
        action: async () => {
          const newcomer = (second = join(t, topic, url));
          if (outcome === 'awaited') await waitFor(isBlocked, 60_000);
          else await waitFor(async () => assert.ok(shareOf(newcomer) > 0), 60_000);
          return 'go on';
        },
      });
      const first = join(t, topic, proxy.url(url));
      await held;
      const newcomer = second as Member | null;
      assert.ok(newcomer !== null);
      // whoever was overtaken has to join again before both have something to read
      await waitFor(async () => {
        assert.ok(shareOf(first) > 0 && shareOf(newcomer) > 0);
        assert.equal(shareOf(first) + shareOf(newcomer), PARTITIONS);
      }, 60_000);
      await send(1 + SENT);
      await waitFor(async () => assert.equal(await messagesRead(warehouse), 2 * SENT), 60_000);
      const reports = [await first.leave(), await newcomer.leave()];
      if (phase === 'before the position is read') assert.ok(isOf(first, 'overtaken'), 'the batch was thrown away');
      assert.ok(isOf(first, 'rebalanced') || isOf(first, 'overtaken'), 'the first has noticed');
      for (const { messageCount } of reports) assert.ok(messageCount > 0, 'both have read');
      assert.equal(
        reports.reduce((sum, { messageCount }) => sum + messageCount, 0),
        2 * SENT,
      );
      assert.equal(await messagesRead(warehouse), 2 * SENT, 'each message is in one batch');
      assert.deepEqual(await warehouse.query('SELECT count(*) AS n FROM pedidos'), [{ n: String(2 * SENT) }]);
      const positions = await warehouse.query(`SELECT posicao FROM esteira.posicoes WHERE chave LIKE 'topico:%'`);
      assert.deepEqual(
        positions,
        Array.from({ length: PARTITIONS }, () => ({ posicao: String((2 * SENT) / PARTITIONS) })),
      );
      const client = await warehouse.connect();
      await assertSound(client);
    },
  );
}
