// The rollups: for each table, what it groups by and what it sums, as SQL that PostgreSQL and DuckDB both understand.
// The loader adds the sums of new rows (made by DuckDB) and takes away those of replaced rows (made by PostgreSQL) with this one definition.

/** Base rows a rollup is made of: orders `p`, with their items `i` or payments `g`. */
export type RollupGrain = 'pedido' | 'item' | 'pagamento';

export interface Rollup {
  readonly table: string;
  readonly grain: RollupGrain;
  /** Key column -> expression. Never NULL. */
  readonly keys: Readonly<Record<string, string>>;
  /** Summed column -> expression per base row. */
  readonly sums: Readonly<Record<string, string>>;
  /** The column that is zero only when no base row is left: then the row is deleted. Units do as well as a count, each item has at least one. */
  readonly counter: string;
}

const MONTH = `CAST(date_trunc('month', p.data_venda) AS DATE)`;
const STATE = `COALESCE(p.uf, 'ND')`;
const REGION = `COALESCE(p.regiao, 'Não informada')`;

export const ROLLUPS: readonly Rollup[] = [
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
    table: 'vendas_produto',
    grain: 'item',
    counter: 'unidades',
    keys: { loja: 'p.loja', mes: MONTH, sku: 'i.sku', uf: STATE, canal: 'p.canal', status: 'p.status' },
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
export function rollupSql(rollup: Rollup, from: BaseRows, sign: 1 | -1 = 1): string {
  const joins: Record<RollupGrain, string> = {
    pedido: '',
    item: ` JOIN ${from.itens} i ON i.loja = p.loja AND i.id_pedido = p.id_pedido`,
    pagamento: ` JOIN ${from.pagamentos} g ON g.loja = p.loja AND g.id_pedido = p.id_pedido`,
  };
  const keys = Object.entries(rollup.keys).map(([name, sql]) => `${sql} AS ${name}`);
  const sums = Object.entries(rollup.sums).map(([name, sql]) => `${sign === -1 ? '-' : ''}SUM(${sql}) AS ${name}`);
  return `SELECT ${[...keys, ...sums].join(', ')} FROM ${from.pedidos} p${joins[rollup.grain]} WHERE p.excluido_em IS NULL GROUP BY ${Object.values(rollup.keys).join(', ')}`;
}

/** All columns of a rollup, keys first. */
export function rollupColumns(rollup: Rollup): string[] {
  return [...Object.keys(rollup.keys), ...Object.keys(rollup.sums)];
}
