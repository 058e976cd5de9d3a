// The dashboard in a real browser over a real warehouse: what stands on the page is what `esteira query` and the base tables say, it moves by itself,
// it survives what happens, and it lets nothing in or out.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { METRICS } from '../../src/catalog/metrics.ts';
import { NO_FILTERS, runAnalysis } from '../../src/pipeline/query.ts';
import { browserMissing, closeBrowser, dashboardOver, openPage } from '../support/browser.ts';
import { csvOf, emptyWarehouse, line, loaded } from '../support/load.ts';
import { waitFor } from '../support/wait-for.ts';

const skip = browserMissing;
after(closeBrowser);

/** Four orders of October 2026: 110 + 250.50 paid, 99.90 cancelled, 60 refunded. */
const ORDERS = csvOf([
  line({ id_pedido: '1', data_pedido: '2026-10-05 10:00:00', atualizado_em: '2026-10-06 10:00:00' }),
  line({
    id_pedido: '2',
    data_pedido: '2026-10-07 23:30:00',
    atualizado_em: '2026-10-08 10:00:00',
    canal: 'App',
    uf: 'RJ',
    cidade: 'Niterói',
    cep: '24020-005',
    sku: 'SKU-2',
    produto: 'Jarra',
    quantidade: '1',
    preco_unitario: '240.50',
    valor_total: '250.50',
    valor_pagamento: '250.50',
  }),
  line({
    id_pedido: '3',
    data_pedido: '2026-10-20 08:00:00',
    atualizado_em: '2026-10-21 10:00:00',
    status: 'Cancelado',
    quantidade: '1',
    preco_unitario: '89.90',
    valor_total: '99.90',
    valor_pagamento: '99.90',
  }),
  line({
    id_pedido: '4',
    data_pedido: '2026-10-30 12:00:00',
    atualizado_em: '2026-10-31 10:00:00',
    status: 'Reembolsado',
    quantidade: '1',
    preco_unitario: '50.00',
    valor_total: '60.00',
    valor_pagamento: '60.00',
  }),
]);

const value = (name: string): string => `[data-metric="${name}"] .value`;

test('the figures of the page are those of the orders, by hand, and those of esteira query', { skip }, async (t) => {
  const warehouse = await loaded(t, ORDERS);
  const url = await dashboardOver(t, warehouse.database);
  const { page, problems } = await openPage(t, url);
  const shown = async (name: string): Promise<string> => (await page.textContent(value(name))) ?? '';
  // 110.00 + 250.50 + 99.90 + 60.00; without the cancelled one; without the refunded one
  assert.equal(await shown('receita_captada'), 'R$\u00A0520,40', warehouse.database.hint);
  assert.equal(await shown('receita_aprovada'), 'R$\u00A0420,50');
  assert.equal(await shown('receita_liquida'), 'R$\u00A0360,50');
  assert.equal(await shown('pedidos_captados'), '4');
  assert.equal(await shown('ticket_medio'), 'R$\u00A0140,17');
  assert.equal(await shown('taxa_aprovacao'), '75,0\u00A0%');
  assert.equal(await shown('taxa_cancelamento'), '25,0\u00A0%');
  const client = new pg.Client(warehouse.database.readUrl);
  await client.connect();
  const summary = await runAnalysis(client, 'summary', { ...NO_FILTERS, from: '2026-10-01', to: '2026-10-30' });
  await client.end();
  for (const { name } of METRICS.filter((metric) => summary.analysis.metrics?.some((other) => other === metric.name))) {
    const column = name === 'receita_captada' ? 'valor_captado' : name;
    const index = summary.analysis.columns.findIndex((candidate) => candidate.name === column);
    assert.equal(await page.getAttribute(value(name), 'data-value'), summary.rows[0]?.[index], name);
  }
  // a sale at 23:30 in São Paulo belongs to that day
  await page.click('[data-card="revenue-over-time"] .behind summary');
  const days = await page.locator('[data-card="revenue-over-time"] tbody tr').allTextContents();
  assert.ok(
    days.some((row) => row.includes('07/10/2026') && row.includes('250,50')),
    days.join('\n'),
  );
  assert.deepEqual(problems, []);
});

test('a load is seen without touching the page, from an empty warehouse on', { skip }, async (t) => {
  const warehouse = await emptyWarehouse(t);
  const url = await dashboardOver(t, warehouse.database);
  const { page, problems } = await openPage(t, url);
  assert.match((await page.textContent('.welcome')) ?? '', /ainda não tem pedidos/);
  assert.match((await page.textContent('[data-card="channels"]')) ?? '', /Nenhum pedido/);
  await page.evaluate('window.isTheSamePage = true');
  await warehouse.load(ORDERS);
  await waitFor(async () => assert.equal(await page.textContent(value('receita_aprovada')), 'R$\u00A0420,50'));
  await warehouse.load(
    csvOf([line({ id_pedido: '5', data_pedido: '2026-10-30 13:00:00', atualizado_em: '2026-10-31 11:00:00' })]),
  );
  await waitFor(async () => assert.equal(await page.textContent(value('receita_aprovada')), 'R$\u00A0530,50'));
  // it belongs to the line of freshness, which may be read again a moment later than a card
  await waitFor(async () => assert.equal(await page.locator('.welcome').count(), 0));
  assert.equal(await page.evaluate('window.isTheSamePage'), true);
  assert.deepEqual(problems, []);
});

test('a filter goes into the address, and the address alone brings it back', { skip }, async (t) => {
  const warehouse = await loaded(t, ORDERS);
  const url = await dashboardOver(t, warehouse.database);
  const { page } = await openPage(t, url);
  await page.selectOption('select[name="channel"]', 'App');
  await page.waitForURL(/channel=App/);
  assert.equal(await page.textContent(value('receita_captada')), 'R$\u00A0250,50');
  const other = await openPage(t, page.url());
  assert.equal(await other.page.textContent(value('receita_captada')), 'R$\u00A0250,50');
  assert.equal(await other.page.inputValue('select[name="channel"]'), 'App');
  // a click on a state narrows further; another page keeps the filters
  await other.page.click('.map a[href*="uf=RJ"]');
  await other.page.waitForURL(/uf=RJ/);
  await other.page.click('nav a[href^="/analyses"]');
  assert.match(other.page.url(), /analyses\?channel=App&uf=RJ$/);
  assert.match((await other.page.textContent('[data-card="top-products"]')) ?? '', /Jarra/);
});

test('an export holds what the card shows, as Excel in Portuguese reads it', { skip }, async (t) => {
  const warehouse = await loaded(t, ORDERS);
  const url = await dashboardOver(t, warehouse.database);
  const csv = await (await fetch(`${url}/export/channels.csv`)).arrayBuffer();
  assert.deepEqual([...new Uint8Array(csv.slice(0, 3))], [0xef, 0xbb, 0xbf]);
  assert.equal(
    new TextDecoder().decode(csv),
    'canal;pedidos_captados;valor_captado;pedidos_aprovados;receita_aprovada;receita_liquida;ticket_medio;pedidos_cancelados;taxa_cancelamento\r\n' +
      'Site;3;269,90;2;170,00;110,00;85,00;1;0,333333\r\nApp;1;250,50;1;250,50;250,50;250,50;0;0,000000\r\n',
  );
  const json = (await (await fetch(`${url}/export/order-status.json?channel=Site`)).json()) as {
    status: string;
    valor: number;
  }[];
  assert.deepEqual(
    json.map(({ status, valor }) => [status, valor]),
    [
      ['Pago', 110],
      ['Cancelado', 99.9],
      ['Reembolsado', 60],
    ],
  );
});

test('hostile names are shown as the text they are, and disarmed in exports', { skip }, async (t) => {
  const hostile = `<img src=x onerror="document.title='hacked'"><script>document.title='hacked'</script>`;
  const warehouse = await loaded(
    t,
    csvOf([
      line({
        id_pedido: '1',
        data_pedido: '2026-10-05 10:00:00',
        atualizado_em: '2026-10-06 10:00:00',
        produto: hostile,
        categoria: '"><svg onload=alert(1)>',
      }),
      line({
        id_pedido: '2',
        data_pedido: '2026-10-05 10:00:00',
        atualizado_em: '2026-10-06 10:00:00',
        sku: 'S2',
        produto: '=HYPERLINK("http://example.com")',
      }),
    ]),
  );
  const url = await dashboardOver(t, warehouse.database);
  const { page, problems } = await openPage(t, `${url}/analyses`);
  assert.ok((await page.textContent('[data-card="top-products"]'))?.includes(hostile));
  assert.equal(await page.locator('main img, main script, main svg[onload]').count(), 0);
  assert.doesNotMatch(await page.title(), /hacked/);
  assert.deepEqual(problems, []);
  assert.match(await (await fetch(`${url}/export/top-products.csv`)).text(), /'=HYPERLINK/);
  // nor does the address get in
  const wrong = await fetch(`${url}/?channel=${encodeURIComponent('<script>alert(1)</script>')}`);
  assert.equal(wrong.status, 400);
  assert.doesNotMatch(await wrong.text(), /<script>alert/);
  assert.match(wrong.headers.get('content-security-policy') ?? '', /default-src 'none'.*script-src 'self'/);
});

test(
  'an address that is none, and a store that has no orders, are refused as the asker’s mistake',
  { skip },
  async (t) => {
    const warehouse = await loaded(t, ORDERS);
    const url = await dashboardOver(t, warehouse.database);
    for (const path of ['/', '/analyses', '/export/top-products.csv']) {
      const answer = await fetch(`${url}${path}?store=outra`);
      assert.equal(answer.status, 400, path);
      assert.match(await answer.text(), /<code>store<\/code>/);
      assert.equal((await fetch(`${url}${path}?store=loja`)).status, 200, path);
    }
    assert.equal((await fetch(`${url}/operations?store=outra`)).status, 200, 'its quarantine may be asked for');
    const statusOf = (target: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1', () =>
          socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`),
        );
        let text = '';
        socket.on('data', (bytes) => (text += bytes.toString()));
        socket.on('error', reject);
        socket.on('close', () => resolve(text.split(' ')[1] ?? ''));
      });
    assert.equal(await statusOf('//'), '404');
    assert.equal(await statusOf('http://['), '400');
    assert.equal(await statusOf('http://localhost/assets/icon.svg'), '200');
  },
);

test('no name, document, address or telephone of a customer is on any page or in any export', { skip }, async (t) => {
  const warehouse = await loaded(t, ORDERS + csvOf([line({ id_pedido: '9', status: 'lá' })]).split('\n')[1]);
  const url = await dashboardOver(t, warehouse.database);
  const texts = await Promise.all(
    ['/', '/analyses', '/operations', '/export/customers.json?period=all', '/export/quarantine.csv'].map(async (path) =>
      (await fetch(url + path)).text(),
    ),
  );
  for (const text of texts) assert.doesNotMatch(text, /Ana Lima|529\.?982|ana@example|987654321|13010/);
});

test('a warehouse that stops answering is told, and the page comes back by itself', { skip }, async (t) => {
  const warehouse = await loaded(t, ORDERS);
  const url = await dashboardOver(t, warehouse.database);
  const { page } = await openPage(t, url);
  await waitFor(async () => assert.equal(await page.getAttribute('body', 'data-connection'), 'live'));
  const owner = new pg.Client(warehouse.database.superuserUrl.replace(/\/[^/]*$/, '/postgres'));
  await owner.connect();
  const allow = (isAllowed: boolean): Promise<unknown> =>
    owner.query(`ALTER DATABASE ${warehouse.database.name} ALLOW_CONNECTIONS ${isAllowed}`);
  try {
    await allow(false);
    await owner.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'esteira reader'",
      [warehouse.database.name],
    );
    await waitFor(async () => assert.equal(await page.getAttribute('body', 'data-connection'), 'stale'));
    // what was known stays on the page, and a new page says what is wrong
    assert.equal(await page.textContent(value('receita_aprovada')), 'R$\u00A0420,50');
    const late = await openPage(t, url);
    assert.match((await late.page.textContent('[data-card="channels"]')) ?? '', /não pôde ser lido/);
    await allow(true);
    await waitFor(async () => assert.equal(await page.getAttribute('body', 'data-connection'), 'live'));
    await waitFor(async () => assert.equal(await late.page.textContent(value('receita_aprovada')), 'R$\u00A0420,50'));
  } finally {
    await allow(true);
    await owner.end();
  }
});

test(
  'while the last day runs, the periods before it end at the same moment, and it is marked as unfinished',
  { skip },
  async (t) => {
    const at = (id: string, when: string, total: string): Parameters<typeof line>[0] => ({
      id_pedido: id,
      data_pedido: when,
      atualizado_em: '2026-10-31 10:00:00',
      quantidade: '1',
      preco_unitario: total,
      frete: '0.00',
      valor_total: total,
      valor_pagamento: total,
    });
    // today until 12:30: 30; yesterday 20 until then and 100 later; the same weekday a year before 40 until then and 100 later
    const warehouse = await loaded(
      t,
      csvOf([
        line(at('1', '2026-10-30 09:00:00', '10.00')),
        line(at('2', '2026-10-30 12:10:00', '20.00')),
        line(at('3', '2026-10-29 12:29:59', '20.00')),
        line(at('4', '2026-10-29 12:30:00', '100.00')),
        line(at('5', '2025-10-31 10:00:00', '40.00')),
        line(at('6', '2025-10-31 23:00:00', '100.00')),
      ]),
    );
    const url = await dashboardOver(t, warehouse.database, { today: '2026-10-30', time: '12:30' });
    const { page } = await openPage(t, `${url}/?period=1d`);
    assert.equal(await page.textContent(value('receita_captada')), 'R$\u00A030,00');
    const changes = await page.locator('[data-metric="receita_captada"] .change').allInnerTexts();
    assert.deepEqual(
      changes.map((text) => text.replaceAll(/[\s\u00A0]+/g, ' ')),
      ['▲ +50,0 % sobre o período anterior até as 12:30', '▼ −25,0 % sobre um ano antes até as 12:30'],
    );
    // one day is drawn by the hour, up to the running one
    await page.click('[data-card="revenue-over-time"] .behind summary');
    const hours = await page.locator('[data-card="revenue-over-time"] tbody tr').allInnerTexts();
    assert.equal(hours.length, 13);
    assert.match(hours[9] ?? '', /30\/10\/2026 09:00\s+R\$\u00A010,00/);
    assert.equal(await page.locator('[data-card="revenue-over-time"] rect.partial').count(), 1);
    // a day that is over is compared as a whole
    const later = await dashboardOver(t, warehouse.database, { today: '2026-11-02' });
    const { page: afterwards } = await openPage(t, `${later}/?period=1d`);
    assert.match(
      (await afterwards.locator('[data-metric="receita_captada"] .change').first().innerText()).replaceAll(
        /[\s\u00A0]+/g,
        ' ',
      ),
      /^▼ −75,0 % sobre o período anterior$/,
    );
  },
);

test('one card that cannot be read leaves the others alone', { skip }, async (t) => {
  const warehouse = await loaded(t, ORDERS);
  await warehouse.query('DROP TABLE pagamentos_diarios');
  const { page } = await openPage(t, `${await dashboardOver(t, warehouse.database)}/analyses`);
  assert.match((await page.textContent('[data-card="payments"]')) ?? '', /não pôde ser lido/);
  assert.match((await page.textContent('[data-card="top-products"]')) ?? '', /Jarra/);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(
    `axe finds no serious fault on any page, ${colorScheme}, and a phone scrolls in one direction only`,
    { skip },
    async (t) => {
      const warehouse = await loaded(t, ORDERS + csvOf([line({ id_pedido: '9', status: 'lá' })]).split('\n')[1]);
      const [rejected] = await warehouse.query(
        `SELECT encode(hash_original, 'hex') || '@' || loja AS record FROM pedidos_rejeitados`,
      );
      const url = await dashboardOver(t, warehouse.database, { today: '2026-10-30', time: '12:30' });
      const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
      for (const path of [
        '/',
        '/?uf=SP&period=1d',
        '/analyses',
        '/operations?lang=en',
        '/orders',
        '/orders?order=1',
        '/quarantine?reason=STATUS_DESCONHECIDO',
        `/quarantine?record=${rejected?.['record']}`,
      ]) {
        const { page } = await openPage(t, url + path, { colorScheme, viewport: { width: 360, height: 740 } });
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, path);
        await page.evaluate(axe);
        const found = await page.evaluate<{
          violations: { id: string; impact: string; nodes: { html: string }[] }[];
        }>('axe.run()');
        assert.deepEqual(
          found.violations
            .filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .map(({ id, nodes }) => [id, ...nodes.map((node) => node.html.slice(0, 120))]),
          [],
          path,
        );
      }
    },
  );
}

test('a page sends less than 60 KB of script, compressed, and asks no third party for anything', async (t) => {
  const warehouse = await loaded(t, csvOf([line({})]));
  const url = await dashboardOver(t, warehouse.database);
  const page = await (await fetch(`${url}/`)).text();
  const asked = [...page.matchAll(/<(?:script|link|img)\b[^>]*\b(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
  const scripts = asked.filter((path) => path.endsWith('.js'));
  assert.ok(scripts.length > 0 && asked.every((path) => /^\/(?!\/)/.test(path)), asked.join(' '));
  const sources = await Promise.all(scripts.map(async (path) => (await fetch(url + path)).text()));
  const bytes = gzipSync(sources.join('')).byteLength;
  assert.ok(bytes > 100 && bytes < 60_000, `${bytes} bytes`);
  assert.doesNotMatch(page, /<script(?![^>]*\bsrc=)/, 'a script without a file');
});

test('printed, the overview is one A4 page', { skip }, async (t) => {
  const warehouse = await loaded(t, ORDERS);
  const { page } = await openPage(t, await dashboardOver(t, warehouse.database));
  const pdf = await page.pdf({ preferCSSPageSize: true });
  assert.equal(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length, 1);
});

test('in English the words and marks change, and the values of the data do not', { skip }, async (t) => {
  const warehouse = await loaded(t, ORDERS);
  const { page } = await openPage(t, `${await dashboardOver(t, warehouse.database)}/?lang=en`);
  assert.equal(await page.textContent(value('receita_aprovada')), 'R$\u00A0420.50');
  assert.equal(
    await page
      .textContent('[data-metric="receita_aprovada"] h3 >> nth=0')
      .then((text) => text?.startsWith('Approved revenue')),
    true,
  );
  assert.match((await page.textContent('[data-card="order-status"]')) ?? '', /Cancelado/);
});

test('with a token nobody comes in without it, and with it the cookie is enough', { skip }, async (t) => {
  const warehouse = await loaded(t, ORDERS);
  const token = 'uma-senha-de-teste';
  const url = await dashboardOver(t, warehouse.database, { token });
  for (const path of ['/', '/analyses', '/live', '/export/channels.csv'])
    assert.equal((await fetch(url + path)).status, 401, path);
  const { page } = await openPage(t, url);
  await page.fill('input[name="token"]', 'outra-senha-qualquer');
  await page.click('button');
  assert.match((await page.textContent('[role="alert"]')) ?? '', /não confere/);
  await page.fill('input[name="token"]', token);
  await page.click('button');
  assert.equal(await page.textContent(value('receita_aprovada')), 'R$\u00A0420,50');
  assert.equal((await fetch(`${url}/`, { headers: { authorization: `Bearer ${token}` } })).status, 200);
});

test('a client that asks without pause is told to wait, and others are not', async (t) => {
  const warehouse = await emptyWarehouse(t);
  const url = await dashboardOver(t, warehouse.database, { token: 'uma-senha-de-teste' });
  const ask = (client: string, path = '/', init: RequestInit = {}): Promise<Response> =>
    fetch(url + path, { ...init, headers: { 'x-forwarded-for': `10.0.0.9, ${client}` } });
  const answers = await Promise.all(Array.from({ length: 400 }, () => ask('10.0.0.1')));
  assert.equal(new Set(answers.map(({ status }) => status)).has(429), true);
  assert.match(answers.find(({ status }) => status === 429)?.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
  assert.equal((await ask('10.0.0.2')).status, 401);
  // a token is not found by trying
  const body = new URLSearchParams({ token: 'outra-senha-qualquer' });
  const tries: number[] = [];
  for (let attempt = 0; attempt < 12; attempt++)
    tries.push((await ask('10.0.0.3', '/login', { method: 'POST', body })).status);
  assert.deepEqual([tries[0], tries.at(-1)], [401, 429]);
});

test('a foreign name that leads to this machine is turned away', async (t) => {
  const warehouse = await emptyWarehouse(t);
  const url = new URL(await dashboardOver(t, warehouse.database));
  const status = await new Promise((resolve, reject) => {
    request({ host: url.hostname, port: url.port, headers: { host: 'evil.example:80' } }, (response) =>
      resolve(response.resume().statusCode),
    )
      .on('error', reject)
      .end();
  });
  assert.equal(status, 421);
});
