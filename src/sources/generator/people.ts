// Fictitious customers: each one follows from (seed, number) alone, so nobody has to be remembered. Names are drawn from
// lists, e-mails end in example.com, documents have valid check digits. Never a real person on purpose.
import { readAreaCodes, readCepRanges, readMunicipalities, readUfProfiles } from '../../model/reference/places.ts';
import { BIG_CITIES } from './big-cities.ts';
import { randomCnpj, randomCpf } from './documents.ts';
import { Random, WeightedPick } from './random.ts';

export interface Customer {
  readonly idCliente: string;
  readonly documento: string;
  readonly nome: string;
  readonly email: string;
  readonly telefone: string;
  readonly cep: string;
  readonly cidade: string;
  readonly uf: string;
  readonly regiao: string;
}

const FIRST_NAMES = [
  'Ana',
  'Maria',
  'João',
  'José',
  'Antônio',
  'Francisco',
  'Carlos',
  'Paulo',
  'Pedro',
  'Lucas',
  'Luiz',
  'Marcos',
  'Gabriel',
  'Rafael',
  'Daniel',
  'Bruno',
  'Felipe',
  'Gustavo',
  'Rodrigo',
  'Thiago',
  'Mateus',
  'Eduardo',
  'Fernanda',
  'Juliana',
  'Márcia',
  'Patrícia',
  'Aline',
  'Camila',
  'Bruna',
  'Letícia',
  'Amanda',
  'Larissa',
  'Beatriz',
  'Mariana',
  'Vanessa',
  'Sandra',
  'Luciana',
  'Renata',
  'Débora',
  'Carolina',
  'Cecília',
  'Helena',
  'Alice',
  'Laura',
  'Sofia',
  'Heitor',
  'Miguel',
  'Arthur',
  'Caio',
  'Vinícius',
  'Sérgio',
  'Cláudia',
  'Simone',
  'Tereza',
  'Raimundo',
  'Sebastião',
  'Iara',
  'Ubirajara',
];
const LAST_NAMES = [
  'Silva',
  'Santos',
  'Oliveira',
  'Souza',
  'Rodrigues',
  'Ferreira',
  'Alves',
  'Pereira',
  'Lima',
  'Gomes',
  'Costa',
  'Ribeiro',
  'Martins',
  'Carvalho',
  'Almeida',
  'Lopes',
  'Soares',
  'Fernandes',
  'Vieira',
  'Barbosa',
  'Rocha',
  'Dias',
  'Nascimento',
  'Andrade',
  'Moreira',
  'Nunes',
  'Marques',
  'Machado',
  'Mendes',
  'Freitas',
  'Cardoso',
  'Ramos',
  'Gonçalves',
  'Santana',
  'Teixeira',
  'Araújo',
  'Pinto',
  'Azevedo',
  'Batista',
  'Moura',
  'Conceição',
  'Brandão',
];
const TRADES = [
  'Comercial',
  'Distribuidora',
  'Papelaria',
  'Mercearia',
  'Oficina',
  'Padaria',
  'Clínica',
  'Escola',
  'Confecções',
  'Construtora',
];

interface Place {
  readonly cidade: string;
  readonly uf: string;
  readonly regiao: string;
  readonly weight: number;
  readonly ddds: readonly string[];
  /** First CEP of the place's own slice of its UF's ranges, and how many CEPs the slice has. */
  readonly cepFrom: number;
  readonly cepCount: number;
}

/** The part of a UF's CEP ranges from one share to another, kept inside a single range. */
function cepSlice(
  ranges: readonly { from: number; count: number }[],
  fromShare: number,
  toShare: number,
): { cepFrom: number; cepCount: number } {
  const total = ranges.reduce((sum, range) => sum + range.count, 0);
  let skip = Math.floor(total * fromShare);
  for (const range of ranges) {
    if (skip < range.count) {
      const wanted = Math.max(1, Math.floor(total * (toShare - fromShare)));
      return { cepFrom: range.from + skip, cepCount: Math.min(wanted, range.count - skip) };
    }
    skip -= range.count;
  }
  throw new RangeError(`share ${fromShare} is outside the ranges`);
}

function makePlaces(): Place[] {
  const areaCodes = readAreaCodes();
  const municipalities = Map.groupBy(readMunicipalities(), (row) => row.uf);
  // 78900000-78999999 is a range that Rondônia gave up: nobody new lives there.
  const ranges = Map.groupBy(
    readCepRanges().filter((range) => range.inicio !== '78900000'),
    (range) => range.uf,
  );
  return readUfProfiles().flatMap(({ uf, regiao, populacao, pesoRenda }) => {
    const big = BIG_CITIES[uf] ?? {};
    const all = municipalities.get(uf) ?? [];
    const ordered = [...all.filter((row) => row.nome in big), ...all.filter((row) => !(row.nome in big))];
    const rest = populacao / 1000 - Object.values(big).reduce((sum, value) => sum + value, 0);
    // The smaller places share the rest unevenly, in an order that follows from their codes and means nothing.
    const small = ordered
      .filter((row) => !(row.nome in big))
      .map((row) => ((Number(row.codigoIbge) * 7919) % 997) + 40);
    const smallSum = small.reduce((sum, value) => sum + value, 0);
    const bigCount = ordered.length - small.length;
    const people = ordered.map(
      (row, index) => big[row.nome] ?? (Math.max(rest, 1) * (small[index - bigCount] as number)) / smallSum,
    );
    const total = people.reduce((sum, value) => sum + value, 0);
    const ufRanges = (ranges.get(uf) ?? []).map((range) => ({
      from: Number(range.inicio),
      count: Number(range.fim) - Number(range.inicio) + 1,
    }));
    let before = 0;
    return ordered.map((row, index): Place => {
      const share = (people[index] as number) / total;
      const slice = cepSlice(ufRanges, before, Math.min(1, before + share));
      before += share;
      // Online shopping grows faster than income, and large cities order more than their size.
      const weight = (people[index] as number) * pesoRenda ** 1.1 * (row.nome in big ? 1.25 : 1);
      return { cidade: row.nome, uf, regiao, weight, ddds: areaCodes.get(uf) ?? [], ...slice };
    });
  });
}

function withoutAccents(text: string): string {
  return text.normalize('NFD').replaceAll(/[\u0300-\u036f]/g, '');
}

const firstForMail = FIRST_NAMES.map((name) => withoutAccents(name).toLowerCase());
const lastForMail = LAST_NAMES.map((name) => withoutAccents(name).toLowerCase());

function punctuate(documento: string): string {
  return documento.length === 11
    ? `${documento.slice(0, 3)}.${documento.slice(3, 6)}.${documento.slice(6, 9)}-${documento.slice(9)}`
    : `${documento.slice(0, 2)}.${documento.slice(2, 5)}.${documento.slice(5, 8)}/${documento.slice(8, 12)}-${documento.slice(12)}`;
}

export class People {
  private readonly places = makePlaces();
  private readonly pickPlace = new WeightedPick(this.places.map((place) => place.weight));
  private readonly random = new Random(0);
  private readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
  }

  /** Customer number `index` (from 0). `mayBeAlphanumeric` is true for those who came after July 2026, when the first CNPJ with letters were given. */
  customer(index: number, mayBeAlphanumeric: boolean): Customer {
    const random = this.random;
    random.reset(this.seed, index + 1);
    const place = this.places[this.pickPlace.pick(random)] as Place;
    const first = random.below(FIRST_NAMES.length);
    const middle = random.below(LAST_NAMES.length);
    const last = random.below(LAST_NAMES.length);
    const isCompany = random.chance(0.06);
    const bare = isCompany ? randomCnpj(random, mayBeAlphanumeric && random.chance(0.4)) : randomCpf(random);
    const cep = String(place.cepFrom + random.below(place.cepCount)).padStart(8, '0');
    const ddd = random.of(place.ddds);
    const number = `9${String(random.between(60_000_000, 99_999_999))}`;
    return {
      idCliente: `C${String(index + 1).padStart(7, '0')}`,
      documento: random.chance(0.2) ? punctuate(bare) : bare,
      nome: isCompany
        ? `${random.of(TRADES)} ${LAST_NAMES[last] as string} Ltda`
        : `${FIRST_NAMES[first] as string} ${LAST_NAMES[middle] as string}${middle === last ? '' : ` ${LAST_NAMES[last] as string}`}`,
      email: `${firstForMail[first] as string}.${lastForMail[last] as string}${index + 1}@example.com`,
      telefone: random.chance(0.3) ? `+55${ddd}${number}` : `(${ddd}) ${number.slice(0, 5)}-${number.slice(5)}`,
      cep: random.chance(0.7) ? `${cep.slice(0, 5)}-${cep.slice(5)}` : cep,
      cidade: place.cidade,
      uf: place.uf,
      regiao: place.regiao,
    };
  }
}
