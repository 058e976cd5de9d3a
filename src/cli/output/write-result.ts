// Writes a result to a .csv, .json or .parquet file: whole or not at all. The rows go to a hidden file in the same folder,
// which is synced and renamed over the target; a crash or an error leaves the old file as it was.
import { open, realpath, rename, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { basename, dirname, extname, join } from 'node:path';
import type { ResultColumn } from '../../catalog/analyses.ts';
import { fail } from '../../catalog/errors.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Cell } from '../../pipeline/result-cells.ts';
import { csvHead, csvLine, type CsvStyle } from '../../pipeline/format/csv.ts';
import { JSON_FOOT, JSON_HEAD, jsonRow } from '../../pipeline/format/json.ts';
import { writeParquet } from './parquet.ts';
import { writeTexts } from './text-file.ts';

/** Rows that are there already, or that arrive in time. */
export type RowSource = Iterable<readonly Cell[]> | AsyncIterable<readonly Cell[]>;

export const RESULT_FORMATS = ['.csv', '.json', '.parquet'] as const;
export type ResultFormat = (typeof RESULT_FORMATS)[number];

/**
 * The format that the file name asks for.
 * @throws EsteiraError USAGE for any other ending
 */
export function resultFormat(path: string): ResultFormat {
  const ending = extname(path).toLowerCase();
  const format = RESULT_FORMATS.find((known) => known === ending);
  if (format !== undefined) return format;
  throw fail('USAGE', {
    what: `Esteira cannot tell which format "${basename(path)}" should have.`,
    why: 'The ending of the file name decides it.',
    fix: /^\.(xls[xmb]?|ods)$/.test(ending)
      ? `For a spreadsheet: --out ${basename(path, extname(path))}.csv --excel-br.`
      : `Use a name that ends in ${RESULT_FORMATS.join(', ')}.`,
  });
}

/**
 * Writes the rows and returns how many there were.
 * @throws EsteiraError USAGE for an unknown ending, OUTPUT_UNWRITABLE when the file cannot be written there, DISK_FULL
 */
export async function writeResult(
  path: string,
  columns: readonly ResultColumn[],
  rows: RowSource,
  style: CsvStyle = {},
): Promise<number> {
  const format = resultFormat(path);
  let rowCount = 0;
  async function* counted(): AsyncGenerator<readonly Cell[]> {
    for await (const row of rows) {
      rowCount++;
      yield row;
    }
  }
  await writeAtomically(path, async (draft) => {
    if (format === '.parquet') await writeParquet(draft, columns, counted());
    else
      await writeTexts(draft, format === '.csv' ? csvTexts(columns, counted(), style) : jsonTexts(columns, counted()));
  });
  return rowCount;
}

/** The pieces of a CSV file. */
export async function* csvTexts(
  columns: readonly ResultColumn[],
  rows: RowSource,
  style: CsvStyle = {},
): AsyncGenerator<string> {
  yield csvHead(columns, style);
  for await (const row of rows) yield csvLine(columns, row, style);
}

/** The pieces of a JSON file. */
export async function* jsonTexts(columns: readonly ResultColumn[], rows: RowSource): AsyncGenerator<string> {
  yield JSON_HEAD;
  let isFirst = true;
  for await (const row of rows) {
    yield jsonRow(columns, row, isFirst);
    isFirst = false;
  }
  yield JSON_FOOT;
}

/**
 * Lets `write` fill a draft beside the target, then puts it in its place in one step.
 * @throws EsteiraError OUTPUT_UNWRITABLE or DISK_FULL for what the file system refuses; whatever else `write` throws
 */
export async function writeAtomically(path: string, write: (draft: string) => Promise<void>): Promise<void> {
  // through a link, the file it points to is replaced, and the link stays
  const target = await realpath(path).catch(() => path);
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}-${randomUUID().slice(0, 8)}.tmp`);
  try {
    // first of all the cheap proof that the folder takes files: a long query must not run in vain
    await (await open(draft, 'wx')).close();
    await write(draft);
    await sync(draft);
    await rename(draft, target);
    await sync(dirname(target)).catch(() => undefined); // not every system syncs folders
  } catch (thrown) {
    await rm(draft, { force: true });
    throw asOutputError(path, thrown);
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

const UNWRITABLE: Readonly<Record<string, string>> = {
  ENOENT: 'The folder does not exist.',
  ENOTDIR: 'A part of the path is not a folder.',
  EACCES: 'This user may not write there.',
  EPERM: 'This user may not write there.',
  EROFS: 'That file system is read-only.',
  EISDIR: 'A folder has that name.',
  ENAMETOOLONG: 'The file name is too long.',
};

function asOutputError(path: string, thrown: unknown): unknown {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return fail('DISK_FULL', {
      what: `"${path}" could not be written.`,
      why: 'There is no room left on the disk.',
      fix: 'Free some room, or choose another folder.',
      cause: thrown,
    });
  }
  const why = UNWRITABLE[code];
  if (why === undefined) return thrown;
  return fail('OUTPUT_UNWRITABLE', {
    what: `"${path}" could not be written.`,
    why: `${why} (${messageOf(thrown)})`,
    fix: 'Create the folder, or choose another one with --out.',
    cause: thrown,
  });
}
