// One order of the mock store's interface -> the nested shape of contract `pedido` v1.
// It translates words it knows and passes on what it does not: judging is the transform's work, and nothing is ever guessed.

type Fields = Readonly<Record<string, unknown>>;

const CHANNELS: Fields = { storefront: 'Site', mobile: 'App', meli: 'Marketplace' };
const DELIVERIES: Fields = {
  unpacked: 'Não enviado',
  shipped: 'Enviado',
  delivered: 'Entregue',
  returned: 'Devolvido',
};
const METHODS: Fields = {
  pix: 'Pix',
  boleto: 'Boleto',
  credit_card: 'Cartão de crédito',
  debit_card: 'Cartão de débito',
  wallet: 'Carteira',
};
// `authorized` is money reserved, not money paid.
const STATUSES: Fields = {
  paid: 'Pago',
  pending: 'Pendente',
  authorized: 'Pendente',
  voided: 'Cancelado',
  refunded: 'Reembolsado',
};

/** Whatever the store gave (an object, or not) as the JSON text of one order document. */
export function mapOrder(given: unknown, loja: string): string {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return JSON.stringify(given ?? null);
  const order = given as Fields;
  const customer = fieldsOf(order['customer']);
  const address = fieldsOf(order['shipping_address']);
  const payment = fieldsOf(order['payment_details']);
  const statusWord = order['status'] === 'cancelled' ? 'cancelled' : order['payment_status'];
  const refunded = order['refunded'];
  return JSON.stringify({
    loja,
    id_pedido: textOf(order['id']),
    data_pedido: timeOf(order['created_at']),
    atualizado_em: timeOf(order['updated_at']),
    canal: translated(CHANNELS, order['storefront']),
    canal_origem: order['storefront'],
    status: statusWord === 'cancelled' ? 'Cancelado' : translated(STATUSES, statusWord),
    status_origem: statusWord,
    situacao_entrega: translated(DELIVERIES, order['shipping_status']),
    cliente: {
      id_cliente: textOf(customer['id']),
      documento: customer['identification'],
      nome: customer['name'],
      email: customer['email'],
      telefone: customer['phone'],
    },
    entrega: { cep: address['zipcode'], cidade: address['city'], uf: address['province'] },
    itens: listOf(order['products']).map((product, index) => ({
      n_item: index + 1,
      sku: product['sku'],
      produto: product['name'],
      categoria: product['category'],
      quantidade: product['quantity'],
      preco_unitario: product['price'],
      desconto: product['discount'],
    })),
    pagamentos:
      order['payment_details'] === undefined
        ? []
        : [
            {
              forma: translated(METHODS, payment['method']),
              parcelas: wholeOf(payment['installments']),
              valor: payment['value'],
            },
          ],
    frete: order['shipping_cost'],
    desconto: order['discount'],
    valor_total: order['total'],
    moeda: order['currency'],
    pago_em: timeOf(order['paid_at']),
    enviado_em: timeOf(order['shipped_at']),
    entregue_em: timeOf(order['delivered_at']),
    valor_reembolsado: refunded === '0.00' ? undefined : refunded,
  });
}

/** When the store says the order last changed; null when it does not say. */
export function updatedAtMsOf(given: unknown): number | null {
  const time = timeOf(fieldsOf(given)['updated_at']);
  const parsed = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(parsed) ? null : parsed;
}

/** `2026-11-20T12:00:00+0000` -> `2026-11-20T12:00:00Z`; what has another form is passed on; null means absent. */
function timeOf(value: unknown): unknown {
  if (value === null) return undefined;
  return typeof value === 'string' ? value.replace(/\+00:?00$/, 'Z') : value;
}

function translated(words: Fields, word: unknown): unknown {
  return typeof word === 'string' && Object.hasOwn(words, word) ? words[word] : word;
}

function textOf(value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value;
}

function wholeOf(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) : value;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}
