// The rollups: for each table, what it groups by and what it sums, as SQL that PostgreSQL and DuckDB both understand.
// The loader adds the sums of new rows (made by DuckDB) and takes away those of replaced rows (made by PostgreSQL) with this one definition.
// What an order's versions sum to depends on all of them, which only the warehouse has: PostgreSQL alone makes it, before and after.

export interface Rollup {
  readonly table: string;
  /** Key column -> expression. Never NULL. */
  readonly keys: Readonly<Record<string, string>>;
  /** Summed column -> expression per base row. */
  readonly sums: Readonly<Record<string, string>>;
  /** The column that is zero only when no base row is left: then the row is deleted. Units do as well as a count, each item has at least one. */
  readonly counter: string;
}

/** Base rows that a rollup of orders is made of: orders `p`, with their items `i` or payments `g`. */
export type RollupGrain = 'pedido' | 'item' | 'pagamento';

export interface OrderRollup extends Rollup {
  readonly grain: RollupGrain;
}

const MONTH = `CAST(date_trunc('month', p.data_venda) AS DATE)`;
const STATE = `COALESCE(p.uf, 'ND')`;
const REGION = `COALESCE(p.regiao, 'Não informada')`;

/** What orders as they are now sum to, with their items and payments: all that an engine can sum from the rows of a batch. */
export const ROLLUPS: readonly OrderRollup[] = [
  {
    table: 'pedidos_diarios',
    grain: 'pedido',
    counter: 'pedidos',
    keys: { loja: 'p.loja', data_venda: 'p.data_venda', canal: 'p.canal', status: 'p.status', uf: STATE },
    sums: {
      pedidos: '1',
      unidades: 'p.unidades',
      valor_itens: 'p.valor_itens',
      frete: 'p.frete',
      desconto: 'p.desconto',
      valor_total: 'p.valor_total',
      valor_reembolsado: 'p.valor_reembolsado',
    },
  },
  {
    table: 'pedidos_horarios',
    grain: 'pedido',
    counter: 'pedidos',
    keys: {
      loja: 'p.loja',
      data_venda: 'p.data_venda',
      hora_venda: 'p.hora_venda',
      canal: 'p.canal',
      status: 'p.status',
    },
    sums: { pedidos: '1', valor_total: 'p.valor_total' },
  },
  {
    table: 'pedidos_municipio',
    grain: 'pedido',
    counter: 'pedidos',
    keys: {
      loja: 'p.loja',
      mes: MONTH,
      uf: STATE,
      codigo_ibge: 'COALESCE(p.codigo_ibge, 0)',
      cidade: `COALESCE(p.cidade, 'ND')`,
      canal: 'p.canal',
      status: 'p.status',
    },
    sums: { pedidos: '1', valor_total: 'p.valor_total', valor_itens: 'p.valor_itens' },
  },
  {
    table: 'vendas_categoria',
    grain: 'item',
    counter: 'unidades',
    keys: { loja: 'p.loja', mes: MONTH, categoria: 'i.categoria', uf: STATE, canal: 'p.canal', status: 'p.status' },
    sums: { unidades: 'i.quantidade', valor: 'i.valor' },
  },
  {
    table: 'vendas_produto_diarias',
    grain: 'item',
    counter: 'unidades',
    keys: { loja: 'p.loja', data_venda: 'p.data_venda', status: 'p.status', sku: 'i.sku', regiao: REGION },
    sums: { unidades: 'i.quantidade', valor: 'i.valor' },
  },
  {
    table: 'vendas_produto_regiao',
    grain: 'item',
    counter: 'unidades',
    keys: { loja: 'p.loja', mes: MONTH, sku: 'i.sku', regiao: REGION, canal: 'p.canal', status: 'p.status' },
    sums: { unidades: 'i.quantidade', valor: 'i.valor' },
  },
  {
    table: 'pagamentos_diarios',
    grain: 'pagamento',
    counter: 'pagamentos',
    keys: {
      loja: 'p.loja',
      data_venda: 'p.data_venda',
      forma: 'g.forma',
      parcelas: 'COALESCE(g.parcelas, 0)',
      status: 'p.status',
      canal: 'p.canal',
    },
    sums: { pagamentos: '1', valor: 'g.valor' },
  },
  {
    table: 'pagamentos_mensais',
    grain: 'pagamento',
    counter: 'pagamentos',
    keys: {
      loja: 'p.loja',
      mes: MONTH,
      forma: 'g.forma',
      parcelas: 'COALESCE(g.parcelas, 0)',
      uf: STATE,
      status: 'p.status',
      canal: 'p.canal',
    },
    sums: { pagamentos: '1', valor: 'g.valor' },
  },
];

/** Changes `m` of orders `p` from one status to another, under what the orders are now. */
export const STATUS_CHANGES: Rollup = {
  table: 'mudancas_diarias',
  counter: 'mudancas',
  keys: {
    loja: 'p.loja',
    data_venda: 'p.data_venda',
    canal: 'p.canal',
    status: 'p.status',
    uf: STATE,
    de: 'm.de',
    para: 'm.para',
  },
  sums: {
    mudancas: '1',
    valor: 'm.valor_total',
    medidas: 'CASE WHEN m.segundos IS NULL THEN 0 ELSE 1 END',
    segundos: 'COALESCE(m.segundos, 0)',
  },
};

/** The tables of all rollups. */
export const ROLLUP_TABLES: readonly string[] = [...ROLLUPS, STATUS_CHANGES].map(({ table }) => table);

/** The key that holds a rollup's period, and how long the period is. */
export function periodOf(rollup: Rollup): { readonly column: 'data_venda' | 'mes'; readonly grain: 'dia' | 'mes' } {
  return 'mes' in rollup.keys ? { column: 'mes', grain: 'mes' } : { column: 'data_venda', grain: 'dia' };
}

/** Where the base rows of a rollup come from: each a table or a parenthesised SELECT with the warehouse's columns. */
export interface BaseRows {
  readonly pedidos: string;
  readonly itens: string;
  readonly pagamentos: string;
}

/**
 * SELECT of a rollup's rows over some base rows. `sign` -1 gives what replaced rows take away.
 */
export function rollupSql(rollup: OrderRollup, from: BaseRows, sign: 1 | -1 = 1): string {
  const joins: Record<RollupGrain, string> = {
    pedido: '',
    item: ` JOIN ${from.itens} i ON i.loja = p.loja AND i.id_pedido = p.id_pedido`,
    pagamento: ` JOIN ${from.pagamentos} g ON g.loja = p.loja AND g.id_pedido = p.id_pedido`,
  };
  return sumsSql(rollup, `${from.pedidos} p${joins[rollup.grain]}`, sign);
}

/** Where the changes of status come from, as in `BaseRows`: orders, and all versions of each. */
export interface VersionRows {
  readonly pedidos: string;
  readonly historico: string;
}

/**
 * SELECT of the rows of `STATUS_CHANGES` over some orders. A version is compared with the one before it, by time, revision and hash. Whole seconds lie between
 * the two; null where a time is only estimated. For PostgreSQL alone.
 */
export function statusChangesSql(from: VersionRows, sign: 1 | -1 = 1): string {
  const changes = `(SELECT h.loja, h.id_pedido, lag(h.status) OVER ordem AS de, h.status AS para, h.valor_total,
      CASE WHEN NOT h.atualizado_em_estimado AND NOT lag(h.atualizado_em_estimado) OVER ordem
        THEN CAST(floor(extract(epoch FROM h.atualizado_em - lag(h.atualizado_em) OVER ordem)) AS bigint) END AS segundos
    FROM ${from.historico} h
    WINDOW ordem AS (PARTITION BY h.loja, h.id_pedido ORDER BY h.atualizado_em, h.revisao, h.hash_origem))`;
  return sumsSql(
    STATUS_CHANGES,
    `${from.pedidos} p JOIN ${changes} m ON m.loja = p.loja AND m.id_pedido = p.id_pedido AND m.de <> m.para`,
    sign,
  );
}

function sumsSql(rollup: Rollup, rows: string, sign: 1 | -1): string {
  const keys = Object.entries(rollup.keys).map(([name, sql]) => `${sql} AS ${name}`);
  const sums = Object.entries(rollup.sums).map(([name, sql]) => `${sign === -1 ? '-' : ''}SUM(${sql}) AS ${name}`);
  return `SELECT ${[...keys, ...sums].join(', ')} FROM ${rows} WHERE p.excluido_em IS NULL GROUP BY ${Object.values(rollup.keys).join(', ')}`;
}

/** All columns of a rollup, keys first. */
export function rollupColumns(rollup: Rollup): string[] {
  return [...Object.keys(rollup.keys), ...Object.keys(rollup.sums)];
}
