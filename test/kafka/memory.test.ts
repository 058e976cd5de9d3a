// How much memory the real command takes when far more waits to be read than it may hold: batches end by their bytes, whatever --max-batch allows.
import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { assertEnds, type Program } from '../../src/proof/program.ts';
import { messagesRead, startConsume } from '../support/consume-program.ts';
import { documentOf, emptyWarehouse, line, type Warehouse } from '../support/load.ts';
import { sharedKafka, stackMissing, testPrefix } from '../support/stack.ts';
import { createTopic, deleteTopic, orderRecord, sendRecords, type TestRecord } from '../support/topics.ts';
import { headersOf, treatedTexts } from '../support/treated.ts';
import { waitFor } from '../support/wait-for.ts';

const MESSAGES = 12_000;
const CHUNK = 2000;
/** Of each message; 120 MB together, nearly four times what a batch may hold. */
const PADDING = 9_500;
const BATCH_BYTES = 32 * 1024 * 1024;
const MOST_KB = 1024 * 1024;

/** Bytes of what was rejected; several of them fit into one batch. */
const LARGE = 5_000_000;
const LARGE_MESSAGES = 14;

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
    await assertReadInMemory(t, program, warehouse, MESSAGES);
    const batches = await warehouse.query('SELECT lidos FROM esteira.lotes');
    // one message more may stand in it: the one that fills it
    const most = BATCH_BYTES / (bytes / MESSAGES) + 2;
    for (const { lidos } of batches) assert.ok(Number(lidos) <= most, `${lidos} messages in a batch, not ${most}`);
    assert.ok(batches.length >= bytes / BATCH_BYTES, `${batches.length} batches`);
  },
);

test(
  'treated orders of 1.4 MB and rejected ones of 5 MB are read in less than 1 GB of memory',
  { skip: stackMissing === false ? withoutProc : stackMissing },
  async (t) => {
    const kafka = await sharedKafka();
    const broker = { bootstrap: [kafka.bootstrap] };
    const prefix = testPrefix();
    const [treated, rejected] = [`${prefix}pedidos_tratados`, `${prefix}pedidos_rejeitados`];
    for (const topic of [treated, rejected]) {
      await createTopic(broker, topic, 1, { 'max.message.bytes': '8000000' });
      t.after(() => deleteTopic(broker, topic));
    }
    const warehouse = await emptyWarehouse(t);
    const item = (n: number): unknown => ({
      sku: `SKU-${n}`,
      produto: `Caneca ${n}`,
      categoria: 'Casa',
      quantidade: 1,
      preco_unitario: '1.00',
    });
    const itens = Array.from({ length: 9000 }, (_, n) => item(n));
    const cells = { valor_total: '9010.00', valor_pagamento: '9010.00' };
    const [text = ''] = await treatedTexts(t, [documentOf(line({ id_pedido: 'modelo', ...cells }), { itens })]);
    assert.ok(text.length > 1_400_000, `${text.length} bytes`);
    const noise = randomBytes(LARGE / 2).toString('hex');
    for (let n = 0; n < LARGE_MESSAGES; n++) {
      const order = text.replaceAll('"modelo"', `"${n}"`);
      await sendRecords(broker, treated, [{ key: `loja:${n}`, value: order, headers: headersOf('pedido-tratado') }]);
      const value = JSON.stringify({
        loja: 'loja',
        id_pedido: `r${n}`,
        hash_original: n.toString(16).padStart(64, '0'),
        motivos: 'FRETE_INVALIDO',
        original: `${n}${noise}`,
      });
      await sendRecords(broker, rejected, [{ key: `loja:r${n}`, value, headers: headersOf('pedido-rejeitado') }]);
    }
    const program = startConsume({
      topic: treated,
      bootstrap: kafka.bootstrap,
      warehouseUrl: warehouse.database.url,
      settings: { ESTEIRA_MEMORY_LIMIT: '', ESTEIRA_THREADS: '' },
    });
    t.after(() => void program.child.kill('SIGKILL'));
    await assertReadInMemory(t, program, warehouse, 2 * LARGE_MESSAGES);
    assert.deepEqual(
      await warehouse.query(
        `SELECT (SELECT count(*) FROM pedidos)::int AS orders, (SELECT count(*) FROM itens_pedido)::int AS items,
           (SELECT sum(length(original)) FROM pedidos_rejeitados WHERE motivos = '{FRETE_INVALIDO}')::int AS bytes`,
      ),
      [{ orders: '14', items: '126000', bytes: '70000018' }],
    );
  },
);

/** Waits until the command has read so many messages, ends it, and looks at the most memory that it took. */
async function assertReadInMemory(
  t: TestContext,
  program: Program,
  warehouse: Warehouse,
  messageCount: number,
): Promise<void> {
  await waitFor(async () => {
    assert.ok(program.isRunning(), program.stderr());
    assert.equal(await messagesRead(warehouse), messageCount);
  }, 100_000);
  const [, peakKb = ''] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${program.child.pid}/status`, 'utf8')) ?? [];
  program.child.kill('SIGTERM');
  await assertEnds(program);
  t.diagnostic(`peak ${Math.round(Number(peakKb) / 1024)} MB`);
  assert.ok(Number(peakKb) > 0 && Number(peakKb) < MOST_KB, `${peakKb} kB at its peak`);
}
