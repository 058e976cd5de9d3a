// The mock store's orders: how one is born, how it moves on, how the store's interface shows it, and what the contract says of it.
// An order is never changed in place: moving on makes a new version. People and documents are invented (documents have valid check digits).
import { Draw } from './draw.ts';

export type Stage = 'pending' | 'paid' | 'shipped' | 'delivered' | 'cancelled' | 'refunded';

export interface MockItem {
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly quantity: number;
  readonly priceCents: number;
  readonly discountCents: number;
}

/** One version of an order. Times are whole seconds since the epoch, money is in cents. */
export interface MockOrder {
  readonly id: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly stage: Stage;
  readonly paidAt: number | null;
  readonly shippedAt: number | null;
  readonly deliveredAt: number | null;
  readonly refundedCents: number;
  readonly channel: 'storefront' | 'mobile' | 'meli';
  readonly customer: { readonly id: number; readonly name: string; readonly cpf: string; readonly phone: string };
  readonly place: Place;
  readonly items: readonly MockItem[];
  readonly shippingCents: number;
  readonly discountCents: number;
  readonly payment: { readonly method: 'pix' | 'boleto' | 'credit_card'; readonly installments: number };
}

interface Place {
  readonly zipcode: string;
  readonly city: string;
  readonly province: string;
}

const PLACES: readonly Place[] = [
  { zipcode: '01310100', city: 'São Paulo', province: 'SP' },
  { zipcode: '13015904', city: 'Campinas', province: 'SP' },
  { zipcode: '20040002', city: 'Rio de Janeiro', province: 'RJ' },
  { zipcode: '30130010', city: 'Belo Horizonte', province: 'MG' },
  { zipcode: '80010000', city: 'Curitiba', province: 'PR' },
  { zipcode: '90010150', city: 'Porto Alegre', province: 'RS' },
  { zipcode: '40020000', city: 'Salvador', province: 'BA' },
  { zipcode: '50030230', city: 'Recife', province: 'PE' },
  { zipcode: '60025100', city: 'Fortaleza', province: 'CE' },
  { zipcode: '69005040', city: 'Manaus', province: 'AM' },
  { zipcode: '70040010', city: 'Brasília', province: 'DF' },
  { zipcode: '74003010', city: 'Goiânia', province: 'GO' },
];

const SHELF: readonly Omit<MockItem, 'quantity' | 'discountCents'>[] = [
  { sku: 'CAM-BAS-P', name: 'Camiseta básica P', category: 'Moda', priceCents: 4990 },
  { sku: 'CAM-BAS-G', name: 'Camiseta básica G', category: 'Moda', priceCents: 4990 },
  { sku: 'TEN-COR-40', name: 'Tênis de corrida 40', category: 'Esporte', priceCents: 29_990 },
  { sku: 'FON-BT-01', name: 'Fone de ouvido Bluetooth', category: 'Eletrônicos', priceCents: 15_900 },
  { sku: 'CAB-USBC', name: 'Cabo USB-C 2 m', category: 'Eletrônicos', priceCents: 3490 },
  { sku: 'PAN-24', name: 'Panela antiaderente 24 cm', category: 'Casa', priceCents: 11_990 },
  { sku: 'LEN-QUEEN', name: 'Jogo de lençóis queen', category: 'Casa', priceCents: 18_900 },
  { sku: 'CAF-500', name: 'Café em grãos 500 g', category: 'Alimentos', priceCents: 3890 },
  { sku: 'LIV-SERT', name: 'Livro "Grande sertão", edição de bolso', category: 'Livros', priceCents: 5990 },
  { sku: 'HID-200', name: 'Hidratante 200 ml', category: 'Beleza', priceCents: 2790 },
];

const FIRST_NAMES = [
  'Ana',
  'João',
  'Conceição',
  'Luís',
  'Beatriz',
  'Inácio',
  'Márcia',
  'Otávio',
  'Núbia',
  'Tainá',
] as const;
const LAST_NAMES = ['da Silva', 'Araújo', "d'Ávila", 'Gonçalves', 'Pereira', 'Muniz', 'Sá', 'Brandão'] as const;

/** The first version of order `id`, pending since `createdAt`; the same seed and id give the same order. */
export function newOrder(seed: number, id: number, createdAt: number): MockOrder {
  const draw = new Draw(Math.imul(seed ^ 0x9e3779b9, id * 2 + 1));
  const items = Array.from({ length: draw.whole(1, 4) }, (): MockItem => {
    const quantity = draw.whole(1, 3);
    return { ...draw.pick(SHELF), quantity, discountCents: draw.chance(0.1) ? quantity * 100 : 0 };
  });
  const customerId = draw.whole(1, 5000);
  const person = new Draw(Math.imul(seed, customerId));
  const method = draw.pick(['pix', 'pix', 'credit_card', 'credit_card', 'boleto'] as const);
  return {
    id,
    createdAt,
    updatedAt: createdAt,
    stage: 'pending',
    paidAt: null,
    shippedAt: null,
    deliveredAt: null,
    refundedCents: 0,
    channel: draw.pick(['storefront', 'storefront', 'mobile', 'meli'] as const),
    customer: {
      id: customerId,
      name: `${person.pick(FIRST_NAMES)} ${person.pick(LAST_NAMES)}`,
      cpf: cpfOf(person.whole(100_000_000, 999_999_998)),
      phone: `119${String(person.whole(10_000_000, 99_999_999))}`,
    },
    place: draw.pick(PLACES),
    items,
    shippingCents: draw.chance(0.3) ? 0 : draw.whole(990, 4990),
    discountCents: draw.chance(0.2) ? 500 : 0,
    payment: { method, installments: method === 'credit_card' ? draw.whole(1, 12) : 1 },
  };
}

/** The next version of an order: its status moves forward, or, at the end of its road, a parcel is refunded. `at` is later than `updatedAt`. */
export function moveOn(order: MockOrder, at: number, draw: Draw): MockOrder {
  const next = { ...order, updatedAt: at };
  switch (order.stage) {
    case 'pending':
      return draw.chance(0.12) ? { ...next, stage: 'cancelled' } : { ...next, stage: 'paid', paidAt: at };
    case 'paid':
      return draw.chance(0.05)
        ? { ...next, stage: 'refunded', refundedCents: totalCents(order) }
        : { ...next, stage: 'shipped', shippedAt: at };
    case 'shipped':
      return { ...next, stage: 'delivered', deliveredAt: at };
    case 'delivered':
      return { ...next, refundedCents: Math.min(totalCents(order), order.refundedCents + 100) };
    case 'cancelled':
      // A Pix or boleto paid late: the store takes the order up again.
      return draw.chance(0.3) ? { ...next, stage: 'paid', paidAt: at } : next;
    case 'refunded':
      break;
  }
  return next;
}

export function totalCents(order: MockOrder): number {
  const goods = order.items.reduce((sum, item) => sum + item.priceCents * item.quantity - item.discountCents, 0);
  return Math.max(0, goods + order.shippingCents - order.discountCents);
}

const PAYMENT_STATUS = {
  pending: 'pending',
  paid: 'paid',
  shipped: 'paid',
  delivered: 'paid',
  cancelled: 'voided',
  refunded: 'refunded',
} as const;
const SHIPPING_STATUS = {
  pending: 'unpacked',
  paid: 'unpacked',
  shipped: 'shipped',
  delivered: 'delivered',
  cancelled: 'unpacked',
  refunded: 'unpacked',
} as const;

/** The order as the store's interface writes it: its own words, money as decimal text, times as `+0000`. */
export function apiShape(order: MockOrder): Record<string, unknown> {
  return {
    id: order.id,
    created_at: apiTime(order.createdAt),
    updated_at: apiTime(order.updatedAt),
    paid_at: apiTime(order.paidAt),
    shipped_at: apiTime(order.shippedAt),
    delivered_at: apiTime(order.deliveredAt),
    storefront: order.channel,
    status: order.stage === 'cancelled' ? 'cancelled' : 'open',
    payment_status: PAYMENT_STATUS[order.stage],
    shipping_status: SHIPPING_STATUS[order.stage],
    currency: 'BRL',
    total: money(totalCents(order)),
    shipping_cost: money(order.shippingCents),
    discount: money(order.discountCents),
    refunded: money(order.refundedCents),
    customer: {
      id: order.customer.id,
      name: order.customer.name,
      identification: order.customer.cpf,
      email: `cliente${order.customer.id}@example.com`,
      phone: order.customer.phone,
    },
    shipping_address: { ...order.place },
    products: order.items.map((item) => ({
      sku: item.sku,
      name: item.name,
      category: item.category,
      quantity: item.quantity,
      price: money(item.priceCents),
      discount: money(item.discountCents),
    })),
    payment_details: {
      method: order.payment.method,
      installments: String(order.payment.installments),
      value: money(totalCents(order)),
    },
  };
}

const STATUS = {
  pending: 'Pendente',
  paid: 'Pago',
  shipped: 'Pago',
  delivered: 'Pago',
  cancelled: 'Cancelado',
  refunded: 'Reembolsado',
} as const;
const DELIVERY = {
  pending: 'Não enviado',
  paid: 'Não enviado',
  shipped: 'Enviado',
  delivered: 'Entregue',
  cancelled: 'Não enviado',
  refunded: 'Não enviado',
} as const;
const CHANNEL = { storefront: 'Site', mobile: 'App', meli: 'Marketplace' } as const;
const METHOD = { pix: 'Pix', boleto: 'Boleto', credit_card: 'Cartão de crédito' } as const;

/** What the contract says of the order: the truth that a reading is compared with, made without the client's mapping. */
export function contractShape(order: MockOrder, loja: string): Record<string, unknown> {
  const shape: Record<string, unknown> = {
    loja,
    id_pedido: String(order.id),
    data_pedido: isoTime(order.createdAt),
    atualizado_em: isoTime(order.updatedAt),
    canal: CHANNEL[order.channel],
    canal_origem: order.channel,
    status: STATUS[order.stage],
    status_origem: order.stage === 'cancelled' ? 'cancelled' : PAYMENT_STATUS[order.stage],
    situacao_entrega: DELIVERY[order.stage],
    cliente: {
      id_cliente: String(order.customer.id),
      documento: order.customer.cpf,
      nome: order.customer.name,
      email: `cliente${order.customer.id}@example.com`,
      telefone: order.customer.phone,
    },
    entrega: { cep: order.place.zipcode, cidade: order.place.city, uf: order.place.province },
    itens: order.items.map((item, index) => ({
      n_item: index + 1,
      sku: item.sku,
      produto: item.name,
      categoria: item.category,
      quantidade: item.quantity,
      preco_unitario: money(item.priceCents),
      desconto: money(item.discountCents),
    })),
    pagamentos: [
      { forma: METHOD[order.payment.method], parcelas: order.payment.installments, valor: money(totalCents(order)) },
    ],
    frete: money(order.shippingCents),
    desconto: money(order.discountCents),
    valor_total: money(totalCents(order)),
    moeda: 'BRL',
  };
  if (order.paidAt !== null) shape['pago_em'] = isoTime(order.paidAt);
  if (order.shippedAt !== null) shape['enviado_em'] = isoTime(order.shippedAt);
  if (order.deliveredAt !== null) shape['entregue_em'] = isoTime(order.deliveredAt);
  if (order.refundedCents > 0) shape['valor_reembolsado'] = money(order.refundedCents);
  return shape;
}

function money(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

function apiTime(seconds: number | null): string | null {
  return seconds === null ? null : isoTime(seconds).replace('Z', '+0000');
}

/** A CPF with valid check digits (modulus 11, weights rising from the right; a remainder below 2 gives 0). */
function cpfOf(nineDigits: number): string {
  let digits = String(nineDigits).padStart(9, '0');
  for (let round = 0; round < 2; round += 1) {
    const sum = Array.from(digits).reduce(
      (total, digit, index) => total + Number(digit) * (digits.length + 1 - index),
      0,
    );
    const rest = sum % 11;
    digits += rest < 2 ? '0' : String(11 - rest);
  }
  return digits;
}
