// Charts as files: shapes and words in one coordinate system, with the style they need, so that a presentation shows what the page shows.
// On the page itself charts.ts stands alone; here nothing is a link and nothing moves.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  edgeLabels,
  type LineChart,
  MAP_HEIGHT,
  MAP_WIDTH,
  mapShapes,
  PLOT_HEIGHT,
  PLOT_WIDTH,
  plotShapes,
  scaleOf,
  type Tile,
} from './charts.ts';
import { shortFigure } from './figures.ts';
import { type Html, html } from './html.ts';

/** A chart with its words; sizes in px. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly body: Html;
}

const LEFT = 90;
const LEGEND_LINE = 24;
/** Letters of the legend's size are about so wide. */
const LETTER_WIDTH = 7.4;

export function lineDrawing(chart: LineChart): Drawing {
  const { lines, labels, marks = [], partial, kind, lang } = chart;
  const { top } = scaleOf(chart);
  const edges = edgeLabels(labels);
  const anchors = edges.length === 1 ? ['middle'] : edges.length === 2 ? ['start', 'end'] : ['start', 'middle', 'end'];
  const at = (index: number): number => (edges.length === 1 ? 0.5 : index / (edges.length - 1)) * PLOT_WIDTH;
  const legend = legendOf([
    ...lines.map(({ title, color }) => ({ title, key: `c${color}` })),
    ...(partial === undefined || partial.indexes.length === 0 ? [] : [{ title: partial.title, key: 'partial' }]),
    ...marks.map(({ title }) => ({ title, key: null })),
  ]);
  return {
    width: LEFT + PLOT_WIDTH,
    height: PLOT_HEIGHT + 40 + legend.height,
    body: html`<g transform="translate(${LEFT} 6)">
      ${[top, top / 2, 0].map((value, index) => html`<text class="word end" x="-10" y="${(index * PLOT_HEIGHT) / 2 + 4}">${value === 0 ? '0' : shortFigure(value, kind, lang)}</text>`)}
      ${plotShapes(chart)}
      ${edges.map((label, index) => html`<text class="word ${anchors[index] ?? 'start'}" x="${at(index)}" y="${PLOT_HEIGHT + 20}">${label}</text>`)}
      <g transform="translate(0 ${PLOT_HEIGHT + 46})">${legend.body}</g>
    </g>`,
  };
}

interface Entry {
  readonly title: string;
  readonly key: string | null;
}

function legendOf(entries: readonly Entry[]): { body: Html; height: number } {
  let x = 0;
  let y = 0;
  const placed = entries.map(({ title, key }) => {
    const width = title.length * LETTER_WIDTH + 40;
    if (x > 0 && x + width > PLOT_WIDTH) [x, y] = [0, y + LEGEND_LINE];
    const place = { title, key, x, y };
    x += width;
    return place;
  });
  return {
    body: html`${placed.map(
      (entry) =>
        html`${entry.key === null ? null : entry.key === 'partial' ? html`<rect class="partial" x="${entry.x}" y="${entry.y - 10}" width="12" height="12" rx="2" />` : html`<circle class="key ${entry.key}" cx="${entry.x + 5}" cy="${entry.y - 4}" r="5" />`}<text
            class="word"
            x="${entry.x + (entry.key === null ? 0 : 18)}"
            y="${entry.y}"
            >${entry.title}</text
          >`,
    )}`,
    height: y + LEGEND_LINE,
  };
}

export function mapDrawing(tiles: readonly Tile[]): Drawing {
  return { width: MAP_WIDTH, height: MAP_HEIGHT, body: html`<g class="map">${mapShapes(tiles, false)}</g>` };
}

const MARGIN = 28;
const HEAD = 74;
/** Titles are never cut off, however narrow the chart. */
const LEAST_WIDTH = 460;

/** The text of a standalone SVG file. */
export async function svgFile(drawing: Drawing, title: string, subtitle: string): Promise<string> {
  const width = Math.max(LEAST_WIDTH, drawing.width) + 2 * MARGIN;
  const height = drawing.height + HEAD + MARGIN;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${
    html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">
<title>${title}</title><desc>${subtitle}</desc>
<style>`.text
  }${await fileStyle()}${
    html`</style>
<rect class="paper" width="${width}" height="${height}" />
<text class="heading" x="${MARGIN}" y="38">${title}</text><text class="word" x="${MARGIN}" y="60">${subtitle}</text>
<g transform="translate(${MARGIN} ${HEAD})">${drawing.body}</g>
</svg>`.text
  }\n`;
}

const WORDS_STYLE = `.paper{fill:#fff}text{font-family:system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}.word{font-size:13px;fill:#55625f}.end{text-anchor:end}.middle{text-anchor:middle}.heading{font-size:20px;font-weight:700;fill:#17211f}`;

/**
 * The style of the page's charts with its light colours put in: programs that draw SVG outside of browsers know no custom properties.
 * @returns CSS without custom properties and without media queries
 */
async function fileStyle(): Promise<string> {
  const css = await readFile(join(import.meta.dirname, 'assets', 'charts.css'), 'utf8');
  // the dark half comes last
  const light = css
    .slice(0, css.includes('@media') ? css.indexOf('@media') : undefined)
    .replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const colors = new Map(
    [...light.matchAll(/(--[a-z0-9-]+):\s*([^;]+);/g)].map(([, name = '', value = '']) => [name, value]),
  );
  return `${WORDS_STYLE}${light
    .replaceAll(/:root\s*\{[^}]*\}/g, '')
    .replaceAll(/var\((--[a-z0-9-]+)\)/g, (whole, name: string) => colors.get(name) ?? whole)
    .replaceAll(/\s+/g, ' ')
    .trim()}`;
}
