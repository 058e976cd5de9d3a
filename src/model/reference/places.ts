// Brazil's places: UFs, municipalities, and the CEP ranges and area codes of each UF. Never guesses a place from a
// spelling: matching is the transform's work. Sources: data/reference/README.md.
import { readReferenceRows } from './reference-file.ts';

export const REGIONS = ['Norte', 'Nordeste', 'Sudeste', 'Sul', 'Centro-Oeste'] as const;
export type Region = (typeof REGIONS)[number];

export interface Uf {
  readonly uf: string;
  readonly nome: string;
  readonly regiao: Region;
}

/** The 26 states and the Distrito Federal, in the order of their IBGE codes. */
export const UFS: readonly Uf[] = [
  { uf: 'RO', nome: 'Rondônia', regiao: 'Norte' },
  { uf: 'AC', nome: 'Acre', regiao: 'Norte' },
  { uf: 'AM', nome: 'Amazonas', regiao: 'Norte' },
  { uf: 'RR', nome: 'Roraima', regiao: 'Norte' },
  { uf: 'PA', nome: 'Pará', regiao: 'Norte' },
  { uf: 'AP', nome: 'Amapá', regiao: 'Norte' },
  { uf: 'TO', nome: 'Tocantins', regiao: 'Norte' },
  { uf: 'MA', nome: 'Maranhão', regiao: 'Nordeste' },
  { uf: 'PI', nome: 'Piauí', regiao: 'Nordeste' },
  { uf: 'CE', nome: 'Ceará', regiao: 'Nordeste' },
  { uf: 'RN', nome: 'Rio Grande do Norte', regiao: 'Nordeste' },
  { uf: 'PB', nome: 'Paraíba', regiao: 'Nordeste' },
  { uf: 'PE', nome: 'Pernambuco', regiao: 'Nordeste' },
  { uf: 'AL', nome: 'Alagoas', regiao: 'Nordeste' },
  { uf: 'SE', nome: 'Sergipe', regiao: 'Nordeste' },
  { uf: 'BA', nome: 'Bahia', regiao: 'Nordeste' },
  { uf: 'MG', nome: 'Minas Gerais', regiao: 'Sudeste' },
  { uf: 'ES', nome: 'Espírito Santo', regiao: 'Sudeste' },
  { uf: 'RJ', nome: 'Rio de Janeiro', regiao: 'Sudeste' },
  { uf: 'SP', nome: 'São Paulo', regiao: 'Sudeste' },
  { uf: 'PR', nome: 'Paraná', regiao: 'Sul' },
  { uf: 'SC', nome: 'Santa Catarina', regiao: 'Sul' },
  { uf: 'RS', nome: 'Rio Grande do Sul', regiao: 'Sul' },
  { uf: 'MS', nome: 'Mato Grosso do Sul', regiao: 'Centro-Oeste' },
  { uf: 'MT', nome: 'Mato Grosso', regiao: 'Centro-Oeste' },
  { uf: 'GO', nome: 'Goiás', regiao: 'Centro-Oeste' },
  { uf: 'DF', nome: 'Distrito Federal', regiao: 'Centro-Oeste' },
];

/** A UF with its weights for generated data: residents (Censo 2022, rounded) and income per head relative to Brazil's (1 = average). */
export interface UfProfile extends Uf {
  readonly codigo: string;
  readonly populacao: number;
  readonly pesoRenda: number;
}

export interface Municipality {
  /** Seven digits, kept as text. */
  readonly codigoIbge: string;
  readonly nome: string;
  readonly uf: string;
  readonly isCapital: boolean;
}

/** Eight-digit bounds, both inclusive. */
export interface CepRange {
  readonly uf: string;
  readonly inicio: string;
  readonly fim: string;
}

export function readUfProfiles(): UfProfile[] {
  return readReferenceRows('ufs.csv').map(([uf = '', codigo = '', nome = '', regiao = '', populacao, pesoRenda]) => ({
    uf,
    codigo,
    nome,
    regiao: regiao as Region,
    populacao: Number(populacao),
    pesoRenda: Number(pesoRenda),
  }));
}

/** All 5,571 municipalities in the order of their codes. Names repeat across UFs: the key is (uf, nome). */
export function readMunicipalities(): Municipality[] {
  return readReferenceRows('municipios.csv').map(([codigoIbge = '', nome = '', uf = '', capital]) => ({
    codigoIbge,
    nome,
    uf,
    isCapital: capital === '1',
  }));
}

/** The 31 ranges in ascending order. */
export function readCepRanges(): CepRange[] {
  return readReferenceRows('ceps.csv').map(([uf = '', inicio = '', fim = '']) => ({ uf, inicio, fim }));
}

/** Area codes in use in each UF; 42, 47 and 49 serve PR and SC, 61 serves DF and GO. */
export function readAreaCodes(): Map<string, string[]> {
  const codes = new Map<string, string[]>();
  for (const [uf = '', ddd = ''] of readReferenceRows('ddds.csv')) codes.set(uf, [...(codes.get(uf) ?? []), ddd]);
  return codes;
}
