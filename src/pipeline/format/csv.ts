// CSV for people and programs. Every export neutralises formulas: a text that a spreadsheet would run gets a leading
// apostrophe (OWASP, CSV injection). Numbers and dates are written as they are.
import type { ColumnKind, ResultColumn } from '../../catalog/analyses.ts';
import type { Cell } from '../result-cells.ts';

export interface CsvStyle {
  /** For Excel in Portuguese: byte order mark, semicolons, decimal commas, CRLF. Else UTF-8, commas, points, LF. */
  readonly isExcelBr?: boolean;
}

/** The byte order mark that tells Excel the file is UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF';

const TEXT_KINDS: ReadonlySet<ColumnKind> = new Set(['text', 'code', 'json']);
const DECIMAL_KINDS: ReadonlySet<ColumnKind> = new Set(['money', 'decimal', 'fraction', 'number', 'float']);
const STARTS_A_FORMULA = /^[=+\-@\t\r]/;
const IS_NUMBER = /^[+-]?\d+(?:[.,]\d+)*$/;

/** The text with a leading apostrophe when a spreadsheet would take it for a formula. */
export function neutraliseFormula(text: string): string {
  return STARTS_A_FORMULA.test(text) && !IS_NUMBER.test(text) ? `'${text}` : text;
}

/** The whole file as text. */
export function toCsv(columns: readonly ResultColumn[], rows: Iterable<readonly Cell[]>, style: CsvStyle = {}): string {
  let text = csvHead(columns, style);
  for (const row of rows) text += csvLine(columns, row, style);
  return text;
}

/** The header line, after the byte order mark when Excel needs one. */
export function csvHead(columns: readonly ResultColumn[], style: CsvStyle = {}): string {
  const names = columns.map((column) => quote(neutraliseFormula(column.name), style));
  return `${style.isExcelBr === true ? BYTE_ORDER_MARK : ''}${joinLine(names, style)}`;
}

/** One line. Null is an empty field, an empty text is `""`. */
export function csvLine(columns: readonly ResultColumn[], row: readonly Cell[], style: CsvStyle = {}): string {
  return joinLine(
    columns.map((column, index) => csvField(row[index] ?? null, column.kind, style)),
    style,
  );
}

function csvField(cell: Cell, kind: ColumnKind, style: CsvStyle): string {
  if (cell === null) return '';
  if (TEXT_KINDS.has(kind)) return quote(neutraliseFormula(cell), style);
  return quote(style.isExcelBr === true && DECIMAL_KINDS.has(kind) ? cell.replace('.', ',') : cell, style);
}

function quote(text: string, style: CsvStyle): string {
  const separator = style.isExcelBr === true ? ';' : ',';
  const isPlain = text !== '' && !text.includes(separator) && !/["\r\n]/.test(text);
  return isPlain ? text : `"${text.replaceAll('"', '""')}"`;
}

function joinLine(fields: readonly string[], style: CsvStyle): string {
  return style.isExcelBr === true ? `${fields.join(';')}\r\n` : `${fields.join(',')}\n`;
}
