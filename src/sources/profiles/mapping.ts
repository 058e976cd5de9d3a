// A profile made of a mapping file: which of a file's columns holds what, for exports that no profile knows.
// It only builds the profile; it never reads the data.
import { readFile } from 'node:fs/promises';
import { fail } from '../../catalog/errors.ts';
import { messageOf } from '../../lib/errors.ts';
import { onOneLine } from '../../lib/harmless.ts';
import { LINE_COLUMNS, type LineColumn, STORE_NAME, STORE_NAME_WORDS } from '../../model/contract.ts';
import { plainName } from './plain-name.ts';
import type { ColumnSpec, Profile } from './profile.ts';

export interface Mapping {
  readonly profile: Profile;
  readonly decimal: ',' | '.' | 'en' | null;
  readonly dateOrder: 'iso' | 'dmy' | 'mdy' | null;
}

const KEYS = ['columns', 'constants', 'status', 'canal', 'decimal', 'dateOrder'];
const STATUSES = ['Pago', 'Pendente', 'Cancelado', 'Reembolsado'];
const NEEDED: readonly LineColumn[] = ['id_pedido', 'data_pedido', 'canal', 'status', 'quantidade', 'preco_unitario'];

/**
 * Reads a mapping: {"columns": {"id_pedido": "Pedido nº", ...}, "constants": {"canal": "Site"}, "status": {"Concluído": "Pago"}, "canal": {...},
 * "decimal": ",", "dateOrder": "dmy"}. Throws FILE_NOT_FOUND, FILE_MAPPING_INVALID.
 */
export async function readMapping(path: string): Promise<Mapping> {
  const name = onOneLine(path);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw fail('FILE_NOT_FOUND', {
        what: `There is no mapping file ${name}.`,
        why: 'No file has the name that --mapping gives.',
        fix: 'Check the path; it is read from the folder in which the command runs.',
        cause,
      });
    }
    throw invalid(name, `It cannot be read: ${messageOf(cause)}`, {
      fix: 'Check that it is a file, and that you may read it.',
      cause,
    });
  }
  let found: unknown;
  try {
    found = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    throw invalid(name, `It is no JSON: ${messageOf(cause)}`, { cause });
  }
  return mappingOf(found, name);
}

/** Builds the profile of a parsed mapping file; `name` is what the file is called. Throws FILE_MAPPING_INVALID. */
export function mappingOf(found: unknown, name = 'of this file'): Mapping {
  const refuse = (why: string): Error => invalid(name, why);
  if (typeof found !== 'object' || found === null || Array.isArray(found)) throw refuse('It must be one JSON object.');
  const mapping = found as Record<string, unknown>;
  for (const key of Object.keys(mapping)) {
    if (!KEYS.includes(key)) throw refuse(`It has the key "${key}"; known are ${KEYS.join(', ')}.`);
  }
  const [columns, constants, status, canal] = (
    [
      ['columns', LINE_COLUMNS],
      ['constants', LINE_COLUMNS],
      ['status', null],
      ['canal', null],
    ] as const
  ).map(([key, allowed]) => textMap(mapping[key], key, allowed, refuse)) as [Texts, Texts, Texts, Texts];
  for (const ours of status.values()) {
    if (!STATUSES.includes(ours)) throw refuse(`"status" leads to "${ours}"; our words are ${STATUSES.join(', ')}.`);
  }
  for (const [key, words] of [
    ['status', status],
    ['canal', canal],
  ] as const)
    refuseConflicts(key, words, refuse);
  for (const column of NEEDED) {
    if (!columns.has(column) && !constants.has(column))
      throw refuse(`Neither "columns" nor "constants" gives ${column}.`);
  }
  if (!columns.has('sku') && !columns.has('produto')) throw refuse('"columns" must give sku or produto.');
  const loja = constants.get('loja');
  if (loja !== undefined && !STORE_NAME.test(loja.toLowerCase()))
    throw refuse(`"constants.loja" is "${loja}", which is not a store's name. ${STORE_NAME_WORDS}`);
  const decimal = mapping['decimal'] ?? null;
  if (decimal !== null && decimal !== ',' && decimal !== '.' && decimal !== 'en')
    throw refuse('"decimal" is ",", "." or "en".');
  const dateOrder = mapping['dateOrder'] ?? null;
  if (dateOrder !== null && dateOrder !== 'iso' && dateOrder !== 'dmy' && dateOrder !== 'mdy')
    throw refuse('"dateOrder" is iso, dmy or mdy.');

  const { specs, select } = selection(columns, constants, { status, canal });
  return {
    profile: {
      name: 'generic',
      title: 'the file that the mapping describes',
      columns: specs,
      recognisedBy: Object.keys(specs),
      select,
      requiresStore: !columns.has('loja') && !constants.has('loja'),
    },
    decimal,
    dateOrder,
  };
}

type Texts = ReadonlyMap<string, string>;

/** Which columns the file has, and how ours come from them. A column of the file may stand for several of ours: it is looked for once. */
function selection(
  columns: Texts,
  constants: Texts,
  words: { readonly status: Texts; readonly canal: Texts },
): { specs: Record<string, ColumnSpec>; select: Partial<Record<LineColumn, string>> } {
  const specs: Record<string, ColumnSpec> = {};
  const select: Partial<Record<LineColumn, string>> = {};
  /** Header of the file, folded -> the key that it is found by. */
  const keys = new Map<string, string>();
  for (const [column, header] of columns) {
    const folded = plainName(header) || header;
    const key = keys.get(folded) ?? column;
    keys.set(folded, key);
    specs[key] ??= { names: [header], isRequired: true };
    const translations = column === 'status' || column === 'canal' ? words[column] : new Map<string, string>();
    select[column as LineColumn] = translations.size === 0 ? `{${key}}` : wordsSql(key, translations);
    if (column === 'status') select.status_origem ??= `{${key}}`;
    if (column === 'canal') select.canal_origem ??= `{${key}}`;
  }
  for (const [column, value] of constants) select[column as LineColumn] = quoted(value);
  return { specs, select };
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** The source's words -> ours, compared without case and accents; an unknown word stays. */
function wordsSql(key: string, words: Texts): string {
  const cases = [...words].map(
    ([theirs, ours]) =>
      `WHEN strip_accents(lower({${key}})) = strip_accents(lower(${quoted(theirs)})) THEN ${quoted(ours)}`,
  );
  return `CASE ${cases.join(' ')} ELSE {${key}} END`;
}

/** Two spellings of one word must not lead to two of ours: which of them counts would be chance. */
function refuseConflicts(name: string, words: Texts, refuse: (why: string) => Error): void {
  const seen = new Map<string, string>();
  for (const [theirs, ours] of words) {
    const folded = theirs.toLowerCase().normalize('NFD').replaceAll(/\p{M}/gu, '');
    const other = seen.get(folded);
    if (other !== undefined && words.get(other) !== ours)
      throw refuse(
        `"${name}" leads "${other}" to "${words.get(other)}" and "${theirs}" to "${ours}": without case and accents they are one word.`,
      );
    seen.set(folded, theirs);
  }
}

function textMap(
  value: unknown,
  name: string,
  allowed: readonly string[] | null,
  refuse: (why: string) => Error,
): Texts {
  if (value === undefined) return new Map();
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse(`"${name}" must be an object of texts.`);
  const entries = Object.entries(value);
  for (const [key, text] of entries) {
    if (typeof text !== 'string' || text.trim() === '') throw refuse(`"${name}.${key}" must be a text.`);
    if (/[{}]/.test(key + text)) throw refuse(`"${name}.${key}" must not contain { or }.`);
    if (allowed !== null && !allowed.includes(key))
      throw refuse(`"${name}" names ${key}, which is no column of ours: ${allowed.join(', ')}.`);
  }
  return new Map(entries as [string, string][]);
}

function invalid(name: string, why: string, more: { readonly fix?: string; readonly cause?: unknown } = {}): Error {
  return fail('FILE_MAPPING_INVALID', {
    what: `The mapping ${name} cannot be used.`,
    why,
    fix:
      more.fix ??
      'Example: {"columns": {"id_pedido": "Pedido nº", "data_pedido": "Data", ...}, "constants": {"canal": "Site"}, "status": {"Concluído": "Pago"}}.',
    ...(more.cause === undefined ? {} : { cause: more.cause }),
  });
}
