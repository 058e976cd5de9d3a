// The sequence of order versions that a generated file holds, in the file's order: time advances with the lines written,
// some versions are held back and come some thousands of lines later, so that histories are out of order.
// Memory does not grow with the number of lines. Never formats a line.
import { buildOrder, type Clock } from './build-order.ts';
import { productSamplers } from './catalogue.ts';
import { DefectQueue } from './defect-queue.ts';
import { type AppliedDefect, type GeneratedVersion, lineCount } from './order.ts';
import { People } from './people.ts';
import { Random, type WeightedPick } from './random.ts';
import { makeSeason, secondOfDay } from './seasons.ts';

export interface GeneratorOptions {
  /** CSV data lines; exact. Other formats hold the same orders. */
  readonly rows: number;
  /** Integer from 0 to 2^53 - 1. */
  readonly seed: number;
  /** First and last local day of the orders, YYYY-MM-DD, both included. */
  readonly from?: string;
  readonly to?: string;
  /** Share of the orders that are spoiled, 0 to 1. */
  readonly badShare?: number;
  readonly loja?: string;
}

export const DEFAULT_FROM = '2023-01-01';
export const DEFAULT_TO = '2026-10-31';
export const DEFAULT_BAD_SHARE = 0.015;

/** A version at its place in the file. `defect` is undefined for a good one. */
export interface PlacedVersion {
  readonly version: GeneratedVersion;
  readonly defect: AppliedDefect | undefined;
}

const DAY_MS = 86_400_000;
/** Orders that may pass before a version that is held back must be written; about twice as many lines. */
const MOST_HELD_BACK = 4096;
/** First day on which Receita Federal gives CNPJs with letters (IN RFB 2.229/2024). */
const ALPHANUMERIC_CNPJ_SINCE = '2026-07-01';
const FIRST_ID = 1_000_001;

function makeClock(days: readonly string[]): Clock {
  const later: string[] = [];
  const last = Date.parse(days.at(-1) as string);
  return {
    day: (index) => {
      const known = days[index];
      if (known !== undefined) return known;
      const beyond = index - days.length;
      later[beyond] ??= new Date(last + (beyond + 1) * DAY_MS).toISOString().slice(0, 10);
      return later[beyond];
    },
    endSecond: days.length * 86_400 - 1,
  };
}

/** Which customer orders next: a new one, a recent one, or an old one; every tenth customer is loyal and every hundredth devoted. */
function nextCustomer(random: Random, known: number): number {
  if (known === 0 || random.chance(0.44)) return known;
  if (random.chance(0.3)) return known - 1 - Math.floor(known * 0.15 * random.next() ** 2);
  const index = Math.floor(known * random.next() ** 1.5);
  const loyalty = random.next();
  if (loyalty < 0.12) return index - (index % 100);
  return loyalty < 0.6 ? index - (index % 10) : index;
}

/** Yields every version of the file in order. Same options, same sequence. */
export function* generateVersions(options: GeneratorOptions): Generator<PlacedVersion, void, undefined> {
  const { rows, seed, from = DEFAULT_FROM, to = DEFAULT_TO, badShare = DEFAULT_BAD_SHARE } = options;
  const random = new Random(seed, -1);
  const season = makeSeason(from, to);
  const clock = makeClock(season.days);
  const people = new People(seed);
  const samplers = productSamplers();
  const defects = new DefectQueue();
  const held: (PlacedVersion[] | undefined)[] = Array.from({ length: MOST_HELD_BACK });
  let reserved = 0;
  let day = 0;
  let customerCount = 0;
  let alphanumericFrom = Number.POSITIVE_INFINITY;

  for (let order = 0; reserved < rows; order += 1) {
    const slot = order % MOST_HELD_BACK;
    const due = held[slot];
    if (due !== undefined) {
      held[slot] = undefined;
      yield* due;
    }
    const progress = reserved / rows;
    while (progress >= (season.cumulative[day + 1] as number) && day < season.days.length - 1) day += 1;
    const dayStart = season.cumulative[day] as number;
    const share = (progress - dayStart) / ((season.cumulative[day + 1] as number) - dayStart);
    const second = day * 86_400 + secondOfDay(share * 0.995 + random.next() * 0.005, season.isBlackFriday[day] === 1);

    const customerIndex = nextCustomer(random, customerCount);
    if (customerIndex === customerCount) {
      customerCount += 1;
      if (alphanumericFrom > customerIndex && (season.days[day] as string) >= ALPHANUMERIC_CNPJ_SINCE)
        alphanumericFrom = customerIndex;
    }
    const versions: PlacedVersion[] = buildOrder(random, {
      clock,
      id: String(FIRST_ID + order),
      second,
      monthIndex: season.monthIndex[day] as number,
      isBlackWeek: season.isBlackWeek[day] === 1,
      customer: people.customer(customerIndex, customerIndex >= alphanumericFrom),
      sampler: samplers[season.isBlackWeek[day] === 1 ? 13 : (season.month[day] as number)] as WeightedPick,
      appShare: 0.2 + 0.16 * progress,
      maxLines: rows - reserved,
    }).map((version) => ({ version, defect: undefined }));

    if (random.chance(badShare)) spoil(versions, defects, random, rows - reserved);
    for (const { version } of versions) reserved += lineCount(version);

    // Half of the histories show their newest version first; whatever is not written now is written later.
    const now =
      versions.length > 1 && versions.every(({ defect }) => defect?.esperado !== 'duplicado') && random.chance(0.5)
        ? versions.length - 1
        : 0;
    for (const [index, placed] of versions.entries()) {
      if (index === now) {
        yield placed;
        continue;
      }
      const later = (slot + 1 + random.below(MOST_HELD_BACK - 1)) % MOST_HELD_BACK;
      (held[later] ??= []).push(placed);
    }
    if (reserved >= rows) {
      for (let step = 1; step <= MOST_HELD_BACK; step += 1) {
        const rest = held[(slot + step) % MOST_HELD_BACK];
        if (rest !== undefined) yield* rest;
      }
    }
  }
}

/** Replaces one version by a spoiled one, or has the file repeat the order's only version later. */
function spoil(versions: PlacedVersion[], defects: DefectQueue, random: Random, maxLines: number): void {
  const only = versions.length === 1 ? versions[0] : undefined;
  if (only !== undefined && lineCount(only.version) * 2 <= maxLines && random.chance(0.035)) {
    versions.push({ version: only.version, defect: { tipo: 'versao_repetida', esperado: 'duplicado', motivos: [] } });
    return;
  }
  const spoiled = defects.spoil(
    versions.map(({ version }) => version),
    random,
  );
  if (spoiled !== undefined) versions[spoiled.index] = { version: spoiled.version, defect: spoiled.defect };
}
