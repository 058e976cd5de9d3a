// Reads JSON lines into the table `linhas_json`, one raw line each: the transform takes the documents apart.
// It looks at line ends and encoding only, and never parses JSON.
import { createHash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import type { DuckDBConnection } from '@duckdb/node-api';
import { fail } from '../../catalog/errors.ts';
import { readRecords } from './blocks.ts';
import { writeCleanCopy, writePatchedCopy } from './clean-copy.ts';
import { decodeRecord, type Encoding } from './encoding.ts';
import type { RecordKind } from './records.ts';
import { BROKEN_SHARE } from './refusals.ts';
import { LF, MAX_RECORD_BYTES, type RecordSpan } from './scan.ts';
import { expectRows, listBroken, literal } from './sql.ts';
import { MARK_EVERY, type BrokenRecord, type Marks, type RecordFile, type Scanner } from './survey.ts';

/** A byte that JSON forbids unescaped, used as DuckDB's separator: no line that has it is shown to DuckDB. */
const UNUSED = '\u0001';

/** What DuckDB is shown in the place of a line that cannot be text. */
const STAND_IN = '!';

/** Cuts bytes at line feeds. A carriage return before one is blank space to JSON. */
class LineScanner implements Scanner {
  line: number;
  readonly openQuoteLine = 0;
  readonly #span: RecordSpan = {
    start: 0,
    end: 0,
    line: 0,
    fields: 1,
    innerLines: 0,
    isMalformed: false,
    lineEnd: 'lf',
    openQuoteLine: 0,
    swallowsRecords: false,
  };

  constructor(line: number) {
    this.line = line;
  }

  scan(
    bytes: Uint8Array,
    from: number,
    to: number,
    isLast: boolean,
    onRecord: (span: RecordSpan) => boolean | void,
  ): number {
    const span = this.#span;
    let at = from;
    while (at < to) {
      const found = bytes.indexOf(LF, at);
      const isEnded = found >= 0 && found < to;
      if (!isEnded && !isLast) return at;
      span.start = at;
      span.end = isEnded ? found : to;
      span.lineEnd = isEnded ? 'lf' : 'none';
      if (span.end > at && bytes[span.end - 1] === 13) {
        span.end--;
        if (isEnded) span.lineEnd = 'crlf';
      }
      span.line = this.line;
      if (isEnded) this.line++;
      at = isEnded ? found + 1 : to;
      if (onRecord(span) === false) return at;
    }
    return at;
  }
}

function kindOf(span: RecordSpan, bytes: Uint8Array, encoding: Encoding): RecordKind {
  let at = span.start;
  while (at < span.end && (bytes[at] === 0x20 || bytes[at] === 9)) at++;
  if (at === span.end) return 'blank';
  const text = bytes.subarray(span.start, span.end);
  const isText = encoding !== 'utf-8' || isUtf8(text);
  return isText && !text.includes(0) && !text.includes(1) && !text.includes(13) ? 'line' : 'broken';
}

/** The pass over the bytes, from the first one after a byte order mark. Throws FILE_JSON_NOT_LINES, FILE_RECORD_TOO_LARGE, FILE_TOO_BROKEN. */
export async function surveyJsonl(
  path: string,
  name: string,
  dataStart: number,
  encoding: Encoding,
  knownSha256: string | null,
): Promise<RecordFile> {
  const hash = createHash('sha256');
  const broken: BrokenRecord[] = [];
  const marks: Marks = { offsets: [], lines: [] };
  let bytes = 0;
  let recordCount = 0;
  let isRegular = true;
  let lineEnd: string | null = null;
  await readRecords(path, dataStart, new LineScanner(1), {
    limitBytes: MAX_RECORD_BYTES,
    onBytes: (block) => {
      bytes += block.length;
      if (knownSha256 === null) hash.update(block);
    },
    onTooLong: (line) => {
      throw fail('FILE_RECORD_TOO_LARGE', {
        what: `${name}: the JSON document on line ${line} is larger than ${MAX_RECORD_BYTES >> 20} MB.`,
        why: 'No order is that large; probably the file is one JSON array on a single line.',
        fix: "Turn it into one document per line (jq -c '.[]' in.json > out.jsonl), then run again.",
      });
    },
    onRecord: (span, buffer, offset) => {
      const kind = kindOf(span, buffer, encoding);
      if (kind === 'blank') {
        isRegular = false; // DuckDB would read it as a row
        return;
      }
      if (recordCount === 0) refuseIfNotLines(name, decodeRecord(buffer.subarray(span.start, span.end), encoding));
      if (span.lineEnd !== 'none') {
        lineEnd ??= span.lineEnd;
        if (lineEnd !== span.lineEnd) isRegular = false;
      }
      if (kind !== 'line') broken.push({ rowid: recordCount, line: span.line, offset, bytes: span.end - span.start });
      if (recordCount % MARK_EVERY === 0) {
        marks.offsets.push(offset);
        marks.lines.push(span.line);
      }
      recordCount++;
    },
  });
  if (broken.length > BROKEN_SHARE * recordCount) {
    throw fail('FILE_TOO_BROKEN', {
      what: `${name}: ${broken.length} of ${recordCount} lines are not UTF-8 text (the first is line ${broken[0]?.line}).`,
      why: 'JSON is written in UTF-8; this file probably is in windows-1252.',
      fix: 'Run again with --encoding windows-1252, or export the file as UTF-8.',
    });
  }
  return {
    path,
    bytes,
    recordCount,
    broken,
    marks,
    encoding,
    isDamaged: false,
    contentSha256: knownSha256 ?? hash.digest('hex'),
    dataStart,
    dataLine: 1,
    ignoredCount: 0,
    layout: !isRegular || encoding !== 'utf-8' ? 'copied' : broken.length > 0 ? 'patched' : 'plain',
    warnings: [],
    scannerAt: (line) => new LineScanner(line),
    kindOf: (span, buffer) => kindOf(span, buffer, encoding),
    standIn: () => STAND_IN,
  };
}

function refuseIfNotLines(name: string, first: string): void {
  const text = first.replace(/^\ufeff/, '').trim();
  if (!text.startsWith('[') && text.endsWith('}')) return;
  if (!text.startsWith('[') && text.length > 2) return; // a broken first line: its own problem
  throw fail('FILE_JSON_NOT_LINES', {
    what: `${name}: this is JSON, but not one document per line.`,
    why: text.startsWith('[') ? 'The file is one array.' : 'The first document is spread over several lines.',
    fix: "Turn it into JSON lines (jq -c '.[]' in.json > out.jsonl for an array, jq -c . for documents), then run again.",
  });
}

/** Fills `linhas_json` (rowid, linha, texto, problema). `copyPath` is where a copy may be written. */
export async function loadJsonl(conn: DuckDBConnection, survey: RecordFile, copyPath: string): Promise<void> {
  const isCopied = survey.layout === 'copied';
  if (isCopied) await writeCleanCopy(survey, UNUSED, copyPath);
  else if (survey.layout === 'patched') await writePatchedCopy(survey, copyPath);
  const columns = isCopied ? `'linha': 'VARCHAR', 'texto': 'VARCHAR'` : `'texto': 'VARCHAR'`;
  const reader =
    `read_csv(${literal(survey.layout === 'plain' ? survey.path : copyPath)}, auto_detect = false, header = false, all_varchar = true, compression = 'none', hive_partitioning = false, delim = '${UNUSED}', ` +
    `quote = '', escape = '', max_line_size = ${2 * MAX_RECORD_BYTES}, columns = {${columns}})`;
  const select = isCopied ? 'linha::BIGINT AS linha, texto' : 'texto';
  await conn.run(
    `CREATE TABLE linhas_json_lidas AS SELECT ${select} FROM ${reader}${survey.recordCount === 0 ? ' LIMIT 0' : ''}`,
  );
  await expectRows(conn, 'linhas_json_lidas', survey.recordCount);
  const problem = await listBroken(conn, survey, 'JSON_INVALIDO');
  await conn.run(
    `CREATE VIEW linhas_json AS SELECT rowid AS rowid, ${isCopied ? 'linha' : 'rowid + 1 AS linha'}, ` +
      `nullif(texto, '${STAND_IN}') AS texto, ${problem} AS problema FROM linhas_json_lidas`,
  );
}
