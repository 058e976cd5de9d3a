// Messages that were transformed before they were sent (contracts `pedido-tratado`, `pedido-rejeitado`), read as rows of the transform's output or of the quarantine.
// It changes no value. A message that is not what its contract says is told apart, for the caller to reject.
import type { DuckDBConnection } from '@duckdb/node-api';
import { ERRO_IDS } from '../../catalog/rules.ts';
import { TRANSFORM_VERSION } from '../transform/transform.ts';
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

/** Table `target`, shaped like the transform's output, from the treated messages of `lines`; those it cannot read are marked in `lines.problema`. */
export async function readTreated(
  connection: DuckDBConnection,
  lines: string,
  target: string,
  columns: readonly Column[],
): Promise<void> {
  const shape = Object.fromEntries(
    columns.filter(({ name }) => !OF_THE_PLACE.has(name)).map(({ name, type }) => [name, type]),
  );
  await parse(connection, lines, `${target}_lidas`, shape);
  // A cancelled order may have no items; one that counts items brings them.
  const whole = [...NEEDED.map((name) => `j.${name} IS NOT NULL`), 'COALESCE(len(j.itens), 0) = j.qtd_itens'].join(
    ' AND ',
  );
  await run(
    connection,
    `UPDATE ${lines} SET problema = 'JSON_INVALIDO' WHERE ordinal IN (SELECT ordinal FROM ${target}_lidas WHERE NOT COALESCE(${whole}, FALSE))`,
  );
  await run(
    connection,
    `
    CREATE OR REPLACE TABLE ${target} AS
    SELECT ordinal, CAST(NULL AS BIGINT) AS linha, CAST(1 AS INTEGER) AS n_linhas, CAST(1 AS BIGINT) AS copias, unnest(j)
    FROM ${target}_lidas WHERE ordinal IN (SELECT ordinal FROM ${lines} WHERE problema IS NULL)`,
  );
  // Masks live inside one run only: what came in was judged already.
  await run(connection, `UPDATE ${target} SET erros = 0, mascara_avisos = 0`);
  await run(connection, `DROP TABLE ${target}_lidas`);
}

/** Table `target`, shaped like `rejectedSelect`, from the rejected messages of `lines`; those it cannot read are marked in `lines.problema`. */
export async function readRejected(connection: DuckDBConnection, lines: string, target: string): Promise<void> {
  await parse(connection, lines, `${target}_lidas`, REJECTED);
  const known = ERRO_IDS.map((id) => `'${id}'`).join(', ');
  const reasons = `regexp_extract_all(COALESCE(j.motivos, ''), '[A-Z0-9_]+')`;
  const whole = `regexp_full_match(j.hash_original, '[0-9a-f]{64}') AND len(${reasons}) > 0 AND len(list_filter(${reasons}, lambda x: x NOT IN (${known}))) = 0 AND j.original IS NOT NULL`;
  await run(
    connection,
    `UPDATE ${lines} SET problema = 'JSON_INVALIDO' WHERE ordinal IN (SELECT ordinal FROM ${target}_lidas WHERE NOT COALESCE(${whole}, FALSE))`,
  );
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
  await run(
    connection,
    `
    CREATE OR REPLACE TABLE ${target} AS
    SELECT l.ordinal, ${Object.keys(REJECTED)
      .map((name) => own[name] ?? `j.${name}`)
      .join(', ')}, CAST(1 AS BIGINT) AS copias
    FROM ${target}_lidas r JOIN ${lines} l ON l.ordinal = r.ordinal WHERE l.problema IS NULL`,
  );
  await run(connection, `DROP TABLE ${target}_lidas`);
}

/** Table `target` (ordinal, j): the texts of `lines` with the fields of `shape`; what is missing or of another type is NULL. */
async function parse(
  connection: DuckDBConnection,
  lines: string,
  target: string,
  shape: Readonly<Record<string, string>>,
): Promise<void> {
  const isObject = `problema IS NULL AND COALESCE(TRY(json_valid(texto) AND json_type(texto) = 'OBJECT'), FALSE)`;
  const asJson = JSON.stringify(
    Object.fromEntries(Object.entries(shape).map(([name, type]) => [name, jsonType(type)])),
  );
  await run(
    connection,
    `CREATE OR REPLACE TABLE ${target} AS SELECT ordinal, json_transform(CASE WHEN ${isObject} THEN texto ELSE '{}' END, '${asJson.replaceAll("'", "''")}') AS j FROM ${lines}`,
  );
  await count(connection, `SELECT count(*) FROM ${target}`);
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
