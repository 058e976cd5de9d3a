// The words that an order's channel and status may have, in the order people read them. Values of the data: Portuguese in every language.

export const CHANNELS = ['Site', 'App', 'Marketplace', 'Outro'] as const;
export const ORDER_STATUSES = ['Pago', 'Pendente', 'Cancelado', 'Reembolsado'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** The value of `uf` for orders without a declared state. */
export const UF_NOT_DECLARED = 'ND';
