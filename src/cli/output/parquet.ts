// Parquet results, written by DuckDB from a draft CSV beside the target. Types follow the columns: money is decimal(18,2),
// counts are bigint, days are dates. A figure or time of free SQL that its type cannot hold makes its column text, never a guess.
import { rm } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import type { ResultColumn } from '../../catalog/analyses.ts';
import type { Cell } from '../../pipeline/result-cells.ts';
import { writeTexts } from './text-file.ts';

/** Writes the rows to `path`. The draft CSV `<path>.csv` is removed again, whatever happens. */
export async function writeParquet(
  path: string,
  columns: readonly ResultColumn[],
  rows: AsyncIterable<readonly Cell[]>,
): Promise<void> {
  const draft = `${path}.csv`;
  const shapes = columns.map((column) => new ColumnShape(column));
  try {
    await writeTexts(draft, exactCsv(columns, rows, shapes));
    await convert(draft, path, columns, shapes);
  } finally {
    await rm(draft, { force: true });
  }
}

/** CSV only for DuckDB: every value quoted, null the only bare field, nothing neutralised. */
async function* exactCsv(
  columns: readonly ResultColumn[],
  rows: AsyncIterable<readonly Cell[]>,
  shapes: readonly ColumnShape[],
): AsyncGenerator<string> {
  // a last column that is never null keeps a line with nothing but nulls from being empty
  for await (const row of rows) {
    let line = '';
    for (let index = 0; index < columns.length; index++) {
      const cell = row[index] ?? null;
      shapes[index]?.see(cell);
      line += cell === null ? ',' : `"${cell.replaceAll('"', '""')}",`;
    }
    yield `${line}"."\n`;
  }
}

async function convert(
  draft: string,
  path: string,
  columns: readonly ResultColumn[],
  shapes: readonly ColumnShape[],
): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  try {
    const connection = await instance.connect();
    const names = columns.map((_, index) => `${text(`c${index}`)}: 'VARCHAR'`);
    const casts = columns.map(
      (column, index) => `CAST(c${index} AS ${shapes[index]?.type() ?? 'VARCHAR'}) AS ${identifier(column.name)}`,
    );
    const source = `read_csv(${text(draft)}, header = false, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false,
      auto_detect = false, max_line_size = 268435456, parallel = false, columns = {${[...names, `'fim': 'VARCHAR'`].join(', ')}})`;
    await connection.run(
      `COPY (SELECT ${casts.join(', ')} FROM ${source}) TO ${text(path)} (FORMAT parquet, COMPRESSION zstd)`,
    );
    connection.closeSync();
  } finally {
    instance.closeSync();
  }
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?$/;
const TIME_WITH_OFFSET = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?[+-]\d{2}:\d{2}$/;
const DECIMAL = /^-?(\d+)(?:\.(\d+))?$/;
const MAX_DIGITS = 38; // of a Parquet decimal

/** What a column's values turned out to be: decides the type that holds all of them exactly. */
class ColumnShape {
  readonly #column: ResultColumn;
  #isPlain = true;
  #hasOffset = false;
  #wholeDigits = 1;
  #scale = 0;

  constructor(column: ResultColumn) {
    this.#column = column;
  }

  see(cell: Cell): void {
    if (cell === null) return;
    const kind = this.#column.kind;
    if (kind === 'month' || kind === 'date') this.#isPlain &&= DAY.test(cell);
    else if (kind === 'timestamp') {
      const isWithOffset = TIME_WITH_OFFSET.test(cell);
      this.#hasOffset ||= isWithOffset;
      this.#isPlain &&= isWithOffset || TIME.test(cell);
    } else if (kind === 'number' || kind === 'integer' || kind === 'decimal') {
      const parts = DECIMAL.exec(cell);
      this.#isPlain &&= parts !== null;
      this.#wholeDigits = Math.max(this.#wholeDigits, parts?.[1]?.length ?? 1);
      this.#scale = Math.max(this.#scale, parts?.[2]?.length ?? 0);
    }
  }

  type(): string {
    switch (this.#column.kind) {
      case 'money':
        return 'DECIMAL(18,2)';
      case 'count':
        return 'BIGINT';
      case 'fraction':
        return 'DECIMAL(18,6)';
      case 'decimal':
        return 'DECIMAL(18,2)';
      case 'month':
      case 'date':
        return this.#isPlain ? 'DATE' : 'VARCHAR';
      case 'timestamp':
        if (!this.#isPlain) return 'VARCHAR';
        return this.#hasOffset ? 'TIMESTAMPTZ' : 'TIMESTAMP';
      case 'integer':
        return this.#isPlain ? 'BIGINT' : 'VARCHAR';
      case 'number':
        return this.#isPlain && this.#wholeDigits + this.#scale <= MAX_DIGITS
          ? `DECIMAL(${MAX_DIGITS},${this.#scale})`
          : 'VARCHAR';
      case 'float':
        return 'DOUBLE';
      case 'boolean':
        return 'BOOLEAN';
      default:
        return 'VARCHAR';
    }
  }
}
