// How DuckDB spells the transform's operations. The transform itself is in src/engines/transform.
import type { Dialect } from '../transform/dialect.ts';

let lambdas = 0;

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** Parameter names differ, so that a lambda inside a lambda sees both. */
function parameter(): string {
  lambdas = (lambdas + 1) % 1_000_000;
  return `v${lambdas}`;
}

export const duckdbDialect: Dialect = {
  name: 'duckdb',
  text,
  tryCast: (sql, type) => `TRY_CAST(${sql} AS ${type})`,
  fullMatch: (sql, pattern) => `regexp_full_match(${sql}, ${text(pattern)})`,
  hasMatch: (sql, pattern) => `regexp_matches(${sql}, ${text(pattern)})`,
  replaceAll: (sql, pattern, replacement) => `regexp_replace(${sql}, ${text(pattern)}, ${text(replacement)}, 'g')`,
  extract: (sql, pattern, group) => `regexp_extract(${sql}, ${text(pattern)}, ${group})`,
  isOneOf: (sql, values) => `list_contains([${values.map(text).join(', ')}], ${sql})`,
  repeated: (group, times) => `${group}${times}`,
  contains: (sql, part) => `contains(${sql}, ${text(part)})`,
  trim: (sql) => `trim(${sql})`,
  lower: (sql) => `lower(${sql})`,
  upper: (sql) => `upper(${sql})`,
  struct: (fields) =>
    `{${Object.entries(fields)
      .map(([name, sql]) => `'${name}': ${sql}`)
      .join(', ')}}`,
  field: (struct, name) => `${struct}.${name}`,
  mapList(list, each) {
    const item = parameter();
    const position = parameter();
    return `list_transform(${list}, lambda ${item}, ${position}: ${each(item, position)})`;
  },
  filterList(list, keep) {
    const item = parameter();
    const position = parameter();
    return `list_filter(${list}, lambda ${item}, ${position}: ${keep(item, position)})`;
  },
  listLength: (list) => `COALESCE(len(${list}), 0)`,
  sumList: (list, type) => `COALESCE(CAST(list_sum(${list}) AS ${type}), 0)`,
  bitOrList: (list) => `COALESCE(list_aggregate(${list}, 'bit_or'), 0)`,
  countDistinct: (list) => `COALESCE(list_unique(${list}), 0)`,
  joinList: (list, separator) => `array_to_string(${list}, ${text(separator)})`,
  element: (list, position) => `${list}[${position}]`,
  list: (elements) => `[${elements.join(', ')}]`,
  texts: (values) => `[${values.map(text).join(', ')}]`,
  timestamps: (values) => `[${values.map((value) => `TIMESTAMP '${value}'`).join(', ')}]`,
  municipality(alias, { by, uf, value }) {
    // A name is looked for among the municipalities' own: other names, and the keys of all, are for what is spelled otherwise.
    const table =
      by === 'nome' ? '(SELECT uf, nome, codigo_ibge FROM municipios_chave WHERE principal)' : 'municipios_chave';
    return {
      found: `{'codigo_ibge': ${alias}.codigo_ibge, 'nome': ${alias}.nome}`,
      join: `LEFT JOIN ${table} ${alias} ON ${alias}.uf = ${uf} AND ${alias}.${by} = ${value}`,
    };
  },
  bind(value, body) {
    const name = parameter();
    return `list_transform([${value}], lambda ${name}: ${body(name)})[1]`;
  },
  concatFields: (separator, parts) => `concat(${parts.join(`, ${text(separator)}, `)})`,
  sha256Hex: (sql) => `sha256(${sql})`,
  addMinutes: (timestamp, minutes) => `(${timestamp} + to_minutes(${minutes}))`,
  wholeQuotient: (dividend, divisor) => `(${dividend} // ${divisor})`,
  bitAnd: (a, b) => `(${a} & ${b})`,
  bitOr: (a, b) => `(${a} | ${b})`,
  bitAt: (mask, position) => `((${mask} >> (${position} - 1)) & 1)`,
};
