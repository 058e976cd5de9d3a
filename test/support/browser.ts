// The system's Chromium for tests, and a dashboard of the test's own over a database of its own. Nothing is mocked.
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { startDashboard } from '../../src/dashboard/server.ts';
import type { TestDatabase } from './postgres.ts';

/** Set to 1 where nothing may be left out: then a machine without Chromium fails these tests. */
const REQUIRED_VARIABLE = 'ESTEIRA_TEST_BROWSER_REQUIRED';
const PLACES = [
  process.env['ESTEIRA_TEST_BROWSER'] ?? '',
  ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].flatMap((name) => [
    `/usr/bin/${name}`,
    `/usr/local/bin/${name}`,
  ]),
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const program = PLACES.find((path) => path !== '' && existsSync(path));

/** For node:test's `skip`: false where a browser can run, else why not. */
export const browserMissing: string | false =
  program !== undefined || process.env[REQUIRED_VARIABLE] === '1'
    ? false
    : 'No Chromium was found: install it (apt-get install chromium), or name it in ESTEIRA_TEST_BROWSER.';

interface Scope {
  after(hook: () => Promise<void>): void;
}

let shared: Promise<Browser> | undefined;

/** Close it at the end of the file. */
export function browser(): Promise<Browser> {
  // the sandbox needs rights that containers and the superuser lack; the pages are our own
  shared ??= chromium.launch({ executablePath: program ?? 'chromium', args: ['--no-sandbox', '--disable-lcd-text'] });
  return shared;
}

export async function closeBrowser(): Promise<void> {
  await (await shared)?.close();
}

/** A dashboard over the database, as its reading role, on a day that the test chooses. */
export async function dashboardOver(
  t: Scope,
  database: TestDatabase,
  options: { readonly today?: string; readonly time?: string; readonly token?: string } = {},
): Promise<string> {
  const server = await startDashboard({
    readUrl: database.readUrl,
    broker: { bootstrap: ['127.0.0.1:9'] },
    host: '127.0.0.1',
    port: 0,
    token: options.token,
    now: () => ({ day: options.today ?? '2026-11-01', time: options.time ?? '12:00' }),
  });
  t.after(() => server.close());
  return `http://127.0.0.1:${server.port}`;
}

/** A page of its own context; whatever it complains about fails the test through `problems`. */
export async function openPage(
  t: Scope,
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; problems: string[] }> {
  const context = await (await browser()).newContext({ locale: 'pt-BR', ...options });
  t.after(() => context.close());
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(url).origin)) problems.push(`asked ${request.url()}`);
  });
  await page.goto(url);
  return { page, problems };
}
