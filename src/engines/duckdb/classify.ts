// Sorts a batch's events out against what the warehouse holds: which become current, which are history only, which were seen before.
// The largest version wins by (time, revision, hash), whatever the order of arrival.
import { statSync } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import { countsInCohorts } from '../../catalog/cohorts.ts';
import type { EventCounts, KnownRows, RejectionGroup } from '../../model/batch.ts';
import { TRANSFORM_VERSION } from '../transform/transform.ts';
import { bufferFor, rows, run } from './session.ts';

/** Tables `_existentes` and `_rejeitados_conhecidos` from the probe's answers. */
export async function loadKnown(connection: DuckDBConnection, p: string, known: KnownRows): Promise<void> {
  await run(
    connection,
    `CREATE OR REPLACE TABLE ${p}_existentes AS ${readAs(
      known.versionsPath,
      'loja VARCHAR, id_pedido VARCHAR, revisao INTEGER, hash_origem VARCHAR, atualizado_em TIMESTAMP, estimado BOOLEAN, visto_em TIMESTAMP, atual BOOLEAN, versao_transformacao INTEGER',
    )}`,
  );
  await run(
    connection,
    `CREATE OR REPLACE TABLE ${p}_rejeitados_conhecidos AS ${readAs(known.rejectedPath, 'loja VARCHAR, hash_original VARCHAR')}`,
  );
}

/** Table `_periodos_conhecidos`. */
export async function loadKnownPeriods(connection: DuckDBConnection, p: string, path: string | null): Promise<void> {
  await run(
    connection,
    `CREATE OR REPLACE TABLE ${p}_periodos_conhecidos AS ${readAs(path, 'loja VARCHAR, data DATE, grao VARCHAR')}`,
  );
}

/** SELECT of a headerless CSV file with the given columns ('name TYPE, ...'); of no rows without a file. */
function readAs(path: string | null, columns: string): string {
  const pairs = columns.split(', ').map((column) => column.split(' '));
  if (path === null)
    return `SELECT * FROM (SELECT ${pairs.map(([name, type]) => `CAST(NULL AS ${type}) AS ${name}`).join(', ')}) WHERE FALSE`;
  return `SELECT * FROM read_csv('${path.replaceAll("'", "''")}', auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', allow_quoted_nulls = false${bufferFor(statSync(path).size)},
    columns = {${pairs.map(([name, type]) => `'${name}': '${type}'`).join(', ')}})`;
}

/** Table `_classes`: each valid event group with what becomes of it, and whether it may move what the versions of its order sum to (`toca`). */
export async function classify(connection: DuckDBConnection, p: string, reprocess: boolean): Promise<void> {
  await run(
    connection,
    `
    CREATE OR REPLACE TABLE ${p}_classes AS
    WITH todas AS (
      SELECT COALESCE(e.loja, x.loja) AS loja, COALESCE(e.id_pedido, x.id_pedido) AS id_pedido, COALESCE(e.revisao, x.revisao) AS revisao, COALESCE(e.hash_origem, x.hash_origem) AS hash_origem,
        e.ordinal, e.copias, e.menor, e.maior, COALESCE(e.estimado, x.estimado) AS estimado,
        x.hash_origem IS NOT NULL AS na_historia, x.atualizado_em AS menor_conhecido, GREATEST(x.atualizado_em, x.visto_em) AS maior_conhecido,
        COALESCE(x.atual, FALSE) AS atual, x.versao_transformacao
      FROM ${p}_eventos e FULL OUTER JOIN ${p}_existentes x
        ON x.loja = e.loja AND x.id_pedido = e.id_pedido AND x.revisao = e.revisao AND x.hash_origem = e.hash_origem),
    ordenadas AS (
      SELECT *, row_number() OVER (PARTITION BY loja, id_pedido ORDER BY GREATEST(maior, maior_conhecido) DESC, revisao DESC, hash_origem DESC) AS lugar,
        bool_or(na_historia) OVER (PARTITION BY loja, id_pedido) AS existe, count(*) OVER (PARTITION BY loja, id_pedido) AS versoes
      FROM todas)
    SELECT *, CASE
        WHEN lugar = 1 AND NOT atual THEN 'aceito'
        WHEN lugar = 1 AND ${reprocess ? `versao_transformacao < ${TRANSFORM_VERSION}` : 'FALSE'} THEN 'aceito'
        WHEN lugar = 1 AND estimado AND menor < menor_conhecido THEN 'aceito'
        WHEN na_historia THEN 'duplicado'
        ELSE 'antigo' END AS situacao,
      versoes > 1 AND (situacao = 'aceito' OR NOT na_historia OR (estimado AND menor < menor_conhecido)) AS toca
    FROM ordenadas WHERE ordinal IS NOT NULL`,
  );
}

/** Table `_rejeitados`: the rejected records, each original once, with how often the batch holds it. */
export async function countRejected(connection: DuckDBConnection, p: string, rejected: string): Promise<void> {
  await run(
    connection,
    `CREATE OR REPLACE TABLE ${p}_rejeitados AS
    SELECT r.* FROM (SELECT * EXCLUDE (copias), CAST(sum(copias) OVER (PARTITION BY loja, hash_original) AS INTEGER) AS vezes, row_number() OVER (PARTITION BY loja, hash_original ORDER BY ordinal) AS lugar
                     FROM (${rejected})) r WHERE lugar = 1`,
  );
  await run(connection, `ALTER TABLE ${p}_rejeitados DROP lugar`);
  await run(connection, `ALTER TABLE ${p}_rejeitados DROP ordinal`);
}

export interface Sorting {
  readonly counts: EventCounts;
  /** Whether it replaces orders or touches some of several versions, and whether some of its times are estimated. */
  readonly replaces: boolean;
  readonly touches: boolean;
  readonly hasEstimated: boolean;
  /** See `SortedBatch`. */
  readonly oldestNewSale: string | null;
}

/** What the batch did, in events, and what of it the next steps depend on. */
export async function countEvents(connection: DuckDBConnection, p: string): Promise<Sorting> {
  const [sums] = await rows<Record<string, string | null>>(
    connection,
    `
    SELECT * FROM
      (SELECT COALESCE(sum(copias), 0) AS validos, count(*) FILTER (situacao = 'aceito') AS aceitos, count(*) FILTER (situacao = 'antigo') AS antigos,
         COALESCE(sum(copias) - count(*) FILTER (situacao IN ('aceito', 'antigo')), 0) AS duplicados,
         count(*) FILTER (situacao = 'aceito' AND existe) AS substituidos, count(*) FILTER (toca) AS tocados, count(*) FILTER (estimado) AS estimados FROM ${p}_classes),
      (SELECT COALESCE(sum(vezes), 0) AS invalidos, count(*) FILTER (k.hash_original IS NULL) AS rejeitados, COALESCE(sum(valor) FILTER (k.hash_original IS NULL), 0) AS valor_rejeitado
         FROM ${p}_rejeitados r LEFT JOIN ${p}_rejeitados_conhecidos k ON k.loja = r.loja AND k.hash_original = r.hash_original),
      (SELECT COALESCE(sum(t.valor_total) FILTER (c.situacao = 'aceito'), 0) AS valor_aceito, COALESCE(sum(t.n_linhas), 0) AS linhas,
         CAST(min(t.data_venda) FILTER (c.situacao = 'aceito' AND NOT c.existe AND ${countsInCohorts('t')}) AS VARCHAR) AS primeira_venda
         FROM ${p}_tratados t LEFT JOIN ${p}_classes c ON c.ordinal = t.ordinal)`,
  );
  const of = (name: string): number => Number(sums?.[name]);
  const rejected = of('rejeitados');
  const counts = {
    lidos: of('validos') + of('invalidos'),
    aceitos: of('aceitos'),
    antigos: of('antigos'),
    rejeitados: rejected,
    duplicados: of('duplicados') + of('invalidos') - rejected,
    linhas: of('linhas'),
    valorAceito: sums?.['valor_aceito'] ?? '0',
    valorRejeitado: sums?.['valor_rejeitado'] ?? '0',
  };
  return {
    counts,
    replaces: of('substituidos') > 0,
    touches: of('tocados') > 0,
    hasEstimated: of('estimados') > 0,
    oldestNewSale: sums?.['primeira_venda'] ?? null,
  };
}

/** The rejected records that the warehouse did not know, by reason. */
export async function groupRejected(connection: DuckDBConnection, p: string): Promise<RejectionGroup[]> {
  const found = await rows<{ motivo: string; n: string; valor: string }>(
    connection,
    `
    SELECT motivo, count(*) AS n, CAST(COALESCE(sum(valor), 0) AS DECIMAL(18,2)) AS valor
    FROM (
      SELECT r.valor, unnest(regexp_extract_all(r.motivos, '[A-Z0-9_]+')) AS motivo
      FROM ${p}_rejeitados r LEFT JOIN ${p}_rejeitados_conhecidos k ON k.loja = r.loja AND k.hash_original = r.hash_original
      WHERE k.hash_original IS NULL)
    GROUP BY motivo`,
  );
  return found.map(({ motivo, n, valor }) => ({ reason: motivo, count: Number(n), amount: valor }));
}
