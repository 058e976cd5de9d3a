// Support of the reading tests: writes a small file, stages it into a DuckDB of its own, and gives back what is in the table.
// It never mocks: the bytes go the whole way from a real file.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { EsteiraError } from '../../src/lib/errors.ts';
import {
  expandInputs,
  stageFile,
  type Original,
  type StagedFile,
  type StageOptions,
} from '../../src/sources/files/index.ts';

/** A header of ours with only what is needed, and a good line for it. */
export const HEADER = 'id_pedido,data_pedido,canal,status,cidade,uf,sku,quantidade,preco_unitario';
export const line = (id: string | number): string => `${id},2026-03-01 10:00:00,Site,Pago,Campinas,SP,SKU-1,1,29.90`;
/** A file with the good lines 1 to `count`. */
export const goodFile = (count: number): string =>
  [HEADER, ...Array.from({ length: count }, (_, index) => line(index + 1)), ''].join('\n');

export type Row = Record<string, string | null>;

export interface Staged {
  readonly staged: Omit<StagedFile, 'originals' | 'close'>;
  readonly rows: Row[];
  /** Original text of every row, in the order of rowid. */
  readonly originals: Original[];
}

/** Stages `content` as a file named `name` with the given options. */
export async function stage(
  content: string | Uint8Array,
  options: Partial<StageOptions> & { name?: string } = {},
): Promise<Staged> {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-reading-'));
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const conn = await instance.connect();
  try {
    const { name = 'pedidos.csv', ...rest } = options;
    await writeFile(join(folder, name), content);
    const [input] = await expandInputs([join(folder, name)]);
    if (input === undefined) throw new Error('no input');
    const staged = await stageFile(conn, input, { tempDir: folder, ...rest });
    const table = staged.format === 'jsonl' ? 'linhas_json' : 'linhas';
    const rows = (await conn.runAndReadAll(`SELECT * FROM ${table} ORDER BY rowid`)).getRowObjectsJson() as Row[];
    const originals = await staged.originals(rows.map((row) => Number(row['rowid'])));
    await staged.close();
    const left = (await readdir(folder)).filter((file) => file !== name);
    if (left.length > 0) throw new Error(`copies were left behind: ${left.join(', ')}`);
    return { staged, rows, originals };
  } catch (thrown) {
    if (!(thrown instanceof EsteiraError)) throw thrown;
    const tables = (await conn.runAndReadAll(`SELECT table_name FROM information_schema.tables`)).getRows();
    const files = await readdir(folder);
    if (tables.length > 0 || files.length > 1)
      throw new Error(`a refusal left behind: ${String(tables)} ${files.join(', ')}`, { cause: thrown });
    throw thrown;
  } finally {
    conn.closeSync();
    instance.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The refusal that staging ends with; fails the test when it does not refuse. */
export async function refusal(
  content: string | Uint8Array,
  options: Partial<StageOptions> & { name?: string } = {},
): Promise<EsteiraError> {
  try {
    await stage(content, options);
  } catch (thrown) {
    if (thrown instanceof EsteiraError) return thrown;
    throw thrown;
  }
  throw new Error('the file was accepted');
}

/** Values of one column. */
export const column = (staged: Staged, name: string): (string | null)[] => staged.rows.map((row) => row[name] ?? null);
