// How Spark SQL spells the transform's operations. The transform itself is in src/engines/transform.
// It needs a session set up with SPARK_SETTINGS, and Spark 4.0 or newer.
import type { Dialect, SqlType } from '../transform/dialect.ts';
import { lowerCase, upperCase } from './letters.ts';
import { codeOf, entryOf, nameOf } from './municipalities.ts';
import { text } from './text-literal.ts';

/** What the transform takes for granted of a session: times without a zone, in UTC; NULL instead of errors only where it is asked for; no `${}` in SQL. */
export const SPARK_SETTINGS: Readonly<Record<string, string>> = {
  'spark.sql.session.timeZone': 'UTC',
  'spark.sql.timestampType': 'TIMESTAMP_NTZ',
  'spark.sql.ansi.enabled': 'true',
  'spark.sql.ansi.doubleQuotedIdentifiers': 'false',
  'spark.sql.caseSensitive': 'false',
  'spark.sql.variable.substitute': 'false',
  'spark.sql.parser.escapedStringLiterals': 'false',
  'spark.sql.json.enableExactStringParsing': 'true',
  // Every name inside a name takes one more iteration; only the start of a query pays for it.
  'spark.sql.analyzer.maxIterations': '400',
  // Unset, Spark 4.2 works its default out anew, from the environment, for every value that an expression with a lambda reads.
  'spark.sql.types.framework.enabled': 'false',
  // Every task of every micro-batch would write the transform as Java anew, only to find it compiled already; lambdas are evaluated without it anyway.
  'spark.sql.codegen.factoryMode': 'NO_CODEGEN',
  // Looking for what stands twice in an expression costs more than the little that is found: the transform names what it says twice.
  'spark.sql.subexpressionElimination.enabled': 'false',
  // Spark writes the plan of every micro-batch down for its listeners: half a megabyte, unless columns are left out of it.
  'spark.sql.debug.maxToStringFields': '0',
  'spark.sql.ui.explainMode': 'simple',
};

let lambdas = 0;

/** Parameter names differ, so that a lambda inside a lambda sees both. */
function parameter(): string {
  lambdas = (lambdas + 1) % 1_000_000;
  return `v${lambdas}`;
}

function typeName(type: SqlType): string {
  return type === 'VARCHAR' ? 'STRING' : type === 'TIMESTAMP' ? 'TIMESTAMP_NTZ' : type;
}

/** Unicode's space separators (category Zs): what DuckDB's trim takes away. */
const SPACES = ' \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000';

const aggregate = (list: string, zero: string, merge: (sum: string, item: string) => string): string => {
  const sum = parameter();
  const item = parameter();
  return `aggregate(${list}, ${zero}, (${sum}, ${item}) -> ${merge(sum, item)})`;
};

const bind = (value: string, body: (name: string) => string): string => {
  const name = parameter();
  return `transform(array(${value}), ${name} -> ${body(name)})[0]`;
};

/** What says its argument several times: a longer one gets a name, since all costs of a small batch grow with the number of expressions. */
const named = (sql: string, body: (name: string) => string): string =>
  /^\w+(\.\w+)*$/.test(sql) ? body(sql) : bind(sql, body);

export const sparkDialect: Dialect = {
  name: 'spark',
  text,
  tryCast: (sql, type) => `try_cast(${sql} AS ${typeName(type)})`,
  fullMatch: (sql, pattern) => `(${sql} RLIKE ${text(`\\A(?:${pattern})\\z`)})`,
  hasMatch: (sql, pattern) => `(${sql} RLIKE ${text(javaPattern(pattern))})`,
  replaceAll: (sql, pattern, replacement) =>
    `regexp_replace(${sql}, ${text(javaPattern(pattern))}, ${text(replacement.replaceAll(/[\\$]/g, String.raw`\$&`))})`,
  extract: (sql, pattern, group) => `regexp_extract(${sql}, ${text(javaPattern(pattern))}, ${group})`,
  isOneOf: (sql, values) => `${sql} IN (${values.map(text).join(', ')})`,
  repeated: (group, times) => `${group}${times}+`,
  contains: (sql, part) => `contains(${sql}, ${text(part)})`,
  trim: (sql) => `btrim(${sql}, ${text(SPACES)})`,
  lower: (sql) => named(sql, lowerCase),
  upper: (sql) => named(sql, upperCase),
  struct: (fields) =>
    `named_struct(${Object.entries(fields)
      .map(([name, sql]) => `'${name}', ${sql}`)
      .join(', ')})`,
  field: (struct, name) => `${struct}.${name}`,
  mapList(list, each) {
    const item = parameter();
    const position = parameter();
    return `transform(${list}, (${item}, ${position}) -> ${each(item, `(${position} + 1)`)})`;
  },
  filterList(list, keep) {
    const item = parameter();
    const position = parameter();
    return `filter(${list}, (${item}, ${position}) -> ${keep(item, `(${position} + 1)`)})`;
  },
  listLength: (list) => `COALESCE(array_size(${list}), 0)`,
  sumList(list, type) {
    const wide = type === 'BIGINT' || type === 'INTEGER' ? 'BIGINT' : 'DECIMAL(38,2)';
    const sum = aggregate(list, `CAST(0 AS ${wide})`, (a, x) => `CAST(${a} + COALESCE(${x}, 0) AS ${wide})`);
    return `COALESCE(CAST(${sum} AS ${typeName(type)}), 0)`;
  },
  bitOrList: (list) =>
    `COALESCE(${aggregate(list, 'CAST(0 AS BIGINT)', (a, x) => `(${a} | COALESCE(${x}, CAST(0 AS BIGINT)))`)}, CAST(0 AS BIGINT))`,
  countDistinct: (list) => `COALESCE(array_size(array_distinct(array_compact(${list}))), 0)`,
  joinList: (list, separator) => `array_join(${list}, ${text(separator)})`,
  element: (list, position) => `get(${list}, ${position - 1})`,
  list: (elements) => `array(${elements.join(', ')})`,
  // Folded into one literal when Spark plans: a list of literals would be as many expressions.
  texts: (values) => `split(${text(values.join(','))}, ',')`,
  timestamps: (values) => `CAST(split(${text(values.join(','))}, ',') AS ARRAY<TIMESTAMP_NTZ>)`,
  municipality: (_, lookup) => ({
    found: bind(entryOf(lookup), (entry) => `named_struct('codigo_ibge', ${codeOf(entry)}, 'nome', ${nameOf(entry)})`),
  }),
  bind,
  concatFields: (separator, parts) =>
    `concat_ws(${[text(separator), ...parts.map((part) => `COALESCE(${part}, '')`)].join(', ')})`,
  sha256Hex: (sql) => `sha2(${sql}, 256)`,
  addMinutes: (timestamp, minutes) => `timestampadd(MINUTE, ${minutes}, ${timestamp})`,
  wholeQuotient: (dividend, divisor) => `(${dividend} div ${divisor})`,
  bitAnd: (a, b) => `(${a} & ${b})`,
  bitOr: (a, b) => `(${a} | ${b})`,
  bitAt: (mask, position) => `(shiftright(${mask}, ${position} - 1) & 1)`,
};

/** `$` of RE2 is the end of the text; Java's also stands before a last line feed. */
function javaPattern(pattern: string): string {
  return pattern.endsWith('$') && !pattern.endsWith('\\$') ? `${pattern.slice(0, -1)}\\z` : pattern;
}
