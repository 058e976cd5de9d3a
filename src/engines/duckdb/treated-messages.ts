// Messages that were transformed before they were sent (contracts `pedido-tratado`, `pedido-rejeitado`), read as rows of the transform's output or of the quarantine.
// It changes no value. A message that is not what its contract says is left out, for the caller to reject.
import type { DuckDBConnection } from '@duckdb/node-api';
import { ERRO_IDS } from '../../catalog/rules.ts';
import { TRANSFORM_VERSION } from '../transform/transform.ts';
import { type OrdinalRange, piecesOf } from './pieces.ts';
import { count, run } from './session.ts';
import type { Column } from './standing-transform.ts';

/** Columns that say where and how a row was read: the message's place decides them, never its value. */
const OF_THE_PLACE = new Set(['ordinal', 'linha', 'n_linhas', 'copias']);

/** What every treated order has. */
const NEEDED = [
  'loja',
  'id_pedido',
  'data_pedido',
  'data_venda',
  'hora_venda',
  'atualizado_em',
  'hash_origem',
  'status',
  'canal',
  'valor_total',
  'qtd_itens',
  'recebido_em',
];

/** Fields of a rejected message, as `rejectedSelect` names them. */
const REJECTED: Readonly<Record<string, string>> = {
  loja: 'VARCHAR',
  hash_original: 'VARCHAR',
  id_pedido: 'VARCHAR',
  atualizado_em: 'TIMESTAMP',
  revisao: 'INTEGER',
  motivos: 'VARCHAR',
  avisos: 'VARCHAR',
  detalhes: 'JSON',
  data_venda: 'DATE',
  canal: 'VARCHAR',
  uf: 'VARCHAR',
  valor: 'DECIMAL(14,2)',
  formato: 'VARCHAR',
  perfil: 'VARCHAR',
  cabecalho: 'VARCHAR',
  original: 'VARCHAR',
  fonte: 'VARCHAR',
  linha: 'BIGINT',
  particao: 'INTEGER',
  deslocamento: 'BIGINT',
  chave_mensagem: 'VARCHAR',
  codificacao: 'VARCHAR',
  recebido_em: 'TIMESTAMP',
  versao_transformacao: 'INTEGER',
};

/** Messages of one contract. */
export interface MessageRange extends OrdinalRange {
  /** Table as MessageLines loads it. */
  readonly lines: string;
  /** As `piecesOf` asks for it. */
  readonly bytes: number;
}

/**
 * Table `target`, shaped like the transform's output, from treated messages; what is not what its contract says is left out. Returns how many there are.
 */
export function readTreated(
  connection: DuckDBConnection,
  messages: MessageRange,
  target: string,
  columns: readonly Column[],
): Promise<number> {
  const shape = Object.fromEntries(
    columns.filter(({ name }) => !OF_THE_PLACE.has(name)).map(({ name, type }) => [name, type]),
  );
  // A cancelled order may have no items; one that counts items brings them.
  const whole = [...NEEDED.map((name) => `j.${name} IS NOT NULL`), 'COALESCE(len(j.itens), 0) = j.qtd_itens'].join(
    ' AND ',
  );
  // Masks live inside one run only: what came in was judged already.
  const masks = ['erros', 'mascara_avisos'].map((name) => `CAST(0 AS BIGINT) AS ${name}`).join(', ');
  return parse(
    connection,
    messages,
    shape,
    target,
    (read) => `
    SELECT * REPLACE (${masks}) FROM (
      SELECT ordinal, CAST(NULL AS BIGINT) AS linha, CAST(1 AS INTEGER) AS n_linhas, CAST(1 AS BIGINT) AS copias, unnest(j)
      FROM ${read} WHERE ${whole})`,
  );
}

/** Table `target`, shaped like `rejectedSelect`, from rejected messages, likewise. Returns how many there are. */
export function readRejected(connection: DuckDBConnection, messages: MessageRange, target: string): Promise<number> {
  const known = ERRO_IDS.map((id) => `'${id}'`).join(', ');
  const reasons = `regexp_extract_all(COALESCE(j.motivos, ''), '[A-Z0-9_]+')`;
  const whole = `regexp_full_match(j.hash_original, '[0-9a-f]{64}') AND len(${reasons}) > 0 AND len(list_filter(${reasons}, lambda x: x NOT IN (${known}))) = 0 AND j.original IS NOT NULL`;
  const array = (name: string): string =>
    `'{' || array_to_string(regexp_extract_all(COALESCE(j.${name}, ''), '[A-Z0-9_]+'), ',') || '}' AS ${name}`;
  const own: Readonly<Record<string, string>> = {
    loja: `COALESCE(j.loja, '') AS loja`,
    atualizado_em: 'COALESCE(j.atualizado_em, j.recebido_em, l.recebido_em) AS atualizado_em',
    recebido_em: 'COALESCE(j.recebido_em, l.recebido_em) AS recebido_em',
    revisao: 'COALESCE(j.revisao, 0) AS revisao',
    motivos: array('motivos'),
    avisos: array('avisos'),
    detalhes: `COALESCE(j.detalhes, '[]'::JSON) AS detalhes`,
    formato: `COALESCE(j.formato, 'jsonl') AS formato`,
    perfil: `COALESCE(j.perfil, 'esteira') AS perfil`,
    fonte: 'COALESCE(j.fonte, l.topico) AS fonte',
    particao: 'COALESCE(j.particao, l.particao) AS particao',
    deslocamento: 'COALESCE(j.deslocamento, l.deslocamento) AS deslocamento',
    chave_mensagem: 'COALESCE(j.chave_mensagem, l.chave) AS chave_mensagem',
    codificacao: `CASE WHEN j.codificacao IN ('base64', 'vazia') THEN j.codificacao ELSE 'texto' END AS codificacao`,
    versao_transformacao: `COALESCE(j.versao_transformacao, ${TRANSFORM_VERSION}) AS versao_transformacao`,
  };
  return parse(
    connection,
    messages,
    REJECTED,
    target,
    (read) => `
    SELECT l.ordinal, ${Object.keys(REJECTED)
      .map((name) => own[name] ?? `j.${name}`)
      .join(', ')}, CAST(1 AS BIGINT) AS copias
    FROM ${read} r JOIN ${messages.lines} l ON l.ordinal = r.ordinal WHERE ${whole}`,
  );
}

/**
 * Table `target` of what `select` gives of a table (ordinal, j): texts of `lines` with the fields of `shape`; what is missing or of another type is NULL.
 * Two statements: in one, DuckDB would take every text apart once for each condition on its fields.
 */
async function parse(
  connection: DuckDBConnection,
  { lines, bytes, ...range }: MessageRange,
  shape: Readonly<Record<string, string>>,
  target: string,
  select: (read: string) => string,
): Promise<number> {
  const isObject = `problema IS NULL AND COALESCE(TRY(json_type(texto)) = 'OBJECT', FALSE)`;
  const asJson = JSON.stringify(
    Object.fromEntries(Object.entries(shape).map(([name, type]) => [name, jsonType(type)])),
  );
  const read = `${target}_lidas`;
  let made: number | null = null;
  for (const { from, to } of await piecesOf(connection, lines, range, bytes)) {
    await run(
      connection,
      `CREATE OR REPLACE TABLE ${read} AS SELECT ordinal, json_transform(CASE WHEN ${isObject} THEN texto ELSE '{}' END, '${asJson.replaceAll("'", "''")}') AS j
       FROM ${lines} WHERE ordinal BETWEEN ${from} AND ${to}`,
    );
    const into: string = made === null ? `CREATE OR REPLACE TABLE ${target} AS` : `INSERT INTO ${target}`;
    made = (made ?? 0) + (await count(connection, `${into} ${select(read)}`));
  }
  await run(connection, `DROP TABLE ${read}`);
  return made ?? 0;
}

/** A column's type as json_transform wants it: STRUCT(a T, b U)[] becomes [{"a": "T", "b": "U"}]. */
function jsonType(type: string): unknown {
  if (type.endsWith('[]')) return [jsonType(type.slice(0, -2))];
  const inside = /^STRUCT\((.*)\)$/s.exec(type)?.[1];
  if (inside === undefined) return type;
  const fields: Record<string, unknown> = {};
  for (const field of splitOutside(inside)) {
    const match = /^"?([^" ]+)"? (.*)$/s.exec(field);
    if (match?.[1] !== undefined) fields[match[1]] = jsonType(match[2] ?? '');
  }
  return fields;
}

/** Splits at commas that stand in no parentheses. */
function splitOutside(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth += 1;
    else if (text[at] === ')') depth -= 1;
    else if (text[at] === ',' && depth === 0) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  return [...parts, text.slice(from).trim()];
}
