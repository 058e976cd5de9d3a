// What a sorted batch writes, table by table: the columns as the warehouse names them and the SELECT that fills them.
// `accepted` rows become the current version of their order; `fresh` rows are versions the history does not hold yet.
import { TRANSFORM_VERSION } from '../transform/transform.ts';

const ORDER_COLUMNS = [
  'loja',
  'id_pedido',
  'data_pedido',
  'data_venda',
  'hora_venda',
  'atualizado_em',
  'atualizado_em_estimado',
  'revisao',
  'hash_origem',
  'canal',
  'canal_origem',
  'status',
  'status_origem',
  'situacao_entrega',
  'chave_cliente',
  'cep',
  'cidade',
  'uf',
  'codigo_ibge',
  'regiao',
  'itens',
  'unidades',
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
  'avisos',
  'recebido_em',
  'versao_transformacao',
] as const;
const HISTORY_COLUMNS = [
  'loja',
  'id_pedido',
  'atualizado_em',
  'revisao',
  'hash_origem',
  'atualizado_em_estimado',
  'status',
  'situacao_entrega',
  'valor_total',
  'recebido_em',
] as const;
const CUSTOMER_COLUMNS = [
  'loja',
  'chave_cliente',
  'tipo_chave',
  'id_cliente',
  'documento',
  'tipo_pessoa',
  'nome',
  'email',
  'telefone',
  'data_pedido',
  'id_pedido',
  'versao_em',
  'revisao',
  'hash_origem',
] as const;
/** What every item carries of its order, so that days are summed without a join. */
const ITEM_ORDER_COLUMNS = ['data_venda', 'canal', 'status', 'uf', 'excluido'] as const;
const ITEM_COLUMNS = [
  'loja',
  'id_pedido',
  'n_item',
  ...ITEM_ORDER_COLUMNS,
  'sku',
  'produto',
  'categoria',
  'quantidade',
  'preco_unitario',
  'desconto',
  'valor',
] as const;
const PAYMENT_COLUMNS = ['loja', 'id_pedido', 'n_pagamento', 'forma', 'forma_origem', 'parcelas', 'valor'] as const;
const PRODUCT_COLUMNS = [
  'loja',
  'sku',
  'produto',
  'categoria',
  'data_pedido',
  'id_pedido',
  'versao_em',
  'revisao',
  'hash_origem',
  'n_item',
] as const;

const STATED_TIME = `CASE WHEN atualizado_em_estimado THEN TIMESTAMP '1970-01-01' ELSE atualizado_em END`;

const REJECTED_COLUMNS = [
  'loja',
  'hash_original',
  'id_pedido',
  'atualizado_em',
  'revisao',
  'motivos',
  'avisos',
  'detalhes',
  'data_venda',
  'canal',
  'uf',
  'valor',
  'formato',
  'perfil',
  'cabecalho',
  'original',
  'fonte',
  'linha',
  'particao',
  'deslocamento',
  'chave_mensagem',
  'codificacao',
  'recebido_em',
  'versao_transformacao',
  'vezes',
] as const;

/**
 * One output file: table, columns and the SELECT with those columns. Many rows come in the order of their table's primary key: PostgreSQL then walks through
 * its index instead of jumping about in it, which takes a fifth of the time off loading a topic.
 */
export type Output = readonly [table: string, columns: readonly string[], select: string];

const HASH = `'\\x' || hash_origem AS hash_origem`;

function withHash(columns: readonly string[]): string {
  return columns.map((name) => (name === 'hash_origem' ? HASH : name)).join(', ');
}

function accepted(prefix: string): string {
  return `(SELECT t.* FROM ${prefix}_tratados t JOIN ${prefix}_classes c ON c.ordinal = t.ordinal WHERE c.situacao = 'aceito')`;
}

function fresh(prefix: string): string {
  return `(SELECT t.* FROM ${prefix}_tratados t JOIN ${prefix}_classes c ON c.ordinal = t.ordinal WHERE c.na_historia = FALSE)`;
}

/** Statements that make tables `_pedidos`, `_itens`, `_pagamentos` of the accepted orders; the rollups are summed from them too. */
export function acceptedTables(prefix: string, hasHistory: boolean): string[] {
  const own: Record<string, string> = {
    itens: 'qtd_itens',
    avisos: 'texto_avisos',
    versao_transformacao: String(TRANSFORM_VERSION),
  };
  // A content without update time that was seen before keeps the earliest time.
  if (hasHistory)
    own['atualizado_em'] =
      `LEAST(atualizado_em, (SELECT menor_conhecido FROM ${prefix}_classes c WHERE c.ordinal = t.ordinal))`;
  const rows = accepted(prefix);
  const ofOrder = new Set<string>(['loja', 'id_pedido', ...ITEM_ORDER_COLUMNS]);
  const nested = (list: string, columns: readonly string[]): string =>
    `SELECT ${columns.map((name) => (ofOrder.has(name) ? name : `x.${name} AS ${name}`)).join(', ')}
     FROM (SELECT loja, id_pedido, data_venda, canal, status, uf, excluido_em IS NOT NULL AS excluido, unnest(${list}) AS x FROM ${rows})`;
  return [
    `CREATE OR REPLACE TABLE ${prefix}_pedidos AS SELECT ${ORDER_COLUMNS.map((name) => (own[name] ? `${own[name]} AS ${name}` : name)).join(', ')} FROM ${rows} t`,
    `CREATE OR REPLACE TABLE ${prefix}_itens AS ${nested('itens', ITEM_COLUMNS)}`,
    `CREATE OR REPLACE TABLE ${prefix}_pagamentos AS ${nested('pagamentos', PAYMENT_COLUMNS)}`,
  ];
}

/**
 * Files that are copied straight into their tables. A file's rows mostly come in the order of their keys; messages of several partitions do not, and are
 * sorted when `isInterleaved`.
 */
export function insertOutputs(prefix: string, isInterleaved: boolean): Output[] {
  const by = (...keys: string[]): string =>
    isInterleaved ? ` ORDER BY ${['loja', 'id_pedido', ...keys].join(', ')}` : '';
  const orders = `SELECT * REPLACE ('\\x' || hash_origem AS hash_origem) FROM ${prefix}_pedidos`;
  const versions = `SELECT ${withHash(HISTORY_COLUMNS)} FROM ${fresh(prefix)}`;
  return [
    ['pedidos', ORDER_COLUMNS, orders + by()],
    ['itens_pedido', ITEM_COLUMNS, `SELECT * FROM ${prefix}_itens` + by('n_item')],
    ['pagamentos', PAYMENT_COLUMNS, `SELECT * FROM ${prefix}_pagamentos` + by('n_pagamento')],
    ['historico_status', HISTORY_COLUMNS, versions + by('atualizado_em')],
  ];
}

/** The newest order of each customer in the batch. */
export function customersOutput(prefix: string): Output {
  return [
    'clientes',
    CUSTOMER_COLUMNS,
    `
    SELECT ${withHash(CUSTOMER_COLUMNS)} FROM (
      SELECT *, ${STATED_TIME} AS versao_em,
        row_number() OVER (PARTITION BY loja, chave_cliente ORDER BY data_pedido DESC, id_pedido DESC, ${STATED_TIME} DESC, revisao DESC, hash_origem DESC) AS lugar
      FROM ${fresh(prefix)} WHERE chave_cliente IS NOT NULL) WHERE lugar = 1 ORDER BY loja, chave_cliente`,
  ];
}

/** The newest order of each SKU in the batch: the latest time is found first, so that only its few rows compare whole versions. */
export function productsOutput(prefix: string): Output {
  const items = `(SELECT loja, data_pedido, id_pedido, ${STATED_TIME} AS versao_em, revisao, hash_origem, unnest(itens) AS i FROM ${fresh(prefix)})`;
  return [
    'produtos',
    PRODUCT_COLUMNS,
    `
    WITH itens AS MATERIALIZED (SELECT loja, i.sku AS sku, data_pedido, {'b': id_pedido, 'c': versao_em, 'd': revisao, 'e': hash_origem, 'f': i.n_item} AS versao, i.produto AS produto, i.categoria AS categoria FROM ${items}),
    ultimos AS (SELECT loja, sku, max(data_pedido) AS data_pedido FROM itens GROUP BY ALL)
    SELECT loja, sku, arg_max(produto, versao), arg_max(categoria, versao), data_pedido, max(versao).b, max(versao).c, max(versao).d, '\\x' || max(versao).e, max(versao).f
    FROM itens JOIN ultimos USING (loja, sku, data_pedido)
    GROUP BY loja, sku, data_pedido`,
  ];
}

/** Contents without an update time that were seen earlier or later than recorded. */
export function sightingsOutput(prefix: string): Output {
  return [
    'vistos',
    ['loja', 'id_pedido', 'revisao', 'hash_origem', 'menor', 'maior'],
    `
    SELECT loja, id_pedido, revisao, '\\x' || hash_origem, menor, maior FROM ${prefix}_classes
    WHERE estimado AND (NOT na_historia OR menor < menor_conhecido OR maior > maior_conhecido) AND (na_historia OR maior > menor)`,
  ];
}

/** Orders whose present rows go before the new ones come. */
export function replacedOutput(prefix: string): Output {
  return [
    'substituidos',
    ['loja', 'id_pedido'],
    `SELECT DISTINCT loja, id_pedido FROM ${prefix}_classes WHERE situacao = 'aceito' AND existe ORDER BY loja, id_pedido`,
  ];
}

/** Orders whose versions may sum to something else than before, and whether the warehouse knows them. */
export function touchedOutput(prefix: string): Output {
  const columns = ['loja', 'id_pedido', 'existe'];
  return [
    'tocados',
    columns,
    `SELECT DISTINCT ${columns.join(', ')} FROM ${prefix}_classes WHERE toca ORDER BY loja, id_pedido`,
  ];
}

export function rejectedOutput(prefix: string): Output {
  return [
    'pedidos_rejeitados',
    REJECTED_COLUMNS,
    `SELECT * REPLACE ('\\x' || hash_original AS hash_original) FROM ${prefix}_rejeitados`,
  ];
}

/** Statement that makes an empty table `_rejeitados`, of the types that its readers need: most batches of a stream have no rejected record. */
export function noRejected(prefix: string): string {
  const types: Readonly<Record<string, string>> = { vezes: 'INTEGER', valor: 'DECIMAL(14, 2)' };
  return `CREATE OR REPLACE TABLE ${prefix}_rejeitados (${REJECTED_COLUMNS.map((name) => `${name} ${types[name] ?? 'VARCHAR'}`).join(', ')})`;
}

/** The valid versions that may resolve records of the quarantine: all, or those of orders with rejected versions in this batch when it is alone. */
export function acceptedOutput(prefix: string, isAlone: boolean): Output {
  const ofRejected = `(loja, id_pedido) IN (SELECT (loja, id_pedido) FROM ${prefix}_rejeitados)`;
  return [
    'aceitos',
    ['loja', 'id_pedido', 'atualizado_em', 'revisao'],
    `SELECT loja, id_pedido, maior, revisao FROM ${prefix}_classes${isAlone ? ` WHERE ${ofRejected}` : ''}`,
  ];
}
