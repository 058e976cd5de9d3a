// The mock store's order in the contract's shape, worked by hand; words that are not known pass untouched.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapOrder, updatedAtMsOf } from './map-order.ts';

const GIVEN = {
  id: 1042,
  created_at: '2026-11-20T11:00:00+0000',
  updated_at: '2026-11-20T12:30:00+0000',
  paid_at: '2026-11-20T12:30:00+0000',
  shipped_at: null,
  delivered_at: null,
  storefront: 'mobile',
  status: 'open',
  payment_status: 'paid',
  shipping_status: 'unpacked',
  currency: 'BRL',
  total: '114.90',
  shipping_cost: '15.00',
  discount: '0.00',
  refunded: '0.00',
  customer: {
    id: 7,
    name: 'Ana Sá',
    identification: '52998224725',
    email: 'cliente7@example.com',
    phone: '11912345678',
  },
  shipping_address: { zipcode: '01310100', city: 'São Paulo', province: 'SP' },
  products: [{ sku: 'A-1', name: 'Camiseta', category: 'Moda', quantity: 2, price: '49.95', discount: '0.00' }],
  payment_details: { method: 'pix', installments: '1', value: '114.90' },
};

test('an order becomes a document of the contract', () => {
  assert.deepEqual(JSON.parse(mapOrder(GIVEN, 'minha-loja')), {
    loja: 'minha-loja',
    id_pedido: '1042',
    data_pedido: '2026-11-20T11:00:00Z',
    atualizado_em: '2026-11-20T12:30:00Z',
    canal: 'App',
    canal_origem: 'mobile',
    status: 'Pago',
    status_origem: 'paid',
    situacao_entrega: 'Não enviado',
    cliente: {
      id_cliente: '7',
      documento: '52998224725',
      nome: 'Ana Sá',
      email: 'cliente7@example.com',
      telefone: '11912345678',
    },
    entrega: { cep: '01310100', cidade: 'São Paulo', uf: 'SP' },
    itens: [
      {
        n_item: 1,
        sku: 'A-1',
        produto: 'Camiseta',
        categoria: 'Moda',
        quantidade: 2,
        preco_unitario: '49.95',
        desconto: '0.00',
      },
    ],
    pagamentos: [{ forma: 'Pix', parcelas: 1, valor: '114.90' }],
    frete: '15.00',
    desconto: '0.00',
    valor_total: '114.90',
    moeda: 'BRL',
    pago_em: '2026-11-20T12:30:00Z',
  });
  assert.equal(updatedAtMsOf(GIVEN), Date.UTC(2026, 10, 20, 12, 30));
});

test('a cancelled order is Cancelado, reserved money is Pendente, an unknown status is passed on for the rules to judge', () => {
  const statusOf = (change: object): unknown =>
    (JSON.parse(mapOrder({ ...GIVEN, ...change }, 'l')) as Record<string, unknown>)['status'];
  assert.equal(statusOf({ status: 'cancelled' }), 'Cancelado');
  assert.equal(statusOf({ payment_status: 'authorized' }), 'Pendente');
  assert.equal(statusOf({ payment_status: 'refunded' }), 'Reembolsado');
  assert.equal(statusOf({ payment_status: 'in_protest' }), 'in_protest');
  assert.equal(statusOf({ payment_status: 'constructor' }), 'constructor');
});

test('whatever the store gives is a document, and never an exception', () => {
  for (const given of [null, 7, 'x', [], {}, { products: 'x', customer: 3, updated_at: 5 }]) {
    assert.doesNotThrow(() => JSON.parse(mapOrder(given, 'l')));
    assert.equal(updatedAtMsOf(given), null);
  }
});
