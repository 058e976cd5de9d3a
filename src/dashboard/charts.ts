// Charts as SVG drawn on the server: lines over time, sparklines, bars in a table cell, Brazil as one tile per state. Pure; no figure is computed here.
// Shapes stretch with the page, so text stands outside of them, in HTML (drawings.ts puts both into a file). No style attribute is used: the content
// security policy forbids it.
import type { ColumnKind } from '../catalog/analyses.ts';
import type { Language } from '../catalog/metrics.ts';
import { shortFigure } from './figures.ts';
import { type Html, html } from './html.ts';

export const PLOT_WIDTH = 1000;
export const PLOT_HEIGHT = 240;
const WIDTH = PLOT_WIDTH;
const HEIGHT = PLOT_HEIGHT;

export interface Line {
  readonly title: string;
  /** One value per label. */
  readonly values: readonly number[];
  /** The number of its colour, 1-6. */
  readonly color: number;
  readonly isArea?: boolean;
}

export interface LineChart {
  readonly lines: readonly Line[];
  /** What is under each point, in words. */
  readonly labels: readonly string[];
  /** Whole sentence for each point, shown when it is pointed at. */
  readonly notes: readonly string[];
  readonly marks?: readonly { readonly index: number; readonly title: string }[];
  /** Points that stand for less than the others, such as a week that the period cuts; and what to call them. */
  readonly partial?: { readonly indexes: readonly number[]; readonly title: string };
  readonly kind: ColumnKind;
  readonly lang: Language;
  /** What the chart shows, for screen readers. */
  readonly summary: string;
}

/** A chart with its axes and legend. An equal table must stand beside it. */
export function lineChart(chart: LineChart): Html {
  const { lines, labels, notes, marks = [], partial, kind, lang, summary } = chart;
  const { top, x, step } = scaleOf(chart);
  return html`<div class="chart">
      <div class="axis-y" aria-hidden="true">
        <span>${shortFigure(top, kind, lang)}</span><span>${shortFigure(top / 2, kind, lang)}</span><span>0</span>
      </div>
      <svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${summary}">
        ${plotShapes(chart)}
        ${notes.map((note, index) => html`<rect class="hit" x="${round(x(index) - step / 2)}" y="0" width="${round(step)}" height="${HEIGHT}"><title>${note}</title></rect>`)}
      </svg>
      <div class="axis-x" aria-hidden="true">${edgeLabels(labels).map((label) => html`<span>${label}</span>`)}</div>
    </div>
    <ul class="legend">
      ${lines.map(
        (line) =>
          html`<li>
            <svg class="key c${line.color}" viewBox="0 0 12 12" aria-hidden="true"><circle cx="6" cy="6" r="5" /></svg
            >${line.title}
          </li>`,
      )}${
        partial === undefined || partial.indexes.length === 0
          ? null
          : html`<li>
              <svg class="key partial" viewBox="0 0 12 12" aria-hidden="true">
                <rect width="12" height="12" rx="2" /></svg
              >${partial.title}
            </li>`
      }${marks.length === 0 ? null : html`<li class="note">${marks.map(({ title }) => title).join(' · ')}</li>`}
    </ul>`;
}

/** Where values and points of a chart lie in its plot. */
export function scaleOf({ lines, labels, kind }: LineChart): {
  readonly top: number;
  readonly step: number;
  readonly x: (index: number) => number;
  readonly y: (value: number) => number;
} {
  const top = niceTop(Math.max(0, ...lines.flatMap((line) => line.values)), kind === 'count');
  return {
    top,
    step: labels.length <= 1 ? WIDTH : WIDTH / (labels.length - 1),
    x: (index) => (labels.length === 1 ? WIDTH / 2 : (index / (labels.length - 1)) * WIDTH),
    y: (value) => HEIGHT - (value / top) * HEIGHT,
  };
}

/** Grid, marks, areas and lines of a chart, without any word. */
export function plotShapes(chart: LineChart): Html {
  const { lines, marks = [], partial } = chart;
  const { x, y, step } = scaleOf(chart);
  const points = (values: readonly number[]): string =>
    values.map((value, index) => `${round(x(index))},${round(y(value))}`).join(' ');
  const band = (index: number): Html => {
    const left = Math.max(0, x(index) - step / 2);
    return html`<rect
      class="partial"
      x="${round(left)}"
      y="0"
      width="${round(Math.min(WIDTH, x(index) + step / 2) - left)}"
      height="${HEIGHT}"
    />`;
  };
  return html`${(partial?.indexes ?? []).map(band)}
  ${[0, 0.5, 1].map((at) => html`<line class="grid" x1="0" x2="${WIDTH}" y1="${at * HEIGHT}" y2="${at * HEIGHT}" />`)}
  ${marks.map(({ index, title }) => html`<line class="mark" x1="${round(x(index))}" x2="${round(x(index))}" y1="0" y2="${HEIGHT}"><title>${title}</title></line>`)}
  ${lines.map((line) =>
    line.isArea === true && line.values.length > 1
      ? html`<polygon class="area c${line.color}" points="0,${HEIGHT} ${points(line.values)} ${WIDTH},${HEIGHT}" />`
      : null,
  )}
  ${lines.map((line) =>
    line.values.length > 1
      ? html`<polyline class="line c${line.color}" points="${points(line.values)}" />`
      : html`<line
          class="line dot c${line.color}"
          x1="${x(0)}"
          x2="${x(0) + 0.1}"
          y1="${round(y(line.values[0] ?? 0))}"
          y2="${round(y(line.values[0] ?? 0))}"
        />`,
  )}`;
}

/** First, middle and last, fewer when there are fewer. */
export function edgeLabels(labels: readonly string[]): string[] {
  if (labels.length <= 3) return [...labels];
  return [labels[0] ?? '', labels[Math.floor((labels.length - 1) / 2)] ?? '', labels.at(-1) ?? ''];
}

/** The next of some round multiples of a power of ten; where things are counted, one whose half is a whole number too. */
function niceTop(value: number, isCount: boolean): number {
  if (value <= 0) return isCount ? 2 : 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const isFit = (top: number): boolean => top >= value && (!isCount || top % 2 === 0);
  return [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((factor) => factor * power).find(isFit) ?? 10 * power;
}

/** A line without axes, broken where a value is not known, none where all are zero; decoration beside a figure, so hidden from screen readers. */
export function sparkline(values: readonly (number | null)[]): Html | null {
  const known = values.filter((value) => value !== null);
  if (known.length < 2 || known.every((value) => value === 0)) return null;
  const top = Math.max(...known);
  const bottom = Math.min(0, ...known);
  const span = top - bottom === 0 ? 1 : top - bottom;
  const x = (index: number): number => round((index / (values.length - 1)) * 100);
  const runs: [number, number][][] = [[]];
  values.forEach((value, index) => {
    if (value === null) runs.push([]);
    else runs.at(-1)?.push([x(index), round(27 - ((value - bottom) / span) * 24)]);
  });
  return html`<svg class="spark" viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true">
    ${runs
      .filter((run) => run.length > 0)
      .map((run) => {
        const [first, last] = [run[0]?.[0] ?? 0, run.at(-1)?.[0] ?? 0];
        // a value between two unknown ones is a dot
        const points = (run.length === 1 ? [...run, [first + 0.01, run[0]?.[1] ?? 0]] : run)
          .map(([left, height]) => `${left},${height}`)
          .join(' ');
        return html`${run.length > 1 ? html`<polygon class="area c1" points="${first},30 ${points} ${last},30" />` : null}<polyline
            class="line c1"
            points="${points}"
          />`;
      })}
  </svg>`;
}

/** A bar as long as the share (0-1) of the widest. */
export function bar(share: number, color = 1): Html {
  return html`<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
    <rect class="track" width="100" height="6" />
    <rect class="fill c${color}" width="${round(Math.max(0, Math.min(1, share)) * 100)}" height="6" />
  </svg>`;
}

/** Column and row of each state's tile, so that neighbours stay neighbours. */
const TILES: Readonly<Record<string, readonly [number, number]>> = {
  RR: [1, 0], AP: [2, 0],
  AM: [1, 1], PA: [2, 1], MA: [3, 1], CE: [4, 1], RN: [5, 1],
  AC: [0, 2], RO: [1, 2], TO: [2, 2], PI: [3, 2], PE: [4, 2], PB: [5, 2],
  MT: [1, 3], GO: [2, 3], BA: [3, 3], SE: [4, 3], AL: [5, 3],
  MS: [1, 4], DF: [2, 4], MG: [3, 4], ES: [4, 4],
  PR: [1, 5], SP: [2, 5], RJ: [3, 5],
  SC: [1, 6],
  RS: [1, 7],
}; // prettier-ignore

export interface Tile {
  readonly uf: string;
  /** 0-1 of the largest; decides the shade. */
  readonly level: number;
  readonly title: string;
  readonly label: string;
  readonly href: string;
  readonly isChosen: boolean;
}

export const MAP_WIDTH = 300;
export const MAP_HEIGHT = 400;

/** Brazil: a tile per state, darker where there is more, each a link. */
export function tileMap(tiles: readonly Tile[], summary: string): Html {
  return html`<svg class="map" viewBox="0 0 ${MAP_WIDTH} ${MAP_HEIGHT}" role="group" aria-label="${summary}">
    ${mapShapes(tiles, true)}
  </svg>`;
}

/** The tiles with their letters and figures. */
export function mapShapes(tiles: readonly Tile[], hasLinks: boolean): Html {
  const known = new Map(tiles.map((tile) => [tile.uf, tile]));
  return html`${Object.entries(TILES).map(([uf, [column, row]]) => {
    const tile = known.get(uf);
    const level =
      tile === undefined || tile.level <= 0 ? 0 : 1 + Math.min(4, Math.floor(Math.sqrt(tile.level) * 4.999));
    const shape = html`<rect
        class="tile t${level}${tile?.isChosen === true ? ' chosen' : ''}"
        x="${column * 50 + 2}"
        y="${row * 50 + 2}"
        width="46"
        height="46"
        rx="7"
      /><text class="t${level}" x="${column * 50 + 25}" y="${row * 50 + 23}">${uf}</text
      ><text class="small t${level}" x="${column * 50 + 25}" y="${row * 50 + 38}">${tile?.label ?? '–'}</text>`;
    if (tile === undefined || !hasLinks) return shape;
    return tile.isChosen
      ? html`<a href="${tile.href}" aria-current="true"><title>${tile.title}</title>${shape}</a>`
      : html`<a href="${tile.href}"><title>${tile.title}</title>${shape}</a>`;
  })}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
