// Protects the cells of a file for spreadsheets, and the SQL that undoes it when the file comes back. Nothing a spreadsheet would run is
// written as it is (OWASP, CSV injection), and no code loses its zeros.

const IS_NUMBER = /^[+-]?\d+(?:[.,]\d+)*$/;

/** Digits that a spreadsheet would turn into a number, a power of ten or a date. */
const LOOKS_LIKE_FIGURE = /^(?:[+0]\d+|\d{12,}|\d+[eE]\d+|\d{1,4}[-/]\d{1,4}(?:[-/]\d{1,4})?)$/;

/** The text as it is written to the file. `code`: an identifier, kept as text by the form ="0123", which reading understands. */
export function protectCell(text: string, kind: 'code' | 'text'): string {
  if (kind === 'code' && LOOKS_LIKE_FIGURE.test(text)) return `="${text}"`;
  if (/^'*[=+\-@\t\r]/.test(text) && !IS_NUMBER.test(text)) return `'${text}`;
  return text;
}

/** SQL: the cell without the apostrophe that `protectCell` put in front of it. */
export function unprotected(column: string): string {
  return `CASE WHEN regexp_matches(${column}, '^''+[=+\\-@]') THEN substr(${column}, 2) ELSE ${column} END`;
}
