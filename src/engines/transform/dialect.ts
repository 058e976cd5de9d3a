// The seam between the one transform and the SQL engines that run it: the few things that DuckDB and Spark SQL spell differently.
// Everything else in src/engines/transform is SQL that both understand. It never holds a rule or a Brazilian fact.
//
// What both engines share and the transform may write directly: CASE, COALESCE, NULLIF, GREATEST, LEAST, IN, BETWEEN, ||,
// replace, translate, substr, length, lpad, abs, round, CAST to BIGINT/INTEGER/DECIMAL, joins, GROUP BY, ROW_NUMBER.
// Regular expressions keep to what RE2 and Java agree on: no look-around, no back-references, classes spelled out.

/** Column types the transform casts to, in the spelling that both engines accept. */
export type SqlType = 'VARCHAR' | 'INTEGER' | 'BIGINT' | 'DECIMAL(14,2)' | 'DECIMAL(18,2)' | 'TIMESTAMP' | 'DATE';

/** Which municipality is looked up: the one of that UF with this very name, or with this comparison key (src/engines/transform/places.ts). Both are SQL. */
export interface MunicipalityLookup {
  readonly by: 'nome' | 'chave';
  readonly uf: string;
  readonly value: string;
}

/** One engine's spelling. Every method takes and gives SQL text. */
export interface Dialect {
  readonly name: 'duckdb' | 'spark';
  /** A string literal. */
  text(value: string): string;
  /** NULL instead of an error when the value does not fit. */
  tryCast(sql: string, type: SqlType): string;
  /** True when the whole text matches. */
  fullMatch(sql: string, pattern: string): string;
  /** True when a part of the text matches. */
  hasMatch(sql: string, pattern: string): string;
  /** Every match replaced by a plain text without group references. */
  replaceAll(sql: string, pattern: string, replacement: string): string;
  /** The capture group of the first match; empty text when nothing matches. */
  extract(sql: string, pattern: string, group: number): string;
  /**
   * Part of a pattern: a group, in brackets, any number of times. What follows it must begin with nothing that the group could begin with, nor may the
   * group match in two ways: Java needs stack for each repetition, without end, unless it never has to give one back.
   */
  repeated(group: string, times: '*' | '+'): string;
  contains(sql: string, part: string): string;
  /** Without the space separators of Unicode (category Zs) at both ends. */
  trim(sql: string): string;
  /** Letter by letter, as Unicode's simple case mapping: no letter becomes two. */
  lower(sql: string): string;
  upper(sql: string): string;
  /** True when the text is one of these; NULL for NULL. Asked where it stands: IN with a long list may become a join that asks every row. */
  isOneOf(sql: string, values: readonly string[]): string;
  struct(fields: Readonly<Record<string, string>>): string;
  field(struct: string, name: string): string;
  /** Maps a list; `position` counts from 1. */
  mapList(list: string, each: (item: string, position: string) => string): string;
  /** The items to keep of a list; `position` counts from 1. */
  filterList(list: string, keep: (item: string, position: string) => string): string;
  listLength(list: string): string;
  /** Sum of a list of decimals or integers; 0 for an empty or missing list. */
  sumList(list: string, type: SqlType): string;
  /** Bitwise OR of a list of BIGINT; 0 for an empty or missing list. */
  bitOrList(list: string): string;
  /** Number of different values in a list, NULLs left out. */
  countDistinct(list: string): string;
  joinList(list: string, separator: string): string;
  /** NULL where the list has no such element; `position` counts from 1. */
  element(list: string, position: number): string;
  /** A list of single expressions, NULLs included. */
  list(elements: readonly string[]): string;
  /** A list of fixed texts without commas. */
  texts(values: readonly string[]): string;
  /** A list of fixed timestamps, 'YYYY-MM-DD HH:MM:SS'. */
  timestamps(values: readonly string[]): string;
  /**
   * `found` is STRUCT(codigo_ibge, nome), without values where there is no such municipality, and holds inside the FROM clause that `join`, if any,
   * is part of; `alias` is unique there.
   */
  municipality(alias: string, lookup: MunicipalityLookup): { readonly found: string; readonly join?: string };
  /** Evaluates `value` once and gives it a name inside `body`. */
  bind(value: string, body: (name: string) => string): string;
  /** Texts joined by a separator, NULL counting as empty. */
  concatFields(separator: string, parts: readonly string[]): string;
  sha256Hex(sql: string): string;
  /** A timestamp moved by a number of minutes (an INTEGER expression). */
  addMinutes(timestamp: string, minutes: string): string;
  /** Quotient of two BIGINTs without its fraction; binds as tightly as `%`. */
  wholeQuotient(dividend: string, divisor: string): string;
  bitAnd(a: string, b: string): string;
  bitOr(a: string, b: string): string;
  /** 1 where a bit of a BIGINT is set, else 0; `position` counts from 1, the lowest. */
  bitAt(mask: string, position: string): string;
}

/** `CASE WHEN c1 THEN v1 ... ELSE otherwise END`. */
export function caseWhen(
  branches: readonly (readonly [condition: string, value: string])[],
  otherwise = 'NULL',
): string {
  if (branches.length === 0) return otherwise;
  return `CASE ${branches.map(([condition, value]) => `WHEN ${condition} THEN ${value}`).join(' ')} ELSE ${otherwise} END`;
}

/** True only when the condition is true: unknown counts as false. */
export function isTrue(condition: string): string {
  return `COALESCE((${condition}), FALSE)`;
}
