// What is known of a file of records after the pass over its bytes: enough to copy it clean and to find any record again.
import type { Encoding } from './encoding.ts';
import type { RecordKind } from './records.ts';
import type { RecordSpan } from './scan.ts';

/** Every so many records the place in the file is noted, so that one can be found again without keeping them all. */
export const MARK_EVERY = 256;

/** Cuts bytes into records; see RecordScanner.scan. */
export interface Scanner {
  readonly line: number;
  readonly openQuoteLine: number;
  scan(
    bytes: Uint8Array,
    from: number,
    to: number,
    isLast: boolean,
    onRecord: (span: RecordSpan) => boolean | void,
  ): number;
}

/** A record that cannot be read as what the file should hold. */
export interface BrokenRecord {
  /** Its place among the records that are in the table, from 0. */
  readonly rowid: number;
  readonly line: number;
  readonly offset: number;
  readonly bytes: number;
}

/** Offset and physical line of records 0, MARK_EVERY, 2 * MARK_EVERY, ... */
export interface Marks {
  readonly offsets: number[];
  readonly lines: number[];
}

/**
 * plain: as it is, record n on physical line dataLine + n. patched: the same with stand-ins for the broken records.
 * copied: written again record by record, each with its line number in front (other encoding, line ends in cells, rows to ignore).
 */
export type Layout = 'plain' | 'patched' | 'copied';

export interface RecordFile {
  readonly path: string;
  readonly encoding: Encoding;
  /** UTF-8 with some wrong bytes. */
  readonly isDamaged: boolean;
  readonly contentSha256: string;
  readonly bytes: number;
  /** Offset and physical line of the first record. */
  readonly dataStart: number;
  readonly dataLine: number;
  /** Records in the table, broken ones at their place: rowid 0 .. recordCount - 1. */
  readonly recordCount: number;
  /** Summary rows and empty rows, which are not. */
  readonly ignoredCount: number;
  readonly broken: readonly BrokenRecord[];
  readonly marks: Marks;
  /** How DuckDB may read the file. */
  readonly layout: Layout;
  readonly warnings: readonly string[];
  scannerAt(line: number): Scanner;
  kindOf(span: RecordSpan, bytes: Uint8Array): RecordKind;
  /** A well-formed record to stand in the place of a broken one, with what can be read of it. */
  standIn(text: string): string;
}
