// Builds one good order with its history: who bought what, how it was paid, where it stands when the file ends.
// Never makes a mistake on purpose (defects.ts does) and never writes.
import { type Customer } from './people.ts';
import { PRODUCTS, priceCents, type Product } from './catalogue.ts';
import { type GeneratedItem, type GeneratedPayment, type GeneratedVersion, money } from './order.ts';
import { type Random, WeightedPick } from './random.ts';

const DAY_SECONDS = 86_400;

/** 1 to 6 items; two on average. */
const itemCountPick = new WeightedPick([0.46, 0.27, 0.14, 0.07, 0.04, 0.02]);

const METHODS = ['Pix', 'Cartão de crédito', 'Boleto', 'Carteira', 'Cartão de débito', 'Vale'] as const;
type Method = (typeof METHODS)[number];
const methodPick = new WeightedPick([40, 41, 8, 5, 4, 2]);
const CANCEL_SHARE: Readonly<Record<Method, number>> = {
  Pix: 0.09,
  'Cartão de crédito': 0.075,
  Boleto: 0.22,
  Carteira: 0.06,
  'Cartão de débito': 0.06,
  Vale: 0.04,
};
/** Longest time from order to payment, in seconds. */
const PAYMENT_SECONDS: Readonly<Record<Method, number>> = {
  Pix: 1500,
  'Cartão de crédito': 5400,
  Boleto: 3 * DAY_SECONDS,
  Carteira: 600,
  'Cartão de débito': 900,
  Vale: 600,
};

const FREIGHT_CENTS: Readonly<Record<string, number>> = {
  Sudeste: 1490,
  Sul: 1890,
  'Centro-Oeste': 2290,
  Nordeste: 2790,
  Norte: 3690,
};
const DELIVERY_DAYS: Readonly<Record<string, number>> = {
  Sudeste: 4,
  Sul: 5,
  'Centro-Oeste': 7,
  Nordeste: 9,
  Norte: 12,
};

/** Local times as text, from days counted since the first one of the period. */
export interface Clock {
  /** YYYY-MM-DD of a day number; defined past the period's end too. */
  day(index: number): string;
  /** Second (from the period's first midnight) after which nothing is known. */
  readonly endSecond: number;
}

const TWO_DIGITS = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));

/** `YYYY-MM-DD HH:MM:SS` of a second counted from the period's first midnight. */
export function timeText(clock: Clock, second: number): string {
  const day = Math.floor(second / DAY_SECONDS);
  const rest = second - day * DAY_SECONDS;
  const hour = Math.floor(rest / 3600);
  const minute = Math.floor((rest % 3600) / 60);
  return `${clock.day(day)} ${TWO_DIGITS[hour] as string}:${TWO_DIGITS[minute] as string}:${TWO_DIGITS[rest % 60] as string}`;
}

export interface OrderSetting {
  readonly clock: Clock;
  readonly id: string;
  /** Second of the order, counted from the period's first midnight. */
  readonly second: number;
  readonly monthIndex: number;
  readonly isBlackWeek: boolean;
  readonly customer: Customer;
  readonly sampler: WeightedPick;
  /** Share of the orders that the store's app takes. */
  readonly appShare: number;
  /** The order and its history must fit into so many CSV lines. */
  readonly maxLines: number;
}

interface Basket {
  readonly items: GeneratedItem[];
  readonly subtotalCents: number;
}

function makeBasket(random: Random, setting: OrderSetting, itemCount: number): Basket {
  const chosen: Product[] = [];
  while (chosen.length < itemCount) {
    const product = PRODUCTS[setting.sampler.pick(random)] as Product;
    if (!chosen.includes(product)) chosen.push(product);
  }
  let subtotalCents = 0;
  const items = chosen.map((product, index): GeneratedItem => {
    const promotion = setting.isBlackWeek
      ? 0.72 + random.next() * 0.2
      : random.chance(0.1)
        ? 0.85 + random.next() * 0.1
        : 1;
    const price = priceCents(product, setting.monthIndex, promotion);
    const quantity = random.chance(0.78) ? 1 : random.between(1, product.maxQuantity);
    const discount = random.chance(0.09) ? Math.floor(price * quantity * (0.05 + random.next() * 0.15)) : 0;
    subtotalCents += price * quantity - discount;
    return {
      n_item: String(index + 1),
      sku: product.sku,
      produto: product.produto,
      categoria: product.categoria,
      quantidade: String(quantity),
      preco_unitario: money(price),
      desconto_item: money(discount),
      produtoCsv: product.produtoCsv,
      produtoJson: product.produtoJson,
    };
  });
  return { items, subtotalCents };
}

function freightCents(random: Random, regiao: string, subtotalCents: number, itemCount: number): number {
  const isNear = regiao === 'Sudeste' || regiao === 'Sul';
  const freeFrom = isNear ? 19_900 : 29_900;
  if (random.chance(subtotalCents >= freeFrom ? 0.7 : 0.06)) return 0;
  return (FREIGHT_CENTS[regiao] ?? 2500) + 150 * (itemCount - 1) + random.below(900);
}

function couponCents(random: Random, subtotalCents: number): number {
  if (!random.chance(0.14)) return 0;
  if (subtotalCents > 12_000 && random.chance(0.3)) return 2000;
  return Math.floor((subtotalCents * random.of([5, 10, 10, 15])) / 100);
}

function instalments(random: Random, cents: number): number {
  const most = Math.min(12, Math.floor(cents / 3000));
  if (most < 2 || random.chance(cents < 15_000 ? 0.62 : 0.27)) return 1;
  const favourites = [2, 3, 3, 4, 5, 6, 6, 8, 10, 10, 12, 12].filter((count) => count <= most);
  return random.chance(0.85) ? random.of(favourites) : random.between(2, most);
}

function pay(random: Random, method: Method, totalCents: number, mayMix: boolean): GeneratedPayment[] {
  const payment = (forma: Method, cents: number): GeneratedPayment => ({
    forma,
    parcelas: forma === 'Cartão de crédito' ? String(instalments(random, cents)) : '1',
    valor: money(cents),
  });
  if (!mayMix || totalCents < 2000 || !random.chance(0.035)) return [payment(method, totalCents)];
  const first = Math.floor(totalCents * (0.2 + random.next() * 0.5));
  const other: Method =
    method === 'Vale' ? 'Pix' : random.chance(0.6) ? 'Vale' : method === 'Pix' ? 'Cartão de crédito' : 'Pix';
  return [payment(method, totalCents - first), payment(other, first)];
}

interface Step {
  readonly status: string;
  readonly situacao: string;
  readonly second: number;
}

/** Everything that happened to an order until the file's end, oldest first; never empty, seconds rise. */
function history(random: Random, setting: OrderSetting, method: Method): Step[] {
  const { second, clock } = setting;
  const steps: Step[] = [{ status: 'Pendente', situacao: 'Não enviado', second: second + random.between(1, 20) }];
  const known = (at: number): boolean => at <= clock.endSecond;
  const paidAt = second + 30 + Math.floor(random.next() ** 2 * PAYMENT_SECONDS[method]);
  const fate = random.next();
  const ageDays = (clock.endSecond - second) / DAY_SECONDS;
  // A few orders stay open for ever; among recent ones many do.
  if (fate > 1 - 0.042 - (ageDays < 40 ? 0.3 : 0)) return steps;
  if (fate < CANCEL_SHARE[method]) {
    const cancelledAt = second + 1800 + Math.floor(random.next() * 4 * DAY_SECONDS);
    if (known(cancelledAt)) steps.push({ status: 'Cancelado', situacao: 'Não enviado', second: cancelledAt });
    return steps;
  }
  if (!known(paidAt)) return steps;
  steps.push({ status: 'Pago', situacao: 'Não enviado', second: paidAt });
  const sentAt = paidAt + Math.floor((0.4 + random.next() * 1.8) * DAY_SECONDS);
  const days = (DELIVERY_DAYS[setting.customer.regiao] ?? 7) * (0.6 + random.next());
  const deliveredAt = sentAt + Math.floor(days * DAY_SECONDS);
  const returnedAt = deliveredAt + Math.floor((2 + random.next() * 12) * DAY_SECONDS);
  const isRefunded = fate < CANCEL_SHARE[method] + 0.031;
  if (known(sentAt)) steps.push({ status: 'Pago', situacao: 'Enviado', second: sentAt });
  if (known(deliveredAt)) steps.push({ status: 'Pago', situacao: 'Entregue', second: deliveredAt });
  if (isRefunded && known(returnedAt)) steps.push({ status: 'Reembolsado', situacao: 'Devolvido', second: returnedAt });
  return steps;
}

/** The versions of its history that the file shows: the last one, and for some orders one or two before it. */
function shownSteps(random: Random, steps: readonly Step[], most: number): Step[] {
  const last = steps.at(-1) as Step;
  if (steps.length < 2 || most < 2 || !random.chance(0.087)) return [last];
  const first = steps[0] as Step;
  if (steps.length > 2 && most > 2 && random.chance(0.3))
    return [first, steps[random.between(1, steps.length - 2)] as Step, last];
  return [random.chance(0.7) ? first : (steps[random.below(steps.length - 1)] as Step), last];
}

/** One order as the versions that the file will hold, oldest first. All reconcile: items + freight - discount = total = payments. */
export function buildOrder(random: Random, setting: OrderSetting): GeneratedVersion[] {
  const { customer, clock } = setting;
  const itemCount = Math.min(itemCountPick.pick(random) + 1, setting.maxLines);
  const { items, subtotalCents } = makeBasket(random, setting, itemCount);
  const freight = freightCents(random, customer.regiao, subtotalCents, itemCount);
  const coupon = couponCents(random, subtotalCents);
  const totalCents = subtotalCents + freight - coupon;
  const method = METHODS[methodPick.pick(random)] as Method;
  const payments = pay(random, method, totalCents, setting.maxLines >= 2);
  const channel = random.next();
  const canal = channel < 0.17 ? 'Marketplace' : channel < 0.17 + setting.appShare ? 'App' : 'Site';
  const most = Math.floor(setting.maxLines / Math.max(items.length, payments.length));
  const data_pedido = timeText(clock, setting.second);
  return shownSteps(random, history(random, setting, method), most).map((step): GeneratedVersion => ({
    id_pedido: setting.id,
    data_pedido,
    atualizado_em: timeText(clock, Math.min(step.second, clock.endSecond)),
    canal,
    status: step.status,
    situacao_entrega: step.situacao,
    id_cliente: customer.idCliente,
    documento: customer.documento,
    nome: customer.nome,
    email: customer.email,
    telefone: customer.telefone,
    cep: customer.cep,
    cidade: customer.cidade,
    uf: customer.uf,
    frete: money(freight),
    desconto: money(coupon),
    valor_total: money(totalCents),
    moeda: 'BRL',
    items,
    payments,
    cellError: 0,
    expected: { status: step.status, totalCents, itemCount },
  }));
}
