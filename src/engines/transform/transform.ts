// The transform: from `documentos` (one order version a row, everything text, items and payments nested) to clean, enriched, judged orders.
// One definition for every engine; steps are nested SELECTs, each adding columns to the one before. It never drops or merges a row.
import { ORDER_COLUMNS } from '../../model/contract.ts';
import { caseWhen, isTrue, type Dialect, type MunicipalityLookup } from './dialect.ts';
import { instantOfLocal, isClockChange, localOfInstant, statedOffset, wallClock } from './dates.ts';
import { canonicalText, mayNeedCleaning } from './hash.ts';
import { readItems, readPayments, writtenItems, writtenPayments } from './items.ts';
import { avisoIdsText, avisoMask, erroMask } from './masks.ts';
import { money } from './numbers.ts';
import { bareDocument, email, isCnpj, isCpf, paddedDocument, phone } from './people.ts';
import { cep, cityKey, hasLostZero, region, uf, ufOfCep } from './places.ts';
import { RECORD_PROBLEMS } from './order-keys.ts';
import { orderAvisos, orderErros, SIDE_AMOUNTS, SIDE_TIMES } from './order-rules.ts';
import { boundedKey, cleanText, repairDoubleEncoding } from './text.ts';
import { canonicalWord, CHANNEL_WORDS, DELIVERY_WORDS, STATUS_WORDS } from './vocabulary.ts';

/** Raised by one whenever the same input may give other rows; stored with every row (`versao_transformacao`). */
export const TRANSFORM_VERSION = 1;

/** Cells that every order should have; with the others of their kind they are columns `tempos_lidos` and `valores_lidos`, in this order. */
const TIMES = ['data_pedido', 'atualizado_em'] as const;
const AMOUNTS = ['valor_total', 'frete', 'desconto'] as const;
const ALL_TIMES: readonly string[] = [...TIMES, ...SIDE_TIMES];
const ALL_AMOUNTS: readonly string[] = [...AMOUNTS, ...SIDE_AMOUNTS];

interface Step {
  readonly columns: Readonly<Record<string, string>>;
  /** Municipalities looked up, each a column of that name (STRUCT(codigo_ibge, nome)); `e` is the step before. */
  readonly municipalities?: Readonly<Record<string, MunicipalityLookup>>;
  /** The last of a few steps that an engine had better plan by themselves (`select` of transformSql). */
  readonly endsPart?: true;
}

/** A cell with a time as STRUCT(instante, mudanca_de_hora): the instant, and whether its local time was skipped or happened twice; NULL for a blank one. */
function readTime(d: Dialect, cell: string): string {
  const read = d.bind(statedOffset(d, cell), (offset) =>
    d.bind(d.tryCast(wallClock(d, cell, 'formato_data'), 'TIMESTAMP'), (local) =>
      d.struct({
        instante: caseWhen([[`${offset} IS NOT NULL`, d.addMinutes(local, `-${offset}`)]], instantOfLocal(d, local)),
        mudanca_de_hora: isTrue(`${offset} IS NULL AND ${isClockChange(d, local)}`),
      }),
    ),
  );
  return caseWhen([[`${cell} IS NOT NULL`, read]]);
}

/** Cells of one kind, read by one expression as a list; without those of `rarely`, and no work for them, where all of these are blank. */
function readCells(
  d: Dialect,
  always: readonly string[],
  rarely: readonly string[],
  read: (cell: string) => string,
): string {
  const cells = caseWhen(
    [[`COALESCE(${rarely.join(', ')}) IS NOT NULL`, d.list([...always, ...rarely])]],
    d.list(always),
  );
  return d.mapList(cells, (cell) => read(cell));
}

/** Texts repaired, then cleaned: a doubly encoded 'à' ends in a no-break space. */
function cleaned(d: Dialect, cells: readonly string[]): string {
  return caseWhen(
    [['precisa_limpeza', d.mapList(d.list(cells), (cell) => cleanText(d, repairDoubleEncoding(d, cell)))]],
    d.list(cells),
  );
}

export function steps(d: Dialect): Step[] {
  const format = 'formato_decimal';
  const ibge = (found: string): string => d.field(found, 'codigo_ibge');
  const timeOf = (name: string): string => d.element('tempos_lidos', ALL_TIMES.indexOf(name) + 1);
  const instantOf = (name: string): string => d.field(timeOf(name), 'instante');
  const amountOf = (name: string): string => d.element('valores_lidos', ALL_AMOUNTS.indexOf(name) + 1);
  return [
    {
      columns: {
        texto_canonico: canonicalText(d),
        itens_escritos: writtenItems(d, 'itens'),
        pagamentos_escritos: writtenPayments(d, 'pagamentos'),
      },
    },
    {
      columns: {
        hash_origem: d.sha256Hex('texto_canonico'),
        precisa_limpeza: mayNeedCleaning(d),
      },
      endsPart: true,
    },
    {
      columns: {
        loja_lida: d.lower('loja'),
        status_lido: canonicalWord(d, 'status', STATUS_WORDS),
        canal_lido: canonicalWord(d, 'canal', CHANNEL_WORDS),
        situacao_lida: canonicalWord(d, 'situacao_entrega', DELIVERY_WORDS),
        documento_lido: bareDocument(d, 'documento'),
        email_lido: email(d, 'email'),
        telefone_lido: phone(d, 'telefone'),
        textos_lidos: cleaned(d, ['nome', 'cidade']),
        uf_lida: uf(d, 'uf'),
        cep_lido: cep(d, 'cep'),
        itens_lidos: readItems(d, 'itens_escritos', format, 'precisa_limpeza', erroMask, avisoMask),
        tempos_lidos: readCells(d, TIMES, SIDE_TIMES, (cell) => readTime(d, cell)),
        valores_lidos: readCells(d, AMOUNTS, SIDE_AMOUNTS, (cell) => money(d, cell, format)),
      },
    },
    {
      columns: {
        nome_lido: d.element('textos_lidos', 1),
        cidade_lida: d.element('textos_lidos', 2),
        pedido_instante: instantOf('data_pedido'),
        atualizado_instante: instantOf('atualizado_em'),
        ...Object.fromEntries(SIDE_TIMES.map((name) => [`${name}_lido`, instantOf(name)])),
        mudanca_de_hora: isTrue(TIMES.map((name) => d.field(timeOf(name), 'mudanca_de_hora')).join(' OR ')),
        total_lido: amountOf('valor_total'),
        frete_lido: caseWhen([['frete IS NULL', '0']], amountOf('frete')),
        desconto_lido: caseWhen([['desconto IS NULL', '0']], amountOf('desconto')),
        ...Object.fromEntries(SIDE_AMOUNTS.map((name) => [`${name}_lido`, amountOf(name)])),
        documento_completo: `COALESCE(${paddedDocument(d, 'documento_lido')}, documento_lido)`,
        uf_do_cep: ufOfCep(d, 'cep_lido'),
      },
      endsPart: true,
    },
    {
      columns: {
        documento_valido: caseWhen([
          ['documento_completo IS NULL', 'NULL'],
          [
            `${isTrue(isCpf(d, 'documento_completo'))} OR ${isTrue(isCnpj(d, 'documento_completo'))}`,
            'documento_completo',
          ],
        ]),
        uf_informada: 'COALESCE(uf_lida, CASE WHEN uf IS NULL THEN uf_do_cep END)',
        dia_local: localOfInstant(d, 'pedido_instante'),
        valor_itens_soma: d.sumList(
          d.mapList('itens_lidos', (i) => `${i}.valor`),
          'DECIMAL(18,2)',
        ),
        item_erros: d.bitOrList(d.mapList('itens_lidos', (i) => `${i}.erros`)),
        item_avisos: d.bitOrList(d.mapList('itens_lidos', (i) => `${i}.avisos`)),
        qtd_itens: d.listLength('itens_lidos'),
        unidades_soma: d.sumList(
          d.mapList('itens_lidos', (i) => `${i}.quantidade`),
          'BIGINT',
        ),
      },
    },
    {
      municipalities: { exato: { by: 'nome', uf: 'e.uf_informada', value: 'e.cidade_lida' } },
      columns: {
        calculado: d.tryCast('valor_itens_soma + frete_lido - desconto_lido', 'DECIMAL(14,2)'),
      },
      endsPart: true,
    },
    {
      columns: {
        // Nearly every city is spelled as the IBGE spells it: only the others need a key.
        chave_cidade: caseWhen(
          [[`cidade_lida IS NULL OR ${ibge('exato')} IS NOT NULL`, 'NULL']],
          cityKey(d, 'cidade_lida', 'uf_informada'),
        ),
        outra_uf: `CASE WHEN uf_do_cep <> uf_informada AND NOT ${hasLostZero(d, 'cep')} THEN uf_do_cep END`,
      },
    },
    {
      municipalities: {
        pela_chave: { by: 'chave', uf: 'e.uf_informada', value: 'e.chave_cidade' },
        em_outra_uf: { by: 'chave', uf: 'e.outra_uf', value: 'e.chave_cidade' },
      },
      columns: {
        total_final: 'COALESCE(e.total_lido, CASE WHEN e.valor_total IS NULL THEN e.calculado END)',
        recebido_dia: d.addMinutes('e.recebido_em', '1440'),
      },
    },
    {
      columns: {
        uf_final: caseWhen(
          [
            [
              `COALESCE(${ibge('exato')}, ${ibge('pela_chave')}) IS NULL AND ${ibge('em_outra_uf')} IS NOT NULL`,
              'uf_do_cep',
            ],
          ],
          'uf_informada',
        ),
        ibge_final: `COALESCE(${ibge('exato')}, ${ibge('pela_chave')}, ${ibge('em_outra_uf')})`,
        cidade_final: `COALESCE(${d.field('pela_chave', 'nome')}, ${d.field('em_outra_uf', 'nome')}, ${boundedKey(d, 'cidade_lida')})`,
        cep_final: `CASE WHEN uf_do_cep <> uf_informada AND ${hasLostZero(d, 'cep')} THEN NULL WHEN uf_do_cep IS NULL THEN NULL ELSE cep_lido END`,
        pagamentos_lidos: readPayments(d, 'pagamentos_escritos', format, 'total_final', erroMask, avisoMask),
      },
      endsPart: true,
    },
    {
      columns: {
        pagamentos_soma: d.sumList(
          d.mapList('pagamentos_lidos', (p) => `${p}.valor`),
          'DECIMAL(18,2)',
        ),
        pagamento_erros: d.bitOrList(d.mapList('pagamentos_lidos', (p) => `${p}.erros`)),
        pagamento_avisos: d.bitOrList(d.mapList('pagamentos_lidos', (p) => `${p}.avisos`)),
      },
    },
    {
      columns: {
        registro_erros: erroMask(
          Object.fromEntries(RECORD_PROBLEMS.map((id) => [id, isTrue(d.contains('problemas', id))])),
        ),
        pedido_erros: erroMask(orderErros(d)),
        pedido_avisos: avisoMask(orderAvisos(d)),
      },
      endsPart: true,
    },
    { columns: { avisos_mascara: d.bitOr(d.bitOr('pedido_avisos', 'item_avisos'), 'pagamento_avisos') } },
  ];
}

/** The kind and value that identify the customer, as (tipo_chave, chave_cliente in hexadecimal). */
function customer(d: Dialect): { tipo: string; chave: string } {
  const tipo = caseWhen([
    ['documento_valido IS NOT NULL', `'documento'`],
    ['id_cliente IS NOT NULL', `'id_cliente'`],
    ['email_lido IS NOT NULL', `'email'`],
  ]);
  const value = 'COALESCE(documento_valido, id_cliente, email_lido)';
  return {
    tipo,
    chave: caseWhen(
      [[`${value} IS NULL`, 'NULL']],
      `substr(${d.sha256Hex(`concat_ws(':', ${tipo}, ${value})`)}, 1, 32)`,
    ),
  };
}

/** The clean order: column name -> expression over the last step. Times are TIMESTAMP in UTC. */
export function output(d: Dialect): Record<string, string> {
  const { tipo, chave } = customer(d);
  const identifier = `(${d.bitAnd('registro_erros', '-1')} <> 0)`;
  return {
    ordinal: 'ordinal',
    linha: 'linha',
    n_linhas: 'n_linhas',
    copias: 'copias',
    erros: caseWhen(
      [[identifier, 'registro_erros']],
      d.bitOr(d.bitOr('pedido_erros', 'item_erros'), 'pagamento_erros'),
    ),
    mascara_avisos: caseWhen([[identifier, 'CAST(0 AS BIGINT)']], 'avisos_mascara'),
    hash_origem: 'hash_origem',
    texto_avisos: avisoIdsText(d, 'avisos_mascara'),
    loja: 'loja_lida',
    id_pedido: 'id_pedido',
    data_pedido: 'pedido_instante',
    data_venda: 'CAST(dia_local AS DATE)',
    hora_venda: 'CAST(EXTRACT(HOUR FROM dia_local) AS INTEGER)',
    atualizado_em: 'COALESCE(atualizado_instante, recebido_em)',
    atualizado_em_estimado: 'atualizado_em IS NULL',
    revisao: 'revisao',
    canal: `COALESCE(canal_lido, 'Outro')`,
    canal_origem: 'COALESCE(canal_origem, canal)',
    status: 'status_lido',
    status_origem: 'COALESCE(status_origem, status)',
    situacao_entrega: 'situacao_lida',
    chave_cliente: chave,
    tipo_chave: tipo,
    id_cliente: 'id_cliente',
    documento: 'documento_valido',
    tipo_pessoa: caseWhen([
      ['length(documento_valido) = 11', `'PF'`],
      ['length(documento_valido) = 14', `'PJ'`],
    ]),
    nome: 'nome_lido',
    email: 'email_lido',
    telefone: 'telefone_lido',
    cep: 'cep_final',
    cidade: 'cidade_final',
    uf: 'uf_final',
    codigo_ibge: 'ibge_final',
    regiao: region(d, 'uf_final'),
    qtd_itens: 'qtd_itens',
    unidades: 'unidades_soma',
    valor_itens: d.tryCast('valor_itens_soma', 'DECIMAL(14,2)'),
    frete: 'frete_lido',
    desconto: 'desconto_lido',
    valor_total: 'total_final',
    valor_calculado: 'calculado',
    valor_reembolsado: caseWhen(
      [
        ['valor_reembolsado_lido IS NOT NULL', 'abs(valor_reembolsado_lido)'],
        [`status_lido = 'Reembolsado'`, 'total_final'],
      ],
      '0',
    ),
    valor_cobrado: 'valor_cobrado_lido',
    comissao: 'abs(comissao_lido)',
    ...Object.fromEntries(SIDE_TIMES.map((name) => [name, `${name}_lido`])),
    recebido_em: 'recebido_em',
    itens: 'itens_lidos',
    pagamentos: 'pagamentos_lidos',
  };
}

/**
 * The whole transform as one SELECT over `source` (a table or subquery shaped like `documentos`, see src/engines/duckdb/documents.ts)
 * and, in DuckDB, the lookup table `municipios_chave`. `carried` columns of the source go along untouched, after the others. `select` is the word, with
 * a hint to the planner, by which the last step of each part begins.
 */
export function transformSql(d: Dialect, source: string, carried: readonly string[] = [], select = 'SELECT'): string {
  let sql = `SELECT ordinal, linha, n_linhas, copias, problemas, revisao, recebido_em, formato_decimal, formato_data, tem_endereco, itens, pagamentos, ${[...ORDER_COLUMNS, ...carried].join(', ')} FROM ${source}`;
  for (const step of steps(d)) {
    const added = Object.entries(step.columns).map(([name, expression]) => `${expression} AS ${name}`);
    const joins: string[] = [];
    for (const [name, lookup] of Object.entries(step.municipalities ?? {})) {
      const { found, join } = d.municipality(`m_${name}`, lookup);
      added.push(`${found} AS ${name}`);
      if (join !== undefined) joins.push(join);
    }
    sql = `${step.endsPart ? select : 'SELECT'} e.*, ${added.join(',\n  ')}\nFROM (${sql}) e ${joins.join(' ')}`;
  }
  return `SELECT ${[...Object.entries(output(d)), ...carried.map((name) => [name, name] as const)]
    .map(([name, expression]) => `${expression} AS ${name}`)
    .join(',\n  ')}\nFROM (${sql}) e`;
}
