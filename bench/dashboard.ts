// How the dashboard stands up: every card's time from PostgreSQL, and many open browsers with live updates while orders are loaded.
// A browser is a real HTTP client from an address of its own, with a stream of events, that asks for the page again at each notice as the page's script does.
//
// usage: npm run bench -- dashboard [--orders 100000] [--skus 20000] [--runs 5] [--browsers 200] [--lines 20000] [--bar 150] [--only cards|browsers]
//   a warehouse of its own is filled (dashboard-data.ts) and thrown away afterwards; its rows are printed
//   cards     milliseconds of every card, its queries and its drawing: median and slowest of the runs, warm, for the last 30 days, for 30 days
//             three months before, and for a year
//   page      first byte and last of a page that nobody has asked for since the last batch
//   browsers  while a file of new orders is loaded in small batches: notices heard, pages read, CPU, and how long after the last batch's notice each
//             browser had the final figures
//   fails (exit 1) when a card of the last 30 days is over the bar or fails, or a browser never had the final figures within 30 s
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packagePath } from '../src/lib/paths.ts';
import { generate } from '../src/pipeline/generate.ts';
import { addDays } from '../src/pipeline/period.ts';
import { BATCH_CHANNEL } from '../src/storage/notices.ts';
import { connect } from '../src/storage/connection.ts';
import { type EmbeddedServer, startEmbedded, stopEmbedded } from '../src/storage/embedded/server.ts';
import { migrate } from '../src/storage/migrations.ts';
import { OpenBrowser } from './open-browser.ts';
import { measureCards } from './dashboard-cards.ts';
import { fillWarehouse, LAST_DAY } from './dashboard-data.ts';
import { Running } from './running-command.ts';

const { values } = parseArgs({
  options: {
    orders: { type: 'string', default: '100000' },
    skus: { type: 'string', default: '20000' },
    runs: { type: 'string', default: '5' },
    browsers: { type: 'string', default: '200' },
    lines: { type: 'string', default: '20000' },
    bar: { type: 'string', default: '150' },
    only: { type: 'string' },
  },
});
const LONGEST_WAIT_MS = 30_000;
const BATCH_LINES = 500;

const folder = await mkdtemp(join(tmpdir(), 'esteira-bench-'));
const home = join(folder, 'home');
const server = await startEmbedded({ home });
try {
  const owner = await connect(server.url('app'), 'loader');
  await migrate(owner);
  const start = performance.now();
  const counts = await fillWarehouse(owner, { orders: Number(values.orders), skus: Number(values.skus) });
  await owner.end();
  print(`filled in ${seconds(performance.now() - start)}, load average ${loadText()}`);
  for (const [table, rows] of counts) print(`  ${table.padEnd(24)} ${rows.toLocaleString('en')}`);
  if (values.only !== 'browsers') {
    const missed = await measureCards(
      server.url('leitura'),
      { runs: Number(values.runs), barMs: Number(values.bar) },
      print,
    );
    if (missed > 0) process.exitCode = 1;
  }
  if (values.only !== 'cards') await measureBrowsers(server);
} finally {
  await stopEmbedded(home);
  await rm(folder, { recursive: true, force: true });
}

async function measureBrowsers(warehouse: EmbeddedServer): Promise<void> {
  const variables = {
    ESTEIRA_WAREHOUSE_URL: warehouse.url('app'),
    ESTEIRA_WAREHOUSE_READ_URL: warehouse.url('leitura'),
  };
  const child = spawn(
    process.execPath,
    [packagePath('src', 'cli', 'main.ts'), 'dashboard', '--port', '0', '--json', '--no-open'],
    { env: { ...process.env, ...variables }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const { port } = JSON.parse(line) as { port: number };
    await firstPage(port);
    const file = join(folder, 'novos.csv');
    await generate({ rows: Number(values.lines), seed: 7, from: addDays(LAST_DAY, -6), to: LAST_DAY, out: file });
    const notices: number[] = [];
    const listener = await connect(warehouse.url('leitura'), 'reader');
    listener.on('notification', () => notices.push(performance.now()));
    await listener.query(`LISTEN ${BATCH_CHANNEL}`);
    const browsers = Array.from({ length: Number(values.browsers) }, (_, index) => new OpenBrowser(port, index));
    await Promise.all(browsers.map((browser) => browser.open()));
    const cpuBefore = { server: await cpuSeconds(child.pid), own: process.cpuUsage() };
    const start = performance.now();
    await new Running(
      ['run', file, '--batch-lines', String(BATCH_LINES), '--as-of', addDays(LAST_DAY, 1)],
      variables,
    ).success();
    const loadedAt = performance.now();
    const [truth] = (
      await listener.query<{ v: string }>(
        'SELECT sum(valor_total)::text AS v FROM pedidos_diarios WHERE data_venda > $1::date - 30',
        [LAST_DAY],
      )
    ).rows;
    await Promise.all(browsers.map((browser) => browser.hasSeen(truth?.v ?? '', LONGEST_WAIT_MS)));
    const elapsed = performance.now() - start;
    const own = process.cpuUsage(cpuBefore.own);
    const serverCpu = (await cpuSeconds(child.pid)) - cpuBefore.server;
    await listener.end();
    const last = notices.at(-1) ?? loadedAt;
    const late = browsers.map((browser) => (browser.seenAt === null ? Infinity : Math.max(0, browser.seenAt - last)));
    const missed = late.filter((ms) => !Number.isFinite(ms)).length;
    const pages = browsers.reduce((sum, browser) => sum + browser.pages, 0);
    const slow = browsers.flatMap((browser) => browser.times);
    print(
      `\n${browsers.length} browsers, ${notices.length} batches of ${BATCH_LINES} lines in ${seconds(loadedAt - start)}, load average ${loadText()}`,
    );
    print(`notices a browser       ${quantiles(browsers.map((browser) => browser.notices))}`);
    print(
      `pages                   ${pages} (${((pages * 1000) / elapsed).toFixed(0)}/s), refused ${browsers.reduce((sum, browser) => sum + browser.refused, 0)}`,
    );
    print(`a page, ms              ${quantiles(slow)}`);
    print(`after the last batch ms ${quantiles(late)}`);
    print(
      `CPU of the dashboard    ${((serverCpu * 100_000) / elapsed).toFixed(0)} % of one core; of the browsers ${((own.user + own.system) / elapsed / 10).toFixed(0)} %`,
    );
    print(
      `memory of the dashboard ${await memoryMb(child.pid)} MB; browsers that never had the final figures: ${missed}`,
    );
    if (missed > 0) process.exitCode = 1;
    for (const browser of browsers) browser.close();
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

async function firstPage(port: number): Promise<void> {
  for (const path of ['/', '/?period=365d', '/analyses']) {
    const start = performance.now();
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    const first = performance.now() - start;
    const bytes = (await response.arrayBuffer()).byteLength;
    print(
      `page ${path.padEnd(18)} first byte ${first.toFixed(0)} ms, whole ${(performance.now() - start).toFixed(0)} ms, ${(bytes / 1000).toFixed(0)} kB`,
    );
  }
}

/** User and system time; 0 where the system has no /proc. */
async function cpuSeconds(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}

async function memoryMb(pid: number | undefined): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return (Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1000).toFixed(0);
}

function quantiles(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0);
  return `median ${at(0.5)}, 95 % ${at(0.95)}, most ${at(1)}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function loadText(): string {
  return loadavg()
    .map((load) => load.toFixed(2))
    .join(' ');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
