// SQL for where an order goes: UF, CEP, IBGE municipality. The tables come from data/reference; nothing is matched fuzzily.
import { readCepRanges, readMunicipalities, UFS } from '../../model/reference/places.ts';
import { caseWhen, type Dialect } from './dialect.ts';
import { comparisonKey, comparisonKeyOf, repairDoubleEncoding } from './text.ts';

/** The two letters of a UF from 'SP', 'sp', 'BR-SP' or 'São Paulo'; NULL when it is none of the 27. */
export function uf(d: Dialect, sql: string): string {
  const codes = UFS.map((row) => row.uf);
  const names = UFS.map((row) => `|${comparisonKeyOf(row.nome)}=${row.uf}`).join('');
  const bare = d.upper(d.replaceAll(sql, '^ *([bB][rR]-)?| +$', ''));
  return caseWhen(
    [
      [d.isOneOf(sql, codes), sql],
      [`${sql} IS NULL`, 'NULL'],
    ],
    d.bind(bare, (code) =>
      caseWhen(
        [[d.isOneOf(code, codes), code]],
        // in one text: a branch for each would make all small batches of Spark slower
        `NULLIF(split_part(split_part('${names}', concat('|', ${comparisonKey(d, repairDoubleEncoding(d, sql))}, '='), 2), '|', 1), '')`,
      ),
    ),
  );
}

/** The region of a UF; NULL without one. */
export function region(d: Dialect, ufSql: string): string {
  const byRegion = Map.groupBy(UFS, (row) => row.regiao);
  return caseWhen(
    [...byRegion].map(([name, rows]) => [
      d.isOneOf(
        ufSql,
        rows.map((row) => row.uf),
      ),
      `'${name}'`,
    ]),
  );
}

/** Eight digits, or five for a prefix; seven digits get their zero back. NULL for anything else; the caller checks the UF. */
export function cep(d: Dialect, sql: string): string {
  return d.bind(d.replaceAll(sql, '[ .\\-\\x{a0}]', ''), (digits) =>
    caseWhen([
      [d.fullMatch(digits, '0+'), 'NULL'],
      [d.fullMatch(digits, '[0-9]{8}|[0-9]{5}'), digits],
      [d.fullMatch(digits, '[0-9]{7}'), `'0' || ${digits}`],
    ]),
  );
}

/** True for a CEP as written that has seven digits: the zero put back is proven only by a state that fits. */
export function hasLostZero(d: Dialect, sql: string): string {
  return `length(${d.replaceAll(sql, '[^0-9]', '')}) = 7`;
}

/** The UF that a clean CEP (or its prefix) belongs to; NULL when it is in no range. */
export function ufOfCep(d: Dialect, cepSql: string): string {
  return d.bind(d.tryCast(`rpad(${cepSql}, 8, '0')`, 'INTEGER'), (number) => {
    let next = 0;
    const branches = readCepRanges().flatMap(({ inicio, fim, uf: code }) => {
      const [first, last] = [Number(inicio), Number(fim)];
      if (first < next) throw new Error(`the ranges of CEP are not in order at ${inicio}`);
      const gap = first > next ? [[`${number} < ${first}`, 'NULL'] as const] : [];
      next = last + 1;
      return [...gap, [`${number} < ${next}`, `'${code}'`] as const];
    });
    return caseWhen(branches);
  });
}

/** The key by which cities are looked up: without accents, '- SP' at the end cut off, 'S. Paulo' written out. */
export function cityKey(d: Dialect, sql: string, ufSql: string): string {
  const withoutUf = (key: string): string =>
    caseWhen(
      [
        [
          `length(${key}) > 3 AND substr(${key}, length(${key}) - 2) = ' ' || lower(${ufSql})`,
          `substr(${key}, 1, length(${key}) - 3)`,
        ],
      ],
      key,
    );
  return d.bind(comparisonKey(d, sql), (key) =>
    d.bind(withoutUf(key), (name) =>
      caseWhen(
        [
          [`substr(${name}, 1, 2) = 's '`, `'sao ' || substr(${name}, 3)`],
          [`substr(${name}, 1, 4) = 'sta '`, `'santa ' || substr(${name}, 5)`],
          [`substr(${name}, 1, 4) = 'sto '`, `'santo ' || substr(${name}, 5)`],
        ],
        name,
      ),
    ),
  );
}

/** Names that the IBGE's newer lists give to municipalities which the table knows by another spelling or by their name before a law changed it. */
const OTHER_NAMES: readonly (readonly [codigoIbge: number, nome: string])[] = [
  [1400605, 'São Luiz do Anauá'],
  [1708254, 'Tabocão'],
  [2400208, 'Assú'],
  [2401206, 'Arez'],
  [2401305, 'Campo Grande'],
  [2405306, 'Januário Cicco'],
  [2613107, 'São Caitano'],
  [2800100, 'Amparo do São Francisco'],
  [2802601, 'Graccho Cardoso'],
  [2922250, 'Muquém do São Francisco'],
  [2928505, 'Santa Terezinha'],
  [3105509, 'Barão do Monte Alto'],
  [3122900, 'Dona Euzébia'],
  [3165206, 'São Tomé das Letras'],
  [3516101, 'Florínea'],
  [5107800, 'Santo Antônio de Leverger'],
];

/** A row of the lookup table `municipios_chave`. `principal` is true for one row of each municipality: the one with its own name. */
export interface MunicipalityRow {
  readonly uf: string;
  readonly chave: string;
  readonly nome: string;
  readonly codigo_ibge: number;
  readonly principal: boolean;
}

/** One row per municipality and other name. Names that collide by key within a UF are left out. */
export function municipalityRows(): MunicipalityRow[] {
  const rows: MunicipalityRow[] = readMunicipalities().map((row) => ({
    uf: row.uf,
    chave: comparisonKeyOf(row.nome),
    nome: row.nome,
    codigo_ibge: Number(row.codigoIbge),
    principal: true,
  }));
  const byCode = new Map(rows.map((row) => [row.codigo_ibge, row]));
  for (const [code, name] of OTHER_NAMES) {
    const row = byCode.get(code);
    if (row) rows.push({ ...row, chave: comparisonKeyOf(name), principal: false });
  }
  const counts = Map.groupBy(rows, (row) => `${row.uf}/${row.chave}`);
  return rows.filter((row) => counts.get(`${row.uf}/${row.chave}`)?.length === 1);
}
