// The named analyses as cards: the same .sql files, run by the same code, as `esteira query`. Drawing is in draw-analyses.ts.
import { type Analysis, analysisNamed, type AnalysisName } from '../catalog/analyses.ts';
import { definitionInPortuguese } from '../catalog/analyses-pt.ts';
import { type Language, metricNamed } from '../catalog/metrics.ts';
import { addDays, addMonths, monthOf, nextMonth } from '../pipeline/period.ts';
import { type AnalysisFilters, runAnalysis } from '../pipeline/query.ts';
import type { Cell } from '../pipeline/result-cells.ts';
import { type Card, cellOf, dataTable, emptyNote, type PageName, titleIn, word } from './card.ts';
import {
  type Draw,
  drawAbc,
  drawCategories,
  drawCohorts,
  drawCustomers,
  drawDelivery,
  drawFlow,
  drawRegions,
} from './draw-analyses.ts';
import { NO_FOCUS, queryOf, type Scope, type View } from './view.ts';
import type { WordName } from './words.ts';

interface Shown {
  /** Two cards may show one analysis. */
  readonly id?: string;
  readonly name: AnalysisName;
  readonly page: PageName;
  readonly width: 'full' | 'half';
  readonly draw: Draw;
  readonly hasDrawing?: boolean;
  readonly title?: (view: View) => string;
  readonly appears?: (view: View) => boolean;
  /** The analysis' own default when absent. */
  readonly limit?: number;
  /** What the card asks for where that is not just the page's filters, and the words that say so. */
  readonly filters?: (scope: Scope) => AnalysisFilters;
  readonly note?: WordName;
  /** Said instead of "no orders" when there are no rows. */
  readonly empty?: WordName;
}

const TOP_ROWS = 15;
const COHORTS = 12;
/** More than any state has municipalities. */
const ALL_CITIES = 1_000;

const SHOWN: readonly Shown[] = [
  {
    name: 'channels',
    page: 'overview',
    width: 'half',
    draw: (table, { view }, caption) => ({
      body: dataTable(table, {
        lang: view.lang,
        columns: ['canal', 'pedidos_captados', 'receita_aprovada', 'ticket_medio', 'taxa_cancelamento'],
        bar: 'receita_aprovada',
        link: ([channel]) => `/${queryOf(view, { channels: view.channels?.length === 1 ? null : [channel ?? ''] })}`,
        caption,
      }),
    }),
  },
  {
    name: 'order-status',
    page: 'overview',
    width: 'half',
    draw: (table, { view }, caption) => ({
      body: dataTable(table, {
        lang: view.lang,
        columns: ['status', 'pedidos', 'participacao_pedidos', 'valor'],
        bar: 'valor',
        link: ([status]) => `/${queryOf(view, { statuses: view.statuses?.length === 1 ? null : [status ?? ''] })}`,
        caption,
      }),
    }),
  },
  {
    id: 'cities',
    name: 'top-cities',
    page: 'overview',
    width: 'full',
    limit: ALL_CITIES,
    appears: (view) => view.ufs?.length === 1,
    title: ({ lang, ufs }) => `${word('citiesOf', lang)} ${ufs?.[0] ?? ''}`,
    draw: drawCities(true),
  },
  { name: 'revenue-by-category', page: 'analyses', width: 'full', draw: drawCategories, hasDrawing: true },
  { name: 'products-by-region', page: 'analyses', width: 'full', draw: drawRegions },
  {
    name: 'top-products',
    page: 'analyses',
    width: 'half',
    draw: (table, { view: { lang } }, caption) => ({
      body: dataTable(table, {
        lang,
        columns: ['produto', 'unidades', 'receita', 'participacao'],
        bar: 'receita',
        caption,
      }),
    }),
  },
  { name: 'top-cities', page: 'analyses', width: 'half', draw: drawCities(false) },
  { name: 'status-flow', page: 'analyses', width: 'half', draw: drawFlow, hasDrawing: true, empty: 'noChanges' },
  {
    name: 'payments',
    page: 'analyses',
    width: 'half',
    draw: (table, { view: { lang } }, caption) => ({
      body: dataTable(table, {
        lang,
        columns: ['forma', 'parcelas', 'pagamentos', 'valor', 'participacao'],
        bar: 'valor',
        limit: TOP_ROWS,
        caption,
      }),
    }),
  },
  {
    name: 'customers',
    page: 'analyses',
    width: 'full',
    draw: drawCustomers,
    hasDrawing: true,
    // customers of a part of a month cannot be had from sums, and say little
    filters: ({ filters }) => ({
      ...filters,
      from: filters.from === null ? null : monthOf(filters.from),
      to: filters.to === null ? null : addDays(nextMonth(filters.to), -1),
    }),
    note: 'customersNote',
  },
  {
    name: 'cohorts',
    page: 'analyses',
    width: 'full',
    draw: drawCohorts,
    // a month's cohort says nothing before months have passed
    filters: ({ filters }) => ({
      ...filters,
      from: filters.to === null ? filters.from : addMonths(monthOf(filters.to), 1 - COHORTS),
    }),
    note: 'cohortNote',
  },
  { name: 'delivery', page: 'analyses', width: 'full', draw: drawDelivery },
  { name: 'abc', page: 'analyses', width: 'full', draw: drawAbc },
];

export const analysisCards: readonly Card[] = SHOWN.map((shown): Card => {
  const { name, page, width, limit = null, draw, hasDrawing = false, title, appears, filters, note, empty } = shown;
  const analysis = analysisNamed(name);
  const titleOf = (view: View): string => title?.(view) ?? titleIn(analysis.title, view.lang);
  return {
    id: shown.id ?? name,
    page,
    width,
    hasDrawing,
    ...(appears === undefined ? {} : { appears }),
    title: titleOf,
    about: ({ lang }) => [
      ...aboutAnalysis(analysis, name, lang),
      ...(note === undefined ? [] : [[word('here', lang), word(note, lang)] as const]),
    ],
    load: async ({ readers }, scope) => {
      const asked = filters?.(scope) ?? scope.filters;
      const { rows } = await readers.use((client) => runAnalysis(client, name, { ...asked, limit }));
      const table = { columns: analysis.columns, rows };
      if (rows.length === 0) return { table, body: emptyNote(scope.view.lang, empty) };
      return { table, ...draw(table, { ...scope, filters: asked }, titleOf(scope.view)) };
    },
  };
});

/** Cities lead to their orders; those that the IBGE's list does not know lead nowhere. */
function drawCities(isWhole: boolean): Draw {
  return (table, { view }, caption) => ({
    body: dataTable(table, {
      lang: view.lang,
      columns: isWhole
        ? ['cidade', 'pedidos', 'receita', 'ticket_medio', 'participacao']
        : ['cidade', 'uf', 'pedidos', 'receita', 'ticket_medio'],
      bar: 'receita',
      link: (row: readonly Cell[]) => {
        const city = cellOf(table.columns, row, 'codigo_ibge');
        const uf = cellOf(table.columns, row, 'uf');
        return city === null || uf === null
          ? null
          : `/orders${queryOf(view, { ufs: [uf], focus: { ...NO_FOCUS, city } })}`;
      },
      isTall: isWhole,
      caption,
    }),
  });
}

function aboutAnalysis(analysis: Analysis, name: AnalysisName, lang: Language): (readonly [string, string])[] {
  const { rows, date, statuses, revenue } = lang === 'pt' ? definitionInPortuguese(name) : analysis;
  return [
    ['esteira query', `${name}: ${rows}.`],
    [word('date', lang), `${date}.`],
    [word('statuses', lang), `${statuses}.`],
    [word('revenueIs', lang), `${revenue}.`],
    ...(analysis.metrics ?? []).map((metricName) => {
      const metric = metricNamed(metricName);
      return [metric.title[lang], metric.meaning[lang]] as const;
    }),
  ];
}
