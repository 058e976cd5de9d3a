// Reads a corrected file back: any CSV that `export` wrote and a spreadsheet saved again. Each line is marked with the record that it corrects.
// It fills the table `marcadas`; it judges no value (the transform does) and changes nothing in the warehouse.
import type { DuckDBConnection } from '@duckdb/node-api';
import { fail, type ErrorCode } from '../../catalog/errors.ts';
import { run } from '../../engines/duckdb/session.ts';
import { EsteiraError } from '../../lib/errors.ts';
import { LINE_COLUMNS } from '../../model/contract.ts';
import { stageFile, type InputFile, type StagedFile } from '../../sources/files/index.ts';
import { plainName } from '../../sources/files/header.ts';
import { splitRecord } from '../../sources/files/scan.ts';
import { splitId, type QuarantineRecord } from '../../storage/quarantine-read.ts';
import { unprotected } from './cells.ts';
import { ID_COLUMN, ORIGINAL_COLUMN } from './export.ts';
import { makeMarked, type MarkedLine } from './restage.ts';

export interface CorrectionFile {
  readonly staged: StagedFile;
  readonly records: readonly QuarantineRecord[];
  /** Text of each line, by its place in the file. */
  readonly lines: readonly MarkedLine[];
}

/** A file may be mended by hand for at most so many complaints at a time. */
const SHOWN_LINES = 5;

/**
 * Stages the file and fills `marcadas`. `find` fetches records by their hashes.
 * Throws the refusals of a file (FILE_*), QUARANTINE_FILE_INVALID for lines that name no record.
 */
export async function readCorrections(
  connection: DuckDBConnection,
  folder: string,
  input: InputFile,
  find: (hashes: readonly string[]) => Promise<readonly QuarantineRecord[]>,
): Promise<CorrectionFile> {
  const staged = await stageFile(connection, input, { tempDir: folder, profile: 'esteira' }).catch(
    (refusal: unknown) => {
      throw withOwnFix(refusal);
    },
  );
  if (staged.header === null || staged.separator === null) {
    throw invalid(
      `${input.name}: this is no CSV file.`,
      'Corrections are read from the CSV file that the export wrote.',
      'Save the spreadsheet as CSV and run again.',
    );
  }
  const names = splitRecord(staged.header, staged.separator).map(plainName);
  const idAt = names.indexOf(plainName(ID_COLUMN));
  const originalAt = names.indexOf(ORIGINAL_COLUMN);
  if (idAt < 0) {
    throw invalid(
      `${input.name}: the column ${ID_COLUMN} is missing.`,
      'It says which record of the quarantine a line corrects.',
      'Correct the file that "esteira quarantine export" wrote, and keep its first column.',
    );
  }
  const originals = await staged.originals(
    Array.from({ length: staged.linesRead - staged.linesIgnored }, (_, rowid) => rowid),
  );
  const read = originals.map((line) => {
    const cells = splitRecord(line.text, staged.separator ?? ',');
    return {
      ...line,
      id: (cells[idAt] ?? '').replace(/^[\s'="\u00a0]+|[\s"\u00a0]+$/g, ''),
      hasOriginal: originalAt >= 0 && (cells[originalAt] ?? '').trim() !== '',
    };
  });
  const found = await find([
    ...new Set(read.map((line) => splitId(line.id).prefix).filter((hash) => /^[0-9a-f]{64}$/.test(hash))),
  ]);
  const indexOf = (id: string): number => {
    const { prefix, store } = splitId(id);
    const matches = found.flatMap((record, index) =>
      record.hash === prefix && (store === null || record.store === store) ? [index] : [],
    );
    return matches.length === 1 ? (matches[0] as number) : -1;
  };
  const strangers = read.filter((line) => indexOf(line.id) < 0);
  if (strangers.length > 0) {
    const shown = strangers.slice(0, SHOWN_LINES).map((line) => line.linha);
    throw invalid(
      `${input.name}: ${strangers.length === 1 ? 'one line names' : `${strangers.length} lines name`} no record of the quarantine in ${ID_COLUMN} (line ${shown.join(', ')}${strangers.length > shown.length ? ', ...' : ''}).`,
      'A line that was added must carry the id of the record that it belongs to; an id must be whole.',
      `Copy ${ID_COLUMN} from the record's other lines, or export again.`,
    );
  }
  await mark(
    connection,
    read.map((line) => ({
      record: indexOf(line.id),
      hasOriginal: line.hasOriginal,
      isJson: found[indexOf(line.id)]?.format === 'jsonl',
    })),
  );
  return {
    staged,
    records: found,
    lines: read.map((line) => ({ record: indexOf(line.id), position: line.rowid, text: line.text })),
  };
}

const EXPORTED_FIX = 'Give the file that "esteira quarantine export" wrote, with its header as it was.';

/** Reading a file of orders has options that reading corrections does not have: what to do instead. */
const OWN_FIXES: Partial<Record<ErrorCode, string>> = {
  FILE_BINARY: 'Save the spreadsheet as "CSV UTF-8" and run again.',
  FILE_COLUMN_MISSING: EXPORTED_FIX,
  FILE_DATES_MONTH_FIRST: 'Write the dates of the column data_pedido as YYYY-MM-DD or dd/mm/yyyy and run again.',
  FILE_ENCODING: 'Save the spreadsheet as "CSV UTF-8" and run again.',
  FILE_HEADER_IN_ONE_CELL: EXPORTED_FIX,
  FILE_NO_HEADER: EXPORTED_FIX,
  FILE_PROFILE_UNKNOWN: EXPORTED_FIX,
};

function withOwnFix(refusal: unknown): unknown {
  if (!(refusal instanceof EsteiraError)) return refusal;
  const code = refusal.code as ErrorCode;
  const fix = OWN_FIXES[code];
  return fix === undefined ? refusal : fail(code, { what: refusal.what, why: refusal.why, fix, cause: refusal });
}

async function mark(
  connection: DuckDBConnection,
  lines: readonly { readonly record: number; readonly hasOriginal: boolean; readonly isJson: boolean }[],
): Promise<void> {
  await makeMarked(connection);
  await run(connection, 'CREATE OR REPLACE TABLE ordem (rid BIGINT, registro INTEGER, problema VARCHAR)');
  const appender = await connection.createAppender('ordem');
  lines.forEach((line, rid) => {
    appender.appendBigInt(BigInt(rid));
    appender.appendInteger(line.record);
    if (line.hasOriginal) appender.appendVarchar(line.isJson ? 'JSON_INVALIDO' : 'LINHA_CAMPOS');
    else appender.appendNull();
    appender.endRow();
  });
  appender.closeSync();
  // A line that still has nothing but its original text is as it was: it cannot be taken apart.
  const untouched = LINE_COLUMNS.filter((name) => name !== 'loja' && name !== 'id_pedido')
    .map((name) => `l.${name}`)
    .join(', ');
  await run(
    connection,
    `
    INSERT INTO marcadas SELECT o.registro, l.rowid, COALESCE(l.problema, CASE WHEN COALESCE(${untouched}) IS NULL THEN o.problema END), NULL, ${LINE_COLUMNS.map((name) => unprotected(`l.${name}`)).join(', ')}
    FROM linhas l JOIN ordem o ON o.rid = l.rowid ORDER BY l.rowid`,
  );
}

function invalid(what: string, why: string, fix: string): Error {
  return fail('QUARANTINE_FILE_INVALID', { what, why, fix });
}
