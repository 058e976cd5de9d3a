// Tables for people. On a terminal: thin rules, bold titles, cut to its width. Piped: aligned plain text, complete.
// It never prints: it returns text.
import type { ResultColumn } from '../../catalog/analyses.ts';
import type { Cell } from '../../pipeline/result-cells.ts';
import { onOneLine } from '../../lib/harmless.ts';
import { displayWidth, pad, truncate } from './display-width.ts';
import { formatCell, isRightAligned } from '../../pipeline/format/number-formats.ts';

export interface TableStyle {
  /** Cells of the terminal; null: rows are as long as they need, nothing is cut and there are no rules. */
  readonly width: number | null;
  readonly color: boolean;
}

type Row = readonly Cell[];

/** A table that can be written while its rows still arrive. Every text ends with a line break. */
export interface TableLayout {
  readonly head: string;
  row(row: Row): string;
  readonly foot: string;
}

const MIN_TEXT_WIDTH = 8;

/** The whole table, ending with a line break. Too wide even when its texts are cut, it becomes one block per row. */
export function renderTable(columns: readonly ResultColumn[], rows: readonly Row[], style: TableStyle): string {
  const shown = columns.map((_, index) => index).filter((index) => !isHidden(columns, rows, index));
  const kept = shown.map((index) => columns[index] as ResultColumn);
  const layout = layOut(
    kept,
    rows.map((row) => shown.map((index) => row[index] ?? null)),
    style,
  );
  return layout.head + rows.map((row) => layout.row(shown.map((index) => row[index] ?? null))).join('') + layout.foot;
}

function isHidden(columns: readonly ResultColumn[], rows: readonly Row[], index: number): boolean {
  return columns[index]?.isHiddenWhenUniform === true && rows.every((row) => row[index] === rows[0]?.[index]);
}

/** One row as a list of title and value. */
export function renderRecord(columns: readonly ResultColumn[], row: Row, style: TableStyle): string {
  const pairs = columns.map((column, index) => [column.title, formatCell(row[index] ?? null, column.kind)]);
  const sides: ResultColumn[] = [
    { name: 'indicador', title: 'Indicador', kind: 'text' },
    { name: 'valor', title: 'Valor', kind: 'number' },
  ];
  return renderTable(sides, pairs, style);
}

/** Decides the widths from some rows (all, or the first of a long result) and renders any row with them. */
export function layOut(columns: readonly ResultColumn[], sample: readonly Row[], style: TableStyle): TableLayout {
  const titles = columns.map((column) => onOneLine(column.title));
  const widths = titles.map((title, index) => {
    let width = displayWidth(title);
    for (const row of sample) width = Math.max(width, displayWidth(shownCell(columns, row, index)));
    return width;
  });
  if (style.width === null) return layOutPlain(columns, titles, widths);
  return fitLayout(columns, sample, titles, widths, style, style.width);
}

/** First the titles are broken at their spaces, then texts are cut, then columns are dropped; the last resort is a block per row. */
function fitLayout(
  columns: readonly ResultColumn[],
  sample: readonly Row[],
  titles: readonly string[],
  widths: readonly number[],
  style: TableStyle,
  available: number,
): TableLayout {
  const bare = titles.map((title, index) => {
    let width = Math.max(...title.split(' ').map(displayWidth));
    for (const row of sample) width = Math.max(width, displayWidth(shownCell(columns, row, index)));
    return width;
  });
  let kept = columns.map((_, index) => index);
  for (;;) {
    const only = <Value>(values: readonly Value[]): Value[] => kept.map((index) => values[index] as Value);
    const fitted = fits(only(widths), available) ? only(widths) : fitWidths(only(columns), only(bare), available);
    if (fitted !== null) {
      const box = layOutBox(only(columns), only(titles), fitted, style.color);
      const dropped = titles.filter((_, index) => !kept.includes(index));
      const note = dropped.length === 0 ? '' : `Não couberam: ${dropped.join(', ')} (veja com --json ou --out)\n`;
      return { head: box.head, row: (row) => box.row(only(row)), foot: box.foot + note };
    }
    const droppable = kept.filter((index) => columns[index]?.dropOrder !== undefined);
    const next = droppable.reduce(
      (best, index) => (dropOrder(columns, index) < dropOrder(columns, best) ? index : best),
      droppable[0] ?? -1,
    );
    if (next === -1) return layOutBlocks(columns, titles, style);
    kept = kept.filter((index) => index !== next);
  }
}

const dropOrder = (columns: readonly ResultColumn[], index: number): number =>
  columns[index]?.dropOrder ?? Number.POSITIVE_INFINITY;

const boxWidth = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width + 3, 1);
const fits = (widths: readonly number[], available: number): boolean => boxWidth(widths) <= available;

function shownCell(columns: readonly ResultColumn[], row: Row, index: number): string {
  return onOneLine(formatCell(row[index] ?? null, columns[index]?.kind ?? 'text'));
}

function layOutPlain(
  columns: readonly ResultColumn[],
  titles: readonly string[],
  widths: readonly number[],
): TableLayout {
  const line = (cells: readonly string[]): string =>
    `${cells
      .map((cell, index) => pad(cell, widths[index] ?? 0, alignsRight(columns, index)))
      .join('  ')
      .trimEnd()}\n`;
  return {
    head: line(titles),
    row: (row) => line(columns.map((_, index) => shownCell(columns, row, index))),
    foot: '',
  };
}

function layOutBox(
  columns: readonly ResultColumn[],
  titles: readonly string[],
  widths: readonly number[],
  color: boolean,
): TableLayout {
  const dim = (text: string): string => (color ? `\u001B[2m${text}\u001B[22m` : text);
  const bold = (text: string): string => (color ? `\u001B[1m${text}\u001B[22m` : text);
  const rule = (left: string, cross: string, right: string): string =>
    `${dim(left + widths.map((width) => '─'.repeat(width + 2)).join(cross) + right)}\n`;
  const line = (cells: readonly string[], dress: (text: string) => string): string => {
    const padded = cells.map((cell, index) => {
      const width = widths[index] ?? 0;
      return ` ${dress(pad(truncate(cell, width), width, alignsRight(columns, index)))} `;
    });
    return `${dim('│')}${padded.join(dim('│'))}${dim('│')}\n`;
  };
  return {
    head:
      rule('┌', '┬', '┐') +
      breakTitles(titles, widths)
        .map((titleLine) => line(titleLine, bold))
        .join('') +
      rule('├', '┼', '┤'),
    row: (row) =>
      line(
        columns.map((_, index) => shownCell(columns, row, index)),
        (text) => text,
      ),
    foot: rule('└', '┴', '┘'),
  };
}

/** The lines of the header: titles broken at spaces where their column is narrower, and standing on the rule. */
function breakTitles(titles: readonly string[], widths: readonly number[]): string[][] {
  const broken = titles.map((title, index) => {
    const lines: string[] = [];
    for (const word of title.split(' ')) {
      const joined = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
      if (lines.length > 0 && displayWidth(joined) <= (widths[index] ?? 0)) lines[lines.length - 1] = joined;
      else lines.push(word);
    }
    return lines;
  });
  const height = Math.max(1, ...broken.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    broken.map((lines) => lines[line - (height - lines.length)] ?? ''),
  );
}

function layOutBlocks(columns: readonly ResultColumn[], titles: readonly string[], style: TableStyle): TableLayout {
  const titleWidth = Math.max(0, ...titles.map(displayWidth));
  const valueWidth = Math.max(MIN_TEXT_WIDTH, (style.width ?? 0) - titleWidth - 2);
  return {
    head: '',
    row: (row) =>
      `${titles
        .map((title, index) => {
          const name = pad(title, titleWidth, false);
          return `${style.color ? `\u001B[1m${name}\u001B[22m` : name}  ${truncate(shownCell(columns, row, index), valueWidth)}\n`;
        })
        .join('')}\n`,
    foot: '',
  };
}

function alignsRight(columns: readonly ResultColumn[], index: number): boolean {
  return isRightAligned(columns[index]?.kind ?? 'text');
}

/** Narrows the widest texts, one cell at a time, until the table fits; figures are never cut. Null when it cannot fit. */
function fitWidths(
  columns: readonly ResultColumn[],
  wanted: readonly number[],
  available: number,
): readonly number[] | null {
  const widths = [...wanted];
  let excess = boxWidth(widths) - available;
  const narrow = columns.map((_, index) => index).filter((index) => isCuttable(columns[index]));
  while (excess > 0) {
    const widest = narrow.reduce(
      (best, index) => ((widths[index] ?? 0) > (widths[best] ?? 0) ? index : best),
      narrow[0] ?? -1,
    );
    const width = widths[widest] ?? 0;
    if (width <= MIN_TEXT_WIDTH) return null;
    widths[widest] = width - 1;
    excess--;
  }
  return widths;
}

function isCuttable(column: ResultColumn | undefined): boolean {
  return column?.kind === 'text' || column?.kind === 'json';
}
