// Makes docs/images/dashboard-light.png and dashboard-dark.png: the overview over data/pedidos.csv, as the system's Chromium draws it.
// Usage: node scripts/screenshots.ts [--all FOLDER] [--orders none|one|demo] [--only PAGE,PAGE] [--read URL --day DAY]
// --all writes every page in both schemes, wide, narrow and printed, to look at. It starts a warehouse of its own in a temporary folder and takes it
// away again; with --read it shows one that is there, as of a day.
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startDashboard } from '../src/dashboard/server.ts';
import { messageOf } from '../src/lib/errors.ts';
import { packagePath } from '../src/lib/paths.ts';
import { loadFile } from '../src/pipeline/load-file.ts';
import { connect } from '../src/storage/connection.ts';
import { startEmbedded, stopEmbedded } from '../src/storage/embedded/server.ts';
import { migrate } from '../src/storage/migrations.ts';
import { browser, closeBrowser } from '../test/support/browser.ts';
import { csvOf, line } from '../test/support/load.ts';
import { withFewColors } from './small-png.ts';

/** The README's pictures must not make the repository heavy. */
const MOST_BYTES = 150_000;
const AS_OF = new Date('2026-11-01T09:00:00Z');

const { values } = parseArgs({
  options: {
    all: { type: 'string' },
    orders: { type: 'string', default: 'demo' },
    only: { type: 'string' },
    read: { type: 'string' },
    day: { type: 'string', default: '2026-11-01' },
  },
});
if (values.read !== undefined && values.all === undefined)
  throw new Error('--read goes with --all: the README shows the demo');
const NOW = { day: values.day, time: '12:00' };

const folder = mkdtempSync(join(tmpdir(), 'esteira-screenshots-'));
const home = join(folder, 'home');
try {
  const readUrl = values.read ?? (await ownWarehouse());
  const dashboard = await startDashboard({
    readUrl,
    broker: { bootstrap: ['127.0.0.1:9'] },
    host: '127.0.0.1',
    port: 0,
    now: () => NOW,
    onError: (error) => process.stderr.write(`${messageOf(error)} ${messageOf((error as Error).cause)}\n`),
  });
  const url = `http://127.0.0.1:${dashboard.port}`;
  await (values.all === undefined ? pictures(url) : everything(url, values.all, readUrl));
  await dashboard.close();
} finally {
  await closeBrowser();
  if (values.read === undefined) await stopEmbedded(home);
  rmSync(folder, { recursive: true, force: true });
}

async function ownWarehouse(): Promise<string> {
  const server = await startEmbedded({ home });
  const owner = await connect(server.url('app'), 'loader');
  await migrate(owner);
  await owner.end();
  await fill(server.url('app'));
  return server.url('leitura');
}

async function fill(warehouseUrl: string): Promise<void> {
  if (values.orders === 'none') return;
  const one = join(folder, 'um.csv');
  writeFileSync(one, csvOf([line({ data_pedido: '2026-10-30 10:00:00', atualizado_em: '2026-10-31 10:00:00' })]));
  const path = values.orders === 'one' ? one : packagePath('data', 'pedidos.csv');
  const reading = { asOf: AS_OF };
  await loadFile(
    { path, name: 'pedidos.csv' },
    { warehouseUrl, memoryLimit: '1GB', threads: 0, batchLines: 100_000, maxOutageMs: 0, reprocess: false, reading },
  );
}

/** The README's two. */
async function pictures(url: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    const path = join(packagePath('docs', 'images'), `dashboard-${colorScheme}.png`);
    await shoot(`${url}/?period=90d`, path, { colorScheme, width: 1280, height: 1518, isWhole: false });
    const bytes = statSync(path).size;
    process.stdout.write(`${path}: ${bytes} bytes\n`);
    if (bytes > MOST_BYTES) process.exitCode = 1;
  }
}

async function everything(url: string, out: string, readUrl: string): Promise<void> {
  mkdirSync(out, { recursive: true });
  const client = await connect(readUrl, 'reader');
  const { rows } = await client.query<{ record: string; order: string }>(
    `SELECT (SELECT encode(hash_original, 'hex') || '@' || loja FROM pedidos_rejeitados ORDER BY cardinality(motivos) DESC, id_pedido LIMIT 1) AS record,
       (SELECT id_pedido FROM (SELECT loja, id_pedido FROM pedidos ORDER BY data_venda DESC, id_pedido LIMIT 10000) newest
          JOIN historico_status USING (loja, id_pedido) GROUP BY loja, id_pedido ORDER BY count(*) DESC, id_pedido LIMIT 1) AS order`,
  );
  await client.end();
  const pages: Readonly<Record<string, string>> = {
    overview: '/?period=90d',
    'overview-year': '/?period=365d&uf=SP&lang=en',
    'overview-day': '/?period=1d',
    analyses: '/analyses?period=365d',
    orders: '/orders',
    order: `/orders?order=${rows[0]?.order ?? '1'}`,
    operations: '/operations',
    quarantine: '/quarantine?reason=STATUS_DESCONHECIDO',
    record: `/quarantine?record=${rows[0]?.record ?? ''}`,
  };
  for (const [name, path] of Object.entries(pages).filter(([page]) => values.only?.split(',').includes(page) ?? true)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1280, 360]) {
        await shoot(url + path, join(out, `${name}-${width}-${colorScheme}.png`), {
          colorScheme,
          width,
          height: 900,
          isWhole: true,
        });
      }
    }
    // as wide as A4 without its margins
    await shoot(url + path, join(out, `${name}-print.png`), {
      colorScheme: 'dark',
      width: 718,
      height: 1046,
      isWhole: true,
      isPrinted: true,
    });
  }
}

interface Shot {
  readonly colorScheme: 'light' | 'dark';
  readonly width: number;
  readonly height: number;
  readonly isWhole: boolean;
  readonly isPrinted?: boolean;
}

async function shoot(url: string, path: string, shot: Shot): Promise<void> {
  const { colorScheme, width, height, isWhole, isPrinted = false } = shot;
  const viewport = { width, height };
  const context = await (await browser()).newContext({ locale: 'pt-BR', colorScheme, viewport, bypassCSP: true });
  const page = await context.newPage();
  const answer = await page.goto(url);
  if (answer?.status() !== 200) throw new Error(`status ${answer?.status()} of ${url}`);
  // an empty date says "mm/dd/yyyy" in the browser's own language, and the page is in Portuguese
  if (!isWhole) await page.addStyleTag({ content: 'label:has(input[type="date"]) { display: none !important }' });
  await page.waitForSelector('[data-connection="live"]');
  if (isPrinted) await page.emulateMedia({ media: 'print' });
  const png = await page.screenshot({ fullPage: isWhole, animations: 'disabled' });
  writeFileSync(path, isWhole ? png : withFewColors(png));
  await context.close();
}
