// What a generated order is before it becomes a line or a document: every value as the text a store would have written.
// Never interprets the text; only `expected` knows what it means.

export interface GeneratedItem {
  n_item: string;
  sku: string;
  produto: string;
  categoria: string;
  quantidade: string;
  preco_unitario: string;
  desconto_item: string;
  /** The product's name ready for CSV and JSON; undefined once a defect has touched it. */
  produtoCsv: string | undefined;
  produtoJson: string | undefined;
}

export interface GeneratedPayment {
  forma: string;
  parcelas: string;
  valor: string;
}

/** One version of an order, values as written. Mutable, because defects are made by changing a good one. */
export interface GeneratedVersion {
  id_pedido: string;
  data_pedido: string;
  atualizado_em: string;
  canal: string;
  status: string;
  situacao_entrega: string;
  id_cliente: string;
  documento: string;
  nome: string;
  email: string;
  telefone: string;
  cep: string;
  cidade: string;
  uf: string;
  frete: string;
  desconto: string;
  valor_total: string;
  moeda: string;
  items: GeneratedItem[];
  payments: GeneratedPayment[];
  /** +n: n cells too many on its line; -n: n cells cut off. Only orders of one line. */
  cellError: number;
  expected: ExpectedState;
}

/** What must stand in the warehouse when this version is the order's current one. */
export interface ExpectedState {
  status: string;
  totalCents: number;
  itemCount: number;
}

/** What must happen to a version that a defect touched. */
export type Outcome = 'aceito' | 'aviso' | 'rejeitado' | 'duplicado';

export interface AppliedDefect {
  readonly tipo: string;
  readonly esperado: Outcome;
  /** Rule ids: errors, and warnings that necessarily come with them. */
  readonly motivos: readonly string[];
}

/** CSV lines that a version takes: one an item, further ones for payments beyond the items, at least one. */
export function lineCount(version: GeneratedVersion): number {
  return Math.max(1, version.items.length, version.payments.length);
}

/** Centavos as a number with a point and two decimals. */
export function money(cents: number): string {
  const sign = cents < 0 ? '-' : '';
  const whole = Math.abs(cents);
  const rest = whole % 100;
  return `${sign}${(whole - rest) / 100}.${rest < 10 ? '0' : ''}${rest}`;
}

/** The inverse of `money`. */
export function centsOf(text: string): number {
  return Math.round(Number(text) * 100);
}
