// Collects the settings: flag, else environment variable, else settings file (working folder, then home folder), else default.
// Everything is parsed and checked at once, so that a misspelt name or value stops a command before it does anything.
import { resolve } from 'node:path';
import { fail } from '../catalog/errors.ts';
import { redactUrls } from '../lib/redact.ts';
import { readSettingsFile, type SettingsFile } from './file.ts';
import { type Setting, SETTING_NAMES, SETTINGS, type SettingName, type SettingValue } from './keys.ts';
import { nearest } from './nearest.ts';

/** Where a value came from: `flag`, `env`, the path of a file, or `default`. */
export interface Origin {
  readonly source: 'flag' | 'env' | 'file' | 'default';
  /** The flag, the variable or the file. Empty for defaults. */
  readonly name: string;
}

export interface ConfigEntry {
  readonly key: SettingName;
  /** The value as text, secrets masked; undefined when the setting is absent. */
  readonly shown: string | undefined;
  readonly origin: Origin;
}

/** All settings, checked. */
export interface Config {
  get<K extends SettingName>(key: K): SettingValue<K>;
  /** Every setting in the order of declaration, fit to be printed. */
  entries(): ConfigEntry[];
  /** The settings files that were read. */
  readonly files: readonly string[];
}

export interface ConfigSources {
  /** By setting name: what the command line gave. */
  readonly flags?: Readonly<Partial<Record<SettingName, string>>>;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** ESTEIRA_ variables that others read: the settings of stores. */
  readonly otherVariables?: readonly string[];
}

/** Reserved for test runs; every other ESTEIRA_ variable must be a setting. */
const TEST_VARIABLE = /^ESTEIRA_TEST_/;

/** Throws CONFIG_INVALID for unknown names and values that do not parse. */
export function loadConfig(sources: ConfigSources = {}): Config {
  const { flags = {}, env = process.env, cwd = process.cwd(), otherVariables = [] } = sources;
  checkVariables(env, otherVariables);
  const here = readSettingsFile(cwd);
  if (here !== undefined) checkNames(here);
  const values = new Map<SettingName, { value: unknown; origin: Origin }>();
  const take = (key: SettingName, files: readonly SettingsFile[]): void => {
    values.set(key, find(key, flags, env, files));
  };
  take('home', here === undefined ? [] : [here]);
  const home = resolve(cwd, values.get('home')?.value as string);
  values.set('home', { value: home, origin: values.get('home')?.origin ?? { source: 'default', name: '' } });
  const atHome = home === resolve(cwd) ? undefined : readSettingsFile(home);
  if (atHome !== undefined) checkNames(atHome, 'home');
  const files = [here, atHome].filter((file) => file !== undefined);
  for (const key of SETTING_NAMES) if (key !== 'home') take(key, files);
  return {
    get: <K extends SettingName>(key: K) => values.get(key)?.value as SettingValue<K>,
    entries: () =>
      SETTING_NAMES.map((key) => ({
        key,
        shown: shownValue(key, values.get(key)?.value),
        origin: values.get(key)?.origin ?? { source: 'default', name: '' },
      })),
    files: files.map((file) => file.path),
  };
}

function find(
  key: SettingName,
  flags: NonNullable<ConfigSources['flags']>,
  env: NodeJS.ProcessEnv,
  files: readonly SettingsFile[],
): { value: unknown; origin: Origin } {
  const setting = declared(key);
  const flag = flags[key];
  if (flag !== undefined) return parse(key, flag, { source: 'flag', name: setting.flag.split(' ')[0] ?? '' });
  const variable = env[setting.env];
  // an empty variable counts as not set, as usual in shells and CI forms
  if (variable !== undefined && variable !== '') return parse(key, variable, { source: 'env', name: setting.env });
  for (const file of files) {
    const text = file.values.get(key);
    if (text !== undefined) return parse(key, text, { source: 'file', name: file.path });
  }
  const value: unknown =
    typeof setting.default === 'function'
      ? (setting.default as (env: NodeJS.ProcessEnv) => unknown)(env)
      : setting.default;
  return { value, origin: { source: 'default', name: '' } };
}

function parse(key: SettingName, text: string, origin: Origin): { value: unknown; origin: Origin } {
  const setting = declared(key);
  const parsed = setting.kind.parse(text);
  if ('value' in parsed) return { value: parsed.value, origin };
  const given = setting.secret === undefined ? ` is ${JSON.stringify(text)}, which` : ' has a value that';
  throw fail('CONFIG_INVALID', {
    what: `The setting ${key}${given} cannot be used (from ${origin.name}).`,
    why: `Expected ${parsed.expected}.`,
    fix: `Correct ${origin.name}. esteira config shows every setting and where it comes from.`,
  });
}

/** The value as people may see it. */
function shownValue(key: SettingName, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const setting = declared(key);
  if (setting.secret === 'whole') return '***';
  const text = setting.kind.show(value);
  return setting.secret === 'url' ? redactUrls(text) : text;
}

function checkNames(file: SettingsFile, place?: 'home'): void {
  for (const name of file.values.keys()) {
    if (!(SETTING_NAMES as string[]).includes(name)) throw unknownName(name, file.path, SETTING_NAMES);
    if (place === 'home' && declared(name as SettingName).notInHomeFile === true) {
      throw fail('CONFIG_INVALID', {
        what: `${file.path} sets ${name}.`,
        why: 'A file in the home folder cannot say where that folder is.',
        fix: 'Remove the line; use --home or ESTEIRA_HOME.',
      });
    }
  }
}

function checkVariables(env: NodeJS.ProcessEnv, others: readonly string[]): void {
  const known = [...SETTING_NAMES.map((key) => declared(key).env), ...others];
  for (const name of Object.keys(env)) {
    if (name.startsWith('ESTEIRA_') && !known.includes(name) && !TEST_VARIABLE.test(name))
      throw unknownName(name, 'the environment', known);
  }
}

function unknownName(name: string, where: string, known: readonly string[]): Error {
  const meant = nearest(name, known);
  return fail('CONFIG_INVALID', {
    what: `There is no setting ${name} (in ${where}).`,
    why: meant === undefined ? `The settings are ${known.join(', ')}.` : `Did you mean ${meant}?`,
    fix: `Correct or remove ${name}. docs/config.md lists every setting.`,
  });
}

function declared(key: SettingName): Setting<unknown> {
  return SETTINGS[key];
}
