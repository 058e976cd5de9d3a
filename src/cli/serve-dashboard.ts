// Serves the dashboard until the process is told to stop, for the commands that do. It opens a browser only where somebody sits.
import { spawn } from 'node:child_process';
import { brokerSettings } from '../broker/connection.ts';
import type { Config } from '../config/load.ts';
import { type DashboardServer, startDashboard } from '../dashboard/server.ts';
import { EsteiraError, messageOf } from '../lib/errors.ts';
import { redactUrls } from '../lib/redact.ts';
import { timeInSaoPaulo, todayInSaoPaulo } from './commands/query-filters.ts';
import { serveMetrics } from './metrics-option.ts';
import { openReaderUrl } from './warehouse-access.ts';

export const DEFAULT_PORT = 4780;

export interface Serving {
  readonly host: string;
  readonly port: number;
  /** Take a free port when that one is taken. */
  readonly mayMove?: boolean;
  readonly token?: string | undefined;
  /** Port of health and metrics, on this machine only. */
  readonly metricsPort?: number | undefined;
  readonly opensBrowser: boolean;
  readonly json?: boolean;
}

/**
 * Prints the address, serves, and comes back with the signal that ended it. Throws PORT_TAKEN, WAREHOUSE_*, SCHEMA_UNKNOWN.
 */
export async function serveDashboard(config: Config, serving: Serving): Promise<'SIGINT' | 'SIGTERM'> {
  const stopped = stopSignal();
  const readUrl = await openReaderUrl(config);
  const server = await start(config, readUrl, serving);
  const health = await serveMetrics(serving.metricsPort, server.health).catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  const url = `http://${serving.host.includes(':') ? `[${serving.host}]` : serving.host}:${server.port}/`;
  const isJson = serving.json === true;
  process.stdout.write(isJson ? `${JSON.stringify({ url, port: server.port, pid: process.pid })}\n` : `${url}\n`);
  if (!isJson) process.stderr.write('The dashboard is open at this address. Ctrl-C stops it.\n');
  if (serving.opensBrowser) openBrowser(url);
  const signal = await stopped;
  await health?.close();
  await server.close();
  return signal;
}

/** True where a person looks on: never for a pipe or a file, never in continuous integration. */
export function isWatched(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && (env['CI'] ?? '') === '';
}

async function start(config: Config, readUrl: string, serving: Serving): Promise<DashboardServer> {
  let lastSaid = '';
  const options = {
    readUrl,
    broker: brokerSettings(config),
    host: serving.host,
    port: serving.port,
    token: serving.token,
    now: () => {
      const now = new Date();
      return { day: todayInSaoPaulo(now), time: timeInSaoPaulo(now) };
    },
    onError: (error: unknown) => {
      const said = redactUrls(
        error instanceof Error && error.cause !== undefined
          ? `${error.message}: ${messageOf(error.cause)}`
          : messageOf(error),
      );
      // a warehouse that is down fails every card, again and again: once is enough
      if (said !== lastSaid) process.stderr.write(`dashboard: ${said}\n`);
      lastSaid = said;
    },
  };
  try {
    return await startDashboard(options);
  } catch (error) {
    if (serving.mayMove !== true || !(error instanceof EsteiraError) || error.code !== 'PORT_TAKEN') throw error;
    return await startDashboard({ ...options, port: 0 });
  }
}

/** Best effort: the address has been printed. */
function openBrowser(url: string): void {
  const [program, args]: [string, string[]] =
    process.platform === 'darwin'
      ? ['open', [url]]
      : process.platform === 'win32'
        ? ['cmd', ['/c', 'start', '', url]]
        : ['xdg-open', [url]];
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}

function stopSignal(): Promise<'SIGINT' | 'SIGTERM'> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve('SIGINT'));
    process.once('SIGTERM', () => resolve('SIGTERM'));
  });
}
