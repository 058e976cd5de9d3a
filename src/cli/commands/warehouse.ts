// `esteira warehouse`: the embedded PostgreSQL as something to start, stop, look at and connect other tools to.
// `url` is the only place of Esteira that prints a password: that is its purpose.
import { type Command, Option } from 'commander';
import { type Config } from '../../config/load.ts';
import { fail } from '../../catalog/errors.ts';
import { resolveWarehouse } from '../../storage/embedded/resolve.ts';
import { connectInfo, type EmbeddedServer, startEmbedded, stopEmbedded } from '../../storage/embedded/server.ts';
import { configOf } from '../settings.ts';

export function warehouseCommand(program: Command): void {
  const warehouse = program
    .command('warehouse')
    .description('start, stop and inspect the embedded PostgreSQL, or print the URL to connect a tool')
    .addHelpText(
      'after',
      '\nExamples:\n  esteira warehouse start\n  esteira warehouse url --role leitura\n  esteira warehouse stop',
    );

  warehouse
    .command('start')
    .description('start the embedded PostgreSQL; it keeps running until it is stopped')
    .option('--json', 'as JSON')
    .action(async (options: { json?: boolean }, command: Command) => {
      const server = await startEmbedded({ home: embeddedHome(configOf(command)) });
      print(
        options.json,
        statusOf(server),
        `${server.startedNow ? 'started' : 'already running'}: ${addressOf(server)}`,
      );
    });

  warehouse
    .command('stop')
    .description('stop the embedded PostgreSQL cleanly; the data stays')
    .option('--json', 'as JSON')
    .action(async (options: { json?: boolean }, command: Command) => {
      const wasRunning = await stopEmbedded(embeddedHome(configOf(command)));
      print(options.json, { running: false, was_running: wasRunning }, wasRunning ? 'stopped' : 'was not running');
    });

  warehouse
    .command('status')
    .description('tell whether the embedded PostgreSQL runs, and where')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }, command: Command) => {
      const server = connectInfo(embeddedHome(configOf(command)));
      print(
        options.json,
        server === undefined ? { running: false } : statusOf(server),
        server === undefined ? 'not running' : `running: ${addressOf(server)}`,
      );
    });

  warehouse
    .command('url')
    .description('print the URL with its password; starts the embedded PostgreSQL if needed')
    .addOption(
      new Option('--role <role>', 'leitura may only read, app owns the tables')
        .choices(['leitura', 'app'])
        .default('leitura'),
    )
    .action(async (options: { role: string }, command: Command) => {
      const config = configOf(command);
      const target = await resolveWarehouse({
        home: config.get('home'),
        url: config.get('warehouse.url'),
        readUrl: config.get('warehouse.read_url'),
      });
      process.stdout.write(`${options.role === 'app' ? target.url : target.readUrl}\n`);
    });
}

/** The home, or a refusal when the settings name a warehouse that is not ours to start or stop. */
function embeddedHome(config: Config): string {
  if (config.get('warehouse.url') === undefined) return config.get('home');
  throw fail('USAGE', {
    what: 'The settings name a warehouse of your own.',
    why: 'Only the embedded PostgreSQL can be started, stopped and inspected here.',
    fix: 'Remove warehouse.url (esteira config shows where it is set) to use the embedded one.',
  });
}

function statusOf(server: EmbeddedServer): Record<string, unknown> {
  const { host, port, database, pid, home, socketDir, logFile, startedNow } = server;
  return {
    running: true,
    started_now: startedNow,
    host,
    port,
    database,
    pid,
    home,
    socket_folder: socketDir,
    log: logFile,
  };
}

function addressOf(server: EmbeddedServer): string {
  return `PostgreSQL at ${server.host}:${server.port}, database ${server.database}, process ${server.pid}, data in ${server.home}`;
}

function print(asJson: boolean | undefined, value: Record<string, unknown>, text: string): void {
  process.stdout.write(asJson === true ? `${JSON.stringify(value, null, 2)}\n` : `${text}\n`);
}
