// The refusals of files whose records cannot be trusted: what is said, in one place. It decides nothing.
import { fail } from '../../catalog/errors.ts';
import { MAX_COLUMNS, MAX_RECORD_BYTES } from './scan.ts';
import type { BrokenRecord } from './survey.ts';

/** Above this share of broken records the whole file is refused. */
export const BROKEN_SHARE = 0.2;

export function binaryRefused(name: string, at: number): Error {
  return fail('FILE_BINARY', {
    what: `${name}: there is a NUL byte at offset ${at}; this is not a text file.`,
    why: 'A spreadsheet, an image or a UTF-16 file without its byte order mark has such bytes; a CSV has none.',
    // of a letter of our alphabet, the byte that is zero comes first in one order of bytes and last in the other
    fix: `Save the table as "CSV UTF-8" and run again; for UTF-16 name it with --encoding ${at % 2 === 0 ? 'utf-16be' : 'utf-16le'}.`,
  });
}

export function quoteUnclosed(name: string, line: number): Error {
  return fail('FILE_QUOTE_UNCLOSED', {
    what: `${name}: the quote opened on line ${line} is never closed.`,
    why: 'Everything after it would be read as part of one cell, and those orders would be lost.',
    fix: `Open the file in a text editor, close or remove the quote (") on line ${line}, then run again.`,
  });
}

export function recordTooLarge(name: string, line: number): Error {
  return fail('FILE_RECORD_TOO_LARGE', {
    what: `${name}: the record that begins on line ${line} is larger than ${MAX_RECORD_BYTES >> 20} MB.`,
    why: 'No order line is that large: the file is damaged, or is something else.',
    fix: `Look at line ${line} in a text editor; export the file again.`,
  });
}

export function tooManyColumns(name: string, line: number, count: number): Error {
  return fail('FILE_TOO_MANY_COLUMNS', {
    what: `${name}: line ${line} has ${count} columns.`,
    why: `More than ${MAX_COLUMNS} columns are no table of orders.`,
    fix: 'Check the separator and the line ends of the file, or export it again.',
  });
}

export function tooBroken(
  name: string,
  broken: readonly BrokenRecord[],
  recordCount: number,
  fieldCount: number,
): Error {
  const lines = broken
    .slice(0, 5)
    .map((record) => record.line)
    .join(', ');
  return fail('FILE_TOO_BROKEN', {
    what: `${name}: ${broken.length} of ${recordCount} records do not have the ${fieldCount} fields of the header (lines ${lines}${broken.length > 5 ? ', ...' : ''}).`,
    why: `Above ${100 * BROKEN_SHARE} % the file as a whole cannot be trusted: cells are probably shifted everywhere.`,
    fix: 'Export the file again; if cells contain the separator, they must be quoted.',
  });
}
