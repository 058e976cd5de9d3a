// Small invented files for the tests of exactly-once loading: CSV of our own header whose versions are decided by a seed.
import { csvOf, line, type Cells } from '../support/load.ts';

export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Lines of `orders` orders as they were `generation` hours after being placed; every fourth is refused by the rules, every third has two items. */
export function exportOf(orders: number, generation: number, store = 'loja'): string {
  const lines: Cells[] = [];
  for (let n = 1; n <= orders; n++) {
    const day = String(1 + (n % 27)).padStart(2, '0');
    const quantity = 1 + ((n * 7 + generation) % 4);
    const itemCount = n % 3 === 0 ? 2 : 1;
    const total = (quantity * 50 * itemCount + 10).toFixed(2);
    for (let item = 1; item <= itemCount; item++) {
      lines.push(
        line({
          loja: store,
          id_pedido: String(n),
          data_pedido: `2026-0${1 + (n % 8)}-${day} 10:00:00`,
          atualizado_em: `2026-09-${day} 1${generation}:00:00`,
          status: n % 4 === 1 ? 'talvez' : (['Pago', 'Pendente', 'Cancelado'][(n + generation) % 3] ?? 'Pago'),
          id_cliente: `C${n % 11}`,
          documento: '',
          nome: `Cliente ${n % 11} ${generation}`,
          n_item: String(item),
          sku: `SKU-${(n + item) % 13}`,
          produto: `Produto ${(n + item) % 13}`,
          quantidade: String(quantity),
          valor_total: total,
          valor_pagamento: total,
        }),
      );
    }
  }
  return csvOf(lines);
}
