// What becomes of bad amounts, quantities and order numbers, number by number of the list of bad inputs: 24 to 36, in a file with decimal points.
// All orders stand in one file that is loaded once; every expectation is written by hand.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pick, type Warehouse } from '../support/load.ts';
import { OrderFile } from './order-file.ts';

const file = new OrderFile();
const order = file.order.bind(file);
const column = file.column.bind(file);
const stored = file.stored.bind(file);
let warehouse: Warehouse;
let all: Readonly<Record<string, string>> = {};
before(async () => {
  ({ warehouse, all } = await file.load());
});
after(() => file.release());

const repeated = order(
  { valor_total: '260.00', frete: '10.00', valor_pagamento: '260.00' },
  { n_item: '2', sku: 'SKU-2' },
  { n_item: '3', sku: 'SKU-3', quantidade: '1' },
);
test('#24: a total and a payment repeated on every line of an order count once', async () => {
  assert.deepEqual(
    pick(
      await warehouse.order(repeated),
      'itens',
      'unidades',
      'valor_itens',
      'valor_total',
      'valor_calculado',
      'avisos',
    ),
    { itens: '3', unidades: '5', valor_itens: '250.00', valor_total: '260.00', valor_calculado: '260.00', avisos: '' },
  );
  assert.deepEqual(
    (await warehouse.payments(repeated)).map((row) => pick(row, 'n_pagamento', 'forma', 'valor')),
    [{ n_pagamento: '1', forma: 'Pix', valor: '260.00' }],
  );
});
const twoMeans = order(
  { valor_total: '210.00', forma_pagamento: 'Pix', valor_pagamento: '110.00' },
  { n_item: '2', sku: 'SKU-2', forma_pagamento: 'Vale', valor_pagamento: '100.00' },
);
test('#24: two means of payment on two lines are two payments', async () => {
  assert.deepEqual(
    (await warehouse.payments(twoMeans)).map((row) => pick(row, 'forma', 'valor')),
    [
      { forma: 'Pix', valor: '110.00' },
      { forma: 'Vale', valor: '100.00' },
    ],
  );
  assert.equal(all[twoMeans], '');
});

const moneyShapes = stored(
  'preco_unitario',
  ['1234.56', '1234,56', '1.234,56', 'R$ 1.234,56', 'R$\u00a01.234,56', '1234.5600'],
  { quantidade: '1', valor_total: '1244.56', valor_pagamento: '1244.56' },
  'valor_itens',
);
test('#25: an amount with one possible reading is read whatever the file writes', async () => {
  for (const row of Object.values(await moneyShapes())) assert.deepEqual(row, { avisos: '', valor_itens: '1234.56' });
});
const ambiguous = column(
  'preco_unitario',
  ['1.234', '1,234.56', '1,234', '12,999', '1E+03', 'Infinity', 'NaN', '-', 'abc'],
  { valor_total: '', valor_pagamento: '' },
);
test('#26, #27, #31: what may be read in two ways, or is no amount, is rejected and shown in the details', async () => {
  const result = ambiguous();
  assert.deepEqual(Object.values(result), Array(9).fill('!PRECO_INVALIDO'));
  const details = (await warehouse.rejected())
    .filter((row) => row['motivos'] === 'PRECO_INVALIDO')
    .flatMap((row) => JSON.parse(row['detalhes'] ?? '[]') as { valor: string }[]);
  assert.deepEqual(
    details.slice(0, 9).map((entry) => entry.valor),
    Object.keys(result),
  );
});

const cents = {
  '11000 for 110.00': order({ valor_total: '11000', valor_pagamento: '' }),
  'half of that factor': order({ valor_total: '5500.00', valor_pagamento: '' }),
  'just below it': order({ valor_total: '5499.99', valor_pagamento: '' }),
  'the items in centavos': order({
    quantidade: '1',
    preco_unitario: '10000',
    frete: '0',
    valor_total: '100.00',
    valor_pagamento: '100.00',
  }),
};
test('#28: a total that is 50 times off or more is centavos taken for reais; less is a difference', () => {
  assert.deepEqual(
    Object.values(cents).map((id) => all[id]),
    ['!TOTAL_EM_CENTAVOS', '!TOTAL_EM_CENTAVOS', 'TOTAL_DIVERGENTE', '!TOTAL_EM_CENTAVOS'],
  );
});

const negative = {
  quantity: order({ quantidade: '-2', valor_total: '', valor_pagamento: '' }),
  price: order({ preco_unitario: '-50.00', valor_total: '', valor_pagamento: '' }),
  total: order({ valor_total: '-110.00', valor_pagamento: '' }),
  payment: order({ valor_pagamento: '-110.00' }),
  refund: order({ status: 'Reembolsado', valor_reembolsado: '-110.00' }),
  commission: order({ comissao: '-12.34' }),
};
test('#29: negative amounts are rejected, but for refunds and fees, whose sign is their kind', async () => {
  assert.deepEqual(
    Object.values(negative).map((id) => all[id]),
    ['!QUANTIDADE_NAO_POSITIVA', '!PRECO_NEGATIVO', '!VALOR_TOTAL_NEGATIVO', '!VALOR_PAGAMENTO_INVALIDO', '', ''],
  );
  assert.equal((await warehouse.order(negative.refund))['valor_reembolsado'], '110.00');
  assert.equal((await warehouse.order(negative.commission))['comissao'], '12.34');
});

const zero = {
  'missing total': order({ valor_total: '0', valor_pagamento: '' }),
  'all discounted': order({ frete: '0', desconto: '100.00', valor_total: '0.00', valor_pagamento: '0.00' }),
  gift: order({ preco_unitario: '0', frete: '0', valor_total: '0', valor_pagamento: '0' }),
  'blank is computed': order({ valor_total: '', valor_pagamento: '' }),
};
test('#30: a total of zero stands where its own figures make it zero; a blank one is computed', async () => {
  assert.deepEqual(
    Object.values(zero).map((id) => all[id]),
    ['!VALOR_TOTAL_ZERO', '', 'PRECO_ZERO', ''],
  );
  assert.equal((await warehouse.order(zero['blank is computed']))['valor_total'], '110.00');
  assert.equal((await warehouse.payments(zero['blank is computed']))[0]?.['valor'], '110.00');
});

const quantities = column('quantidade', ['0', '-1', '1.5', '0,5', '2 un', 'duas', '', '12345678'], {
  valor_total: '',
  valor_pagamento: '',
});
const wholes = stored('quantidade', ['2.0', '2,00', '2.000', '02'], {}, 'unidades');
test('#32: quantities are whole and above zero', async () => {
  assert.deepEqual(quantities(), {
    '0': '!QUANTIDADE_NAO_POSITIVA',
    '-1': '!QUANTIDADE_NAO_POSITIVA',
    '1.5': '!QUANTIDADE_FRACIONADA',
    '0,5': '!QUANTIDADE_FRACIONADA',
    '2 un': '!QUANTIDADE_INVALIDA',
    duas: '!QUANTIDADE_INVALIDA',
    '': '!QUANTIDADE_INVALIDA',
    '12345678': '!QUANTIDADE_INVALIDA',
  });
  for (const row of Object.values(await wholes())) assert.deepEqual(row, { avisos: '', unidades: '2' });
});

const totals = stored(
  'valor_total',
  ['110.00', '110.01', '109.99', '110.02', '5.00'],
  { valor_pagamento: '' },
  'valor_total',
  'valor_calculado',
);
test('#33: a total more than a centavo off is flagged, and both values are kept', async () => {
  assert.deepEqual(await totals(), {
    '110.00': { avisos: '', valor_total: '110.00', valor_calculado: '110.00' },
    '110.01': { avisos: '', valor_total: '110.01', valor_calculado: '110.00' },
    '109.99': { avisos: '', valor_total: '109.99', valor_calculado: '110.00' },
    '110.02': { avisos: 'TOTAL_DIVERGENTE', valor_total: '110.02', valor_calculado: '110.00' },
    '5.00': { avisos: 'TOTAL_DIVERGENTE', valor_total: '5.00', valor_calculado: '110.00' },
  });
});

const discounts = {
  'larger than the items': order({ desconto: '100.01', valor_total: '9.99', valor_pagamento: '' }),
  'all of the items': order({ desconto: '100.00', valor_total: '10.00', valor_pagamento: '' }),
  negative: order({ desconto: '-5.00', valor_total: '115.00', valor_pagamento: '' }),
  'of an item, too large': order({ desconto_item: '100.01', valor_total: '', valor_pagamento: '' }),
  'of an item, negative': order({ desconto_item: '-1.00', valor_total: '111.00', valor_pagamento: '' }),
  'negative freight': order({ frete: '-0.01', valor_total: '99.99', valor_pagamento: '' }),
};
test('#34: discounts that exceed what they are taken from, and negative freight, are rejected', () => {
  assert.deepEqual(
    Object.values(discounts).map((id) => all[id]),
    [
      '!DESCONTO_MAIOR_QUE_SUBTOTAL',
      '',
      '!DESCONTO_NEGATIVO',
      '!DESCONTO_ITEM_MAIOR',
      '!DESCONTO_ITEM_MAIOR',
      '!FRETE_NEGATIVO',
    ],
  );
});

const ids = ['2,00001E+15', '2.00001E+15', '2E+15'].map((id_pedido) => order({ id_pedido }));
const longIds = ['9007199254740993', '9007199254740992', '00123', '123', '2E15X', 'A'.repeat(100)].map((id_pedido) =>
  order({ id_pedido }),
);
const tooLong = order({ id_pedido: 'B'.repeat(101) });
test('#35, #36: a number in scientific notation is rejected, and a long one keeps every digit', () => {
  for (const id of ids) assert.equal(all[id], '!ID_PEDIDO_CIENTIFICO');
  for (const id of longIds) assert.equal(all[id], '', id);
  assert.equal(all[tooLong], '!ID_PEDIDO_INVALIDO');
});

const huge = {
  'quantity times price': order({
    quantidade: '9999999',
    preco_unitario: '999999999999.99',
    valor_total: '',
    valor_pagamento: '',
  }),
  'price plus freight': order({
    quantidade: '1',
    preco_unitario: '999999999999.99',
    frete: '999999999999.99',
    valor_total: '',
    valor_pagamento: '',
  }),
  'the largest that fits': order({
    quantidade: '1',
    preco_unitario: '999999999999.99',
    frete: '0',
    valor_total: '999999999999.99',
    valor_pagamento: '999999999999.99',
  }),
};
test('amounts that do not fit cost their order and nothing else', () => {
  assert.deepEqual(
    Object.values(huge).map((id) => all[id]),
    ['!PRECO_INVALIDO', '!VALOR_TOTAL_INVALIDO', ''],
  );
});
