// The order contract `pedido`, version 1: names and order of its fields, in the three shapes they travel in.
// Pure data: it never parses or checks a value (the rules do).

/** The name of a store, in lower case: it is part of every key, so it has one spelling only. */
export const STORE_NAME = /^[a-z0-9_-]{1,40}$/;
/** That rule in words. */
export const STORE_NAME_WORDS = 'Names have 1 to 40 small letters, digits, _ and -.';

/** Columns of the flat CSV, one line per item, in the order that we write them (readers find them by name). */
export const FLAT_COLUMNS = [
  'loja',
  'id_pedido',
  'data_pedido',
  'atualizado_em',
  'canal',
  'status',
  'situacao_entrega',
  'id_cliente',
  'documento',
  'nome',
  'email',
  'telefone',
  'cep',
  'cidade',
  'uf',
  'n_item',
  'sku',
  'produto',
  'categoria',
  'quantidade',
  'preco_unitario',
  'desconto_item',
  'frete',
  'desconto',
  'valor_total',
  'moeda',
  'forma_pagamento',
  'parcelas',
  'valor_pagamento',
] as const;

/** Columns of an order that our own flat CSV does not carry; profiles of stores and JSON documents may. */
export const EXTRA_ORDER_COLUMNS = [
  'canal_origem',
  'status_origem',
  'pago_em',
  'enviado_em',
  'entregue_em',
  'prazo_entrega',
  'valor_reembolsado',
  'valor_cobrado',
  'comissao',
  'excluido_em',
] as const;

/** Columns that describe one item of an order in the flat shape. */
export const ITEM_COLUMNS = [
  'n_item',
  'sku',
  'produto',
  'categoria',
  'quantidade',
  'preco_unitario',
  'desconto_item',
] as const;

/** Columns that hold amounts of money. */
export const MONEY_COLUMNS = [
  'preco_unitario',
  'desconto_item',
  'frete',
  'desconto',
  'valor_total',
  'valor_pagamento',
  'valor_reembolsado',
  'valor_cobrado',
  'comissao',
] as const;

/** Columns that describe one payment of an order in the flat shape. */
export const PAYMENT_COLUMNS = ['forma_pagamento', 'parcelas', 'valor_pagamento'] as const;

/** Everything a line of the staging table `linhas` carries, as text. */
export const LINE_COLUMNS = [...FLAT_COLUMNS, ...EXTRA_ORDER_COLUMNS] as const;

const perLine = new Set<string>([...ITEM_COLUMNS, ...PAYMENT_COLUMNS]);

/** The order's own fields: the same on every line of the order, and scalar columns of `documentos`. */
export const ORDER_COLUMNS = LINE_COLUMNS.filter((name) => !perLine.has(name));

/** Columns a file in our own header must have; besides, one of `sku` and `produto`. */
export const REQUIRED_COLUMNS = [
  'id_pedido',
  'data_pedido',
  'canal',
  'status',
  'cidade',
  'uf',
  'quantidade',
  'preco_unitario',
] as const;

export type FlatColumn = (typeof FLAT_COLUMNS)[number];
export type LineColumn = (typeof LINE_COLUMNS)[number];
