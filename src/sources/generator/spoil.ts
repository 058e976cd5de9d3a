// The small changes that defects are made of: write a cell, change a figure, make the totals follow again.
// Which defects there are, and what must happen to each, is in defects.ts.
import { readMunicipalities, UFS } from '../../model/reference/places.ts';
import {
  type AppliedDefect,
  centsOf,
  type GeneratedItem,
  type GeneratedVersion,
  money,
  type Outcome,
} from './order.ts';
import type { Random } from './random.ts';

export interface Defect extends AppliedDefect {
  /** True when the defect only makes sense in an order that the file shows once. */
  readonly needsSingleVersion: boolean;
  /** Changes a private copy; false when this order does not lend itself to it, and the copy is thrown away. */
  readonly spoil: (version: GeneratedVersion, random: Random, serial: number) => boolean;
}

export const citiesOf = Map.groupBy(readMunicipalities(), (row) => row.nome);
export const ufNames = new Map(UFS.map((row) => [row.uf, row.nome]));

/** CEPs of public buildings, to contradict a UF. */
export const FOREIGN_CEPS = [
  ['SP', '01310-100'],
  ['RJ', '20040-002'],
  ['RS', '90010-150'],
  ['BA', '40020-000'],
  ['PA', '66010-000'],
] as const;

/** Makes total and payment follow from the items again; false if nothing positive would be left to pay. */
export function reconcile(version: GeneratedVersion): boolean {
  let subtotal = 0;
  for (const item of version.items) {
    subtotal += Math.round(Number(item.quantidade) * centsOf(item.preco_unitario)) - centsOf(item.desconto_item);
  }
  const total = subtotal + centsOf(version.frete) - centsOf(version.desconto);
  if (subtotal < 100 || total < 100) return false;
  version.valor_total = money(total);
  version.expected.totalCents = total;
  version.payments = version.payments.slice(0, 1).map((payment) => ({ ...payment, valor: money(total) }));
  return true;
}

export function lastItem(version: GeneratedVersion): GeneratedItem {
  return version.items.at(-1) as GeneratedItem;
}

export function rename(item: GeneratedItem, produto: string): void {
  item.produto = produto;
  item.produtoCsv = undefined;
  item.produtoJson = undefined;
}

/** Defects that write something into one of the order's own fields and change nothing else. */
export type OrderText = Exclude<keyof GeneratedVersion, 'items' | 'payments' | 'cellError' | 'expected'>;

export function write(
  tipo: string,
  esperado: Outcome,
  motivos: string[],
  field: OrderText,
  texts: readonly string[],
  isSingle = false,
): Defect {
  return {
    tipo,
    esperado,
    motivos,
    needsSingleVersion: isSingle,
    spoil: (version, random) => {
      version[field] = random.of(texts);
      return true;
    },
  };
}

export function change(
  tipo: string,
  esperado: Outcome,
  motivos: string[],
  spoil: Defect['spoil'],
  needsSingleVersion = false,
): Defect {
  return { tipo, esperado, motivos, needsSingleVersion, spoil };
}

/** Replaces a written status by another spelling of the same one. */
export const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  Pago: ['PAGO ', 'pago', 'Aprovado', ' Pago'],
  Pendente: ['PENDENTE', 'pendente '],
  Cancelado: ['CANCELADO', 'cancelado'],
  Reembolsado: ['Estornado', 'REEMBOLSADO'],
};

export const isPlainCpf = (text: string): boolean => /^\d{11}$/.test(text);
export const isCard = (version: GeneratedVersion): boolean => version.payments[0]?.forma === 'Cartão de crédito';
