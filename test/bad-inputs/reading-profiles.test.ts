// Exports of real stores, as small inventions in their shapes: each is recognised by its header, and lands in the contract's columns.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { column, stage, type Row } from './staged.ts';

const pick = (row: Row | undefined, ...names: string[]): (string | null | undefined)[] =>
  names.map((name) => row?.[name]);

const NUVEMSHOP_PT =
  'Número do Pedido;E-mail;Data;Status do Pedido;Status do Pagamento;Status do Envio;Subtotal;Desconto;Valor do Frete;Total;Nome do comprador;CPF / CNPJ;Telefone;Data de pagamento;Data de envío;Nome do Produto;Valor do Produto;Quantidade Comprada;SKU;Meio de pagamento';
const nuvemshopOrder = (id: number, order: string, payment: string, shipping: string): string =>
  `${id};lia@example.com;10/01/2026 09:30:00;${order};${payment};${shipping};50.00;0.00;15.00;65.00;Lia Prado;52998224725;+5511988887777;10/01/2026;12/01/2026;Caneca;25.00;2;CAN-1;Pix`;

test('nuvemshop in Portuguese, windows-1252: items on continuation lines, decimal point, no address', async () => {
  const text = `${NUVEMSHOP_PT}\n${nuvemshopOrder(1001, 'Aberto', 'Confirmado', 'Entregue')}\n1001;lia@example.com;;;;;;;;;;;;;;Prato;7.50;1;pra-2;\n`;
  const found = await stage(Buffer.from(text, 'latin1'), { loja: 'minha' });
  assert.equal(found.staged.profile, 'nuvemshop');
  assert.deepEqual(
    [found.staged.decimalFormat, found.staged.dateFormat, found.staged.hasUpdateTime, found.staged.hasAddress],
    ['.', 'dmy', false, false],
  );
  assert.deepEqual(
    pick(
      found.rows[0],
      'loja',
      'id_pedido',
      'data_pedido',
      'canal',
      'status',
      'status_origem',
      'situacao_entrega',
      'documento',
      'valor_total',
      'frete',
      'pago_em',
      'enviado_em',
      'forma_pagamento',
    ),
    [
      'minha',
      '1001',
      '10/01/2026 09:30:00',
      'Site',
      'Pago',
      'Aberto / Confirmado',
      'Entregue',
      '52998224725',
      '65.00',
      '15.00',
      '10/01/2026',
      '12/01/2026',
      'Pix',
    ],
  );
  assert.deepEqual(
    pick(
      found.rows[1],
      'id_pedido',
      'status',
      'data_pedido',
      'valor_total',
      'produto',
      'sku',
      'preco_unitario',
      'quantidade',
    ),
    ['1001', null, null, null, 'Prato', 'pra-2', '7.50', '1'],
  );
});

test('nuvemshop: what the payment says decides, a cancelled order is cancelled, and nothing becomes Pago by guess', async () => {
  const cases = [
    ['Aberto', 'Confirmado', 'Pago'],
    ['Arquivado', 'Confirmado', 'Pago'],
    ['Cancelado', 'Confirmado', 'Cancelado'],
    ['Aberto', 'Recusado', 'Cancelado'],
    ['Aberto', 'Pendente', 'Pendente'],
    ['Aberto', 'Autorizado', 'Pendente'],
    ['Cancelado', 'Reembolsado', 'Reembolsado'],
    ['Aberto', 'Em análise', 'Em análise'],
  ] as const;
  const found = await stage(
    [
      NUVEMSHOP_PT,
      ...cases.map(([order, payment], index) => nuvemshopOrder(index, order, payment, 'Não está embalado')),
      '',
    ].join('\n'),
    { loja: 'minha' },
  );
  assert.deepEqual(
    column(found, 'status'),
    cases.map(([, , ours]) => ours),
  );
  assert.deepEqual(new Set(column(found, 'situacao_entrega')), new Set(['Não enviado']));
});

test('nuvemshop in Spanish, saved again with letters lost: a mobile browser is the site', async () => {
  const header =
    'Número de orden,Email,Fecha,Estado de la orden,Estado del pago,Estado del envío,Moneda,Descuento,Costo de envío,Total,Nombre del comprador,Ciudad,Código postal,Provincia o estado,Medio de pago,Nombre del producto,Precio del producto,Cantidad del producto,SKU,Canal';
  const lines = [
    '9,ana@example.com,01/02/2026 10:00:00,Abierta,Recibido,No está empaquetado,ARS,0.00,0,100.50,Ana,Salta,4400,Salta,Pago Nube,Mate,100.50,1,MAT,Móvil',
    '9,ana@example.com,,,,,,,,,,,,,,Bombilla,50.00,1,BOM,',
  ];
  const lost = [header, ...lines, ''].join('\n').replace(/[áéíóú]/g, '\uFFFD');
  const found = await stage(lost, { loja: 'minha' });
  assert.equal(found.staged.profile, 'nuvemshop');
  assert.deepEqual(
    pick(found.rows[0], 'id_pedido', 'canal', 'status', 'situacao_entrega', 'moeda', 'cidade', 'uf', 'cep'),
    ['9', 'Site', 'Pago', 'Não enviado', 'ARS', 'Salta', 'Salta', '4400'],
  );
  assert.deepEqual(pick(found.rows[1], 'canal', 'moeda', 'sku'), [null, null, 'BOM']);
});

test('shopify: continuation lines, note attributes, refunds, and the order number as it is', async () => {
  const header =
    'Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing City,Billing Zip,Billing Province,Shipping City,Shipping Zip,Shipping Province,Shipping Phone,Note Attributes,Cancelled at,Payment Method,Refunded Amount,Id,Source,Lineitem discount,Phone';
  const rows = [
    `#1052,eva@example.com,paid,2026-01-08 13:35:24 -0300,fulfilled,BRL,62.47,0.00,0.00,62.47,5.43,2026-01-08 13:33:14 -0300,1,Creme,67.90,CR-1,,,,Bauru,'17012,SP,14996690000,"payment_method: pix\ncpf: 529.982.247-25\npayment_installment: 1",,Appmax Pix,0.00,88,web,0.00,`,
    '#1052,eva@example.com,,,,,,,,,,2026-01-08 13:33:14 -0300,2,Sabonete,5.00,SB-1,,,,,,,,,,,,,,0.00,',
    '#1053,,partially_refunded,,,BRL,10.00,0.00,0.00,10.00,0.00,2026-01-09 10:00:00 -0300,1,Sabonete,10.00,SB-1,Santos,11010,SP,,,,,,,Boleto,4.00,89,pos,0.00,',
    '#1054,,paid,,,USD,10.00,0.00,0.00,10.00,0.00,2026-01-09 10:00:00 -0300,1,Sabonete,10.00,SB-1,,,,Santos,11010,SP,,,2026-01-10 09:00:00 -0300,Boleto,0.00,90,web,0.00,',
    '#1055,,voided,,,BRL,10.00,0.00,0.00,10.00,0.00,2026-01-09 10:00:00 -0300,1,Sabonete,10.00,SB-1,,,,Santos,11010,SP,,,,Boleto,0.00,91,web,0.00,',
    '#1056,,misterio,,,BRL,10.00,0.00,0.00,10.00,0.00,2026-01-09 10:00:00 -0300,1,Sabonete,10.00,SB-1,,,,Santos,11010,SP,,,,Boleto,0.00,92,web,0.00,',
  ];
  const found = await stage([header, ...rows, ''].join('\n'), { loja: 'minha' });
  assert.equal(found.staged.profile, 'shopify');
  assert.deepEqual(
    pick(
      found.rows[0],
      'id_pedido',
      'status',
      'canal',
      'situacao_entrega',
      'cep',
      'cidade',
      'uf',
      'documento',
      'forma_pagamento',
      'parcelas',
      'pago_em',
      'telefone',
    ),
    [
      '#1052',
      'Pago',
      'Site',
      'Enviado',
      '17012',
      'Bauru',
      'SP',
      '529.982.247-25',
      'pix',
      '1',
      '2026-01-08 13:35:24 -0300',
      '14996690000',
    ],
  );
  assert.deepEqual(pick(found.rows[1], 'id_pedido', 'status', 'canal', 'moeda', 'sku', 'quantidade'), [
    '#1052',
    null,
    null,
    null,
    'SB-1',
    '2',
  ]);
  assert.deepEqual(pick(found.rows[2], 'status', 'valor_reembolsado', 'canal', 'canal_origem', 'cidade', 'linha'), [
    'Pago',
    '4.00',
    'pos',
    'pos',
    'Santos',
    '6',
  ]);
  assert.deepEqual(column(found, 'status').slice(3), ['Cancelado', 'Cancelado', 'misterio']);
  assert.equal(found.rows[3]?.['moeda'], 'USD');
});

test('shopee: quoted decimal commas, always a marketplace, its own words for states', async () => {
  const header =
    'ID do pedido,Status do pedido,Status da Devolução / Reembolso,Data de criação do pedido,Hora do pagamento do pedido,Número de referência SKU,Nome do Produto,Nome da variação,Preço acordado,Quantidade,Cupom do vendedor,Valor Total,Taxa de comissão';
  const states = [
    ['Concluído', '', 'Pago', 'Entregue'],
    ['A enviar', '', 'Pago', 'Não enviado'],
    ['Enviado', '', 'Pago', 'Enviado'],
    ['Não pago', '', 'Pendente', 'Não enviado'],
    ['Cancelado', '', 'Cancelado', null],
    ['Concluído', 'Reembolso concluído', 'Reembolsado', 'Entregue'],
    ['Em disputa', '', 'Em disputa', null],
  ] as const;
  const rows = states.map(
    ([state, refund], index) =>
      `26030${index}AB,${state},${refund},2026-03-01 10:30,2026-03-01 10:31,SKU-${index},Capa,Azul,"1.029,90",2,"2,00","2.057,80","8,37"`,
  );
  const found = await stage([header, ...rows, ''].join('\n'), { loja: 'minha' });
  assert.equal(found.staged.profile, 'shopee');
  assert.equal(found.staged.decimalFormat, ',');
  assert.deepEqual(
    found.rows.map((row) => pick(row, 'status', 'situacao_entrega')),
    states.map(([, , ours, delivery]) => [ours, delivery]),
  );
  assert.deepEqual(
    pick(
      found.rows[0],
      'canal',
      'canal_origem',
      'produto',
      'preco_unitario',
      'valor_total',
      'desconto',
      'comissao',
      'pago_em',
    ),
    ['Marketplace', 'Shopee', 'Capa - Azul', '1.029,90', '2.057,80', '2,00', '8,37', '2026-03-01 10:31'],
  );
});

test('mercadolivre: title above the header, packages skipped and counted, fees positive, dates in words', async () => {
  const header =
    'N.º de venda;Data da venda;Estado;Unidades;Receita por produtos (BRL);Receita por envio (BRL);Tarifa de venda e impostos (BRL);Cancelamentos e reembolsos (BRL);Total (BRL);SKU;Título do anúncio;Preço unitário de venda do anúncio (BRL);Unidades;Cidade;Estado;CEP';
  const rows = [
    '2001;24 de março de 2026 22:36 hs.;Pacote de 2 produtos;;1.300,00;;;;;;;;;;;',
    '2002;24 de março de 2026 22:36 hs.;Entregue;1;1.234,56;10,00;-148,15;0;1.063,51;MES-1;Mesa;1.234,56;;Campinas;SP;13010000',
    '2003;24 de março de 2026 22:36 hs.;Venda cancelada;2;78,2;0;-9,38;-78,2;-9,38;MOU-2;Mouse;39,1;;;;',
    '2004;25 de março de 2026 08:00 hs.;A caminho;1;39,1;0;-4,00;0;35,1;MOU-2;Mouse;39,1;;;;',
    '2005;25 de março de 2026 08:00 hs.;Devolução finalizada com reembolso para o comprador;1;39,1;0;-4,00;-39,1;0;MOU-2;Mouse;39,1;;;;',
    '2006;25 de março de 2026 08:00 hs.;Mediação em andamento;1;39,1;0;-4,00;0;0;MOU-2;Mouse;39,1;;;;',
  ];
  const found = await stage(
    ['Relatório de vendas;;', 'Período: março de 2026;;', ';;', ';;', ';;', header, ...rows, ''].join('\n'),
    { loja: 'minha' },
  );
  assert.deepEqual(
    [found.staged.profile, found.staged.linesRead, found.staged.linesIgnored, found.staged.decimalFormat],
    ['mercadolivre', 6, 1, ','],
  );
  assert.deepEqual(
    pick(
      found.rows[0],
      'linha',
      'id_pedido',
      'data_pedido',
      'canal',
      'status',
      'situacao_entrega',
      'quantidade',
      'preco_unitario',
      'comissao',
      'valor_total',
      'frete',
      'cidade',
      'uf',
    ),
    [
      '8',
      '2002',
      '24 de março de 2026 22:36 hs.',
      'Marketplace',
      'Pago',
      'Entregue',
      '1',
      '1.234,56',
      '148,15',
      null,
      '10,00',
      'Campinas',
      'SP',
    ],
  );
  assert.deepEqual(column(found, 'status'), ['Pago', 'Cancelado', 'Pago', 'Reembolsado', 'Mediação em andamento']);
  assert.equal(found.rows[1]?.['valor_reembolsado'], '78,2');
});

test('a mapping file describes an export that no profile knows', async () => {
  const mapping = {
    columns: {
      id_pedido: 'Pedido nº',
      data_pedido: 'Quando',
      status: 'Fase',
      cidade: 'Onde',
      uf: 'UF',
      produto: 'O quê',
      quantidade: 'Quantos',
      preco_unitario: 'Por',
    },
    constants: { canal: 'Site', loja: 'minha-loja', categoria: "d'ouro" },
    status: { Concluído: 'Pago', 'Em aberto': 'Pendente' },
    decimal: ',',
  };
  const found = await stage(
    'Pedido nº;Quando;Fase;Onde;UF;O quê;Quantos;Por\n1;01/02/2026;CONCLUIDO;Bauru;SP;Bola;2;10\n2;01/02/2026;Sumiu;Bauru;SP;Bola;2;10\n',
    { mapping },
  );
  assert.deepEqual([found.staged.profile, found.staged.decimalFormat], ['generic', ',']);
  assert.deepEqual(
    found.rows.map((row) => pick(row, 'loja', 'categoria', 'canal', 'status', 'status_origem')),
    [
      ['minha-loja', "d'ouro", 'Site', 'Pago', 'CONCLUIDO'],
      ['minha-loja', "d'ouro", 'Site', 'Sumiu', 'Sumiu'],
    ],
  );
});

test('a mapping file with a mistake is refused by what is wrong in it', async () => {
  const good = {
    columns: { id_pedido: 'a', data_pedido: 'b', status: 'c', sku: 'd', quantidade: 'e', preco_unitario: 'f' },
    constants: { canal: 'Site' },
  };
  const cases: [object, RegExp][] = [
    [{ ...good, colunas: {} }, /colunas/],
    [{ ...good, columns: { ...good.columns, preco: 'x' } }, /preco, which is no column/],
    [{ ...good, status: { ok: 'pago' } }, /our words are/],
    [{ ...good, constants: {} }, /gives canal/],
    [[], /one JSON object/],
    [{ ...good, status: { feito: 'Pago', Feito: 'Cancelado' } }, /"feito" to "Pago" and "Feito" to "Cancelado"/],
    [{ ...good, canal: { Balcão: 'Site', balcao: 'App' } }, /"Balcão" to "Site" and "balcao" to "App"/],
    [{ ...good, constants: { ...good.constants, loja: 'Loja da Ana' } }, /"Loja da Ana", which is not a store's name/],
  ];
  for (const [mapping, says] of cases) {
    await assert.rejects(
      stage('a;b;c;d;e;f\n', { mapping }),
      (error: { code?: string; why?: string }) => error.code === 'FILE_MAPPING_INVALID' && says.test(error.why ?? ''),
    );
  }
});

test('a profile named by the user says which of its columns the file lacks', async () => {
  await assert.rejects(stage('Name,Email,Total\n#1,a@example.com,3\n', { profile: 'shopify', loja: 'minha' }), {
    code: 'FILE_COLUMN_MISSING',
  });
  await assert.rejects(stage('a,b\n', { profile: 'vtex' }), { code: 'CONFIG_INVALID' });
});
