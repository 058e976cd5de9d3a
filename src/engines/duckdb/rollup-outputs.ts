// The sums of a batch for the rollups: over its accepted orders, of periods that have rows already and of those that have none. Pure text.
import { periodOf, type OrderRollup, rollupSql } from '../../catalog/rollups.ts';

/** Of the batch's days and months, which have rows in the rollups (table `_periodos_conhecidos`). */
export type KnownPeriods = 'none' | 'some' | 'all';

function sumsSql(prefix: string, rollup: OrderRollup): string {
  return rollupSql(rollup, {
    pedidos: `${prefix}_pedidos`,
    itens: `${prefix}_itens`,
    pagamentos: `${prefix}_pagamentos`,
  });
}

/** Statement that makes table `_soma_*` of a rollup. */
export function sumTable(prefix: string, rollup: OrderRollup): string {
  return `CREATE OR REPLACE TABLE ${prefix}_soma_${rollup.table} AS ${sumsSql(prefix, rollup)}`;
}

/** SELECT of the sums of periods that have rows already, to be added to them; null when there are none. `isTable`: `_soma_*` is there; needed for `some`. */
export function addedSums(prefix: string, rollup: OrderRollup, known: KnownPeriods, isTable: boolean): string | null {
  return known === 'none' ? null : sumsOf(prefix, rollup, known, isTable, 'EXISTS');
}

/** SELECT of the sums of the other periods, to be copied straight in; null when there are none. */
export function freshSums(prefix: string, rollup: OrderRollup, known: KnownPeriods, isTable: boolean): string | null {
  return known === 'all' ? null : sumsOf(prefix, rollup, known, isTable, 'NOT EXISTS');
}

function sumsOf(
  prefix: string,
  rollup: OrderRollup,
  known: KnownPeriods,
  isTable: boolean,
  test: 'EXISTS' | 'NOT EXISTS',
): string {
  const order = `ORDER BY ${Object.keys(rollup.keys).join(', ')}`;
  if (!isTable) return `SELECT * FROM (${sumsSql(prefix, rollup)}) ${order}`;
  const { column, grain } = periodOf(rollup);
  const sums = `SELECT r.* FROM ${prefix}_soma_${rollup.table} r`;
  const isOurs = `${test} (SELECT 1 FROM ${prefix}_periodos_conhecidos c WHERE c.loja = r.loja AND c.data = r.${column} AND c.grao = '${grain}')`;
  return known === 'some' ? `${sums} WHERE ${isOurs} ${order}` : `${sums} ${order}`;
}
