// Reads a delimited file into the staging table: one pass over its bytes that proves its structure, then one CREATE TABLE by DuckDB.
// DuckDB is never shown a malformed record: a file that has any, or is not plain UTF-8, is first copied clean.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { isUtf8 } from 'node:buffer';
import type { DuckDBConnection } from '@duckdb/node-api';
import { fail } from '../../catalog/errors.ts';
import type { LineColumn } from '../../model/contract.ts';
import type { Profile } from '../profiles/index.ts';
import { readRecords } from './blocks.ts';
import { writeCleanCopy, writePatchedCopy } from './clean-copy.ts';
import { byteOrderMark, decodeRecord, EncodingWatch, unfinishedTail, type Encoding } from './encoding.ts';
import { findHeader, type Header, type HeadRecord, type Separator } from './header.ts';
import { RecordJudge } from './records.ts';
import { MAX_COLUMNS, MAX_RECORD_BYTES, RecordScanner, splitRecord } from './scan.ts';
import { cleaned, expectRows, identifier, linesView, listBroken, literal, projections, templateOf } from './sql.ts';
import { BROKEN_SHARE, binaryRefused, quoteUnclosed, recordTooLarge, tooBroken, tooManyColumns } from './refusals.ts';
import { MARK_EVERY, type BrokenRecord, type Marks, type RecordFile } from './survey.ts';

const HEAD_BYTES = 1 << 18;
const EXCEL_LIMITS = new Set([65_536, 1_048_576]);

/** What the pass over the bytes of a delimited file found out. */
export interface CsvSurvey extends RecordFile {
  readonly header: Header;
  /** True when some order line has line ends inside quotes. */
  readonly hasInnerLines: boolean;
  /** Per column: whether cells need cleaning. */
  readonly untidy: Uint8Array;
}

export interface SurveyOptions {
  /** The file's name as the user knows it, for messages. */
  readonly name: string;
  readonly profiles: readonly Profile[];
  readonly separator: Separator | null;
  /** Encoding named by the user. */
  readonly encoding: Encoding | null;
  /** Hash of the content before it was decoded, when `path` is a decoded copy. */
  readonly knownSha256: string | null;
}

/** Cuts the beginning of a file into records for the search of the header; quotes are ignored, as titles above a header may hold any. */
async function readHead(
  path: string,
  encoding: Encoding | null,
): Promise<{ records: HeadRecord[]; offsets: number[]; bytes: number; nulAt: number; lineEnd: string | null }> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(HEAD_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, HEAD_BYTES, 0);
    const isWhole = bytesRead < HEAD_BYTES;
    const head = buffer.subarray(0, bytesRead);
    const start = byteOrderMark(head)?.length ?? 0;
    const usable = head.subarray(start, isWhole ? bytesRead : bytesRead - unfinishedTail(head));
    const guess = encoding ?? (isUtf8(usable) ? 'utf-8' : 'windows-1252');
    const records: HeadRecord[] = [];
    const offsets: number[] = [];
    let lineEnd: string | null = null;
    let at = 0;
    for (let line = 1; at < usable.length && records.length < 40; line++) {
      let end = at;
      while (end < usable.length && usable[end] !== 10 && usable[end] !== 13) end++;
      if (end === usable.length && !isWhole) break;
      const next = usable[end] === 13 && usable[end + 1] === 10 ? end + 2 : Math.min(end + 1, usable.length);
      records.push({ text: decodeRecord(usable.subarray(at, end), guess), line, lineCount: 1 });
      offsets.push(start + next);
      if (end < usable.length) lineEnd ??= next - end === 2 ? 'crlf' : usable[end] === 13 ? 'cr' : 'lf';
      at = next;
    }
    return { records, offsets, bytes: bytesRead, nulAt: head.indexOf(0), lineEnd };
  } finally {
    await handle.close();
  }
}

/** The pass over the bytes. Throws the FILE_* refusals of a delimited file. */
export async function surveyCsv(path: string, options: SurveyOptions): Promise<CsvSurvey> {
  const { name } = options;
  const head = await readHead(path, options.encoding);
  if (head.bytes === 0) {
    throw fail('FILE_EMPTY', {
      what: `${name}: the file is empty.`,
      why: 'It has 0 bytes: the export or the copy did not finish.',
      fix: 'Export the file again.',
    });
  }
  if (head.nulAt >= 0) throw binaryRefused(name, head.nulAt);
  if (head.records.length === 0) throw recordTooLarge(name, 1);
  const header = findHeader(name, head.records, options.profiles, options.separator);
  if (header.names.length > MAX_COLUMNS) throw tooManyColumns(name, header.line, header.names.length);
  const dataStart = head.offsets[header.line - 1] as number;

  const hash = createHash('sha256');
  const watch = new EncodingWatch();
  const scanner = new RecordScanner(header.separator.charCodeAt(0), header.nextLine, header.names.length);
  const judge = new RecordJudge(header, options.encoding ?? 'utf-8');
  const broken: BrokenRecord[] = [];
  const marks: Marks = { offsets: [], lines: [] };
  const warnings: string[] = [];
  let bytes = 0;
  let recordCount = 0;
  let ignoredCount = 0;
  let isBlankBehind = false;
  // Lines above the header may hold anything: DuckDB is not shown them.
  let isRegular = header.line === 1;
  let hasInnerLines = false;
  let hasFinalLineEnd = true;
  let isTruncated = false;

  await readRecords(path, dataStart, scanner, {
    limitBytes: MAX_RECORD_BYTES,
    onBytes: (block) => {
      bytes += block.length;
      if (options.knownSha256 === null) hash.update(block);
      watch.push(block);
      if (watch.nulAt >= 0) throw binaryRefused(name, watch.nulAt);
    },
    onTooLong: (line, openQuoteLine) => {
      throw openQuoteLine > 0 ? quoteUnclosed(name, openQuoteLine) : recordTooLarge(name, line);
    },
    onRecord: (span, buffer, offset) => {
      const kind = judge.kindOf(span, buffer);
      if (kind === 'blank') {
        isBlankBehind = true;
        return;
      }
      if (span.fields > MAX_COLUMNS) throw tooManyColumns(name, span.line, span.fields);
      if (span.openQuoteLine > 0 && span.swallowsRecords) throw quoteUnclosed(name, span.openQuoteLine);
      if (isBlankBehind) isRegular = false;
      if (span.lineEnd === 'none') hasFinalLineEnd = false;
      else if (span.lineEnd !== head.lineEnd || span.lineEnd === 'cr') isRegular = false;
      if (kind === 'ignored') {
        ignoredCount++;
        isRegular = false;
        return;
      }
      if (kind === 'broken') {
        broken.push({ rowid: recordCount, line: span.line, offset, bytes: span.end - span.start });
        isTruncated = span.lineEnd === 'none' && (span.fields < judge.expectedFields || span.openQuoteLine > 0);
        if (broken.length > 10_000 && broken.length > recordCount / 2)
          throw tooBroken(name, broken, recordCount, header.names.length);
      }
      if (span.innerLines > 0) hasInnerLines = true;
      if (recordCount % MARK_EVERY === 0) {
        marks.offsets.push(offset);
        marks.lines.push(span.line);
      }
      recordCount++;
    },
  });

  const counted = broken.length - (isTruncated ? 1 : 0);
  if (counted > BROKEN_SHARE * (recordCount - (isTruncated ? 1 : 0)))
    throw tooBroken(name, broken, recordCount, header.names.length);
  const seen = watch.finish();
  if (options.encoding === 'utf-8' && seen.encoding !== 'utf-8') {
    throw fail('FILE_ENCODING', {
      what: `${name}: the file was named UTF-8, but its bytes are not.`,
      why: 'Bytes that are no UTF-8 stand in it; read as UTF-8, accented letters would be lost.',
      fix: 'Leave the encoding out (it is found by itself) or name windows-1252.',
    });
  }
  const encoding = options.encoding ?? seen.encoding;
  const lastLine = hasFinalLineEnd ? scanner.line - 1 : scanner.line;
  if (EXCEL_LIMITS.has(lastLine))
    warnings.push(`the file has exactly ${lastLine} lines, the limit of a spreadsheet: it was probably cut there`);
  if (isTruncated)
    warnings.push(`the last line (${broken.at(-1)?.line ?? lastLine}) is cut short: the file is probably incomplete`);
  if (recordCount === 0) warnings.push('the file has a header and no orders');
  if (header.line > 1) warnings.push(`the header was found on line ${header.line}`);
  if (encoding === 'windows-1252') {
    if (options.encoding === null) warnings.push('the file is not UTF-8: read as windows-1252');
    else if (seen.encoding === 'utf-8' && !watch.isAscii)
      warnings.push(
        'read as windows-1252, as --encoding says, but the bytes are UTF-8: leave it out if letters with accents look wrong',
      );
    else warnings.push('read as windows-1252, as --encoding says');
  }
  if (seen.isDamaged && encoding === 'utf-8')
    warnings.push('the file is UTF-8 with some wrong bytes: they were read as windows-1252 or marked as lost');
  const judgeAgain = new RecordJudge(header, encoding);
  return {
    path,
    header,
    encoding,
    isDamaged: seen.isDamaged,
    bytes,
    dataStart,
    dataLine: header.nextLine,
    recordCount,
    ignoredCount,
    broken,
    hasInnerLines,
    marks,
    warnings,
    scannerAt: (line) => new RecordScanner(header.separator.charCodeAt(0), line, header.names.length),
    kindOf: (span, buffer) => judgeAgain.kindOf(span, buffer),
    contentSha256: options.knownSha256 ?? hash.digest('hex'),
    untidy: scanner.untidy,
    layout:
      !isRegular || hasInnerLines || encoding !== 'utf-8' || seen.isDamaged
        ? 'copied'
        : broken.length > 0
          ? 'patched'
          : 'plain',
    standIn: (text) => standIn(header, text),
  };
}

/** What identifies an order, and how it must look to be believed in a broken record, where fields may be shifted. */
const READABLE: Readonly<Partial<Record<LineColumn, RegExp>>> = {
  loja: /^[\w-]{1,40}$/,
  id_pedido: /^\S{1,60}$/,
  atualizado_em: /^\d{1,4}[-/]\d{1,2}[-/]\d{2,4}/,
};

/** A record with the header's number of fields: blank but for store, order and time of the broken one, where they can be read. */
function standIn(header: Header, text: string): string {
  const cells = splitRecord(text, header.separator);
  const kept = header.names.map(() => '');
  const keys = new Set(header.positions.keys());
  for (const [column, looks] of Object.entries(READABLE)) {
    for (const found of (templateOf(header.profile, column as LineColumn, keys) ?? '').matchAll(/\{(\w+)\}/g)) {
      const position = header.positions.get(found[1] as string);
      const cell = position === undefined ? '' : (cells[position]?.trim() ?? '');
      if (position !== undefined && looks.test(cell)) kept[position] = `"${cell.replaceAll('"', '""')}"`;
    }
  }
  return kept.join(header.separator);
}

/** Columns of the table that DuckDB reads, by position. */
function rawColumns(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `c${index}`);
}

/** Fills `linhas` from a surveyed file. `copyPath` is where a copy may be written. */
export async function loadCsv(
  conn: DuckDBConnection,
  survey: CsvSurvey,
  copyPath: string,
  constants: ReadonlyMap<LineColumn, string>,
): Promise<void> {
  const { header } = survey;
  const raw = rawColumns(header.names.length);
  const keys = new Set(header.positions.keys());
  const selects = projections(header.profile, keys);
  for (const column of constants.keys()) selects.delete(column);
  const cells = [...header.positions].map(([key, position]) => {
    const column = raw[position] as string;
    return `${survey.untidy[position] === 1 ? cleaned(column) : column} AS ${identifier(key)}`;
  });
  const targets = [...selects].map(([column, sql]) => `${sql} AS ${column}`);

  const isCopied = survey.layout === 'copied';
  const source = survey.layout === 'plain' ? survey.path : copyPath;
  if (isCopied) await writeCleanCopy(survey, header.separator, copyPath);
  else if (survey.layout === 'patched') await writePatchedCopy(survey, copyPath);
  const skip = isCopied ? 0 : header.nextLine - 1;
  const columns = isCopied ? ['linha', ...raw] : raw;
  const types = columns.map((column) => `'${column}': 'VARCHAR'`).join(', ');
  const reader =
    `read_csv(${literal(source)}, auto_detect = false, header = false, all_varchar = true, compression = 'none', hive_partitioning = false, strict_mode = true, delim = ${literal(header.separator)}, ` +
    `quote = '"', escape = '"', nullstr = '', ${isCopied ? "new_line = '\\n', " : ''}skip = ${skip}, max_line_size = ${2 * MAX_RECORD_BYTES}, parallel = ${!survey.hasInnerLines}, columns = {${types}})`;

  const inner = `SELECT ${isCopied ? 'linha, ' : ''}${cells.join(', ')} FROM ${reader}`;
  const numbered = isCopied ? 'linha::BIGINT AS linha, ' : '';
  await conn.run(
    `CREATE TABLE linhas_lidas AS SELECT ${numbered}${targets.join(', ')} FROM (${inner})${survey.recordCount === 0 ? ' LIMIT 0' : ''}`,
  );
  await expectRows(conn, 'linhas_lidas', survey.recordCount);
  const problem = await listBroken(conn, survey, 'LINHA_CAMPOS');
  await conn.run(
    linesView(
      'linhas_lidas',
      isCopied ? 'linha' : `rowid + ${header.nextLine}`,
      problem,
      new Set(selects.keys()),
      constants,
    ),
  );
}
