// `esteira store serve`: runs the mock store on this machine until it is stopped. It prints its address on stdout and never the token.
import { type Command, InvalidArgumentError } from 'commander';
import { fail } from '../../catalog/errors.ts';
import { MOCK_PAGE_LIMIT, MOCK_PORT, MOCK_TOKEN } from '../../sources/mock/defaults.ts';
import { counted } from '../output/counted.ts';
import { type RunningStore, startStore } from '../../sources/mock/server/server.ts';

interface ServeOptions {
  readonly port: number;
  readonly orders: number;
  readonly seed: number;
  readonly errors: number;
  readonly rate: number;
  readonly pageSize: number;
  readonly churn?: number | true;
  readonly indexLag: number;
  readonly json?: boolean;
}

/** Orders that share one update time: more than a page, so that readers meet the case. */
const BULK_TIE_COUNT = MOCK_PAGE_LIMIT + 60;
const DEFAULT_CHANGES_PER_SECOND = 2;

export function storeCommand(program: Command): void {
  const store = program.command('store').description('a store to try things with, on this machine');
  store
    .command('serve')
    .description(
      'serve a mock store over HTTP: invented orders in pages, with a rate limit, failures and changes while being read',
    )
    .option('--port <number>', 'port on 127.0.0.1; 0 takes a free one', whole('a port', 0, 65_535), MOCK_PORT)
    .option('--orders <count>', 'orders at the beginning', whole('a count', 0, 1_000_000), 2000)
    .option('--seed <number>', 'the same seed gives the same orders', whole('a seed', 0, 4_294_967_295), 1)
    .option('--errors <share>', 'share of requests that fail, 0 to 1', share, 0.02)
    .option(
      '--rate <perSecond>',
      'requests per second let through in the long run; 0 for no limit',
      whole('a rate', 0, 100_000),
      20,
    )
    .option(
      '--page-size <count>',
      'orders per page when the reader does not say',
      whole('a page size', 1, MOCK_PAGE_LIMIT),
      MOCK_PAGE_LIMIT,
    )
    .option(
      '--churn [perSecond]',
      `orders change while being read (${DEFAULT_CHANGES_PER_SECOND} a second unless said otherwise)`,
      whole('a number of changes', 0, 10_000),
    )
    .option('--index-lag <seconds>', 'how long a change may take to show in the list', whole('a lag', 0, 3600), 5)
    .option('--json', 'print the address as JSON')
    .addHelpText(
      'after',
      [
        '',
        'The token is the one that the mock source uses by itself; ESTEIRA_MOCK_TOKEN sets another for both.',
        'A client of your own sends "Authorization: Bearer <token>" to /v1/orders; /admin/snapshot shows what the store has.',
        '',
        'Examples:',
        '  esteira store serve --orders 5000 --churn',
        '  esteira store serve --port 0 --errors 0.2 --rate 5 --json',
        '  esteira extract --store mock          # in another terminal',
      ].join('\n'),
    )
    .action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  const token = process.env['ESTEIRA_MOCK_TOKEN'] ?? '';
  const running = await start(options, token === '' ? MOCK_TOKEN : token);
  // Whoever started us may end us as soon as the address is printed: be ready before.
  const stopped = stopSignal();
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ url: running.url, port: running.port, pid: process.pid })}\n`
      : `${running.url}\n`,
  );
  if (options.json !== true) {
    process.stderr.write(
      `Mock store with ${counted(options.orders, 'order')}. Read it with: ${extractHint(running)}\nCtrl-C stops it.\n`,
    );
  }
  const signal = await stopped;
  await running.close();
  if (signal === 'SIGINT') process.exitCode = 130;
}

async function start(options: ServeOptions, token: string): Promise<RunningStore> {
  const { port, orders, seed, errors, rate, pageSize, churn, indexLag } = options;
  const perSecond = churn === true ? DEFAULT_CHANGES_PER_SECOND : (churn ?? 0);
  try {
    return await startStore({
      port,
      orders,
      seed,
      errors,
      rate,
      pageSize,
      token,
      churn: { perSecond },
      indexLagSeconds: indexLag,
      bulkTieCount: Math.min(BULK_TIE_COUNT, Math.floor(orders / 4)),
    });
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : '';
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw thrown;
    throw fail('STORE_PORT_TAKEN', {
      what: `The mock store cannot listen on port ${port}.`,
      why:
        code === 'EACCES'
          ? 'This user may not use the port.'
          : 'Another program listens there already; perhaps another mock store.',
      fix: 'Choose another with --port, or let the system choose with --port 0.',
      cause: thrown,
    });
  }
}

function extractHint(running: RunningStore): string {
  return running.port === MOCK_PORT
    ? 'esteira extract --store mock'
    : `ESTEIRA_MOCK_URL=${running.url} esteira extract --store mock`;
}

function stopSignal(): Promise<'SIGINT' | 'SIGTERM'> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve('SIGINT'));
    process.once('SIGTERM', () => resolve('SIGTERM'));
  });
}

function whole(noun: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`It must be ${noun} from ${min} to ${max}.`);
    return value;
  };
}

function share(text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be a number from 0 to 1.');
  return value;
}
