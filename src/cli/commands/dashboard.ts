// `esteira dashboard`: serves the live dashboard until it is stopped, and opens the browser on a terminal. The serving is in src/dashboard.
import { type Command, InvalidArgumentError } from 'commander';
import { fail } from '../../catalog/errors.ts';
import { isLoopback } from '../../dashboard/access.ts';
import { DEFAULT_PORT, isWatched, serveDashboard } from '../serve-dashboard.ts';
import { configOf } from '../settings.ts';
import { metricsPortOption } from '../metrics-option.ts';

interface DashboardFlags {
  readonly port: number;
  readonly host: string;
  readonly open: boolean;
  readonly metricsPort?: number;
  readonly json?: boolean;
}

export function dashboardCommand(program: Command): void {
  program
    .command('dashboard')
    .description('the live dashboard in the browser: figures, analyses, operations')
    .option('--port <port>', 'port to listen on; 0: any free one', readPort, DEFAULT_PORT)
    .option('--host <address>', 'address to listen on; another than 127.0.0.1 needs a token', '127.0.0.1')
    .option('--no-open', 'do not open the browser')
    .addOption(metricsPortOption())
    .option('--json', 'print the address as JSON')
    .addHelpText(
      'after',
      `
It only reads the warehouse, and shows no customer's name, document or address. On this machine it is open to whoever uses it;
with --host it asks for the token that ESTEIRA_DASHBOARD_TOKEN (16 characters or more) holds. Put TLS in front of it there.

Examples:
  esteira dashboard
  esteira dashboard --port 8080 --no-open
  ESTEIRA_DASHBOARD_TOKEN=... esteira dashboard --host 0.0.0.0`,
    )
    .action(serve);
}

async function serve(flags: DashboardFlags, command: Command): Promise<void> {
  const config = configOf(command);
  const token = config.get('dashboard.token');
  if (!isLoopback(flags.host) && token === undefined) {
    throw fail('USAGE', {
      what: `The dashboard is not served on ${flags.host} without a token.`,
      why: 'Other machines can reach that address, and the figures of a store are not for everybody.',
      fix: 'Set ESTEIRA_DASHBOARD_TOKEN to a secret of 16 characters or more, or leave --host out.',
    });
  }
  const signal = await serveDashboard(config, {
    host: flags.host,
    port: flags.port,
    token,
    metricsPort: flags.metricsPort,
    opensBrowser: flags.open && isWatched(process.stdout, process.env),
    json: flags.json === true,
  });
  if (signal === 'SIGINT') process.exitCode = 130;
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError('It must be a port from 0 to 65535.');
  return port;
}
