// The options that say how a file of orders is to be read: the same for every command that reads files. It reads none itself.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { fail } from '../../catalog/errors.ts';
import { STORE_NAME, STORE_NAME_WORDS } from '../../model/contract.ts';
import { OLDEST_DAY } from '../../pipeline/period.ts';
import type { StageOptions } from '../../sources/files/index.ts';

export interface ReadingFlags {
  readonly profile?: string;
  readonly store?: string;
  readonly mapping?: string;
  readonly decimal?: ',' | '.' | 'en';
  readonly dateOrder?: 'iso' | 'dmy' | 'mdy';
  readonly encoding?: string;
  readonly separator?: string;
  readonly asOf?: Date;
}

/** Adds them to a command, and returns it. */
export function addReadingOptions(command: Command): Command {
  return command
    .option(
      '--profile <name>',
      'whose export it is: esteira, nuvemshop, shopify, shopee, mercadolivre, generic (default: found by the header)',
    )
    .option('--store <name>', 'name of the store, for files that do not state it', storeName)
    .option('--mapping <file>', 'JSON file that says which column is which, for --profile generic')
    .addOption(
      oneOf(
        [',', '.', 'en'],
        '--decimal',
        '<mark>',
        'how the file writes money; en is 1,234.56 (default: found in the file)',
      ),
    )
    .addOption(
      oneOf(
        ['iso', 'dmy', 'mdy'],
        '--date-order',
        '<order>',
        'order of day, month and year (default: found in the file; mdy only when declared)',
      ),
    )
    .option('--encoding <name>', 'utf-8, windows-1252, utf-16le or utf-16be (default: found in the file)')
    .option('--separator <char>', 'between the cells (default: found in the header)')
    .option('--as-of <time>', 'when the export was made (default: the modification time of the file)', (text) =>
      parseAsOf(text, new Date()),
    );
}

/** What the flags say, without what they leave open. */
export function readingOf(flags: ReadingFlags): Omit<StageOptions, 'tempDir'> {
  const given = {
    profile: flags.profile,
    loja: flags.store,
    mapping: flags.mapping,
    decimal: flags.decimal,
    dateOrder: flags.dateOrder,
    encoding: flags.encoding,
    separator: flags.separator,
    asOf: flags.asOf,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Omit<
    StageOptions,
    'tempDir'
  >;
}

/** An option that takes one of a few words. Throws USAGE for any other. */
function oneOf(words: readonly string[], flag: string, value: string, description: string): Option {
  const all = words.map((word) => (/\w/.test(word) ? word : `"${word}"`));
  const option = new Option(`${flag} ${value}`, description).choices(words);
  return option.argParser((text: string) => {
    if (words.includes(text)) return text;
    throw fail('USAGE', {
      what: `${flag} ${text} is not known.`,
      why: `It is ${all.slice(0, -1).join(', ')} or ${all.at(-1)}.`,
      fix: `Use one of them, or leave ${flag} out to have it found in the file.`,
    });
  });
}

/** The store's name as keys have it, in lower case. Throws USAGE: with another name every order of the file would be rejected. */
function storeName(text: string): string {
  const name = text.toLowerCase();
  if (STORE_NAME.test(name)) return name;
  throw fail('USAGE', {
    what: `--store ${text === '' ? '""' : text} is not a store's name.`,
    why: STORE_NAME_WORDS,
    fix: `For example --store ${storeNameNear(name) ?? 'loja-sul'}.`,
  });
}

/** What somebody may have meant, without accents and spaces; undefined when nothing is left. */
function storeNameNear(name: string): string | undefined {
  const plain = name
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9_]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return STORE_NAME.test(plain) ? plain : undefined;
}

const DAY_MS = 86_400_000;

/**
 * The instant that --as-of names. A day of grace is for clocks and time zones; later than that, versions without an update time would beat every
 * correction that comes after them. Throws InvalidArgumentError.
 */
export function parseAsOf(text: string, now: Date): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('Write a time like 2026-11-01T06:00:00-03:00.');
  if (time.getTime() > now.getTime() + DAY_MS)
    throw new InvalidArgumentError(
      `It is ${now.toISOString()} by the clock of this machine: no export was made later than that. Correct the time, or the clock.`,
    );
  if (time.getTime() < Date.parse(OLDEST_DAY))
    throw new InvalidArgumentError(`No export was made before ${OLDEST_DAY}.`);
  return time;
}
