// The analyses against real tables: small cases added up by hand, random ones against SQL over the orders themselves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type pg from 'pg';
import { ANALYSES, analysisNamed, type AnalysisName } from '../../src/catalog/analyses.ts';
import {
  type AnalysisFilters,
  bindNames,
  NO_FILTERS,
  resolveParameters,
  runAnalysis,
} from '../../src/pipeline/query.ts';
import { UFS } from '../../src/model/reference/places.ts';
import { readFileSync } from 'node:fs';
import { randomFrom, randomOrders, type SampleOrder, warehouseWith } from '../support/analysis-data.ts';

const base: SampleOrder = {
  loja: 'loja',
  id: '1',
  dia: '2026-03-10',
  canal: 'Site',
  status: 'Pago',
  uf: 'SP',
  cidade: 'São Paulo',
  codigo: 3550308,
  cliente: 1,
  frete: 0,
  total: 0,
  reembolso: 0,
  excluido: false,
  itens: [],
  pagamentos: [],
};
const item = (sku: string, quantidade: number, valor: number, categoria = 'Casa') => ({
  sku,
  quantidade,
  valor,
  categoria,
});

// added up by hand in the tests below
const HAND: readonly SampleOrder[] = [
  {
    ...base,
    id: '1',
    dia: '2026-01-31',
    total: 110,
    frete: 10,
    cliente: 1,
    itens: [item('A', 2, 80), item('B', 1, 20, 'Moda')],
    pagamentos: [{ forma: 'Pix', parcelas: 1, valor: 110 }],
  },
  {
    ...base,
    id: '2',
    dia: '2026-03-01',
    canal: 'App',
    total: 60,
    cliente: 1,
    itens: [item('B', 2, 60, 'Moda')],
    pagamentos: [{ forma: 'Cartão de crédito', parcelas: 3, valor: 60 }],
  },
  {
    ...base,
    id: '3',
    dia: '2026-03-15',
    total: 40,
    cliente: 2,
    uf: 'RS',
    cidade: 'Bom Jesus',
    codigo: 4302303,
    itens: [item('C', 3, 40)],
    pagamentos: [{ forma: 'Pix', parcelas: 1, valor: 40 }],
    reembolso: 5,
  },
  {
    ...base,
    id: '4',
    dia: '2026-03-31',
    status: 'Reembolsado',
    total: 100,
    reembolso: 100,
    cliente: 3,
    uf: 'PI',
    cidade: 'Bom Jesus',
    codigo: 2201903,
    itens: [item('A', 5, 100)],
    pagamentos: [{ forma: 'Boleto', parcelas: null, valor: 100 }],
  },
  { ...base, id: '5', dia: '2026-03-31', status: 'Cancelado', total: 200, cliente: null, itens: [item('D', 9, 200)] },
  {
    ...base,
    id: '6',
    dia: '2026-03-20',
    status: 'Pendente',
    total: 50,
    cliente: 4,
    uf: null,
    cidade: null,
    codigo: null,
    itens: [item('A', 1, 50)],
  },
  { ...base, id: '7', dia: '2026-03-20', total: 999, cliente: 5, excluido: true, itens: [item('Z', 99, 999)] },
];

async function rowsOf(
  client: pg.Client,
  name: AnalysisName,
  filters: Partial<AnalysisFilters> = {},
): Promise<Record<string, string | null>[]> {
  const result = await runAnalysis(client, name, { ...NO_FILTERS, ...filters });
  return result.rows.map((row) =>
    Object.fromEntries(result.analysis.columns.map((column, index) => [column.name, row[index] ?? null])),
  );
}
const pick = (rows: Record<string, string | null>[], ...names: string[]): string[] =>
  rows.map((row) => names.map((name) => row[name] ?? '-').join(' '));

test('best sellers rank by units, then revenue, and count paid orders only', async (t) => {
  const { client } = await warehouseWith(t, HAND);
  // units: A 2, B 1+2, C 3; B and C tie at 3 and B earned more (80 > 40)
  assert.deepEqual(
    pick(await rowsOf(client, 'top-products'), 'posicao', 'sku', 'produto', 'unidades', 'receita', 'participacao'),
    ['1 B Produto B 3 80.00 0.400000', '2 C Produto C 3 40.00 0.200000', '3 A Produto A 2 80.00 0.400000'],
  );
  assert.deepEqual(pick(await rowsOf(client, 'top-products', { statuses: ['Cancelado'] }), 'sku', 'unidades'), ['D 9']);
  // 1 to 15 March cuts the month: only orders 2 and 3
  assert.deepEqual(
    pick(await rowsOf(client, 'top-products', { from: '2026-03-01', to: '2026-03-15' }), 'sku', 'receita'),
    ['C 40.00', 'B 60.00'],
  );
  // 2 to 31 March takes the month and subtracts order 2, which leaves nothing of B
  assert.deepEqual(
    pick(await rowsOf(client, 'top-products', { from: '2026-03-02', to: '2026-03-31' }), 'sku', 'receita'),
    ['C 40.00'],
  );
});

test('cities with the same name in two states stay apart, and refunded orders count as approved', async (t) => {
  const { client } = await warehouseWith(t, HAND);
  assert.deepEqual(
    pick(
      await rowsOf(client, 'top-cities'),
      'uf',
      'cidade',
      'codigo_ibge',
      'pedidos',
      'receita',
      'ticket_medio',
      'participacao',
    ),
    [
      'SP São Paulo 3550308 2 170.00 85.00 0.548387',
      'PI Bom Jesus 2201903 1 100.00 100.00 0.322581',
      'RS Bom Jesus 4302303 1 40.00 40.00 0.129032',
    ],
  );
  assert.deepEqual(
    pick(await rowsOf(client, 'top-cities', { statuses: ['Pendente'] }), 'uf', 'cidade', 'codigo_ibge'),
    ['ND ND -'],
  );
});

test('the revenue of a category is cumulated over months without sales too', async (t) => {
  const { client } = await warehouseWith(t, HAND);
  assert.deepEqual(
    pick(await rowsOf(client, 'revenue-by-category'), 'mes', 'categoria', 'receita', 'receita_acumulada'),
    [
      '2026-01-01 Casa 80.00 80.00',
      '2026-01-01 Moda 20.00 20.00',
      '2026-02-01 Casa 0.00 80.00',
      '2026-02-01 Moda 0.00 20.00',
      '2026-03-01 Casa 40.00 120.00',
      '2026-03-01 Moda 60.00 80.00',
    ],
  );
  // in a shorter period the sum begins again, with the months that sold nothing
  assert.deepEqual(
    pick(
      await rowsOf(client, 'revenue-by-category', { from: '2026-02-10', to: '2026-03-14' }),
      'mes',
      'categoria',
      'receita_acumulada',
    ),
    ['2026-02-01 Moda 0.00', '2026-03-01 Moda 60.00'],
  );
});

test('channels, statuses, payments and the summary add up as by hand', async (t) => {
  const { client } = await warehouseWith(t, HAND);
  // Site: 110+40+100+200+50 captured in 5 orders, approved 110+40+100 in 3, refunds 105, 1 of 5 cancelled
  assert.deepEqual(
    pick(
      await rowsOf(client, 'channels'),
      'canal',
      'pedidos_captados',
      'valor_captado',
      'receita_aprovada',
      'receita_liquida',
      'ticket_medio',
      'taxa_cancelamento',
    ),
    ['Site 5 500.00 250.00 145.00 83.33 0.200000', 'App 1 60.00 60.00 60.00 60.00 0.000000'],
  );
  assert.deepEqual(
    pick(
      await rowsOf(client, 'order-status'),
      'status',
      'pedidos',
      'valor',
      'participacao_pedidos',
      'participacao_valor',
    ),
    [
      'Pago 3 210.00 0.500000 0.375000',
      'Pendente 1 50.00 0.166667 0.089286',
      'Cancelado 1 200.00 0.166667 0.357143',
      'Reembolsado 1 100.00 0.166667 0.178571',
    ],
  );
  assert.deepEqual(pick(await rowsOf(client, 'payments'), 'forma', 'parcelas', 'pagamentos', 'valor', 'participacao'), [
    'Pix 1 2 150.00 0.483871',
    'Boleto - 1 100.00 0.322581',
    'Cartão de crédito 3 1 60.00 0.193548',
  ]);
  const [summary] = await rowsOf(client, 'summary');
  assert.deepEqual(summary, {
    pedidos_captados: '6',
    valor_captado: '560.00',
    pedidos_aprovados: '4',
    receita_aprovada: '310.00',
    receita_liquida: '205.00',
    valor_reembolsado: '105.00',
    ticket_medio: '77.50',
    unidades_por_pedido: '3.25',
    frete: '10.00',
    pedidos_cancelados: '1',
    taxa_cancelamento: '0.166667',
    taxa_reembolso: '0.338710',
    quarentena_pedidos: '0',
    quarentena_valor: '0.00',
    ultima_venda: '2026-03-31',
    ultimo_lote: null,
  });
});

test('a customer is new in the month of the first paid order and returning later', async (t) => {
  const { client } = await warehouseWith(t, HAND);
  // customer 1 bought in January and March, customer 2 first in March; February is there with nobody
  assert.deepEqual(
    pick(
      await rowsOf(client, 'customers'),
      'mes',
      'clientes_novos',
      'clientes_recorrentes',
      'taxa_recorrencia',
      'receita_novos',
      'receita_recorrentes',
    ),
    ['2026-01-01 1 0 0.000000 110.00 0.00', '2026-02-01 0 0 - 0.00 0.00', '2026-03-01 1 1 0.500000 40.00 60.00'],
  );
  // the first order counts even when the period or the channel leaves it out
  assert.deepEqual(
    pick(
      await rowsOf(client, 'customers', { from: '2026-03-01', channels: ['App'] }),
      'mes',
      'clientes_novos',
      'clientes_recorrentes',
    ),
    ['2026-03-01 0 1'],
  );
});

test('a cohort is followed month by month, and only the orders that the filters select make it', async (t) => {
  const buy = (id: string, cliente: number, dia: string, canal = 'Site'): SampleOrder => ({
    ...base,
    id,
    cliente,
    dia,
    canal,
    total: 10,
  });
  const { client } = await warehouseWith(t, [
    buy('1', 1, '2026-01-05'),
    buy('2', 2, '2026-01-31', 'App'),
    buy('3', 1, '2026-03-02'),
    buy('4', 1, '2026-03-20'),
    buy('5', 2, '2026-03-20'),
    buy('6', 3, '2026-03-31'),
  ]);
  const columns = ['coorte', 'meses_depois', 'clientes', 'clientes_ativos', 'retencao', 'receita'];
  // January: both again in March, customer 1 twice; nobody in February
  assert.deepEqual(pick(await rowsOf(client, 'cohorts'), ...columns), [
    '2026-01-01 0 2 2 1.000000 20.00',
    '2026-01-01 1 2 0 0.000000 0.00',
    '2026-01-01 2 2 2 1.000000 30.00',
    '2026-03-01 0 1 1 1.000000 10.00',
  ]);
  // on the Site customer 2 comes first in March
  assert.deepEqual(pick(await rowsOf(client, 'cohorts', { channels: ['Site'], from: '2026-03-15' }), ...columns), [
    '2026-03-01 0 2 2 1.000000 20.00',
  ]);
});

test('changes of status follow the versions of each order, with the days between them', async (t) => {
  const { client } = await warehouseWith(t, [
    { ...base, id: '1', total: 10, antes: [{ status: 'Pendente', dias: 2 }] },
    {
      ...base,
      id: '2',
      total: 20,
      antes: [
        { status: 'Pendente', dias: 5 },
        { status: 'Pendente', dias: 1 },
      ],
    },
    { ...base, id: '3', total: 40, status: 'Cancelado', antes: [{ status: 'Pago', dias: 0.5 }] },
    { ...base, id: '4', total: 80 },
  ]);
  // 2 days and 1 day; the repeated Pendente is no change
  assert.deepEqual(pick(await rowsOf(client, 'status-flow'), 'de', 'para', 'mudancas', 'valor', 'dias_medios'), [
    'Pendente Pago 2 30.00 1.50',
    'Pago Cancelado 1 40.00 0.50',
  ]);
  assert.deepEqual(pick(await rowsOf(client, 'status-flow', { statuses: ['Cancelado'] }), 'de', 'para'), [
    'Pago Cancelado',
  ]);
});

test('freight and delivery days are by state, of half of the orders not more, and unknown where nobody says', async (t) => {
  const { client } = await warehouseWith(t, [
    { ...base, id: '1', total: 100, frete: 10, enviado: 1, entregue: 3, prazo: 4 },
    { ...base, id: '2', total: 100, frete: 20, enviado: 2, entregue: 9, prazo: 4 },
    { ...base, id: '3', total: 100, frete: 30, enviado: 1, entregue: 5 },
    { ...base, id: '4', total: 50, frete: 5, uf: 'AM', cidade: 'Manaus', codigo: 1302603 },
    // whole hours: 49 h 12 min and 60 h are 49 and 60, and of two orders the mean counts
    { ...base, id: '5', total: 10, frete: 0, uf: 'RJ', entregue: 2.05 },
    { ...base, id: '6', total: 10, frete: 0, uf: 'RJ', entregue: 2.5 },
  ]);
  assert.deepEqual(
    pick(
      await rowsOf(client, 'delivery'),
      'uf',
      'pedidos',
      'frete_medio',
      'participacao_frete',
      'entregues',
      'dias_envio',
      'dias_entrega',
      'no_prazo',
    ),
    ['SP 3 20.00 0.200000 3 1.00 5.00 0.500000', 'RJ 2 0.00 0.000000 2 - 2.27 -', 'AM 1 5.00 0.100000 0 - - -'],
  );
});

test('the curva ABC puts exactly 80 % into A, exactly 95 % into B, and orders ties by units, then SKU', async (t) => {
  const sell = (id: string, sku: string, units: number, value: number): SampleOrder => ({
    ...base,
    id,
    total: value,
    itens: [item(sku, units, value)],
  });
  const { client } = await warehouseWith(t, [
    sell('1', 'K', 1, 50),
    sell('2', 'L', 1, 30),
    sell('3', 'M', 1, 10),
    sell('4', 'N2', 1, 5),
    sell('5', 'N1', 1, 2.5),
    sell('6', 'O', 2, 2.5),
    sell('7', 'P', 1, 0),
  ]);
  assert.deepEqual(pick(await rowsOf(client, 'abc'), 'sku', 'participacao_acumulada', 'classe'), [
    'K 0.500000 A',
    'L 0.800000 A',
    'M 0.900000 B',
    'N2 0.950000 B',
    'O 0.975000 C',
    'N1 1.000000 C',
    'P 1.000000 C',
  ]);
});

test('regions follow the delivery state, and the limit is per region', async (t) => {
  const { client } = await warehouseWith(t, HAND);
  assert.deepEqual(
    pick(
      await rowsOf(client, 'products-by-region', { limit: 1, statuses: ['Pago', 'Pendente'] }),
      'regiao',
      'posicao',
      'sku',
      'unidades',
    ),
    ['Sudeste 1 B 3', 'Sul 1 C 3', 'Não informada 1 A 1'],
  );
  const { rows } = await client.query<{ uf: string; regiao: string }>(
    'SELECT uf, regiao_da_uf(uf) AS regiao FROM unnest($1::text[]) uf',
    [UFS.map((state) => state.uf)],
  );
  assert.deepEqual(
    rows,
    UFS.map((state) => ({ uf: state.uf, regiao: state.regiao })),
  );
});

test('an empty warehouse gives empty answers, and an unknown store is refused with the nearest name', async (t) => {
  const { client, database } = await warehouseWith(t, []);
  for (const { name } of ANALYSES) assert.equal((await rowsOf(client, name)).length, name === 'summary' ? 1 : 0, name);
  await database.query(
    `INSERT INTO pedidos_diarios VALUES ('minha-loja', '2026-01-01', 'Site', 'Pago', 'SP', 1, 1, 1, 0, 0, 1, 0)`,
  );
  await assert.rejects(rowsOf(client, 'summary', { stores: ['minha_loja'] }), {
    code: 'USAGE',
    fix: 'Did you mean --store minha-loja?',
  });
});

const WHERE = `p.excluido_em IS NULL AND p.data_venda BETWEEN coalesce($1::date, '-infinity') AND coalesce($2::date, 'infinity')
  AND p.canal = ANY (coalesce($3::text[], ARRAY[p.canal])) AND p.status = ANY (coalesce($4::text[], ARRAY[p.status]))
  AND coalesce(p.uf, 'ND') = ANY (coalesce($5::text[], ARRAY[coalesce(p.uf, 'ND')])) AND p.loja = ANY (coalesce($6::text[], ARRAY[p.loja]))`;
const PRODUCTS = `SELECT p.loja, i.sku, sum(i.quantidade) u, sum(i.valor) v FROM pedidos p JOIN itens_pedido i USING (loja, id_pedido) WHERE ${WHERE} GROUP BY 1, 2`;

/** The same questions asked of the orders themselves, as one text per row, in the order expected. */
const REFERENCE: Readonly<
  Partial<Record<AnalysisName, { readonly sql: string; readonly columns: readonly string[] }>>
> = {
  'top-products': {
    columns: ['loja', 'sku', 'unidades', 'receita'],
    sql: `SELECT loja, sku, u, v FROM (${PRODUCTS}) x ORDER BY u DESC, v DESC, sku COLLATE "C", loja COLLATE "C"`,
  },
  abc: {
    columns: ['loja', 'sku', 'unidades', 'receita'],
    sql: `SELECT loja, sku, u, v FROM (${PRODUCTS}) x ORDER BY v DESC, u DESC, sku COLLATE "C", loja COLLATE "C"`,
  },
  'products-by-region': {
    columns: ['regiao', 'loja', 'sku', 'unidades', 'receita'],
    sql: `SELECT r, loja, sku, sum(quantidade) u, sum(valor) v FROM (
      SELECT p.loja, i.sku, i.quantidade, i.valor, CASE p.uf WHEN 'AM' THEN 'Norte' WHEN 'PI' THEN 'Nordeste' WHEN 'DF' THEN 'Centro-Oeste' WHEN 'SP' THEN 'Sudeste'
        WHEN 'RJ' THEN 'Sudeste' WHEN 'RS' THEN 'Sul' ELSE 'Não informada' END r,
        CASE p.uf WHEN 'AM' THEN 1 WHEN 'PI' THEN 2 WHEN 'DF' THEN 3 WHEN 'SP' THEN 4 WHEN 'RJ' THEN 4 WHEN 'RS' THEN 5 ELSE 6 END n
      FROM pedidos p JOIN itens_pedido i USING (loja, id_pedido) WHERE ${WHERE}) x GROUP BY n, r, loja, sku ORDER BY n, u DESC, v DESC, sku COLLATE "C", loja COLLATE "C"`,
  },
  'top-cities': {
    columns: ['uf', 'cidade', 'codigo_ibge', 'pedidos', 'receita'],
    sql: `SELECT coalesce(uf, 'ND'), coalesce(cidade, 'ND'), codigo_ibge, count(*) n, sum(valor_total) v FROM pedidos p WHERE ${WHERE}
      GROUP BY 1, 2, 3 ORDER BY v DESC, n DESC, 1, coalesce(cidade, 'ND') COLLATE "C"`,
  },
  'revenue-by-category': {
    columns: ['mes', 'categoria', 'receita', 'receita_acumulada'],
    sql: `WITH v AS (SELECT p.data_venda d, i.categoria c, i.valor v FROM pedidos p JOIN itens_pedido i USING (loja, id_pedido) WHERE ${WHERE}),
      m AS (SELECT DISTINCT date_trunc('month', d)::date m FROM (SELECT generate_series(min(data_venda), max(data_venda), '1 day') d FROM pedidos
        WHERE excluido_em IS NULL AND loja = ANY (coalesce($6::text[], ARRAY[loja]))) x WHERE d BETWEEN coalesce($1::date, '-infinity') AND coalesce($2::date, 'infinity'))
      SELECT m, c, (SELECT coalesce(sum(v), 0.00) FROM v WHERE v.c = x.c AND date_trunc('month', v.d) = m),
        (SELECT coalesce(sum(v), 0.00) FROM v WHERE v.c = x.c AND date_trunc('month', v.d) <= m) FROM m, (SELECT DISTINCT c FROM v) x ORDER BY m, c COLLATE "C"`,
  },
  channels: {
    columns: [
      'canal',
      'pedidos_captados',
      'valor_captado',
      'receita_aprovada',
      'receita_liquida',
      'pedidos_cancelados',
    ],
    sql: `SELECT canal, count(*), sum(valor_total) v, sum(CASE WHEN status IN ('Pago', 'Reembolsado') THEN valor_total ELSE 0.00 END),
      sum(CASE WHEN status IN ('Pago', 'Reembolsado') THEN valor_total - valor_reembolsado ELSE 0.00 END), sum((status = 'Cancelado')::int)
      FROM pedidos p WHERE ${WHERE} GROUP BY canal ORDER BY v DESC, canal COLLATE "C"`,
  },
  'order-status': {
    columns: ['status', 'pedidos', 'valor'],
    sql: `SELECT status, count(*), sum(valor_total) FROM pedidos p WHERE ${WHERE} GROUP BY status ORDER BY CASE status WHEN 'Pago' THEN 1 WHEN 'Pendente' THEN 2 WHEN 'Cancelado' THEN 3 ELSE 4 END`,
  },
  payments: {
    columns: ['forma', 'parcelas', 'pagamentos', 'valor'],
    sql: `SELECT forma, parcelas, count(*), sum(g.valor) v FROM pedidos p JOIN pagamentos g USING (loja, id_pedido) WHERE ${WHERE} GROUP BY 1, 2 ORDER BY v DESC, forma COLLATE "C", parcelas NULLS LAST`,
  },
  customers: {
    columns: ['mes', 'clientes_novos', 'clientes_recorrentes', 'pedidos', 'pedidos_sem_cliente'],
    sql: `WITH o AS (SELECT p.*, date_trunc('month', data_venda)::date m, (SELECT date_trunc('month', min(q.data_venda))::date FROM pedidos q WHERE q.loja = p.loja
        AND q.chave_cliente = p.chave_cliente AND q.excluido_em IS NULL AND q.status = ANY (coalesce($4::text[], ARRAY[q.status]))) f FROM pedidos p WHERE ${WHERE}),
      m AS (SELECT generate_series(min(m), max(m), '1 month')::date m FROM o)
      SELECT m.m, count(DISTINCT (loja, chave_cliente)) FILTER (WHERE f = o.m), count(DISTINCT (loja, chave_cliente)) FILTER (WHERE f < o.m),
        count(id_pedido), count(id_pedido) FILTER (WHERE chave_cliente IS NULL) FROM m LEFT JOIN o ON o.m = m.m GROUP BY 1 ORDER BY 1`,
  },
  cohorts: {
    columns: ['coorte', 'clientes', 'meses_depois', 'clientes_ativos', 'receita'],
    sql: `WITH o AS (SELECT p.*, date_trunc('month', data_venda)::date m FROM pedidos p WHERE ${WHERE.replace("coalesce($1::date, '-infinity')", "'-infinity'::date")}
        AND chave_cliente IS NOT NULL),
      f AS (SELECT loja, chave_cliente, min(m) f FROM o GROUP BY 1, 2),
      g AS (SELECT f, generate_series(f, (SELECT max(m) FROM o), '1 month')::date m FROM (SELECT DISTINCT f FROM f
        WHERE f >= date_trunc('month', coalesce($1::date, '-infinity')::timestamp)) x)
      SELECT g.f, (SELECT count(*) FROM f WHERE f.f = g.f), (extract(year FROM age(g.m, g.f)) * 12 + extract(month FROM age(g.m, g.f)))::int,
        count(DISTINCT (o.loja, o.chave_cliente)) FILTER (WHERE o.loja IS NOT NULL), coalesce(sum(valor_total), 0.00)
      FROM g LEFT JOIN (o JOIN f USING (loja, chave_cliente)) ON f.f = g.f AND o.m = g.m GROUP BY g.f, g.m ORDER BY g.f, g.m`,
  },
  'status-flow': {
    columns: ['de', 'para', 'mudancas', 'valor', 'dias_medios'],
    sql: `WITH h AS (SELECT h.* FROM historico_status h JOIN pedidos p USING (loja, id_pedido) WHERE ${WHERE})
      SELECT a.status, b.status, count(*) n, sum(b.valor_total), round(avg(extract(epoch FROM b.atualizado_em - a.atualizado_em) / 86400), 2)
      FROM h a JOIN h b ON b.loja = a.loja AND b.id_pedido = a.id_pedido AND b.atualizado_em > a.atualizado_em AND b.status <> a.status
        AND NOT EXISTS (SELECT FROM h c WHERE c.loja = a.loja AND c.id_pedido = a.id_pedido AND c.atualizado_em > a.atualizado_em AND c.atualizado_em < b.atualizado_em)
      GROUP BY 1, 2 ORDER BY n DESC, a.status COLLATE "C", b.status COLLATE "C"`,
  },
  delivery: {
    columns: ['uf', 'pedidos', 'frete', 'entregues', 'dias_envio', 'dias_entrega', 'no_prazo'],
    sql: `WITH o AS (SELECT p.*, coalesce(uf, 'ND') u, (entregue_em - data_pedido) d, (enviado_em - data_pedido) s FROM pedidos p WHERE ${WHERE}),
      n AS (SELECT *, row_number() OVER (PARTITION BY u ORDER BY d) r, count(d) OVER (PARTITION BY u) c FROM o WHERE d IS NOT NULL),
      e AS (SELECT *, row_number() OVER (PARTITION BY u ORDER BY s) r, count(s) OVER (PARTITION BY u) c FROM o WHERE s IS NOT NULL)
      SELECT u, count(*), sum(frete), count(d),
        (SELECT round(avg(floor(extract(epoch FROM s) / 3600) / 24), 2) FROM e WHERE e.u = o.u AND r IN ((c + 1) / 2, (c + 2) / 2)),
        (SELECT round(avg(floor(extract(epoch FROM d) / 3600) / 24), 2) FROM n WHERE n.u = o.u AND r IN ((c + 1) / 2, (c + 2) / 2)),
        round(count(*) FILTER (WHERE entregue_em <= prazo_entrega)::numeric / nullif(count(*) FILTER (WHERE entregue_em IS NOT NULL AND prazo_entrega IS NOT NULL), 0), 6)
      FROM o GROUP BY u ORDER BY 2 DESC, u COLLATE "C"`,
  },
  summary: {
    columns: [
      'pedidos_captados',
      'valor_captado',
      'pedidos_aprovados',
      'receita_aprovada',
      'receita_liquida',
      'frete',
      'pedidos_cancelados',
    ],
    sql: `SELECT count(*), coalesce(sum(valor_total), 0.00), count(*) FILTER (WHERE a), coalesce(sum(valor_total) FILTER (WHERE a), 0.00),
      coalesce(sum(valor_total - valor_reembolsado) FILTER (WHERE a), 0.00), coalesce(sum(frete) FILTER (WHERE a), 0.00), count(*) FILTER (WHERE status = 'Cancelado')
      FROM (SELECT *, status IN ('Pago', 'Reembolsado') a FROM pedidos p WHERE ${WHERE}) x`,
  },
};

function randomFilters(random: () => number): AnalysisFilters {
  const some = (values: readonly string[]): string[] | null =>
    random() < 0.6 ? null : values.filter((_, index) => index === 0 || random() < 0.5);
  const day = (): string => new Date(Date.UTC(2026, 0, 10 + Math.floor(random() * 165))).toISOString().slice(0, 10);
  const [from = '', to = ''] = [day(), day()].sort();
  return {
    from: random() < 0.2 ? null : from,
    to: random() < 0.2 ? null : to,
    channels: some(['Site', 'App', 'Outro']),
    statuses: some(['Pago', 'Pendente', 'Reembolsado']),
    ufs: some(['SP', 'ND', 'PI', 'RS']),
    stores: some(['outlet', 'loja']),
    limit: 1_000_000,
  };
}

test('every analysis equals the aggregate of the orders, for random orders and random filters', async (t) => {
  const seed = Number(process.env['ESTEIRA_TEST_SEED'] ?? Date.now() % 1_000_000);
  t.diagnostic(`seed ${seed}: repeat with ESTEIRA_TEST_SEED=${seed}`);
  const random = randomFrom(seed);
  const { client, settle } = await warehouseWith(t, randomOrders(700, random));
  for (let round = 0; round < 40; round++) {
    // the first answers come from the orders alone, the others from the settled cohorts too
    if (round === 15) await settle();
    const filters = randomFilters(random);
    for (const analysis of ANALYSES) {
      const reference = REFERENCE[analysis.name];
      assert.ok(reference, `no reference for ${analysis.name}`);
      const found = pick(await rowsOf(client, analysis.name, filters), ...reference.columns);
      const values = [
        filters.from,
        filters.to,
        filters.channels,
        filters.statuses ?? analysis.defaultStatuses,
        filters.ufs,
        filters.stores,
      ];
      const used = values.slice(0, 6);
      const expected = await client.query<(string | null)[]>({
        text: reference.sql,
        values: used,
        rowMode: 'array',
        types: { getTypeParser: () => (value: string) => value },
      });
      assert.deepEqual(
        found,
        expected.rows.map((row) => row.map((cell) => cell ?? '-').join(' ')),
        `${analysis.name} with ${JSON.stringify(filters)}, seed ${seed}`,
      );
    }
  }
});

test('the three analyses of products add up the same sales', () => {
  const salesOf = (name: AnalysisName): string => {
    const sql = readFileSync(new URL(`../../sql/analyses/${name}.sql`, import.meta.url), 'utf8');
    const [, sales = ''] = /WITH partes AS (?:NOT MATERIALIZED )?\(\n([\s\S]+?)\n\), produto AS/.exec(sql) ?? [];
    assert.match(sales, /vendas_produto_regiao[\s\S]+vendas_produto_diarias[\s\S]+itens_pedido/, name);
    return sales;
  };
  assert.equal(salesOf('abc'), salesOf('top-products'));
  assert.equal(
    salesOf('products-by-region').replaceAll(', regiao_da_uf(uf)', '').replaceAll('sku, regiao,', 'sku,'),
    salesOf('top-products'),
  );
});

test('no analysis reads a whole table of orders, those of customers once they are settled', async (t) => {
  const { client, settle } = await warehouseWith(t, randomOrders(300, randomFrom(1)));
  await settle();
  await client.query('SET enable_seqscan = off');
  for (const analysis of ANALYSES) {
    const filters = { ...NO_FILTERS, from: '2026-02-10', to: '2026-04-20', statuses: analysis.defaultStatuses };
    const sql = readFileSync(new URL(`../../sql/analyses/${analysis.name}.sql`, import.meta.url), 'utf8');
    const statement = bindNames(sql, await resolveParameters(client, filters, analysisNamed(analysis.name)));
    const plan = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${statement.text}`, statement.values);
    const scans = plan.rows
      .map((row) => row['QUERY PLAN'])
      .filter((line) => /Seq Scan on (?:pedidos|itens_pedido|pagamentos|historico_status)\b/.test(line));
    assert.deepEqual(scans, [], analysis.name);
  }
});
