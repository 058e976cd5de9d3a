import assert from 'node:assert/strict';
import test from 'node:test';
import { evaluate, evaluateTable } from '../../../test/support/evaluate.ts';
import { duckdbDialect as d } from '../duckdb/dialect.ts';
import {
  canonicalWord,
  CHANNEL_WORDS,
  DELIVERY_WORDS,
  PAYMENT_METHODS,
  paymentMethod,
  STATUS_WORDS,
} from './vocabulary.ts';

const status = canonicalWord(d, 'a', STATUS_WORDS);
const channel = canonicalWord(d, 'a', CHANNEL_WORDS);
const delivery = canonicalWord(d, 'a', DELIVERY_WORDS);
const payment = paymentMethod(d, 'a');

const misread = (text: string): string => new TextDecoder('windows-1252').decode(Buffer.from(text, 'utf8'));

test('a status is known by its synonyms in any spelling, and a doubtful one never means Pago', async () => {
  const words: Record<string, string | null> = {
    Pago: 'Pago',
    'PAGO ': 'Pago',
    pago: 'Pago',
    Aprovado: 'Pago',
    'Pagamento aprovado': 'Pago',
    paid: 'Pago',
    invoiced: 'Pago',
    'payment-approved': 'Pago',
    Pendente: 'Pendente',
    'Aguardando pagamento': 'Pendente',
    'Em análise': 'Pendente',
    authorized: 'Pendente',
    'on-hold': 'Pendente',
    Cancelado: 'Cancelado',
    CANCELADA: 'Cancelado',
    canceled: 'Cancelado',
    cancelled: 'Cancelado',
    voided: 'Cancelado',
    expired: 'Cancelado',
    Reembolsado: 'Reembolsado',
    Estornado: 'Reembolsado',
    refunded: 'Reembolsado',
    charged_back: 'Reembolsado',
    'Quase pago': null,
    'Não pago': null,
    'Pago?': 'Pago',
    'Pago parcialmente': null,
    'Bloqueado pelo ERP': null,
    '1': null,
    '': null,
    '-': null,
    '["Pago"]': 'Pago',
    partially_refunded: null,
  };
  assert.deepEqual(await evaluateTable(status, Object.keys(words)), words);
});

test('channels, delivery and payment are known by their words', async () => {
  const channels: Record<string, string | null> = {
    Site: 'Site',
    SITE: 'Site',
    'e-commerce': 'Site',
    'Loja virtual': 'Site',
    App: 'App',
    aplicativo: 'App',
    iOS: 'App',
    Marketplace: 'Marketplace',
    'Mercado Livre': 'Marketplace',
    SHOPEE: 'Marketplace',
    Outro: 'Outro',
    'Loja física': 'Outro',
    WhatsApp: 'Outro',
    'Canal 9': null,
    '': null,
  };
  assert.deepEqual(await evaluateTable(channel, Object.keys(channels)), channels);
  const deliveries: Record<string, string | null> = {
    'Não enviado': 'Não enviado',
    'nao enviado': 'Não enviado',
    'NÃO ENVIADO': 'Não enviado',
    unfulfilled: 'Não enviado',
    Enviado: 'Enviado',
    'Em trânsito': 'Enviado',
    Entregue: 'Entregue',
    delivered: 'Entregue',
    Devolvido: 'Devolvido',
    'Na nuvem': null,
    '': null,
  };
  assert.deepEqual(await evaluateTable(delivery, Object.keys(deliveries)), deliveries);
  const payments: Record<string, string | null> = {
    Pix: 'Pix',
    'pix ': 'Pix',
    'PIX - Nubank': 'Pix',
    'Appmax Pix': 'Pix',
    Boleto: 'Boleto',
    'Boleto bancário': 'Boleto',
    'Appmax - Cartão de Crédito': 'Cartão de crédito',
    credit_card: 'Cartão de crédito',
    'Cartão de débito': 'Cartão de débito',
    'debit card': 'Cartão de débito',
    PayPal: 'Carteira',
    'Mercado Pago': 'Carteira',
    'Vale-presente': 'Vale',
    voucher: 'Vale',
    'Gift card': 'Vale',
    'Crédito em loja': 'Vale',
    Outro: 'Outro',
    Escambo: null,
    '': null,
  };
  assert.deepEqual(await evaluateTable(payment, Object.keys(payments)), payments);
});

test('every canonical word stands for itself, in capitals and doubly encoded too', async () => {
  for (const [expression, words] of [
    [status, Object.keys(STATUS_WORDS)],
    [channel, Object.keys(CHANNEL_WORDS)],
    [delivery, Object.keys(DELIVERY_WORDS)],
    [payment, [...PAYMENT_METHODS]],
  ] as const) {
    assert.deepEqual(await evaluate(expression, words), words);
    assert.deepEqual(
      await evaluate(
        expression,
        words.map((word) => word.toUpperCase()),
      ),
      words,
    );
    assert.deepEqual(await evaluate(expression, words.map(misread)), words);
    assert.deepEqual(
      await evaluate(
        expression,
        words.map((word) => misread(word.toUpperCase())),
      ),
      words,
    );
  }
  assert.deepEqual(await evaluate(expressionOfBlank(), [null]), ['true']);
});

/** A blank cell has no word in any vocabulary. */
function expressionOfBlank(): string {
  return [status, channel, delivery, payment].map((expression) => `(${expression}) IS NULL`).join(' AND ');
}

test('no word stands for two things', () => {
  for (const vocabulary of [STATUS_WORDS, CHANNEL_WORDS, DELIVERY_WORDS]) {
    const words = Object.values(vocabulary).flat();
    assert.deepEqual(
      words.filter((word, index) => words.indexOf(word) !== index),
      [],
    );
  }
});
