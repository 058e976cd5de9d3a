// The tables that every load fills. Their columns are in sql/migrations.
import { ROLLUP_TABLES } from '../catalog/rollups.ts';

/** Orders and what belongs to them, customers and products, the quarantine, the rollups. */
export const LOADED_TABLES: readonly string[] = [
  'pedidos',
  'itens_pedido',
  'pagamentos',
  'historico_status',
  'clientes',
  'produtos',
  'pedidos_rejeitados',
  ...ROLLUP_TABLES,
];

/** Those of them that the cohorts are counted from. */
export const SETTLED_TABLES: readonly string[] = ['pedidos'];
