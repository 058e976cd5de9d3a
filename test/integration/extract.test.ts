// `esteira extract` against a real HTTP store that changes while being read, into a real PostgreSQL: whoever is killed at whatever moment, the warehouse
// ends with exactly what the store has. The expected state is the store's own snapshot, which no code of the loading path has touched.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { packagePath } from '../../src/lib/paths.ts';
import { extract, type ExtractOptions, type ExtractReport } from '../../src/pipeline/extract.ts';
import { startStore, type RunningStore, type StoreOptions } from '../../src/sources/mock/server/server.ts';
import { mockStore } from '../../src/sources/mock/source.ts';
import { emptyWarehouse, type Warehouse } from '../support/load.ts';

const MAIN = packagePath('src', 'cli', 'main.ts');
/** 2026-11-20T12:00:00Z. */
const START_MS = 1_795_176_000_000;
/** Everything but what the pipeline writes about itself. */
const TABLES = [
  'pedidos',
  'itens_pedido',
  'pagamentos',
  'clientes',
  'produtos',
  'historico_status',
  'pedidos_rejeitados',
  'pedidos_diarios',
  'vendas_categoria',
  'vendas_produto_diarias',
  'vendas_produto_regiao',
  'pagamentos_diarios',
  'pagamentos_mensais',
  'mudancas_diarias',
];

interface Finished {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}

/** The real program in a process of its own; variables of the machine that runs the tests do not reach it. */
function esteira(args: readonly string[], env: Readonly<Record<string, string>>): Running {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ESTEIRA_')));
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...clean, ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  return {
    child,
    finished: once(child, 'close').then(() => ({ code: child.exitCode ?? child.signalCode, stdout, stderr })),
  };
}

/** Variables for a store and a warehouse: small pages and batches, so that there are many moments to be killed at. */
function envOf(
  url: string,
  warehouse: Warehouse | null,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    ESTEIRA_MOCK_URL: url,
    ESTEIRA_MOCK_PAGE_SIZE: '20',
    ESTEIRA_MOCK_REQUESTS_PER_SECOND: '60',
    // more than any store here lags behind, and little enough not to read all of a short test again
    ESTEIRA_MOCK_OVERLAP_SECONDS: '10',
    ESTEIRA_BATCH_LINES: '40',
    ESTEIRA_MAX_OUTAGE: '30s',
    ...(warehouse === null ? {} : { ESTEIRA_WAREHOUSE_URL: warehouse.database.url }),
    ...more,
  };
}

async function storeOf(t: TestContext, options: StoreOptions): Promise<RunningStore> {
  const store = await startStore(options);
  t.after(() => store.close());
  return store;
}

/** One extraction in this process, into a store with a virtual clock. */
function extractHere(
  warehouse: Warehouse,
  url: string,
  options: Partial<ExtractOptions> = {},
  settings: Record<string, string> = {},
): Promise<ExtractReport> {
  const pace = { now: () => Date.now(), sleep: (ms: number) => delay(Math.min(ms, 5)), random: () => 0.5 };
  const reader = mockStore.open({ settings: { url, pageSize: '50', requestsPerSecond: '10000', ...settings }, pace });
  return extract(reader, {
    store: 'mock',
    warehouseUrl: warehouse.database.url,
    memoryLimit: '512MB',
    threads: 1,
    batchLines: 200,
    maxOutageMs: 10_000,
    ...options,
  });
}

type Document = Record<string, unknown> & {
  itens: Record<string, unknown>[];
  pagamentos: Record<string, unknown>[];
  entrega: Record<string, unknown>;
};
const text = (value: unknown): string | null =>
  value === undefined || value === null ? null : typeof value === 'string' ? value : JSON.stringify(value);
const money = (value: unknown): string | null =>
  value === undefined || value === null ? null : Number(value).toFixed(2);

/** The store's current orders in the columns compared below, by order number. */
function expectedOrders(store: RunningStore): Map<string, unknown> {
  return new Map(
    (store.snapshot('mock') as Document[]).map((order) => [
      String(order['id_pedido']),
      {
        atualizado_em: new Date(String(order['atualizado_em'])).toISOString(),
        data_pedido: new Date(String(order['data_pedido'])).toISOString(),
        canal: text(order['canal']),
        status: text(order['status']),
        situacao_entrega: text(order['situacao_entrega']),
        frete: money(order['frete'] ?? 0),
        desconto: money(order['desconto'] ?? 0),
        valor_total: money(order['valor_total']),
        uf: text(order.entrega['uf']),
        itens: order.itens
          .map((item) =>
            [
              text(item['sku']),
              Number(item['quantidade']),
              money(item['preco_unitario']),
              money(item['desconto'] ?? 0),
            ].join('|'),
          )
          .join(' '),
        pagamentos: order.pagamentos
          .map((payment) => [text(payment['forma']), money(payment['valor'])].join('|'))
          .join(' '),
      },
    ]),
  );
}

async function storedOrders(warehouse: Warehouse): Promise<Map<string, unknown>> {
  const rows = await warehouse.query(`
    SELECT p.*,
      (SELECT string_agg(concat_ws('|', i.sku, i.quantidade, i.preco_unitario::numeric(14,2), i.desconto), ' ' ORDER BY i.n_item)
         FROM itens_pedido i WHERE i.loja = p.loja AND i.id_pedido = p.id_pedido) AS lista_itens,
      (SELECT string_agg(concat_ws('|', g.forma, g.valor), ' ' ORDER BY g.n_pagamento) FROM pagamentos g WHERE g.loja = p.loja AND g.id_pedido = p.id_pedido) AS lista_pagamentos
    FROM pedidos p`);
  const iso = (time: string | null | undefined): string =>
    new Date(`${(time ?? '').replace(' ', 'T').replace(/\+00$/, '')}Z`).toISOString();
  return new Map(
    rows.map((row) => [
      row['id_pedido'] ?? '',
      {
        atualizado_em: iso(row['atualizado_em']),
        data_pedido: iso(row['data_pedido']),
        canal: row['canal'],
        status: row['status'],
        situacao_entrega: row['situacao_entrega'],
        frete: row['frete'],
        desconto: row['desconto'],
        valor_total: row['valor_total'],
        uf: row['uf'],
        itens: row['lista_itens'] ?? '',
        pagamentos: row['lista_pagamentos'] ?? '',
      },
    ]),
  );
}

/** The warehouse holds the newest version of every order of the store, and nothing else; its rollups and its ledger agree with it. */
async function assertSame(warehouse: Warehouse, store: RunningStore): Promise<void> {
  const expected = expectedOrders(store);
  const stored = await storedOrders(warehouse);
  assert.deepEqual(
    [...stored.keys()].toSorted((a, b) => a.localeCompare(b)),
    [...expected.keys()].toSorted((a, b) => a.localeCompare(b)),
    warehouse.database.hint,
  );
  for (const [id, order] of expected)
    assert.deepEqual(stored.get(id), order, `order ${id}; ${warehouse.database.hint}`);
  const [sums] = await warehouse.query(`
    SELECT (SELECT count(*) FROM itens_pedido) AS itens, (SELECT sum(quantidade) FROM itens_pedido) AS unidades, (SELECT sum(unidades) FROM vendas_categoria) AS unidades_somadas,
      (SELECT count(*) FROM pedidos) AS pedidos, (SELECT COALESCE(sum(pedidos), 0) FROM pedidos_diarios) AS pedidos_somados,
      (SELECT COALESCE(sum(valor_total), 0) FROM pedidos) AS valor, (SELECT COALESCE(sum(valor_total), 0) FROM pedidos_diarios) AS valor_somado,
      (SELECT count(*) FROM pedidos_rejeitados) AS rejeitados,
      (SELECT count(*) FROM historico_status) AS versoes, (SELECT COALESCE(sum(aceitos + antigos), 0) FROM esteira.lotes) AS versoes_contadas`);
  const items = (store.snapshot('mock') as Document[]).reduce((count, order) => count + order.itens.length, 0);
  assert.equal(Number(sums?.['itens']), items, warehouse.database.hint);
  assert.equal(sums?.['unidades_somadas'], sums?.['unidades'], warehouse.database.hint);
  assert.equal(sums?.['pedidos_somados'], sums?.['pedidos'], warehouse.database.hint);
  assert.equal(sums?.['valor_somado'], sums?.['valor'], warehouse.database.hint);
  assert.equal(sums?.['rejeitados'], '0', warehouse.database.hint);
  assert.equal(sums?.['versoes'], sums?.['versoes_contadas'], warehouse.database.hint);
  // Only versions that the store really gave out are in the history.
  for (const row of await warehouse.query(
    `SELECT id_pedido, to_char(atualizado_em, 'YYYY-MM-DD"T"HH24:MI:SS".000Z"') AS em FROM historico_status`,
  )) {
    assert.ok(
      store.versionsServed.get(row['id_pedido'] ?? '')?.has(row['em'] ?? ''),
      `${row['id_pedido']} at ${row['em']}; ${warehouse.database.hint}`,
    );
  }
}

/** Changes when any row outside `esteira` is written, even with the same values. */
async function fingerprint(warehouse: Warehouse): Promise<Record<string, string | null>> {
  const found: Record<string, string | null> = {};
  for (const table of TABLES) {
    const [row] = await warehouse.query(
      `SELECT count(*) || ' ' || COALESCE(md5(string_agg(md5(t.xmin::text || t.ctid::text || t::text), '' ORDER BY t::text)), '') AS all_rows FROM ${table} t`,
    );
    found[table] = row?.['all_rows'] ?? null;
  }
  return found;
}

async function batchCount(warehouse: Warehouse): Promise<number> {
  return Number((await warehouse.query('SELECT count(*) AS n FROM esteira.lotes'))[0]?.['n']);
}

/** Draws in [0, 1) that can be had again: the seed is printed. */
function seededRandom(t: TestContext): { seed: number; random: () => number } {
  const seed = Number(process.env['ESTEIRA_TEST_SEED'] ?? Date.now() % 100_000);
  t.diagnostic(`ESTEIRA_TEST_SEED=${seed}`);
  let state = seed;
  return { seed, random: () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) / 4_294_967_296 };
}

describe('extract into the warehouse', () => {
  test(
    'killed at random moments while orders change, it ends with exactly what the store has, and a further run changes nothing',
    { timeout: 400_000 },
    async (t) => {
      const { seed, random } = seededRandom(t);
      const warehouse = await emptyWarehouse(t);
      const store = await storeOf(t, {
        orders: 500,
        seed,
        errors: 0.04,
        rate: 0,
        slowMs: 300,
        churn: { perSecond: 12 },
        indexLagSeconds: 2,
        bulkTieCount: 70,
      });
      const env = envOf(store.url, warehouse);
      let killedLoading = 0;
      for (let kill = 1; kill <= 6; kill += 1) {
        const before = await batchCount(warehouse);
        const { child, finished } = esteira(['extract', '--store', 'mock'], env);
        // somewhere in the life of its next few batches: reading, transforming, inside the transaction, around COMMIT
        const wanted = before + Math.floor(random() * 4);
        while (child.exitCode === null && (await batchCount(warehouse)) < wanted) await delay(10);
        await delay(random() * (wanted === before ? 2500 : 250));
        child.kill('SIGKILL');
        const { code } = await finished;
        if (code === 'SIGKILL' && (await batchCount(warehouse)) > before) killedLoading += 1;
      }
      t.diagnostic(`${killedLoading} of 6 processes had committed batches when they were killed`);
      assert.ok(killedLoading >= 2, `only ${killedLoading} processes were killed while loading`);

      store.freeze();
      await delay(3100);
      const whole = { ...env, ESTEIRA_BATCH_LINES: '1000' };
      const { code, stderr } = await esteira(['extract', '--store', 'mock'], whole).finished;
      assert.equal(code, 0, stderr);
      await assertSame(warehouse, store);

      const unchanged = await fingerprint(warehouse);
      const again = await esteira(['extract', '--store', 'mock', '--json'], whole).finished;
      assert.equal(again.code, 0, again.stderr);
      const report = JSON.parse(again.stdout) as ExtractReport;
      assert.deepEqual([report.totals.aceitos, report.totals.antigos, report.totals.rejeitados], [0, 0, 0]);
      assert.deepEqual(await fingerprint(warehouse), unchanged, warehouse.database.hint);
    },
  );

  test(
    'two processes at the same store do not tread on each other: the slower one goes on from where the other is',
    { timeout: 300_000 },
    async (t) => {
      const warehouse = await emptyWarehouse(t);
      const store = await storeOf(t, { orders: 400, seed: 3, churn: { perSecond: 10 } });
      const env = envOf(store.url, warehouse);
      const both = [
        esteira(['extract', '--store', 'mock', '--json'], env),
        esteira(['extract', '--store', 'mock', '--json'], env),
      ];
      const reports: ExtractReport[] = [];
      for (const { finished } of both) {
        const { code, stdout, stderr } = await finished;
        assert.equal(code, 0, stderr);
        reports.push(JSON.parse(stdout) as ExtractReport);
      }
      assert.ok(
        reports.some((report) => report.overtakenCount > 0),
        'the two never met',
      );
      store.freeze();
      await delay(1100);
      const { code, stderr } = await esteira(['extract', '--store', 'mock'], env).finished;
      assert.equal(code, 0, stderr);
      await assertSame(warehouse, store);
      // what each of them says it committed is what the ledger has
      const [ledger] = await warehouse.query('SELECT sum(lidos) AS lidos FROM esteira.lotes');
      assert.ok(Number(ledger?.['lidos']) >= reports.reduce((sum, report) => sum + report.totals.lidos, 0));
    },
  );

  test(
    'Ctrl-C ends it with 130 and SIGTERM with 0, and the same command goes on from there',
    { timeout: 200_000 },
    async (t) => {
      const warehouse = await emptyWarehouse(t);
      const store = await storeOf(t, { orders: 400, seed: 4 });
      const env = envOf(store.url, warehouse, { ESTEIRA_MOCK_REQUESTS_PER_SECOND: '15' });
      for (const [signal, expected] of [
        ['SIGINT', 130],
        ['SIGTERM', 0],
      ] as const) {
        const before = await batchCount(warehouse);
        const { child, finished } = esteira(['extract', '--store', 'mock'], env);
        while (child.exitCode === null && (await batchCount(warehouse)) <= before) await delay(10);
        child.kill(signal);
        const { code, stderr } = await finished;
        assert.equal(code, expected, stderr);
        assert.match(stderr, /go on from here/);
      }
      const [position] = await warehouse.query('SELECT posicao FROM esteira.posicoes');
      assert.notEqual(
        (JSON.parse(position?.['posicao'] ?? '{}') as { window: unknown }).window,
        null,
        'it was stopped before its window was finished',
      );
      const { code } = await esteira(
        ['extract', '--store', 'mock'],
        envOf(store.url, warehouse, { ESTEIRA_BATCH_LINES: '1000' }),
      ).finished;
      assert.equal(code, 0);
      await assertSame(warehouse, store);
    },
  );

  test(
    'a warehouse that drops the connection again and again costs nothing but time',
    { timeout: 200_000 },
    async (t) => {
      const { seed, random } = seededRandom(t);
      const warehouse = await emptyWarehouse(t);
      const store = await storeOf(t, { orders: 500, seed, startMs: START_MS });
      const superuser = new pg.Client(warehouse.database.superuserUrl);
      await superuser.connect();
      const waits: string[] = [];
      let isDone = false;
      const done = extractHere(warehouse, store.url, {
        batchLines: 100,
        maxOutageMs: 40_000,
        onProgress: (progress) => void (progress.kind === 'waiting' && waits.push(progress.reason)),
      }).finally(() => (isDone = true));
      // eight times in all: a loader that is cut off faster than it can commit is right to give up
      for (let cut = 1; cut <= 8 && !isDone; cut += 1) {
        await delay(100 + random() * 900);
        await superuser.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'esteira loader'`,
          [warehouse.database.name],
        );
      }
      await superuser.end();
      const report = await done;
      assert.ok(waits.length > 0, 'the connection was never dropped while it was needed');
      await assertSame(warehouse, store);
      assert.equal(report.totals.aceitos, 500, 'a batch whose answer was lost is counted once');
    },
  );

  test('only what changed since the last run is read, and --since reaches further back', async (t) => {
    const warehouse = await emptyWarehouse(t);
    const store = await storeOf(t, { orders: 400, seed: 5, startMs: START_MS, bulkTieCount: 0 });
    const changed = (from: number, to: number): number =>
      store
        .snapshot()
        .filter(
          (order) =>
            Date.parse(String(order['atualizado_em'])) >= from && Date.parse(String(order['atualizado_em'])) <= to,
        ).length;
    const since = new Date(START_MS - 20 * 86_400_000);
    const until = new Date(START_MS - 10 * 86_400_000);

    const first = await extractHere(warehouse, store.url, { since, until });
    assert.equal(first.totals.aceitos, changed(since.getTime(), until.getTime()));
    assert.equal(first.readUntil, until.toISOString());
    const second = await extractHere(warehouse, store.url);
    assert.equal(second.totals.aceitos, changed(until.getTime() + 1000, START_MS));
    store.advance(3_600_000);
    store.change(30);
    const third = await extractHere(warehouse, store.url);
    assert.equal(third.totals.aceitos, changed(START_MS + 1000, store.now()));
    assert.ok(third.orderCount < 60, `${third.orderCount} orders were read for 30 changes`);
    await extractHere(warehouse, store.url, { since: new Date('2000-01-01T00:00:00Z') });
    await assertSame(warehouse, store);

    // a reading of the past brings the position back to where it was: what comes after it is still read
    await extractHere(warehouse, store.url, { since, until });
    store.advance(60_000);
    store.change(20);
    await extractHere(warehouse, store.url);
    await assertSame(warehouse, store);
  });

  test('a store without orders is read to its end, and its first orders arrive with the next run', async (t) => {
    const warehouse = await emptyWarehouse(t);
    const store = await storeOf(t, { orders: 0, seed: 6, startMs: START_MS });
    const empty = await extractHere(warehouse, store.url);
    assert.deepEqual([empty.totals.lidos, empty.readUntil], [0, new Date(START_MS).toISOString()]);
    store.advance(60_000);
    store.change(25);
    await extractHere(warehouse, store.url);
    await assertSame(warehouse, store);
    const [source] = await warehouse.query('SELECT tipo, nome, perfil FROM esteira.fontes');
    assert.deepEqual({ ...source }, { tipo: 'loja', nome: 'mock', perfil: 'mock' });
  });

  test('what is no good order goes to the quarantine with its document, and is not counted twice when it is read again', async (t) => {
    const warehouse = await emptyWarehouse(t);
    const good = {
      id: 1,
      created_at: '2026-11-01T10:00:00+0000',
      updated_at: '2026-11-02T10:00:00+0000',
      storefront: 'mobile',
      status: 'open',
      payment_status: 'paid',
      shipping_status: 'shipped',
      shipping_address: { zipcode: '13010001', city: 'Campinas', province: 'SP' },
      products: [{ sku: 'A', name: 'Caneca', category: 'Casa', quantity: 2, price: '50.00', discount: '0.00' }],
      payment_details: { method: 'pix', installments: 1, value: '100.00' },
      shipping_cost: '0.00',
      discount: '0.00',
      total: '100.00',
      currency: 'BRL',
    };
    const orders = [good, { ...good, id: 2, payment_status: 'in_dispute' }, null, 7];
    const server = createServer(
      (_request, response: ServerResponse) =>
        void response
          .writeHead(200, { date: new Date(START_MS).toUTCString(), 'content-type': 'application/json' })
          .end(JSON.stringify(orders)),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => void server.close());
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;

    const first = await extractHere(warehouse, url, {}, { overlapSeconds: '604800' });
    assert.deepEqual([first.totals.lidos, first.totals.aceitos, first.totals.rejeitados], [4, 1, 3]);
    const rows = await warehouse.rejected();
    assert.deepEqual(
      rows.map((row) => [
        row['loja'],
        row['id_pedido'],
        row['motivos'],
        row['fonte'],
        row['linha'],
        row['formato'],
        row['perfil'],
      ]),
      [
        ['mock', null, 'JSON_INVALIDO', 'mock', null, 'jsonl', 'esteira'],
        ['mock', null, 'JSON_INVALIDO', 'mock', null, 'jsonl', 'esteira'],
        ['mock', '2', 'STATUS_DESCONHECIDO', 'mock', null, 'jsonl', 'esteira'],
      ].toSorted(
        (left, right) =>
          rows.findIndex((row) => row['id_pedido'] === left[1]) -
          rows.findIndex((row) => row['id_pedido'] === right[1]),
      ),
    );
    assert.deepEqual(
      rows
        .filter((row) => row['id_pedido'] === null)
        .map((row) => row['original'])
        .toSorted((a, b) => String(a).localeCompare(String(b))),
      ['7', 'null'],
    );
    assert.equal(
      (JSON.parse(rows.find((row) => row['id_pedido'] === '2')?.['original'] ?? '{}') as { status?: string }).status,
      'in_dispute',
    );
    assert.deepEqual(
      first.rejections.map(({ reason, count }) => [reason, count]),
      [
        ['JSON_INVALIDO', 2],
        ['STATUS_DESCONHECIDO', 1],
      ],
    );

    const again = await extractHere(warehouse, url, {}, { overlapSeconds: '604800' });
    assert.deepEqual(
      [again.totals.aceitos, again.totals.rejeitados, again.totals.duplicados],
      [0, 0, again.totals.lidos],
    );
    assert.equal((await warehouse.rejected()).length, 3);
  });

  test('a position that this version did not write stops it before anything is read', async (t) => {
    const warehouse = await emptyWarehouse(t);
    const store = await storeOf(t, { orders: 50, seed: 7, startMs: START_MS });
    await extractHere(warehouse, store.url);
    for (const position of ['{"version":9}', 'ontem', '7']) {
      await warehouse.query('UPDATE esteira.posicoes SET posicao = $1', [position]);
      await assert.rejects(extractHere(warehouse, store.url), { code: 'POSITION_LOST', exit: 4 }, position);
    }
  });
});

describe('how extract ends', () => {
  test(
    'a refused token, a store that stays down, an unknown store and contradicting options have their exit codes',
    { timeout: 200_000 },
    async (t) => {
      const warehouse = await emptyWarehouse(t);
      const store = await storeOf(t, { orders: 10, seed: 8 });
      const run = (args: string[], more: Record<string, string> = {}): Promise<Finished> =>
        esteira(['extract', ...args], envOf(store.url, warehouse, more)).finished;

      const refused = await run(['--store', 'mock'], { ESTEIRA_MOCK_TOKEN: 'senha-errada' });
      assert.equal(refused.code, 2);
      assert.match(refused.stderr, /STORE_TOKEN_REFUSED/);
      assert.doesNotMatch(refused.stdout + refused.stderr, /senha-errada/);

      const down = await run(['--store', 'mock', '--max-outage', '1s'], { ESTEIRA_MOCK_URL: 'http://127.0.0.1:1' });
      assert.equal(down.code, 3);
      assert.match(down.stderr, /STORE_UNREACHABLE/);

      const cases: [string[], RegExp][] = [
        [['--store', 'outra'], /STORE_UNKNOWN/],
        [['--store', 'mock', '--to', 'file'], /--out orders\.jsonl/],
        [['--store', 'mock', '--out', 'x.jsonl'], /--to file/],
        [['--store', 'mock', '--since', 'ontem'], /2026-11-01/],
        [['--store', 'mock', '--since', '2026-02-01', '--until', '2026-01-01'], /later/],
        [[], /--store/],
      ];
      for (const [args, message] of cases) {
        const { code, stderr } = await run(args);
        assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
        assert.match(stderr, message);
      }
      assert.equal(await batchCount(warehouse), 0);
    },
  );
});

describe('extract into a file', () => {
  test(
    'the file holds every order of the period as the contract says, and loads like any other',
    { timeout: 200_000 },
    async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'esteira-extract-'));
      t.after(() => rm(folder, { recursive: true, force: true }));
      const out = join(folder, 'pedidos.jsonl');
      const store = await storeOf(t, { orders: 300, seed: 9, errors: 0.05, slowMs: 200 });
      const { code, stdout, stderr } = await esteira(
        ['extract', '--store', 'mock', '--to', 'file', '--out', out, '--json'],
        envOf(store.url, null),
      ).finished;
      assert.equal(code, 0, stderr);
      assert.equal((JSON.parse(stdout) as { orderCount: number }).orderCount >= 300, true);
      const lines = (await readFile(out, 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Document);
      assert.deepEqual(
        new Set(lines.map((order) => order['id_pedido'])),
        new Set(store.snapshot().map((order) => order['id_pedido'])),
      );
      const warehouse = await emptyWarehouse(t);
      await warehouse.loadPath(out, { asOf: new Date() });
      assert.deepEqual(await storedOrders(warehouse), expectedOrders(store));
    },
  );

  test(
    'when the store fails half-way, what stood there before stays and no draft is left',
    { timeout: 200_000 },
    async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'esteira-extract-'));
      t.after(() => rm(folder, { recursive: true, force: true }));
      const out = join(folder, 'pedidos.jsonl');
      await writeFile(out, 'what was there before\n');
      const store = await storeOf(t, { orders: 300, seed: 10 });
      const { child, finished } = esteira(
        ['extract', '--store', 'mock', '--to', 'file', '--out', out, '--max-outage', '1s'],
        envOf(store.url, null, { ESTEIRA_MOCK_REQUESTS_PER_SECOND: '5' }),
      );
      while (child.exitCode === null && store.counters.pages < 5) await delay(10);
      assert.ok((await readdir(folder)).length > 1, 'the draft is beside the file');
      await store.close();
      const { code } = await finished;
      assert.equal(code, 3);
      assert.equal(await readFile(out, 'utf8'), 'what was there before\n');
      assert.deepEqual(await readdir(folder), ['pedidos.jsonl']);
      assert.ok(existsSync(out));
    },
  );
});
