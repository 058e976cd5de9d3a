// Upper and lower case as Unicode's simple mapping has them in version 15, which DuckDB follows. Spark follows the full mapping (one letter may become
// two, a final sigma is another) of whatever version its Java has: the letters concerned are set aside before and put back after.
import { text } from './text-literal.ts';

type Mapping = readonly (readonly [letter: string, mapped: string])[];

/** Letters that got their other case after Unicode 15 (first, last), lower case. */
const YOUNG_LOWER: readonly (readonly [number, number])[] = [
  [0x19b, 0x19b],
  [0x264, 0x264],
  [0x1c8a, 0x1c8a],
  [0xa7cd, 0xa7cd],
  [0xa7cf, 0xa7cf],
  [0xa7d3, 0xa7d3],
  [0xa7d5, 0xa7d5],
  [0xa7db, 0xa7db],
  [0x10d70, 0x10d85],
  [0x16ebb, 0x16ed3],
];
/** Likewise, upper case. */
const YOUNG_UPPER: readonly (readonly [number, number])[] = [
  [0x1c89, 0x1c89],
  [0xa7cb, 0xa7cc],
  [0xa7ce, 0xa7ce],
  [0xa7d2, 0xa7d2],
  [0xa7d4, 0xa7d4],
  [0xa7da, 0xa7da],
  [0xa7dc, 0xa7dc],
  [0x10d50, 0x10d65],
  [0x16ea0, 0x16eb8],
];

/** Capitals of letters whose full mapping is longer than one letter, where the simple mapping has one at all (UnicodeData.txt). */
function simpleUpper(code: number): number {
  if (code === 0xdf) return 0x1e9e;
  const isGreekWithIota = code >= 0x1f80 && code <= 0x1faf;
  if (isGreekWithIota) return code | 8;
  return (
    new Map([
      [0x1fb3, 0x1fbc],
      [0x1fc3, 0x1fcc],
      [0x1ff3, 0x1ffc],
    ]).get(code) ?? code
  );
}

function same(ranges: readonly (readonly [number, number])[]): [string, string][] {
  return ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, n): [string, string] => {
      const letter = String.fromCodePoint(first + n);
      return [letter, letter];
    }),
  );
}

function growing(): [string, string][] {
  const letters: [string, string][] = [];
  for (let code = 0x80; code <= 0xfb17; code++) {
    const letter = String.fromCharCode(code);
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    if (!isSurrogate && Array.from(letter.toUpperCase()).length > 1)
      letters.push([letter, String.fromCodePoint(simpleUpper(code))]);
  }
  return letters;
}

const UPPER: Mapping = [...growing(), ...same(YOUNG_LOWER)];
const LOWER: Mapping = [['\u0130', 'i'], ['\u03a3', '\u03c3'], ...same(YOUNG_UPPER)];

/** First of the private-use characters that stand in for letters set aside. A text that has one itself is not mapped rightly: no order has. */
const STAND_IN = 0xf0000;

function mapped(name: 'upper' | 'lower', sql: string, exceptions: Mapping): string {
  const letters = text(exceptions.map(([letter]) => letter).join(''));
  const standIns = text(exceptions.map((_, n) => String.fromCodePoint(STAND_IN + n)).join(''));
  const results = text(exceptions.map(([, result]) => result).join(''));
  const whole = `translate(${name}(translate(${sql}, ${letters}, ${standIns})), ${standIns}, ${results})`;
  return `CASE WHEN octet_length(${sql}) = length(${sql}) THEN ${name}(${sql}) ELSE ${whole} END`;
}

export function upperCase(sql: string): string {
  return mapped('upper', sql, UPPER);
}

export function lowerCase(sql: string): string {
  return mapped('lower', sql, LOWER);
}
