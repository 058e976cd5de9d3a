// Reads the filters of `esteira query` as people type them: Brazilian or ISO dates, shortcuts, names in any case and without
// accents. Whatever it cannot read is refused with the nearest name: it never guesses.
import { CHANNELS, ORDER_STATUSES, UF_NOT_DECLARED } from '../../catalog/order-words.ts';
import { fail } from '../../catalog/errors.ts';
import { nearest } from '../../config/nearest.ts';
import { UFS } from '../../model/reference/places.ts';
import { addDays, addMonths, isInReach, monthOf, NEWEST_DAY, OLDEST_DAY, type Period } from '../../pipeline/period.ts';
import type { AnalysisFilters } from '../../pipeline/query.ts';

/** As commander hands them over. */
export interface FilterOptions {
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
  readonly month?: string;
  readonly channel?: readonly string[];
  readonly status?: readonly string[];
  readonly uf?: readonly string[];
  readonly store?: readonly string[];
  readonly limit?: string;
}

/**
 * @param today the current day in America/Sao_Paulo, YYYY-MM-DD: only --last depends on it
 * @throws EsteiraError USAGE
 */
export function readFilters(options: FilterOptions, today: string): AnalysisFilters {
  return {
    ...readPeriod(options, today),
    channels: readNames(
      '--channel',
      options.channel,
      CHANNELS.map((name) => [name, name]),
    ),
    statuses: readNames(
      '--status',
      options.status,
      ORDER_STATUSES.map((name) => [name, name]),
    ),
    ufs: readNames('--uf', options.uf, UF_NAMES),
    stores: options.store === undefined ? null : splitList(options.store),
    limit: options.limit === undefined ? null : readLimit(options.limit),
  };
}

/** The day it is in São Paulo. */
export function todayInSaoPaulo(now: Date): string {
  // the Swedish locale writes dates as ISO 8601
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/Sao_Paulo' }).format(now);
}

/** Its time of day there, HH:MM. */
export function timeInSaoPaulo(now: Date): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/Sao_Paulo', timeStyle: 'short' }).format(now);
}

/** What may be typed, and the value it stands for: a state by its letters or its name. */
const UF_NAMES: readonly (readonly [string, string])[] = [
  ...UFS.map((state) => [state.uf, state.uf] as const),
  ...UFS.map((state) => [state.nome, state.uf] as const),
  [UF_NOT_DECLARED, UF_NOT_DECLARED],
];

function readPeriod(options: FilterOptions, today: string): Period {
  const given = [
    options.from === undefined && options.to === undefined ? null : '--from/--to',
    options.last === undefined ? null : '--last',
    options.month === undefined ? null : '--month',
  ].filter((name) => name !== null);
  if (given.length > 1) {
    throw fail('USAGE', {
      what: `${given.join(' and ')} cannot be used together.`,
      why: 'Each of them names the whole period.',
      fix: `Keep only ${given[0]}.`,
    });
  }
  if (options.month !== undefined) return readMonth(options.month);
  if (options.last !== undefined) return readLast(options.last, today);
  const from = options.from === undefined ? null : readDay('--from', options.from);
  const to = options.to === undefined ? null : readDay('--to', options.to);
  if (from !== null && to !== null && from > to) {
    throw fail('USAGE', {
      what: 'The period ends before it begins.',
      why: `--from is ${from}, --to is ${to}; both days are included.`,
      fix: 'Swap them.',
    });
  }
  return { from, to };
}

function readDay(option: string, text: string): string {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text.trim());
  const brazilian = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text.trim());
  const [year, month, day] = iso !== null ? [iso[1], iso[2], iso[3]] : [brazilian?.[3], brazilian?.[2], brazilian?.[1]];
  const written = `${year}-${month?.padStart(2, '0')}-${day?.padStart(2, '0')}`;
  // Date takes 31 February for 3 March: the round trip does not
  const time = Date.parse(`${written}T00:00:00Z`);
  if (year !== undefined && !Number.isNaN(time) && new Date(time).toISOString().startsWith(written))
    return inReach(`${option} ${text}`, written);
  throw fail('USAGE', {
    what: `${option} ${text} is no date.`,
    why: 'Dates are YYYY-MM-DD or dd/mm/yyyy.',
    fix: `For example ${option} 2026-11-01 or ${option} 01/11/2026.`,
  });
}

/** The day, which `asked` led to. Throws USAGE for one that no sale can have. */
function inReach(asked: string, day: string): string {
  if (isInReach(day)) return day;
  throw fail('USAGE', {
    what: `${asked} is outside the days that can be asked for.`,
    why: `They go from ${OLDEST_DAY} to ${NEWEST_DAY}; no sale has another day.`,
    fix: 'Use a day between them, or leave the option out for all history.',
  });
}

function readMonth(text: string): Period {
  const iso = /^(\d{4})-(0?[1-9]|1[0-2])$/.exec(text.trim());
  const brazilian = /^(0?[1-9]|1[0-2])\/(\d{4})$/.exec(text.trim());
  const [year, month] = iso !== null ? [iso[1], iso[2]] : [brazilian?.[2], brazilian?.[1]];
  if (year === undefined || month === undefined) {
    throw fail('USAGE', {
      what: `--month ${text} is no month.`,
      why: 'Months are YYYY-MM or mm/yyyy.',
      fix: 'For example --month 2026-10.',
    });
  }
  const from = inReach(`--month ${text}`, `${year}-${month.padStart(2, '0')}-01`);
  return { from, to: addDays(addMonths(from, 1), -1) };
}

function readLast(text: string, today: string): Period {
  const [, digits, unit] = /^(\d{1,4})([dwmy])$/i.exec(text.trim()) ?? [];
  const count = Number(digits ?? 0);
  if (count === 0) {
    throw fail('USAGE', {
      what: `--last ${text} is no length of time.`,
      why: 'It is a number and d, w, m or y, and ends today.',
      fix: 'For example --last 90d, --last 12w, --last 3m or --last 1y.',
    });
  }
  // both ends are included: the last 1d is today
  const from = {
    d: () => addDays(today, 1 - count),
    w: () => addDays(today, 1 - 7 * count),
    m: () => addDays(addMonths(today, -count), 1),
    y: () => addDays(addMonths(today, -12 * count), 1),
  }[unit?.toLowerCase() as 'd' | 'w' | 'm' | 'y']();
  return { from: inReach(`The beginning of --last ${text}`, from), to: today };
}

function readNames(
  option: string,
  typed: readonly string[] | undefined,
  known: readonly (readonly [string, string])[],
): readonly string[] | null {
  if (typed === undefined) return null;
  const found = splitList(typed).map((text) => {
    const match = known.find(([name]) => foldName(name) === foldName(text));
    if (match !== undefined) return match[1];
    const folded = new Map(known.map(([name]) => [foldName(name), name]));
    const meant = folded.get(nearest(foldName(text), [...folded.keys()]) ?? '');
    const names = [...new Set(known.map(([, value]) => value))].join(', ');
    throw fail('USAGE', {
      what: `${option} ${text} is not known.`,
      why: `Known are: ${names}.`,
      fix: meant === undefined ? 'Use one of them.' : `Did you mean ${option} "${meant}"?`,
    });
  });
  return [...new Set(found)];
}

/** `--uf SP,RJ --uf MG` names three. */
function splitList(typed: readonly string[]): string[] {
  return typed
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

/** Case, accents and outer spaces removed, for comparison only. */
function foldName(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').trim().toLowerCase();
}

function readLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw fail('USAGE', {
    what: `--limit ${text} is no number of rows.`,
    why: 'It is a whole number from 1.',
    fix: 'For example --limit 10; leave it out for the default.',
  });
}

/** The period in words, for the line above a table: the whole history when it is open at both ends. */
export function periodInPortuguese(period: Period): string {
  const shown = (day: string): string => day.split('-').toReversed().join('/');
  const { from, to } = period;
  if (from !== null && to !== null) {
    const isMonth = from === monthOf(from) && to === addDays(addMonths(from, 1), -1);
    return isMonth ? `${from.slice(5, 7)}/${from.slice(0, 4)}` : `${shown(from)} a ${shown(to)}`;
  }
  if (from !== null) return `desde ${shown(from)}`;
  return to === null ? 'todo o histórico' : `até ${shown(to)}`;
}
