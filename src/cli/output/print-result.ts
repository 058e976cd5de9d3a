// Puts a result where the user asked for it: a table or JSON on stdout, or a file. Results go to stdout, words about them to
// stderr. The one place where the commands `query` and `sql` print.
import { once } from 'node:events';
import type { ResultColumn } from '../../catalog/analyses.ts';
import { fail } from '../../catalog/errors.ts';
import type { Cell } from '../../pipeline/result-cells.ts';
import { layOut, renderRecord, renderTable, type TableStyle } from './table.ts';
import { chunked } from './text-file.ts';
import { jsonTexts, type RowSource, writeResult } from './write-result.ts';

export interface OutputOptions {
  readonly json?: boolean;
  readonly out?: string;
  readonly excelBr?: boolean;
  /** As the setting `color`. */
  readonly color?: 'auto' | 'always' | 'never';
}

/** What a process writes to; tests give their own. */
export interface Terminal {
  readonly stdout: NodeJS.WriteStream | NodeJS.WritableStream;
  readonly stderr: NodeJS.WriteStream | NodeJS.WritableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Terminal of this process. */
export const processTerminal: Terminal = { stdout: process.stdout, stderr: process.stderr, env: process.env };

/** How tables look on this stream: with rules and fitted to a terminal, complete and plain elsewhere. */
export function tableStyle(terminal: Terminal, color: 'auto' | 'always' | 'never' = 'auto'): TableStyle {
  const stream = terminal.stdout;
  const isTerminal = 'isTTY' in stream && stream.isTTY === true;
  if (!isTerminal) return { width: null, color: false };
  const width = 'columns' in stream && typeof stream.columns === 'number' && stream.columns > 0 ? stream.columns : 80;
  const isColorOff = (terminal.env['NO_COLOR'] ?? '') !== '' || terminal.env['TERM'] === 'dumb';
  return { width, color: color === 'always' || (color === 'auto' && !isColorOff) };
}

/**
 * Checks options that contradict each other.
 * @throws EsteiraError USAGE
 */
export function checkOutputOptions(options: OutputOptions): void {
  if (options.excelBr !== true || options.out?.toLowerCase().endsWith('.csv') === true) return;
  throw fail('USAGE', {
    what: '--excel-br has no effect here.',
    why: 'It describes CSV files, and no CSV file was asked for.',
    fix: 'Add --out FILE.csv, or leave --excel-br out.',
  });
}

/** A result that is complete. One row alone can be shown as a list of its fields. */
export async function printRows(
  columns: readonly ResultColumn[],
  rows: readonly (readonly Cell[])[],
  options: OutputOptions,
  shape: 'table' | 'record',
  terminal: Terminal = processTerminal,
): Promise<void> {
  await toFileOrJson(columns, rows, options, terminal);
  if (options.out !== undefined || options.json === true) return;
  const [only] = rows;
  const style = tableStyle(terminal, options.color);
  const text =
    shape === 'record' && only !== undefined && rows.length === 1
      ? renderRecord(columns, only, style)
      : renderTable(columns, rows, style);
  await write(terminal.stdout, text);
}

const SAMPLE_ROWS = 500;

/** A result that still arrives: widths come from its first rows. Returns how many rows there were. */
export async function printStream(
  columns: readonly ResultColumn[],
  rows: AsyncIterable<readonly Cell[]>,
  options: OutputOptions,
  terminal: Terminal = processTerminal,
): Promise<number> {
  if (options.out !== undefined && options.json === true) {
    throw fail('USAGE', {
      what: '--json and --out cannot be used together here.',
      why: 'A result of free SQL is read only once.',
      fix: 'Leave one of them out; --out FILE.json writes JSON.',
    });
  }
  let rowCount = 0;
  async function* counted(): AsyncGenerator<readonly Cell[]> {
    for await (const row of rows) {
      rowCount++;
      yield row;
    }
  }
  if (options.out !== undefined || options.json === true) await toFileOrJson(columns, counted(), options, terminal);
  else await writeAll(terminal.stdout, tableTexts(columns, counted(), tableStyle(terminal, options.color)));
  return rowCount;
}

async function* tableTexts(
  columns: readonly ResultColumn[],
  rows: AsyncGenerator<readonly Cell[]>,
  style: TableStyle,
): AsyncGenerator<string> {
  const sample: (readonly Cell[])[] = [];
  let next = await rows.next();
  while (next.done !== true && sample.length < SAMPLE_ROWS) {
    sample.push(next.value);
    if (sample.length < SAMPLE_ROWS) next = await rows.next();
  }
  const layout = layOut(columns, sample, style);
  yield layout.head;
  for (const row of sample) yield layout.row(row);
  for await (const row of rows) yield layout.row(row);
  yield layout.foot;
}

async function toFileOrJson(
  columns: readonly ResultColumn[],
  rows: RowSource,
  options: OutputOptions,
  terminal: Terminal,
): Promise<void> {
  if (options.out !== undefined) {
    const rowCount = await writeResult(options.out, columns, rows, { isExcelBr: options.excelBr === true });
    await write(terminal.stderr, `${rowCount} ${rowCount === 1 ? 'row' : 'rows'} written to ${options.out}\n`);
  }
  if (options.json === true) await writeAll(terminal.stdout, jsonTexts(columns, rows));
}

async function writeAll(stream: NodeJS.WritableStream, texts: AsyncIterable<string>): Promise<void> {
  for await (const chunk of chunked(texts)) await write(stream, chunk);
}

/** Writes and waits while the reader is behind. */
async function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  if (text !== '' && !stream.write(text)) await once(stream, 'drain');
}
