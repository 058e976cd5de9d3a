// What a card is: something read from the warehouse, drawn as HTML, and exported as the very table it was drawn from. And the pieces most cards share.
import type { ResultColumn } from '../catalog/analyses.ts';
import type { Language } from '../catalog/metrics.ts';
import { englishTitle } from '../catalog/titles.ts';
import type { BrokerSettings } from '../broker/connection.ts';
import { isRightAligned } from '../pipeline/format/number-formats.ts';
import type { ResultTable } from '../pipeline/metrics.ts';
import type { Cell } from '../pipeline/result-cells.ts';
import type { ReaderPool } from './readers.ts';
import { bar } from './charts.ts';
import type { Drawing } from './drawings.ts';
import { figure } from './figures.ts';
import { Html, html } from './html.ts';
import type { Scope, View } from './view.ts';
import { WORDS, type WordName } from './words.ts';

export type PageName = 'overview' | 'analyses' | 'orders' | 'operations' | 'quarantine';

/** Where cards read from. */
export interface Desk {
  readonly readers: ReaderPool;
  readonly broker: BrokerSettings;
}

export interface LoadedCard {
  /** What is exported: exactly what is drawn, rows beyond what fits on the page included. */
  readonly table: ResultTable;
  readonly body: Html;
  /** The chart, for whoever takes it away as a file; absent where the card is a table. */
  readonly drawing?: Drawing;
}

export interface Card {
  /** In URLs: `/export/<id>.csv`. */
  readonly id: string;
  readonly page: PageName;
  readonly width: 'full' | 'half';
  /** Whether it can be taken away as SVG. */
  readonly hasDrawing?: boolean;
  /** Whether the view has it at all; always when absent. */
  appears?(view: View): boolean;
  title(view: View): string;
  /** Which date, which statuses, which formula. */
  about(view: View): readonly (readonly [string, string])[];
  load(desk: Desk, scope: Scope): Promise<LoadedCard>;
}

export function word(name: WordName, lang: Language): string {
  return WORDS[name][lang];
}

/** A column's or an analysis' title in the reader's language. */
export function titleIn(title: string, lang: Language): string {
  return lang === 'pt' ? title : englishTitle(title);
}

export function emptyNote(lang: Language, name: WordName = 'empty'): Html {
  return html`<p class="empty">${word(name, lang)}</p>`;
}

/** Name and value pairs, in columns where there is room. */
export function facts(pairs: readonly (readonly [string, Html | string])[]): Html {
  return html`<dl class="facts">
    ${pairs.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** The cell of the named column. */
export function cellOf(columns: readonly ResultColumn[], row: readonly Cell[], name: string): Cell {
  return row[columns.findIndex((column) => column.name === name)] ?? null;
}

export interface TableOptions {
  readonly lang: Language;
  /** Columns to show, in this order; null: all. */
  readonly columns?: readonly string[] | null;
  /** The column whose figures are drawn as bars too. */
  readonly bar?: string;
  /** The last row is the total: set apart, and its figure is no bar. */
  readonly hasTotal?: boolean;
  /** Where the first cell leads. */
  readonly link?: (row: readonly Cell[]) => string | null;
  /** The row that the page is narrowed to. */
  readonly isChosen?: (row: readonly Cell[]) => boolean;
  readonly limit?: number;
  /** A long table scrolls in its own box. */
  readonly isTall?: boolean;
  readonly caption: string;
}

/** A table that scrolls sideways where it must; figures stand under each other. */
export function dataTable(table: ResultTable, options: TableOptions): Html {
  const { lang, columns: shown = null, link, limit, caption } = options;
  const isUniform = (index: number): boolean => new Set(table.rows.map((row) => row[index])).size <= 1;
  const picked = table.columns
    .map((column, index) => ({ column, index }))
    .filter(({ column, index }) =>
      shown === null ? !(column.isHiddenWhenUniform === true && isUniform(index)) : shown.includes(column.name),
    );
  const ordered =
    shown === null ? picked : picked.toSorted((a, b) => shown.indexOf(a.column.name) - shown.indexOf(b.column.name));
  const barIndex = options.bar === undefined ? -1 : table.columns.findIndex((column) => column.name === options.bar);
  const summed = options.hasTotal === true ? table.rows.at(-1) : undefined;
  const widest = Math.max(0, ...table.rows.filter((row) => row !== summed).map((row) => Number(row[barIndex] ?? 0)));
  const classOf = (column: ResultColumn): string =>
    isRightAligned(column.kind) ? 'num' : column.kind === 'text' ? 'txt' : 'date';
  return html`<div
    class="scroll${options.isTall === true ? ' tall' : ''}"
    tabindex="0"
    role="region"
    aria-label="${caption}"
  >
    <table>
      <caption class="sr">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${ordered.map(({ column }) => html`<th scope="col" class="${classOf(column)}">${titleIn(column.title, lang)}</th>`)}${barIndex < 0 ? null : html`<td class="barcell"></td>`}
        </tr>
      </thead>
      <tbody>
        ${table.rows.slice(0, limit).map(
          (row) =>
            html`<tr ${options.isChosen?.(row) === true ? new Html('class="chosen" aria-current="true"') : null}>
              ${ordered.map(({ column, index }, place) => {
                const text = figure(row[index] ?? null, column.kind, lang);
                const href = place === 0 ? (link?.(row) ?? null) : null;
                return html`<td class="${classOf(column)}">
                  ${href === null ? text : html`<a href="${href}">${text}</a>`}
                </td>`;
              })}${barIndex < 0 ? null : html`<td class="barcell">${row === summed ? null : bar(widest === 0 ? 0 : Number(row[barIndex] ?? 0) / widest)}</td>`}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** The same figures as a chart, folded away. */
export function tableBehind(table: ResultTable, options: TableOptions): Html {
  return html`<details class="behind">
    <summary>${word('table', options.lang)}</summary>
    ${dataTable(table, options)}
  </details>`;
}
