// The rejected documents of a batch as rows of the quarantine: original text, all reasons, and the fields that gave rise to them.
// Values of personal fields are never repeated in the details: they are in the original only.
import type { DuckDBConnection } from '@duckdb/node-api';
import { ERRO_IDS } from '../../catalog/rules.ts';
import { FIELD_OF } from '../transform/explained-fields.ts';
import { isKnownByText } from '../transform/order-keys.ts';
import { avisoIdsText, erroIdsText, hasErro } from '../transform/masks.ts';
import { TRANSFORM_VERSION } from '../transform/transform.ts';
import { duckdbDialect as d } from './dialect.ts';
import type { BatchOrigin } from './batch.ts';
import { countRejected } from './classify.ts';
import { run } from './session.ts';

function valueOf(field: string): string {
  const [list, name] = field.split('.');
  return name === undefined
    ? `o.${field}`
    : `array_to_string(list_transform(o.${list}, lambda x: COALESCE(x.${name}, '')), '; ')`;
}

function details(): string {
  const elements = ERRO_IDS.map((id) => {
    const field = FIELD_OF[id];
    const value = field === undefined ? 'CAST(NULL AS VARCHAR)' : `left(${valueOf(field)}, 200)`;
    const name = field === undefined ? 'CAST(NULL AS VARCHAR)' : `'${field}'`;
    return `CASE WHEN ${hasErro(d, 't.erros', id)} THEN {'codigo': '${id}', 'campo': ${name}, 'valor': ${value}} END`;
  });
  return `to_json(list_filter([${elements.join(', ')}], lambda x: x IS NOT NULL))`;
}

/** Where the rejected documents are, whatever else the tables hold. */
export interface RejectedTables {
  /** Shaped like the transform's output. */
  readonly treated: string;
  /** Shaped like `documentos`: as they were read. */
  readonly documents: string;
  /** (ordinal, original): their texts. */
  readonly originals: string;
  /** Of messages: (ordinal, topico, particao, deslocamento, chave, codificacao); null for those of a file. */
  readonly places: string | null;
}

/** SELECT of the rejected rows of a batch, with `ordinal` first and `copias` last; `hash_original` in hexadecimal. */
export function rejectedSelect(
  { treated, documents, originals, places }: RejectedTables,
  origin: Pick<BatchOrigin, 'sourceName' | 'format' | 'profile' | 'header'>,
): string {
  const text = (value: string | null): string =>
    value === null ? 'CAST(NULL AS VARCHAR)' : `'${value.replaceAll("'", "''")}'`;
  // A document that travelled brings along what could not be read where it came from.
  const original = `replace(COALESCE(o.original_lido, r.original, ''), chr(0), '')`;
  // Without keys to rely on, nothing that Esteira reads tells two records apart for certain: the text, with fields that it does not know, is the identity.
  // A message without a value has only its key to tell it from another.
  const identity =
    places === null
      ? original
      : `${original} || CASE WHEN m.codificacao = 'vazia' THEN COALESCE(m.chave, '') ELSE '' END`;
  const hash = `CASE WHEN ${isKnownByText(d, 't.erros')} THEN sha256(${identity}) ELSE t.hash_origem END`;
  const place =
    places === null
      ? `${text(origin.sourceName)} AS fonte, t.linha, CAST(NULL AS INTEGER) AS particao, CAST(NULL AS BIGINT) AS deslocamento, CAST(NULL AS VARCHAR) AS chave_mensagem, 'texto' AS codificacao`
      : 'm.topico AS fonte, t.linha, m.particao, m.deslocamento, m.chave AS chave_mensagem, m.codificacao';
  return `
    SELECT t.ordinal, COALESCE(t.loja, '') AS loja, ${hash} AS hash_original, t.id_pedido, t.atualizado_em, t.revisao,
      ${erroIdsText(d, 't.erros')} AS motivos, ${avisoIdsText(d, 't.mascara_avisos')} AS avisos, ${details()} AS detalhes,
      t.data_venda, CASE WHEN o.canal IS NOT NULL THEN t.canal END AS canal, t.uf,
      CASE WHEN NOT ${hasErro(d, 't.erros', 'MOEDA_NAO_BRL')} THEN COALESCE(t.valor_total, CASE WHEN t.valor_itens > 0 THEN t.valor_itens END) END AS valor,
      COALESCE(CASE WHEN o.original_lido IS NOT NULL THEN o.formato_lido END, ${text(origin.format)}) AS formato,
      COALESCE(CASE WHEN o.original_lido IS NOT NULL THEN o.perfil_lido END, ${text(origin.profile)}) AS perfil,
      COALESCE(o.cabecalho_lido, ${text(origin.header)}) AS cabecalho, ${original} AS original, ${place},
      t.recebido_em, ${TRANSFORM_VERSION} AS versao_transformacao, t.copias
    FROM ${treated} t LEFT JOIN ${documents} o ON o.ordinal = t.ordinal LEFT JOIN ${originals} r ON r.ordinal = t.ordinal
      ${places === null ? '' : `LEFT JOIN ${places} m ON m.ordinal = t.ordinal`}
    WHERE t.erros <> 0`;
}

/** Most row numbers that are written into a statement: they reach the scan, a join would not. */
const MOST_LITERALS = 20_000;

/** Tables `_rejeitados_escritos` (the rejected documents as read), `_originais` (their text) and `_rejeitados` (their rows of the quarantine). */
export async function keepRejected(
  connection: DuckDBConnection,
  prefix: string,
  source: string,
  origin: BatchOrigin,
  ordinals: readonly number[],
): Promise<void> {
  await origin.transformed?.makeSource();
  const some =
    ordinals.length <= MOST_LITERALS
      ? `ordinal IN (${['-1', ...ordinals].join(', ')})`
      : `ordinal IN (SELECT ordinal FROM ${prefix}_tratados WHERE erros <> 0)`;
  await run(
    connection,
    `CREATE OR REPLACE TABLE ${prefix}_rejeitados_escritos AS SELECT * FROM ${source} WHERE ${some}`,
  );
  await origin.loadOriginals(connection, prefix);
  const tables = {
    treated: `${prefix}_tratados`,
    documents: `${prefix}_rejeitados_escritos`,
    originals: `${prefix}_originais`,
    places: origin.messages?.places ?? null,
  };
  await keepCounted(connection, prefix, origin, rejectedSelect(tables, origin));
}

/** Table `_rejeitados` of the rejected rows that were made here and of those that came as such. */
export async function keepCounted(
  connection: DuckDBConnection,
  prefix: string,
  { messages }: BatchOrigin,
  made: string,
): Promise<void> {
  const received = messages?.rejected ? ` UNION ALL BY NAME SELECT * FROM ${messages.rejected}` : '';
  await countRejected(connection, prefix, `${made}${received}`);
}
