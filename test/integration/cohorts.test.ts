// The cohorts are answered right at every moment: after loads of every kind, settled or not, while a settling works, and after it was killed.
// The judge is the same analysis made to read the orders alone, which test/integration/query.test.ts holds against SQL of its own.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type AnalysisName, analysisNamed } from '../../src/catalog/analyses.ts';
import {
  type AnalysisFilters,
  bindNames,
  inSnapshot,
  NO_FILTERS,
  type Parameters,
  resolveParameters,
} from '../../src/pipeline/query.ts';
import { loadFiles, type LoadFilesOptions, type LoadReport } from '../../src/pipeline/load-files.ts';
import { Settler } from '../../src/pipeline/settle.ts';
import { settleCohorts } from '../../src/storage/cohorts.ts';
import { assertSound } from '../../src/proof/warehouse-state.ts';
import { startWireProxy } from '../../src/proof/wire-proxy.ts';
import { randomFrom } from '../support/analysis-data.ts';
import { AS_OF, type Cells, csvOf, documentOf, emptyWarehouse, line, type Warehouse } from '../support/load.ts';
import { waitFor } from '../support/wait-for.ts';

const NAMES = ['customers', 'cohorts'] as const satisfies readonly AnalysisName[];
const MONTHS = 6;
const seed = Number(process.env['ESTEIRA_TEST_SEED'] ?? Date.now() % 1_000_000);

interface Bench {
  readonly warehouse: Warehouse;
  readonly client: pg.Client;
  readonly open: () => Promise<pg.Client>;
  readonly marks: () => Promise<string>;
}

async function bench(t: { after(hook: () => Promise<void>): void }): Promise<Bench> {
  const warehouse = await emptyWarehouse(t);
  return {
    warehouse,
    client: await warehouse.connect(),
    open: () => warehouse.connect(),
    marks: async () =>
      (await warehouse.query('SELECT marca, desde FROM esteira.apuracao_coortes ORDER BY marca'))
        .map((row) => `${row['marca']} ${row['desde']}`)
        .join(', '),
  };
}

const SETTLED = 'alterado infinity, em_apuracao infinity';

/** Rows as text. */
async function answer(client: pg.Client, name: AnalysisName, parameters: Parameters): Promise<string[]> {
  const sql = readFileSync(new URL(`../../sql/analyses/${name}.sql`, import.meta.url), 'utf8');
  const result = await client.query<unknown[]>({
    ...bindNames(sql, parameters),
    rowMode: 'array',
    types: { getTypeParser: () => (text: string) => text },
  });
  return result.rows.map((row) => row.join(' '));
}

/** From when on a settling that must do something counted again. */
async function settledSince(client: pg.Client): Promise<string> {
  const outcome = await settleCohorts(client);
  return outcome.kind === 'settled' ? outcome.since : outcome.kind;
}

const filtersOf = (changes: Partial<AnalysisFilters>): AnalysisFilters => ({ ...NO_FILTERS, ...changes });

const FILTERS: readonly AnalysisFilters[] = [
  filtersOf({}),
  filtersOf({ from: '2026-03-01', to: '2026-04-30' }),
  filtersOf({ from: '2026-02-10', to: '2026-04-20' }),
  filtersOf({ from: '2026-03-05', to: '2026-03-25' }),
  filtersOf({ from: '2026-04-01' }),
  filtersOf({ to: '2026-03-15' }),
  filtersOf({ from: '2025-01-01', to: '2025-12-31' }),
  filtersOf({ stores: ['a'], limit: 2 }),
  filtersOf({ channels: ['Site'], from: '2026-03-10' }),
  filtersOf({ ufs: ['SP'], to: '2026-05-10' }),
  filtersOf({ statuses: ['Pago', 'Pendente'] }),
  filtersOf({ statuses: ['Reembolsado'], from: '2026-02-01' }),
];

/** In one snapshot, so that loads and settlings may go on meanwhile. Returns how many of the answers took something from the sums. */
async function assertExact(client: pg.Client, message: string): Promise<number> {
  return inSnapshot(client, async () => {
    let fromSums = 0;
    const known = await client.query<{ loja: string }>('SELECT DISTINCT loja FROM pedidos_diarios');
    for (const filters of FILTERS) {
      if (filters.stores !== null && !known.rows.some(({ loja }) => filters.stores?.includes(loja))) continue;
      for (const name of NAMES) {
        const statuses = filters.statuses ?? analysisNamed(name).defaultStatuses;
        const parameters = await resolveParameters(client, { ...filters, statuses }, {});
        const fromOrders = { ...parameters, settled_before: '-infinity', settled_end: '-infinity' };
        assert.deepEqual(
          await answer(client, name, parameters),
          await answer(client, name, fromOrders),
          `${name} ${JSON.stringify(filters)} ${message}, ESTEIRA_TEST_SEED=${seed}`,
        );
        if (parameters.settled_end !== '-infinity') fromSums += 1;
      }
    }
    return fromSums;
  });
}

/** One version of one of few orders: its month, customer, value, status and deletion may all differ from the version before. */
function drawVersion(random: () => number, hour: number): Cells {
  const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value;
  const quantity = 1 + Math.floor(random() * 3);
  const total = (quantity * 50 + 10).toFixed(2);
  const month = 1 + Math.floor(random() * MONTHS);
  const time = `2026-${String(8 + Math.floor(hour / 28)).padStart(2, '0')}-${String(1 + (hour % 28)).padStart(2, '0')}`;
  const isKnown = random() < 0.85;
  return line({
    loja: pick(['a', 'b']),
    id_pedido: String(1 + Math.floor(random() * 40)),
    data_pedido: `2026-0${month}-${String(1 + Math.floor(random() * 28)).padStart(2, '0')} 12:00:00`,
    atualizado_em: `${time} 12:00:00`,
    excluido_em: random() < 0.1 ? `${time} 11:00:00` : '',
    canal: pick(['Site', 'App']),
    uf: 'SP',
    status: pick(['Pago', 'Pago', 'Pago', 'Pendente', 'Cancelado']),
    situacao_entrega: pick(['Não enviado', 'Enviado']),
    id_cliente: isKnown ? `C${Math.floor(random() * 12)}` : '',
    documento: '',
    email: '',
    nome: isKnown ? 'Ana' : '',
    quantidade: String(quantity),
    valor_total: total,
    valor_pagamento: total,
  });
}

/** Loads files as `esteira run` does. */
async function loadTexts(
  t: { after(hook: () => Promise<void>): void },
  texts: readonly string[],
  warehouseUrl: string,
  onProgress: LoadFilesOptions['onProgress'],
): Promise<LoadReport> {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-cohorts-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const inputs = texts.map((_text, index) => ({ path: join(folder, `${index}.csv`), name: `${index}.csv` }));
  for (const [index, { path }] of inputs.entries()) await writeFile(path, texts[index] ?? '');
  return loadFiles(inputs, {
    warehouseUrl,
    memoryLimit: '256MB',
    threads: 1,
    batchLines: 10,
    maxOutageMs: 0,
    reprocess: false,
    reading: { asOf: AS_OF },
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}

const jsonLines = (versions: readonly Cells[]): string =>
  versions.map((cells) => `${JSON.stringify(documentOf(cells))}\n`).join('');

test(`answers equal those from the orders after any loads, settled or not (ESTEIRA_TEST_SEED=${seed})`, async (t) => {
  const random = randomFrom(seed);
  const { warehouse, client, marks } = await bench(t);
  let fromSums = 0;
  for (let step = 0; step < 9; step++) {
    // most batches are of recent months, some reach far back; versions may be older than what is there
    const versions = Array.from({ length: 1 + Math.floor(random() * 12) }, () =>
      drawVersion(random, Math.max(0, step * 3 + Math.floor(random() * 10) - 4)),
    ).filter(({ data_pedido: day = '' }) => step < 3 || random() < 0.15 || day >= '2026-04');
    if (versions.length > 0)
      await warehouse.load(jsonLines(versions), { name: `${step}.jsonl`, batchLines: 1 + Math.floor(random() * 8) });
    fromSums += await assertExact(client, `after load ${step}, ${await marks()}`);
    await assertSound(client);
    if (random() < 0.5) {
      await settleCohorts(client);
      assert.equal(await marks(), SETTLED);
      fromSums += await assertExact(client, `after settling ${step}`);
      await assertSound(client);
    }
  }
  assert.ok(fromSums > 10, `only ${fromSums} answers used the sums`);
  const { accepted, rejected } = (
    await client.query<{ accepted: number; rejected: number }>(
      'SELECT (SELECT count(*)::int FROM pedidos) AS accepted, (SELECT count(*)::int FROM pedidos_rejeitados) AS rejected',
    )
  ).rows[0] ?? { accepted: 0, rejected: 0 };
  assert.ok(accepted > 10 && rejected === 0, `${accepted} orders, ${rejected} rejected`);
});

test('answers are right in every snapshot while batches and settlings overlap', async (t) => {
  const random = randomFrom(seed + 1);
  const { warehouse, open } = await bench(t);
  const [settling, reading] = await Promise.all([open(), open()]);
  let isLoading = true;
  let settlings = 0;
  let looks = 0;
  const settleOn = async (): Promise<void> => {
    while (isLoading) if ((await settleCohorts(settling)).kind === 'settled') settlings += 1;
  };
  const look = async (): Promise<void> => {
    while (isLoading) {
      await assertExact(reading, `while loading, look ${looks}`);
      looks += 1;
    }
  };
  const load = async (): Promise<void> => {
    for (let file = 0; file < 3; file++) {
      const versions = Array.from({ length: 40 }, (_, n) => drawVersion(random, file * 4 + Math.floor(n / 10)));
      await warehouse.load(jsonLines(versions), { name: `${file}.jsonl`, batchLines: 4 });
    }
  };
  await Promise.all([load().finally(() => (isLoading = false)), settleOn(), look()]);
  assert.ok(settlings > 2 && looks > 2, `${settlings} settlings, ${looks} looks`);
  await settleCohorts(settling);
  await assertExact(reading, 'at the end');
  await assertSound(reading);
});

test('a batch under way that found its month marked already is not overlooked', async (t) => {
  const { warehouse, client } = await bench(t);
  await warehouse.load(csvOf([line({ id_pedido: '1' })]));
  const direct = new URL(warehouse.database.url);
  const proxy = await startWireProxy(() => ({ host: direct.hostname, port: Number(direct.port) }));
  t.after(() => proxy.close());
  const settlings: Promise<string>[] = [];
  const sprung = proxy.arm({
    phase: 'before COMMIT is executed',
    action: async () => {
      settlings.push(settledSince(client));
      // long enough to go wrong in, if it could
      await Promise.race([...settlings, sleep(500)]);
      return 'go on';
    },
  });
  await loadTexts(
    t,
    [csvOf([line({ id_pedido: '2', id_cliente: 'C2', documento: '' })])],
    proxy.url(warehouse.database.url),
    undefined,
  );
  await sprung;
  assert.deepEqual(await Promise.all(settlings), ['-infinity']);
  await assertExact(client, 'after both');
  assert.deepEqual(await warehouse.query('SELECT clientes, pedidos FROM coortes_mensais'), [
    { clientes: '2', pedidos: '2' },
  ]);
});

test('a settling that is killed or fails half way leaves right answers, and the next one does its work', async (t) => {
  const { warehouse, client, open, marks } = await bench(t);
  const order = (id: number, month: number, more: Cells = {}): Cells =>
    line({
      id_pedido: String(id),
      data_pedido: `2026-0${month}-10 12:00:00`,
      id_cliente: `C${id % 3}`,
      documento: '',
      ...more,
    });
  await warehouse.load(csvOf([order(1, 2), order(2, 3), order(3, 4), order(4, 5)]));
  await settleCohorts(client);
  await warehouse.load(csvOf([order(5, 4), order(6, 5)]));
  assert.equal(await marks(), 'alterado 2026-04-01, em_apuracao infinity');
  for (const [how, statement] of [
    ['fails', `RAISE EXCEPTION 'no'`],
    ['is killed', 'PERFORM pg_terminate_backend(pg_backend_pid())'],
  ] as const) {
    await client.query(`CREATE OR REPLACE FUNCTION para() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${statement}; RETURN NEW; END $$;
      CREATE OR REPLACE TRIGGER para BEFORE INSERT ON coortes_mensais FOR EACH ROW EXECUTE FUNCTION para()`);
    await assert.rejects(settleCohorts(await open()), how);
    // claimed, but not counted; what is loaded now marks months of its own
    assert.equal(await marks(), `alterado infinity, em_apuracao ${how === 'fails' ? '2026-04-01' : '2026-03-01'}`, how);
    assert.ok((await assertExact(client, `after it ${how}`)) > 0, 'earlier months are still read from the sums');
    await warehouse.load(csvOf([order(how === 'fails' ? 7 : 8, how === 'fails' ? 3 : 5)]));
    await assertExact(client, `after it ${how} and a batch more`);
    await assertSound(client);
  }
  await client.query('DROP TRIGGER para ON coortes_mensais');
  assert.equal(await settledSince(client), '2026-03-01');
  assert.equal(await marks(), SETTLED);
  await assertExact(client, 'at the end');
  await assertSound(client);
});

test('only what changes a cohort marks its month: not a repeated file, an order not paid, a state of delivery', async (t) => {
  const { warehouse, client, marks } = await bench(t);
  const order = (id: number, month: number, more: Cells = {}): Cells =>
    line({ id_pedido: String(id), data_pedido: `2026-0${month}-10 12:00:00`, documento: '', ...more });
  const first = csvOf([order(1, 2), order(2, 3), order(3, 4, { status: 'Pendente' })]);
  await warehouse.load(first);
  assert.equal(await marks(), 'alterado -infinity, em_apuracao infinity', 'nothing was ever settled');
  const marked = async (text: string, name = 'pedidos.csv'): Promise<string> => {
    await settleCohorts(client);
    assert.equal(await marks(), SETTLED);
    await warehouse.load(text, { name });
    await assertExact(client, name);
    return (await marks()).replace('alterado ', '').replace(', em_apuracao infinity', '');
  };
  const later = (hour: number, more: Cells): Cells => ({ atualizado_em: `2026-05-01 ${hour}:00:00`, ...more });
  assert.equal(await marked(first), 'infinity', 'the same file');
  assert.equal(await marked(csvOf([order(1, 2), order(2, 3)]), 'outro.csv'), 'infinity', 'the same versions');
  assert.equal(
    await marked(csvOf([order(1, 2, { atualizado_em: '2026-02-11 10:00:00' })])),
    'infinity',
    'an old version',
  );
  assert.equal(await marked(csvOf([order(4, 1, { status: 'Pendente' })])), 'infinity', 'a new order that is not paid');
  assert.equal(
    await marked(csvOf([order(1, 2, later(10, { situacao_entrega: 'Entregue' }))])),
    'infinity',
    'delivered',
  );
  assert.equal(await marked(csvOf([order(1, 2, later(10, { status: 'talvez' }))])), 'infinity', 'rejected');
  assert.equal(await marked(csvOf([order(5, 5)])), '2026-05-01', 'a new order');
  assert.equal(await marked(csvOf([order(3, 4, later(11, {}))])), '2026-04-01', 'paid now');
  assert.equal(
    await marked(csvOf([order(3, 3, later(12, {}))])),
    '2026-03-01',
    'a day of sale that was wrong: the new one',
  );
  assert.equal(
    await marked(csvOf([order(3, 4, later(13, {}))])),
    '2026-03-01',
    'a day of sale that was wrong: the old one',
  );
  assert.equal(await marked(csvOf([order(2, 3, later(13, { id_cliente: 'C9' }))])), '2026-03-01', 'another customer');
  assert.equal(
    await marked(csvOf([order(1, 2, later(14, { status: 'Cancelado' })), order(6, 4)])),
    '2026-02-01',
    'no longer paid',
  );
  assert.equal(
    await marked(csvOf([order(5, 5, later(15, { excluido_em: '2026-05-02 10:00:00' }))])),
    '2026-05-01',
    'deleted',
  );
});

test('loading files settles after the last, and a settling that fails is told and fails nothing', async (t) => {
  const { warehouse, marks } = await bench(t);
  const told: string[] = [];
  const load = (...ids: string[]): Promise<LoadReport> =>
    loadTexts(
      t,
      ids.map((id) => csvOf([line({ id_pedido: id })])),
      warehouse.database.url,
      ({ kind }) => told.push(kind),
    );
  await load('1', '2');
  assert.equal(await marks(), SETTLED);
  assert.deepEqual(
    told.filter((kind) => kind !== 'reading' && kind !== 'staged'),
    ['loaded', 'loaded', 'settling', 'settled'],
  );
  await warehouse.query(`ALTER TABLE coortes_mensais ADD CONSTRAINT nenhum CHECK (pedidos < 0) NOT VALID`);
  assert.equal((await load('3')).totals.aceitos, 1);
  assert.equal(told.at(-1), 'unsettled');
  assert.equal(await marks(), 'alterado infinity, em_apuracao 2026-03-01');
});

test('of two settlings at once one does the work, and one that has nothing to do writes nothing', async (t) => {
  const { warehouse, client, open, marks } = await bench(t);
  await warehouse.load(csvOf([line({})]));
  const other = await open();
  await other.query('SELECT pg_advisory_lock(7243002)');
  assert.equal((await settleCohorts(client)).kind, 'busy');
  assert.equal(await marks(), 'alterado -infinity, em_apuracao infinity');
  await other.query('SELECT pg_advisory_unlock_all()');
  assert.equal(await settledSince(client), '-infinity');
  const where = 'SELECT ctid, xmin FROM esteira.apuracao_coortes ORDER BY 1';
  const before = await warehouse.query(where);
  assert.equal((await settleCohorts(client)).kind, 'nothing');
  assert.deepEqual(await warehouse.query(where), before);
});

test('processes that go on loading keep a pause of twenty times what the last settling took, all together', async (t) => {
  const { warehouse, client, open } = await bench(t);
  await warehouse.load(csvOf([line({})]));
  await client.query(`CREATE FUNCTION demora() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END $$;
    CREATE TRIGGER demora BEFORE INSERT ON coortes_mensais FOR EACH ROW EXECUTE FUNCTION demora()`);
  assert.equal((await settleCohorts(client, { isPaced: true })).kind, 'settled', 'the first one waits for nothing');
  const endedMs = performance.now();
  await warehouse.load(csvOf([line({ id_pedido: '2' })]));
  const other = await open();
  assert.equal((await settleCohorts(other, { isPaced: true })).kind, 'busy');
  await waitFor(async () => assert.equal((await settleCohorts(other, { isPaced: true })).kind, 'settled'));
  assert.ok(performance.now() - endedMs > 1_800, `after ${performance.now() - endedMs} ms`);
  await warehouse.load(csvOf([line({ id_pedido: '3' })]));
  assert.equal(await settledSince(client), '2026-03-01', 'the end of a command does not wait');
});

test('a loader that is behind puts settling off', async (t) => {
  const { warehouse, marks } = await bench(t);
  await warehouse.load(csvOf([line({})]));
  let isBehind = true;
  const told: string[] = [];
  const settler = new Settler({
    url: warehouse.database.url,
    isBehind: () => isBehind,
    onSettle: ({ kind }) => told.push(kind),
  });
  settler.changed();
  await sleep(500);
  assert.deepEqual(told, []);
  assert.equal(await marks(), 'alterado -infinity, em_apuracao infinity');
  isBehind = false;
  await waitFor(async () => assert.deepEqual(told, ['settling', 'settled']), 20_000);
  assert.equal(await marks(), 'alterado infinity, em_apuracao infinity');
  await settler.close();
});

test('what a batch brings while cohorts are counted is told to be left', async (t) => {
  const { warehouse, client, open } = await bench(t);
  await warehouse.load(csvOf([line({})]));
  const other = await open();
  // counting waits for this table, and a batch comes meanwhile
  await other.query('BEGIN; LOCK TABLE coortes_mensais IN SHARE MODE');
  const settling = settleCohorts(client);
  await waitFor(async () => {
    const [row] = await warehouse.query(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'DELETE FROM coortes_mensais%'`,
    );
    assert.equal(String(row?.['n']), '1');
  });
  await warehouse.load(csvOf([line({ id_pedido: '2' })]), { name: 'outro.csv' });
  await other.query('COMMIT');
  assert.deepEqual(await settling.then((settled) => settled.kind === 'settled' && settled.isLeft), true);
  assert.equal(await settledSince(client), '2026-03-01');
});
