// Finds the header of a delimited file: on which line it is, what separates its cells, whose export it is, which column is which.
// It looks at names only, never at the data below, and refuses what it cannot understand.
import { fail } from '../../catalog/errors.ts';
import { plainName, type Profile } from '../profiles/index.ts';
import { splitRecord } from './scan.ts';

export { plainName };

/** Lines searched for the header: some reports put a title and a period before it. */
const HEADER_SEARCH_LINES = 30;
export const SEPARATORS = [';', ',', '\t', '|'] as const;
export type Separator = (typeof SEPARATORS)[number];

/** A record at the beginning of the file: its text and the physical lines that it covers. */
export interface HeadRecord {
  readonly text: string;
  readonly line: number;
  readonly lineCount: number;
}

export interface Header {
  /** The line as it stands in the file. */
  readonly text: string;
  readonly profile: Profile;
  readonly separator: Separator;
  /** Names as written, in file order; a blank one is ''. */
  readonly names: readonly string[];
  /** Column position, from 0, of each of the profile's keys that the file has. */
  readonly positions: ReadonlyMap<string, number>;
  /** Physical line of the header, from 1, and of the first line after it. */
  readonly line: number;
  readonly nextLine: number;
  /** Names that no key of the profile stands for. */
  readonly extraColumns: readonly string[];
  /** Names accepted for another: what the file says -> what it was taken for. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** True when `name`, possibly damaged by U+FFFD, can be `spelling`. A lost character may stand for one or two. Plain names hold letters, digits and spaces only: nothing to escape. */
function canBe(name: string, spelling: string): boolean {
  if (!name.includes('\uFFFD')) return name === spelling;
  if (!/[\p{L}\p{N}]/u.test(name)) return false;
  return new RegExp(`^${name.replace(/\uFFFD+/g, '.{0,2}')}$`, 'u').test(spelling);
}

/** Undoes "NÃºmero" (UTF-8 read as windows-1252 and saved again); gives the name back when it is not that. */
function undoDoubleEncoding(name: string): string {
  if (!/[\u00c2\u00c3]/.test(name)) return name;
  const bytes = Buffer.from(name, 'latin1');
  if (bytes.toString('latin1') !== name) return name;
  const text = bytes.toString('utf8');
  return text.includes('\uFFFD') ? name : text;
}

interface Match {
  readonly positions: Map<string, number>;
  readonly renamed: Map<string, string>;
}

/** Finds each key's column: by its usual name first, then by the others in their order. */
function matchNames(profile: Profile, names: readonly string[]): Match {
  const plain = names.map((name) => plainName(undoDoubleEncoding(name)));
  const positions = new Map<string, number>();
  const renamed = new Map<string, string>();
  const taken = new Set<number>();
  const keys = Object.entries(profile.columns);
  const claim = (wanted: (names: readonly string[]) => readonly string[]): void => {
    for (const [key, spec] of keys) {
      if (positions.has(key)) continue;
      for (const spelling of wanted(spec.names)) {
        const position = plain.findIndex((name, index) => !taken.has(index) && canBe(name, plainName(spelling)));
        if (position < 0) continue;
        positions.set(key, position);
        taken.add(position);
        if (plain[position] !== plainName(spec.names[0] ?? key))
          renamed.set(names[position] ?? '', spec.names[0] ?? key);
        break;
      }
    }
  };
  claim((all) => all.slice(0, 1));
  claim((all) => all.slice(1));
  return { positions, renamed };
}

function missingKeys(profile: Profile, positions: ReadonlyMap<string, number>): string[] {
  const missing = Object.entries(profile.columns)
    .filter(([key, spec]) => spec.isRequired === true && !positions.has(key))
    .map(([key]) => key);
  for (const group of profile.oneOf ?? []) {
    if (!group.some((key) => positions.has(key))) missing.push(group.join(' or '));
  }
  return missing;
}

/** How many of the profile's keys a line has, and whether that makes it a header of that profile. */
function judge(profile: Profile, names: readonly string[]): { match: Match; isRecognised: boolean } {
  const match = matchNames(profile, names);
  return { match, isRecognised: profile.recognisedBy.every((key) => match.positions.has(key)) };
}

function cellsOf(record: HeadRecord, separator: string): string[] {
  return splitRecord(record.text, separator).map((cell) => cell.replace(/[\u00a0\ufeff]/g, ' ').trim());
}

/**
 * Finds the header among the file's first records. `profiles` are tried in their order on every line and with every separator; with one
 * profile only (named by the user) a near miss says which columns are missing.
 * Throws FILE_HEADER_IN_ONE_CELL, FILE_NO_HEADER, FILE_COLUMN_MISSING, FILE_COLUMN_TWICE, FILE_PROFILE_UNKNOWN.
 */
export function findHeader(
  file: string,
  head: readonly HeadRecord[],
  profiles: readonly Profile[],
  wantedSeparator: Separator | null,
): Header {
  let separators: readonly Separator[] = wantedSeparator === null ? SEPARATORS : [wantedSeparator];
  const lines = head.slice(0, HEADER_SEARCH_LINES);
  const declared = /^"?sep=(.)"?\s*$/i.exec(lines[0]?.text.replace(/^\ufeff/, '') ?? '')?.[1];
  if (wantedSeparator === null && declared !== undefined && (SEPARATORS as readonly string[]).includes(declared))
    separators = [declared as Separator];

  interface Candidate {
    record: HeadRecord;
    separator: Separator;
    names: string[];
    profile: Profile;
    match: Match;
  }
  let nearest: Candidate | null = null;
  for (const record of lines) {
    for (const profile of profiles) {
      let best: Candidate | null = null;
      for (const separator of separators) {
        const names = cellsOf(record, separator);
        if (names.length < 2) continue;
        const { match, isRecognised } = judge(profile, names);
        const candidate = { record, separator, names, profile, match };
        if (isRecognised && (best === null || match.positions.size > best.match.positions.size)) best = candidate;
        if (match.positions.size > (nearest?.match.positions.size ?? 0)) nearest = candidate;
      }
      if (best !== null) return accept(file, best.record, best.separator, best.names, profile, best.match);
    }
  }
  throw refuse(file, lines, profiles, nearest);
}

/** The same for a file whose columns are declared: Parquet. Throws FILE_COLUMN_MISSING, FILE_COLUMN_TWICE, FILE_PROFILE_UNKNOWN. */
export function matchHeader(file: string, names: readonly string[], profiles: readonly Profile[]): Header {
  const record: HeadRecord = { text: names.join(','), line: 1, lineCount: 1 };
  let nearest: { record: HeadRecord; names: string[]; profile: Profile; match: Match } | null = null;
  for (const profile of profiles) {
    const { match, isRecognised } = judge(profile, names);
    if (isRecognised) return accept(file, record, ',', [...names], profile, match);
    if (match.positions.size > (nearest?.match.positions.size ?? 0))
      nearest = { record, names: [...names], profile, match };
  }
  throw refuse(file, [record], profiles, nearest);
}

function accept(
  file: string,
  record: HeadRecord,
  separator: Separator,
  names: string[],
  profile: Profile,
  match: Match,
): Header {
  const missing = missingKeys(profile, match.positions);
  if (missing.length > 0) throw columnsMissing(file, record.line, profile, missing, names);
  if (profile.mayRepeatNames !== true) {
    const seen = new Map<string, string>();
    for (const name of names) {
      const plain = plainName(name);
      if (plain !== '' && seen.has(plain)) {
        throw fail('FILE_COLUMN_TWICE', {
          what: `${file}: the header on line ${record.line} names the column "${shown(name)}" twice.`,
          why: 'Which of the two holds the value cannot be known.',
          fix: 'Rename or delete one of the two columns, then run again.',
        });
      }
      seen.set(plain, name);
    }
  }
  const taken = new Set(match.positions.values());
  return {
    text: record.text,
    profile,
    separator,
    names,
    positions: match.positions,
    line: record.line,
    nextLine: record.line + record.lineCount,
    extraColumns: names.filter((name, index) => name !== '' && !taken.has(index)),
    renamed: match.renamed,
  };
}

function columnsMissing(
  file: string,
  line: number,
  profile: Profile,
  missing: readonly string[],
  names: readonly string[],
): Error {
  const present = someOf(names.filter((name) => name !== '').map(shown), 12, ', ');
  if (profile.name === 'generic') {
    const sought = missing.map((key) => `"${profile.columns[key]?.names[0] ?? key}"`);
    return fail('FILE_COLUMN_MISSING', {
      what: `${file}: the header on line ${line} lacks ${missing.length === 1 ? 'the column' : 'the columns'} ${someOf(sought, 8, ', ')}.`,
      why: `The mapping names ${missing.length === 1 ? 'it' : 'them'} for ${someOf(missing, 8, ', ')}. The header has: ${present}.`,
      fix: 'Correct the name under "columns" in the mapping file, or add or rename the column in this file.',
    });
  }
  const wanted = missing.map((key) => {
    const spellings = key.split(' or ').flatMap((one) => profile.columns[one]?.names ?? [one]);
    return `${key} (accepted: ${spellings.slice(0, 8).join(', ')})`;
  });
  return fail('FILE_COLUMN_MISSING', {
    what: `${file}: the header on line ${line} lacks ${missing.length === 1 ? 'the column' : 'the columns'} ${missing.join(', ')}.`,
    why: `The profile ${profile.name} needs ${someOf(wanted, 4, '; ')}. The header has: ${present}.`,
    fix: 'Add or rename the columns, name another profile with --profile, or describe the file in a mapping file (--mapping).',
  });
}

/** The first of a list, and how many more there are: an error is read on a screen. */
function someOf(list: readonly string[], most: number, between: string): string {
  const rest = list.length - most;
  return list.slice(0, most).join(between) + (rest > 0 ? `${between}and ${rest} more` : '');
}

/** Chooses the most helpful refusal for a file in which no header was found. */
function refuse(
  file: string,
  lines: readonly HeadRecord[],
  profiles: readonly Profile[],
  nearest: { record: HeadRecord; names: string[]; profile: Profile; match: Match } | null,
): Error {
  const first = lines.find((record) => record.text.trim() !== '');
  if (first === undefined) {
    return fail('FILE_EMPTY', {
      what: `${file}: there is nothing in it but blank lines.`,
      why: 'A file of orders begins with a header line.',
      fix: 'Export the file again.',
    });
  }
  const unquoted = /^\s*"(.*)"\s*$/s.exec(first.text.replace(/^\ufeff/, ''))?.[1]?.replaceAll('""', '"');
  if (unquoted !== undefined && SEPARATORS.every((separator) => cellsOf(first, separator).length === 1)) {
    if (SEPARATORS.some((separator) => splitRecord(unquoted, separator).length > 1)) {
      return fail('FILE_HEADER_IN_ONE_CELL', {
        what: mayBePersonal(unquoted)
          ? `${file}: line ${first.line} is one quoted cell with several values inside; it is not shown, because it may be personal.`
          : `${file}: the whole header is inside one quoted cell: ${shown(first.text)}`,
        why: 'Somebody saved the file with every line wrapped in quotes, so that it has a single column.',
        fix: 'Export it again, or remove the quotes around each line (and turn "" back into ") before running again.',
      });
    }
  }
  const need = Math.min(3, ...profiles.map((profile) => profile.recognisedBy.length));
  if (nearest !== null && nearest.match.positions.size >= need) {
    const { profile, match, record, names } = nearest;
    const absent = profile.recognisedBy.filter((key) => !match.positions.has(key));
    const missing = [...new Set([...missingKeys(profile, match.positions), ...absent])];
    return columnsMissing(file, record.line, profile, missing, names);
  }
  const cells = SEPARATORS.map((separator) => cellsOf(first, separator)).reduce((most, some) =>
    some.length > most.length ? some : most,
  );
  const looksLikeData = cells.some((cell) =>
    /^-?\d+([.,]\d+)*$|^\d{4}-\d\d-\d\d|^\d\d?\/\d\d?\/\d{2,4}|^[^@\s]+@[^@\s]+\.\w+$/.test(cell),
  );
  if (looksLikeData && cells.length > 1) {
    return fail('FILE_NO_HEADER', {
      what: `${file}: line ${first.line} has ${cells.length} cells that are data (numbers, dates or e-mails), not column names.`,
      why: 'Columns are found by their names; without a header any two of them could be mixed up.',
      fix: 'Put a header line with the column names at the top of the file, then run again.',
    });
  }
  const seen = mayBePersonal(first.text)
    ? 'The first line is not shown, because it may be personal.'
    : `The first line is: ${shown(first.text)}`;
  const none = lines.length === 1 ? 'nothing in its one line' : `none of its first ${lines.length} lines`;
  const mapped = profiles.find((profile) => profile.name === 'generic');
  if (mapped !== undefined) {
    const sought = Object.values(mapped.columns).map((spec) => `"${spec.names[0] ?? ''}"`);
    return fail('FILE_PROFILE_UNKNOWN', {
      what: `${file}: ${none} has the columns that the mapping names.`,
      why: `It names ${someOf(sought, 8, ', ')}. ${seen}`,
      fix: 'Correct the names under "columns" in the mapping file; if they are right, say --separator or --encoding.',
    });
  }
  return fail('FILE_PROFILE_UNKNOWN', {
    what: `${file}: ${none} is a header of a known export.`,
    why: `Known: ${profiles.map((profile) => profile.name).join(', ')}. ${seen}`,
    fix: 'Name the columns as in our own header, or describe the file in a mapping file (--mapping).',
  });
}

/** True for a line or cell that holds what no name of a column does, but documents, phones, postcodes and addresses do: five digits, dotted or not, or an @. */
function mayBePersonal(text: string): boolean {
  return text.includes('@') || /\d(?:[.\-/]?\d){4}/.test(text);
}

/** A name or a line of names as it may be printed: short, without control characters, and nothing of a person. */
function shown(text: string): string {
  return mayBePersonal(text) ? '(not shown)' : text.slice(0, 200).replace(/\p{Cc}/gu, '?');
}
