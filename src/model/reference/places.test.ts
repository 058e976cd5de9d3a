import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getAreaCodesByState, getMunicipalities } from '@brazilian-utils/brazilian-utils';
import { readAreaCodes, readCepRanges, readMunicipalities, readUfProfiles, UFS } from './places.ts';

test('the 27 UFs of the constant are those of the file, codes rising', () => {
  const profiles = readUfProfiles();
  assert.deepEqual(
    profiles.map(({ uf, nome, regiao }) => ({ uf, nome, regiao })),
    UFS,
  );
  assert.deepEqual(
    profiles.map((row) => row.codigo),
    profiles.map((row) => row.codigo).sort(),
  );
});

test('the regions have 7, 9, 4, 3 and 4 UFs, and Brazil about 203 million residents', () => {
  const counts = Object.groupBy(UFS, (row) => row.regiao);
  assert.deepEqual(Object.fromEntries(Object.entries(counts).map(([name, rows]) => [name, rows.length])), {
    Norte: 7,
    Nordeste: 9,
    Sudeste: 4,
    Sul: 3,
    'Centro-Oeste': 4,
  });
  const residents = readUfProfiles().reduce((sum, row) => sum + row.populacao, 0);
  assert.ok(Math.abs(residents - 203_080_756) < 500_000, String(residents));
});

test('the municipalities are the 5,571 that an independent package knows, each in the UF its code begins with', () => {
  const rows = readMunicipalities();
  const ufByCode = new Map(readUfProfiles().map((row) => [row.codigo, row.uf]));
  assert.equal(rows.length, 5571);
  assert.equal(rows.filter((row) => row.isCapital).length, 27);
  assert.equal(new Set(rows.map((row) => `${row.uf}/${row.nome}`)).size, 5571);
  for (const row of rows) assert.equal(ufByCode.get(row.codigoIbge.slice(0, 2)), row.uf);
  assert.deepEqual(
    rows.map((row) => row.codigoIbge).sort(),
    getMunicipalities()
      .map((row) => row.code)
      .sort(),
  );
});

test('CEP ranges cover 01000000 to 99999999 without gap or overlap', () => {
  const ranges = readCepRanges();
  assert.equal(ranges.length, 31);
  assert.equal(ranges[0]?.inicio, '01000000');
  assert.equal(ranges.at(-1)?.fim, '99999999');
  ranges.slice(1).forEach((range, index) => assert.equal(Number(range.inicio), Number(ranges[index]?.fim) + 1));
  assert.equal(new Set(ranges.map((range) => range.uf)).size, 27);
});

test('area codes by UF hold those an independent package gives', () => {
  const codes = readAreaCodes();
  assert.equal(new Set([...codes.values()].flat()).size, 67);
  for (const { uf } of UFS) {
    for (const code of getAreaCodesByState(uf)) assert.ok(codes.get(uf)?.includes(String(code)), `${uf} ${code}`);
  }
});
