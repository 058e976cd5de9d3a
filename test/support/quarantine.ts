// A warehouse of its own with a quarantine, the command line on it, and what a spreadsheet makes of an exported file: for the tests of the way out.
// It asserts nothing.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { packagePath } from '../../src/lib/paths.ts';
import { FLAT_COLUMNS } from '../../src/model/contract.ts';
import { loadFile } from '../../src/pipeline/load-file.ts';
import { fixQuarantine, type SendReport } from '../../src/pipeline/quarantine/send-back.ts';
import { migrate } from '../../src/storage/migrations.ts';
import { createDatabase, type TestDatabase } from './postgres.ts';

const MAIN = packagePath('src', 'cli', 'main.ts');
const AS_OF = new Date('2026-11-01T09:00:00Z');
const ENGINE = { memoryLimit: '512MB', threads: 1, maxOutageMs: 10_000 };

interface Scope {
  after(hook: () => Promise<void>): void;
}

export interface Bench {
  readonly database: TestDatabase;
  readonly folder: string;
  /** Runs the command line; an exit code other than 0 is a failure. */
  readonly esteira: (...args: string[]) => Promise<{ stdout: string; stderr: string }>;
  readonly load: (name: string, text: string, store?: string) => Promise<void>;
  readonly fix: (path: string) => Promise<SendReport>;
  readonly write: (name: string, content: string | Buffer) => Promise<string>;
  readonly one: (sql: string) => Promise<Record<string, unknown>>;
}

export async function bench(t: Scope): Promise<Bench> {
  const database = await createDatabase(t, {
    key: 'quarantine',
    migrate: async (url) => {
      const client = new pg.Client(url);
      await client.connect();
      await migrate(client);
      await client.end();
    },
  });
  const folder = await mkdtemp(join(tmpdir(), 'esteira-quarentena-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const env = {
    ...process.env,
    ESTEIRA_WAREHOUSE_URL: database.url,
    ESTEIRA_WAREHOUSE_READ_URL: database.readUrl,
    ESTEIRA_HOME: join(folder, 'home'),
    NO_COLOR: '1',
  };
  const run = promisify(execFile);
  const esteira: Bench['esteira'] = (...args) => run(process.execPath, [MAIN, ...args], { env, cwd: folder });
  const write: Bench['write'] = async (name, content) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  return {
    database,
    folder,
    esteira,
    write,
    load: async (name, text, store) => {
      const reading = { asOf: AS_OF, ...(store === undefined ? {} : { loja: store }) };
      await loadFile(
        { path: await write(name, text), name },
        { ...ENGINE, warehouseUrl: database.url, batchLines: 50_000, reprocess: false, reading },
      );
    },
    fix: (path) => fixQuarantine({ path, name: basename(path) }, { ...ENGINE, warehouseUrl: database.url }),
    one: async (sql) => (await database.query(sql))[0] ?? {},
  };
}

export type Line = Partial<Record<(typeof FLAT_COLUMNS)[number], string>>;

const BASE: Line = {
  loja: 'loja',
  data_pedido: '2026-10-05 14:03:22',
  atualizado_em: '2026-10-06 08:15:42',
  canal: 'Site',
  status: 'Pago',
  nome: 'Ana Lima',
  email: 'ana@example.com',
  telefone: '+5511987654321',
  cep: '01001-000',
  cidade: 'São Paulo',
  uf: 'SP',
  n_item: '1',
  sku: 'CAM-001',
  produto: 'Camiseta',
  categoria: 'Moda',
  quantidade: '2',
  preco_unitario: '50.00',
  frete: '10.00',
  valor_total: '110.00',
  forma_pagamento: 'Pix',
  parcelas: '1',
};

function quoted(text: string, separator: string): string {
  return text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvLine(line: Line): string {
  return FLAT_COLUMNS.map((name) => quoted(line[name] ?? '', ',')).join(',');
}

export function csv(lines: readonly (Line | string)[]): string {
  const texts = lines.map((line) => (typeof line === 'string' ? line : csvLine(line)));
  return `${[FLAT_COLUMNS.join(','), ...texts].join('\n')}\n`;
}

export const good = (id: string, more: Line = {}): Line => ({ ...BASE, id_pedido: id, ...more });

/** The cells of a CSV file, as a spreadsheet reads them. */
export function parse(text: string, separator: string): string[][] {
  const rows: string[][] = [[]];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    const row = rows.at(-1) as string[];
    if (isQuoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') cell += text[++at];
      else isQuoted = false;
    } else if (char === '"') isQuoted = true;
    else if (char === separator || char === '\n') {
      row.push(cell);
      cell = '';
      if (char === '\n') rows.push([]);
    } else if (char !== '\r') cell += char;
  }
  rows.pop();
  return rows;
}

/** What is left of an exported file after a spreadsheet in Portuguese opened and saved it: no seconds, decimal commas, no zeros in front. */
function asSpreadsheet(rows: readonly (readonly string[])[]): Buffer {
  const seen = (cell: string): string => {
    const formula = /^="(.*)"$/.exec(cell);
    if (formula) return formula[1] as string;
    const time = /^(\d{4})-(\d\d)-(\d\d) (\d\d:\d\d):\d\d$/.exec(cell);
    if (time) return `${time[3]}/${time[2]}/${time[1]} ${time[4]}`;
    if (/^0+\d+$/.test(cell)) return String(Number(cell));
    return /^-?\d+\.\d+$/.test(cell) ? String(Number(cell)).replace('.', ',') : cell;
  };
  return Buffer.from(
    `${rows.map((row, index) => row.map((cell) => quoted(index === 0 ? cell : seen(cell), ';')).join(';')).join('\r\n')}\r\n`,
    'latin1',
  );
}

export type Edit = (line: Record<string, string>) => void;

/** Applies corrections to the exported lines, keyed by the first reason of their record. */
export function correct(text: string, edits: Readonly<Record<string, Edit>>, separator = ','): Buffer {
  const [head = [], ...body] = parse(text.replace(/^\uFEFF/, ''), separator);
  const lines = body.map((cells) => {
    const line = Object.fromEntries(head.map((name, index) => [name, cells[index] ?? '']));
    edits[(line['motivos'] ?? '').split(':')[0] ?? '']?.(line);
    return head.map((name) => line[name] ?? '');
  });
  return asSpreadsheet([head, ...lines]);
}
