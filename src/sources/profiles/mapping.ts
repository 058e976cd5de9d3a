// A profile made of a mapping file: which of a file's columns holds what, for exports that no profile knows.
// It only builds the profile; it never reads the data.
import { readFile } from 'node:fs/promises';
import { fail } from '../../catalog/errors.ts';
import { messageOf } from '../../lib/errors.ts';
import { LINE_COLUMNS, type LineColumn } from '../../model/contract.ts';
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
 * "decimal": ",", "dateOrder": "dmy"}. Throws FILE_MAPPING_INVALID.
 */
export async function readMapping(path: string): Promise<Mapping> {
  let found: unknown;
  try {
    found = JSON.parse((await readFile(path, 'utf8')).replace(/^\ufeff/, ''));
  } catch (cause) {
    throw invalid(`It cannot be read as JSON: ${messageOf(cause)}`, cause);
  }
  return mappingOf(found);
}

/** Builds the profile of a parsed mapping file. */
export function mappingOf(found: unknown): Mapping {
  if (typeof found !== 'object' || found === null || Array.isArray(found)) throw invalid('It must be one JSON object.');
  const mapping = found as Record<string, unknown>;
  for (const key of Object.keys(mapping)) {
    if (!KEYS.includes(key)) throw invalid(`It has the key "${key}"; known are ${KEYS.join(', ')}.`);
  }
  const columns = textMap(mapping['columns'], 'columns', LINE_COLUMNS);
  const constants = textMap(mapping['constants'], 'constants', LINE_COLUMNS);
  const status = textMap(mapping['status'], 'status', null);
  const canal = textMap(mapping['canal'], 'canal', null);
  for (const ours of status.values()) {
    if (!STATUSES.includes(ours)) throw invalid(`"status" leads to "${ours}"; our words are ${STATUSES.join(', ')}.`);
  }
  for (const column of NEEDED) {
    if (!columns.has(column) && !constants.has(column))
      throw invalid(`Neither "columns" nor "constants" gives ${column}.`);
  }
  if (!columns.has('sku') && !columns.has('produto')) throw invalid('"columns" must give sku or produto.');
  const decimal = mapping['decimal'] ?? null;
  if (decimal !== null && decimal !== ',' && decimal !== '.' && decimal !== 'en')
    throw invalid('"decimal" is ",", "." or "en".');
  const dateOrder = mapping['dateOrder'] ?? null;
  if (dateOrder !== null && dateOrder !== 'iso' && dateOrder !== 'dmy' && dateOrder !== 'mdy')
    throw invalid('"dateOrder" is iso, dmy or mdy.');

  const specs: Record<string, ColumnSpec> = {};
  const select: Partial<Record<LineColumn, string>> = {};
  for (const [column, header] of columns) {
    specs[column] = { names: [header], isRequired: true };
    const words = column === 'status' ? status : column === 'canal' ? canal : new Map<string, string>();
    select[column as LineColumn] = words.size === 0 ? `{${column}}` : wordsSql(column, words);
    if (column === 'status') select.status_origem ??= '{status}';
    if (column === 'canal') select.canal_origem ??= '{canal}';
  }
  for (const [column, value] of constants) select[column as LineColumn] = quoted(value);
  return {
    profile: {
      name: 'generic',
      title: 'the file that the mapping describes',
      columns: specs,
      recognisedBy: [...columns.keys()],
      select,
      requiresStore: !columns.has('loja') && !constants.has('loja'),
    },
    decimal,
    dateOrder,
  };
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** The source's words -> ours, compared without case and accents; an unknown word stays. */
function wordsSql(column: string, words: ReadonlyMap<string, string>): string {
  const cases = [...words].map(
    ([theirs, ours]) =>
      `WHEN strip_accents(lower({${column}})) = strip_accents(lower(${quoted(theirs)})) THEN ${quoted(ours)}`,
  );
  return `CASE ${cases.join(' ')} ELSE {${column}} END`;
}

function textMap(value: unknown, name: string, allowed: readonly string[] | null): Map<string, string> {
  if (value === undefined) return new Map();
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`"${name}" must be an object of texts.`);
  const entries = Object.entries(value);
  for (const [key, text] of entries) {
    if (typeof text !== 'string' || text.trim() === '') throw invalid(`"${name}.${key}" must be a text.`);
    if (/[{}]/.test(key + text)) throw invalid(`"${name}.${key}" must not contain { or }.`);
    if (allowed !== null && !allowed.includes(key))
      throw invalid(`"${name}" names ${key}, which is no column of ours: ${allowed.join(', ')}.`);
  }
  return new Map(entries as [string, string][]);
}

function invalid(why: string, cause?: unknown): Error {
  return fail('FILE_MAPPING_INVALID', {
    what: 'The mapping file cannot be used.',
    why,
    fix: 'Example: {"columns": {"id_pedido": "Pedido nº", "data_pedido": "Data", ...}, "constants": {"canal": "Site"}, "status": {"Concluído": "Pago"}}.',
    ...(cause === undefined ? {} : { cause }),
  });
}
