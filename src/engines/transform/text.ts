// SQL for cleaning text: comparison keys without accents, control characters, doubly encoded UTF-8, formulas.
// It repairs only what has exactly one reading; everything else is left for the rules to flag.
import { caseWhen, type Dialect } from './dialect.ts';

const ACCENTED = 'áàâãäåéèêëíìîïóòôõöúùûüçñýÿ';
const PLAIN = 'aaaaaaeeeeiiiiooooouuuucnyy';
/** Accents that stand behind their letter (Unicode NFD, as macOS writes names): left out. */
const COMBINING = '\u0300\u0301\u0302\u0303\u0308\u0327';

/** Lower case, without accents, anything that is not a letter or digit turned into one space: the key by which words are compared. */
export function comparisonKey(d: Dialect, sql: string): string {
  const folded = `translate(${d.lower(sql)}, '${ACCENTED}${COMBINING}', '${PLAIN}')`;
  return d.trim(d.replaceAll(folded, '[^a-z0-9]+', ' '));
}

/** The same key in TypeScript, for tables that are prepared outside SQL. */
export function comparisonKeyOf(value: string): string {
  const plainOf = new Map(Array.from(ACCENTED + COMBINING).map((letter, index) => [letter, PLAIN[index] ?? '']));
  return Array.from(value.toLowerCase())
    .map((letter) => plainOf.get(letter) ?? letter)
    .join('')
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
}

/** Control characters become spaces, runs of blanks one space; NULL when nothing is left. */
export function cleanText(d: Dialect, sql: string): string {
  const needsWork = d.hasMatch(sql, '[\\x00-\\x1f\\x7f\\x{a0}]|  ');
  const cleaned = `NULLIF(${d.trim(d.replaceAll(sql, '[\\x00-\\x20\\x7f\\x{a0}]+', ' '))}, '')`;
  return caseWhen([[needsWork, cleaned]], sql);
}

/** Longest text, in characters, that serves as a key: an index entry of PostgreSQL has at most 2704 bytes. */
const LONGEST_KEY = 200;

/** A text that serves as a key: one that is too long is cut, with a part of its hash behind, so that different ones stay different. */
export function boundedKey(d: Dialect, sql: string): string {
  return caseWhen(
    [
      [
        `length(${sql}) > ${LONGEST_KEY}`,
        `concat(substr(${sql}, 1, ${LONGEST_KEY - 20}), ' ', substr(${d.sha256Hex(sql)}, 1, 16))`,
      ],
    ],
    sql,
  );
}

/**
 * The letters U+00C0..U+00FF as they look when their UTF-8 is read as windows-1252, or as ISO 8859-1 by programs that mean it literally:
 * 'Ã' and a second character. (second, meant)
 */
function doubleEncodedLetters(): (readonly [second: string, meant: string])[] {
  const windows1252 = new TextDecoder('windows-1252');
  const letters = new Map<string, string>();
  for (let code = 0xc0; code <= 0xff; code++) {
    const meant = String.fromCodePoint(code);
    letters.set(Array.from(windows1252.decode(new TextEncoder().encode(meant)))[1] ?? '', meant);
    letters.set(String.fromCodePoint(code - 0x40), meant);
  }
  return [...letters];
}

const LETTERS = doubleEncodedLetters();
const SECONDS = LETTERS.map(([second]) => second).join('');
const MEANT = LETTERS.map(([, meant]) => meant).join('');
const SECOND_CLASS = LETTERS.map(([second]) => `\\x{${second.codePointAt(0)?.toString(16)}}`).join('');
/** Signs that Brazilian texts use and whose first character is 'Â': they keep their second character. */
const SIGNS = 'ºª°';
const SIGN_STAND_INS = '\ue000\ue001\ue002';

/** True where a text looks doubly encoded: cheap enough to ask of every cell. */
export function looksDoubleEncoded(d: Dialect, sql: string): string {
  return `(${d.contains(sql, 'Ã')} OR ${d.contains(sql, 'Â')})`;
}

/** Undoes one double encoding, only when every non-ASCII character belongs to a pair, so that encoding it again gives the input back. */
export function repairDoubleEncoding(d: Dialect, sql: string): string {
  const roundTrips = d.fullMatch(sql, d.repeated(`([\\x00-\\x7f]|\\x{c3}[${SECOND_CLASS}]|\\x{c2}[${SIGNS}])`, '*'));
  const signsAside = Array.from(SIGNS).reduce(
    (inner, sign, index) => `replace(${inner}, 'Â${sign}', '${SIGN_STAND_INS[index]}')`,
    sql,
  );
  const repaired = `translate(replace(${signsAside}, 'Ã', ''), ${d.text(SECONDS + SIGN_STAND_INS)}, ${d.text(MEANT + SIGNS)})`;
  return caseWhen([[`${looksDoubleEncoded(d, sql)} AND ${roundTrips}`, repaired]], sql);
}

/** True where a spreadsheet would run the cell as a formula. */
export function startsLikeFormula(sql: string): string {
  return `substr(${sql}, 1, 1) IN ('=', '+', '-', '@')`;
}

/** True where a character was lost for good before the text reached us (U+FFFD), or C1 control codes stand where letters were. */
export function hasLostCharacters(d: Dialect, sql: string): string {
  return d.hasMatch(sql, '[\\x{fffd}\\x{80}-\\x{9f}]');
}
