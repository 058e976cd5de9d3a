// What a page shows, as its URL says: language, period, filters, grouping, and what was opened. The URL is the only state.
// Unknown values are refused, never guessed.
import type { Language } from '../catalog/metrics.ts';
import { CHANNELS, ORDER_STATUSES, UF_NOT_DECLARED } from '../catalog/order-words.ts';
import { STORE_NAME } from '../model/contract.ts';
import { UFS } from '../model/reference/places.ts';
import { addDays, isInReach } from '../pipeline/period.ts';
import type { AnalysisFilters } from '../pipeline/query.ts';

export const PERIODS = ['1d', '7d', '30d', '90d', '365d', 'all'] as const;
export type PeriodName = (typeof PERIODS)[number];
export const GROUPINGS = ['hour', 'day', 'week', 'month'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** Null lists mean no restriction. `from` and `to` are there only for a period chosen by its days. */
export interface View {
  readonly lang: Language;
  readonly period: PeriodName | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly by: Grouping | null;
  readonly channels: readonly string[] | null;
  readonly statuses: readonly string[] | null;
  readonly ufs: readonly string[] | null;
  readonly stores: readonly string[] | null;
  /** What is looked at more closely; each means something on one page only. */
  readonly focus: Focus;
}

export interface Focus {
  /** IBGE code of a municipality: its orders. */
  readonly city: string | null;
  /** An order's number. */
  readonly order: string | null;
  /** The code of a rule: the records it rejected. */
  readonly reason: string | null;
  /** One rejected record, `hash@store`; the store is empty when it cannot be read. */
  readonly record: string | null;
}

export const NO_FOCUS: Focus = { city: null, order: null, reason: null, record: null };

/** The view of a URL, or the parameter that cannot be understood. */
export type ReadView = { readonly view: View } | { readonly wrong: string };

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const CITY = /^\d{7}$/;
// no control characters; longer is no number of an order
const ORDER = /^[^\p{Cc}]{1,100}$/u;
const REASON = /^[A-Z][A-Z0-9_]{1,59}$/;
// whatever stood where a store should: it may be why the record was rejected
const RECORD = /^[0-9a-f]{64}@[^\p{Cc}]{0,200}$/u;
const UF_CODES = [...UFS.map(({ uf }) => uf), UF_NOT_DECLARED];

export function readView(query: URLSearchParams): ReadView {
  const wrong: string[] = [];
  const one = <Value extends string>(name: string, known: readonly Value[]): Value | null => {
    const text = query.get(name) ?? '';
    if (text === '') return null;
    const found = known.find((value) => value === text);
    if (found === undefined) wrong.push(name);
    return found ?? null;
  };
  const list = (name: string, isKnown: (text: string) => boolean): readonly string[] | null => {
    const values = [...new Set(query.getAll(name).flatMap((text) => text.split(',')))].filter((text) => text !== '');
    if (!values.every(isKnown) || values.length > 50) wrong.push(name);
    return values.length === 0 ? null : values;
  };
  const day = (name: string): string | null => {
    const text = query.get(name) ?? '';
    if (text === '') return null;
    if (!isDay(text)) wrong.push(name);
    return text;
  };
  const matching = (name: string, pattern: RegExp): string | null => {
    const text = (query.get(name) ?? '').trim();
    if (text === '') return null;
    if (!pattern.test(text)) wrong.push(name);
    return text;
  };
  const from = day('from');
  const to = day('to');
  if (from !== null && to !== null && from > to) wrong.push('from');
  const view: View = {
    lang: one('lang', ['pt', 'en']) ?? 'pt',
    period: from !== null || to !== null ? null : (one('period', PERIODS) ?? '30d'),
    from,
    to,
    by: one('by', GROUPINGS),
    channels: list('channel', (text) => (CHANNELS as readonly string[]).includes(text)),
    statuses: list('status', (text) => (ORDER_STATUSES as readonly string[]).includes(text)),
    ufs: list('uf', (text) => UF_CODES.includes(text)),
    stores: list('store', (text) => STORE_NAME.test(text)),
    focus: {
      city: matching('city', CITY),
      order: matching('order', ORDER),
      reason: matching('reason', REASON),
      record: matching('record', RECORD),
    },
  };
  return wrong[0] === undefined ? { view } : { wrong: wrong[0] };
}

function isDay(text: string): boolean {
  if (!DAY.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return isInReach(text) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** The query string that leads to the view with these changes, `?` included; defaults are left out, so that equal views have equal URLs. */
export function queryOf(view: View, changes: Partial<View> = {}): string {
  const { lang, period, from, to, by, channels, statuses, ufs, stores, focus } = { ...view, ...changes };
  const query = new URLSearchParams();
  if (lang !== 'pt') query.set('lang', lang);
  if (period !== null && period !== '30d' && from === null && to === null) query.set('period', period);
  if (from !== null) query.set('from', from);
  if (to !== null) query.set('to', to);
  if (by !== null) query.set('by', by);
  for (const [name, values] of Object.entries({ channel: channels, status: statuses, uf: ufs, store: stores })) {
    for (const value of values ?? []) query.append(name, value);
  }
  for (const [name, value] of Object.entries(focus)) if (value !== null) query.set(name, value);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** A view with its period in days and the periods it is compared with. */
export interface Scope {
  readonly view: View;
  /** As the analyses take them; open ends of the period are filled in where the warehouse has orders. */
  readonly filters: AnalysisFilters;
  /** As many days right before; null for an open period. */
  readonly previous: AnalysisFilters | null;
  /** The same weekdays 52 weeks earlier; null for an open period. */
  readonly lastYear: AnalysisFilters | null;
  readonly by: Grouping;
  /** The time of day (HH:MM, America/Sao_Paulo) at which compared periods end, when the period's last day is still running; else null. */
  readonly moment: string | null;
  /** Those asked for, else all that have orders. */
  readonly stores: readonly string[];
}

/** The moment a page is made at, in America/Sao_Paulo. */
export interface Now {
  readonly day: string;
  /** HH:MM. */
  readonly time: string;
}

/** So many days are drawn by the hour, by the day and by the week at most: more points than a screen has are only weight. */
const MOST_DAYS: Readonly<Record<Grouping, number>> = { hour: 31, day: 800, week: 5_600, month: Infinity };

/**
 * Fixes the period: a relative one ends at the newest day of sale, but never after today, so that old data is not shown as an empty week.
 * @param known oldest and newest day of sale in the warehouse, null when it is empty, and its stores
 */
export function scopeOf(
  view: View,
  known: { readonly oldest: string | null; readonly newest: string | null; readonly stores: readonly string[] },
  now: Now,
): Scope {
  const today = now.day;
  const end = known.newest !== null && known.newest < today ? known.newest : today;
  const length = view.period === null || view.period === 'all' ? null : Number.parseInt(view.period, 10);
  const from = length === null ? (view.from ?? known.oldest ?? end) : addDays(end, 1 - length);
  const to = length === null ? (view.to ?? (known.newest !== null && known.newest > end ? known.newest : end)) : end;
  const filters: AnalysisFilters = {
    from,
    to: to < from ? from : to,
    channels: view.channels,
    statuses: view.statuses,
    ufs: view.ufs,
    stores: view.stores,
    limit: null,
  };
  const days = daysBetween(from, filters.to ?? from);
  const isOpen = view.period === 'all';
  const shifted = (by: number): AnalysisFilters => ({
    ...filters,
    from: addDays(from, -by),
    to: addDays(filters.to ?? from, -by),
  });
  return {
    view,
    filters,
    previous: isOpen ? null : shifted(days),
    lastYear: isOpen ? null : shifted(364),
    by: groupingFor(view.by, days),
    moment: filters.to === today ? now.time : null,
    stores: view.stores ?? known.stores,
  };
}

function groupingFor(asked: Grouping | null, days: number): Grouping {
  if (asked !== null && days <= MOST_DAYS[asked]) return asked;
  if (days <= 2) return 'hour';
  return days <= 92 ? 'day' : days <= 400 ? 'week' : 'month';
}

/** Days of a period, both ends included. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000) + 1;
}
