// The conditions of the rules over a whole order, on the columns of the transform's last step. Their texts are in src/catalog/rules;
// the conditions over single items and payments are in items.ts.
import { caseWhen, isTrue, type Dialect } from './dialect.ts';
import type { Conditions } from './items.ts';
import { orderNumberErros, storeErros } from './order-keys.ts';
import { comparisonKey, hasLostCharacters, repairDoubleEncoding, startsLikeFormula } from './text.ts';

/** Half a cent more than R$ 0.01 never occurs: amounts have two decimals. */
const TOLERANCE = '0.01';
/** A total this many times off is cents taken for reais, or the reverse. */
const CENTS_FACTOR = 50;

/** Cells of an order that few stores fill in; one that cannot be read costs nothing but itself. */
export const SIDE_TIMES = ['pago_em', 'enviado_em', 'entregue_em', 'prazo_entrega', 'excluido_em'] as const;
export const SIDE_AMOUNTS = ['valor_reembolsado', 'valor_cobrado', 'comissao'] as const;

const DAY_2000 = `TIMESTAMP '2000-01-01 00:00:00'`;

/** Rules of severity erro. */
export function orderErros(d: Dialect): Conditions {
  const factorOff = `(total_lido > 0 AND calculado > 0 AND GREATEST(total_lido, calculado) >= ${CENTS_FACTOR} * LEAST(total_lido, calculado))`;
  return {
    ...orderNumberErros(d),
    ...storeErros(d, 'loja_lida'),
    DATA_PEDIDO_AUSENTE: 'data_pedido IS NULL',
    DATA_PEDIDO_INVALIDA: 'data_pedido IS NOT NULL AND pedido_instante IS NULL',
    DATA_PEDIDO_FUTURA: 'pedido_instante > recebido_dia',
    DATA_PEDIDO_ANTIGA: `pedido_instante < ${DAY_2000}`,
    ATUALIZADO_EM_INVALIDO: `atualizado_em IS NOT NULL AND (atualizado_instante IS NULL OR atualizado_instante < ${DAY_2000})`,
    ATUALIZADO_EM_FUTURO: 'atualizado_instante > recebido_dia',
    STATUS_AUSENTE: 'status IS NULL',
    STATUS_DESCONHECIDO: 'status IS NOT NULL AND status_lido IS NULL',
    CANAL_AUSENTE: 'canal IS NULL',
    UF_AUSENTE: 'tem_endereco AND uf IS NULL AND uf_do_cep IS NULL',
    UF_DESCONHECIDA: 'uf IS NOT NULL AND uf_lida IS NULL',
    CIDADE_AUSENTE: 'tem_endereco AND cidade_lida IS NULL',
    CIDADE_ILEGIVEL: `ibge_final IS NULL AND ${hasLostCharacters(d, 'cidade_lida')}`,
    SEM_ITENS: `qtd_itens = 0 AND NOT ${isTrue(`status_lido = 'Cancelado'`)}`,
    N_ITEM_REPETIDO: `qtd_itens > 1 AND ${d.countDistinct(d.mapList('itens_lidos', (i) => `${i}.n_item`))} <> qtd_itens`,
    FRETE_INVALIDO: 'frete_lido IS NULL',
    FRETE_NEGATIVO: 'frete_lido < 0',
    DESCONTO_INVALIDO: 'desconto_lido IS NULL',
    DESCONTO_NEGATIVO: 'desconto_lido < 0',
    DESCONTO_MAIOR_QUE_SUBTOTAL:
      'qtd_itens > 0 AND desconto_lido > 0 AND item_erros = 0 AND desconto_lido > valor_itens_soma',
    VALOR_TOTAL_INVALIDO: `(valor_total IS NOT NULL AND total_lido IS NULL) OR (item_erros = 0 AND frete_lido IS NOT NULL AND desconto_lido IS NOT NULL AND calculado IS NULL)`,
    VALOR_TOTAL_NEGATIVO: 'total_lido < 0',
    VALOR_TOTAL_ZERO: 'total_lido = 0 AND qtd_itens > 0 AND item_erros = 0 AND calculado > 0',
    TOTAL_EM_CENTAVOS: `qtd_itens > 0 AND item_erros = 0 AND ${factorOff}`,
    MOEDA_NAO_BRL: `${d.upper('moeda')} NOT IN ('BRL', 'R$', 'REAL', 'REAIS')`,
  };
}

/** Rules of severity aviso. */
export function orderAvisos(d: Dialect): Conditions {
  const document = 'documento_lido';
  return {
    TOTAL_DIVERGENTE: `qtd_itens > 0 AND total_lido IS NOT NULL AND abs(total_lido - calculado) > ${TOLERANCE}`,
    PAGAMENTOS_DIVERGENTES:
      `${d.listLength('pagamentos_lidos')} > 0 AND abs(pagamentos_soma - COALESCE(valor_cobrado_lido, total_final)) > ${TOLERANCE}` +
      ` AND abs(pagamentos_soma - total_final) > ${TOLERANCE}`,
    SEM_ITENS_CANCELADO: `qtd_itens = 0 AND status_lido = 'Cancelado'`,
    ATUALIZADO_ANTES_DO_PEDIDO: 'atualizado_instante < pedido_instante',
    HORARIO_DE_VERAO: 'mudanca_de_hora',
    DATA_ACESSORIA_INVALIDA: anyUnread(SIDE_TIMES),
    VALOR_ACESSORIO_INVALIDO: anyUnread(SIDE_AMOUNTS),
    CANAL_DESCONHECIDO: 'canal IS NOT NULL AND canal_lido IS NULL',
    SITUACAO_ENTREGA_DESCONHECIDA: 'situacao_entrega IS NOT NULL AND situacao_lida IS NULL',
    ENTREGA_NAO_INFORMADA: 'NOT tem_endereco AND uf IS NULL',
    CIDADE_DESCONHECIDA: `cidade_lida IS NOT NULL AND ibge_final IS NULL AND NOT ${isTrue(hasLostCharacters(d, 'cidade_lida'))}`,
    CEP_INVALIDO: 'cep IS NOT NULL AND cep_final IS NULL',
    CEP_DE_OUTRA_UF: 'cep_final IS NOT NULL AND uf_lida IS NOT NULL AND uf_do_cep <> uf_lida',
    CPF_INVALIDO: `documento_valido IS NULL AND ${d.fullMatch(document, '[0-9]{8,11}')}`,
    CNPJ_INVALIDO: `documento_valido IS NULL AND ${d.fullMatch(document, '[0-9]{12,13}|[A-Z0-9]{12}[0-9]{2}')}`,
    DOCUMENTO_INVALIDO: `documento_valido IS NULL AND NOT ${d.fullMatch(document, '[0-9]{8,13}|[A-Z0-9]{12}[0-9]{2}')}`,
    DOCUMENTO_CORRIGIDO: `documento_valido <> ${document}`,
    EMAIL_INVALIDO: 'email IS NOT NULL AND email_lido IS NULL',
    TELEFONE_INVALIDO: 'telefone IS NOT NULL AND telefone_lido IS NULL',
    PEDIDO_DE_TESTE: comparisonKeyIsTest(d, 'nome'),
    TEXTO_COM_FORMULA: `${startsLikeFormula("COALESCE(nome, '')")} OR ${startsLikeFormula("COALESCE(cidade, '')")} OR ${startsLikeFormula("COALESCE(id_pedido, '')")}`,
    TEXTO_ILEGIVEL: caseWhen(
      [['precisa_limpeza', hasLostCharacters(d, d.concatFields('', ['nome_lido', 'cidade_lida']))]],
      'FALSE',
    ),
    TEXTO_RECODIFICADO: caseWhen(
      [
        [
          'precisa_limpeza',
          `${repairDoubleEncoding(d, 'nome')} <> nome OR ${repairDoubleEncoding(d, 'cidade')} <> cidade`,
        ],
      ],
      'FALSE',
    ),
    REEMBOLSO_MAIOR_QUE_TOTAL: 'abs(valor_reembolsado_lido) > total_final',
  };
}

/** True where one of the cells is filled in and could not be read. */
function anyUnread(names: readonly string[]): string {
  return names.map((name) => `(${name} IS NOT NULL AND ${name}_lido IS NULL)`).join(' OR ');
}

const TEST_NAMES = ['teste', 'test', 'pedido teste', 'pedido de teste', 'cliente teste'];

/** Only texts that hold the word are asked for their key, which costs more than all other rules together: CASE keeps the order of the questions. */
function comparisonKeyIsTest(d: Dialect, column: string): string {
  return caseWhen(
    [
      [
        `length(${column}) <= 20 AND ${d.hasMatch(column, '[tT][eE][sS][tT]')}`,
        d.isOneOf(comparisonKey(d, column), TEST_NAMES),
      ],
    ],
    'FALSE',
  );
}
