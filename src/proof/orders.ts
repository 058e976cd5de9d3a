// Seeded order versions for `esteira prove`, good and bad, as the documents that travel. It knows the contract and shares no code with the transform.
import type { HandMadeRecord } from './topics.ts';

/** One version of an order, money in centavos, times in UTC milliseconds. */
export interface ProofOrder {
  readonly id: string;
  readonly placedAt: number;
  readonly updatedAt: number;
  readonly status: string;
  readonly channel: string;
  readonly customer: string;
  readonly city: string;
  readonly state: string;
  readonly freight: number;
  readonly discount: number;
  readonly items: readonly ProofItem[];
  readonly payments: readonly ProofPayment[];
}

export interface ProofItem {
  readonly sku: number;
  readonly quantity: number;
  readonly price: number;
  readonly discount: number;
}

export interface ProofPayment {
  readonly method: string;
  readonly installments: number;
  readonly amount: number;
}

/** A message as it was sent. `order` is what it says; absent when no program can tell. */
export interface ProofMessage {
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly order?: ProofOrder;
  /** No valid order: it belongs in the quarantine. */
  readonly isBad: boolean;
}

const STORE = 'prova';
const ORDERS = 80;
const STATUSES = ['Pago', 'Pendente', 'Cancelado', 'Reembolsado'];
const CHANNELS = ['Site', 'App', 'Marketplace'];
const PLACES = [
  { city: 'Campinas', state: 'SP', postcode: '13010-001' },
  { city: 'Belo Horizonte', state: 'MG', postcode: '30110-000' },
  { city: 'Recife', state: 'PE', postcode: '50010-000' },
] as const;
const FIRST_UPDATE = Date.UTC(2026, 2, 2);

/** Numbers in [0, 1): mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function pick<T>(random: () => number, values: readonly [T, ...T[]] | readonly T[]): T {
  return values[Math.floor(random() * values.length)] as T;
}

/** The values in another order. */
export function shuffled<T>(random: () => number, values: readonly T[]): T[] {
  const order = values.map((value) => ({ value, at: random() }));
  return order.sort((a, b) => a.at - b.at).map(({ value }) => value);
}

/** A version of one of 80 orders. `serial` makes its update time unlike any other's. */
export function drawOrder(random: () => number, serial: number): ProofOrder {
  const number = 1 + Math.floor(random() * ORDERS);
  const items = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
    const price = 1000 + Math.floor(random() * 20_000);
    return {
      sku: 1 + Math.floor(random() * 30),
      quantity: 1 + Math.floor(random() * 4),
      price,
      discount: random() < 0.3 ? Math.floor(price / 10) : 0,
    };
  });
  const freight = 500 + Math.floor(random() * 3000);
  const discount = random() < 0.3 ? Math.floor(random() * 500) : 0;
  const total = items.reduce((sum, item) => sum + item.quantity * item.price - item.discount, 0) + freight - discount;
  const byPix = random() < 0.3 ? Math.floor(total / 3) : 0;
  const place = PLACES[number % PLACES.length] ?? PLACES[0];
  return {
    id: String(number),
    // Between eleven at night and half past twelve in São Paulo: the day of sale is not the day in UTC.
    placedAt: Date.UTC(2026, number % 2, 1 + (number % 27), 2 + (number % 3), number % 60),
    updatedAt: FIRST_UPDATE + serial * 1000,
    status: pick(random, STATUSES),
    channel: pick(random, CHANNELS),
    customer: `C${number % 11}`,
    city: place.city,
    state: place.state,
    freight,
    discount,
    items,
    payments: [
      { method: 'Cartão de crédito', installments: 1 + Math.floor(random() * 6), amount: total - byPix },
      ...(byPix > 0 ? [{ method: 'Pix', installments: 1, amount: byPix }] : []),
    ],
  };
}

export function totalOf(order: ProofOrder): number {
  return order.payments.reduce((sum, payment) => sum + payment.amount, 0);
}

/** The order as a document of the contract, for its message. */
export function documentOf(order: ProofOrder): Record<string, unknown> {
  return {
    loja: STORE,
    id_pedido: order.id,
    data_pedido: new Date(order.placedAt).toISOString(),
    atualizado_em: new Date(order.updatedAt).toISOString(),
    canal: order.channel,
    status: order.status,
    cliente: { id_cliente: order.customer },
    entrega: {
      cep: PLACES.find(({ city }) => city === order.city)?.postcode,
      cidade: order.city,
      uf: order.state,
    },
    itens: order.items.map((item, index) => ({
      n_item: String(index + 1),
      sku: `SKU-${item.sku}`,
      produto: `Produto ${item.sku}`,
      categoria: item.sku % 2 === 0 ? 'Casa' : 'Cozinha',
      quantidade: String(item.quantity),
      preco_unitario: money(item.price),
      desconto: money(item.discount),
    })),
    frete: money(order.freight),
    desconto: money(order.discount),
    valor_total: money(totalOf(order)),
    moeda: 'BRL',
    pagamentos: order.payments.map((payment) => ({
      forma: payment.method,
      parcelas: String(payment.installments),
      valor: money(payment.amount),
    })),
  };
}

/** As its own document: the version is valid, unless its status is a word that nobody knows. */
export function messageOf(order: ProofOrder): ProofMessage {
  return {
    key: `${STORE}:${order.id}`,
    value: Buffer.from(JSON.stringify(documentOf(order))),
    order,
    isBad: !STATUSES.includes(order.status),
  };
}

/** Its record in the raw topic, in the partition where all versions of the order stand. */
export function recordOf({ key, value, order }: ProofMessage, partition?: number): HandMadeRecord {
  return {
    key,
    value,
    partition: partition ?? Number(order?.id ?? 0) % 2,
    headers: { contrato: 'pedido', versao: '1' },
  };
}

const LARGE_BYTES = 5_000_000;

/** Messages that no valid order comes of, each kind once. `serial` keeps them apart from those of other rounds. */
export function poisonMessages(random: () => number, serial: number): ProofMessage[] {
  const order = { ...drawOrder(random, serial), id: `veneno-${serial}` };
  const text = (changes: Record<string, unknown>): string => JSON.stringify({ ...documentOf(order), ...changes });
  const noise = Array.from({ length: 1000 }, () => Math.floor(random() * 2 ** 48).toString(36)).join(' ');
  const bad = (value: Buffer | null, key: string | null = null): ProofMessage => ({ key, value, isBad: true });
  return [
    // broken JSON
    bad(Buffer.from(`{"id_pedido":"${serial}",`), `${STORE}:quebrado`),
    // a word for a number
    bad(Buffer.from(text({ id_pedido: `palavra-${serial}`, frete: 'dez' }))),
    // null key and id
    bad(Buffer.from(text({ id_pedido: null }))),
    // a tombstone
    bad(null, `${STORE}:apagado-${serial}`),
    // an impossible date
    bad(Buffer.from(text({ id_pedido: `data-${serial}`, data_pedido: '2026-02-30 10:00:00' }))),
    // five megabytes
    bad(Buffer.from(text({ id_pedido: null, enchimento: noise.padEnd(LARGE_BYTES, noise) }))),
    // invalid UTF-8
    bad(Buffer.concat([Buffer.from(`{"id":"${serial}`), Buffer.from([0xff, 0xfe])])),
    // NUL
    bad(Buffer.from(`{"id":"${serial}\u0000"}`)),
  ];
}

function money(cents: number): string {
  return (cents / 100).toFixed(2);
}
