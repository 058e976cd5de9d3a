// Every rule of the catalogue has an input here that breaks it, and the outcome is written by hand: a rule without one fails the test.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ERRO_IDS, RULES, type RuleId } from '../../src/catalog/rules.ts';
import { csvOf, documentOf, GOOD, line, loaded, outcomes, type Cells, type Warehouse } from '../support/load.ts';

/** Lines of one order that break the rule, and everything that is then said about it: "!" and the reasons, or the warnings. */
type Case = readonly [lines: Cells | readonly Cells[], outcome: string];

const FILE: Partial<Record<RuleId, Case>> = {
  CABECALHO_DIVERGENTE: [[{ uf: 'SP' }, { n_item: '2', uf: 'RJ' }], '!CABECALHO_DIVERGENTE'],
  ID_PEDIDO_AUSENTE: [{ id_pedido: '' }, '!ID_PEDIDO_AUSENTE'],
  ID_PEDIDO_CIENTIFICO: [{ id_pedido: '2,00001E+15' }, '!ID_PEDIDO_CIENTIFICO'],
  ID_PEDIDO_INVALIDO: [{ id_pedido: 'A\ufffd1' }, '!ID_PEDIDO_INVALIDO'],
  LOJA_INVALIDA: [{ loja: 'Loja São João' }, '!LOJA_INVALIDA'],
  DATA_PEDIDO_AUSENTE: [{ data_pedido: '' }, '!DATA_PEDIDO_AUSENTE'],
  DATA_PEDIDO_INVALIDA: [{ data_pedido: '31/02/2026' }, '!DATA_PEDIDO_INVALIDA'],
  DATA_PEDIDO_FUTURA: [{ data_pedido: '2026-11-02 09:00:01Z', atualizado_em: '' }, '!DATA_PEDIDO_FUTURA'],
  DATA_PEDIDO_ANTIGA: [{ data_pedido: '1999-12-31 20:59:59' }, '!DATA_PEDIDO_ANTIGA'],
  ATUALIZADO_EM_INVALIDO: [{ atualizado_em: 'ontem' }, '!ATUALIZADO_EM_INVALIDO'],
  ATUALIZADO_EM_FUTURO: [{ atualizado_em: '2026-11-02T09:00:01Z' }, '!ATUALIZADO_EM_FUTURO'],
  STATUS_AUSENTE: [{ status: '' }, '!STATUS_AUSENTE'],
  STATUS_DESCONHECIDO: [{ status: 'Bloqueado' }, '!STATUS_DESCONHECIDO'],
  CANAL_AUSENTE: [{ canal: '' }, '!CANAL_AUSENTE'],
  UF_AUSENTE: [{ uf: '', cep: '' }, '!UF_AUSENTE'],
  UF_DESCONHECIDA: [{ uf: 'XX' }, '!UF_DESCONHECIDA'],
  CIDADE_AUSENTE: [{ cidade: '' }, '!CIDADE_AUSENTE'],
  CIDADE_ILEGIVEL: [{ cidade: 'S\ufffdo Paulo', cep: '01310-100' }, '!CIDADE_ILEGIVEL'],
  SEM_ITENS: [noItems({ valor_total: '110.00' }), '!SEM_ITENS'],
  ITEM_SEM_PRODUTO: [{ sku: '', produto: '' }, '!ITEM_SEM_PRODUTO'],
  N_ITEM_REPETIDO: [
    [
      { valor_total: '210.00', valor_pagamento: '210.00' },
      { valor_total: '210.00', forma_pagamento: '', parcelas: '', valor_pagamento: '', sku: 'SKU-2' },
    ],
    '!N_ITEM_REPETIDO',
  ],
  QUANTIDADE_INVALIDA: [{ quantidade: '2 un' }, '!QUANTIDADE_INVALIDA'],
  QUANTIDADE_NAO_POSITIVA: [
    { quantidade: '0', valor_total: '10.00', valor_pagamento: '10.00' },
    '!QUANTIDADE_NAO_POSITIVA',
  ],
  QUANTIDADE_FRACIONADA: [{ quantidade: '1.5' }, '!QUANTIDADE_FRACIONADA'],
  PRECO_INVALIDO: [{ preco_unitario: 'a consultar' }, '!PRECO_INVALIDO'],
  PRECO_NEGATIVO: [{ preco_unitario: '-50.00', valor_total: '', valor_pagamento: '' }, '!PRECO_NEGATIVO'],
  DESCONTO_ITEM_INVALIDO: [{ desconto_item: '10%' }, '!DESCONTO_ITEM_INVALIDO'],
  DESCONTO_ITEM_MAIOR: [
    { desconto_item: '100.01', valor_total: '9.99', valor_pagamento: '9.99' },
    '!DESCONTO_ITEM_MAIOR',
  ],
  FRETE_INVALIDO: [{ frete: 'a combinar' }, '!FRETE_INVALIDO'],
  FRETE_NEGATIVO: [{ frete: '-10.00', valor_total: '90.00', valor_pagamento: '90.00' }, '!FRETE_NEGATIVO'],
  DESCONTO_INVALIDO: [{ desconto: '10%' }, '!DESCONTO_INVALIDO'],
  DESCONTO_NEGATIVO: [{ desconto: '-10.00', valor_total: '120.00', valor_pagamento: '120.00' }, '!DESCONTO_NEGATIVO'],
  DESCONTO_MAIOR_QUE_SUBTOTAL: [
    { desconto: '100.01', valor_total: '9.99', valor_pagamento: '9.99' },
    '!DESCONTO_MAIOR_QUE_SUBTOTAL',
  ],
  VALOR_TOTAL_INVALIDO: [{ valor_total: '1E+02', valor_pagamento: '' }, '!VALOR_TOTAL_INVALIDO'],
  VALOR_TOTAL_NEGATIVO: [{ valor_total: '-110.00', valor_pagamento: '' }, '!VALOR_TOTAL_NEGATIVO'],
  VALOR_TOTAL_ZERO: [{ valor_total: '0.00', valor_pagamento: '' }, '!VALOR_TOTAL_ZERO'],
  TOTAL_EM_CENTAVOS: [{ valor_total: '11000', valor_pagamento: '11000' }, '!TOTAL_EM_CENTAVOS'],
  MOEDA_NAO_BRL: [{ moeda: 'USD' }, '!MOEDA_NAO_BRL'],
  VALOR_PAGAMENTO_INVALIDO: [{ valor_pagamento: 'pago' }, '!VALOR_PAGAMENTO_INVALIDO'],
  TOTAL_DIVERGENTE: [{ valor_total: '112.00', valor_pagamento: '112.00' }, 'TOTAL_DIVERGENTE'],
  PAGAMENTOS_DIVERGENTES: [{ valor_pagamento: '109.00' }, 'PAGAMENTOS_DIVERGENTES'],
  SEM_ITENS_CANCELADO: [noItems({ status: 'Cancelado', valor_total: '110.00' }), 'SEM_ITENS_CANCELADO'],
  ATUALIZADO_ANTES_DO_PEDIDO: [{ atualizado_em: '2026-02-28 10:00:00' }, 'ATUALIZADO_ANTES_DO_PEDIDO'],
  HORARIO_DE_VERAO: [{ data_pedido: '2018-11-04 00:30:00' }, 'HORARIO_DE_VERAO'],
  DATA_ACESSORIA_INVALIDA: [{ pago_em: '30/02/2026' }, 'DATA_ACESSORIA_INVALIDA'],
  CANAL_DESCONHECIDO: [{ canal: 'Totem' }, 'CANAL_DESCONHECIDO'],
  SITUACAO_ENTREGA_DESCONHECIDA: [{ situacao_entrega: 'Na nuvem' }, 'SITUACAO_ENTREGA_DESCONHECIDA'],
  CIDADE_DESCONHECIDA: [{ cidade: 'Barão Geraldo' }, 'CIDADE_DESCONHECIDA'],
  CEP_INVALIDO: [{ cep: '00000000' }, 'CEP_INVALIDO'],
  CEP_DE_OUTRA_UF: [{ cep: '20040-002' }, 'CEP_DE_OUTRA_UF'],
  CPF_INVALIDO: [{ documento: '529.982.247-26' }, 'CPF_INVALIDO'],
  CNPJ_INVALIDO: [{ documento: '12.ABC.345/01DE-36' }, 'CNPJ_INVALIDO'],
  DOCUMENTO_INVALIDO: [{ documento: '***.982.247-**' }, 'DOCUMENTO_INVALIDO'],
  DOCUMENTO_CORRIGIDO: [{ documento: '1234567890' }, 'DOCUMENTO_CORRIGIDO'],
  EMAIL_INVALIDO: [{ email: 'não é e-mail' }, 'EMAIL_INVALIDO'],
  TELEFONE_INVALIDO: [{ telefone: '5,51E+12' }, 'TELEFONE_INVALIDO'],
  PRECO_ZERO: [{ preco_unitario: '0.00', valor_total: '10.00', valor_pagamento: '10.00' }, 'PRECO_ZERO'],
  CATEGORIA_AUSENTE: [{ categoria: '' }, 'CATEGORIA_AUSENTE'],
  FORMA_DESCONHECIDA: [{ forma_pagamento: 'Escambo' }, 'FORMA_DESCONHECIDA'],
  PARCELAS_INVALIDAS: [{ forma_pagamento: 'Cartão de crédito', parcelas: '0' }, 'PARCELAS_INVALIDAS'],
  PARCELAS_SEM_CARTAO: [{ forma_pagamento: 'Boleto', parcelas: '13' }, 'PARCELAS_SEM_CARTAO'],
  PEDIDO_DE_TESTE: [{ nome: 'Teste' }, 'PEDIDO_DE_TESTE'],
  TEXTO_COM_FORMULA: [{ produto: '=HYPERLINK("http://example.com","oferta")' }, 'TEXTO_COM_FORMULA'],
  TEXTO_ILEGIVEL: [{ nome: 'Jo\ufffdo Lima' }, 'TEXTO_ILEGIVEL'],
  TEXTO_RECODIFICADO: [{ nome: 'JoÃ£o Lima' }, 'TEXTO_RECODIFICADO'],
  REEMBOLSO_MAIOR_QUE_TOTAL: [{ valor_reembolsado: '110.01' }, 'REEMBOLSO_MAIOR_QUE_TOTAL'],
  VALOR_ACESSORIO_INVALIDO: [{ comissao: 'ver nota' }, 'VALOR_ACESSORIO_INVALIDO'],
  N_ITEM_INVALIDO: [{ n_item: '99999999999' }, 'N_ITEM_INVALIDO'],
};

/** Rules that need a file of their own, below. */
const ELSEWHERE: readonly RuleId[] = ['LINHA_CAMPOS', 'CONTINUACAO_ORFA', 'JSON_INVALIDO', 'ENTREGA_NAO_INFORMADA'];
/** PostgreSQL itself raises it: a row that breaks none of our rules and still does not fit. Tested with the loader. */
const BY_THE_DATABASE: RuleId = 'BANCO_RECUSOU';

function noItems(cells: Cells): Cells {
  return {
    n_item: '',
    sku: '',
    produto: '',
    categoria: '',
    quantidade: '',
    preco_unitario: '',
    desconto_item: '',
    ...cells,
  };
}

/** Lines of a case, under an order number that names it unless the number is what the case is about. */
function linesOf(id: string, [lines]: Case): Cells[] {
  return [lines].flat().map((cells) => line({ id_pedido: id, ...cells }));
}

test('each rule is raised by an input that breaks it, with nothing else said about the order', async (t) => {
  const cases = Object.entries(FILE);
  const warehouse = await loaded(t, csvOf(cases.flatMap(([id, it]) => linesOf(id, it))), { decimal: '.' });
  const expected = Object.fromEntries(cases.map(([id, it]) => [linesOf(id, it)[0]?.id_pedido ?? '', it[1]]));
  assert.deepEqual(await outcomes(warehouse), expected);
});

const reasonsOf = async (warehouse: Warehouse): Promise<(string | null | undefined)[]> =>
  (await warehouse.rejected()).map((row) => row['motivos']);

test('a line with too few fields raises LINHA_CAMPOS, and its order does not load in part', async (t) => {
  const text = csvOf([
    line({}),
    line({ id_pedido: '2' }),
    line({ id_pedido: '2', n_item: '2' }),
    ...Array.from({ length: 5 }, (_, n) => line({ id_pedido: `9${n}` })),
  ]);
  const lines = text.split('\n');
  lines[3] = (lines[3] ?? '').split(',').slice(0, -2).join(',');
  const warehouse = await loaded(t, lines.join('\n'));
  assert.deepEqual(await reasonsOf(warehouse), ['LINHA_CAMPOS']);
  assert.deepEqual((await outcomes(warehouse))['2'], '!LINHA_CAMPOS');
});

test('a continuation line below another order raises CONTINUACAO_ORFA', async (t) => {
  const blank: Cells = {
    loja: '',
    id_pedido: '1',
    n_item: '2',
    sku: 'SKU-2',
    produto: 'Prato',
    quantidade: '1',
    preco_unitario: '5.00',
  };
  const warehouse = await loaded(t, csvOf([line({}), line({ id_pedido: '2' }), blank]));
  assert.ok((await reasonsOf(warehouse)).includes('CONTINUACAO_ORFA'));
});

test('a line that is no JSON object raises JSON_INVALIDO', async (t) => {
  const good = JSON.stringify(documentOf(GOOD));
  const warehouse = await loaded(t, [good, good.slice(0, -5), '[1]', 'null', '7', ''].join('\n'), {
    name: 'pedidos.jsonl',
  });
  assert.deepEqual(await reasonsOf(warehouse), Array(4).fill('JSON_INVALIDO'));
});

test('a file without any address column raises ENTREGA_NAO_INFORMADA on every order', async (t) => {
  const header =
    'Número do Pedido;E-mail;Data;Status do Pedido;Status do Pagamento;Status do Envio;Moeda;Subtotal;Desconto;Valor do Frete;Total;Nome do comprador;CPF / CNPJ;Telefone;Forma de Entrega;Forma de Pagamento;Cupom de Desconto;Nome do Produto;Valor do Produto;Quantidade Comprada;SKU;Canal';
  const row =
    '101;ana@example.com;01/03/2026 10:00:00;Aberto;Confirmado;Enviado;BRL;100.00;0.00;10.00;110.00;Ana Lima;52998224725;11987654321;Correios;Pix;;Caneca;50.00;2;SKU-1;Web';
  const warehouse = await loaded(t, [header, row, ''].join('\n'), { loja: 'norte', profile: 'nuvemshop' });
  assert.match((await outcomes(warehouse))['101'] ?? '', /ENTREGA_NAO_INFORMADA/);
});

test('every rule of the catalogue has an input in this file', () => {
  const covered = new Set<string>([...ELSEWHERE, BY_THE_DATABASE]);
  for (const [id, [, outcome]] of Object.entries(FILE))
    if (outcome.replace('!', '').split(' ').includes(id)) covered.add(id);
  assert.deepEqual(
    RULES.map((rule) => rule.id).filter((id) => !covered.has(id)),
    [],
  );
  assert.ok(ERRO_IDS.length >= 30);
});
