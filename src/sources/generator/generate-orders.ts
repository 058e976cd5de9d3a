// Turns the sequence of generated versions into chunks of text ready to be written, with the truth about every spoiled
// version beside it. Never opens a file.
import type { AppliedDefect } from './order.ts';
import { lineCount } from './order.ts';
import { type GeneratorOptions, generateVersions } from './generate-versions.ts';
import { CSV_HEADER, csvLines, jsonLine } from './render.ts';

/** `parquet` gives the CSV from which Parquet is made: without lines that have the wrong number of cells. */
export type GeneratedFormat = 'csv' | 'jsonl' | 'parquet';

export interface GeneratedChunk {
  /** Whole lines, about half a million characters; empty for a last chunk that only carries truth. */
  readonly text: string;
  /** JSON lines about the spoiled versions in this chunk. */
  readonly truth: string;
  /** So far: lines of the file without the header, and order versions. */
  readonly lineCount: number;
  readonly versionCount: number;
}

/** One line of the truth file. */
export interface TruthLine {
  readonly loja: string;
  readonly id_pedido: string;
  readonly atualizado_em: string;
  /** Physical lines of the file, the first one (in CSV the header) being 1. */
  readonly linhas: readonly number[];
  readonly tipo: string;
  readonly esperado: AppliedDefect['esperado'];
  readonly motivos: readonly string[];
}

const CHUNK_CHARACTERS = 500_000;

/** The file as chunks, in order. Same options and format, same text. `rows` counts CSV lines; JSON lines hold the same orders. */
export function* generateOrders(
  options: GeneratorOptions,
  format: GeneratedFormat = 'csv',
): Generator<GeneratedChunk, void, undefined> {
  const loja = options.loja ?? 'loja';
  const isJson = format === 'jsonl';
  let text = isJson ? '' : CSV_HEADER;
  let truth = '';
  let lines = 0;
  let versions = 0;
  for (const { version, defect } of generateVersions(options)) {
    const isCellError = version.cellError !== 0;
    const written = isCellError && format === 'parquet' ? { ...version, cellError: 0 } : version;
    text += isJson ? jsonLine(loja, written) : csvLines(loja, written, defect !== undefined);
    const count = isJson ? 1 : lineCount(version);
    if (defect !== undefined && written === version) {
      const first = lines + (isJson ? 1 : 2);
      const line: TruthLine = {
        loja,
        id_pedido: version.id_pedido,
        atualizado_em: version.atualizado_em,
        linhas: Array.from({ length: count }, (_, index) => first + index),
        tipo: defect.tipo,
        esperado: defect.esperado,
        motivos: isJson && isCellError ? ['JSON_INVALIDO'] : defect.motivos,
      };
      truth += `${JSON.stringify(line)}\n`;
    }
    lines += count;
    versions += 1;
    if (text.length >= CHUNK_CHARACTERS) {
      yield { text, truth, lineCount: lines, versionCount: versions };
      text = '';
      truth = '';
    }
  }
  yield { text, truth, lineCount: lines, versionCount: versions };
}
