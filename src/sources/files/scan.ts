// Finds the records of a delimited file in its bytes: where each begins, on which line, and how many fields it has.
// It works on bytes of any encoding that keeps ASCII (UTF-8, windows-1252). It never decodes, copies or keeps a record.

/** Bytes that the scanner gives a meaning to. */
export const LF = 10;
export const CR = 13;
export const QUOTE = 34;

/** A record longer than this is refused: no order line is, and DuckDB reads lines of at most 2 MB. */
export const MAX_RECORD_BYTES = 1 << 20;
/** More columns than this are refused. */
export const MAX_COLUMNS = 4096;

/** What `onRecord` is told about a record; the object is reused, so copy what must be kept. */
export interface RecordSpan {
  /** Position of the record's first byte in the buffer. */
  start: number;
  /** Position after its last byte, without the line end. */
  end: number;
  /** Physical line on which it begins, from 1. */
  line: number;
  /** Number of fields; 0 for an empty line. */
  fields: number;
  /** Line ends inside quotes. */
  innerLines: number;
  /** True when text follows a closing quote, so that its fields cannot be told apart with certainty. */
  isMalformed: boolean;
  /** Line end that closed it: 'lf', 'crlf', 'cr', or 'none' at the end of the file. */
  lineEnd: 'lf' | 'crlf' | 'cr' | 'none';
  /** Line of the quote that never closed, when the file ended inside one; else 0. */
  openQuoteLine: number;
  /** True when a line swallowed by quotes has about as many separators as a record: a quote was left open before it. */
  swallowsRecords: boolean;
}

const PLAIN = 0;
const SEPARATOR = 1;
const LINE_FEED = 2;
const RETURN = 3;

/** First or last bytes of a cell that ask for cleaning: blanks, NBSP (also its UTF-8 bytes), zero-width marks, apostrophe, `=`. */
const EDGE = new Uint8Array(256);
for (const byte of [0x20, 0x09, 0x0b, 0x0c, 0x00, 0xa0, 0xc2, 0xef, 0xe2, 0x27, 0x3d]) EDGE[byte] = 1;
const EDGE_END = new Uint8Array(256);
for (const byte of [0x20, 0x09, 0x0b, 0x0c, 0x00, 0xa0]) EDGE_END[byte] = 1;

/** Splits buffers into records. One scanner reads one file from its first data record to its end. */
export class RecordScanner {
  /** Per column: 1 when some cell begins or ends with a byte that asks for cleaning. */
  readonly untidy: Uint8Array = new Uint8Array(MAX_COLUMNS + 1);
  readonly #separator: number;
  readonly #expected: number;
  readonly #classes: Uint8Array = new Uint8Array(256);
  readonly #span: RecordSpan;
  #line: number;
  #openQuoteLine = 0;

  /** `separator` is one byte; `firstLine` the physical line of the first byte given; `expectedFields` 0 when unknown. */
  constructor(separator: number, firstLine: number, expectedFields: number) {
    this.#separator = separator;
    this.#expected = expectedFields;
    this.#line = firstLine;
    this.#classes[separator] = SEPARATOR;
    this.#classes[LF] = LINE_FEED;
    this.#classes[CR] = RETURN;
    this.#span = {
      start: 0,
      end: 0,
      line: 0,
      fields: 0,
      innerLines: 0,
      isMalformed: false,
      lineEnd: 'none',
      openQuoteLine: 0,
      swallowsRecords: false,
    };
  }

  /** Physical line of the next unread byte. */
  get line(): number {
    return this.#line;
  }

  /** Line of the quote that is open in the unfinished record at the end of the last scan, or 0. */
  get openQuoteLine(): number {
    return this.#openQuoteLine;
  }

  /**
   * Reports every complete record in `bytes[from, to)`; with `isLast`, the unfinished one too. Returns the position of the first
   * byte that was not consumed: the caller hands it in again, at the front of more bytes. `onRecord` returning false stops after it.
   */
  scan(
    bytes: Uint8Array,
    from: number,
    to: number,
    isLast: boolean,
    onRecord: (span: RecordSpan) => boolean | void,
  ): number {
    const classes = this.#classes;
    const untidy = this.untidy;
    const separator = this.#separator;
    const span = this.#span;
    let at = from;

    while (at < to) {
      const start = at;
      let fields = 1;
      let innerLines = 0;
      let isMalformed = false;
      let swallowsRecords = false;
      let openQuoteLine = 0;
      let lineEnd: RecordSpan['lineEnd'] = 'none';
      let end = -1;
      let next = to;
      let secondLineStart = -1;
      let fieldStart = at;

      fields: while (true) {
        // A cell is quoted when its first byte that is not a space is a quote.
        let first = fieldStart;
        while (first < to && bytes[first] === 0x20) first++;
        if (first < to && bytes[first] === QUOTE) {
          const quoteLine = this.#line + innerLines;
          if (EDGE[bytes[first + 1] ?? 0] === 1 && first + 1 < to)
            untidy[fields < MAX_COLUMNS ? fields - 1 : MAX_COLUMNS] = 1;
          at = first + 1;
          let isClosed = false;
          let separatorsInLine = 0;
          while (at < to) {
            const byte = bytes[at] as number;
            if (byte === QUOTE) {
              if (at + 1 < to ? bytes[at + 1] === QUOTE : !isLast) {
                if (at + 1 >= to) break; // the next byte decides: ask for more
                at += 2;
                continue;
              }
              isClosed = true;
              break;
            }
            if (byte === separator) separatorsInLine++;
            else if (byte === LF || byte === CR) {
              if (byte === CR && at + 1 < to && bytes[at + 1] === LF) at++;
              innerLines++;
              if (secondLineStart < 0) secondLineStart = at + 1;
              else if (this.#expected > 1 && separatorsInLine >= this.#expected - 1) swallowsRecords = true;
              separatorsInLine = 0;
            }
            at++;
          }
          if (!isClosed) {
            openQuoteLine = quoteLine;
            if (this.#expected > 1 && innerLines > 0 && separatorsInLine >= this.#expected - 1) swallowsRecords = true;
            end = at = to;
            break fields;
          }
          if (EDGE_END[bytes[at - 1] as number] === 1) untidy[fields < MAX_COLUMNS ? fields - 1 : MAX_COLUMNS] = 1;
          at++;
          while (at < to && bytes[at] === 0x20) at++;
          if (at < to && classes[bytes[at] as number] === PLAIN) isMalformed = true;
        } else {
          at = fieldStart;
          if (at < to && EDGE[bytes[at] as number] === 1) untidy[fields < MAX_COLUMNS ? fields - 1 : MAX_COLUMNS] = 1;
        }
        while (at < to && classes[bytes[at] as number] === PLAIN) at++;
        if (at >= to && !isLast) break fields;
        if (at > fieldStart && EDGE_END[bytes[at - 1] as number] === 1)
          untidy[fields < MAX_COLUMNS ? fields - 1 : MAX_COLUMNS] = 1;
        if (at >= to) {
          end = to;
          break fields;
        }
        const kind = classes[bytes[at] as number];
        if (kind === SEPARATOR) {
          fields++;
          at++;
          fieldStart = at;
          continue;
        }
        end = at;
        if (kind === RETURN) {
          if (at + 1 >= to && !isLast) {
            end = -1; // CR at the edge of the buffer: LF may follow
            break fields;
          }
          if (bytes[at + 1] === LF && at + 1 < to) {
            lineEnd = 'crlf';
            next = at + 2;
          } else {
            lineEnd = 'cr';
            next = at + 1;
          }
        } else {
          lineEnd = 'lf';
          next = at + 1;
        }
        break fields;
      }

      if (lineEnd === 'none' && !isLast) {
        this.#openQuoteLine = openQuoteLine;
        return start;
      }
      if (end < 0) end = to;

      // Text after a closing quote, or swallowed records: a quote was left open. Only the record's first line is damaged; go on behind it.
      if (
        secondLineStart > 0 &&
        openQuoteLine === 0 &&
        (isMalformed || (swallowsRecords && fields !== this.#expected))
      ) {
        isMalformed = true;
        end = secondLineStart - 1;
        if (end > start && bytes[end - 1] === CR && bytes[end] === LF) end--;
        lineEnd = end === secondLineStart - 2 ? 'crlf' : bytes[end] === CR ? 'cr' : 'lf';
        next = secondLineStart;
        innerLines = 0;
      }

      span.start = start;
      span.end = end;
      span.line = this.#line;
      span.fields = end === start ? 0 : fields;
      span.innerLines = innerLines;
      span.isMalformed = isMalformed;
      span.lineEnd = lineEnd;
      span.openQuoteLine = openQuoteLine;
      span.swallowsRecords = swallowsRecords;
      this.#line += innerLines + (lineEnd === 'none' ? 0 : 1);
      at = next;
      if (onRecord(span) === false) return at;
    }
    return at;
  }
}

/** Cells of one record of decoded text: quotes removed, `""` undone. Forgiving: text after a closing quote is kept. */
export function splitRecord(text: string, separator: string): string[] {
  const cells: string[] = [];
  let at = 0;
  while (true) {
    let first = at;
    while (text[first] === ' ' && separator !== ' ') first++;
    let cell = '';
    if (text[first] === '"') {
      at = first + 1;
      while (at < text.length) {
        const quote = text.indexOf('"', at);
        if (quote < 0) {
          cell += text.slice(at);
          at = text.length;
          break;
        }
        cell += text.slice(at, quote);
        at = quote + 1;
        if (text[at] !== '"') break;
        cell += '"';
        at++;
      }
    }
    const stop = text.indexOf(separator, at);
    const rest = stop < 0 ? text.slice(at) : text.slice(at, stop);
    cells.push(text[first] === '"' ? cell + rest.trimEnd() : rest);
    if (stop < 0) return cells;
    at = stop + separator.length;
  }
}
