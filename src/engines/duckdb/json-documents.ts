// Turns JSON lines (table `linhas_json`) into `documentos`: one order document a line, nested as the contract says, every value as text.
// A line that is not a JSON object becomes a document with the problem JSON_INVALIDO and no fields.
import type { DuckDBConnection } from '@duckdb/node-api';
import { ORDER_COLUMNS } from '../../model/contract.ts';
import type { FileFacts, Slice } from './documents.ts';
import { count, run } from './session.ts';

/** Fields that the nested document keeps inside an object. */
const INSIDE: Readonly<Record<string, string>> = {
  id_cliente: 'cliente', documento: 'cliente', nome: 'cliente', email: 'cliente', telefone: 'cliente', cep: 'entrega', cidade: 'entrega', uf: 'entrega',
};
const ITEM_FIELDS = ['n_item', 'sku', 'produto', 'categoria', 'quantidade', 'preco_unitario', 'desconto'];
const PAYMENT_FIELDS = ['forma', 'parcelas', 'valor'];

function shape(): string {
  const of = (names: readonly string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, 'VARCHAR']));
  const top = ORDER_COLUMNS.filter((name) => !(name in INSIDE));
  return JSON.stringify({
    ...of(top),
    cliente: of(ORDER_COLUMNS.filter((name) => INSIDE[name] === 'cliente')),
    entrega: of(ORDER_COLUMNS.filter((name) => INSIDE[name] === 'entrega')),
    itens: [of(ITEM_FIELDS)],
    pagamentos: [of(PAYMENT_FIELDS)],
  });
}

/** Trimmed, NULL when blank. */
function cell(sql: string): string {
  return `NULLIF(trim(${sql}, ' ' || chr(9) || chr(10) || chr(13) || chr(160)), '')`;
}

/** Slices of consecutive lines. */
export async function planJsonSlices(connection: DuckDBConnection, sliceLines: number): Promise<Slice[]> {
  const total = await count(connection, 'SELECT count(*) FROM linhas_json');
  const slices: Slice[] = [];
  for (let from = 0; from < total; from += sliceLines) slices.push({ kind: 'contiguous', from, to: Math.min(total, from + sliceLines) - 1 });
  return slices;
}

/** Makes table `target` with the documents of a slice. */
export async function documentsOfJson(connection: DuckDBConnection, slice: Slice, facts: FileFacts, target: string): Promise<void> {
  const isObject = `problema IS NULL AND json_valid(texto) AND json_type(texto) = 'OBJECT'`;
  const field = (name: string): string => cell(name in INSIDE ? `j.${INSIDE[name]}.${name}` : `j.${name}`);
  const list = (name: string, fields: readonly string[]): string =>
    `list_transform(j.${name}, lambda x: {${fields.map((f) => `'${f}': ${cell(`x.${f}`)}`).join(', ')}})`;
  await run(connection, `
    CREATE OR REPLACE TABLE ${target} AS
    SELECT rid AS ordinal, linha, CAST(1 AS INTEGER) AS n_linhas, [rid] AS rids, problemas,
      ${ORDER_COLUMNS.map((name) => `${name === 'loja' ? `lower(${field(name)})` : field(name)} AS ${name}`).join(', ')},
      ${list('itens', ITEM_FIELDS)} AS itens, ${list('pagamentos', PAYMENT_FIELDS)} AS pagamentos,
      CAST(1 AS BIGINT) AS copias, CAST(0 AS INTEGER) AS revisao, TIMESTAMP '${facts.receivedAt}' AS recebido_em,
      CAST(NULL AS VARCHAR) AS formato_decimal, CAST(NULL AS VARCHAR) AS formato_data, TRUE AS tem_endereco
    FROM (
      SELECT rid, linha, CASE WHEN valido THEN NULL ELSE 'JSON_INVALIDO' END AS problemas, json_transform(CASE WHEN valido THEN texto ELSE '{}' END, '${shape()}') AS j
      FROM (SELECT rowid AS rid, linha, texto, COALESCE(${isObject}, FALSE) AS valido FROM linhas_json WHERE rowid >= ${slice.from} AND rowid <= ${slice.to}))`);
}
