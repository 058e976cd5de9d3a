// Orders put straight into the tables for tests of the analyses: a few that a reader can add up by hand, or many from a seed.
// The rollups are filled by the plain definition of each (a GROUP BY over the orders), not by the loader's code.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { settleCohorts } from '../../src/storage/cohorts.ts';
import { createDatabase, type TestDatabase } from './postgres.ts';

const migrations = new URL('../../sql/migrations/', import.meta.url);
const files = readdirSync(migrations)
  .filter((name) => name.endsWith('.sql'))
  .sort();

export interface SampleItem {
  readonly sku: string;
  readonly categoria: string;
  readonly quantidade: number;
  /** R$ of the line, net of its discount. */
  readonly valor: number;
}

export interface SamplePayment {
  readonly forma: string;
  readonly parcelas: number | null;
  readonly valor: number;
}

export interface SampleOrder {
  readonly loja: string;
  readonly id: string;
  readonly dia: string;
  readonly canal: string;
  readonly status: string;
  readonly uf: string | null;
  readonly cidade: string | null;
  readonly codigo: number | null;
  readonly cliente: number | null;
  readonly frete: number;
  readonly total: number;
  readonly reembolso: number;
  readonly excluido: boolean;
  readonly itens: readonly SampleItem[];
  readonly pagamentos: readonly SamplePayment[];
  /** Versions before the one it stands at: in which status, and how many days earlier. */
  readonly antes?: readonly { readonly status: string; readonly dias: number }[];
  /** Days from the order until it was dispatched, delivered, promised. */
  readonly enviado?: number | null;
  readonly entregue?: number | null;
  readonly prazo?: number | null;
}

interface Scope {
  after(hook: () => Promise<void>): void;
}

/** A migrated database with these orders and their rollups, and a connection to it as the reading role. Its cohorts are not settled until asked for. */
export async function warehouseWith(
  scope: Scope,
  orders: readonly SampleOrder[],
): Promise<{ database: TestDatabase; client: pg.Client; settle: () => Promise<void> }> {
  const text = files.map((name) => readFileSync(new URL(name, migrations), 'utf8'));
  const open: pg.Client[] = [];
  // the connection must be closed before the database under it is dropped
  const ordered: Scope = {
    after: (drop) =>
      scope.after(async () => {
        for (const connection of open) await connection.end();
        await drop();
      }),
  };
  const database = await createDatabase(ordered, {
    key: `analyses_${createHash('sha256').update(text.join('')).digest('hex').slice(0, 12)}`,
    migrate: async (url) => {
      const owner = new pg.Client(url);
      await owner.connect();
      for (const sql of text) await owner.query(sql);
      await owner.end();
    },
  });
  const owner = new pg.Client(database.url);
  const client = new pg.Client(database.readUrl);
  open.push(owner, client);
  await Promise.all(open.map(async (connection) => connection.connect()));
  for (const sql of FILL) await owner.query(sql, [JSON.stringify(orders)]);
  for (const sql of ROLLUPS) await owner.query(sql);
  return {
    database,
    client,
    settle: async () => {
      await settleCohorts(owner);
    },
  };
}

const ORDERS = `json_to_recordset($1::json) AS o(loja text, id text, dia date, canal text, status text, uf text, cidade text, codigo int,
  cliente int, frete numeric, total numeric, reembolso numeric, excluido boolean, itens json, pagamentos json,
  antes json, enviado numeric, entregue numeric, prazo numeric)`;

const FILL = [
  `INSERT INTO pedidos (loja, id_pedido, data_pedido, data_venda, hora_venda, atualizado_em, atualizado_em_estimado, revisao, hash_origem, canal, canal_origem,
    status, status_origem, chave_cliente, cidade, uf, codigo_ibge, regiao, itens, unidades, valor_itens, frete, desconto, valor_total, valor_calculado,
    valor_reembolsado, excluido_em, avisos, recebido_em, versao_transformacao, enviado_em, entregue_em, prazo_entrega)
    SELECT loja, id, dia + interval '15 hours', dia, 12, dia + interval '15 hours', false, 0, '\\x00', canal, canal, status, status,
    lpad(cliente::text, 32, '0')::uuid, cidade, uf, codigo,
    CASE uf WHEN 'AM' THEN 'Norte' WHEN 'PI' THEN 'Nordeste' WHEN 'DF' THEN 'Centro-Oeste' WHEN 'SP' THEN 'Sudeste' WHEN 'RJ' THEN 'Sudeste' WHEN 'RS' THEN 'Sul' END,
    json_array_length(itens),
    (SELECT coalesce(sum((i->>'quantidade')::int), 0) FROM json_array_elements(itens) i),
    (SELECT coalesce(sum((i->>'valor')::numeric), 0) FROM json_array_elements(itens) i),
    frete, 0, total, total, reembolso, CASE WHEN excluido THEN now() END, '{}', now(), 1,
    dia + interval '15 hours' + enviado * interval '1 day', dia + interval '15 hours' + entregue * interval '1 day', dia + interval '15 hours' + prazo * interval '1 day'
    FROM ${ORDERS}`,
  `INSERT INTO itens_pedido (loja, id_pedido, n_item, data_venda, canal, status, uf, excluido, sku, produto, categoria, quantidade, preco_unitario, desconto, valor)
    SELECT loja, id, n, dia, canal, status, uf, excluido, i->>'sku', 'Produto ' || (i->>'sku'), i->>'categoria', (i->>'quantidade')::int, 1, 0, (i->>'valor')::numeric
    FROM ${ORDERS}, json_array_elements(itens) WITH ORDINALITY AS e(i, n)`,
  `INSERT INTO pagamentos (loja, id_pedido, n_pagamento, forma, forma_origem, parcelas, valor)
    SELECT loja, id, n, g->>'forma', g->>'forma', (g->>'parcelas')::smallint, (g->>'valor')::numeric
    FROM ${ORDERS}, json_array_elements(pagamentos) WITH ORDINALITY AS e(g, n)`,
  `INSERT INTO produtos (loja, sku, produto, categoria, data_pedido, id_pedido, versao_em, revisao, hash_origem, n_item)
    SELECT DISTINCT ON (loja, i->>'sku') loja, i->>'sku', 'Produto ' || (i->>'sku'), i->>'categoria', now(), id, now(), 0, '\\x00', 1
    FROM ${ORDERS}, json_array_elements(itens) i ORDER BY loja, i->>'sku', i->>'categoria'`,
  `INSERT INTO historico_status (loja, id_pedido, atualizado_em, revisao, hash_origem, atualizado_em_estimado, status, valor_total, recebido_em)
    SELECT loja, id, dia + interval '15 hours', 0, '\\x00'::bytea, false, status, total, now() FROM ${ORDERS}
    UNION ALL
    SELECT loja, id, dia + interval '15 hours' - (v->>'dias')::numeric * interval '1 day', 0, '\\x00', false, v->>'status', total, now()
    FROM ${ORDERS}, json_array_elements(coalesce(antes, '[]')) v`,
];

const ROLLUPS = [
  `INSERT INTO pedidos_diarios SELECT loja, data_venda, canal, status, coalesce(uf, 'ND'), count(*), sum(unidades), sum(valor_itens), sum(frete),
    sum(desconto), sum(valor_total), sum(valor_reembolsado) FROM pedidos WHERE excluido_em IS NULL GROUP BY 1, 2, 3, 4, 5`,
  `INSERT INTO pedidos_municipio SELECT loja, date_trunc('month', data_venda)::date, coalesce(uf, 'ND'), coalesce(codigo_ibge, 0), coalesce(cidade, 'ND'),
    canal, status, count(*), sum(valor_total), sum(valor_itens) FROM pedidos WHERE excluido_em IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7`,
  `INSERT INTO vendas_categoria SELECT p.loja, date_trunc('month', p.data_venda)::date, categoria, coalesce(p.uf, 'ND'), p.canal, p.status, sum(quantidade), sum(valor)
    FROM pedidos p JOIN itens_pedido i USING (loja, id_pedido) WHERE excluido_em IS NULL GROUP BY 1, 2, 3, 4, 5, 6`,
  `INSERT INTO vendas_produto_diarias SELECT p.loja, p.data_venda, p.status, sku, coalesce(p.regiao, 'Não informada'), sum(quantidade), sum(valor)
    FROM pedidos p JOIN itens_pedido i USING (loja, id_pedido) WHERE excluido_em IS NULL GROUP BY 1, 2, 3, 4, 5`,
  `INSERT INTO vendas_produto_regiao SELECT p.loja, date_trunc('month', p.data_venda)::date, sku, coalesce(p.regiao, 'Não informada'), p.canal, p.status, sum(quantidade), sum(valor)
    FROM pedidos p JOIN itens_pedido i USING (loja, id_pedido) WHERE excluido_em IS NULL GROUP BY 1, 2, 3, 4, 5, 6`,
  `INSERT INTO pagamentos_diarios SELECT p.loja, data_venda, forma, coalesce(parcelas, 0), status, canal, count(*), sum(g.valor)
    FROM pedidos p JOIN pagamentos g USING (loja, id_pedido) WHERE excluido_em IS NULL GROUP BY 1, 2, 3, 4, 5, 6`,
  `INSERT INTO pagamentos_mensais SELECT p.loja, date_trunc('month', data_venda)::date, forma, coalesce(parcelas, 0), coalesce(uf, 'ND'), status, canal, count(*), sum(g.valor)
    FROM pedidos p JOIN pagamentos g USING (loja, id_pedido) WHERE excluido_em IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7`,
  `INSERT INTO mudancas_diarias SELECT p.loja, p.data_venda, p.canal, p.status, coalesce(p.uf, 'ND'), a.status, b.status, count(*), sum(b.valor_total), count(*),
    sum(extract(epoch FROM b.atualizado_em - a.atualizado_em))
    FROM pedidos p JOIN historico_status b USING (loja, id_pedido) JOIN historico_status a ON a.loja = b.loja AND a.id_pedido = b.id_pedido AND a.status <> b.status
      AND a.atualizado_em = (SELECT max(c.atualizado_em) FROM historico_status c WHERE c.loja = b.loja AND c.id_pedido = b.id_pedido AND c.atualizado_em < b.atualizado_em)
    WHERE p.excluido_em IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7`,
];

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const CITIES: readonly (readonly [string | null, string | null, number | null])[] = [
  ['SP', 'São Paulo', 3550308],
  ['RJ', 'Rio de Janeiro', 3304557],
  ['PI', 'Bom Jesus', 2201903],
  ['RS', 'Bom Jesus', 4302303],
  ['SP', 'Vila Sem Código', null],
  ['SP', 'Outra Vila', null],
  ['DF', 'Brasília', 5300108],
  ['AM', 'Manaus', 1302603],
  [null, null, null],
];

/** Orders of two stores from 20 January to 10 June 2026, dense enough for ties and sparse enough for gaps. */
export function randomOrders(count: number, random: () => number): SampleOrder[] {
  const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value;
  return Array.from({ length: count }, (_, index) => {
    const [uf, cidade, codigo] = pick(CITIES);
    const itens = Array.from({ length: Math.floor(random() * 4) }, () => ({
      sku: `S${Math.floor(random() * 9)}`,
      categoria: pick(['Casa', 'Moda', 'Áudio']),
      quantidade: 1 + Math.floor(random() * 3),
      valor: Math.floor(random() * 8) * 12.5,
    }));
    const frete = pick([0, 9.9, 20]);
    const total = itens.reduce((sum, item) => sum + item.valor * 100, frete * 100) / 100;
    const status = pick(['Pago', 'Pago', 'Pago', 'Pendente', 'Cancelado', 'Reembolsado']);
    const reembolso = status === 'Reembolsado' ? total : random() < 0.1 ? Math.min(total, 5) : 0;
    return {
      loja: pick(['loja', 'outlet']),
      id: String(index),
      dia: new Date(Date.UTC(2026, 0, 20 + Math.floor(random() * 142))).toISOString().slice(0, 10),
      canal: pick(['Site', 'App', 'Marketplace']),
      status,
      uf,
      cidade,
      codigo,
      cliente: random() < 0.1 ? null : Math.floor(random() * 40),
      frete,
      total,
      reembolso,
      excluido: random() < 0.05,
      itens,
      pagamentos: [
        { forma: pick(['Pix', 'Boleto', 'Cartão de crédito']), parcelas: pick([1, 1, 3, null]), valor: total },
      ],
      antes: Array.from({ length: Math.floor(random() * 3) }, (_item, version) => ({
        status: pick(['Pendente', 'Pendente', 'Pago', 'Cancelado']),
        dias: 1 + version + Math.floor(random() * 4) / 4,
      })),
      enviado: pick([null, 0, 1, 2]),
      entregue: pick([null, 3, 5, 9]),
      prazo: pick([null, 4, 7]),
    };
  });
}
