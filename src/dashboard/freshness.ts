// How far the figures can be trusted, for the line above the cards and for the period of a page: days of sale, last batch, open quarantine, stores.
import type { ReaderPool } from './readers.ts';

export interface Freshness {
  readonly oldestSale: string | null;
  readonly newestSale: string | null;
  /** ISO 8601 in America/Sao_Paulo. */
  readonly lastBatch: string | null;
  readonly quarantined: number;
  /** R$. */
  readonly quarantinedAmount: string;
  readonly stores: readonly string[];
}

/** Throws WAREHOUSE_*. */
export function readFreshness(readers: ReaderPool): Promise<Freshness> {
  return readers.use(async (client) => {
    // steps through the key from one store to the next, and to both ends of each, instead of reading the whole rollup
    const { rows } = await client.query<Freshness>(`
      WITH RECURSIVE loja AS (
        (SELECT loja FROM pedidos_diarios ORDER BY loja LIMIT 1)
        UNION ALL
        SELECT (SELECT d.loja FROM pedidos_diarios d WHERE d.loja > l.loja ORDER BY d.loja LIMIT 1) FROM loja l WHERE l.loja IS NOT NULL
      ), dias AS (
        SELECT loja,
          (SELECT d.data_venda FROM pedidos_diarios d WHERE d.loja = l.loja ORDER BY d.loja, d.data_venda LIMIT 1) AS primeiro,
          (SELECT d.data_venda FROM pedidos_diarios d WHERE d.loja = l.loja ORDER BY d.loja DESC, d.data_venda DESC LIMIT 1) AS ultimo
        FROM loja l WHERE loja IS NOT NULL
      )
      SELECT v.primeiro AS "oldestSale", v.ultimo AS "newestSale", v.lojas AS stores, q.n AS quarantined, q.valor AS "quarantinedAmount",
        (SELECT to_char(max(confirmado_em) AT TIME ZONE 'America/Sao_Paulo', 'YYYY-MM-DD"T"HH24:MI:SS') FROM esteira.lotes) AS "lastBatch"
      FROM (SELECT min(primeiro)::text AS primeiro, max(ultimo)::text AS ultimo, coalesce(array_agg(loja ORDER BY loja), '{}') AS lojas FROM dias) v,
        (SELECT count(*)::float8 AS n, coalesce(sum(valor), 0)::numeric(18,2)::text AS valor FROM pedidos_rejeitados WHERE situacao = 'aberto') q`);
    const [row] = rows;
    if (row === undefined) throw new Error('a query without FROM gave no row');
    return row;
  });
}
