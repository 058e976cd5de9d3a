// Support of the end-to-end tests of bad inputs: writes a small file, loads it as `esteira run` does into a database of its own, and gives back
// what stands in the warehouse, every value as text. Nothing is mocked.
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { FLAT_COLUMNS, type LineColumn } from '../../src/model/contract.ts';
import { loadFile, type FileReport, type LoadFileOptions } from '../../src/pipeline/load-file.ts';
import { migrate } from '../../src/storage/migrations.ts';
import { createDatabase, type TestDatabase } from './postgres.ts';

export type Cells = Partial<Record<LineColumn, string>>;
export type Row = Record<string, string | null>;
type Scope = Parameters<typeof createDatabase>[0] & object;

/** The as-of time of every file loaded here, unless a test says otherwise. */
export const AS_OF = new Date('2026-11-01T09:00:00Z');

/** A line that breaks no rule: 2 x 50.00 + 10.00 freight, paid by Pix. */
export const GOOD: Readonly<Required<Pick<Cells, (typeof FLAT_COLUMNS)[number]>>> = {
  loja: 'loja',
  id_pedido: '1',
  data_pedido: '2026-03-01 10:00:00',
  atualizado_em: '2026-03-02 10:00:00',
  canal: 'Site',
  status: 'Pago',
  situacao_entrega: 'Enviado',
  id_cliente: 'C1',
  documento: '529.982.247-25',
  nome: 'Ana Lima',
  email: 'ana@example.com',
  telefone: '11987654321',
  cep: '13010-001',
  cidade: 'Campinas',
  uf: 'SP',
  n_item: '1',
  sku: 'SKU-1',
  produto: 'Caneca azul',
  categoria: 'Casa',
  quantidade: '2',
  preco_unitario: '50.00',
  desconto_item: '0.00',
  frete: '10.00',
  desconto: '0.00',
  valor_total: '110.00',
  moeda: 'BRL',
  forma_pagamento: 'Pix',
  parcelas: '1',
  valor_pagamento: '110.00',
};

/** A good line with other cells in some places. */
export const line = (cells: Cells): Cells => ({ ...GOOD, ...cells });

/** One CSV record; cells are quoted where they must be. */
export function recordOf(cells: readonly string[], separator = ','): string {
  return cells
    .map((cell) => (/[",;\n\r]/.test(cell) || cell !== cell.trim() ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(separator);
}

/** A file with our own header and the columns that any of the lines has besides. */
export function csvOf(lines: readonly Cells[], columns: readonly LineColumn[] = columnsOf(lines)): string {
  return [recordOf(columns), ...lines.map((cells) => recordOf(columns.map((name) => cells[name] ?? ''))), ''].join(
    '\n',
  );
}

function columnsOf(lines: readonly Cells[]): LineColumn[] {
  const own = new Set<LineColumn>(FLAT_COLUMNS);
  for (const cells of lines) for (const name of Object.keys(cells)) own.add(name as LineColumn);
  return [...own];
}

/** Same order, as a document of the JSON contract; `itens` and `pagamentos` may be replaced by anything. */
export function documentOf(cells: Cells, nested: Record<string, unknown> = {}): Record<string, unknown> {
  const {
    id_cliente,
    documento,
    nome,
    email,
    telefone,
    cep,
    cidade,
    uf,
    n_item,
    sku,
    produto,
    categoria,
    quantidade,
    preco_unitario,
    desconto_item,
    forma_pagamento,
    parcelas,
    valor_pagamento,
    ...order
  } = cells;
  return {
    ...order,
    cliente: { id_cliente, documento, nome, email, telefone },
    entrega: { cep, cidade, uf },
    itens: [{ n_item, sku, produto, categoria, quantidade, preco_unitario, desconto: desconto_item }],
    pagamentos: [{ forma: forma_pagamento, parcelas, valor: valor_pagamento }],
    ...nested,
  };
}

export interface LoadSettings extends Omit<LoadFileOptions['reading'], 'asOf'> {
  /** Its ending decides the format. */
  readonly name?: string;
  readonly asOf?: Date;
  readonly batchLines?: number;
  readonly reprocess?: boolean;
}

export interface Warehouse {
  readonly database: TestDatabase;
  /** Loads another file into the same database. */
  load(content: string | Uint8Array, settings?: LoadSettings): Promise<FileReport>;
  loadPath(path: string, settings?: LoadSettings): Promise<FileReport>;
  /** A connection of the test's own as the owner, closed before the database is dropped. */
  connect(): Promise<pg.Client>;
  /** Rows with every value as text; times in UTC. */
  query(sql: string, values?: unknown[]): Promise<Row[]>;
  /** The order with this number (the first store's, if several have it) with `avisos` as words and the customer's fields; fails the test when it is not there. */
  order(id: string): Promise<Row>;
  items(id: string): Promise<Row[]>;
  payments(id: string): Promise<Row[]>;
  /** Its versions, oldest first. */
  history(id: string): Promise<Row[]>;
  /** Quarantine rows with `motivos` and `avisos` as words, by line. */
  rejected(): Promise<Row[]>;
}

/** A migrated database of the test's own. */
export async function emptyWarehouse(scope: Scope): Promise<Warehouse> {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-load-'));
  const clients: pg.Client[] = [];
  const database = await createDatabase(
    {
      after: (drop) =>
        scope.after(async () => {
          for (const client of clients) await client.end().catch(() => undefined);
          await rm(folder, { recursive: true, force: true });
          await drop();
        }),
    },
    {
      key: `warehouse_${schemaHash()}`,
      migrate: async (url) => {
        const owner = new pg.Client(url);
        await owner.connect();
        await migrate(owner);
        await owner.end();
      },
    },
  );
  const connect = async (config: pg.ClientConfig = {}): Promise<pg.Client> => {
    const client = new pg.Client({ ...config, connectionString: database.url });
    // a test may kill the server
    client.on('error', () => undefined);
    clients.push(client);
    await client.connect();
    return client;
  };
  const client = await connect({ types: { getTypeParser: () => (text: string) => text } });
  await client.query(`SET TIME ZONE 'UTC'`);

  const query = async (sql: string, values: unknown[] = []): Promise<Row[]> =>
    (await client.query<Row>(sql, values)).rows;
  const loadPath = (path: string, settings: LoadSettings = {}): Promise<FileReport> => {
    const { name, batchLines, reprocess, asOf, ...reading } = settings;
    return loadFile(
      { path, name: name ?? path.split('/').at(-1) ?? path },
      {
        warehouseUrl: database.url,
        memoryLimit: '512MB',
        threads: 1,
        batchLines: batchLines ?? 100_000,
        maxOutageMs: 0,
        reprocess: reprocess ?? false,
        reading: { ...reading, asOf: asOf ?? AS_OF },
      },
    );
  };
  let files = 0;
  return {
    database,
    connect: () => connect(),
    query,
    loadPath,
    load: async (content, settings = {}) => {
      const name = settings.name ?? 'pedidos.csv';
      const path = join(folder, `${++files}-${name}`);
      await writeFile(path, content);
      return loadPath(path, { ...settings, name });
    },
    order: async (id) => {
      const [found] = await query(
        `SELECT p.*, array_to_string(p.avisos, ' ') AS avisos, c.documento, c.tipo_pessoa, c.tipo_chave, c.nome, c.email, c.telefone
         FROM pedidos p LEFT JOIN clientes c ON c.loja = p.loja AND c.chave_cliente = p.chave_cliente WHERE p.id_pedido = $1 ORDER BY p.loja`,
        [id],
      );
      if (!found) throw new Error(`order ${id} is not in the warehouse; ${database.hint}`);
      return found;
    },
    items: (id) => query('SELECT * FROM itens_pedido WHERE id_pedido = $1 ORDER BY n_item', [id]),
    payments: (id) => query('SELECT * FROM pagamentos WHERE id_pedido = $1 ORDER BY n_pagamento', [id]),
    history: (id) =>
      query('SELECT * FROM historico_status WHERE id_pedido = $1 ORDER BY atualizado_em, revisao, hash_origem', [id]),
    rejected: () =>
      query(
        `SELECT *, array_to_string(motivos, ' ') AS motivos, array_to_string(avisos, ' ') AS avisos FROM pedidos_rejeitados ORDER BY linha, original`,
      ),
  };
}

/** A database with one file loaded into it. */
export async function loaded(
  scope: Scope,
  content: string | Uint8Array,
  settings: LoadSettings = {},
): Promise<Warehouse & { readonly report: FileReport }> {
  const warehouse = await emptyWarehouse(scope);
  const report = await warehouse.load(content, settings);
  return { ...warehouse, report };
}

/** The named columns of a row, for comparing a few of many. */
export function pick(row: Row | undefined, ...names: string[]): Row {
  return Object.fromEntries(names.map((name) => [name, row?.[name] ?? null]));
}

/** For every order of a load: its reasons when it was rejected ("!A B"), else its warnings ("A B", "" when none). By order number. */
export async function outcomes(warehouse: Warehouse): Promise<Record<string, string>> {
  const accepted = await warehouse.query(`SELECT id_pedido, array_to_string(avisos, ' ') AS avisos FROM pedidos`);
  const rejected = await warehouse.rejected();
  return Object.fromEntries([
    ...accepted.map((row) => [row['id_pedido'] ?? '', row['avisos'] ?? ''] as const),
    ...rejected.map((row) => [row['id_pedido'] ?? '', `!${row['motivos']}`] as const),
  ]);
}

function schemaHash(): string {
  const folder = new URL('../../sql/migrations/', import.meta.url);
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort()) hash.update(readFileSync(new URL(name, folder)));
  return hash.digest('hex').slice(0, 12);
}
