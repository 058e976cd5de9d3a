// When people buy: the weight of each day and of each hour in an invented store's life. Never reads the clock.
import { blackFriday, calendarDays } from '../../model/reference/calendar.ts';

const DAY_MS = 86_400_000;

/** By ISO weekday, Monday first: online shopping is a weekday habit. */
const WEEKDAY_WEIGHTS = [1.13, 1.1, 1.06, 1.03, 0.98, 0.8, 0.88];

/** Orders by local hour on an ordinary day, and on Black Friday with its rush after midnight. */
const HOUR_WEIGHTS = [
  1.6, 0.9, 0.5, 0.3, 0.3, 0.5, 1.1, 2.2, 3.6, 5, 6.1, 6.3, 5.8, 5.7, 5.9, 6, 5.9, 5.6, 5.4, 5.7, 6.4, 6.6, 5.4, 3.2,
];
const BLACK_FRIDAY_HOUR_WEIGHTS = [
  9, 5.5, 2.6, 1.3, 1, 1.1, 2, 3.4, 5, 6, 6.3, 6.1, 5.6, 5.2, 5.1, 5, 4.9, 4.8, 4.8, 5.2, 5.6, 5.8, 5.4, 4.4,
];

/** Yearly growth of the store. */
const GROWTH = 1.22;

export interface Season {
  /** Days of the period in order, YYYY-MM-DD. */
  readonly days: readonly string[];
  /** Share of all orders before each day; one element more than days, from 0 to 1. */
  readonly cumulative: Float64Array;
  readonly month: Uint8Array;
  /** Months since the first one, for prices. */
  readonly monthIndex: Uint16Array;
  /** 1 in the seven days that end with Cyber Monday. */
  readonly isBlackWeek: Uint8Array;
  readonly isBlackFriday: Uint8Array;
}

/** Days from one date to another, with a sign. */
function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}

function dayWeight(
  data: string,
  dia: number,
  mes: number,
  weekday: number,
  commercial: ReadonlyMap<string, string>,
  friday: string,
): number {
  let weight = WEEKDAY_WEIGHTS[weekday - 1] as number;
  if (dia >= 5 && dia <= 10) weight *= 1.13;
  if (dia === 20) weight *= 1.08;
  for (const [date, name] of commercial) {
    const ahead = daysBetween(data, date);
    if (name === 'Dia do Consumidor' && ahead === 0) weight *= 1.5;
    if (name === 'Dia das Mães' && ahead >= 3 && ahead <= 16) weight *= 1.3;
    if (name === 'Dia dos Namorados' && ahead >= 2 && ahead <= 12) weight *= 1.15;
    if (name === 'Dia dos Pais' && ahead >= 3 && ahead <= 12) weight *= 1.12;
    if (name === 'Dia das Crianças' && ahead >= 3 && ahead <= 14) weight *= 1.15;
  }
  const fromFriday = daysBetween(friday, data);
  weight *=
    { '-4': 1.3, '-3': 1.4, '-2': 1.6, '-1': 2.3, '0': 4.6, '1': 2.2, '2': 1.7, '3': 2.2 }[String(fromFriday)] ?? 1;
  if (fromFriday < -4 && fromFriday > -26 && mes === 11) weight *= 1.1;
  if (mes === 12) weight *= dia <= 18 ? 1.32 : dia <= 23 ? 1 : 0.62;
  if (mes === 1 && dia === 1) weight *= 0.55;
  if (mes === 2) weight *= 0.94;
  return weight;
}

/** The days of a period (both inclusive, YYYY-MM-DD) with their shares of the orders. */
export function makeSeason(from: string, to: string): Season {
  const fromYear = Number(from.slice(0, 4));
  const rows = calendarDays(fromYear, Number(to.slice(0, 4)));
  const commercialByYear = new Map<number, Map<string, string>>();
  for (const row of rows) {
    if (row.data_comercial === null) continue;
    const year = commercialByYear.get(row.ano) ?? new Map<string, string>();
    commercialByYear.set(row.ano, year.set(row.data, row.data_comercial));
  }
  const period = rows.filter((row) => row.data >= from && row.data <= to);
  const count = period.length;
  const season = {
    days: period.map((row) => row.data),
    cumulative: new Float64Array(count + 1),
    month: new Uint8Array(count),
    monthIndex: new Uint16Array(count),
    isBlackWeek: new Uint8Array(count),
    isBlackFriday: new Uint8Array(count),
  };
  const fridays = new Map<number, string>();
  for (const [index, row] of period.entries()) {
    const friday = fridays.get(row.ano) ?? blackFriday(row.ano);
    fridays.set(row.ano, friday);
    const weight = dayWeight(
      row.data,
      row.dia,
      row.mes,
      row.dia_semana,
      commercialByYear.get(row.ano) ?? new Map<string, string>(),
      friday,
    );
    const fromFriday = daysBetween(friday, row.data);
    season.cumulative[index + 1] = (season.cumulative[index] as number) + weight * GROWTH ** (index / 365.25);
    season.month[index] = row.mes;
    season.monthIndex[index] = (row.ano - fromYear) * 12 + row.mes - 1;
    season.isBlackWeek[index] = fromFriday >= -3 && fromFriday <= 3 ? 1 : 0;
    season.isBlackFriday[index] = fromFriday === 0 ? 1 : 0;
  }
  const total = season.cumulative[count] as number;
  for (let index = 0; index <= count; index += 1)
    season.cumulative[index] = (season.cumulative[index] as number) / total;
  return season;
}

/** Second of the local day (0 to 86,399) at a share (0 to 1) of that day's orders. */
export function secondOfDay(share: number, isBlackFriday: boolean): number {
  const weights = isBlackFriday ? BLACK_FRIDAY_HOUR_WEIGHTS : HOUR_WEIGHTS;
  const total = isBlackFriday ? BLACK_FRIDAY_TOTAL : HOUR_TOTAL;
  let left = share * total;
  for (let hour = 0; hour < 24; hour += 1) {
    const weight = weights[hour] as number;
    if (left < weight) return Math.min(86_399, Math.floor((hour + left / weight) * 3600));
    left -= weight;
  }
  return 86_399;
}

const HOUR_TOTAL = HOUR_WEIGHTS.reduce((sum, weight) => sum + weight, 0);
const BLACK_FRIDAY_TOTAL = BLACK_FRIDAY_HOUR_WEIGHTS.reduce((sum, weight) => sum + weight, 0);
