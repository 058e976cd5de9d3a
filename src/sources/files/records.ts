// Decides what each record of a delimited file is: an order line, a summary line, a blank line, or broken.
// The first reading, the clean copy and the look-up of originals ask the same judge, so that they always agree.
import type { Header } from './header.ts';
import { decodeRecord, type Encoding } from './encoding.ts';
import { MAX_COLUMNS, splitRecord, type RecordSpan } from './scan.ts';

export type RecordKind = 'line' | 'broken' | 'ignored' | 'blank';

/** "Total", "Total geral", "Subtotal:", "Totais" as the first cell: what spreadsheets and reports put under a table. */
const SUMMARY = /^"?\s*(sub)?tota(l|is)(\s+geral|\s+do\s+per[ií]odo)?\s*:?\s*"?$/i;
const T_LOWER = 0x74;
const S_LOWER = 0x73;

export class RecordJudge {
  readonly expectedFields: number;
  readonly #separator: string;
  readonly #separatorByte: number;
  readonly #encoding: Encoding;
  readonly #ignored: { position: number; matches: RegExp } | null;

  constructor(header: Header, encoding: Encoding) {
    this.expectedFields = header.names.length;
    this.#separator = header.separator;
    this.#separatorByte = header.separator.charCodeAt(0);
    this.#encoding = encoding;
    const rule = header.profile.ignoredWhen;
    const position = rule === undefined ? undefined : header.positions.get(rule.key);
    this.#ignored = rule === undefined || position === undefined ? null : { position, matches: rule.matches };
  }

  kindOf(span: RecordSpan, bytes: Uint8Array): RecordKind {
    if (span.fields === 0) return 'blank';
    if (span.end - span.start === span.fields - 1) return 'ignored'; // separators only: an empty row of a spreadsheet
    if (span.fields === 1 && isBlank(span, bytes)) return 'ignored';
    if (this.#isSummary(span, bytes)) return 'ignored';
    if (this.#ignored !== null) {
      const cells = splitRecord(decodeRecord(bytes.subarray(span.start, span.end), this.#encoding), this.#separator);
      if (this.#ignored.matches.test(cells[this.#ignored.position]?.trim() ?? '')) return 'ignored';
    }
    return span.isMalformed ||
      span.openQuoteLine > 0 ||
      span.fields !== this.expectedFields ||
      span.fields > MAX_COLUMNS
      ? 'broken'
      : 'line';
  }

  #isSummary(span: RecordSpan, bytes: Uint8Array): boolean {
    let at = span.start;
    while (bytes[at] === 0x22 || bytes[at] === 0x20) at++;
    const first = (bytes[at] as number) | 0x20;
    if (first !== T_LOWER && first !== S_LOWER) return false;
    let stop = span.start;
    while (stop < span.end && bytes[stop] !== this.#separatorByte && stop - span.start < 40) stop++;
    return SUMMARY.test(decodeRecord(bytes.subarray(span.start, stop), this.#encoding));
  }
}

/** True for a line of spaces and tabs. */
function isBlank(span: RecordSpan, bytes: Uint8Array): boolean {
  for (let at = span.start; at < span.end; at++) if (bytes[at] !== 0x20 && bytes[at] !== 0x09) return false;
  return true;
}
