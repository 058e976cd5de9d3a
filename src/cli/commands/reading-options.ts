// The options that say how a file of orders is to be read: the same for every command that reads files. It reads none itself.
import { InvalidArgumentError, type Command } from 'commander';
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
    .option('--store <name>', 'name of the store, for files that do not state it')
    .option('--mapping <file>', 'JSON file that says which column is which, for --profile generic')
    .option('--decimal <mark>', 'how the file writes money: "," "." or en for 1,234.56 (default: found in the file)')
    .option('--date-order <order>', 'iso, dmy or mdy (default: found in the file; mdy only when declared)')
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
    loja: flags.store?.toLowerCase(),
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
