// The end state of a warehouse as text that two loads can be compared by, and the checks that hold after every commit. For `esteira prove` and tests; it never writes.
import assert from 'node:assert/strict';
import type pg from 'pg';

/** Columns that tell when or how often something was read, not what is true of the orders. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  // Those of the first reading.
  pedidos_rejeitados: [
    'vezes',
    'situacao_em',
    'situacao_motivo',
    'fonte',
    'linha',
    'particao',
    'deslocamento',
    'chave_mensagem',
  ],
};

/** Settled after loads, at moments of their own: two warehouses that hold the same orders may differ in how far. See `assertCohorts`. */
const SETTLED = ['clientes_coorte', 'coortes_mensais'];

/** Every table of the warehouse, its rows in the order of their text. Reference tables, those settled after loads and schema esteira are left out. */
export async function warehouseState(client: pg.Client): Promise<string[]> {
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = 'public' AND c.relkind = 'r' AND relname <> ALL ($1) ORDER BY 1`,
    [['municipios', 'calendario', ...SETTLED]],
  );
  const state: string[] = [];
  for (const { name } of tables) {
    const { rows: columns } = await client.query<{ name: string }>(
      'SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname',
      [name],
    );
    const kept = columns.map((column) => column.name).filter((column) => !LEFT_OUT[name]?.includes(column));
    const { rows } = await client.query<{ line: string }>(
      `SELECT ROW(${kept.join(', ')})::text AS line FROM ${name} ORDER BY 1`,
    );
    state.push(...rows.map((row) => `${name} ${row.line}`));
  }
  return state;
}

/** Where every row stands: the same text before and after means that no load wrote a row. Those settled after loads are left out. */
export async function physicalState(client: pg.Client): Promise<string> {
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = 'public' AND c.relkind = 'r' AND relname <> ALL ($1) ORDER BY 1`,
    [SETTLED],
  );
  const parts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await client.query<{ digest: string }>(
      `SELECT md5(COALESCE(string_agg(ctid::text || xmin::text, ',' ORDER BY ctid), '')) AS digest FROM ${name}`,
    );
    parts.push(`${name}=${rows[0]?.digest}`);
  }
  return parts.join('\n');
}

/** Rollup -> what it must equal, written here by hand and not taken from the catalogue. */
const EXPECTED_ROLLUPS: Readonly<Record<string, string>> = {
  pedidos_diarios: `SELECT loja, data_venda, canal, status, COALESCE(uf, 'ND') AS uf, count(*) AS pedidos, sum(unidades) AS unidades, sum(valor_itens) AS valor_itens,
      sum(frete) AS frete, sum(desconto) AS desconto, sum(valor_total) AS valor_total, sum(valor_reembolsado) AS valor_reembolsado
    FROM pedidos WHERE excluido_em IS NULL GROUP BY 1, 2, 3, 4, 5`,
  pedidos_horarios: `SELECT loja, data_venda, hora_venda, canal, status, count(*) AS pedidos, sum(valor_total) AS valor_total
    FROM pedidos WHERE excluido_em IS NULL GROUP BY 1, 2, 3, 4, 5`,
  pedidos_municipio: `SELECT loja, date_trunc('month', data_venda)::date AS mes, COALESCE(uf, 'ND') AS uf, COALESCE(codigo_ibge, 0) AS codigo_ibge, COALESCE(cidade, 'ND') AS cidade,
      canal, status, count(*) AS pedidos, sum(valor_total) AS valor_total, sum(valor_itens) AS valor_itens
    FROM pedidos WHERE excluido_em IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7`,
  vendas_categoria: `SELECT p.loja, date_trunc('month', p.data_venda)::date AS mes, i.categoria, COALESCE(p.uf, 'ND') AS uf, p.canal, p.status, sum(i.quantidade) AS unidades, sum(i.valor) AS valor
    FROM pedidos p JOIN itens_pedido i USING (loja, id_pedido) WHERE p.excluido_em IS NULL GROUP BY 1, 2, 3, 4, 5, 6`,
  vendas_produto_diarias: `SELECT p.loja, p.data_venda, p.status, i.sku, regiao_da_uf(p.uf) AS regiao, sum(i.quantidade) AS unidades, sum(i.valor) AS valor
    FROM pedidos p JOIN itens_pedido i USING (loja, id_pedido) WHERE p.excluido_em IS NULL GROUP BY 1, 2, 3, 4, 5`,
  vendas_produto_regiao: `SELECT p.loja, date_trunc('month', p.data_venda)::date AS mes, i.sku, regiao_da_uf(p.uf) AS regiao, p.canal, p.status, sum(i.quantidade) AS unidades, sum(i.valor) AS valor
    FROM pedidos p JOIN itens_pedido i USING (loja, id_pedido) WHERE p.excluido_em IS NULL GROUP BY 1, 2, 3, 4, 5, 6`,
  pagamentos_diarios: `SELECT p.loja, p.data_venda, g.forma, COALESCE(g.parcelas, 0) AS parcelas, p.status, p.canal, count(*) AS pagamentos, sum(g.valor) AS valor
    FROM pedidos p JOIN pagamentos g USING (loja, id_pedido) WHERE p.excluido_em IS NULL GROUP BY 1, 2, 3, 4, 5, 6`,
  pagamentos_mensais: `SELECT p.loja, date_trunc('month', p.data_venda)::date AS mes, g.forma, COALESCE(g.parcelas, 0) AS parcelas, COALESCE(p.uf, 'ND') AS uf, p.status, p.canal, count(*) AS pagamentos, sum(g.valor) AS valor
    FROM pedidos p JOIN pagamentos g USING (loja, id_pedido) WHERE p.excluido_em IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7`,
  mudancas_diarias: `SELECT p.loja, p.data_venda, p.canal, p.status, COALESCE(p.uf, 'ND') AS uf, a.status AS de, b.status AS para, count(*) AS mudancas, sum(b.valor_total) AS valor,
      sum((a.medida AND b.medida)::int) AS medidas, sum(CASE WHEN a.medida AND b.medida THEN floor(date_part('epoch', b.atualizado_em - a.atualizado_em)) ELSE 0 END) AS segundos
    FROM (SELECT *, NOT atualizado_em_estimado AS medida FROM historico_status) b
    JOIN LATERAL (SELECT h.*, NOT h.atualizado_em_estimado AS medida FROM historico_status h
      WHERE h.loja = b.loja AND h.id_pedido = b.id_pedido AND (h.atualizado_em, h.revisao, h.hash_origem) < (b.atualizado_em, b.revisao, b.hash_origem)
      ORDER BY h.atualizado_em DESC, h.revisao DESC, h.hash_origem DESC LIMIT 1) a ON a.status <> b.status
    JOIN pedidos p ON p.loja = b.loja AND p.id_pedido = b.id_pedido WHERE p.excluido_em IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7`,
};

const MONTH = `date_trunc('month', data_venda)::date`;
const COUNTED = `status = 'Pago' AND excluido_em IS NULL`;
const FIRST = `SELECT loja, chave_cliente, min(${MONTH}) AS coorte FROM pedidos WHERE ${COUNTED} AND chave_cliente IS NOT NULL GROUP BY 1, 2`;

/** The cohort tables below their marks, and what they must equal there; each is compared in one snapshot. */
const EXPECTED_COHORTS: Readonly<Record<string, readonly [found: string, expected: string]>> = {
  clientes_coorte: [
    'SELECT loja, chave_cliente, coorte FROM clientes_coorte, mark WHERE coorte < since',
    `SELECT loja, chave_cliente, coorte FROM (${FIRST}) f, mark WHERE coorte < since`,
  ],
  coortes_mensais: [
    'SELECT loja, coorte, mes, clientes, pedidos, receita FROM coortes_mensais, mark WHERE mes < since',
    `SELECT loja, coorte, mes, count(DISTINCT chave_cliente), count(*), sum(valor_total)
     FROM (SELECT *, ${MONTH} AS mes FROM pedidos WHERE ${COUNTED}) p LEFT JOIN (${FIRST}) f USING (loja, chave_cliente), mark WHERE mes < since GROUP BY 1, 2, 3`,
  ],
};

/** The cohort tables equal the orders wherever their marks let them be read. */
async function assertCohorts(client: pg.Client): Promise<void> {
  for (const [table, [found, expected]] of Object.entries(EXPECTED_COHORTS)) {
    const { rows } = await client.query(
      `WITH mark AS (SELECT min(desde) AS since FROM esteira.apuracao_coortes)
       (${found} EXCEPT ALL ${expected}) UNION ALL (${expected} EXCEPT ALL ${found})`,
    );
    assert.deepEqual(rows, [], `${table} differs from the orders below its mark`);
  }
}

/** I6: every rollup equals the aggregate of the base tables, the cohorts as far as they are settled. */
export async function assertRollups(client: pg.Client): Promise<void> {
  for (const [table, expected] of Object.entries(EXPECTED_ROLLUPS)) {
    const columns =
      /SELECT ([\s\S]+?)\s+FROM/
        .exec(expected)?.[1]
        ?.split(/,(?![^(]*\))/)
        .map((part) =>
          part
            .trim()
            .split(/ AS |\./)
            .at(-1),
        ) ?? [];
    const names = columns.join(', ');
    const { rows } = await client.query(
      `(SELECT ${names} FROM ${table} EXCEPT ALL ${expected}) UNION ALL (${expected} EXCEPT ALL SELECT ${names} FROM ${table})`,
    );
    assert.deepEqual(rows, [], `${table} differs from the aggregate of the base tables`);
  }
  await assertCohorts(client);
}

/** I2 and I6, and that no item, payment or current version stands alone. */
export async function assertSound(client: pg.Client): Promise<void> {
  await assertRollups(client);
  const { rows: ledger } = await client.query(
    'SELECT id_lote FROM esteira.lotes WHERE lidos <> aceitos + rejeitados + duplicados + antigos',
  );
  assert.deepEqual(ledger, [], 'a batch does not add up');
  const { rows: alone } = await client.query(`
      SELECT 'item' FROM itens_pedido i WHERE NOT EXISTS (SELECT 1 FROM pedidos p WHERE p.loja = i.loja AND p.id_pedido = i.id_pedido)
      UNION ALL SELECT 'pagamento' FROM pagamentos g WHERE NOT EXISTS (SELECT 1 FROM pedidos p WHERE p.loja = g.loja AND p.id_pedido = g.id_pedido)
      UNION ALL SELECT 'pedido' FROM pedidos p WHERE NOT EXISTS (
        SELECT 1 FROM historico_status h WHERE h.loja = p.loja AND h.id_pedido = p.id_pedido AND h.hash_origem = p.hash_origem AND h.revisao = p.revisao AND h.atualizado_em = p.atualizado_em)`);
  assert.deepEqual(alone, [], 'rows without their order or history');
  const { rows: partial } = await client.query(`
    SELECT 'itens' FROM pedidos p LEFT JOIN LATERAL (SELECT count(*) AS itens, COALESCE(sum(quantidade), 0) AS unidades FROM itens_pedido i WHERE i.loja = p.loja AND i.id_pedido = p.id_pedido) s ON true
    WHERE s.itens <> p.itens OR s.unidades <> p.unidades
    UNION ALL SELECT 'item' FROM itens_pedido i JOIN pedidos p USING (loja, id_pedido)
      WHERE (i.data_venda, i.canal, i.status, i.uf, i.excluido) IS DISTINCT FROM (p.data_venda, p.canal, p.status, p.uf, p.excluido_em IS NOT NULL)
    UNION ALL SELECT 'historico' FROM historico_status h WHERE NOT EXISTS (SELECT 1 FROM pedidos p WHERE p.loja = h.loja AND p.id_pedido = h.id_pedido)
    UNION ALL SELECT 'cliente' FROM pedidos p WHERE chave_cliente IS NOT NULL AND NOT EXISTS (SELECT 1 FROM clientes c WHERE c.loja = p.loja AND c.chave_cliente = p.chave_cliente)`);
  assert.deepEqual(partial, [], 'orders that do not agree with their items, history or customer');
  const { rows: rejected } = await client.query<{ agrees: boolean }>(
    'SELECT COALESCE((SELECT sum(rejeitados) FROM esteira.lotes), 0) = (SELECT count(*) FROM pedidos_rejeitados) AS agrees',
  );
  assert.equal(rejected[0]?.agrees, true, 'the ledger and the quarantine count different rejections');
  const { rows: positions } = await client.query(`
    SELECT f.id_fonte FROM esteira.fontes f LEFT JOIN esteira.posicoes p ON p.chave = f.id_fonte
    WHERE f.tipo = 'arquivo' AND COALESCE(p.posicao, '0')::bigint <> (SELECT count(*) FROM esteira.lotes l WHERE l.id_fonte = f.id_fonte)`);
  assert.deepEqual(positions, [], 'the position of a file is not the number of its batches');
}
