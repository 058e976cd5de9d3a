// `esteira config`: every setting, its value and where it came from. It changes nothing and prints no secret.
import { type Command } from 'commander';
import { configDoc } from '../../config/document.ts';
import { type ConfigEntry } from '../../config/load.ts';
import { configOf } from '../settings.ts';

interface ConfigOptions {
  json?: boolean;
  markdown?: boolean;
}

export function configCommand(program: Command): void {
  program
    .command('config')
    .description('show every setting, its value and where it comes from; secrets are masked')
    .option('--json', 'as JSON')
    .option('--markdown', 'the reference page docs/config.md instead')
    .addHelpText('after', '\nExamples:\n  esteira config\n  ESTEIRA_THREADS=2 esteira config --json')
    .action((options: ConfigOptions, command: Command) => {
      if (options.markdown === true) {
        process.stdout.write(configDoc());
        return;
      }
      const config = configOf(command);
      process.stdout.write(options.json === true ? asJson(config.entries()) : asText(config.entries()));
    });
}

function asJson(entries: ConfigEntry[]): string {
  const rows = entries.map(({ key, shown, origin }) => ({
    setting: key,
    value: shown ?? null,
    origin: origin.source,
    from: origin.name || null,
  }));
  return JSON.stringify(rows, null, 2) + '\n';
}

function asText(entries: ConfigEntry[]): string {
  const rows = entries.map(({ key, shown, origin }) => [key, shown ?? '(not set)', originText(origin)]);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(([key, shown, origin]) => `${key?.padEnd(widths[0] ?? 0)}  ${shown?.padEnd(widths[1] ?? 0)}  ${origin}\n`)
    .join('');
}

function originText(origin: ConfigEntry['origin']): string {
  return origin.source === 'default' ? 'default' : `${origin.source} ${origin.name}`;
}
