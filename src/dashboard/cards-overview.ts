// The cards of the first page: the catalogue's metrics with what they are compared with, revenue over time, the map of states.
// Figures come from src/pipeline/metrics.ts; nothing is defined here.
import type { ResultColumn } from '../catalog/analyses.ts';
import { type Metric, METRICS } from '../catalog/metrics.ts';
import { ORDER_STATUSES } from '../catalog/order-words.ts';
import { commercialDates } from '../model/reference/calendar.ts';
import type { AnalysisFilters } from '../pipeline/query.ts';
import { metricsBy, type ResultTable, runMetrics } from '../pipeline/metrics.ts';
import type { Cell } from '../pipeline/result-cells.ts';
import { bucketsOf, partialBuckets } from './buckets.ts';
import { type Card, cellOf, dataTable, emptyNote, tableBehind, word } from './card.ts';
import { type LineChart, lineChart, sparkline, tileMap } from './charts.ts';
import { lineDrawing, mapDrawing } from './drawings.ts';
import { type Change, changeOf, figure } from './figures.ts';
import { type Html, html } from './html.ts';
import { queryOf, type Scope } from './view.ts';

/** First tiles are larger. */
const LEADING = 2;
/** More letters than half a telephone's width holds. */
const LONG = 11;

export const metricsCard: Card = {
  id: 'metrics',
  page: 'overview',
  width: 'full',
  title: ({ lang }) => word('metrics', lang),
  about: () => [],
  load: async ({ readers }, scope) => {
    const { filters, previous, lastYear, view, moment } = scope;
    const ask = (asked: AnalysisFilters | null): Promise<ResultTable | null> =>
      asked === null ? Promise.resolve(null) : readers.use((client) => runMetrics(client, asked, 'total', moment));
    // at once, each on a connection of its own
    const [now, before, yearBefore, daily] = await Promise.all([
      readers.use((client) => runMetrics(client, filters, 'total')),
      ask(previous),
      ask(lastYear),
      readers.use(async (client) => filled(await runMetrics(client, filters, scope.by), scope)),
    ]);
    const { lang } = view;
    const rows = METRICS.map((metric: Metric, index): readonly Cell[] => [
      metric.name,
      now.rows[0]?.[index] ?? null,
      before?.rows[0]?.[index] ?? null,
      yearBefore?.rows[0]?.[index] ?? null,
    ]);
    const columns: ResultColumn[] = [
      { name: 'indicador', title: word('metric', lang), kind: 'text' },
      { name: 'periodo', title: word('now', lang), kind: 'number' },
      { name: 'periodo_anterior', title: word('before', lang), kind: 'number' },
      { name: 'um_ano_antes', title: word('yearBefore', lang), kind: 'number' },
    ];
    const tiles = METRICS.map((metric: Metric, index) => {
      const [, current = null, former = null, old = null] = rows[index] ?? [];
      const values = daily.rows.map((row) => {
        const value = cellOf(daily.columns, row, metric.name);
        return value === null ? null : Number(value);
      });
      const shown = figure(current, metric.kind, lang);
      const size = index < LEADING ? ' lead' : shown.length > LONG ? ' long' : '';
      return html`<section class="tile-metric${size}" data-metric="${metric.name}">
        <h3>${metric.title[lang]}${definition(metric, scope)}</h3>
        <p class="value" data-value="${current ?? ''}">${shown}</p>
        ${sparkline(values)}
        ${comparisons(
          metric,
          [
            ...(previous === null ? [] : [{ base: 'previous' as const, cell: former }]),
            ...(lastYear === null ? [] : [{ base: 'lastYear' as const, cell: old }]),
          ],
          current,
          scope,
        )}
      </section>`;
    });
    return { table: { columns, rows }, body: html`<div class="metrics">${tiles}</div>` };
  },
};

function definition(metric: Metric, { view: { lang }, moment }: Scope): Html {
  const isAll = ORDER_STATUSES.every((status) => metric.statuses.includes(status));
  return html`<details class="about">
    <summary aria-label="${word('about', lang)} ${metric.title[lang]}">i</summary>
    <div>
      <p>${metric.meaning[lang]}</p>
      <p>${word('dayNote', lang)}${moment === null ? null : ` ${word('momentNote', lang)} ${moment}.`}</p>
      <dl>
        <dt>${word('statuses', lang)}</dt>
        <dd>${isAll ? word('every', lang) : metric.statuses.join(', ')}</dd>
        <dt>${word('formula', lang)}</dt>
        <dd><code>${metric.formula}</code></dd>
        <dt>${word('owner', lang)}</dt>
        <dd>${metric.owner[lang]}</dd>
      </dl>
    </div>
  </details>`;
}

interface Base {
  readonly base: 'previous' | 'lastYear';
  readonly cell: Cell;
}

function comparisons(metric: Metric, bases: readonly Base[], current: Cell, scope: Scope): Html | null {
  const { lang } = scope.view;
  const changes = bases.map(({ cell }) => changeOf(current, cell, metric.kind, lang));
  if (bases.length > 0 && changes.every((change) => change === null))
    return html`<p class="change none"><small>${word('noBase', lang)}</small></p>`;
  return html`${bases.map((base, index) => comparison(metric, changes[index] ?? null, base, scope))}`;
}

function comparison(
  metric: Metric,
  change: Change | null,
  { base, cell: before }: Base,
  { view: { lang }, moment }: Scope,
): Html {
  if (change === null)
    return html`<p class="change none">
      <span>–</span>
      <small>${word('noBase', lang)}: ${word(base === 'previous' ? 'before' : 'yearBefore', lang).toLowerCase()}</small>
    </p>`;
  const against = `${word(base, lang)}${moment === null ? '' : ` ${word('until', lang)} ${moment}`}`;
  const isGood = change.direction === (metric.better === 'less' ? 'down' : 'up');
  const mood = metric.better === null || change.direction === 'same' ? 'plain' : isGood ? 'good' : 'bad';
  const arrow = { up: '▲', down: '▼', same: '=' }[change.direction];
  return html`<p class="change ${mood}" title="${figure(before, metric.kind, lang)}">
    <span><span aria-hidden="true">${arrow}</span> ${change.text}</span> <small>${against}</small>
  </p>`;
}

export const overTimeCard: Card = {
  id: 'revenue-over-time',
  page: 'overview',
  width: 'full',
  hasDrawing: true,
  title: ({ lang }) => word('overTime', lang),
  about: ({ lang }) =>
    METRICS.filter(({ name }) => SHOWN.includes(name)).map((metric: Metric) => [
      metric.title[lang],
      metric.meaning[lang],
    ]),
  load: async ({ readers }, scope) => {
    const { lang } = scope.view;
    const table = filled(await readers.use((client) => runMetrics(client, scope.filters, scope.by)), scope);
    const [bucket] = table.columns;
    if (bucket === undefined || table.rows.every((row) => cellOf(table.columns, row, 'pedidos_captados') === '0'))
      return { table, body: emptyNote(lang) };
    const chart = revenueChart(table, bucket, scope);
    const behind = tableBehind(table, {
      lang,
      columns: [
        bucket.name,
        'receita_captada',
        'receita_aprovada',
        'receita_liquida',
        'pedidos_captados',
        'ticket_medio',
      ],
      caption: word('overTime', lang),
    });
    return { table, body: html`${lineChart(chart)}${behind}`, drawing: lineDrawing(chart) };
  },
};

function revenueChart(table: ResultTable, bucket: ResultColumn, scope: Scope): LineChart {
  const { lang } = scope.view;
  const values = (name: string): number[] => table.rows.map((row) => Number(cellOf(table.columns, row, name) ?? 0));
  const starts = table.rows.map((row) => row[0] ?? '');
  const labels = starts.map((start) => figure(start, bucket.kind, lang));
  const metrics = METRICS.filter(({ name }) => SHOWN.includes(name)) as readonly Metric[];
  const marks = scope.by === 'day' ? marksIn(starts, labels) : [];
  const partial = partialBuckets(starts, scope.by, scope);
  const notes = table.rows.map((row, index) =>
    [
      [
        labels[index],
        marks.find((mark) => mark.index === index)?.name,
        partial.includes(index) ? word('partial', lang).toLowerCase() : null,
      ]
        .filter(Boolean)
        .join(' · '),
      ...metrics.map(
        (metric) => `${metric.title[lang]}: ${figure(cellOf(table.columns, row, metric.name), metric.kind, lang)}`,
      ),
      `${figure(cellOf(table.columns, row, 'pedidos_captados'), 'count', lang)} ${word('ordersUnit', lang)}`,
    ].join('\n'),
  );
  return {
    lines: metrics.map((metric, index) => ({
      title: metric.title[lang],
      values: values(metric.name),
      color: index + 1,
      isArea: index === 0,
    })),
    labels,
    notes,
    marks,
    partial: { indexes: partial, title: word('partial', lang) },
    kind: 'money',
    lang,
    summary: `${word('overTime', lang)}: ${labels[0]} – ${labels.at(-1)}`,
  };
}

const SHOWN: readonly string[] = ['receita_captada', 'receita_aprovada'];

function marksIn(days: readonly string[], labels: readonly string[]): { index: number; title: string; name: string }[] {
  const years = [...new Set(days.map((day) => Number(day.slice(0, 4))))];
  const known = new Map(years.flatMap((year) => [...commercialDates(year)]));
  return days.flatMap((day, index) => {
    const name = known.get(day);
    return name === undefined ? [] : [{ index, name, title: `${name} (${labels[index]})` }];
  });
}

/** Hours, days, weeks and months without orders as rows of zeros, so that time runs evenly. Ratios stay unknown. */
export function filled(table: ResultTable, scope: Scope): ResultTable {
  const { from, to } = scope.filters;
  if (from === null || to === null) return table;
  const known = new Map(table.rows.map((row) => [row[0] ?? '', row]));
  const zero = metricsBy(scope.by).map((metric): Cell =>
    metric.formula.startsWith('coalesce(') ? (metric.kind === 'money' ? '0.00' : '0') : null,
  );
  return {
    columns: table.columns,
    rows: bucketsOf(from, to, scope.by, scope.moment).map((start) => known.get(start) ?? [start, ...zero]),
  };
}

export const mapCard: Card = {
  id: 'states',
  page: 'overview',
  width: 'full',
  hasDrawing: true,
  title: ({ lang }) => word('map', lang),
  about: ({ lang }) => [
    ...METRICS.filter(({ name }) => name === 'receita_aprovada').map(
      (metric: Metric) => [metric.title[lang], metric.meaning[lang]] as const,
    ),
    [word('here', lang), word('mapNote', lang)],
  ],
  load: async ({ readers }, { filters, view }) => {
    const { lang } = view;
    // the way in to every state, so the chosen one does not hide the others
    const found = await readers.use((client) => runMetrics(client, { ...filters, ufs: null }, 'uf'));
    const revenue = (row: readonly Cell[]): Cell => cellOf(found.columns, row, 'receita_aprovada');
    const table = {
      columns: found.columns,
      rows: found.rows.toSorted((a, b) => Number(revenue(b)) - Number(revenue(a))),
    };
    if (table.rows.length === 0) return { table, body: emptyNote(lang) };
    const total = table.rows.reduce((sum, row) => sum + Number(revenue(row)), 0);
    const most = Math.max(...table.rows.map((row) => Number(revenue(row))));
    const isChosen = (uf: Cell): boolean => view.ufs?.includes(uf ?? '') ?? false;
    const hrefOf = (uf: Cell): string =>
      `/${queryOf(view, { ufs: view.ufs?.length === 1 && isChosen(uf) ? null : [uf ?? ''] })}`;
    const tiles = table.rows.map((row) => ({
      uf: row[0] ?? '',
      level: most === 0 ? 0 : Number(revenue(row)) / most,
      title: `${row[0]}: ${figure(revenue(row), 'money', lang)}`,
      label: figure(String(total === 0 ? 0 : Number(revenue(row)) / total), 'fraction', lang),
      href: hrefOf(row[0] ?? null),
      isChosen: isChosen(row[0] ?? null),
    }));
    return {
      table,
      drawing: mapDrawing(tiles),
      body: html`<div class="map-and-table">
        ${tileMap(tiles, word('map', lang))}
        ${dataTable(table, {
          lang,
          columns: ['uf', 'receita_aprovada', 'pedidos_captados', 'ticket_medio', 'participacao_frete'],
          bar: 'receita_aprovada',
          link: (row) => hrefOf(row[0] ?? null),
          isChosen: (row) => isChosen(row[0] ?? null),
          isTall: true,
          caption: word('map', lang),
        })}
      </div>`,
    };
  },
};
