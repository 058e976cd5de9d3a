// The days that matter to Brazilian retail: national holidays and commercial dates, computed from their rules.
// Never lists state or city holidays, nor bank days off: Carnaval and Corpus Christi are not national holidays.

/** One local day. `dia_semana` is ISO 8601: 1 = Monday .. 7 = Sunday. */
export interface CalendarDay {
  /** YYYY-MM-DD */
  readonly data: string;
  readonly ano: number;
  readonly mes: number;
  readonly dia: number;
  readonly dia_semana: number;
  readonly feriado: string | null;
  readonly data_comercial: string | null;
}

const DAY_MS = 86_400_000;

/** Leis 662/1949, 6.802/1980 and 10.607/2002; 20 November by Lei 14.759/2023. `since` is the first year it was observed nationwide, where it matters. */
const FIXED_HOLIDAYS = [
  { mes: 1, dia: 1, nome: 'Confraternização Universal', since: 0 },
  { mes: 4, dia: 21, nome: 'Tiradentes', since: 0 },
  { mes: 5, dia: 1, nome: 'Dia do Trabalho', since: 0 },
  { mes: 9, dia: 7, nome: 'Independência do Brasil', since: 0 },
  { mes: 10, dia: 12, nome: 'Nossa Senhora Aparecida', since: 1980 },
  { mes: 11, dia: 2, nome: 'Finados', since: 0 },
  { mes: 11, dia: 15, nome: 'Proclamação da República', since: 0 },
  { mes: 11, dia: 20, nome: 'Dia da Consciência Negra', since: 2024 },
  { mes: 12, dia: 25, nome: 'Natal', since: 0 },
] as const;

/** YYYY-MM-DD of a UTC day number; the calendar needs no clock and no zone. */
function isoDay(dayMs: number): string {
  return new Date(dayMs).toISOString().slice(0, 10);
}

function isoWeekday(dayMs: number): number {
  return ((new Date(dayMs).getUTCDay() + 6) % 7) + 1;
}

/** The nth (from 1) given ISO weekday of a month, as milliseconds of its UTC midnight. */
function nthWeekday(ano: number, mes: number, weekday: number, nth: number): number {
  const first = Date.UTC(ano, mes - 1, 1);
  const skip = (weekday - isoWeekday(first) + 7) % 7;
  return first + (skip + (nth - 1) * 7) * DAY_MS;
}

/** Easter Sunday of the Gregorian calendar, YYYY-MM-DD. Source: the anonymous algorithm published in Nature, 1876 (Meeus, Astronomical Algorithms, ch. 8). */
export function easterSunday(ano: number): string {
  const a = ano % 19;
  const b = Math.floor(ano / 100);
  const c = ano % 100;
  const d = Math.floor(b / 4);
  const e = b % 4;
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - d - g + 15) % 30;
  const i = Math.floor(c / 4);
  const k = c % 4;
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const monthAndDay = h + l - 7 * m + 114;
  return isoDay(Date.UTC(ano, Math.floor(monthAndDay / 31) - 1, (monthAndDay % 31) + 1));
}

/** Black Friday as Brazil keeps it: the day after the fourth Thursday of November, YYYY-MM-DD. It is not always the fourth Friday. */
export function blackFriday(ano: number): string {
  return isoDay(nthWeekday(ano, 11, 4, 4) + DAY_MS);
}

/** National holidays of a year by date; two on the same day (21 April 2000) share one entry. */
export function nationalHolidays(ano: number): Map<string, string> {
  const days = new Map<string, string>();
  for (const { mes, dia, nome, since } of FIXED_HOLIDAYS) {
    if (ano >= since) days.set(isoDay(Date.UTC(ano, mes - 1, dia)), nome);
  }
  const goodFriday = isoDay(Date.parse(easterSunday(ano)) - 2 * DAY_MS);
  const other = days.get(goodFriday);
  days.set(goodFriday, other === undefined ? 'Sexta-feira Santa' : `Sexta-feira Santa e ${other}`);
  return days;
}

/** Dates around which Brazilian stores sell more, by date. */
export function commercialDates(ano: number): Map<string, string> {
  const friday = Date.parse(blackFriday(ano));
  return new Map([
    [isoDay(Date.UTC(ano, 2, 15)), 'Dia do Consumidor'],
    [isoDay(nthWeekday(ano, 5, 7, 2)), 'Dia das Mães'],
    [isoDay(Date.UTC(ano, 5, 12)), 'Dia dos Namorados'],
    [isoDay(nthWeekday(ano, 8, 7, 2)), 'Dia dos Pais'],
    [isoDay(Date.UTC(ano, 9, 12)), 'Dia das Crianças'],
    [isoDay(friday), 'Black Friday'],
    [isoDay(friday + 3 * DAY_MS), 'Cyber Monday'],
    [isoDay(Date.UTC(ano, 11, 25)), 'Natal'],
  ]);
}

/** Every day from 1 January of `fromYear` to 31 December of `toYear`, in order. */
export function calendarDays(fromYear: number, toYear: number): CalendarDay[] {
  const days: CalendarDay[] = [];
  for (let ano = fromYear; ano <= toYear; ano += 1) {
    const holidays = nationalHolidays(ano);
    const commercial = commercialDates(ano);
    const end = Date.UTC(ano + 1, 0, 1);
    for (let dayMs = Date.UTC(ano, 0, 1); dayMs < end; dayMs += DAY_MS) {
      const data = isoDay(dayMs);
      days.push({
        data,
        ano,
        mes: Number(data.slice(5, 7)),
        dia: Number(data.slice(8)),
        dia_semana: isoWeekday(dayMs),
        feriado: holidays.get(data) ?? null,
        data_comercial: commercial.get(data) ?? null,
      });
    }
  }
  return days;
}
