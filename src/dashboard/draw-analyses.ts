// How the answers of single analyses are drawn: lines, classes, regions, ribbons, a grid of cohorts. Given rows, it gives HTML; it reads nothing.
import { ORDER_STATUSES } from '../catalog/order-words.ts';
import type { ResultTable } from '../pipeline/metrics.ts';
import type { Cell } from '../pipeline/result-cells.ts';
import { partialBuckets } from './buckets.ts';
import { cellOf, dataTable, tableBehind, titleIn, word } from './card.ts';
import { bar, type LineChart, lineChart } from './charts.ts';
import { type Drawing, lineDrawing } from './drawings.ts';
import { figure } from './figures.ts';
import { flowChart, flowDrawing } from './flow-chart.ts';
import { type Html, html } from './html.ts';
import type { Scope } from './view.ts';

/** What stands in the card, and the chart of it as a file. */
export interface Drawn {
  readonly body: Html;
  readonly drawing?: Drawing;
}

/** Draws the rows of an analysis; there is at least one. */
export type Draw = (table: ResultTable, scope: Scope, caption: string) => Drawn;

const CATEGORY_LINES = 6;

export const drawCategories: Draw = (table, scope, caption) => {
  const { lang } = scope.view;
  const { columns, rows } = table;
  const months = [...new Set(rows.map((row) => cellOf(columns, row, 'mes')))];
  const byCategory = new Map<string, (readonly Cell[])[]>();
  for (const row of rows) {
    const category = cellOf(columns, row, 'categoria') ?? '';
    byCategory.set(category, [...(byCategory.get(category) ?? []), row]);
  }
  const last = (own: readonly (readonly Cell[])[]): number =>
    Number(cellOf(columns, own.at(-1) ?? [], 'receita_acumulada') ?? 0);
  const leading = [...byCategory].toSorted(([, a], [, b]) => last(b) - last(a)).slice(0, CATEGORY_LINES);
  const labels = months.map((month) => figure(month, 'month', lang));
  const chart: LineChart = {
    lines: leading.map(([category, own], index) => ({
      title: `${category} · ${figure(cellOf(columns, own.at(-1) ?? [], 'receita_acumulada'), 'money', lang)}`,
      values: own.map((row) => Number(cellOf(columns, row, 'receita_acumulada') ?? 0)),
      color: index + 1,
    })),
    labels,
    notes: months.map((month, index) =>
      [
        labels[index],
        ...leading.map(([category, own]) => {
          const row = own.find((candidate) => cellOf(columns, candidate, 'mes') === month) ?? [];
          return `${category}: ${figure(cellOf(columns, row, 'receita_acumulada'), 'money', lang)}`;
        }),
      ].join('\n'),
    ),
    partial: { indexes: partialBuckets(months.map(String), 'month', scope), title: word('partial', lang) },
    kind: 'money',
    lang,
    summary: caption,
  };
  return { body: html`${lineChart(chart)}${tableBehind(table, { lang, caption })}`, drawing: lineDrawing(chart) };
};

export const drawRegions: Draw = (table, { view: { lang } }, caption) => {
  const { columns, rows } = table;
  const regions = [...new Set(rows.map((row) => cellOf(columns, row, 'regiao') ?? ''))];
  return {
    body: html`<div class="regions">
      ${regions.map((region) => {
        const own = rows.filter((row) => cellOf(columns, row, 'regiao') === region);
        return html`<section>
          <h3>${region}</h3>
          ${dataTable(
            { columns, rows: own },
            { lang, columns: ['produto', 'unidades', 'receita'], caption: `${caption}: ${region}` },
          )}
        </section>`;
      })}
    </div>`,
  };
};

export const drawCustomers: Draw = (table, scope, caption) => {
  const { lang } = scope.view;
  const { columns, rows } = table;
  const values = (name: string): number[] => rows.map((row) => Number(cellOf(columns, row, name) ?? 0));
  const titled = (name: string): string => titleIn(columns.find((column) => column.name === name)?.title ?? name, lang);
  const labels = rows.map((row) => figure(cellOf(columns, row, 'mes'), 'month', lang));
  const names = ['clientes_novos', 'clientes_recorrentes'];
  const chart: LineChart = {
    lines: names.map((name, index) => ({
      title: titled(name),
      values: values(name),
      color: index + 1,
      isArea: index === 0,
    })),
    labels,
    notes: rows.map((row, index) =>
      [
        labels[index],
        ...names.map((name) => `${titled(name)}: ${figure(cellOf(columns, row, name), 'count', lang)}`),
      ].join('\n'),
    ),
    partial: {
      indexes: partialBuckets(
        rows.map((row) => cellOf(columns, row, 'mes') ?? ''),
        'month',
        scope,
      ),
      title: word('partial', lang),
    },
    kind: 'count',
    lang,
    summary: caption,
  };
  return { body: html`${lineChart(chart)}${tableBehind(table, { lang, caption })}`, drawing: lineDrawing(chart) };
};

export const drawAbc: Draw = (table, { view: { lang } }, caption) => {
  const { columns, rows } = table;
  const classes = ['A', 'B', 'C'].map((name) => {
    const own = rows.filter((row) => cellOf(columns, row, 'classe') === name);
    return {
      name,
      count: own.length,
      share: own.reduce((sum, row) => sum + Number(cellOf(columns, row, 'participacao') ?? 0), 0),
    };
  });
  return {
    body: html`<ul class="classes">
        ${classes.map(
          ({ name, count, share }, index) =>
            html`<li>
              <b>${name}</b>
              <span>${figure(String(count), 'count', lang)} ${word(count === 1 ? 'product' : 'products', lang)}</span>
              <span class="num">${figure(share.toFixed(6), 'fraction', lang)}</span>${bar(share, index + 1)}
            </li>`,
        )}
      </ul>
      ${dataTable(table, {
        lang,
        columns: ['classe', 'produto', 'receita', 'participacao_acumulada'],
        limit: 10,
        caption,
      })}`,
  };
};

export const drawFlow: Draw = (table, { view: { lang } }, caption) => {
  const { columns, rows } = table;
  const flows = rows.map((row) => {
    const [from, to] = [cellOf(columns, row, 'de') ?? '', cellOf(columns, row, 'para') ?? ''];
    const count = cellOf(columns, row, 'mudancas');
    return { from, to, count: Number(count), title: `${from} → ${to}: ${figure(count, 'count', lang)}` };
  });
  const drawing = flowDrawing(flows, ORDER_STATUSES, (count) => figure(String(count), 'count', lang));
  return {
    body: html`${flowChart(drawing, caption)}${dataTable(table, { lang, bar: 'mudancas', caption })}`,
    drawing,
  };
};

/** Cohorts down, months since across; darker where more came back. Month 0 is the cohort itself, so it is not a cell of the grid. */
export const drawCohorts: Draw = (table, { view: { lang } }, caption) => {
  const { columns, rows } = table;
  const later = rows.filter((row) => cellOf(columns, row, 'meses_depois') !== '0');
  const most = Math.max(0, ...later.map((row) => Number(cellOf(columns, row, 'retencao'))));
  const months = [...new Set(later.map((row) => Number(cellOf(columns, row, 'meses_depois'))))].toSorted(
    (a, b) => a - b,
  );
  const cohorts = [...new Set(rows.map((row) => cellOf(columns, row, 'coorte')))];
  const cell = (cohort: Cell, monthCount: number): Html => {
    const row = later.find(
      (candidate) =>
        cellOf(columns, candidate, 'coorte') === cohort &&
        cellOf(columns, candidate, 'meses_depois') === String(monthCount),
    );
    if (row === undefined) return html`<td></td>`;
    const share = cellOf(columns, row, 'retencao');
    const level = most === 0 || Number(share) === 0 ? 0 : 1 + Math.min(4, Math.floor((Number(share) / most) * 4.999));
    const note = `${figure(cellOf(columns, row, 'clientes_ativos'), 'count', lang)} · ${figure(cellOf(columns, row, 'receita'), 'money', lang)}`;
    return html`<td class="num t${level}" title="${note}">${figure(share, 'fraction', lang)}</td>`;
  };
  const first = rows.filter((row) => cellOf(columns, row, 'meses_depois') === '0');
  return {
    body: html`<p class="hint">${word('cohortHint', lang)}</p>
      <div class="scroll" tabindex="0" role="region" aria-label="${caption}">
        <table class="heat">
          <caption class="sr">
            ${caption}
          </caption>
          <thead>
            <tr>
              <th scope="col">${titleIn('Primeira compra', lang)}</th>
              <th scope="col" class="num">${titleIn('Clientes', lang)}</th>
              ${months.map((count) => html`<th scope="col" class="num"><abbr title="${count} ${word('monthsLater', lang)}">+${count}</abbr></th>`)}
            </tr>
          </thead>
          <tbody>
            ${cohorts.map(
              (cohort, index) =>
                html`<tr>
                  <th scope="row">${figure(cohort, 'month', lang)}</th>
                  <td class="num">${figure(cellOf(columns, first[index] ?? [], 'clientes'), 'count', lang)}</td>
                  ${months.map((count) => cell(cohort, count))}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`,
  };
};

export const drawDelivery: Draw = (table, { view: { lang } }, caption) => {
  const { columns, rows } = table;
  // a source that states no times gives empty columns: better one sentence than four of them
  const hasTimes = rows.some(
    (row) => cellOf(columns, row, 'dias_entrega') !== null || cellOf(columns, row, 'dias_envio') !== null,
  );
  const shown = ['uf', 'pedidos', 'frete', 'frete_medio', 'participacao_frete'];
  return {
    body: html`${hasTimes ? null : html`<p class="hint">${word('noDeliveryTimes', lang)}</p>`}
    ${dataTable(table, {
      lang,
      columns: hasTimes ? [...shown, 'entregues', 'dias_envio', 'dias_entrega', 'no_prazo'] : shown,
      bar: hasTimes ? 'dias_entrega' : 'frete_medio',
      isTall: true,
      caption,
    })}`,
  };
};
