// Groups the flat lines of a file (table `linhas`) into `documentos`: one row per order version, items and payments nested.
// Lines of an order may stand anywhere in the file: orders are found first, then cut into slices that never split one.
// It reads no file and judges no value; the only problems it reports are those of the grouping itself.
import type { DuckDBConnection } from '@duckdb/node-api';
import { LINE_COLUMNS, ORDER_COLUMNS } from '../../model/contract.ts';
import { lacksNumber } from '../transform/order-keys.ts';
import { duckdbDialect } from './dialect.ts';
import { count, numbers, run } from './session.ts';

/** What holds for every line of one file. */
export interface FileFacts {
  readonly decimalFormat: ',' | '.' | 'en' | null;
  readonly dateFormat: 'iso' | 'dmy' | 'mdy' | null;
  readonly hasAddress: boolean;
  /** As-of time: UTC, 'YYYY-MM-DD HH:MM:SS.ffffff'. */
  readonly receivedAt: string;
}

/** A part of the file's orders that is processed as one batch. Bounds are inclusive. */
export interface Slice {
  readonly kind: 'contiguous' | 'scattered';
  readonly from: number;
  readonly to: number;
}

const HEADER_COLUMNS = ORDER_COLUMNS.filter(
  (name) => name !== 'loja' && name !== 'id_pedido' && name !== 'atualizado_em',
);
const STORE = 'lower(loja)';
const LINES = ['linha', 'problema', ...LINE_COLUMNS].map((name) => `l.${name}`).join(', ');

/** A line that carries no field of the order itself: its order stands on the lines before it. */
const IS_CONTINUATION = 'problema IS NULL AND id_pedido IS NOT NULL AND COALESCE(data_pedido, canal, status) IS NULL';

/** What a line says of its order, as one number; NULL where it says nothing that can be relied on. */
const HEADER_OF_ORDER = `CASE WHEN NOT (${IS_CONTINUATION}) AND problema IS NULL AND data_pedido IS NOT NULL THEN hash(${HEADER_COLUMNS.join(', ')}) END`;

/**
 * Finds the orders of `linhas` and cuts them into slices of about `sliceLines` lines.
 * Makes the tables `dispersas` (lines of orders whose lines are not adjacent, or have no number, in order) and `agrupamento` (what a line's neighbours say of it).
 */
export async function planSlices(connection: DuckDBConnection, sliceLines: number): Promise<Slice[]> {
  await inheritStores(connection);
  const total = await count(connection, 'SELECT count(*) FROM linhas');
  await run(
    connection,
    `CREATE OR REPLACE TABLE agrupamento AS SELECT CAST(0 AS BIGINT) AS rid, '' AS versao, '' AS problema, CAST(0 AS BIGINT) AS grupo WHERE FALSE`,
  );
  await planUnnumbered(connection);
  await planContinuations(connection);
  await run(
    connection,
    `
    CREATE OR REPLACE TABLE ordens_dispersas AS
    SELECT *, row_number() OVER (ORDER BY primeira) AS n, sum(linhas) OVER (ORDER BY primeira) AS acumulado
    FROM (
      SELECT ${STORE} AS loja, id_pedido, CAST(NULL AS BIGINT) AS grupo, min(rowid) AS primeira, count(*) AS linhas
      FROM linhas WHERE id_pedido IS NOT NULL GROUP BY ALL HAVING max(rowid) - min(rowid) + 1 <> count(*)
      UNION ALL
      SELECT NULL, NULL, grupo, grupo, count(*) FROM agrupamento WHERE grupo IS NOT NULL GROUP BY grupo)`,
  );
  await run(
    connection,
    `
    CREATE OR REPLACE TABLE dispersas AS
    SELECT * FROM (
      SELECT o.n, l.rowid AS rid, ${LINES} FROM linhas l JOIN ordens_dispersas o ON o.loja IS NOT DISTINCT FROM lower(l.loja) AND o.id_pedido = l.id_pedido
      UNION ALL
      SELECT o.n, l.rowid, ${LINES} FROM linhas l JOIN agrupamento p ON p.rid = l.rowid JOIN ordens_dispersas o ON o.grupo = p.grupo)
    ORDER BY n, rid`,
  );
  const slices: Slice[] = [];
  const starts = await numbers(
    connection,
    `
    SELECT min(rowid) FROM (
      SELECT rowid, CASE WHEN lag(id_pedido) OVER (ORDER BY rowid) IS DISTINCT FROM id_pedido
                           OR lag(${STORE}) OVER (ORDER BY rowid) IS DISTINCT FROM ${STORE} THEN 1 ELSE 0 END AS inicio
      FROM linhas WHERE rowid >= ${sliceLines} AND rowid % ${sliceLines} < 2000)
    WHERE inicio = 1 AND rowid % ${sliceLines} <> 0 GROUP BY rowid // ${sliceLines} ORDER BY 1`,
  );
  const cuts = [0, ...starts.filter((start) => start > 0), total];
  for (let index = 0; index + 1 < cuts.length; index++) {
    const from = cuts[index] ?? 0;
    const to = (cuts[index + 1] ?? 0) - 1;
    if (to >= from) slices.push({ kind: 'contiguous', from, to });
  }
  const scattered = await numbers(
    connection,
    `SELECT max(n) FROM ordens_dispersas GROUP BY CAST(acumulado AS BIGINT) // ${sliceLines} ORDER BY 1`,
  );
  let next = 1;
  for (const to of scattered) {
    slices.push({ kind: 'scattered', from: next, to });
    next = to + 1;
  }
  return slices;
}

/** Lines that leave the store blank under a line of the same order belong to its store: `linhas` is laid over itself with the store filled in. */
async function inheritStores(connection: DuckDBConnection): Promise<void> {
  if (
    (await count(
      connection,
      'SELECT count(*) FROM linhas WHERE loja IS NULL AND id_pedido IS NOT NULL AND problema IS NULL',
    )) === 0
  )
    return;
  await run(
    connection,
    `
    CREATE OR REPLACE TABLE lojas_herdadas AS
    SELECT rid, acima FROM (
      SELECT rowid AS rid, loja, id_pedido, last_value(loja IGNORE NULLS) OVER acima AS acima,
        last_value(CASE WHEN loja IS NOT NULL THEN id_pedido END IGNORE NULLS) OVER acima AS pedido
      FROM linhas WINDOW acima AS (ORDER BY rowid ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
    WHERE loja IS NULL AND pedido = id_pedido`,
  );
  await run(connection, 'ALTER VIEW linhas RENAME TO linhas_sem_loja');
  await run(
    connection,
    `
    CREATE VIEW linhas AS
    SELECT l.* REPLACE (COALESCE(l.loja, h.acima) AS loja) FROM linhas_sem_loja l LEFT JOIN lojas_herdadas h ON h.rid = l.rowid`,
  );
}

/** Continuation lines take their version from the order's line above them; those without one above are reported. */
async function planContinuations(connection: DuckDBConnection): Promise<void> {
  if ((await count(connection, `SELECT count(*) FROM linhas WHERE ${IS_CONTINUATION}`)) === 0) return;
  await run(
    connection,
    `
    INSERT INTO agrupamento (rid, versao, problema)
    SELECT rid, COALESCE(versao_acima, ''), CASE WHEN pedido_acima IS DISTINCT FROM id_pedido OR loja_acima IS DISTINCT FROM ${STORE} THEN 'CONTINUACAO_ORFA' END
    FROM (
      SELECT rowid AS rid, id_pedido, loja, ${IS_CONTINUATION} AS continua,
        last_value(CASE WHEN NOT (${IS_CONTINUATION}) THEN COALESCE(id_pedido, '') END IGNORE NULLS) OVER acima AS pedido_acima,
        last_value(CASE WHEN NOT (${IS_CONTINUATION}) THEN COALESCE(${STORE}, '') END IGNORE NULLS) OVER acima AS loja_acima,
        last_value(CASE WHEN NOT (${IS_CONTINUATION}) THEN COALESCE(atualizado_em, '') END IGNORE NULLS) OVER acima AS versao_acima
      FROM linhas WINDOW acima AS (ORDER BY rowid ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
    WHERE continua`,
  );
}

/**
 * Lines without an order number are one order where all that they say of the order is equal, wherever they stand; but an item number that comes
 * again among them begins another one. `grupo` is the first line of the order: they are dealt with like scattered orders, so that no cut of the file shows.
 */
async function planUnnumbered(connection: DuckDBConnection): Promise<void> {
  if ((await count(connection, 'SELECT count(*) FROM linhas WHERE id_pedido IS NULL')) === 0) return;
  await run(
    connection,
    `
    INSERT INTO agrupamento (rid, grupo)
    SELECT rid, min(rid) OVER (PARTITION BY loja, atualizado_em, cabecalho, vez) FROM (
      SELECT rowid AS rid, ${STORE} AS loja, atualizado_em, COALESCE(${HEADER_OF_ORDER}, rowid) AS cabecalho,
        CASE WHEN n_item IS NULL THEN 1 ELSE row_number() OVER (PARTITION BY ${STORE}, atualizado_em, COALESCE(${HEADER_OF_ORDER}, rowid), n_item ORDER BY rowid) END AS vez
      FROM linhas WHERE id_pedido IS NULL)`,
  );
}

/** SELECT of the lines of a slice with their row id, version key and grouping problem. */
function linesOf(slice: Slice): string {
  const from =
    slice.kind === 'contiguous'
      ? `(SELECT rowid AS rid, ${LINES} FROM linhas l WHERE rowid >= ${slice.from} AND rowid <= ${slice.to}
         AND rowid NOT IN (SELECT rid FROM dispersas WHERE rid >= ${slice.from} AND rid <= ${slice.to}))`
      : `(SELECT * FROM dispersas WHERE n >= ${slice.from} AND n <= ${slice.to})`;
  return `SELECT l.*, COALESCE(l.atualizado_em, c.versao, '') AS versao, COALESCE(l.problema, c.problema) AS problema_lido, c.grupo
    FROM ${from} l LEFT JOIN agrupamento c ON c.rid = l.rid`;
}

/** Fields of an item or payment that tell two lines apart, besides their place in the file. */
function itemStruct(alias: string): string {
  const place = `CASE WHEN ${alias}.n_item IS NULL THEN ${alias}.rid ELSE 0 END`;
  return `{'n': TRY_CAST(${alias}.n_item AS INTEGER), 'rid': ${place}, 'n_item': ${alias}.n_item, 'sku': ${alias}.sku, 'produto': ${alias}.produto, 'categoria': ${alias}.categoria,
    'quantidade': ${alias}.quantidade, 'preco_unitario': ${alias}.preco_unitario, 'desconto': ${alias}.desconto_item}`;
}

/** Groups of lines without the order's own fields, which are taken from one line afterwards: aggregating thirty texts a group costs more than all the rest. */
function groupSql(source: string, variant: string | null): string {
  return `
    SELECT min(rid) AS ordinal, min(linha) AS linha, CAST(count(*) AS INTEGER) AS n_linhas, list(rid) AS rids, max(problema_lido) AS problemas,
      ${STORE} AS loja, id_pedido, NULLIF(versao, '') AS atualizado_em,
      list(${itemStruct('l')}) FILTER (COALESCE(sku, produto, quantidade, preco_unitario) IS NOT NULL) AS itens_das_linhas,
      list({'rid': rid, 'n_item': n_item, 'forma': forma_pagamento, 'parcelas': parcelas, 'valor': valor_pagamento})
        FILTER (COALESCE(forma_pagamento, parcelas, valor_pagamento) IS NOT NULL) AS pagamentos_das_linhas,
      min(cabecalho) AS menor_cabecalho, max(cabecalho) AS maior_cabecalho, count(n_item) AS itens_numerados
    FROM (SELECT *, ${HEADER_OF_ORDER} AS cabecalho FROM (${source})) l
    GROUP BY ${STORE}, id_pedido, versao, grupo${variant === null ? '' : `, ${variant}`}`;
}

/** What only a document that travelled says of itself: how the file it came from was read (see json-documents.ts). */
const UNSTATED = ['formato_lido', 'perfil_lido', 'cabecalho_lido', 'original_lido']
  .map((name) => `CAST(NULL AS VARCHAR) AS ${name}`)
  .join(', ');

/** Items without repeated lines, payments without repetition on every line; how many copies of the version the file holds. */
function finishSql(groups: string, headers: string, facts: FileFacts): string {
  const text = (value: string | null): string => (value === null ? 'CAST(NULL AS VARCHAR)' : `'${value}'`);
  return `
    SELECT ordinal, linha, n_linhas, rids, problemas, ${ORDER_COLUMNS.join(', ')},
      CASE WHEN len(itens_das_linhas) = len(itens_unicos) THEN list_sort(itens_das_linhas) ELSE list_sort(itens_unicos) END AS itens,
      CASE WHEN pagamentos_das_linhas IS NULL THEN []
           WHEN len(pagamentos_das_linhas) = 1 THEN pagamentos_das_linhas
           WHEN copias > 1 OR (len(pagamentos_unicos) = 1 AND pagamentos_das_linhas[1].valor IS NOT DISTINCT FROM valor_total)
             THEN list_sort(list_transform(pagamentos_unicos, lambda p: {'rid': 0, 'n_item': p.n_item, 'forma': p.forma, 'parcelas': p.parcelas, 'valor': p.valor}))
           ELSE list_sort(pagamentos_das_linhas) END AS pagamentos,
      copias,
      CAST(0 AS INTEGER) AS revisao, TIMESTAMP '${facts.receivedAt}' AS recebido_em,
      ${text(facts.decimalFormat)} AS formato_decimal, ${text(facts.dateFormat)} AS formato_data, ${facts.hasAddress} AS tem_endereco, ${UNSTATED}
    FROM (
      SELECT *, CASE WHEN COALESCE(len(itens_unicos), 0) IN (0, len(itens_das_linhas)) THEN 1 WHEN ${lacksNumber(duckdbDialect)} THEN 1 ELSE GREATEST(1, len(itens_das_linhas) // len(itens_unicos)) END AS copias,
        CASE WHEN len(pagamentos_das_linhas) > 1
          THEN list_distinct(list_transform(pagamentos_das_linhas, lambda p: {'n_item': CASE WHEN len(itens_das_linhas) > len(itens_unicos) THEN p.n_item END, 'forma': p.forma, 'parcelas': p.parcelas, 'valor': p.valor})) END AS pagamentos_unicos
      FROM (SELECT *, CASE WHEN itens_numerados > 1 AND itens_numerados > list_unique(list_transform(itens_das_linhas, lambda i: i.n_item))
              THEN list_distinct(itens_das_linhas) ELSE itens_das_linhas END AS itens_unicos
            FROM (SELECT g.*, ${HEADER_COLUMNS.map((name) => `h.${name}`).join(', ')} FROM ${groups} g JOIN ${headers} h ON h.rid = g.ordinal)))`;
}

/**
 * Makes view `target` with the documents of a slice, over table `<target>_grupos`; writing so wide a table once more would cost as much as making it.
 * Order fields that differ between the lines of one version: when the item numbers repeat, the lines are two complete versions; otherwise the order is reported.
 */
export async function groupSlice(
  connection: DuckDBConnection,
  slice: Slice,
  facts: FileFacts,
  target: string,
): Promise<void> {
  const groups = `${target}_grupos`;
  const lines = linesOf(slice);
  await run(connection, `CREATE OR REPLACE TABLE ${groups} AS ${groupSql(lines, null)}`);
  let headers = `(SELECT rid, ${HEADER_COLUMNS.join(', ')} FROM (${lines}))`;
  if ((await count(connection, `SELECT count(*) FROM ${groups} WHERE menor_cabecalho <> maior_cabecalho`)) > 0) {
    await splitDivergent(connection, groups, lines);
    headers = filledHeaders(groups, lines);
  }
  await spreadProblems(connection, groups);
  await run(connection, `CREATE OR REPLACE VIEW ${target} AS ${finishSql(groups, headers, facts)}`);
}

/** Order fields of the lines, where a blank one takes the value that another line of its group states. */
function filledHeaders(groups: string, lines: string): string {
  const stated = HEADER_COLUMNS.map((name) => `any_value(l.${name}) AS ${name}`).join(', ');
  return `(
    SELECT rid, ${HEADER_COLUMNS.map((name) => `COALESCE(l.${name}, s.${name}) AS ${name}`).join(', ')}
    FROM (${lines}) l LEFT JOIN (
      SELECT g.ordinal, ${stated} FROM (SELECT ordinal, unnest(rids) AS rid FROM ${groups} WHERE menor_cabecalho <> maior_cabecalho) g
      JOIN (${lines}) l ON l.rid = g.rid GROUP BY g.ordinal) s ON s.ordinal = l.rid)`;
}

async function splitDivergent(connection: DuckDBConnection, groups: string, lines: string): Promise<void> {
  const differs = HEADER_COLUMNS.map((name) => `min(${name}) <> max(${name})`).join(' OR ');
  const divergent = `${groups}_divergentes`;
  const sameGroup = `l.versao = COALESCE(v.atualizado_em, '') AND l.id_pedido = v.id_pedido AND lower(l.loja) IS NOT DISTINCT FROM v.loja`;
  await run(
    connection,
    `
    CREATE OR REPLACE TABLE ${divergent} AS
    SELECT v.ordinal, ANY_VALUE(v.loja) AS loja, ANY_VALUE(v.id_pedido) AS id_pedido, ANY_VALUE(v.atualizado_em) AS atualizado_em,
      count(l.n_item) > count(DISTINCT l.n_item) AS separavel
    FROM ${groups} v JOIN (${lines}) l ON ${sameGroup}
    WHERE v.menor_cabecalho <> v.maior_cabecalho AND l.problema IS NULL
    GROUP BY v.ordinal HAVING ${differs}`,
  );
  await run(
    connection,
    `UPDATE ${groups} SET problemas = concat_ws(',', problemas, 'CABECALHO_DIVERGENTE') WHERE ordinal IN (SELECT ordinal FROM ${divergent} WHERE NOT separavel)`,
  );
  await run(connection, `DELETE FROM ${groups} WHERE ordinal IN (SELECT ordinal FROM ${divergent} WHERE separavel)`);
  await run(
    connection,
    `
    INSERT INTO ${groups} ${groupSql(`SELECT l.* FROM (${lines}) l SEMI JOIN (SELECT * FROM ${divergent} WHERE separavel) v ON ${sameGroup}`, 'cabecalho')}`,
  );
  await run(connection, `DROP TABLE ${divergent}`);
}

/** A broken line whose version cannot be read taints every version of its order in the file. */
async function spreadProblems(connection: DuckDBConnection, groups: string): Promise<void> {
  const hasNoHeader = 'menor_cabecalho IS NULL';
  await run(
    connection,
    `
    UPDATE ${groups} SET problemas = q.problemas
    FROM (SELECT loja, id_pedido, string_agg(DISTINCT problemas, ',') AS problemas FROM ${groups}
          WHERE problemas IS NOT NULL AND atualizado_em IS NULL AND id_pedido IS NOT NULL AND ${hasNoHeader} GROUP BY ALL) q
    WHERE ${groups}.loja IS NOT DISTINCT FROM q.loja AND ${groups}.id_pedido = q.id_pedido AND ${groups}.problemas IS NULL`,
  );
}
