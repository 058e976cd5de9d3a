// The committed orders against what their generator knows of each version: it wrote down what it spoilt and why, without any of our SQL.
import assert from 'node:assert/strict';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ERRO_IDS } from '../../src/catalog/rules.ts';
import { generate } from '../../src/pipeline/generate.ts';
import type { EventCounts } from '../../src/model/batch.ts';
import { foldTruth, type OracleResult } from '../../src/sources/generator/oracle.ts';
import { emptyWarehouse, type Row, type Warehouse } from '../support/load.ts';

const dataPath = (name: string): string => fileURLToPath(new URL(`../../data/${name}`, import.meta.url));

interface TruthLine {
  readonly id_pedido: string;
  readonly atualizado_em: string;
  readonly linhas: readonly number[];
  readonly tipo: string;
  readonly esperado: 'aceito' | 'aviso' | 'rejeitado' | 'duplicado';
  readonly motivos: readonly string[];
}

const isErro = (id: string): boolean => (ERRO_IDS as readonly string[]).includes(id);
const sorted = (ids: readonly string[]): string[] => [...ids].sort();

async function readTruth(path: string): Promise<TruthLine[]> {
  return (await readFile(path, 'utf8'))
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as TruthLine);
}

const countsOf = ({
  lidos,
  aceitos,
  rejeitados,
  duplicados,
  antigos,
}: OracleResult | EventCounts): Record<string, number> => ({ lidos, aceitos, rejeitados, duplicados, antigos });

/** Every order as it must stand: its status, total, items, local time of the version and number of versions. */
async function sameOrders(warehouse: Warehouse, truth: OracleResult): Promise<void> {
  const rows = await warehouse.query(`
    SELECT p.id_pedido, p.status, p.valor_total, p.itens, to_char(p.atualizado_em AT TIME ZONE 'America/Sao_Paulo', 'YYYY-MM-DD HH24:MI:SS') AS versao,
      (SELECT count(*) FROM itens_pedido i WHERE i.loja = p.loja AND i.id_pedido = p.id_pedido) AS linhas_itens,
      (SELECT count(*) FROM historico_status h WHERE h.loja = p.loja AND h.id_pedido = p.id_pedido) AS versoes
    FROM pedidos p ORDER BY p.id_pedido`);
  const held = rows.map((row) => [
    row['id_pedido'],
    row['status'],
    Math.round(Number(row['valor_total']) * 100),
    Number(row['itens']),
    Number(row['linhas_itens']),
    row['versao'],
    Number(row['versoes']),
  ]);
  const wanted = [...truth.orders]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, order]) => [
      id,
      order.status,
      order.totalCents,
      order.itemCount,
      order.itemCount,
      order.atualizadoEm,
      order.versionCount,
    ]);
  assert.equal(held.length, wanted.length);
  assert.deepEqual(held.filter((row, index) => JSON.stringify(row) !== JSON.stringify(wanted[index])).slice(0, 3), []);
}

/** Rejected rows by file line, as [reasons, warnings]. */
function byLine(rows: readonly Row[]): Map<number, Row> {
  return new Map(rows.map((row) => [Number(row['linha']), row]));
}

test('the committed 50,000 lines end as their generator says: counts, end state, reasons and warnings of every spoilt version', async (t) => {
  const truth = foldTruth({ rows: 50_000, seed: 42 });
  const lines = await readTruth(dataPath('pedidos.truth.jsonl'));
  const warehouse = await emptyWarehouse(t);
  const report = await warehouse.loadPath(dataPath('pedidos.csv'));
  assert.deepEqual(countsOf(report.counts), countsOf(truth));
  await sameOrders(warehouse, truth);

  await t.test(
    'each rejected version is in the quarantine with exactly its reasons, at its line, with its text',
    async () => {
      const file = (await readFile(dataPath('pedidos.csv'), 'utf8')).split('\n');
      const wanted = lines.filter((line) => line.esperado === 'rejeitado');
      const rejected = byLine(await warehouse.rejected());
      assert.equal(rejected.size, wanted.length);
      const wrong = wanted.flatMap((line) => {
        const row = rejected.get(line.linhas[0] ?? 0);
        const reasons = row?.['motivos']?.split(' ') ?? [];
        const warnings = row?.['avisos']?.split(' ') ?? [];
        const isSame =
          JSON.stringify(sorted(reasons)) === JSON.stringify(sorted(line.motivos.filter(isErro))) &&
          line.motivos.filter((id) => !isErro(id)).every((id) => warnings.includes(id)) &&
          row?.['original'] === line.linhas.map((number) => file[number - 1]).join('\n') &&
          row?.['fonte'] === 'pedidos.csv' &&
          row?.['cabecalho'] === file[0] &&
          row?.['perfil'] === 'esteira' &&
          row?.['formato'] === 'csv';
        return isSame
          ? []
          : [`${line.tipo} at line ${line.linhas[0]}: ${row?.['motivos'] ?? 'not rejected'} (${row?.['avisos']})`];
      });
      assert.deepEqual(wrong.slice(0, 5), []);
    },
  );

  await t.test(
    'each current version has exactly the warnings of what was done to it, and an untouched one has none',
    async () => {
      const flagged = new Map(
        lines
          .filter((line) => line.esperado === 'aviso')
          .map((line) => [`${line.id_pedido} ${line.atualizado_em}`, sorted(line.motivos).join(' ')]),
      );
      const rows = await warehouse.query(`
      SELECT id_pedido, to_char(atualizado_em AT TIME ZONE 'America/Sao_Paulo', 'YYYY-MM-DD HH24:MI:SS') AS versao, array_to_string(avisos, ' ') AS avisos FROM pedidos`);
      const wrong = rows.flatMap((row) => {
        const expected = flagged.get(`${row['id_pedido']} ${row['versao']}`) ?? '';
        const actual = sorted((row['avisos'] ?? '').split(' ')).join(' ');
        return actual === expected ? [] : [`${row['id_pedido']}: [${actual}], not [${expected}]`];
      });
      assert.deepEqual(wrong.slice(0, 5), []);
      const seen = rows.filter((row) => row['avisos'] !== '').length;
      assert.ok(seen > 100, `${seen} flagged orders`);
    },
  );
});

// --- the same orders as CSV, JSON lines and Parquet ---

const OPTIONS = { rows: 6000, seed: 20_261_101, badShare: 0.25 };
let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'esteira-truth-'));
  for (const format of ['csv', 'jsonl', 'parquet'])
    await generate({ ...OPTIONS, out: join(folder, `pedidos.${format}`), truth: join(folder, `${format}.truth`) });
});
after(() => rm(folder, { recursive: true, force: true }));

for (const format of ['csv', 'jsonl', 'parquet'] as const) {
  test(`orders of which a quarter is spoilt end as their generator says when they come as ${format}`, async (t) => {
    const truth = foldTruth(OPTIONS, format);
    const warehouse = await emptyWarehouse(t);
    const { counts } = await warehouse.loadPath(join(folder, `pedidos.${format}`));
    assert.deepEqual(countsOf(counts), countsOf(truth));
    await sameOrders(warehouse, truth);
    const count = (reasons: readonly (readonly string[])[]): Record<string, number> => {
      const keys = reasons.map((ids) => sorted(ids.filter(isErro)).join(' '));
      return Object.fromEntries(
        [...new Set(keys)].sort().map((key) => [key, keys.filter((other) => other === key).length]),
      );
    };
    const held = (await warehouse.rejected()).flatMap((row) =>
      Array<string[]>(Number(row['vezes'])).fill(row['motivos']?.split(' ') ?? []),
    );
    assert.deepEqual(count(held), count(truth.rejections.map((rejection) => rejection.motivos)));
  });
}

test('the same orders give the same warehouse whether they come as CSV or as JSON lines, and as Parquet but for what CSV alone can break', async (t) => {
  const states = [];
  for (const format of ['csv', 'jsonl', 'parquet']) {
    const warehouse = await emptyWarehouse(t);
    await warehouse.loadPath(join(folder, `pedidos.${format}`));
    const broken = `(SELECT id_pedido FROM pedidos_rejeitados WHERE motivos && '{LINHA_CAMPOS,JSON_INVALIDO}' AND id_pedido IS NOT NULL)`;
    states.push({
      format,
      broken: (await warehouse.query(`SELECT count(*) AS n FROM ${broken} b`))[0],
      orders:
        await warehouse.query(`SELECT loja, id_pedido, data_pedido, data_venda, hora_venda, atualizado_em, hash_origem, canal, canal_origem, status, status_origem, situacao_entrega, chave_cliente, cep, cidade, uf, codigo_ibge, regiao,
        itens, unidades, valor_itens, frete, desconto, valor_total, valor_calculado, valor_reembolsado, array_to_string(avisos, ' ') AS avisos FROM pedidos ORDER BY id_pedido`),
      items: await warehouse.query('SELECT * FROM itens_pedido ORDER BY id_pedido, n_item'),
      payments: await warehouse.query('SELECT * FROM pagamentos ORDER BY id_pedido, n_pagamento'),
      history: await warehouse.query(
        'SELECT id_pedido, atualizado_em, hash_origem, status, situacao_entrega, valor_total FROM historico_status ORDER BY id_pedido, atualizado_em, hash_origem',
      ),
      customers: await warehouse.query(
        'SELECT chave_cliente, tipo_chave, id_cliente, documento, tipo_pessoa, nome, email, telefone, id_pedido FROM clientes ORDER BY chave_cliente',
      ),
    });
  }
  const [csv, jsonl, parquet] = states;
  const differences = (a: readonly Row[] | undefined, b: readonly Row[] | undefined): unknown[] => {
    const texts = new Set((b ?? []).map((row) => JSON.stringify(row)));
    return (a ?? []).filter((row) => !texts.has(JSON.stringify(row))).slice(0, 2);
  };
  for (const table of ['orders', 'items', 'payments', 'history', 'customers'] as const) {
    assert.deepEqual(differences(csv?.[table], jsonl?.[table]), [], `${table} of csv not in jsonl`);
    assert.deepEqual(differences(jsonl?.[table], csv?.[table]), [], `${table} of jsonl not in csv`);
    if (table !== 'customers')
      assert.deepEqual(differences(csv?.[table], parquet?.[table]), [], `${table} of csv not in parquet`);
  }
});
