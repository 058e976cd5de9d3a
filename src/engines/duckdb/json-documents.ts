// Turns JSON lines (table `linhas_json`) into `documentos`: one order document a line, nested as the contract says, every value as text.
// A document that came out of a flat file (its member `leitura` says how it was read, see src/model/message.ts) is taken exactly as its cells were.
// A line that is not a JSON object, or has an object where a text belongs (or the reverse), becomes a document with the problem JSON_INVALIDO and no fields.
import type { DuckDBConnection } from '@duckdb/node-api';
import { ORDER_COLUMNS } from '../../model/contract.ts';
import {
  fieldsInside,
  INSIDE,
  ITEM_FIELDS,
  KEYS,
  LISTS,
  LONGEST_DOCUMENT,
  MONEY,
  MOST_LINES,
  OBJECTS,
  PAYMENT_FIELDS,
  QUOTED_NUMBERS,
  READING_FIELDS,
  SCALAR_HOLDS_SHAPE,
  TEXT_PATHS,
  TOP_FIELDS,
  UNSAFE_NUMBER,
} from '../transform/document-shape.ts';
import { READING } from '../../model/message.ts';
import type { FileFacts, Slice } from './documents.ts';
import { count, run } from './session.ts';

function shape(): string {
  const of = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, 'VARCHAR']));
  return JSON.stringify({
    ...of(TOP_FIELDS),
    ...Object.fromEntries(OBJECTS.map((name) => [name, of(fieldsInside(name))])),
    itens: [of(ITEM_FIELDS)],
    pagamentos: [of(PAYMENT_FIELDS)],
    [READING]: of(READING_FIELDS),
  });
}

/** Trimmed, NULL when blank. NUL, which JSON can write and PostgreSQL cannot hold, is left out; in a key it becomes U+FFFD, so that the rules refuse it. */
function cell(sql: string, isKey = false): string {
  return `NULLIF(trim(replace(${sql}, chr(0), '${isKey ? '\ufffd' : ''}'), ' ' || chr(9) || chr(10) || chr(13) || chr(160)), '')`;
}

/** RE2: a text of the document may be blank, have blanks around it or hold a NUL. Exact enough for documents without blanks between their parts. */
const UNTRIMMED = String.raw`\\[nrtu]|"[ \x{a0}]|[ \x{a0}]"|""`;
/** RE2: a field may have another shape than the contract's. */
const MISSHAPEN = String.raw`${SCALAR_HOLDS_SHAPE}|"(cliente|entrega|${READING})"\s*:\s*[^{\sn]|"(itens|pagamentos)"\s*:\s*([^\[\sn]|\[\s*[^{\s\]])`;
/** RE2: a comma at the end of a list, or NaN or an infinity, which DuckDB's reader lets pass and which are no JSON. */
const LOOSE = String.raw`,\s*[}\]]|[:,\[]\s*[+-]?([nN][aA]|[iI][nN])`;
/** RE2: a key that does not end in `":`. */
const SPACED_KEY = String.raw`"\s+:`;

/** True where a text holds any of these; asked once a document, `comum` answers for nearly all of them at once. */
function holds(...patterns: readonly string[]): string {
  return `CASE WHEN comum THEN FALSE ELSE regexp_matches(texto, '${patterns.join('|')}') END`;
}

/** True where the text holds nothing that needs a second look. */
const IS_ORDINARY = `COALESCE(NOT regexp_matches(texto, '${[UNTRIMMED, MISSHAPEN, LOOSE, SPACED_KEY, UNSAFE_NUMBER].join('|')}'), FALSE)`;

/** The text with an order number that is an unsafe JSON number as a text of it. */
function withQuotedNumber(): string {
  const quoted = QUOTED_NUMBERS.reduce(
    (sql, [pattern, to]) => `regexp_replace(${sql}, '${pattern}', '${to.replaceAll('$', '\\')}', 'g')`,
    'texto',
  );
  return `CASE WHEN ${holds(UNSAFE_NUMBER)} THEN ${quoted} ELSE texto END`;
}

/** Money as a JSON number has no trailing zeros to keep: always two decimals, the text, and with it the hash, that the flat shape has. */
function written(name: string, sql: string, text = cell(sql, KEYS.includes(name))): string {
  if (!MONEY.includes(name)) return text;
  return `CASE WHEN left(right(${sql}, 3), 1) = '.' THEN ${text} WHEN regexp_full_match(${sql}, '-?[0-9]+\\.[0-9]') THEN ${sql} || '0' WHEN regexp_full_match(${sql}, '-?[0-9]+') THEN ${sql} || '.00' ELSE ${text} END`;
}

/** The text of a flat file's cell, cleaned when the file was read; NUL is as in `cell`. */
function verbatim(name: string, sql: string): string {
  return `NULLIF(replace(${sql}, chr(0), '${KEYS.includes(name) ? '\ufffd' : ''}'), '')`;
}

/** True where the shape may be wrong: asked of every line, so it only looks at the text and at elements without any field. */
function looksMisshapen(): string {
  const hollow = Object.entries(LISTS).map(
    ([name, fields]) =>
      `len(list_filter(j.${name}, lambda x: COALESCE(${fields.map((f) => `x.${f}`).join(', ')}) IS NULL)) > 0`,
  );
  return [holds(MISSHAPEN), ...hollow].map((test) => `COALESCE(${test}, FALSE)`).join(' OR ');
}

/** True where a field of the contract has another shape than the contract's, exactly. */
function isMisshapen(): string {
  const paths = TEXT_PATHS.map((path) => `'$.${path}'`);
  const nested = (types: string): string => `list_has_any(${types}, ['OBJECT', 'ARRAY'])`;
  return [
    nested(`json_type(texto, [${paths.join(', ')}])`),
    ...[...OBJECTS, READING].map((name) => `json_type(texto, '$.${name}') NOT IN ('OBJECT', 'NULL')`),
    ...Object.entries(LISTS).flatMap(([name, fields]) => [
      `json_type(texto, '$.${name}') NOT IN ('ARRAY', 'NULL')`,
      `len(list_filter(json_type(texto, '$.${name}[*]'), lambda t: t <> 'OBJECT')) > 0`,
      ...fields.map((field) => nested(`json_type(texto, '$.${name}[*].${field}')`)),
    ]),
  ]
    .map((test) => `COALESCE(${test}, FALSE)`)
    .join(' OR ');
}

/** True where DuckDB's reader let pass what is no JSON. Looked for in the text first, then outside its texts. */
function isLoose(): string {
  const bare = `regexp_replace(texto, '"([^"\\\\]|\\\\.)*"', '', 'g')`;
  return `CASE WHEN ${holds(LOOSE)} THEN regexp_matches(${bare}, '${LOOSE}') ELSE FALSE END`;
}

/** How many of these fields of a struct have a value. */
function filled(of: string, fields: readonly string[]): string {
  return fields.map((field) => `CAST(${of}.${field} IS NOT NULL AS INTEGER)`).join(' + ');
}

/** How many keys of the contract the document has a value for, in all its objects. */
function filledKeys(): string {
  const parts = [...OBJECTS, READING];
  const counts = [
    filled('j', [...TOP_FIELDS, ...parts, ...Object.keys(LISTS)]),
    ...parts.map((name) => filled(`j.${name}`, fieldsOf(name))),
    ...Object.entries(LISTS).map(
      ([name, fields]) => `COALESCE(list_sum(list_transform(j.${name}, lambda x: ${filled('x', fields)})), 0)`,
    ),
  ];
  return counts.join(' + ');
}

function fieldsOf(part: string): readonly string[] {
  return part === READING ? READING_FIELDS : fieldsInside(part);
}

/**
 * True where a field is written twice: of two values, none is certain. Every key ends in `":`; a text with no more of them than values in `j` has none twice.
 * Only the others (with nulls, members of no meaning here or such texts) are taken apart. `CASE`, because DuckDB evaluates both sides of an AND.
 */
function isTwice(): string {
  // parting the text takes a third of the time of replacing in it
  const marks = `len(string_split(texto, '":')) - 1`;
  return `CASE WHEN NOT ${holds(SPACED_KEY)} AND ${marks} = ${filledKeys()} THEN FALSE ELSE ${hasKeyTwice()} END`;
}

function hasKeyTwice(): string {
  const twice = (keys: string): string => `len(${keys}) <> list_unique(${keys})`;
  const parts = [...OBJECTS, READING];
  return [
    twice('json_keys(texto)'),
    ...parts.map((name) => twice(`json_keys(texto, '$.${name}')`)),
    ...Object.keys(LISTS).map(
      (name) => `len(list_filter(json_extract(texto, '$.${name}[*]'), lambda t: ${twice('json_keys(t)')})) > 0`,
    ),
  ]
    .map((test) => `COALESCE(${test}, FALSE)`)
    .join(' OR ');
}

/** Slices of consecutive lines. */
export async function planJsonSlices(connection: DuckDBConnection, sliceLines: number): Promise<Slice[]> {
  const total = await count(connection, 'SELECT count(*) FROM linhas_json');
  const slices: Slice[] = [];
  for (let from = 0; from < total; from += sliceLines)
    slices.push({ kind: 'contiguous', from, to: Math.min(total, from + sliceLines) - 1 });
  return slices;
}

/** Where JSON lines stand: a table with `linha`, `texto`, `problema`; messages of a topic also have `ordinal`, which counts them, and `recebido_em`. */
export interface LineTable {
  readonly name: string;
  readonly isOfMessages: boolean;
}

/** Makes view `target` with the documents of a slice of `lines`. */
export async function documentsOfJson(
  connection: DuckDBConnection,
  slice: Slice,
  facts: FileFacts,
  target: string,
  lines: LineTable = { name: 'linhas_json', isOfMessages: false },
): Promise<void> {
  // TRY, not json_valid: that would parse every text once more, and takes a half surrogate pair for valid, which is an error to everything else.
  const isObject = `CASE WHEN problema IS NULL AND length(texto) <= ${LONGEST_DOCUMENT} THEN TRY(json_type(texto)) = 'OBJECT' END`;
  const own = lines.isOfMessages ? ' recebido_em,' : '';
  const row = lines.isOfMessages ? 'ordinal' : 'rowid';
  const isFlat = `j.${READING} IS NOT NULL`;
  const ofOrder = (name: string): string => {
    const field = name in INSIDE ? `j.${INSIDE[name]}.${name}` : `j.${name}`;
    return `CASE WHEN ${isFlat} AND aparado THEN ${field} WHEN ${isFlat} THEN ${verbatim(name, field)} WHEN aparado THEN ${written(name, field, field)} ELSE ${written(name, field)} END`;
  };
  const listAs = (name: string, fields: readonly string[], read: (name: string, sql: string) => string): string =>
    `list_transform(j.${name}, lambda x: {${fields.map((f) => `'${f}': ${read(f, `x.${f}`)}`).join(', ')}})`;
  const list = (name: string, fields: readonly string[]): string =>
    `CASE WHEN ${isFlat} AND aparado THEN j.${name} WHEN ${isFlat} THEN ${listAs(name, fields, verbatim)} WHEN aparado THEN ${listAs(name, fields, (field, sql) => written(field, sql, sql))} ELSE ${listAs(name, fields, written)} END`;
  const reading = (name: string): string => `j.${READING}.${name}`;
  const bounded = (name: string, type: string): string =>
    `CASE WHEN TRY_CAST(${reading(name)} AS ${type}) BETWEEN 1 AND ${MOST_LINES} THEN TRY_CAST(${reading(name)} AS ${type}) END`;
  await run(
    connection,
    `
    CREATE OR REPLACE VIEW ${target} AS
    SELECT rid AS ordinal, COALESCE(${bounded('linha', 'BIGINT')}, linha) AS linha,
      COALESCE(${bounded('linhas', 'INTEGER')}, 1) AS n_linhas, [rid] AS rids, COALESCE(problemas, ${reading('problemas')}) AS problemas,
      ${ORDER_COLUMNS.map((name) => `${name === 'loja' ? `lower(${ofOrder(name)})` : ofOrder(name)} AS ${name}`).join(', ')},
      ${list('itens', ITEM_FIELDS)} AS itens, ${list('pagamentos', PAYMENT_FIELDS)} AS pagamentos,
      CAST(1 AS BIGINT) AS copias, CAST(0 AS INTEGER) AS revisao, ${lines.isOfMessages ? 'recebido_em' : `TIMESTAMP '${facts.receivedAt}' AS recebido_em`},
      ${reading('decimal')} AS formato_decimal, ${reading('data')} AS formato_data, ${reading('endereco')} IS DISTINCT FROM 'false' AS tem_endereco,
      ${reading('formato')} AS formato_lido, ${reading('perfil')} AS perfil_lido, ${reading('cabecalho')} AS cabecalho_lido, ${reading('original')} AS original_lido,
      texto AS texto_lido
    FROM (
      SELECT rid, linha,${own} texto, NOT ${holds(UNTRIMMED)} AS aparado, CASE WHEN bom THEN NULL ELSE 'JSON_INVALIDO' END AS problemas, CASE WHEN bom THEN j END AS j
      FROM (
        SELECT *, CASE WHEN NOT valido OR (${isLoose()}) OR ${isTwice()} THEN FALSE WHEN ${looksMisshapen()} THEN NOT (${isMisshapen()}) ELSE TRUE END AS bom
        FROM (
          SELECT *, json_transform(CASE WHEN valido THEN ${withQuotedNumber()} ELSE '{}' END, '${shape()}') AS j
          FROM (SELECT *, ${IS_ORDINARY} AS comum FROM (SELECT ${row} AS rid, linha,${own} texto, COALESCE(${isObject}, FALSE) AS valido FROM ${lines.name} WHERE ${row} >= ${slice.from} AND ${row} <= ${slice.to})))))`,
  );
}

/** Makes view `target` with the documents of the messages in table `lines` (as MessageLines loads it) whose ordinals are below `end`. */
export function documentsOfMessages(
  connection: DuckDBConnection,
  target: string,
  lines: string,
  end: number,
): Promise<void> {
  // what a message does not state of how it was read is as the contract says
  const facts = { decimalFormat: null, dateFormat: null, hasAddress: true, receivedAt: '' };
  return documentsOfJson(connection, { kind: 'contiguous', from: 0, to: end - 1 }, facts, target, {
    name: lines,
    isOfMessages: true,
  });
}
