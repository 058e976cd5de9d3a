// The settings as options of every command: declared from the one list in src/config, read back as a checked Config.
import { type Command, Option } from 'commander';
import { type Config, loadConfig } from '../config/load.ts';
import { SETTING_NAMES, SETTINGS, type SettingName } from '../config/keys.ts';
import { STORE_SOURCES } from '../sources/registry.ts';

/** Variables that configure stores: known, though they are no settings of Esteira itself. */
const STORE_VARIABLES = STORE_SOURCES.flatMap((source) => source.settings.map((setting) => setting.env));

/** Adds one global option per setting to the program. */
export function addSettingFlags(program: Command): void {
  for (const key of SETTING_NAMES) {
    const { flag, description, env } = SETTINGS[key];
    program.addOption(new Option(flag, `${description} [setting ${key}, variable ${env}]`).helpGroup('Settings:'));
  }
}

/** The settings in force for a command: its flags, the environment, files, defaults. Throws CONFIG_INVALID. */
export function configOf(command: Command): Config {
  const given = command.optsWithGlobals<Record<string, unknown>>();
  const flags: Partial<Record<SettingName, string>> = {};
  for (const key of SETTING_NAMES) {
    const value = given[new Option(SETTINGS[key].flag).attributeName()];
    if (typeof value === 'string') flags[key] = value;
  }
  return loadConfig({ flags, otherVariables: STORE_VARIABLES });
}
