// Live notices: every open page hears of a commit, and a flood of commits is a trickle of notices.
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { test } from 'node:test';
import pg from 'pg';
import { dashboardOver } from '../support/browser.ts';
import { csvOf, emptyWarehouse, line } from '../support/load.ts';
import { waitFor } from '../support/wait-for.ts';

/** One open page's ears: how many batches it was told of. */
function listen(url: string): { batches(): number; isOpen(): boolean; close(): void } {
  let heard = '';
  const request = get(`${url}/live`, (response) => {
    response.setEncoding('utf8').on('data', (chunk: string) => (heard += chunk));
  });
  request.on('error', () => undefined);
  return {
    batches: () => heard.split('event: batch').length - 1,
    isOpen: () => heard.includes('event: beat'),
    close: () => request.destroy(),
  };
}

test('two hundred open pages all hear of a load', async (t) => {
  const warehouse = await emptyWarehouse(t);
  const url = await dashboardOver(t, warehouse.database);
  const pages = Array.from({ length: 200 }, () => listen(url));
  t.after(async () => pages.forEach((page) => page.close()));
  await waitFor(async () => assert.ok(pages.every((page) => page.isOpen())));
  const before = pages.map((page) => page.batches());
  await warehouse.load(csvOf([line({ id_pedido: '1' })]));
  await waitFor(async () =>
    assert.ok(
      pages.every((page, index) => page.batches() > (before[index] ?? 0)),
      warehouse.database.hint,
    ),
  );
});

test('a thousand commits in a row are a few notices, and the last commit is never missed', async (t) => {
  const warehouse = await emptyWarehouse(t);
  const url = await dashboardOver(t, warehouse.database);
  const page = listen(url);
  t.after(async () => page.close());
  await waitFor(async () => assert.ok(page.isOpen()));
  const client = new pg.Client(warehouse.database.url);
  await client.connect();
  for (let n = 0; n < 1000; n++) await client.query("SELECT pg_notify('esteira_lotes', '')");
  await client.end();
  await waitFor(async () => assert.ok(page.batches() > 0));
  assert.ok(page.batches() < 100, String(page.batches()));
});
