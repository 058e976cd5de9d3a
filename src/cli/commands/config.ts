// `esteira config`: every setting, its value and where it came from. It changes nothing and prints no secret.
import { type Command } from 'commander';
import { configDoc } from '../../config/document.ts';
import { type ConfigEntry } from '../../config/load.ts';
import { STORE_SOURCES } from '../../sources/registry.ts';
import { redactUrls } from '../../lib/redact.ts';
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
        process.stdout.write(configDoc(new Map(STORE_SOURCES.map((source) => [source.id, source.settings]))));
        return;
      }
      const config = configOf(command);
      const entries = [...config.entries(), ...storeEntries(process.env)];
      process.stdout.write(options.json === true ? asJson(entries) : asText(entries));
    });
}

/** A setting to be shown, of Esteira or of a store. */
type ShownEntry = Omit<ConfigEntry, 'key'> & { readonly key: string };

/** The settings of the stores, as `store.<name>.<setting>`; unchecked, because only the command that uses a store needs them. */
function storeEntries(env: NodeJS.ProcessEnv): ShownEntry[] {
  return STORE_SOURCES.flatMap((source) =>
    source.settings.map((setting): ShownEntry => {
      const given = env[setting.env];
      const isGiven = given !== undefined && given !== '';
      const value = isGiven ? given : setting.default;
      return {
        key: `store.${source.id}.${setting.name}`,
        shown: value === undefined ? undefined : setting.secret === true ? '***' : redactUrls(value),
        origin: isGiven ? { source: 'env', name: setting.env } : { source: 'default', name: '' },
      };
    }),
  );
}

function asJson(entries: ShownEntry[]): string {
  const rows = entries.map(({ key, shown, origin }) => ({
    setting: key,
    value: shown ?? null,
    origin: origin.source,
    from: origin.name || null,
  }));
  return JSON.stringify(rows, null, 2) + '\n';
}

function asText(entries: ShownEntry[]): string {
  const rows = entries.map(({ key, shown, origin }) => [key, shown ?? '(not set)', originText(origin)]);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(([key, shown, origin]) => `${key?.padEnd(widths[0] ?? 0)}  ${shown?.padEnd(widths[1] ?? 0)}  ${origin}\n`)
    .join('');
}

function originText(origin: ConfigEntry['origin']): string {
  return origin.source === 'default' ? 'default' : `${origin.source} ${origin.name}`;
}
