// SQL for where an order goes: UF, CEP, IBGE municipality. The tables come from data/reference; nothing is matched fuzzily.
import { readCepRanges, readMunicipalities, UFS } from '../../model/reference/places.ts';
import { caseWhen, type Dialect } from './dialect.ts';
import { comparisonKey, comparisonKeyOf } from './text.ts';

/** The two letters of a UF from 'SP', 'sp', 'BR-SP' or 'São Paulo'; NULL when it is none of the 27. */
export function uf(d: Dialect, sql: string): string {
  const codes = UFS.map((row) => `'${row.uf}'`).join(', ');
  const bare = `upper(${d.replaceAll(sql, '^ *([bB][rR]-)?| +$', '')})`;
  return caseWhen([
    [`${sql} IN (${codes})`, sql],
    [`${sql} IS NULL`, 'NULL'],
    [`${bare} IN (${codes})`, bare],
  ], d.bind(comparisonKey(d, sql), (key) => caseWhen(UFS.map((row) => [`${key} = '${comparisonKeyOf(row.nome)}'`, `'${row.uf}'`]))));
}

/** The region of a UF; NULL without one. */
export function region(ufSql: string): string {
  const byRegion = Map.groupBy(UFS, (row) => row.regiao);
  return caseWhen([...byRegion].map(([name, rows]) => [`${ufSql} IN (${rows.map((row) => `'${row.uf}'`).join(', ')})`, `'${name}'`]));
}

/** Eight digits, or five for a prefix; seven digits get their zero back. NULL for anything else; the caller checks the UF. */
export function cep(d: Dialect, sql: string): string {
  return d.bind(d.replaceAll(sql, '[ .\\-\\x{a0}]', ''), (digits) => caseWhen([
    [`${d.fullMatch(digits, '0+')}`, 'NULL'],
    [d.fullMatch(digits, '[0-9]{8}|[0-9]{5}'), digits],
    [d.fullMatch(digits, '[0-9]{7}'), `'0' || ${digits}`],
  ]));
}

/** The UF that a clean CEP (or its prefix) belongs to; NULL when it is in no range. */
export function ufOfCep(d: Dialect, cepSql: string): string {
  const ranges = readCepRanges();
  return d.bind(d.tryCast(`rpad(${cepSql}, 8, '0')`, 'INTEGER'), (number) =>
    caseWhen(ranges.map((range) => [`${number} BETWEEN ${Number(range.inicio)} AND ${Number(range.fim)}`, `'${range.uf}'`])));
}

/** The key by which cities are looked up: without accents, '- SP' at the end cut off, 'S. Paulo' written out. */
export function cityKey(d: Dialect, sql: string, ufSql: string): string {
  const withoutUf = (key: string): string =>
    caseWhen([[`length(${key}) > 3 AND substr(${key}, length(${key}) - 2) = ' ' || lower(${ufSql})`, `substr(${key}, 1, length(${key}) - 3)`]], key);
  return d.bind(comparisonKey(d, sql), (key) => d.bind(withoutUf(key), (name) => caseWhen([
    [`substr(${name}, 1, 2) = 's '`, `'sao ' || substr(${name}, 3)`],
    [`substr(${name}, 1, 4) = 'sta '`, `'santa ' || substr(${name}, 5)`],
    [`substr(${name}, 1, 4) = 'sto '`, `'santo ' || substr(${name}, 5)`],
  ], name)));
}

/** Rows of the lookup table `municipios_chave` (uf, chave, nome, codigo_ibge): one per municipality. Names that collide by key within a UF are left out. */
export function municipalityRows(): { uf: string; chave: string; nome: string; codigo_ibge: number }[] {
  const rows = readMunicipalities().map((row) => ({ uf: row.uf, chave: comparisonKeyOf(row.nome), nome: row.nome, codigo_ibge: Number(row.codigoIbge) }));
  const counts = Map.groupBy(rows, (row) => `${row.uf}/${row.chave}`);
  return rows.filter((row) => counts.get(`${row.uf}/${row.chave}`)?.length === 1);
}
