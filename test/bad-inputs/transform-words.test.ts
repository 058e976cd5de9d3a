// What becomes of bad words, documents and places, number by number of the list of bad inputs: 37 to 46 and what follows the numbers.
// All orders stand in one file that is loaded once; every expectation is written by hand.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { csvOf, pick, type Row, type Warehouse } from '../support/load.ts';
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

const formulas = order({
  nome: '=cmd|calc',
  produto: '+SUM(1)',
  sku: '@X',
  categoria: '-1',
  cidade: 'Campinas',
  id_cliente: 'F1',
  documento: '',
});
const formulaId = order({ id_pedido: '=1+1' });
test('#38: a formula is stored as the text it is, and flagged', async () => {
  assert.deepEqual(pick(await warehouse.order(formulas), 'avisos', 'nome'), {
    avisos: 'TEXTO_COM_FORMULA',
    nome: '=cmd|calc',
  });
  assert.deepEqual(pick((await warehouse.items(formulas))[0], 'sku', 'produto', 'categoria'), {
    sku: '@X',
    produto: '+SUM(1)',
    categoria: '-1',
  });
  assert.equal(all[formulaId], 'TEXTO_COM_FORMULA');
});

const documents = stored(
  'documento',
  [
    '52998224725',
    '529.982.247-25',
    '1234567890',
    '00000000191',
    '191',
    '529982247',
    '52998224726',
    '11111111111',
    '***.982.247-**',
    '12.abc.345/01de-35',
    '12ABC34501DE35',
    '12ABC34501DE36',
    '191000000019',
    '00.000.000/0001-91',
    '7,68E+10',
    'ISENTO',
    '',
  ],
  { id_cliente: '' },
  'documento',
  'tipo_pessoa',
  'tipo_chave',
);
test('#39 to #41: a document is kept when its digits fit, also with its zero put back or its letters in lower case; else the order stays without it', async () => {
  const result = await documents();
  const kept = (documento: string, tipo_pessoa: string, avisos = ''): Row => ({
    avisos,
    documento,
    tipo_pessoa,
    tipo_chave: 'documento',
  });
  const dropped = (avisos: string): Row => ({ avisos, documento: null, tipo_pessoa: null, tipo_chave: 'email' });
  assert.deepEqual(result, {
    '52998224725': kept('52998224725', 'PF'),
    '529.982.247-25': kept('52998224725', 'PF'),
    '1234567890': kept('01234567890', 'PF', 'DOCUMENTO_CORRIGIDO'),
    '00000000191': kept('00000000191', 'PF'),
    '191': dropped('DOCUMENTO_INVALIDO'),
    '529982247': dropped('CPF_INVALIDO'),
    '52998224726': dropped('CPF_INVALIDO'),
    '11111111111': dropped('CPF_INVALIDO'),
    '***.982.247-**': dropped('DOCUMENTO_INVALIDO'),
    '12.abc.345/01de-35': kept('12ABC34501DE35', 'PJ'),
    '12ABC34501DE35': kept('12ABC34501DE35', 'PJ'),
    '12ABC34501DE36': dropped('CNPJ_INVALIDO'),
    '191000000019': dropped('CNPJ_INVALIDO'),
    '00.000.000/0001-91': kept('00000000000191', 'PJ'),
    '7,68E+10': dropped('DOCUMENTO_INVALIDO'),
    ISENTO: dropped('DOCUMENTO_INVALIDO'),
    '': dropped(''),
  });
});
const [lower, upper] = ['12.abc.345/01de-35', '12ABC34501DE35'].map((documento) => order({ documento }));
test('#41: the same company in upper and lower case is one customer', async () => {
  assert.equal(
    (await warehouse.order(lower ?? ''))['chave_cliente'],
    (await warehouse.order(upper ?? ''))['chave_cliente'],
  );
});

const ceps = stored(
  'cep',
  ['01310-100', '1310100', '1310-100', '01.310-100', '01310', '00000000', '123', '20040-002', 'sem CEP', ''],
  { cidade: 'São Paulo', uf: 'SP' },
  'cep',
  'uf',
);
const foreignZero = stored('cep', ['1310100', '1310-100'], { cidade: 'Niterói', uf: 'RJ' }, 'cep', 'uf', 'codigo_ibge');
test('#42, #43: a CEP gets its zero back where it fits the state, a prefix is kept, and what is in no range is left empty', async () => {
  const sp = (cep: string | null, avisos = ''): Row => ({ avisos, cep, uf: 'SP' });
  assert.deepEqual(await ceps(), {
    '01310-100': sp('01310100'),
    '1310100': sp('01310100'),
    '1310-100': sp('01310100'),
    '01.310-100': sp('01310100'),
    '01310': sp('01310'),
    '00000000': sp(null, 'CEP_INVALIDO'),
    '123': sp(null, 'CEP_INVALIDO'),
    '20040-002': sp('20040002', 'CEP_DE_OUTRA_UF'),
    'sem CEP': sp(null, 'CEP_INVALIDO'),
    '': sp(null),
  });
  for (const row of Object.values(await foreignZero()))
    assert.deepEqual(row, { avisos: 'CEP_INVALIDO', cep: null, uf: 'RJ', codigo_ibge: '3303302' });
});
const conflicts = {
  'city is in both, UF wins': order({ cidade: 'Bom Jesus', uf: 'RS', cep: '64900-000' }),
  'city only in the UF': order({ cidade: 'Campinas', uf: 'SP', cep: '20040-002' }),
  'city only in the state of the CEP': order({ cidade: 'Niterói', uf: 'SP', cep: '24020-000' }),
  'seven digits never move an order': order({ cidade: 'São Paulo', uf: 'RJ', cep: '1310100' }),
  'UF from the CEP': order({ cidade: 'Niterói', uf: '', cep: '24020-000' }),
};
test('#43: of a CEP and a UF that disagree the one wins that has the city, the UF when both or neither have', async () => {
  const found = [];
  for (const id of Object.values(conflicts))
    found.push(Object.values(pick(await warehouse.order(id), 'uf', 'codigo_ibge', 'avisos')));
  assert.deepEqual(found, [
    ['RS', '4302303', 'CEP_DE_OUTRA_UF'],
    ['SP', '3509502', 'CEP_DE_OUTRA_UF'],
    ['RJ', '3303302', 'CEP_DE_OUTRA_UF'],
    ['RJ', null, 'CIDADE_DESCONHECIDA CEP_INVALIDO'],
    ['RJ', '3303302', ''],
  ]);
});

const states = stored(
  'uf',
  ['SP', 'sp', 'SP ', 'BR-SP', 'São Paulo', 'SAO PAULO', 'SÃ£o Paulo'],
  {},
  'uf',
  'regiao',
  'codigo_ibge',
);
const noStates = column('uf', ['XX', 'S', 'Lisboa']);
test('#44: a state is known by letters, name and ISO form; one that does not exist is rejected', async () => {
  for (const row of Object.values(await states()))
    assert.deepEqual(row, { avisos: '', uf: 'SP', regiao: 'Sudeste', codigo_ibge: '3509502' });
  assert.deepEqual(Object.values(noStates()), Array(3).fill('!UF_DESCONHECIDA'));
});

const cities = stored(
  'cidade',
  [
    'sao paulo',
    'SAO PAULO',
    'S. Paulo',
    'sao paulo - sp',
    'São  Paulo',
    'SÃ£o Paulo',
    'Barão Geraldo',
    'Sao Paolo',
    's?o paulo',
  ],
  { cep: '' },
  'cidade',
  'codigo_ibge',
);
test('#5, #45: a city gets its official spelling where it is certain; a district or misspelling stays as written, flagged', async () => {
  const known = (avisos = ''): Row => ({ avisos, cidade: 'São Paulo', codigo_ibge: '3550308' });
  const unknown = (cidade: string): Row => ({ avisos: 'CIDADE_DESCONHECIDA', cidade, codigo_ibge: null });
  assert.deepEqual(await cities(), {
    'sao paulo': known(),
    'SAO PAULO': known(),
    'S. Paulo': known(),
    'sao paulo - sp': known(),
    'São  Paulo': known(),
    'SÃ£o Paulo': known('TEXTO_RECODIFICADO'),
    'Barão Geraldo': unknown('Barão Geraldo'),
    'Sao Paolo': unknown('Sao Paolo'),
    's?o paulo': unknown('s?o paulo'),
  });
});
const renamed = stored('cidade', ['Assú', 'ASSU', 'Açu'], { uf: 'RN', cep: '' }, 'cidade', 'codigo_ibge');
test('#45: a municipality whose spelling was changed is one municipality under either', async () => {
  for (const row of Object.values(await renamed()))
    assert.deepEqual(row, { avisos: '', cidade: 'Açu', codigo_ibge: '2400208' });
});
const illegible = column('cidade', ['S\ufffdo Paulo', 's?\u009co paulo', '\ufffd\ufffd'], { cep: '' });
test('#4, #6: a city whose letters are lost is rejected', () => {
  assert.deepEqual(Object.values(illegible()), Array(3).fill('!CIDADE_ILEGIVEL'));
});
const homonyms = stored('uf', ['RS', 'PI', 'RN', 'PB', 'SC', 'SP'], { cidade: 'Bom Jesus', cep: '' }, 'codigo_ibge');
test('#46: a city is found in its own state only', async () => {
  const codes = Object.fromEntries(Object.entries(await homonyms()).map(([state, row]) => [state, row['codigo_ibge']]));
  assert.deepEqual(codes, { RS: '4302303', PI: '2201903', RN: '2401701', PB: '2502201', SC: '4202537', SP: null });
});

// --- the list that follows the numbers ---

const emoji = order({
  produto: 'Boné 🧢 "top"; azul, P',
  nome: 'Zoë\tMaria',
  id_cliente: 'E1',
  documento: '',
  sku: 'fbfcb01',
});
test('more: emoji stay, control characters become a space, a SKU is upper case', async () => {
  assert.deepEqual(pick((await warehouse.items(emoji))[0], 'produto', 'sku'), {
    produto: 'Boné 🧢 "top"; azul, P',
    sku: 'FBFCB01',
  });
  assert.equal((await warehouse.order(emoji))['nome'], 'Zoë Maria');
});
const noCategory = order({ categoria: '' });
test('more: a blank category is Sem categoria, flagged', async () => {
  assert.equal((await warehouse.items(noCategory))[0]?.['categoria'], 'Sem categoria');
  assert.equal(all[noCategory], 'CATEGORIA_AUSENTE');
});
const means = [
  'pix ',
  'PIX - Nubank',
  'Appmax Pix',
  'Appmax - Cartão de Crédito',
  'CartÃ£o de crÃ©dito',
  'BOLETO BANCÁRIO',
  'Escambo',
  'Crédito em loja',
].map((forma_pagamento) => [forma_pagamento, order({ forma_pagamento })] as const);
test('more: means of payment are known inside what gateways write, and the words stay', async () => {
  const found: Record<string, unknown> = {};
  for (const [words, id] of means)
    found[words] = [
      (await warehouse.payments(id))[0]?.['forma'],
      (await warehouse.payments(id))[0]?.['forma_origem'],
      all[id],
    ];
  assert.deepEqual(found, {
    'pix ': ['Pix', 'pix', ''],
    'PIX - Nubank': ['Pix', 'PIX - Nubank', ''],
    'Appmax Pix': ['Pix', 'Appmax Pix', ''],
    'Appmax - Cartão de Crédito': ['Cartão de crédito', 'Appmax - Cartão de Crédito', ''],
    'CartÃ£o de crÃ©dito': ['Cartão de crédito', 'CartÃ£o de crÃ©dito', ''],
    'BOLETO BANCÁRIO': ['Boleto', 'BOLETO BANCÁRIO', ''],
    Escambo: ['Outro', 'Escambo', 'FORMA_DESCONHECIDA'],
    'Crédito em loja': ['Vale', 'Crédito em loja', ''],
  });
});
const instalments = ['3', '3x', '3 X', '12 vezes', '24', '25', '0', '-3', 'várias', ''].map(
  (parcelas) => [parcelas, order({ forma_pagamento: 'Cartão de crédito', parcelas })] as const,
);
const boleto = order({ forma_pagamento: 'Boleto', parcelas: '13' });
test('more: instalments are 1 to 24, and more than one is for credit cards', async () => {
  const found: Record<string, unknown> = {};
  for (const [text, id] of instalments) found[text] = [(await warehouse.payments(id))[0]?.['parcelas'], all[id]];
  const bad = [null, 'PARCELAS_INVALIDAS'];
  assert.deepEqual(found, {
    '3': ['3', ''],
    '3x': ['3', ''],
    '3 X': ['3', ''],
    '12 vezes': ['12', ''],
    '24': ['24', ''],
    '25': bad,
    '0': bad,
    '-3': bad,
    várias: bad,
    '': [null, ''],
  });
  assert.equal(all[boleto], 'PARCELAS_SEM_CARTAO');
});
const emails = stored('email', [' Ana@Example.COM ', 'não é e-mail', ''], { documento: '', id_cliente: 'M1' }, 'email');
test('more: an e-mail is lower case without blanks, and one that is none costs only itself', async () => {
  const found = await emails();
  assert.deepEqual(
    Object.values(found).map((row) => row['avisos']),
    ['', 'EMAIL_INVALIDO', ''],
  );
});
const phones = column('telefone', ['(11) 98765-4321', '+5511987654321', '5,51E+12', '0800 123 4567', '']);
test('more: a phone in scientific notation is left empty, flagged', () => {
  assert.deepEqual(phones(), {
    '(11) 98765-4321': '',
    '+5511987654321': '',
    '5,51E+12': 'TELEFONE_INVALIDO',
    '0800 123 4567': 'TELEFONE_INVALIDO',
    '': '',
  });
});
const tests = {
  name: order({ nome: 'TESTE' }),
  product: order({ produto: 'Produto teste' }),
  neither: order({ nome: 'Ana Testa', produto: 'Teste de gravidez' }),
};
test('more: an order that says it is a test is flagged, a product for testing is not', () => {
  assert.deepEqual(
    Object.values(tests).map((id) => all[id]),
    ['PEDIDO_DE_TESTE', 'PEDIDO_DE_TESTE', ''],
  );
});
const currencies = column('moeda', ['BRL', 'brl', 'R$', 'Real', '', 'USD', 'ARS', 'EUR']);
test('more: another currency is never added to reais', () => {
  assert.deepEqual(currencies(), {
    BRL: '',
    brl: '',
    R$: '',
    Real: '',
    '': '',
    USD: '!MOEDA_NAO_BRL',
    ARS: '!MOEDA_NAO_BRL',
    EUR: '!MOEDA_NAO_BRL',
  });
});

/** Text that hardly compresses, as a pasted description or a base64 image. */
const noise = (length: number): string =>
  Array.from({ length }, (_, index) => String.fromCodePoint(33 + ((index * index * 7919 + index * 31) % 61)))
    .join('')
    .replaceAll(/[",]/g, 'x');
const longWords = order({
  sku: '',
  produto: `P${noise(20_000)}`,
  categoria: `C${noise(20_000)}`,
  cidade: `V${noise(20_000)}`,
  nome: noise(20_000),
  id_cliente: 'L1',
  documento: '',
});
const longSkus = ['a', 'b'].map((end) => order({ sku: `S${noise(20_000)}${end}` }));
test('more: texts of any length load; where they are keys they are cut, and different ones stay different', async () => {
  const item = (await warehouse.items(longWords))[0];
  assert.deepEqual(
    [
      item?.['sku']?.length,
      item?.['categoria']?.length,
      item?.['produto']?.length,
      (await warehouse.order(longWords))['cidade']?.length,
    ],
    [197, 197, 20_001, 197],
  );
  assert.equal(all[longWords], 'CIDADE_DESCONHECIDA');
  const [one, other] = [
    (await warehouse.items(longSkus[0] ?? ''))[0]?.['sku'],
    (await warehouse.items(longSkus[1] ?? ''))[0]?.['sku'],
  ];
  assert.equal(one?.slice(0, 180), other?.slice(0, 180));
  assert.notEqual(one, other);
});

const escapes = order({
  id_pedido: '\\.1',
  nome: 'a\\',
  produto: '\\N',
  sku: '\\.',
  categoria: "d'e",
  id_cliente: 'NULL',
  documento: '',
});
test('backslashes, quotes and words such as NULL pass through the copy to PostgreSQL as they are', async () => {
  assert.deepEqual(pick(await warehouse.order(escapes), 'id_pedido', 'nome'), { id_pedido: '\\.1', nome: 'a\\' });
  assert.deepEqual(pick((await warehouse.items(escapes))[0], 'sku', 'produto', 'categoria'), {
    sku: '\\.',
    produto: '\\N',
    categoria: "d'e",
  });
});

const everything = order({
  id_pedido: 'TODOS',
  data_pedido: '31/02/2026',
  status: 'xpto',
  canal: '',
  uf: 'XX',
  cidade: '',
  quantidade: '2 un',
  preco_unitario: 'abc',
  frete: '-1',
  desconto: 'x',
  valor_total: '1E+03',
  moeda: 'USD',
  valor_pagamento: '?',
  documento: '123',
  nome: '=x',
  email: 'y',
});
test('a rejected order lists all of its reasons, keeps file, line and text, and its details repeat nothing personal', async () => {
  const row = (await warehouse.rejected()).find((candidate) => candidate['id_pedido'] === everything);
  assert.equal(
    row?.['motivos'],
    'DATA_PEDIDO_INVALIDA STATUS_DESCONHECIDO CANAL_AUSENTE UF_DESCONHECIDA CIDADE_AUSENTE QUANTIDADE_INVALIDA PRECO_INVALIDO FRETE_NEGATIVO DESCONTO_INVALIDO VALOR_TOTAL_INVALIDO MOEDA_NAO_BRL VALOR_PAGAMENTO_INVALIDO',
  );
  assert.equal(row?.['avisos'], 'DOCUMENTO_INVALIDO EMAIL_INVALIDO TEXTO_COM_FORMULA');
  const at = file.lines.findIndex((cells) => cells.id_pedido === everything);
  const texts = csvOf(file.lines).split('\n');
  assert.deepEqual(pick(row, 'fonte', 'linha', 'original', 'cabecalho', 'formato', 'perfil', 'situacao', 'vezes'), {
    fonte: 'pedidos.csv',
    linha: String(at + 2),
    original: texts[at + 1] ?? '',
    cabecalho: texts[0] ?? '',
    formato: 'csv',
    perfil: 'esteira',
    situacao: 'aberto',
    vezes: '1',
  });
  const details = JSON.parse(row?.['detalhes'] ?? '[]') as {
    codigo: string;
    campo: string | null;
    valor: string | null;
  }[];
  assert.deepEqual(
    details.map((entry) => [entry.codigo, entry.campo, entry.valor]),
    [
      ['DATA_PEDIDO_INVALIDA', 'data_pedido', '31/02/2026'],
      ['STATUS_DESCONHECIDO', 'status', 'xpto'],
      ['CANAL_AUSENTE', null, null],
      ['UF_DESCONHECIDA', 'uf', 'XX'],
      ['CIDADE_AUSENTE', null, null],
      ['QUANTIDADE_INVALIDA', 'itens.quantidade', '2 un'],
      ['PRECO_INVALIDO', 'itens.preco_unitario', 'abc'],
      ['FRETE_NEGATIVO', 'frete', '-1'],
      ['DESCONTO_INVALIDO', 'desconto', 'x'],
      ['VALOR_TOTAL_INVALIDO', 'valor_total', '1E+03'],
      ['MOEDA_NAO_BRL', 'moeda', 'USD'],
      ['VALOR_PAGAMENTO_INVALIDO', 'pagamentos.valor', '?'],
    ],
  );
});
