// Writes docs/config.md from the declarations, so that the page cannot disagree with the program.
import { type Setting, SETTING_NAMES, SETTINGS } from './keys.ts';

/** A setting that is declared elsewhere and read from the environment only, such as those of a store. */
export interface OtherSetting {
  readonly env: string;
  readonly type: string;
  readonly default?: string;
  readonly unit?: string;
  readonly description: string;
  readonly secret?: boolean;
}

/** The whole page, ending with a newline. `stores` are the settings of every store, by its name. */
export function configDoc(stores: ReadonlyMap<string, readonly OtherSetting[]> = new Map()): string {
  const rows = SETTING_NAMES.map((key) => {
    const setting = SETTINGS[key] as unknown as Setting<unknown>;
    return `| \`${key}\` | ${setting.kind.name} | ${defaultText(setting)} | \`${setting.flag}\` | \`${setting.env}\` | ${setting.description}${setting.secret === undefined ? '' : ' Secret.'} |`;
  });
  return `${HEAD}\n${rows.join('\n')}\n${TAIL}${[...stores].map(([name, settings]) => storeSection(name, settings)).join('')}`;
}

function storeSection(name: string, settings: readonly OtherSetting[]): string {
  const rows = settings.map((setting) => {
    const given = setting.secret === true || setting.default === undefined ? '' : `\`${setting.default}\``;
    const type = setting.unit === undefined ? setting.type : `${setting.type} (${setting.unit})`;
    return `| \`${setting.env}\` | ${type} | ${given} | ${setting.description}${setting.secret === true ? ' Secret.' : ''} |`;
  });
  return `
## Store \`${name}\`

Read by \`esteira extract --store ${name}\`, from the environment only.

| variable | type | default | meaning |
|---|---|---|---|
${rows.join('\n')}
`;
}

function defaultText(setting: Setting<unknown>): string {
  return setting.defaultNote ?? (setting.default === undefined ? '' : `\`${setting.kind.show(setting.default)}\``);
}

const HEAD = `# Settings

Generated from \`src/config/keys.ts\`; \`esteira config\` prints the values in force and where each comes from.

A value is looked for in this order: flag, environment variable, settings file, default.
The settings file is \`esteira.json\` or \`esteira.jsonc\` (comments allowed) in the working folder, then in the home folder.
Names may be nested or dotted: \`{ "batch": { "lines": 100000 } }\` is \`{ "batch.lines": 100000 }\`.
A name that does not exist is an error, never ignored.

| setting | type | default | flag | variable | meaning |
|---|---|---|---|---|---|`;

const TAIL = `
The time zone is America/Sao_Paulo and is not a setting: the sale date of an order must not depend on the machine.
Passwords are masked wherever settings are printed; keep them in the environment or in a file that only you can read.
`;
