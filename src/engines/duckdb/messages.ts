// Turns a slice of documents into raw messages: one line of a file per message, ready to be cut at its tabs and sent. A JSON line travels as it stands;
// the lines of a flat file become one nested document with the member `leitura`, so that who reads it gets the very rows that loading the file gives.
// It judges no value and opens no connection to Kafka.
import type { DuckDBConnection } from '@duckdb/node-api';
import { ORDER_COLUMNS } from '../../model/contract.ts';
import { READING } from '../../model/message.ts';
import { INSIDE, ITEM_FIELDS, PAYMENT_FIELDS } from '../transform/document-shape.ts';
import { canonicalText } from '../transform/hash.ts';
import { willBeKnownByText } from '../transform/order-keys.ts';
import { duckdbDialect } from './dialect.ts';
import type { FileFacts } from './documents.ts';
import { count, run } from './session.ts';

/** What the messages of one file have in common. */
export interface MessageOrigin {
  readonly name: string;
  readonly format: 'csv' | 'jsonl' | 'parquet';
  readonly profile: string;
  readonly header: string | null;
  readonly facts: FileFacts;
}

/**
 * Writes the messages of view `source`, in the order of the file, copies of a version as often as they stand there; returns how many.
 * A line of `path`: hash_origem (64 hexadecimal digits), tab, key as a JSON text or nothing, tab, value (UTF-8, without line feed).
 * `loadOriginals` makes a table (ordinal BIGINT, original VARCHAR) with the texts of the documents in a table that it is given (ordinal, rids).
 */
export async function writeMessages(
  connection: DuckDBConnection,
  source: string,
  origin: MessageOrigin,
  path: string,
  loadOriginals: (table: string, documents: string) => Promise<void>,
): Promise<number> {
  const originals = `${source}_originais`;
  // As in the quarantine: what could not be taken apart, or has no keys to rely on, is known by its text.
  const isKnownByText = willBeKnownByText(duckdbDialect);
  const known = `${source}_pelo_texto`;
  const needsOriginal = origin.format === 'jsonl' ? 'problemas IS NOT NULL' : isKnownByText;
  await run(
    connection,
    `CREATE OR REPLACE TABLE ${known} AS SELECT ordinal, rids FROM ${source} WHERE ${needsOriginal}`,
  );
  const hasOriginals = (await count(connection, `SELECT count(*) FROM ${known}`)) > 0;
  if (hasOriginals) await loadOriginals(originals, known);
  const document = documentSql(origin);
  // A store is known even where its document is none.
  const travelsAsIs = 'texto_lido IS NOT NULL AND (problemas IS NULL OR loja IS NULL)';
  const value = origin.format === 'jsonl' ? `CASE WHEN ${travelsAsIs} THEN texto_lido ELSE ${document} END` : document;
  const text = origin.format === 'jsonl' ? 'COALESCE(original, texto_lido)' : 'original';
  const hash = `CASE WHEN ${isKnownByText} THEN sha256(replace(COALESCE(${text}, ''), chr(0), '')) ELSE sha256(${canonicalText(duckdbDialect)}) END`;
  const key = `CASE WHEN loja IS NOT NULL AND id_pedido IS NOT NULL THEN ${json(`loja || ':' || id_pedido`)} ELSE '' END`;
  const documents = hasOriginals
    ? `SELECT d.*, o.original FROM ${source} d LEFT JOIN ${originals} o ON o.ordinal = d.ordinal`
    : `SELECT *, CAST(NULL AS VARCHAR) AS original FROM ${source}`;
  const messages = `SELECT ordinal, copias, concat(${hash}, chr(9), ${key}, chr(9), ${value}) AS mensagem FROM (${documents})`;
  // Nothing is quoted: JSON holds no line feed and hash and key hold no tab, and U+0001 stands nowhere.
  const written = await count(
    connection,
    `COPY (SELECT mensagem FROM (SELECT ordinal, mensagem, unnest(range(copias)) FROM (${messages})) ORDER BY ordinal)
     TO '${path.replaceAll("'", "''")}' (FORMAT csv, HEADER false, DELIMITER '\u0001', QUOTE '', ESCAPE '', USE_TMP_FILE false)`,
  );
  await run(connection, `DROP TABLE IF EXISTS ${originals}; DROP TABLE ${known}`);
  return written;
}

/** Text as a JSON string. */
function json(sql: string): string {
  return `CAST(to_json(${sql}) AS VARCHAR)`;
}

/** A JSON object of those of its members (name -> SQL of its JSON text or NULL) that are not NULL. */
function object(members: Readonly<Record<string, string>>): string {
  const parts = Object.entries(members).map(([name, sql]) => `'"${name}":' || ${sql}`);
  return `'{' || concat_ws(',', ${parts.join(', ')}) || '}'`;
}

/** The nested document of a row of `documentos` with all its texts; NULLs are left out, except within items and payments, where looking for them costs more than sending them. */
function documentSql(origin: MessageOrigin): string {
  const texts = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, json(name)]));
  const inside = (group: string): Record<string, string> =>
    Object.fromEntries(Object.entries(texts(ORDER_COLUMNS)).filter(([name]) => INSIDE[name] === group));
  const group = (name: string): string => {
    const members = inside(name);
    return `CASE WHEN COALESCE(${Object.keys(members).join(', ')}) IS NOT NULL THEN ${object(members)} END`;
  };
  const list = (name: string, fields: readonly string[]): string =>
    `CASE WHEN len(${name}) > 0 THEN ${json(`list_transform(${name}, lambda x: {${fields.map((field) => `'${field}': x.${field}`).join(', ')}})`)} END`;
  return object({
    ...Object.fromEntries(Object.entries(texts(ORDER_COLUMNS)).filter(([name]) => !(name in INSIDE))),
    cliente: group('cliente'),
    entrega: group('entrega'),
    itens: list('itens', ITEM_FIELDS),
    pagamentos: list('pagamentos', PAYMENT_FIELDS),
    [READING]: readingSql(origin),
  });
}

function readingSql({ name, format, profile, header, facts }: MessageOrigin): string {
  const fixed = (value: string | null): string =>
    value === null ? 'NULL' : `'${JSON.stringify(value).replaceAll("'", "''")}'`;
  const ofOriginal = (value: string | null): string =>
    value === null ? 'NULL' : `CASE WHEN original IS NOT NULL THEN ${fixed(value)} END`;
  return object({
    fonte: fixed(name),
    decimal: fixed(facts.decimalFormat),
    data: fixed(facts.dateFormat),
    endereco: facts.hasAddress ? 'NULL' : `'false'`,
    linha: 'linha',
    linhas: 'n_linhas',
    problemas: json('problemas'),
    formato: ofOriginal(format),
    perfil: ofOriginal(profile),
    cabecalho: ofOriginal(header),
    original: json('original'),
  });
}
