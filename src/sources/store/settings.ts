// Settings of stores: those that all stores share, reading them from the environment, and checking what was given.
// It never prints a value: a secret that is wrong is described, not shown.
import { fail } from '../../catalog/errors.ts';
import type { EsteiraError } from '../../lib/errors.ts';
import { STORE_NAME, STORE_NAME_WORDS } from '../../model/contract.ts';
import type { StoreSetting, StoreSource } from './source.ts';

/** Settings that every store takes; `prefix` begins its environment variables (for instance ESTEIRA_MOCK). */
export function commonSettings(prefix: string, requestsPerSecond: number): StoreSetting[] {
  return [
    {
      name: 'overlapSeconds',
      env: `${prefix}_OVERLAP_SECONDS`,
      type: 'integer',
      default: '300',
      unit: 's',
      min: 0,
      max: 604_800,
      description: 'How far a run reads back before the end of the last one, for orders that the store lists late.',
    },
    {
      name: 'requestsPerSecond',
      env: `${prefix}_REQUESTS_PER_SECOND`,
      type: 'number',
      default: String(requestsPerSecond),
      unit: '1/s',
      min: 0.01,
      max: 10_000,
      description: 'How often this process asks the store at most.',
    },
    {
      name: 'answerTimeoutMs',
      env: `${prefix}_ANSWER_TIMEOUT_MS`,
      type: 'integer',
      default: '30000',
      unit: 'ms',
      min: 10,
      max: 600_000,
      description: 'How long connecting and waiting for the head of an answer may take.',
    },
    {
      name: 'bodyTimeoutMs',
      env: `${prefix}_BODY_TIMEOUT_MS`,
      type: 'integer',
      default: '20000',
      unit: 'ms',
      min: 10,
      max: 600_000,
      description: 'How long the body of an answer may stand still.',
    },
    {
      name: 'maxBodyBytes',
      env: `${prefix}_MAX_BODY_BYTES`,
      type: 'integer',
      default: '67108864',
      unit: 'bytes',
      min: 1024,
      max: 536_870_912,
      description: 'The largest body that is read, after decompression.',
    },
  ];
}

/** What the environment gives for a store, by setting name. */
export function settingsFromEnv(
  source: StoreSource,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const found: Record<string, string | undefined> = {};
  for (const setting of source.settings) {
    const value = env[setting.env];
    if (value !== undefined && value !== '') found[setting.name] = value;
  }
  return found;
}

/** Checked values of a store's settings. */
export interface StoreSettings {
  text(name: string): string;
  number(name: string): number;
  /** A base URL that a token may be sent to: https, or http on this machine; no credentials, query or fragment. */
  url(name: string): URL;
}

/** Throws STORE_SETTING_INVALID for an unknown name, a missing value, or a value of the wrong kind. */
export function checkSettings(
  storeId: string,
  declared: readonly StoreSetting[],
  given: Readonly<Record<string, string | undefined>>,
): StoreSettings {
  const names = declared.map((setting) => setting.name);
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) {
      throw invalid(storeId, `There is no setting "${name}".`, `Use one of: ${names.join(', ')}.`);
    }
  }
  const values = new Map(declared.map((setting) => [setting.name, checkOne(storeId, setting, given[setting.name])]));
  const text = (name: string): string => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`setting ${name} of store ${storeId} is not declared`);
    return value;
  };
  return { text, number: (name) => Number(text(name)), url: (name) => new URL(text(name)) };
}

function checkOne(storeId: string, setting: StoreSetting, given: string | undefined): string {
  const value = given ?? setting.default;
  const fix = `Set ${setting.env}: ${setting.description}`;
  if (value === undefined || value === '') throw invalid(storeId, `"${setting.name}" is missing.`, fix);
  if (setting.type === 'choice' && !(setting.choices ?? []).includes(value)) {
    throw invalid(storeId, `"${setting.name}" must be one of: ${(setting.choices ?? []).join(', ')}.`, fix);
  }
  if (setting.type === 'integer' || setting.type === 'number') {
    const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
    const isWhole = setting.type === 'number' || Number.isInteger(number);
    const [min, max] = [setting.min ?? 0, setting.max ?? Number.MAX_SAFE_INTEGER];
    if (!isWhole || !(number >= min && number <= max)) {
      throw invalid(
        storeId,
        `"${setting.name}" must be ${setting.type === 'integer' ? 'a whole number' : 'a number'} from ${min} to ${max}.`,
        fix,
      );
    }
  }
  // with another name every order would be rejected
  if (setting.type === 'store name' && !STORE_NAME.test(value.toLowerCase()))
    throw invalid(storeId, `"${setting.name}" is not a store's name. ${STORE_NAME_WORDS}`, fix);
  if (setting.type === 'url') checkUrl(storeId, setting, value, fix);
  // A line break inside a header value makes the HTTP library quote the value in its error: it must not get that far.
  if (setting.secret === true && !/^[\x21-\x7e]+$/.test(value)) {
    throw invalid(storeId, `"${setting.name}" has a space, a line break or a character outside ASCII.`, fix);
  }
  return value;
}

function checkUrl(storeId: string, setting: StoreSetting, value: string, fix: string): void {
  if (!URL.canParse(value)) throw invalid(storeId, `"${setting.name}" is not a URL.`, fix);
  const url = new URL(value);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw invalid(storeId, `"${setting.name}" must have no user, password, query or fragment.`, fix);
  }
  if (url.protocol === 'https:') return;
  if (url.protocol !== 'http:' || !isLoopback(url.hostname)) {
    throw invalid(
      storeId,
      `"${setting.name}" would send the token in clear text to ${url.host}.`,
      'Use https; plain http is only for this machine (127.0.0.1, ::1, localhost).',
    );
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function invalid(storeId: string, why: string, fix: string): EsteiraError {
  return fail('STORE_SETTING_INVALID', { what: `A setting of the store "${storeId}" cannot be used.`, why, fix });
}
