// The SQL of the stream: records of the raw topic as Spark reads them from Kafka, transformed, as records of the treated and the rejected topic.
// One SELECT for both topics, so that one checkpoint covers them. The transform is src/engines/transform; it holds no rule of its own.
import { ERRO_IDS } from '../../catalog/rules.ts';
import { ORDER_COLUMNS } from '../../model/contract.ts';
import { CONTRACT, CONTRACT_VERSION, HEADER } from '../../model/message.ts';
import { FIELD_OF } from '../transform/explained-fields.ts';
import { isKnownByText } from '../transform/order-keys.ts';
import { hasErro, avisoIdsText, erroIdsText } from '../transform/masks.ts';
import { TRANSFORM_VERSION, transformSql } from '../transform/transform.ts';
import { sparkDialect } from './dialect.ts';
import { text } from './text-literal.ts';
import { documentsOfMessages } from './json-documents.ts';

const d = sparkDialect;

export interface StreamTopics {
  readonly raw: string;
  readonly rawId: string;
  readonly treated: string;
  readonly rejected: string;
}

/** What raise_error says of a record whose contract is not known; the caller looks for it in the failure of the query. */
export const UNKNOWN_CONTRACT = 'ESTEIRA_CONTRATO_DESCONHECIDO';

/** Columns of the transform's output that say how a file was read; a message has another place. */
const OF_THE_FILE = new Set(['ordinal', 'linha', 'n_linhas', 'copias', 'erros', 'mascara_avisos']);
/** Columns of the transform's output, by how they are written in JSON: exact types as texts. */
const AS_TEXT = [
  'data_pedido',
  'data_venda',
  'atualizado_em',
  'valor_itens',
  'frete',
  'desconto',
  'valor_total',
  'valor_calculado',
  'valor_reembolsado',
  'valor_cobrado',
  'comissao',
  'pago_em',
  'enviado_em',
  'entregue_em',
  'prazo_entrega',
  'excluido_em',
  'recebido_em',
];
const PLAIN = [
  'hash_origem',
  'texto_avisos',
  'loja',
  'id_pedido',
  'hora_venda',
  'atualizado_em_estimado',
  'revisao',
  'canal',
  'canal_origem',
  'status',
  'status_origem',
  'situacao_entrega',
  'chave_cliente',
  'tipo_chave',
  'id_cliente',
  'documento',
  'tipo_pessoa',
  'nome',
  'email',
  'telefone',
  'cep',
  'cidade',
  'uf',
  'codigo_ibge',
  'regiao',
  'qtd_itens',
  'unidades',
];
const ITEMS = {
  n_item: false,
  sku: false,
  produto: false,
  categoria: false,
  quantidade: false,
  preco_unitario: true,
  desconto: true,
  valor: true,
};
const PAYMENTS = { n_pagamento: false, forma: false, forma_origem: false, parcelas: false, valor: true };

/**
 * SELECT (key BINARY, value STRING, headers, topic STRING) over `source`, the relation of a Kafka reader with includeHeaders. The query fails with
 * UNKNOWN_CONTRACT at a record of another contract: it must not be judged by rules that it was not written for. A micro-batch has at most `tasks` tasks;
 * null leaves one to each partition, as real time needs it.
 */
export function streamSql(source: string, topics: StreamTopics, tasks: number | null): string {
  // The hint stands at eight places, for its side effect: Spark's planner looks through selections above each other, from each of them down to the last,
  // again and again, but not through this. Between any two selections it would keep them from becoming one.
  const select = tasks === null ? 'SELECT' : `SELECT /*+ COALESCE(${tasks}) */`;
  const records = messages(`(${select} * FROM ${source})`);
  const documents = `${select} *, ${writtenFields()} AS escrito FROM (${documentsOfMessages(records, ['lugar'])})`;
  const carried = ['lugar', 'escrito', 'formato_lido', 'perfil_lido', 'cabecalho_lido', 'original_lido'];
  const judged = transformSql(d, `(${documents})`, carried, select);
  const treatedHeaders = headers(CONTRACT.treated, topics.rawId);
  const rejectedHeaders = headers(CONTRACT.rejected, topics.rawId);
  return `
    SELECT COALESCE(lugar.chave, CASE WHEN loja IS NOT NULL AND id_pedido IS NOT NULL THEN CAST(concat(loja, ':', id_pedido) AS BINARY) END) AS key,
      CASE WHEN erros = 0 THEN ${treatedValue()} ELSE ${rejectedValue()} END AS value,
      CASE WHEN erros = 0 THEN ${treatedHeaders} ELSE ${rejectedHeaders} END AS headers,
      CASE WHEN erros = 0 THEN ${text(topics.treated)} ELSE ${text(topics.rejected)} END AS topic
    FROM (${select} * FROM (${judged}))`;
}

/** Raw records in the shape that documentsOfMessages wants, their place in `lugar`. */
function messages(source: string): string {
  const header = (name: string): string =>
    `CAST(get(filter(headers, h -> h.key = ${text(name)} AND h.value IS NOT NULL), 0).value AS STRING)`;
  const known = `COALESCE(${header(HEADER.contract)}, ${text(CONTRACT.raw)}) = ${text(CONTRACT.raw)} AND split_part(COALESCE(${header(HEADER.version)}, ${text(CONTRACT_VERSION)}), '.', 1) = ${text(CONTRACT_VERSION)}`;
  const stated = header(HEADER.receivedAt);
  const receivedAt = `CASE WHEN ${d.fullMatch(stated, '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,6})?Z')}
    THEN try_cast(substr(${stated}, 1, length(${stated}) - 1) AS TIMESTAMP_NTZ) END`;
  // As src/engines/duckdb/message-lines.ts keeps them: bytes that are no text in base64, and no value at all.
  const isText = `is_valid_utf8(value) AND NOT contains(value, X'00')`;
  const keyText = `CASE WHEN is_valid_utf8(key) AND NOT contains(key, X'00') THEN CAST(key AS STRING) ELSE concat('0x', lower(hex(key))) END`;
  return `
    SELECT offset AS ordinal, CAST(NULL AS BIGINT) AS linha,
      CASE WHEN ${isText} THEN CAST(value AS STRING) END AS texto,
      COALESCE(${receivedAt}, CAST(date_trunc('MILLISECOND', timestamp) AS TIMESTAMP_NTZ)) AS recebido_em,
      named_struct('particao', partition, 'deslocamento', offset, 'chave', key, 'chave_texto', ${keyText},
        'codificacao', CASE WHEN value IS NULL THEN 'vazia' WHEN ${isText} THEN 'texto' ELSE 'base64' END,
        'original', CASE WHEN value IS NULL THEN '' WHEN ${isText} THEN CAST(value AS STRING) ELSE base64(value) END, 'fonte', topic) AS lugar
    FROM ${source}
    WHERE CASE WHEN ${known} THEN TRUE ELSE raise_error(concat(${text(UNKNOWN_CONTRACT)}, ' ', CAST(partition AS STRING), ' ', CAST(offset AS STRING))) IS NOT NULL END`;
}

/** The fields as they were written, for the reasons of a rejection. */
function writtenFields(): string {
  return d.struct(Object.fromEntries([...ORDER_COLUMNS, 'itens', 'pagamentos'].map((name) => [name, name])));
}

function treatedValue(): string {
  const list = (name: string, fields: Readonly<Record<string, boolean>>): string =>
    d.mapList(name, (x) =>
      d.struct(
        Object.fromEntries(
          Object.entries(fields).map(([field, isText]) => [
            field,
            isText ? `CAST(${x}.${field} AS STRING)` : `${x}.${field}`,
          ]),
        ),
      ),
    );
  const fields: Record<string, string> = {
    ...Object.fromEntries(PLAIN.map((name) => [name, name])),
    ...Object.fromEntries(AS_TEXT.map((name) => [name, `CAST(${name} AS STRING)`])),
    itens: list('itens', ITEMS),
    pagamentos: list('pagamentos', PAYMENTS),
  };
  return `to_json(${d.struct(fields)})`;
}

/** As src/engines/duckdb/quarantine-rows.ts makes the quarantine's rows; a detail without a field says so with a null. */
function rejectedValue(): string {
  const original = `replace(COALESCE(original_lido, lugar.original), chr(0), '')`;
  const identity = `concat(${original}, CASE WHEN lugar.codificacao = 'vazia' THEN COALESCE(lugar.chave_texto, '') ELSE '' END)`;
  const isFlat = 'original_lido IS NOT NULL';
  return `to_json(${d.struct({
    loja: `COALESCE(loja, '')`,
    hash_original: `CASE WHEN ${isKnownByText(d, 'erros')} THEN sha2(${identity}, 256) ELSE hash_origem END`,
    id_pedido: 'id_pedido',
    atualizado_em: 'CAST(atualizado_em AS STRING)',
    revisao: 'revisao',
    motivos: erroIdsText(d, 'erros'),
    avisos: avisoIdsText(d, 'mascara_avisos'),
    detalhes: details(),
    data_venda: 'CAST(data_venda AS STRING)',
    canal: 'CASE WHEN escrito.canal IS NOT NULL THEN canal END',
    uf: 'uf',
    valor: `CAST(CASE WHEN NOT ${hasErro(d, 'erros', 'MOEDA_NAO_BRL')} THEN COALESCE(valor_total, CASE WHEN valor_itens > 0 THEN valor_itens END) END AS STRING)`,
    formato: `COALESCE(CASE WHEN ${isFlat} THEN formato_lido END, 'jsonl')`,
    perfil: `COALESCE(CASE WHEN ${isFlat} THEN perfil_lido END, 'esteira')`,
    cabecalho: 'cabecalho_lido',
    original,
    fonte: 'lugar.fonte',
    linha: 'linha',
    particao: 'lugar.particao',
    deslocamento: 'lugar.deslocamento',
    chave_mensagem: 'lugar.chave_texto',
    codificacao: 'lugar.codificacao',
    recebido_em: 'CAST(recebido_em AS STRING)',
    versao_transformacao: String(TRANSFORM_VERSION),
  })}, map('ignoreNullFields', 'false'))`;
}

/** As in src/engines/duckdb/quarantine-rows.ts: an element for every reason, with the field that gave rise to it. */
function details(): string {
  const fields = [...new Set(Object.values(FIELD_OF))];
  const valueOf = (field: string): string => {
    const [name = '', inside] = field.split('.');
    if (inside === undefined) return `escrito.${name}`;
    return d.joinList(
      d.mapList(`escrito.${name}`, (x) => `COALESCE(${x}.${inside}, '')`),
      '; ',
    );
  };
  const fieldOfRule = d.texts(ERRO_IDS.map((id) => FIELD_OF[id] ?? ''));
  const reason = (id: string, position: string, values: string): string =>
    d.bind(`element_at(${fieldOfRule}, ${position})`, (field) =>
      d.struct({
        codigo: id,
        campo: `NULLIF(${field}, '')`,
        valor: `left(get(${values}, CAST(array_position(${d.texts(fields)}, ${field}) AS INT) - 1), 200)`,
      }),
    );
  return d.bind(d.list(fields.map(valueOf)), (values) =>
    d.filterList(
      d.mapList(
        d.texts(ERRO_IDS),
        (id, position) => `CASE WHEN ${d.bitAt('erros', position)} = 1 THEN ${reason(id, position, values)} END`,
      ),
      (element) => `${element} IS NOT NULL`,
    ),
  );
}

function headers(contract: string, topicId: string): string {
  const header = (name: string, sql: string): string =>
    `named_struct('key', ${text(name)}, 'value', CAST(${sql} AS BINARY))`;
  return `array(${[
    header(HEADER.contract, text(contract)),
    header(HEADER.version, text(CONTRACT_VERSION)),
    header(HEADER.receivedAt, `concat(date_format(recebido_em, "yyyy-MM-dd'T'HH:mm:ss.SSSSSS"), 'Z')`),
    header(HEADER.originHash, `COALESCE(hash_origem, '')`),
    header(HEADER.topicId, text(topicId)),
    header(HEADER.partition, 'CAST(lugar.particao AS STRING)'),
    header(HEADER.offset, 'CAST(lugar.deslocamento AS STRING)'),
  ].join(', ')})`;
}

/** Names of the output columns that a treated record carries or leaves out on purpose; a test compares them with the transform's. */
export const TREATED_COLUMNS: readonly string[] = [...OF_THE_FILE, ...PLAIN, ...AS_TEXT, 'itens', 'pagamentos'];
