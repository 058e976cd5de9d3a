import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { getMunicipalities, getStates } from '@brazilian-utils/brazilian-utils';
import { evaluate, evaluateTable, execute } from '../../../test/support/evaluate.ts';
import { duckdbDialect as d } from '../duckdb/dialect.ts';
import { cep, cityKey, municipalityRows, region, uf, ufOfCep } from './places.ts';

/** The ranges as the Correios publish them (first and last five digits): 31, AM, DF, GO and RO have two. */
const CORREIOS = `SP 01000-19999 RJ 20000-28999 ES 29000-29999 MG 30000-39999 BA 40000-48999 SE 49000-49999 PE 50000-56999 AL 57000-57999 PB 58000-58999
  RN 59000-59999 CE 60000-63999 PI 64000-64999 MA 65000-65999 PA 66000-68899 AP 68900-68999 AM 69000-69299 RR 69300-69399 AM 69400-69899 AC 69900-69999
  DF 70000-72799 GO 72800-72999 DF 73000-73699 GO 73700-76799 RO 76800-76999 TO 77000-77999 MT 78000-78899 RO 78900-78999 MS 79000-79999 PR 80000-87999 SC 88000-89999 RS 90000-99999`;
const ranges = [...CORREIOS.matchAll(/(\w\w) (\d{5})-(\d{5})/g)].map(([, state = '', from = '', to = '']) => ({
  state,
  from,
  to,
}));

test('the state of a CEP is the one whose published range holds it, to the last number', async () => {
  assert.equal(ranges.length, 31);
  const cells = ranges.flatMap(({ from, to }) => [
    `${from}-000`,
    `${to}999`,
    from,
    to,
    `${from.slice(0, 2)}.${from.slice(2)}-001`,
  ]);
  const expected = ranges.flatMap(({ state }) => Array<string>(5).fill(state));
  assert.deepEqual(await evaluate(ufOfCep(d, cep(d, 'a')), cells), expected);
});

test('every prefix of five digits belongs to exactly the state that the ranges say, or to none', async () => {
  const prefixes = Array.from({ length: 100_000 }, (_, index) => String(index).padStart(5, '0'));
  const expected = prefixes.map(
    (prefix) => ranges.find(({ from, to }) => prefix >= from && prefix <= to)?.state ?? null,
  );
  const states = await evaluate(ufOfCep(d, 'a'), prefixes);
  assert.deepEqual(
    prefixes.filter((_, index) => states[index] !== expected[index]),
    [],
  );
  assert.equal(states.filter((state) => state === null).length, 1000, 'only 00000 to 00999 are in no state');
});

test('a CEP is eight digits, or a prefix of five; seven get their zero back; nothing else is one', async () => {
  const ceps: Record<string, string | null> = {
    '01310-100': '01310100',
    '01310100': '01310100',
    '01.310-100': '01310100',
    '01310 100': '01310100',
    '1310100': '01310100',
    '1310-100': '01310100',
    '01310': '01310',
    '00000000': null,
    '00000-000': null,
    '123': null,
    '1310': null,
    '013101000': null,
    'CEP 01310-100': null,
    '1,31E+06': null,
    '': null,
  };
  assert.deepEqual(await evaluateTable(cep(d, 'a'), Object.keys(ceps)), ceps);
});

test('every state is known by its letters, its name and the form of ISO 3166-2', async () => {
  const states = getStates();
  assert.equal(states.length, 27);
  const plain = (text: string): string => text.normalize('NFD').replaceAll(/\p{M}/gu, '');
  for (const write of [
    (code: string) => code,
    (code: string) => code.toLowerCase(),
    (code: string) => ` ${code} `,
    (code: string) => `BR-${code}`,
    (code: string) => `br-${code.toLowerCase()}`,
    (_: string, name: string) => name,
    (_: string, name: string) => name.toUpperCase(),
    (_: string, name: string) => plain(name).toLowerCase(),
    (_: string, name: string) => name.normalize('NFD'),
  ]) {
    assert.deepEqual(
      await evaluate(
        uf(d, 'a'),
        states.map(({ code, name }) => write(code, name)),
      ),
      states.map(({ code }) => code),
    );
  }
  assert.deepEqual(
    await evaluate(uf(d, 'a'), ['XX', 'Q1', 'S', 'SPO', 'Estado de São Paulo', 'BR', 'BR-', '', 'SP/RJ']),
    Array(9).fill(null),
  );
});

test('a state lies in its region', async () => {
  const expected = {
    SP: 'Sudeste',
    RJ: 'Sudeste',
    ES: 'Sudeste',
    MG: 'Sudeste',
    PR: 'Sul',
    SC: 'Sul',
    RS: 'Sul',
    MS: 'Centro-Oeste',
    MT: 'Centro-Oeste',
    GO: 'Centro-Oeste',
    DF: 'Centro-Oeste',
    BA: 'Nordeste',
    SE: 'Nordeste',
    PE: 'Nordeste',
    AL: 'Nordeste',
    PB: 'Nordeste',
    RN: 'Nordeste',
    CE: 'Nordeste',
    PI: 'Nordeste',
    MA: 'Nordeste',
    PA: 'Norte',
    AP: 'Norte',
    AM: 'Norte',
    RR: 'Norte',
    AC: 'Norte',
    RO: 'Norte',
    TO: 'Norte',
    ND: null,
  };
  assert.deepEqual(await evaluateTable(region(d, 'a'), Object.keys(expected)), expected);
});

// --- municipalities, against another list of the 5,571 ---

before(async () => {
  const values = municipalityRows().map((row) => `('${row.uf}', '${row.chave}', ${row.codigo_ibge})`);
  await execute(
    `CREATE OR REPLACE TABLE municipios_chave AS SELECT * FROM (VALUES ${values.join(', ')}) AS m (uf, chave, codigo_ibge)`,
  );
});

const codesOf = (pairs: readonly (readonly [city: string, state: string])[]): Promise<(string | null)[]> =>
  evaluate('m.codigo_ibge', pairs, `LEFT JOIN municipios_chave m ON m.uf = b AND m.chave = ${cityKey(d, 'a', 'b')}`);

test('every municipality is found by its name: plain, in capitals, without accents, with its state behind it', async () => {
  const all = getMunicipalities().map(({ name, stateCode, code }) => ({ name, state: stateCode, code }));
  assert.equal(all.length, 5571);
  const plain = (text: string): string => text.normalize('NFD').replaceAll(/\p{M}/gu, '');
  for (const [kind, write] of Object.entries<(name: string, state: string) => string>({
    plain: (name) => name,
    capitals: (name) => name.toUpperCase(),
    'without accents': plain,
    'lower case without accents': (name) => plain(name).toLowerCase(),
    decomposed: (name) => name.normalize('NFD'),
    'with its state': (name, state) => `${name} - ${state}`,
    'with its state in brackets': (name, state) => `${name} (${state.toLowerCase()})`,
    'with a slash': (name, state) => `${plain(name).toUpperCase()}/${state}`,
  })) {
    const codes = await codesOf(all.map(({ name, state }) => [write(name, state), state]));
    assert.deepEqual(
      all.flatMap(({ name, state, code }, index) =>
        codes[index] === code ? [] : [`${write(name, state)}/${state}: ${codes[index]}, not ${code}`],
      ),
      [],
      kind,
    );
  }
});

test('cities are found in the ways that people shorten them, and never by likeness or in another state', async () => {
  const cities: [city: string, state: string, code: string | null][] = [
    ['S. Paulo', 'SP', '3550308'],
    ['S Paulo', 'SP', '3550308'],
    ['sao paulo - sp', 'SP', '3550308'],
    ['São Paulo/SP', 'SP', '3550308'],
    ['Sta. Maria', 'RS', '4316907'],
    ['STO ANDRE', 'SP', '3547809'],
    ["Santa Bárbara D'Oeste", 'SP', '3545803'],
    ['Santa Barbara d Oeste', 'SP', '3545803'],
    ['Bom Jesus', 'RS', '4302303'],
    ['Bom Jesus', 'PI', '2201903'],
    ['Bom Jesus', 'RN', '2401701'],
    ['Bom Jesus', 'PB', '2502201'],
    ['Bom Jesus', 'SC', '4202537'],
    ['Bom Jesus', 'SP', null],
    ['São Paulo', 'RJ', null],
    ['Sao Paolo', 'SP', null],
    ['Campinas do Sul', 'SP', null],
    ['Barão Geraldo', 'SP', null],
    ['', 'SP', null],
    ['SP', 'SP', null],
  ];
  assert.deepEqual(
    await codesOf(cities.map(([city, state]) => [city, state])),
    cities.map(([, , code]) => code),
  );
});
