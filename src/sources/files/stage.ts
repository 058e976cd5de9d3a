// The way from one input of the user to the staging table in DuckDB: what the file is, what is in it, and how to find a line again.
// One call stages one file. It writes to the connection it is given and to the temporary folder, and never to anything of the user's.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { DuckDBConnection } from '@duckdb/node-api';
import { fail } from '../../catalog/errors.ts';
import type { LineColumn } from '../../model/contract.ts';
import { ADDRESS_COLUMNS, mappingOf, profileNamed, PROFILES, readMapping, type Profile } from '../profiles/index.ts';
import { loadCsv, surveyCsv } from './csv.ts';
import { encodingNamed, type Encoding } from './encoding.ts';
import { decideDates, decideDecimal, type DateFormat, type DecimalFormat } from './formats.ts';
import { SEPARATORS, type Header, type Separator } from './header.ts';
import type { InputFile } from './input.ts';
import { loadJsonl, surveyJsonl } from './jsonl.ts';
import { DEFAULT_MAX_BYTES, openInput, type OpenedFile } from './open.ts';
import { originalsOf, type Original } from './originals.ts';
import { loadParquet, originalsOfParquet, surveyParquet } from './parquet.ts';
import { templateOf } from './sql.ts';

/** Store of a file in our own format that neither names one nor was given one. */
const DEFAULT_STORE = 'loja';

export interface StageOptions {
  /** Folder for spools and clean copies; the caller makes and removes it. */
  readonly tempDir: string;
  /** Name of a profile; found by the header when absent. */
  readonly profile?: string | undefined;
  /** Store of all orders of a file that has no column for it. */
  readonly loja?: string | undefined;
  /** Mapping for the generic profile: the path of its file, or its parsed content. */
  readonly mapping?: string | object | undefined;
  /** How the file writes money; 'en' is 1,234.56, which is never assumed. */
  readonly decimal?: DecimalFormat | undefined;
  readonly dateOrder?: DateFormat | undefined;
  readonly encoding?: string | undefined;
  readonly separator?: string | undefined;
  /** As-of time of the content; the file's modification time when absent, but never later than now (now, for standard input). */
  readonly asOf?: Date | undefined;
  /** The clock; the machine's own when absent. */
  readonly now?: (() => Date) | undefined;
  /** Limit for content whose size is not known beforehand (gzip, standard input). */
  readonly maxBytes?: number | undefined;
  /** Ends the reading of pipes and packed files with an AbortError. */
  readonly signal?: AbortSignal | undefined;
  /** Where '-' reads from; the process's own standard input when absent. */
  readonly stdin?: Readable | undefined;
}

export interface StagedFile {
  readonly format: 'csv' | 'jsonl' | 'parquet';
  /** Name of the profile; 'esteira' for JSON lines. */
  readonly profile: string;
  /** SHA-256 (hex) of the content: after decompression, before decoding. */
  readonly contentSha256: string;
  /** Size of that content. */
  readonly bytes: number;
  readonly encoding: Encoding | null;
  readonly separator: Separator | null;
  /** Records after the header: those in the table plus those ignored. */
  readonly linesRead: number;
  /** Summary rows and empty rows that are no orders and are not in the table. */
  readonly linesIgnored: number;
  /** Records in the table whose problema is not null. */
  readonly linesBroken: number;
  readonly warnings: readonly string[];
  /** The header line as it stands in the file, decoded; of Parquet the column names with commas; null for JSON lines. */
  readonly header: string | null;
  readonly extraColumns: readonly string[];
  /** Columns accepted under another name: in the file -> taken for. */
  readonly renamedColumns: ReadonlyMap<string, string>;
  readonly decimalFormat: DecimalFormat | null;
  readonly dateFormat: DateFormat | null;
  /** The file has a column for atualizado_em. */
  readonly hasUpdateTime: boolean;
  /** The file has at least one of cep, cidade, uf. */
  readonly hasAddress: boolean;
  readonly requiresStore: boolean;
  readonly asOf: Date;
  /** Original texts of the records with these rowids of `linhas` (or of `linhas_json`), in ascending order of rowid. */
  originals(rowids: readonly number[]): Promise<Original[]>;
  /** Deletes the copies that were made; `originals` cannot be asked afterwards. */
  close(): Promise<void>;
}

let copies = 0;

/** What the three formats have in common once they are in the table; the rest of StagedFile is added from it. */
type Loaded = Omit<StagedFile, 'asOf' | 'close' | 'decimalFormat' | 'dateFormat'>;

/**
 * Stages one input. Throws the FILE_* refusals: then nothing is left in the connection nor in the temporary folder.
 * The warehouse is never touched here, so a refused file has written nothing.
 */
export async function stageFile(conn: DuckDBConnection, input: InputFile, options: StageOptions): Promise<StagedFile> {
  const made: string[] = [];
  const copyPath = (kind: string): string => {
    const path = join(options.tempDir, `${kind}-${process.pid}-${++copies}`);
    made.push(path);
    return path;
  };
  const close = async (): Promise<void> => {
    for (const path of made) await rm(path, { force: true });
  };
  await dropStaged(conn);
  try {
    const encoding = encodingOf(options.encoding);
    const mapping =
      options.mapping === undefined
        ? null
        : typeof options.mapping === 'string'
          ? await readMapping(options.mapping)
          : mappingOf(options.mapping);
    const profiles = mapping === null ? profilesFor(options.profile) : [mapping.profile];
    const opened = await openInput(input, {
      copyPath,
      encoding,
      maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
      stdin: options.stdin ?? process.stdin,
      signal: options.signal,
    });
    const loaded =
      opened.format === 'csv'
        ? await stageCsv(conn, input, opened, options, profiles, encoding, copyPath)
        : opened.format === 'jsonl'
          ? await stageJsonl(conn, input, opened, encoding, copyPath)
          : await stageParquet(conn, input, opened, options, profiles);
    const isTable = loaded.format !== 'jsonl';
    const { asOf, warnings } = asOfTime(options, opened.modifiedAt);
    return {
      ...loaded,
      warnings: [...loaded.warnings, ...warnings],
      decimalFormat: options.decimal ?? mapping?.decimal ?? (isTable ? await decideDecimal(conn) : null),
      dateFormat: isTable
        ? await decideDates(conn, input.name, options.dateOrder ?? mapping?.dateOrder ?? null)
        : (options.dateOrder ?? null),
      asOf,
      close,
    };
  } catch (thrown) {
    await dropStaged(conn).catch(() => undefined);
    await close();
    throw thrown;
  }
}

/** When the content was exported. Of a file from the future: now, because versions without an update time would beat every later correction. */
function asOfTime(options: StageOptions, modifiedAt: Date): { asOf: Date; warnings: string[] } {
  if (options.asOf !== undefined) return { asOf: options.asOf, warnings: [] };
  const now = options.now?.() ?? new Date();
  if (modifiedAt <= now) return { asOf: modifiedAt, warnings: [] };
  return {
    asOf: now,
    warnings: [
      `the modification time of the file, ${modifiedAt.toISOString()}, lies in the future: it was read as an export of now (--as-of TIME states the right time)`,
    ],
  };
}

/** Takes away what an earlier call left in the connection. */
async function dropStaged(conn: DuckDBConnection): Promise<void> {
  for (const view of ['linhas', 'linhas_json']) await conn.run(`DROP VIEW IF EXISTS ${view}`);
  for (const table of ['linhas_lidas', 'linhas_json_lidas', 'linhas_partidas']) {
    await conn.run(`DROP TABLE IF EXISTS ${table}`);
  }
}

async function stageCsv(
  conn: DuckDBConnection,
  input: InputFile,
  opened: OpenedFile,
  options: StageOptions,
  profiles: readonly Profile[],
  encoding: Encoding | null,
  copyPath: (kind: string) => string,
): Promise<Loaded> {
  const survey = await surveyCsv(opened.path, {
    name: input.name,
    profiles,
    separator: separatorNamed(options.separator),
    // A byte order mark says more than a word of the user's, and a decoded copy is UTF-8.
    encoding: opened.decodedFrom !== null || opened.markBytes > 0 ? null : encoding,
    knownSha256: opened.contentSha256,
  });
  const { header } = survey;
  const constants = storeOf(input.name, header, options.loja);
  await loadCsv(conn, survey, copyPath('copy'), constants);
  return {
    format: 'csv',
    profile: header.profile.name,
    contentSha256: survey.contentSha256,
    bytes: opened.contentBytes ?? survey.bytes,
    encoding: opened.decodedFrom ?? survey.encoding,
    separator: header.separator,
    linesRead: survey.recordCount + survey.ignoredCount,
    linesIgnored: survey.ignoredCount,
    linesBroken: survey.broken.length,
    warnings: [...survey.warnings, ...storeWarnings(header, options.loja)],
    header: header.text,
    ...columnFacts(header),
    originals: (rowids) => originalsOf(survey, rowids),
  };
}

async function stageJsonl(
  conn: DuckDBConnection,
  input: InputFile,
  opened: OpenedFile,
  encoding: Encoding | null,
  copyPath: (kind: string) => string,
): Promise<Loaded> {
  const survey = await surveyJsonl(
    opened.path,
    input.name,
    opened.markBytes,
    opened.decodedFrom !== null || opened.markBytes > 0 ? 'utf-8' : (encoding ?? 'utf-8'),
    opened.contentSha256,
  );
  await loadJsonl(conn, survey, copyPath('copy'));
  return {
    format: 'jsonl',
    profile: 'esteira',
    contentSha256: survey.contentSha256,
    bytes: opened.contentBytes ?? survey.bytes,
    encoding: opened.decodedFrom ?? survey.encoding,
    separator: null,
    linesRead: survey.recordCount,
    linesIgnored: 0,
    linesBroken: survey.broken.length,
    warnings: survey.warnings,
    header: null,
    extraColumns: [],
    renamedColumns: new Map(),
    hasUpdateTime: true,
    hasAddress: true,
    requiresStore: false,
    originals: (rowids) => originalsOf(survey, rowids),
  };
}

async function stageParquet(
  conn: DuckDBConnection,
  input: InputFile,
  opened: OpenedFile,
  options: StageOptions,
  profiles: readonly Profile[],
): Promise<Loaded> {
  const survey = await surveyParquet(conn, opened.path, input.name, profiles);
  const { header } = survey;
  const rowCount = await loadParquet(conn, survey, storeOf(input.name, header, options.loja));
  return {
    format: 'parquet',
    profile: header.profile.name,
    contentSha256: survey.contentSha256,
    bytes: survey.bytes,
    encoding: null,
    separator: null,
    linesRead: rowCount,
    linesIgnored: 0,
    linesBroken: 0,
    warnings: [...(rowCount === 0 ? ['the file has no rows'] : []), ...storeWarnings(header, options.loja)],
    header: header.text,
    ...columnFacts(header),
    originals: (rowids) => originalsOfParquet(conn, survey, rowids),
  };
}

function profilesFor(name: string | undefined): readonly Profile[] {
  if (name === undefined) return PROFILES;
  const profile = profileNamed(name);
  if (profile !== undefined) return [profile];
  throw fail('CONFIG_INVALID', {
    what: `There is no profile "${name}".`,
    why: `Known are ${PROFILES.map((known) => known.name).join(', ')}; "generic" needs a mapping file.`,
    fix: 'Leave --profile out to have it found by the header, or give --mapping FILE.',
  });
}

function columnFacts(
  header: Header,
): Pick<StagedFile, 'extraColumns' | 'renamedColumns' | 'hasUpdateTime' | 'hasAddress' | 'requiresStore'> {
  const keys = new Set(header.positions.keys());
  const isRead = (column: LineColumn): boolean =>
    [...(templateOf(header.profile, column, keys) ?? '').matchAll(/\{(\w+)\}/g)].some((found) =>
      keys.has(found[1] as string),
    );
  return {
    extraColumns: header.extraColumns,
    renamedColumns: header.renamed,
    hasUpdateTime: isRead('atualizado_em'),
    hasAddress: ADDRESS_COLUMNS.some(isRead),
    requiresStore: header.profile.requiresStore,
  };
}

/** The store as a constant, when it does not come from the file. Throws FILE_STORE_MISSING. */
function storeOf(name: string, header: Header, given: string | undefined): Map<LineColumn, string> {
  const { profile } = header;
  const own = templateOf(profile, 'loja', new Set(header.positions.keys()));
  if (own !== null && (!own.includes('{loja}') || header.positions.has('loja'))) return new Map();
  if (given === undefined && profile.requiresStore) {
    throw fail('FILE_STORE_MISSING', {
      what: `${name}: an export of the profile ${profile.name} does not say of which store it is.`,
      why: 'Two stores use the same order numbers; without a store their orders would overwrite each other.',
      fix: 'Run again with --store NAME (small letters, digits, - and _).',
    });
  }
  return new Map([['loja', given ?? DEFAULT_STORE]]);
}

function storeWarnings(header: Header, given: string | undefined): string[] {
  return given !== undefined && header.positions.has('loja')
    ? [`the file has its own column for the store: --store ${given} was not used`]
    : [];
}

function separatorNamed(word: string | undefined): Separator | null {
  if (word === undefined) return null;
  const separator = word === '\\t' || word.toLowerCase() === 'tab' ? '\t' : word;
  if ((SEPARATORS as readonly string[]).includes(separator)) return separator as Separator;
  throw fail('CONFIG_INVALID', {
    what: `The separator "${word}" is not known.`,
    why: 'A separator is one of ; , | and tab.',
    fix: "Give --separator ';', ',', '|' or tab.",
  });
}

function encodingOf(word: string | undefined): Encoding | null {
  if (word === undefined) return null;
  const encoding = encodingNamed(word);
  if (encoding !== undefined) return encoding;
  throw fail('CONFIG_INVALID', {
    what: `The encoding "${word}" is not known.`,
    why: 'Known are utf-8, windows-1252 (latin1), utf-16le and utf-16be.',
    fix: 'Leave it out to have it found, or name one of these.',
  });
}
