// How much memory the real command takes when far more waits to be read than it may hold: batches end by their bytes, whatever --max-batch allows.
import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { assertEnds } from '../../src/proof/program.ts';
import { messagesRead, startConsume } from '../support/consume-program.ts';
import { emptyWarehouse } from '../support/load.ts';
import { sharedKafka, stackMissing, testPrefix } from '../support/stack.ts';
import { createTopic, deleteTopic, orderRecord, sendRecords, type TestRecord } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

const MESSAGES = 12_000;
const CHUNK = 2000;
/** Of each message; 120 MB together, nearly four times what a batch may hold. */
const PADDING = 9_500;
const BATCH_BYTES = 32 * 1024 * 1024;
const MOST_KB = 1024 * 1024;

const withoutProc = process.platform === 'linux' ? false : 'only Linux tells the peak memory of another process';

test(
  'a backlog of 120 MB is read in batches of 32 MB and in less than 1 GB of memory',
  { skip: stackMissing === false ? withoutProc : stackMissing },
  async (t) => {
    const kafka = await sharedKafka();
    const broker = { bootstrap: [kafka.bootstrap] };
    const topic = `${testPrefix()}pedidos`;
    await createTopic(broker, topic, 2, { 'max.message.bytes': '8000000' });
    t.after(() => deleteTopic(broker, topic));
    const warehouse = await emptyWarehouse(t);
    // pieces of it are as good as random, and are never the same twice in what is compressed together
    const noise = randomBytes(2_000_000).toString('hex');
    const record = (n: number): TestRecord => {
      const from = randomInt(noise.length - PADDING);
      return orderRecord({ id_pedido: String(n) }, { enchimento: noise.slice(from, from + PADDING) }, n % 2);
    };
    let bytes = 0;
    for (let from = 0; from < MESSAGES; from += CHUNK) {
      const records = Array.from({ length: CHUNK }, (_, n) => record(from + n));
      bytes += records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
      await sendRecords(broker, topic, records);
    }
    assert.ok(bytes > 115_000_000, `${bytes} bytes were sent`);
    const program = startConsume({
      topic,
      bootstrap: kafka.bootstrap,
      warehouseUrl: warehouse.database.url,
      args: ['--max-batch', '200000'],
      // as they are by default
      settings: { ESTEIRA_MEMORY_LIMIT: '', ESTEIRA_THREADS: '' },
    });
    t.after(() => void program.child.kill('SIGKILL'));
    await waitFor(async () => {
      assert.ok(program.isRunning(), program.stderr());
      assert.equal(await messagesRead(warehouse), MESSAGES);
    }, 100_000);
    const [, peakKb = ''] =
      /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${program.child.pid}/status`, 'utf8')) ?? [];
    program.child.kill('SIGTERM');
    await assertEnds(program);
    t.diagnostic(`peak ${Math.round(Number(peakKb) / 1024)} MB`);
    assert.ok(Number(peakKb) > 0 && Number(peakKb) < MOST_KB, `${peakKb} kB at its peak`);
    const batches = await warehouse.query('SELECT lidos FROM esteira.lotes');
    // one message more may stand in it: the one that fills it
    const most = BATCH_BYTES / (bytes / MESSAGES) + 2;
    for (const { lidos } of batches) assert.ok(Number(lidos) <= most, `${lidos} messages in a batch, not ${most}`);
    assert.ok(batches.length >= bytes / BATCH_BYTES, `${batches.length} batches`);
  },
);
