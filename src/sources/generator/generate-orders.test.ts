import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cnpj, cpf } from 'cpf-cnpj-validator';
import { FLAT_COLUMNS } from '../../model/contract.ts';
import { readCepRanges, readMunicipalities, readUfProfiles } from '../../model/reference/places.ts';
import { BIG_CITIES } from './big-cities.ts';
import { PRODUCTS } from './catalogue.ts';
import { DEFECTS } from './defects.ts';
import { completeCnpj, completeCpf } from './documents.ts';
import { generateOrders, type TruthLine } from './generate-orders.ts';
import { type GeneratorOptions, generateVersions } from './generate-versions.ts';
import { lineCount } from './order.ts';
import { foldTruth } from './oracle.ts';
import { Random, WeightedPick } from './random.ts';

function whole(
  options: GeneratorOptions,
  format: 'csv' | 'jsonl' | 'parquet' = 'csv',
): { lines: string[]; truth: TruthLine[] } {
  const chunks = [...generateOrders(options, format)];
  const truth = chunks
    .map((chunk) => chunk.truth)
    .join('')
    .split('\n')
    .slice(0, -1);
  return {
    lines: chunks
      .map((chunk) => chunk.text)
      .join('')
      .split('\n')
      .slice(0, -1),
    truth: truth.map((line) => JSON.parse(line) as TruthLine),
  };
}

const cents = (text: string): number => Math.round(Number(text) * 100);

test('the same seed gives the same text, another seed another one', () => {
  const options = { rows: 3000, seed: 5 };
  assert.deepEqual(whole(options), whole(options));
  assert.notDeepEqual(whole(options).lines, whole({ ...options, seed: 6 }).lines);
});

test('a CSV has exactly the lines asked for, whatever their number, below a header in contract order', () => {
  for (const rows of [1, 2, 3, 7, 100, 4999]) {
    const { lines } = whole({ rows, seed: rows, badShare: 0.2 });
    assert.equal(lines.length, rows + 1);
    assert.equal(lines[0], FLAT_COLUMNS.join(','));
  }
});

test('every good version reconciles: items + freight - discount = total = payments', () => {
  let checked = 0;
  for (const { version, defect } of generateVersions({ rows: 20_000, seed: 11 })) {
    if (defect !== undefined) continue;
    const items = version.items.reduce(
      (sum, item) => sum + Number(item.quantidade) * cents(item.preco_unitario) - cents(item.desconto_item),
      0,
    );
    const total = items + cents(version.frete) - cents(version.desconto);
    assert.equal(total, cents(version.valor_total), version.id_pedido);
    assert.equal(
      version.payments.reduce((sum, payment) => sum + cents(payment.valor), 0),
      total,
    );
    assert.equal(version.expected.totalCents, total);
    assert.ok(
      total > 0 && version.data_pedido < version.atualizado_em && version.atualizado_em <= '2026-10-31 23:59:59',
    );
    checked += 1;
  }
  assert.ok(checked > 9000);
});

test('every good order goes to a municipality of its UF, with a CEP in the range of that UF', () => {
  const places = new Set(readMunicipalities().map((row) => `${row.uf}/${row.nome}`));
  const ranges = readCepRanges();
  for (const { version, defect } of generateVersions({ rows: 20_000, seed: 12 })) {
    if (defect !== undefined) continue;
    assert.ok(places.has(`${version.uf}/${version.cidade}`), `${version.uf}/${version.cidade}`);
    const cep = version.cep.replace('-', '');
    assert.ok(
      ranges.some((range) => range.uf === version.uf && range.inicio <= cep && cep <= range.fim),
      `${version.uf} ${cep}`,
    );
    assert.match(version.email, /@example\.com$/);
  }
});

test('documents of good orders satisfy an independent validator; some CNPJs have letters, and only after June 2026', () => {
  let companies = 0;
  let lettered = 0;
  for (const { version, defect } of generateVersions({ rows: 60_000, seed: 13 })) {
    if (defect !== undefined) continue;
    const bare = version.documento.replaceAll(/[./-]/g, '');
    if (bare.length === 11) assert.ok(cpf.isValid(bare), bare);
    else {
      assert.ok(cnpj.isValid(bare), bare);
      companies += 1;
      if (/[A-Z]/.test(bare)) {
        lettered += 1;
        assert.ok(version.data_pedido >= '2026-07-01', version.data_pedido);
      }
    }
  }
  assert.ok(companies > 500 && lettered > 10, `${companies} companies, ${lettered} with letters`);
});

test('check digits match published numbers', () => {
  assert.equal(completeCnpj('12ABC34501DE'), '12ABC34501DE35');
  assert.equal(completeCpf('111444777'), '11144477735');
});

test('about 1.5 % of the orders are spoiled, in every kind there is, few of them with the wrong number of cells', () => {
  const { truth } = whole({ rows: 60_000, seed: 3 });
  const kinds = new Set(truth.map((line) => line.tipo));
  assert.deepEqual(
    DEFECTS.map((defect) => defect.tipo).filter((tipo) => !kinds.has(tipo)),
    [],
  );
  assert.ok(kinds.has('versao_repetida') && kinds.size >= 50);
  const orders = foldTruth({ rows: 60_000, seed: 3 }).lidos;
  assert.ok(truth.length > 0.011 * orders && truth.length < 0.017 * orders, `${truth.length} of ${orders}`);
  assert.ok(truth.filter((line) => line.motivos.includes('LINHA_CAMPOS')).length < 60);
});

test('the truth names the physical lines of each spoiled version', () => {
  const { lines, truth } = whole({ rows: 20_000, seed: 21 });
  for (const line of truth) {
    for (const number of line.linhas) {
      assert.ok(lines[number - 1]?.startsWith(`${line.loja},`), line.tipo);
      if (!line.id_pedido.includes(',')) assert.equal(lines[number - 1]?.split(',')[1], line.id_pedido);
    }
  }
});

test('kinds that concern single cells leave them as their names say', () => {
  const { lines, truth } = whole({ rows: 60_000, seed: 3 });
  const lineOf = (tipo: string): string => lines[(truth.find((line) => line.tipo === tipo)?.linhas[0] ?? 0) - 1] ?? '';
  assert.equal(lineOf('campos_de_menos').split(',').length, lineOf('campos_de_mais').split(',').length - 5);
  assert.match(lineOf('id_cientifico'), /^loja,"2,\d{5}E\+15",/);
  assert.match(lineOf('sem_itens_pago'), /,Pago,.*,,,,,,,\d+\.\d\d,0\.00,/);
});

test('with a bad share of zero nothing is rejected and nothing is repeated', () => {
  const clean = foldTruth({ rows: 20_000, seed: 8, badShare: 0 });
  assert.deepEqual([clean.rejeitados, clean.duplicados], [0, 0]);
  assert.equal(clean.lidos, clean.aceitos + clean.antigos);
});

test('about 8 % of the orders have a history, often not in order of time and not on adjacent lines', () => {
  const seen = new Map<string, { places: number[]; times: string[] }>();
  let place = 0;
  for (const { version, defect } of generateVersions({ rows: 60_000, seed: 4, badShare: 0 })) {
    assert.equal(defect, undefined);
    const entry = seen.get(version.id_pedido) ?? { places: [], times: [] };
    entry.places.push(place);
    entry.times.push(version.atualizado_em);
    seen.set(version.id_pedido, entry);
    place += lineCount(version);
  }
  const histories = [...seen.values()].filter((entry) => entry.places.length > 1);
  assert.ok(
    histories.length > 0.07 * seen.size && histories.length < 0.1 * seen.size,
    `${histories.length} of ${seen.size}`,
  );
  for (const entry of histories) assert.equal(new Set(entry.times).size, entry.times.length);
  const backwards = histories.filter((entry) => (entry.times[0] ?? '') > (entry.times.at(-1) ?? ''));
  assert.ok(backwards.length > 0.3 * histories.length);
  assert.ok(histories.some((entry) => (entry.places.at(-1) ?? 0) - (entry.places[0] ?? 0) > 4000));
});

test('JSON lines hold the same versions as the CSV, and all but the cut ones parse', () => {
  const options = { rows: 20_000, seed: 9, badShare: 0.1 };
  const { lines, truth } = whole(options, 'jsonl');
  assert.equal(lines.length, foldTruth(options).lidos);
  const broken = lines.flatMap((line, index) => {
    try {
      JSON.parse(line);
      return [];
    } catch {
      return [index + 1];
    }
  });
  assert.deepEqual(
    broken,
    truth.filter((line) => line.motivos.includes('JSON_INVALIDO')).flatMap((line) => line.linhas),
  );
  assert.ok(broken.length > 0);
});

test('the ledger of the oracle adds up, and rejections are those of the truth file', () => {
  const options = { rows: 30_000, seed: 42, badShare: 0.05 };
  const oracle = foldTruth(options);
  const { truth } = whole(options);
  assert.equal(oracle.lidos, oracle.aceitos + oracle.rejeitados + oracle.duplicados + oracle.antigos);
  assert.equal(oracle.rejeitados, truth.filter((line) => line.esperado === 'rejeitado').length);
  assert.equal(oracle.duplicados, truth.filter((line) => line.esperado === 'duplicado').length);
});

test('the shelf has 12 categories and 600 products with different SKUs and positive prices', () => {
  assert.equal(PRODUCTS.length, 600);
  assert.equal(new Set(PRODUCTS.map((product) => product.sku)).size, 600);
  assert.equal(new Set(PRODUCTS.map((product) => product.categoria)).size, 12);
  assert.ok(PRODUCTS.every((product) => product.baseCents > 0));
});

test('every big city is a municipality of its UF and smaller than the UF', () => {
  const places = new Set(readMunicipalities().map((row) => `${row.uf}/${row.nome}`));
  for (const { uf, populacao } of readUfProfiles()) {
    const cities = Object.entries(BIG_CITIES[uf] ?? {});
    for (const [name] of cities) assert.ok(places.has(`${uf}/${name}`), `${uf}/${name}`);
    assert.ok(cities.reduce((sum, [, thousands]) => sum + thousands, 0) <= populacao / 1000 + 5, uf);
  }
});

test('weighted draws come in proportion to their weights', () => {
  const pick = new WeightedPick([1, 0, 3, 6]);
  const random = new Random(1);
  const hits = [0, 0, 0, 0];
  for (let draw = 0; draw < 100_000; draw += 1) {
    const index = pick.pick(random);
    hits[index] = (hits[index] ?? 0) + 1;
  }
  assert.equal(hits[1], 0);
  for (const [index, share] of [
    [0, 0.1],
    [2, 0.3],
    [3, 0.6],
  ] as const)
    assert.ok(Math.abs((hits[index] ?? 0) / 100_000 - share) < 0.01);
});
