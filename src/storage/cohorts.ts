// The cohort tables (clientes_coorte, coortes_mensais) and the marks that say from which month on they may be out of date. The loader only marks, in its
// transaction; the settling counts later, in transactions of its own. Killed at any moment nothing is wrong: months from the earlier mark on are not read.
// It never decides when to settle (src/pipeline/settle.ts does), and holds the warehouse's lock for two statements only.
import type pg from 'pg';
import { countsInCohorts } from '../catalog/cohorts.ts';
import { WAREHOUSE_LOCK } from './migrations.ts';
import { makeStaging } from './staging-table.ts';
import { refreshStatistics, staleTables } from './statistics.ts';

/** Only one process settles at a time; the number is arbitrary but fixed. */
const SETTLING_LOCK = 7_243_002;
const COHORT_TABLES = ['clientes_coorte', 'coortes_mensais'];
/** A statement that takes longer is given up. */
const TIMEOUT_MS = 15 * 60_000;
/** Pause after a settling, as a multiple of what it took: those that keep to it take a twentieth of the time. */
export const PAUSE_FACTOR = 20;

/** The first day of the month of a day of sale. */
const monthOf = (day: string): string => `date_trunc('month', (${day})::timestamp)::date`;

/** Makes the table that `REMEMBER_REPLACED` fills. */
export function makeRemembered(client: pg.Client): Promise<void> {
  return makeStaging(
    client,
    'contados_antes',
    'loja text, id_pedido text, mes date, chave_cliente uuid, valor_total numeric',
  );
}

/**
 * What order `s` of `substituidos` counts as it stands, looked up by its key alone: where nearly all orders are in another status, the planner expects none that
 * counts, and would compare each that there is with all of the batch.
 */
const COUNTED = `LATERAL (
    SELECT ${monthOf('p.data_venda')} AS mes, p.chave_cliente, p.valor_total FROM pedidos p
    WHERE p.loja = s.loja AND p.id_pedido = s.id_pedido AND ${countsInCohorts('p')}
    OFFSET 0)`;

/** Keeps what the orders in `substituidos` counted in the cohorts, before they are removed. */
export const REMEMBER_REPLACED = `
  INSERT INTO contados_antes SELECT s.loja, s.id_pedido, p.mes, p.chave_cliente, p.valor_total FROM substituidos s CROSS JOIN ${COUNTED} p`;

/** Oldest month in which a replaced order counts otherwise than before: a new state of delivery, for one, changes no cohort. */
const REPLACED_SINCE = `
  SELECT min(least(a.mes, p.mes))
  FROM substituidos s
  LEFT JOIN contados_antes a ON a.loja = s.loja AND a.id_pedido = s.id_pedido
  LEFT JOIN ${COUNTED} p ON true
  WHERE (a.mes, a.chave_cliente, a.valor_total) IS DISTINCT FROM (p.mes, p.chave_cliente, p.valor_total)`;

/**
 * Marks the months that a batch changes, at the end of its transaction and under the warehouse's lock. `oldestNewSale` as in `SortedBatch`. A mark that
 * stands lower already is not written.
 */
export async function markChanged(
  client: pg.Client,
  oldestNewSale: string | null,
  hasReplaced: boolean,
): Promise<void> {
  if (oldestNewSale === null && !hasReplaced) return;
  const since = `least(${monthOf('$1::date')}${hasReplaced ? `, (${REPLACED_SINCE})` : ''})`;
  await client.query(
    `UPDATE esteira.apuracao_coortes m SET desde = b.desde FROM (SELECT ${since} AS desde) b WHERE m.marca = 'alterado' AND m.desde > b.desde`,
    [oldestNewSale],
  );
}

/** How a settling ended. `busy`: something is to be done, but another process is at it, or it is too soon. */
export type Settlement =
  | { readonly kind: 'nothing' | 'busy' }
  | {
      readonly kind: 'settled';
      /** First day of the first month that was counted again; -infinity: all. */
      readonly since: string;
      readonly seconds: number;
      /** A batch came meanwhile, and its months are not counted. */
      readonly isLeft: boolean;
    };

export interface SettlementOptions {
  /** Keep to the pause after the last settling, whoever made it: for processes that settle again and again. */
  readonly isPaced?: boolean;
  /** Told when there is something to do. */
  readonly onStart?: () => void;
}

/** Counts again what may be out of date. Outside any transaction. */
export async function settleCohorts(
  client: pg.Client,
  { isPaced = false, onStart }: SettlementOptions = {},
): Promise<Settlement> {
  const mark = await readMark(client);
  if (mark.since === null) return { kind: 'nothing' };
  if (isPaced && mark.isEarly) return { kind: 'busy' };
  const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [SETTLING_LOCK]);
  if (rows[0]?.mine !== true) return { kind: 'busy' };
  onStart?.();
  const started = performance.now();
  try {
    const since = await claim(client);
    if (since === null) return { kind: 'nothing' };
    await recount(client, since);
    await staleTables(client, COHORT_TABLES)
      .then((stale) => refreshStatistics(client, stale))
      .catch(() => undefined);
    const isLeft = (await readMark(client)).since !== null;
    return { kind: 'settled', since, seconds: (performance.now() - started) / 1000, isLeft };
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    // a lost connection has given it back already
    await client.query('SELECT pg_advisory_unlock($1)', [SETTLING_LOCK]).catch(() => undefined);
  }
}

/** The earlier mark, null where nothing is out of date; and whether the pause after the last settling still lasts. */
async function readMark(client: pg.Client): Promise<{ readonly since: string | null; readonly isEarly: boolean }> {
  const { rows } = await client.query<{ since: string | null; isEarly: boolean }>(
    `SELECT nullif(min(desde), 'infinity')::text AS since, coalesce(max(proxima_em) > clock_timestamp(), false) AS "isEarly" FROM esteira.apuracao_coortes`,
  );
  return rows[0] ?? { since: null, isEarly: false };
}

/** Takes the months over from the loader's mark. Under the warehouse's lock: a batch under way may have found the mark low enough and left it alone. */
async function claim(client: pg.Client): Promise<string | null> {
  // other words than the loader's, whose moments src/proof/wire-proxy.ts tells by them
  await client.query('START TRANSACTION');
  await client.query(`SET LOCAL statement_timeout = ${TIMEOUT_MS}`);
  await client.query('SELECT FROM pg_advisory_xact_lock($1)', [WAREHOUSE_LOCK]);
  const { since } = await readMark(client);
  if (since !== null)
    await client.query(
      `UPDATE esteira.apuracao_coortes SET desde = CASE marca WHEN 'em_apuracao' THEN $1::date ELSE 'infinity' END`,
      [since],
    );
  await client.query('END');
  return since;
}

/** Counts the months from `since` on in one snapshot; batches that come meanwhile mark their months themselves. */
async function recount(client: pg.Client, since: string): Promise<void> {
  await client.query('START TRANSACTION ISOLATION LEVEL REPEATABLE READ');
  await client.query(
    `SET LOCAL statement_timeout = ${TIMEOUT_MS}; SET LOCAL work_mem = '64MB'; SET LOCAL jit = off; SET LOCAL random_page_cost = 1.1`,
  );
  await makeStaging(
    client,
    'compras_mensais',
    'loja text, chave_cliente uuid, mes date, pedidos bigint, receita numeric',
  );
  await client.query(PURCHASES, [since]);
  await client.query('ANALYZE compras_mensais');
  await client.query(CUSTOMERS, [since]);
  await client.query('DELETE FROM coortes_mensais WHERE mes >= $1', [since]);
  await client.query(MONTHS);
  await client.query(
    `UPDATE esteira.apuracao_coortes SET desde = 'infinity', proxima_em = clock_timestamp() + ${PAUSE_FACTOR} * least(clock_timestamp() - now(), interval '${TIMEOUT_MS} ms') WHERE marca = 'em_apuracao'`,
  );
  await client.query('END');
}

/** What each customer bought in each month, of which both tables are counted: the orders are read once. */
const PURCHASES = `
  INSERT INTO compras_mensais
  SELECT p.loja, p.chave_cliente, ${monthOf('p.data_venda')}, count(*), sum(p.valor_total)
  FROM pedidos p
  WHERE ${countsInCohorts('p')} AND p.data_venda >= $1::date
  GROUP BY 1, 2, 3`;

/** Most customers stand where they stood: only those that differ are written, in the order of their key. */
const CUSTOMERS = `
  WITH novas AS MATERIALIZED (
    SELECT g.loja, g.chave_cliente, g.coorte
    FROM (
      SELECT loja, chave_cliente, min(mes) AS coorte FROM compras_mensais
      WHERE chave_cliente IS NOT NULL
      GROUP BY loja, chave_cliente) g
    WHERE NOT EXISTS (
      SELECT FROM clientes_coorte k WHERE k.loja = g.loja AND k.chave_cliente = g.chave_cliente AND k.coorte < $1::date)
  ), saidas AS (
    DELETE FROM clientes_coorte k
    WHERE k.coorte >= $1::date AND NOT EXISTS (SELECT FROM novas n WHERE n.loja = k.loja AND n.chave_cliente = k.chave_cliente)
  )
  INSERT INTO clientes_coorte AS k (loja, chave_cliente, coorte)
  SELECT n.loja, n.chave_cliente, n.coorte
  FROM novas n
  WHERE NOT EXISTS (
    SELECT FROM clientes_coorte k WHERE k.loja = n.loja AND k.chave_cliente = n.chave_cliente AND k.coorte = n.coorte)
  ORDER BY n.loja, n.chave_cliente
  ON CONFLICT (loja, chave_cliente) DO UPDATE SET coorte = excluded.coorte`;

const MONTHS = `
  INSERT INTO coortes_mensais (loja, coorte, mes, clientes, pedidos, receita)
  SELECT c.loja, k.coorte, c.mes, count(c.chave_cliente), sum(c.pedidos), sum(c.receita)
  FROM compras_mensais c
  LEFT JOIN clientes_coorte k ON k.loja = c.loja AND k.chave_cliente = c.chave_cliente
  GROUP BY c.loja, k.coorte, c.mes
  ORDER BY c.loja, c.mes, k.coorte`;
