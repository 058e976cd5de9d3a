// The rollups follow the orders: what is replaced is taken out of the sums, what is new is added, both in the loader's transaction.
import type pg from 'pg';
import {
  ROLLUPS,
  rollupColumns,
  rollupSql,
  STATUS_CHANGES,
  statusChangesSql,
  type Rollup,
  type VersionRows,
} from '../catalog/rollups.ts';
import type { RowsFile, SortedBatch } from '../model/batch.ts';
import { makeRemembered, REMEMBER_REPLACED } from './cohorts.ts';
import { copyIn } from './copy.ts';
import { quoteName } from './quote.ts';
import { makeStaging } from './staging-table.ts';

function deltaName(rollup: Rollup): string {
  return `delta_${rollup.table}`;
}

/** Takes the replaced orders out of the rollups and of their tables; their new rows are copied afterwards like any other. */
export async function removeReplaced(client: pg.Client, replaced: RowsFile): Promise<void> {
  await makeStaging(client, 'substituidos', 'loja text, id_pedido text');
  await copyIn(client, 'substituidos', replaced);
  await client.query('ANALYZE substituidos');
  const base = {
    pedidos: '(SELECT p.* FROM pedidos p JOIN substituidos s ON s.loja = p.loja AND s.id_pedido = p.id_pedido)',
    itens: 'itens_pedido',
    pagamentos: 'pagamentos',
  };
  for (const rollup of ROLLUPS) await makeDelta(client, rollup);
  await runAll(
    client,
    ROLLUPS.map((rollup) => intoDelta(rollup, rollupSql(rollup, base, -1))),
  );
  await makeRemembered(client);
  await runAll(client, [
    REMEMBER_REPLACED,
    ...['itens_pedido', 'pagamentos', 'pedidos'].map(
      (table) =>
        `DELETE FROM ${quoteName(table)} t USING substituidos s WHERE s.loja = t.loja AND s.id_pedido = t.id_pedido`,
    ),
  ]);
}

/** Touched orders as they are, and all their versions. */
function rowsOf(touched: string): VersionRows {
  const of = (table: string): string =>
    `(SELECT r.* FROM ${table} r JOIN ${touched} t ON t.loja = r.loja AND t.id_pedido = r.id_pedido)`;
  return { pedidos: of('pedidos'), historico: of('historico_status') };
}

/** Takes the changes of status of touched orders away, before their rows and versions change; `addChanges` must follow when they have. */
export async function removeChanges(client: pg.Client, touched: RowsFile): Promise<void> {
  await makeStaging(client, 'tocados', 'loja text, id_pedido text, existe boolean');
  await copyIn(client, 'tocados', touched);
  await makeDelta(client, STATUS_CHANGES);
  const known = rowsOf('(SELECT * FROM tocados WHERE existe)');
  await runAll(client, ['ANALYZE tocados', intoDelta(STATUS_CHANGES, statusChangesSql(known, -1))]);
}

/** Adds the changes of status of the orders given to `removeChanges`, as they are now. */
export async function addChanges(client: pg.Client): Promise<void> {
  const changes = intoDelta(STATUS_CHANGES, statusChangesSql(rowsOf('tocados')));
  await runAll(client, [changes, ...additionsSql(STATUS_CHANGES, true)]);
}

/** Runs statements without values in one go: each would otherwise wait for the answer to the one before. */
async function runAll(client: pg.Client, statements: readonly string[]): Promise<void> {
  if (statements.length > 0) await client.query(statements.join(';\n'));
}

async function makeDelta(client: pg.Client, rollup: Rollup): Promise<void> {
  await makeStaging(client, deltaName(rollup), `LIKE ${quoteName(rollup.table)}`);
}

function intoDelta(rollup: Rollup, select: string): string {
  return `INSERT INTO ${quoteName(deltaName(rollup))} (${rollupColumns(rollup).map(quoteName).join(', ')}) ${select}`;
}

/** Adds the new sums, as they come, and those taken away; rows that reach zero are deleted. */
export async function addToRollups(
  client: pg.Client,
  sums: SortedBatch['rollups'],
  hasRemoved: boolean,
): Promise<void> {
  const statements: string[] = [];
  for (const rollup of ROLLUPS) {
    const files = await sums.get(rollup.table);
    if (files?.fresh) await copyIn(client, rollup.table, files.fresh);
    if (!files?.added && !hasRemoved) continue;
    if (!hasRemoved) await makeDelta(client, rollup);
    if (files?.added) await copyIn(client, deltaName(rollup), files.added);
    statements.push(...additionsSql(rollup, hasRemoved));
  }
  await runAll(client, statements);
}

/** Statements that add what stands in a rollup's delta. */
function additionsSql(rollup: Rollup, hasRemoved: boolean): string[] {
  const delta = quoteName(deltaName(rollup));
  const table = quoteName(rollup.table);
  const keys = Object.keys(rollup.keys).map(quoteName);
  const sums = Object.keys(rollup.sums).map(quoteName);
  const addition = `
    INSERT INTO ${table} AS r (${[...keys, ...sums].join(', ')})
    ${
      hasRemoved
        ? `SELECT ${keys.join(', ')}, ${sums.map((name) => `sum(${name})`).join(', ')} FROM ${delta} GROUP BY ${keys.join(', ')} HAVING ${sums.map((name) => `sum(${name}) <> 0`).join(' OR ')} ORDER BY ${keys.join(', ')}`
        : `SELECT ${[...keys, ...sums].join(', ')} FROM ${delta}`
    }
    ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${sums.map((name) => `${name} = r.${name} + excluded.${name}`).join(', ')}`;
  if (!hasRemoved) return [addition];
  return [
    addition,
    `
    DELETE FROM ${table} r USING (SELECT DISTINCT ${keys.join(', ')} FROM ${delta} WHERE ${quoteName(rollup.counter)} < 0) d
    WHERE ${keys.map((name) => `d.${name} = r.${name}`).join(' AND ')} AND r.${quoteName(rollup.counter)} = 0`,
  ];
}
