// The words that stores use for status, channel, delivery and payment, and what each means to us.
// Words are compared by `comparisonKey`. A word that is not here is never guessed.
import { caseWhen, type Dialect } from './dialect.ts';
import { comparisonKey, repairDoubleEncoding } from './text.ts';

type Vocabulary = Readonly<Record<string, readonly string[]>>;

export const STATUS_WORDS: Vocabulary = {
  Pago: [
    'pago',
    'paga',
    'aprovado',
    'aprovada',
    'pagamento aprovado',
    'pagamento confirmado',
    'confirmado',
    'faturado',
    'paid',
    'approved',
    'payment approved',
    'invoiced',
  ],
  Pendente: [
    'pendente',
    'aguardando',
    'aguardando pagamento',
    'aguardando confirmacao',
    'pagamento pendente',
    'em analise',
    'em aberto',
    'aberto',
    'autorizado',
    'pending',
    'authorized',
    'on hold',
  ],
  Cancelado: ['cancelado', 'cancelada', 'venda cancelada', 'canceled', 'cancelled', 'voided', 'expirado', 'expired'],
  Reembolsado: [
    'reembolsado',
    'reembolsada',
    'estornado',
    'estornada',
    'estorno',
    'refunded',
    'charged back',
    'chargeback',
  ],
};

export const CHANNEL_WORDS: Vocabulary = {
  Site: [
    'site',
    'web',
    'website',
    'loja virtual',
    'loja online',
    'online',
    'online store',
    'ecommerce',
    'e commerce',
    'storefront',
    'store',
  ],
  App: ['app', 'aplicativo', 'app mobile', 'mobile app', 'ios', 'android'],
  Marketplace: [
    'marketplace',
    'market place',
    'mercado livre',
    'mercadolivre',
    'meli',
    'shopee',
    'amazon',
    'magalu',
    'magazine luiza',
    'americanas',
    'b2w',
    'via',
    'casas bahia',
    'netshoes',
    'dafiti',
    'carrefour',
    'aliexpress',
    'shein',
    'tiktok shop',
    'temu',
    'madeiramadeira',
    'leroy merlin',
    'olist',
  ],
  Outro: ['outro', 'outros', 'loja fisica', 'pdv', 'pos', 'televendas', 'whatsapp', 'telefone', 'draft order'],
};

export const DELIVERY_WORDS: Vocabulary = {
  'Não enviado': [
    'nao enviado',
    'a enviar',
    'aguardando envio',
    'nao embalado',
    'em separacao',
    'preparando',
    'pendente',
    'unfulfilled',
    'unpacked',
  ],
  Enviado: [
    'enviado',
    'enviada',
    'em transito',
    'a caminho',
    'despachado',
    'postado',
    'shipped',
    'fulfilled',
    'in transit',
  ],
  Entregue: ['entregue', 'delivered', 'recebido'],
  Devolvido: ['devolvido', 'devolvida', 'returned', 'restocked'],
};

/** Means of payment by a word inside the text, in this order: gateways put their own name around it ("Appmax Pix", "PIX - Nubank"). */
export const PAYMENT_PARTS: readonly (readonly [forma: string, parts: readonly string[]])[] = [
  ['Vale', ['credito em loja', 'credito da loja', 'store credit']],
  ['Pix', ['pix']],
  ['Boleto', ['boleto', 'billet', 'bank slip']],
  ['Cartão de débito', ['debito', 'debit']],
  ['Cartão de crédito', ['credito', 'credit']],
  [
    'Carteira',
    ['carteira', 'wallet', 'paypal', 'picpay', 'mercado pago', 'google pay', 'apple pay', 'ame digital', 'pagbank'],
  ],
  ['Vale', ['vale', 'voucher', 'gift', 'cashback']],
];

export const PAYMENT_METHODS = [
  'Pix',
  'Boleto',
  'Cartão de crédito',
  'Cartão de débito',
  'Carteira',
  'Vale',
  'Outro',
] as const;

/** The canonical word of a vocabulary for a cell; NULL when the word is unknown or the cell blank. */
export function canonicalWord(d: Dialect, sql: string, vocabulary: Vocabulary): string {
  const canonical = Object.keys(vocabulary);
  const known = Object.entries(vocabulary);
  return caseWhen(
    [
      [d.isOneOf(sql, canonical), sql],
      [`${sql} IS NULL`, 'NULL'],
    ],
    d.bind(comparisonKey(d, repairDoubleEncoding(d, sql)), (key) =>
      caseWhen(known.map(([word, keys]) => [d.isOneOf(key, keys), d.text(word)])),
    ),
  );
}

/** The canonical means of payment for a cell; NULL when no known word is in it. */
export function paymentMethod(d: Dialect, sql: string): string {
  return caseWhen(
    [
      [d.isOneOf(sql, PAYMENT_METHODS), sql],
      [`${sql} IS NULL`, 'NULL'],
    ],
    d.bind(comparisonKey(d, repairDoubleEncoding(d, sql)), (key) =>
      caseWhen([
        [`${key} IN ('outro', 'outros')`, d.text('Outro')],
        ...PAYMENT_PARTS.map(
          ([forma, parts]) => [`(${parts.map((part) => d.contains(key, part)).join(' OR ')})`, d.text(forma)] as const,
        ),
      ]),
    ),
  );
}
