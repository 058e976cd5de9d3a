// Finds the original text of records again, by their rowid in `linhas`, from the marks that the survey kept. Used for rejected orders only.
// It reads the file front to back, never line by line from the start of the file, and never returns more than was asked for.
import { readRecords } from './blocks.ts';
import { decodeRecord } from './encoding.ts';
import { MAX_RECORD_BYTES } from './scan.ts';
import { MARK_EVERY, type RecordFile } from './survey.ts';

export interface Original {
  readonly rowid: number;
  /** Physical line on which the record begins. */
  readonly linha: number;
  readonly text: string;
}

/** The texts of the given rowids of a surveyed file, ascending; a rowid that does not exist is left out. */
export async function originalsOf(survey: RecordFile, rowids: readonly number[]): Promise<Original[]> {
  const wanted = [...new Set(rowids)].sort((one, other) => one - other);
  const found: Original[] = [];
  const { marks } = survey;
  let next = 0;
  while (next < wanted.length && (wanted[next] as number) < survey.recordCount) {
    // Start at the last mark before the record; go on while the records wanted are near each other.
    const mark = Math.floor((wanted[next] as number) / MARK_EVERY);
    const scanner = survey.scannerAt(marks.lines[mark] as number);
    let rowid = mark * MARK_EVERY - 1;
    await readRecords(survey.path, marks.offsets[mark] as number, scanner, {
      limitBytes: MAX_RECORD_BYTES,
      onTooLong: () => {
        throw new Error('a record grew after the file was surveyed');
      },
      onRecord: (span, bytes) => {
        const kind = survey.kindOf(span, bytes);
        if (kind === 'blank' || kind === 'ignored') return true;
        rowid++;
        if (rowid !== wanted[next]) return true;
        found.push({
          rowid,
          linha: span.line,
          text: decodeRecord(bytes.subarray(span.start, span.end), survey.encoding),
        });
        next++;
        const following = wanted[next];
        return following !== undefined && following < survey.recordCount && following - rowid < 64 * MARK_EVERY;
      },
    });
  }
  return found;
}
