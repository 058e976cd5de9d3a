// `esteira stack`: Kafka, Spark and PostgreSQL on this machine, without Docker: started, looked at, stopped. Data stays when they stop.
import { Argument, type Command, InvalidArgumentError } from 'commander';
import { SETTINGS } from '../../config/keys.ts';
import { type Config } from '../../config/load.ts';
import { parseSparkAddress } from '../../engines/spark/connect/address.ts';
import { follow, lastLines } from '../../stack/read-log.ts';
import {
  inspectServers,
  SERVER_NAMES,
  type ServerName,
  type ServerReport,
  type StackSettings,
  startServers,
  stopServers,
} from '../../stack/servers.ts';
import { configOf } from '../settings.ts';
import { stackSettings } from '../stack-settings.ts';

interface LogOptions {
  readonly lines: number;
  readonly follow?: boolean;
}

export function stackCommand(program: Command): void {
  const stack = program
    .command('stack')
    .description('Kafka, Spark and PostgreSQL on this machine, without Docker: start, stop and inspect them')
    .addHelpText(
      'after',
      [
        '',
        'Needs Java 17 and, the first time, Maven, which fetches Kafka (45 MB) and Spark (340 MB).',
        'They listen on 127.0.0.1 only, without passwords: whoever has an account on this machine may use Kafka and Spark.',
        '',
        'Examples:',
        '  esteira stack up                # all three',
        '  esteira stack up kafka          # Kafka alone',
        '  esteira stack status --json',
        '  esteira stack logs spark --follow',
        '  esteira stack down',
      ].join('\n'),
    );

  stack
    .command('up')
    .description('start what does not run yet, and wait until it answers')
    .addArgument(serversArgument())
    .option('--json', 'as JSON')
    .action(async (names: ServerName[], options: { json?: boolean }, command: Command) => {
      const settings = settingsOf(command);
      const { reports, failures } = await startServers(chosen(names), settings);
      printReports(reports, options.json);
      warnOfPorts(reports, settings);
      tellSettings(reports, configOf(command));
      if (failures.length > 0) throw failures[0];
    });

  stack
    .command('down')
    .description('stop them cleanly and free their ports; the data stays')
    .addArgument(serversArgument())
    .option('--json', 'as JSON')
    .action(async (names: ServerName[], options: { json?: boolean }, command: Command) => {
      const stopped = await stopServers(chosen(names), settingsOf(command));
      const text = stopped.length === 0 ? 'nothing was running' : `stopped: ${stopped.join(', ')}`;
      process.stdout.write(options.json === true ? `${JSON.stringify({ stopped })}\n` : `${text}\n`);
    });

  stack
    .command('status')
    .description('ask each of them whether it serves; exit code 3 unless all do')
    .addArgument(serversArgument())
    .option('--json', 'as JSON')
    .action(async (names: ServerName[], options: { json?: boolean }, command: Command) => {
      const reports = await inspectServers(chosen(names), settingsOf(command));
      printReports(reports, options.json);
      if (reports.some(({ status }) => status === 'stopped' || status === 'silent')) process.exitCode = 3;
    });

  stack
    .command('logs')
    .description('print the end of a server log, or of all')
    .addArgument(new Argument('[server]', 'which one').choices(SERVER_NAMES))
    .option('-n, --lines <count>', 'lines from the end', lineCount, 50)
    .option('-f, --follow', 'go on with what is written, until Ctrl-C')
    .action(async (name: ServerName | undefined, options: LogOptions, command: Command) => {
      const reports = await inspectServers(name === undefined ? SERVER_NAMES : [name], settingsOf(command));
      await showLogs(reports, options);
    });
}

function serversArgument(): Argument {
  // commander checks the choices of a list one by one
  return new Argument('[servers...]', 'which ones; all when none is named').choices(SERVER_NAMES);
}

function chosen(names: readonly ServerName[]): readonly ServerName[] {
  return names.length === 0 ? SERVER_NAMES : SERVER_NAMES.filter((name) => names.includes(name));
}

function settingsOf(command: Command): StackSettings {
  return {
    ...stackSettings(configOf(command)),
    onProgress: (name, doing) => {
      const more = doing === 'fetching' ? ' by Maven (only the first time)' : '';
      process.stderr.write(`${doing} ${name}${more} ...\n`);
    },
  };
}

function printReports(reports: readonly ServerReport[], asJson: boolean | undefined): void {
  if (asJson === true) {
    const rows = reports.map(({ logFile, startedNow, ...rest }) => ({
      ...rest,
      log: logFile,
      started_now: startedNow,
    }));
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  for (const report of reports) process.stdout.write(`${report.name.padEnd(8)}  ${sentenceOf(report)}\n`);
}

function sentenceOf({ status, startedNow, version, address, pid, logFile }: ServerReport): string {
  if (status === 'running')
    return `${startedNow ? 'started' : 'running'}  ${address}  version ${version}, process ${pid}`;
  if (status === 'silent') return `silent   process ${pid} does not answer; see ${logFile}`;
  return status === 'stopped' ? status : 'not ours: the setting warehouse.url names a PostgreSQL of your own';
}

/** A server that was running already keeps its port, whatever the settings say now. */
function warnOfPorts(reports: readonly ServerReport[], settings: StackSettings): void {
  const wishes: Partial<Record<ServerName, number>> = { kafka: settings.kafkaPort, spark: settings.sparkPort };
  for (const { name, address } of reports) {
    const wish = wishes[name];
    if (address === null || wish === undefined || address.endsWith(`:${wish}`)) continue;
    process.stderr.write(
      `${name} was running already, at ${address} and not at the port ${wish} of the settings; esteira stack down ${name} stops it.\n`,
    );
  }
}

/** Where other commands look elsewhere than at these servers: the setting that brings them here. */
function tellSettings(reports: readonly ServerReport[], config: Config): void {
  const { host, port } = parseSparkAddress(config.get('spark.url'));
  const places = { kafka: config.get('kafka.bootstrap').split(','), spark: [`${host}:${port}`] };
  for (const { name, address } of reports) {
    if (address === null || name === 'postgres') continue;
    if (places[name].some((place) => place.replace('localhost', '127.0.0.1') === address)) continue;
    const [setting, value] =
      name === 'kafka' ? [SETTINGS['kafka.bootstrap'], address] : [SETTINGS['spark.url'], `sc://${address}`];
    process.stderr.write(
      `Other commands look for ${name} elsewhere. To bring them here: export ${setting.env}=${value}\n`,
    );
  }
}

async function showLogs(reports: readonly ServerReport[], options: LogOptions): Promise<void> {
  const isOne = reports.length === 1;
  for (const { name, logFile } of reports) {
    if (!isOne) process.stderr.write(`${name}: ${logFile}\n`);
    process.stdout.write(lastLines(logFile, options.lines));
  }
  if (options.follow !== true) return;
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const write = (text: string): void => void process.stdout.write(text);
  await Promise.all(reports.map(({ logFile }) => follow(logFile, write, stop.signal)));
}

function lineCount(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of lines.');
}
