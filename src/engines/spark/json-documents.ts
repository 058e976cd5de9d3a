// Turns messages (one order document in JSON each) into `documentos`, as src/engines/duckdb/json-documents.ts does with JSON lines: the same
// documents are refused as JSON_INVALIDO, and the others give the same texts. Spark reads JSON more loosely than the standard says, and keeps
// numbers as they were written where DuckDB writes them anew: both are put right here. It judges no value.
import { ORDER_COLUMNS } from '../../model/contract.ts';
import { READING } from '../../model/message.ts';
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
import { sparkDialect } from './dialect.ts';
import { text } from './text-literal.ts';

const d = sparkDialect;

/** Stands at both ends of what is a number in the JSON, not a text; depends on the document, so that no text of it can hold it by design. NULL where no number is written anew. */
const MARK = `concat('\ue001', substr(sha2(texto, 256), 1, 16))`;
const NUMBER = '-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?';
/** A number that is written as DuckDB writes it: nearly every one. It has few enough digits for a double to give them back. */
const SHORTEST = '0|-?[1-9][0-9]{0,9}(\\.[0-9]{0,3}[1-9])?|-?0\\.[0-9]{0,3}[1-9]';
/** A number that Java writes as DuckDB does once it has read it, 1.50 as 1.5: neither as short as a thousandth nor as long as ten millions and decimals. */
const JAVA_WRITES_IT = '0|-?[1-9][0-9]{0,9}|-?[1-9][0-9]{0,6}\\.[0-9]{1,4}|-?0\\.(?:0+|(?!000)[0-9]{1,4})';
/** True of a document with a number that must be written anew, as the value of a field: few have one. Also where a text looks like one. */
const HAS_OTHER_NUMBERS = `"\\s*+:\\s*+(?=[-0-9])(?!(?:${JAVA_WRITES_IT})[\\s,}\\]])`;
/** A number as a field's value: an unescaped quote before the colon ends a name, since inside a text it would be escaped. */
const NUMBER_VALUE = `(?<!\\\\)("\\s*:\\s*)(${NUMBER})(?=[\\s,}\\]])`;

/** The document's columns, everything as text. */
function shape(): string {
  const struct = (names: readonly string[]): string => `STRUCT<${names.map((name) => `${name}: STRING`).join(', ')}>`;
  return [
    ...TOP_FIELDS.map((name) => `${name}: STRING`),
    ...OBJECTS.map((name) => `${name}: ${struct(fieldsInside(name))}`),
    ...Object.entries(LISTS).map(([name, fields]) => `${name}: ARRAY<${struct(fields)}>`),
    `${READING}: ${struct(READING_FIELDS)}`,
  ].join(', ');
}

/** Spark's reader held to the standard. What does not fit the shape is copied to `ruim`. */
const OPTIONS = `map('mode', 'PERMISSIVE', 'columnNameOfCorruptRecord', 'ruim', 'allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false')`;

function parse(json: string): string {
  return `from_json(concat('{"d":', ${json}, '}'), 'd STRUCT<${shape()}>, ruim STRING', ${OPTIONS})`;
}

/**
 * The text of a number as DuckDB writes it: whole numbers as they are, others as the shortest decimal that gives the same double. Java 17 does not
 * always find the shortest; then the number as written is it, unless somebody wrote more digits than a double holds.
 */
function numberText(token: string): string {
  const plain = (sql: string): string =>
    `regexp_replace(CAST(CAST(${sql} AS DECIMAL(38,21)) AS STRING), ${text(String.raw`(\.[0-9]+?)0+$`)}, '$1')`;
  const shorter = (java: string): string =>
    d.bind(plain(java), (a) =>
      d.bind(plain(token), (b) => `CASE WHEN length(${a}) < length(${b}) THEN ${a} ELSE ${b} END`),
    );
  const scientific = (java: string): string => {
    const mantissa = `regexp_replace(split_part(${java}, 'E', 1), ${text(String.raw`\.0$`)}, '')`;
    const power = `CAST(split_part(${java}, 'E', 2) AS INT)`;
    const digits = `CAST(abs(${power}) AS STRING)`;
    return `concat(${mantissa}, 'e', CASE WHEN ${power} < 0 THEN '-' ELSE '+' END, lpad(${digits}, greatest(2, length(${digits})), '0'))`;
  };
  const slow = d.bind(
    `CAST(${token} AS DOUBLE)`,
    (x) => `CASE WHEN ${d.fullMatch(token, '-?[0-9]+')} THEN CASE WHEN ${token} = '-0' THEN '0' ELSE ${token} END
      WHEN abs(${x}) = CAST('Infinity' AS DOUBLE) THEN ${token}
      WHEN ${x} = 0 THEN CASE WHEN ${token} LIKE '-%' THEN '-0.0' ELSE '0.0' END
      WHEN abs(${x}) >= 1e-4 AND abs(${x}) < 1e16 THEN ${shorter(`CAST(${x} AS STRING)`)}
      ELSE ${d.bind(`CAST(${x} AS STRING)`, scientific)} END`,
  );
  return `CASE WHEN ${d.fullMatch(token, SHORTEST)} THEN ${token} ELSE ${slow} END`;
}

/** The document with its numbers as texts; the same where none needs it. Done in the text, and in one place: per field it would cost as much as all the rest. */
function withoutNumbers(): string {
  const marked = `regexp_replace(texto_escrito, ${text(NUMBER_VALUE)}, concat('$1"', marca, '$2', marca, '"'))`;
  const parts = d.mapList(
    `split(${marked}, marca)`,
    (part, position) => `CASE WHEN ${position} % 2 = 0 THEN ${numberText(part)} ELSE ${part} END`,
  );
  return `CASE WHEN marca IS NULL THEN texto_escrito ELSE array_join(${parts}, '') END`;
}

/** The text with an order number that is an unsafe JSON number as a text of it. */
function withQuotedNumber(): string {
  const quoted = QUOTED_NUMBERS.reduce(
    (sql, [pattern, to]) => `regexp_replace(${sql}, ${text(pattern)}, ${text(to)})`,
    'texto',
  );
  return `CASE WHEN ${d.hasMatch('texto', UNSAFE_NUMBER)} THEN ${quoted} ELSE texto END`;
}

/** NULL when blank; NUL left out, or made visible; trimmed, unless it is a flat file's cell, which was cleaned when the file was read. */
function cell(field: string, insteadOfNul = ''): string {
  return `NULLIF(btrim(replace(${field}, chr(0), '${insteadOfNul}'), aparas), '')`;
}

/** A cell of money: written as a number, always two decimals. */
function moneyCell(field: string): string {
  return `CASE WHEN aparas <> '' AND ${d.fullMatch(field, '-?[0-9]+(\\.[0-9])?')}
    THEN concat(${field}, CASE WHEN contains(${field}, '.') THEN '0' ELSE '.00' END) ELSE ${cell(field)} END`;
}

/** How the cells of a field are read. */
function readerOf(name: string): (field: string) => string {
  if (MONEY.includes(name)) return moneyCell;
  return KEYS.includes(name) ? (field) => cell(field, '\ufffd') : cell;
}

/** True where \\u escapes give half of a surrogate pair. */
function hasHalfPair(): string {
  const bare = `regexp_replace(regexp_replace(texto, '\\\\\\\\\\\\\\\\', ''), '(?i)\\\\\\\\u[d][89ab][0-9a-f]{2}\\\\\\\\u[d][c-f][0-9a-f]{2}', '')`;
  return `((contains(texto, '\\\\ud') OR contains(texto, '\\\\uD')) AND ${bare} RLIKE '(?i)\\\\\\\\ud[89a-f]')`;
}

/** The JSON texts of the elements of a list. */
function rawElements(list: string): string {
  return `from_json(texto, '${list} ARRAY<STRING>').${list}`;
}

/** True for most documents: one that Spark's strict reader takes is one document, and holds no field twice. */
function isStrict(): string {
  return d.bind(
    `try_parse_json(concat('[', texto, ']'))`,
    (list) => `${list} IS NOT NULL AND try_variant_get(${list}, '$[1]', 'variant') IS NULL`,
  );
}

/** True where a field of the contract is written twice. */
function isTwice(): string {
  const twice = (json: string): string =>
    d.bind(`json_object_keys(${json})`, (keys) => `array_size(${keys}) <> array_size(array_distinct(${keys}))`);
  const tests = [
    twice('texto'),
    ...[...OBJECTS, READING].map((name) => twice(`from_json(texto, '${name} STRING').${name}`)),
    ...Object.keys(LISTS).map((name) => `exists(${rawElements(name)}, x -> COALESCE(${twice('x')}, FALSE))`),
  ];
  return tests.map((test) => `COALESCE(${test}, FALSE)`).join(' OR ');
}

/** True where the document has as many objects and lists as the contract says, so that no text of it can be one. */
function isShapedAsCounted(): string {
  const one = (name: string): string => `CASE WHEN r.d.${name} IS NULL THEN 0 ELSE 1 END`;
  const known = [
    '1',
    ...[...OBJECTS, READING].map(one),
    ...Object.keys(LISTS).map((name) => `COALESCE(array_size(r.d.${name}) + 1, 0)`),
  ];
  return `regexp_count(texto, ${text('[{\\[]')}) = ${known.join(' + ')}`;
}

/** True where a text of the contract is an object or a list; looked at closely only where the text of the document lets it seem so. */
function isMisshapen(): string {
  const holds = (json: string, path: string): string =>
    `COALESCE(schema_of_variant(try_variant_get(try_parse_json(${json}), '$.${path}', 'variant')) RLIKE '^(OBJECT|ARRAY)', FALSE)`;
  const tests = [
    ...TEXT_PATHS.map((path) => holds('texto', path)),
    ...Object.entries(LISTS).map(
      ([name, fields]) =>
        `COALESCE(exists(${rawElements(name)}, x -> ${fields.map((field) => holds('x', field)).join(' OR ')}), FALSE)`,
    ),
  ];
  // Spark copies an object or a list into a text as it stands: no expression is searched for in the whole document unless one begins like that.
  const begin = (fields: readonly string[]): string =>
    `exists(array(${fields.join(', ')}), f -> COALESCE(startswith(f, '{') OR startswith(f, '['), FALSE))`;
  const looks = [
    begin(TEXT_PATHS.map((path) => `r.d.${path}`)),
    ...Object.entries(LISTS).map(
      ([name, fields]) => `exists(r.d.${name}, x -> ${begin(fields.map((field) => `x.${field}`))})`,
    ),
  ].join(' OR ');
  return `NOT ${isShapedAsCounted()} AND COALESCE(${looks}, FALSE) AND ${d.hasMatch('texto', SCALAR_HOLDS_SHAPE)} AND (${tests.join(' OR ')})`;
}

/**
 * SELECT of `documentos` from a relation with the columns ordinal (BIGINT), linha (BIGINT), texto (STRING: NULL when it is not UTF-8 or there is none)
 * and recebido_em (TIMESTAMP_NTZ, UTC). `carried` columns go along.
 */
export function documentsOfMessages(source: string, carried: readonly string[] = []): string {
  const along = carried.map((name) => `${name}, `).join('');
  const field = (name: string): string => (name in INSIDE ? `j.${INSIDE[name]}.${name}` : `j.${name}`);
  // Cells of one kind are read by one expression: as many expressions as there are cells would make every small batch slower.
  const kinds = [
    ...Map.groupBy(
      ORDER_COLUMNS.filter((name) => !KEYS.includes(name)),
      readerOf,
    ),
  ].map(([read, names], index) => ({ list: `celulas_${index}`, read, names }));
  const readCells = kinds.map(
    ({ list, read, names }) => `${d.mapList(d.list(names.map(field)), (one) => read(one))} AS ${list}`,
  );
  const listed = new Map<string, string>(
    kinds.flatMap(({ list, names }) => names.map((name, index) => [name, d.element(list, index + 1)] as const)),
  );
  const ofOrder = (name: string): string => listed.get(name) ?? readerOf(name)(field(name));
  const list = (name: string, fields: readonly string[]): string =>
    d.mapList(`j.${name}`, (x) => d.struct(Object.fromEntries(fields.map((f) => [f, readerOf(f)(`${x}.${f}`)]))));
  const reading = (name: string): string => `j.${READING}.${name}`;
  const bounded = (name: string, type: string): string =>
    `CASE WHEN try_cast(${reading(name)} AS ${type}) BETWEEN 1 AND ${MOST_LINES} THEN try_cast(${reading(name)} AS ${type}) END`;
  const isWhole = `json_array_length(concat('[', texto, ']')) = 1`;
  const hasHollow = Object.keys(LISTS)
    .map((name) => `COALESCE(exists(r.d.${name}, x -> x IS NULL), FALSE)`)
    .join(' OR ');
  return `
    SELECT ${along}ordinal, COALESCE(${bounded('linha', 'BIGINT')}, linha) AS linha, COALESCE(${bounded('linhas', 'INT')}, 1) AS n_linhas,
      COALESCE(problemas, ${reading('problemas')}) AS problemas,
      ${ORDER_COLUMNS.map((name) => `${name === 'loja' ? d.lower(ofOrder(name)) : ofOrder(name)} AS ${name}`).join(',\n      ')},
      ${list('itens', ITEM_FIELDS)} AS itens, ${list('pagamentos', PAYMENT_FIELDS)} AS pagamentos,
      CAST(1 AS BIGINT) AS copias, CAST(0 AS INT) AS revisao, recebido_em,
      ${reading('decimal')} AS formato_decimal, ${reading('data')} AS formato_data, NOT (${reading('endereco')} <=> 'false') AS tem_endereco,
      ${reading('formato')} AS formato_lido, ${reading('perfil')} AS perfil_lido, ${reading('cabecalho')} AS cabecalho_lido, ${reading('original')} AS original_lido,
      texto AS texto_lido
    FROM (SELECT *, ${readCells.join(', ')} FROM (
      SELECT ${along}ordinal, linha, texto, recebido_em, CASE WHEN r.d.${READING} IS NULL THEN ' \t\n\r\u00a0' ELSE '' END AS aparas, CASE WHEN bom THEN CAST(NULL AS STRING) ELSE 'JSON_INVALIDO' END AS problemas, CASE WHEN bom THEN r.d END AS j
      FROM (
        SELECT *, CASE WHEN texto IS NULL OR length(texto) > ${LONGEST_DOCUMENT} OR r.d IS NULL OR r.ruim IS NOT NULL THEN FALSE
          WHEN ${hasHollow} OR ${hasHalfPair()} OR (${isMisshapen()}) THEN FALSE
          WHEN ${isStrict()} THEN TRUE
          ELSE COALESCE(${isWhole}, FALSE) AND NOT (${isTwice()}) END AS bom
        FROM (
          SELECT *, ${parse(withoutNumbers())} AS r
          FROM (SELECT *, CASE WHEN ${d.hasMatch('texto', HAS_OTHER_NUMBERS)} THEN ${MARK} END AS marca, ${withQuotedNumber()} AS texto_escrito FROM (${source}))))))`;
}
