import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blackFriday, calendarDays, commercialDates, easterSunday, nationalHolidays } from './calendar.ts';

test('Easter falls on the dates that almanacs print', () => {
  const published = [
    '1961-04-02',
    '1995-04-16',
    '2000-04-23',
    '2008-03-23',
    '2011-04-24',
    '2018-04-01',
    '2019-04-21',
    '2022-04-17',
    '2023-04-09',
    '2024-03-31',
    '2025-04-20',
    '2026-04-05',
    '2027-03-28',
    '2038-04-25',
  ];
  for (const date of published) assert.equal(easterSunday(Number(date.slice(0, 4))), date);
});

test('Black Friday is the day after the fourth Thursday, which in 2024 was the fifth Friday', () => {
  assert.deepEqual([2019, 2022, 2023, 2024, 2025, 2026].map(blackFriday), [
    '2019-11-29',
    '2022-11-25',
    '2023-11-24',
    '2024-11-29',
    '2025-11-28',
    '2026-11-27',
  ]);
});

test('20 November is a national holiday only from 2024 on', () => {
  assert.equal(nationalHolidays(2023).get('2023-11-20'), undefined);
  assert.equal(nationalHolidays(2024).get('2024-11-20'), 'Dia da Consciência Negra');
});

test('the ten national holidays of 2026 are exactly the published ones, without Carnaval and Corpus Christi', () => {
  assert.deepEqual([...nationalHolidays(2026).keys()].sort(), [
    '2026-01-01',
    '2026-04-03',
    '2026-04-21',
    '2026-05-01',
    '2026-09-07',
    '2026-10-12',
    '2026-11-02',
    '2026-11-15',
    '2026-11-20',
    '2026-12-25',
  ]);
});

test('Sexta-feira Santa of 2000 fell on Tiradentes, and neither name is lost', () => {
  assert.equal(nationalHolidays(2000).get('2000-04-21'), 'Sexta-feira Santa e Tiradentes');
});

test('the commercial dates of 2024 are those of the retail calendar', () => {
  assert.deepEqual(Object.fromEntries(commercialDates(2024)), {
    '2024-03-15': 'Dia do Consumidor',
    '2024-05-12': 'Dia das Mães',
    '2024-06-12': 'Dia dos Namorados',
    '2024-08-11': 'Dia dos Pais',
    '2024-10-12': 'Dia das Crianças',
    '2024-11-29': 'Black Friday',
    '2024-12-02': 'Cyber Monday',
    '2024-12-25': 'Natal',
  });
});

test('calendar days are complete, in order, and count weekdays from Monday', () => {
  const days = calendarDays(2023, 2024);
  assert.equal(days.length, 365 + 366);
  assert.deepEqual(days[0], {
    data: '2023-01-01',
    ano: 2023,
    mes: 1,
    dia: 1,
    dia_semana: 7,
    feriado: 'Confraternização Universal',
    data_comercial: null,
  });
  assert.equal(days.find((day) => day.data === '2024-02-29')?.dia_semana, 4);
  assert.deepEqual(days.at(-1), {
    data: '2024-12-31',
    ano: 2024,
    mes: 12,
    dia: 31,
    dia_semana: 2,
    feriado: null,
    data_comercial: null,
  });
});
