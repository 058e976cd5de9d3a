// The sums of a batch for the rollups: over its accepted orders, of periods that have rows already and of those that have none. Pure text.
import { periodOf, type OrderRollup, ROLLUPS, rollupColumns, rollupSql } from '../../catalog/rollups.ts';
import type { Output } from './output-rows.ts';

/** Of the batch's days and months, which have rows in the rollups (table `_periodos_conhecidos`). */
export type KnownPeriods = 'none' | 'some' | 'all';

function sumsSql(prefix: string, rollup: OrderRollup): string {
  return rollupSql(rollup, {
    pedidos: `${prefix}_pedidos`,
    itens: `${prefix}_itens`,
    pagamentos: `${prefix}_pagamentos`,
  });
}

/** Statements that make tables `_soma_*` of all rollups. */
export function sumTables(prefix: string): string[] {
  return ROLLUPS.map(
    (rollup) => `CREATE OR REPLACE TABLE ${prefix}_soma_${rollup.table} AS ${sumsSql(prefix, rollup)}`,
  );
}

/** Sums of periods that have rows already, to be added to them, by rollup; null when there are none. `isSummedUp`: tables `_soma_*` are there. */
export function addedSums(prefix: string, known: KnownPeriods, isSummedUp: boolean): (Output | null)[] {
  return ROLLUPS.map((rollup) =>
    known === 'none'
      ? null
      : [`soma_${rollup.table}`, rollupColumns(rollup), sumsOf(prefix, rollup, known, isSummedUp, 'EXISTS')],
  );
}

/** Sums of the other periods, to be copied straight in, by rollup; null when there are none. */
export function freshSums(prefix: string, known: KnownPeriods, isSummedUp: boolean): (Output | null)[] {
  return ROLLUPS.map((rollup) =>
    known === 'all'
      ? null
      : [rollup.table, rollupColumns(rollup), sumsOf(prefix, rollup, known, isSummedUp, 'NOT EXISTS')],
  );
}

function sumsOf(
  prefix: string,
  rollup: OrderRollup,
  known: KnownPeriods,
  isSummedUp: boolean,
  test: 'EXISTS' | 'NOT EXISTS',
): string {
  if (known !== 'some' && !isSummedUp) return sumsSql(prefix, rollup);
  const { column, grain } = periodOf(rollup);
  const sums = `SELECT r.* FROM ${prefix}_soma_${rollup.table} r`;
  return known === 'some'
    ? `${sums} WHERE ${test} (SELECT 1 FROM ${prefix}_periodos_conhecidos c WHERE c.loja = r.loja AND c.data = r.${column} AND c.grao = '${grain}')`
    : sums;
}
