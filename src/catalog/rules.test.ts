import assert from 'node:assert/strict';
import test from 'node:test';
import { AVISO_IDS, ERRO_IDS, ruleById, RULES } from './rules.ts';
import { whyInPortuguese } from './rules/why-pt.ts';

// Written out once more, by hand: the position of an id is its bit, so an id may only be added at the end.
const ERROS =
  `LINHA_CAMPOS JSON_INVALIDO CABECALHO_DIVERGENTE CONTINUACAO_ORFA ID_PEDIDO_AUSENTE ID_PEDIDO_CIENTIFICO ID_PEDIDO_INVALIDO LOJA_INVALIDA
  DATA_PEDIDO_AUSENTE DATA_PEDIDO_INVALIDA DATA_PEDIDO_FUTURA DATA_PEDIDO_ANTIGA ATUALIZADO_EM_INVALIDO ATUALIZADO_EM_FUTURO STATUS_AUSENTE
  STATUS_DESCONHECIDO CANAL_AUSENTE UF_AUSENTE UF_DESCONHECIDA CIDADE_AUSENTE CIDADE_ILEGIVEL SEM_ITENS ITEM_SEM_PRODUTO N_ITEM_REPETIDO
  QUANTIDADE_INVALIDA QUANTIDADE_NAO_POSITIVA QUANTIDADE_FRACIONADA PRECO_INVALIDO PRECO_NEGATIVO DESCONTO_ITEM_INVALIDO DESCONTO_ITEM_MAIOR
  FRETE_INVALIDO FRETE_NEGATIVO DESCONTO_INVALIDO DESCONTO_NEGATIVO DESCONTO_MAIOR_QUE_SUBTOTAL VALOR_TOTAL_INVALIDO VALOR_TOTAL_NEGATIVO
  VALOR_TOTAL_ZERO TOTAL_EM_CENTAVOS MOEDA_NAO_BRL VALOR_PAGAMENTO_INVALIDO BANCO_RECUSOU`.split(/\s+/);
const AVISOS =
  `TOTAL_DIVERGENTE PAGAMENTOS_DIVERGENTES SEM_ITENS_CANCELADO ATUALIZADO_ANTES_DO_PEDIDO HORARIO_DE_VERAO DATA_ACESSORIA_INVALIDA
  CANAL_DESCONHECIDO SITUACAO_ENTREGA_DESCONHECIDA ENTREGA_NAO_INFORMADA CIDADE_DESCONHECIDA CEP_INVALIDO CEP_DE_OUTRA_UF CPF_INVALIDO CNPJ_INVALIDO
  DOCUMENTO_INVALIDO DOCUMENTO_CORRIGIDO EMAIL_INVALIDO TELEFONE_INVALIDO PRECO_ZERO CATEGORIA_AUSENTE FORMA_DESCONHECIDA PARCELAS_INVALIDAS
  PARCELAS_SEM_CARTAO PEDIDO_DE_TESTE TEXTO_COM_FORMULA TEXTO_ILEGIVEL TEXTO_RECODIFICADO REEMBOLSO_MAIOR_QUE_TOTAL VALOR_ACESSORIO_INVALIDO
  N_ITEM_INVALIDO`.split(/\s+/);

test('the bits of the masks never move: ids are only ever appended', () => {
  assert.deepEqual(ERRO_IDS.slice(0, ERROS.length), ERROS);
  assert.deepEqual(AVISO_IDS.slice(0, AVISOS.length), AVISOS);
});

test('every id is there once, and is a reason code in ASCII capitals', () => {
  assert.equal(new Set(RULES.map((rule) => rule.id)).size, RULES.length);
  for (const rule of RULES) assert.match(rule.id, /^[A-Z][A-Z_]{2,39}$/);
});

test('there are at least 30 rules, and each severity fits the 62 bits of its mask', () => {
  assert.ok(RULES.length >= 30);
  assert.equal(RULES.length, ERRO_IDS.length + AVISO_IDS.length);
  assert.ok(ERRO_IDS.length <= 62);
  assert.ok(AVISO_IDS.length <= 62);
});

test('severities are those that the order contract promises', () => {
  const promised = {
    SEM_ITENS: 'erro',
    SEM_ITENS_CANCELADO: 'aviso',
    TOTAL_DIVERGENTE: 'aviso',
    TOTAL_EM_CENTAVOS: 'erro',
    PAGAMENTOS_DIVERGENTES: 'aviso',
    CPF_INVALIDO: 'aviso',
    CNPJ_INVALIDO: 'aviso',
    STATUS_DESCONHECIDO: 'erro',
  } as const;
  for (const [id, severity] of Object.entries(promised)) assert.equal(ruleById(id)?.severity, severity, id);
  for (const id of ERRO_IDS) assert.equal(ruleById(id).severity, 'erro', id);
  for (const id of AVISO_IDS) assert.equal(ruleById(id).severity, 'aviso', id);
});

test('every rule says in whole sentences when it applies, why, and how to correct it', () => {
  for (const rule of RULES) {
    for (const sentence of [rule.condition, rule.why, rule.fix]) assert.match(sentence, /^[A-Z`].*\.$/s, rule.id);
    assert.match(rule.title, /^\p{Lu}[^.]{4,49}$/u, rule.id);
  }
});

// Words that no Portuguese sentence has, and Portuguese words that lost their accents.
const ENGLISH =
  /(?<![\p{L}_-])(the|of|or|and|is|are|it|in|to|with|not|write|correct|fill|leave|needed|order|store)(?![\p{L}_])/iu;
const UNACCENTED =
  /(?<![\p{L}_])(nao|numero|numeros|codigo|preco|precos|endereco|periodo|ultima|digitos|mes|tambem|cartao|situacao|municipio|comissao|minusculas|ate|so)(?![\p{L}_])/iu;

test("every rule tells a store's staff in one short Portuguese sentence what to do", () => {
  for (const { id, comoCorrigir, fix } of RULES) {
    assert.match(comoCorrigir, /^\p{Lu}\p{Ll}+ .*\.$/u, id);
    assert.doesNotMatch(comoCorrigir, /[.!?] /, `${id}: more than one sentence`);
    assert.ok(comoCorrigir.length <= 140, `${id}: ${comoCorrigir.length} characters`);
    assert.doesNotMatch(comoCorrigir, ENGLISH, id);
    assert.doesNotMatch(comoCorrigir, UNACCENTED, id);
    assert.notEqual(comoCorrigir, fix, id);
  }
});

test('whoever reads Portuguese is told why an order was rejected', () => {
  for (const id of ERRO_IDS) {
    const why = whyInPortuguese(id) ?? '';
    assert.match(why, /^\p{Lu}.*\.$/u, id);
    assert.doesNotMatch(why, ENGLISH, id);
    assert.doesNotMatch(why, UNACCENTED, id);
    assert.doesNotMatch(why, /`/, id);
  }
});

test('an unknown id has no rule', () => {
  assert.equal(ruleById('NAO_EXISTE'), undefined);
});
