// From the figures down to what they are made of, in a real browser: states to cities to orders to one order's history, reasons to rejected records.
// And charts taken away as files.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ANALYSES } from '../../src/catalog/analyses.ts';
import { browser, browserMissing, closeBrowser, dashboardOver, openPage } from '../support/browser.ts';
import { csvOf, line, loaded, type Warehouse } from '../support/load.ts';

const skip = browserMissing;
after(closeBrowser);

/** What `esteira query NAME --json` prints. */
function query(warehouseUrl: string, name: string, [from = '', to = '']: readonly string[]): Promise<unknown> {
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [main, 'query', name, '--from', from, '--to', to, '--json'],
      { env: { ...process.env, ESTEIRA_WAREHOUSE_URL: warehouseUrl } },
      (error, stdout) => (error === null ? resolve(JSON.parse(stdout)) : reject(error)),
    );
  });
}

type Scope = Parameters<typeof loaded>[0];

/** Two orders of Campinas, one of São Paulo, one of Niterói; order 1 came as Pendente first; order 8 has two faults, order 9 one. */
function someOrders(t: Scope): Promise<Warehouse> {
  return loaded(
    t,
    csvOf([
      line({
        id_pedido: '1',
        data_pedido: '2026-10-05 10:00:00',
        atualizado_em: '2026-10-05 11:00:00',
        status: 'Pendente',
      }),
      line({ id_pedido: '1', data_pedido: '2026-10-05 10:00:00', atualizado_em: '2026-10-07 09:30:00' }),
      line({ id_pedido: '2', data_pedido: '2026-10-06 10:00:00', atualizado_em: '2026-10-06 11:00:00' }),
      line({
        id_pedido: '3',
        data_pedido: '2026-10-07 10:00:00',
        atualizado_em: '2026-10-07 11:00:00',
        cidade: 'São Paulo',
        cep: '01310-100',
      }),
      line({
        id_pedido: '4',
        data_pedido: '2026-10-08 10:00:00',
        atualizado_em: '2026-10-08 11:00:00',
        uf: 'RJ',
        cidade: 'Niterói',
        cep: '24020-005',
      }),
      line({
        id_pedido: '8',
        data_pedido: '2026-10-08 10:00:00',
        atualizado_em: '2026-10-08 11:00:00',
        status: 'ana@example.com',
        quantidade: '-2',
      }),
      line({
        id_pedido: '9',
        data_pedido: '2026-10-09 10:00:00',
        atualizado_em: '2026-10-09 11:00:00',
        status: 'XPTO',
      }),
    ]),
  );
}

test(
  'a state leads to its cities, a city to its orders, an order to its history, and the way back is there',
  { skip },
  async (t) => {
    const warehouse = await someOrders(t);
    const { page, problems } = await openPage(t, await dashboardOver(t, warehouse.database));
    await page.click('.map a[href*="uf=SP"]');
    await page.waitForURL(/\?uf=SP$/);
    // the others are still there to go to
    assert.equal(await page.locator('.map a[href*="uf=RJ"]').count(), 1);
    assert.equal(await page.locator('.map a[aria-current]').getAttribute('href'), '/');
    // 110.00 each: two orders of Campinas, one of São Paulo
    const cities = await page.locator('[data-card="cities"] tbody tr').allInnerTexts();
    assert.deepEqual(
      cities.map((row) => row.split('\t').slice(0, 3)),
      [
        ['Campinas', '2', 'R$\u00A0220,00'],
        ['São Paulo', '1', 'R$\u00A0110,00'],
      ],
    );
    await page.click('[data-card="cities"] a >> text=Campinas');
    await page.waitForURL(/\/orders\?uf=SP&city=3509502$/);
    assert.deepEqual(await page.locator('[data-card="orders"] td:first-child').allInnerTexts(), ['2', '1']);
    await page.reload();
    await page.click('[data-card="orders"] td a >> text="1"');
    await page.waitForURL(/order=1/);
    const events = await page.locator('.timeline li').allInnerTexts();
    assert.deepEqual(
      events.map((text) => text.replaceAll(/\s+/g, ' ').trim()),
      [
        '05/10/2026 10:00 Pedido feito',
        '05/10/2026 11:00 Primeira versão conhecida Pendente Enviado R$ 110,00',
        '07/10/2026 09:30 Mudou de status Pago Enviado R$ 110,00 versão atual',
      ],
    );
    assert.match(await page.innerText('[data-card="order-items"]'), /Caneca azul/);
    assert.match(await page.innerText('[data-card="order-payments"]'), /Pix/);
    assert.doesNotMatch(await page.content(), /Ana Lima|529\.?982|ana@example|987654321|13010/);
    await page.click('.crumbs a');
    await page.waitForURL(/\/orders\?uf=SP&store=loja$/);
    assert.deepEqual(problems, []);
  },
);

test(
  'an order is found by its number from any page, whatever the filters, and an unknown one is told',
  { skip },
  async (t) => {
    const warehouse = await someOrders(t);
    const { page } = await openPage(t, `${await dashboardOver(t, warehouse.database)}/analyses?period=7d&channel=App`);
    await page.fill('[role="search"] input[name="order"]', '4');
    await page.press('[role="search"] input[name="order"]', 'Enter');
    await page.waitForURL(/\/orders\?order=4$/);
    assert.match(await page.innerText('.facts'), /Niterói · RJ/);
    await page.fill('[role="search"] input[name="order"]', "4' OR '1'='1");
    await page.press('[role="search"] input[name="order"]', 'Enter');
    assert.match(await page.innerText('[data-card="order"]'), /Nenhum pedido com este número/);
    // only ever rejected
    await page.fill('[role="search"] input[name="order"]', '9');
    await page.press('[role="search"] input[name="order"]', 'Enter');
    await page.click('[data-card="order"] a >> text=/Status desconhecido/i');
    assert.match(await page.innerText('[data-card="rejected-order"]'), /status = XPTO/);
  },
);

test(
  'a reason leads to its records, and a record tells all its reasons and how to see the original, without showing it',
  { skip },
  async (t) => {
    const warehouse = await someOrders(t);
    const { page, problems } = await openPage(t, `${await dashboardOver(t, warehouse.database)}/operations`);
    await page.click('[data-card="quarantine"] a[href*="reason=STATUS_DESCONHECIDO"]');
    const rows = await page.locator('[data-card="rejected"] tbody tr').allInnerTexts();
    assert.deepEqual(
      rows.map((row) => row.split('\t')[1]),
      ['8', '9'],
    );
    assert.match(rows[1] ?? '', /pedidos\.csv\s+8\s+R\$\u00A0110,00/);
    const [stored] = await warehouse.query(
      `SELECT encode(hash_original, 'hex') AS hash FROM pedidos_rejeitados WHERE id_pedido = '8'`,
    );
    await page.click('[data-card="rejected"] tbody tr:first-child a');
    await page.waitForURL(new RegExp(`record=${stored?.['hash']}%40loja$`));
    const said = await page.innerText('[data-card="rejected-order"]');
    for (const words of [
      /STATUS_DESCONHECIDO/,
      /QUANTIDADE_NAO_POSITIVA/,
      /Como corrigir/,
      /itens\.quantidade = /,
      /esteira quarantine show [0-9a-f]{12} --original/,
    ])
      assert.match(said, words);
    // an address that stands where a word belongs stays off the page, and so does the line it stands on
    assert.match(said, /status = \(não mostrado\)/);
    assert.doesNotMatch(await page.content(), /Ana Lima|529\.?982|ana@example|987654321|13010/);
    assert.deepEqual(problems, []);
  },
);

test('a record whose store cannot be one is shown like any other', { skip }, async (t) => {
  const warehouse = await loaded(t, csvOf([line({ loja: "Joana's <3 @casa" })]));
  const { page, problems } = await openPage(
    t,
    `${await dashboardOver(t, warehouse.database)}/quarantine?reason=LOJA_INVALIDA`,
  );
  await page.click('[data-card="rejected"] tbody tr:first-child a');
  assert.match(await page.innerText('[data-card="rejected-order"]'), /LOJA_INVALIDA/);
  assert.deepEqual(problems, []);
});

test('a chart is taken away as a file that draws by itself, with what the card shows', { skip }, async (t) => {
  const warehouse = await someOrders(t);
  const url = await dashboardOver(t, warehouse.database);
  for (const [id, words] of [
    ['revenue-over-time', ['Receita ao longo do tempo', '08/10/2026', 'Receita captada', 'RJ']],
    ['states', ['Receita aprovada por estado', 'RJ', '100,0']],
    ['status-flow', ['Mudanças de status', 'Pendente', 'Pago']],
  ] as const) {
    const path = id === 'status-flow' ? `/export/${id}.svg` : `/export/${id}.svg?uf=RJ`;
    const response = await fetch(url + path);
    assert.match(response.headers.get('content-type') ?? '', /^image\/svg\+xml/);
    const text = await response.text();
    for (const word of id === 'states' ? [words[0], 'SP', 'RJ', '75,0'] : words)
      assert.ok(text.includes(word), `${id}: ${word}`);
    assert.doesNotMatch(text, /var\(|@media|href=|<script/);
    // a browser that knows nothing of the page draws it, in colour, with its whole width in sight
    const page = await (await browser()).newPage();
    await page.setContent(`<img src="data:image/svg+xml;base64,${Buffer.from(text).toString('base64')}">`);
    await page.waitForFunction('document.images[0].complete');
    assert.ok((await page.evaluate<number>('document.images[0].naturalWidth')) >= 460, id);
    await page.close();
  }
  assert.equal((await fetch(`${url}/export/channels.svg`)).status, 404);
});

test('every analysis on a page, in its export and on the command line is the same', { skip }, async (t) => {
  const warehouse = await someOrders(t);
  const url = await dashboardOver(t, warehouse.database);
  const { page } = await openPage(t, `${url}/analyses?from=2026-10-01&to=2026-10-31`);
  const names = ANALYSES.map(({ name }) => name).filter((name) => name !== 'summary');
  const compare = async (): Promise<void> => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      // cohorts are those of the twelve months before the period's end
      const period = name === 'cohorts' ? ['2025-11-01', '2026-10-31'] : ['2026-10-01', '2026-10-31'];
      const address = `${url}/export/${name}.json?from=2026-10-01&to=2026-10-31`;
      const exported = (await (await fetch(address)).json()) as unknown[];
      assert.deepEqual(exported, await query(warehouse.database.url, name, period), name);
      assert.ok(exported.length > 0, name);
    }
  };
  await Promise.all([compare(), compare()]);
  const partOfMonth = await fetch(`${url}/export/customers.json?from=2026-10-07&to=2026-10-31`);
  const wholeMonth = await query(warehouse.database.url, 'customers', ['2026-10-01', '2026-10-31']);
  assert.deepEqual(await partOfMonth.json(), wholeMonth, 'the card of customers shows whole months');
  assert.equal(await page.locator('[data-state="error"]').count(), 0);
});
