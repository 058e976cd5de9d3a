// Corrections that were read back wrongly: long records, records without a store, times that a spreadsheet shortened, the same file twice.
// Expected figures are worked by hand.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { bench, correct, csv, good, parse, type Edit, type Line } from '../support/quarantine.ts';

/** One version of an order of so many lines at 1 real each, of which only the first states the order's own columns. */
function longOrder(id: string, lines: number, more: Line = {}): Line[] {
  const item = (n: number): Line => ({
    sku: `SKU-${n}`,
    produto: `Item ${n}`,
    quantidade: '1',
    preco_unitario: '1.00',
  });
  const head = good(id, { n_item: '', status: 'Estranho', frete: '0.00', valor_total: `${lines}.00`, ...more });
  return Array.from({ length: lines }, (_, n) =>
    n === 0 ? { ...head, ...item(n) } : { loja: head.loja ?? '', id_pedido: id, ...item(n) },
  );
}

/** The export with the unknown status corrected; each record's lines must stand together. */
async function exportedWithStatus(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'c.csv'), 'utf8');
  const ids = parse(text, ',')
    .slice(1)
    .map(([id]) => id);
  const runs = ids.filter((id, index) => id !== ids[index - 1]);
  assert.equal(runs.length, new Set(ids).size, 'the lines of a record stand together');
  return text.replaceAll(',Estranho,', ',Pago,');
}

const LONG = 1500;

test('two versions of an order of 1,500 lines are corrected, each with its own items', async (t) => {
  const { database, esteira, load, fix, write, folder, one } = await bench(t);
  const versions = [
    ...longOrder('M1', LONG),
    ...longOrder('M1', LONG, { atualizado_em: '2026-10-07 09:30:11' }).map((line, n) => ({
      ...line,
      sku: `NOVO-${n}`,
    })),
  ];
  await load('longo.csv', csv(versions));
  await esteira('quarantine', 'export', '--out', 'c.csv');
  const report = await fix(await write('f.csv', await exportedWithStatus(folder)));
  assert.deepEqual([report.accepted, report.refused], [2, []]);
  assert.deepEqual(await one(`SELECT itens, valor_total::text AS total FROM pedidos`), {
    itens: LONG,
    total: '1500.00',
  });
  assert.deepEqual(
    await one(`SELECT count(*)::int AS n, count(*) FILTER (WHERE sku LIKE 'NOVO-%')::int AS novos FROM itens_pedido`),
    { n: LONG, novos: LONG },
    database.hint,
  );
});

test('three orders of 1,500 lines leave the quarantine, by a correction and by sending them again', async (t) => {
  for (const way of ['fix', 'replay'] as const) {
    const { database, esteira, load, fix, write, folder } = await bench(t);
    await load('longos.csv', csv(['L1', 'L2', 'L3'].flatMap((id) => longOrder(id, LONG))));
    if (way === 'fix') {
      await esteira('quarantine', 'export', '--out', 'c.csv');
      await fix(await write('f.csv', await exportedWithStatus(folder)));
    } else {
      // as if an earlier version of the transform had not known the word
      await database.query(`UPDATE pedidos_rejeitados SET original = replace(original, ',Estranho,', ',Pago,')`);
      await esteira('quarantine', 'replay', '--all');
    }
    assert.deepEqual(
      (await database.query(`SELECT id_pedido, itens, valor_total::text AS total FROM pedidos ORDER BY 1`)).map((row) =>
        Object.values(row).join(' '),
      ),
      ['L1 1500 1500.00', 'L2 1500 1500.00', 'L3 1500 1500.00'],
      way,
    );
  }
});

test('records of several files without a store are sent again and corrected', async (t) => {
  const { database, esteira, load, fix, write, folder } = await bench(t);
  // records of each file are a group of their own when they are sent
  for (const id of ['R1', 'R2', 'R3']) await load(`${id}.csv`, csv([good(id, { loja: '' })]));
  const sent = await esteira('quarantine', 'replay', '--file', 'R1.csv', '--file', 'R2.csv', '--json');
  const { records, refused } = JSON.parse(sent.stdout) as { records: number; refused: { reasons: string[] }[] };
  assert.deepEqual([records, refused.map((item) => item.reasons)], [2, [['LOJA_INVALIDA'], ['LOJA_INVALIDA']]]);

  await esteira('quarantine', 'export', '--out', 'c.csv');
  const nameStore: Edit = (line) => void (line['loja'] = line['id_pedido'] === 'R3' ? 'loja' : '');
  const exported = await readFile(join(folder, 'c.csv'), 'utf8');
  const report = await fix(await write('f.csv', correct(exported, { LOJA_INVALIDA: nameStore })));
  assert.deepEqual([report.accepted, report.refused.map((item) => item.record.orderId)], [1, ['R1', 'R2']]);
  assert.deepEqual(
    (await database.query('SELECT loja, id_pedido FROM pedidos')).map((row) => Object.values(row)),
    [['loja', 'R3']],
  );
});

test('a group that fails does not hinder the others, and the failure is told at the end', async (t) => {
  const { database, esteira, load, fix, write, folder } = await bench(t);
  for (const id of ['R1', 'R2']) await load(`${id}.csv`, csv([good(id, { status: 'Estranho' })]));
  await database.query(`
    CREATE FUNCTION recusa() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no place for R1''; END';
    CREATE TRIGGER recusa BEFORE INSERT ON pedidos FOR EACH ROW WHEN (NEW.id_pedido = 'R1') EXECUTE FUNCTION recusa()`);
  await esteira('quarantine', 'export', '--out', 'c.csv');
  const corrected = await write('f.csv', await exportedWithStatus(folder));
  await assert.rejects(fix(corrected), /no place for R1/);
  assert.deepEqual(
    (await database.query('SELECT id_pedido, situacao FROM pedidos_rejeitados ORDER BY 1')).map((row) =>
      Object.values(row),
    ),
    [
      ['R1', 'aberto'],
      ['R2', 'resolvido'],
    ],
  );
  await database.query('DROP TRIGGER recusa ON pedidos');
  assert.equal((await fix(corrected)).counts.aceitos, 1);
});

test('times that a spreadsheet shortened differently in the lines of a record are one version again', async (t) => {
  const { database, esteira, load, fix, write, folder } = await bench(t);
  const order = (id: string, updated: string, more: Line = {}): Line[] => {
    const head = { ...good(id, { atualizado_em: updated, status: 'Estranho', valor_total: '140.00' }), ...more };
    const second: Line = { n_item: '2', sku: 'BON-2', produto: 'Boné', quantidade: '1', preco_unitario: '30.00' };
    return [head, { ...head, ...second, forma_pagamento: '', parcelas: '' }];
  };
  // T3 is in two versions of the same minute, of which the second has an item in blue
  await load(
    'horas.csv',
    csv([
      ...order('T1', '02/10/2026 10:11:37'),
      ...order('T2', '02/10/2026 10:11:37'),
      ...order('T3', '02/10/2026 10:11:37'),
      ...order('T3', '02/10/2026 10:11:52', { sku: 'AZU-1' }),
      ...order('T4', '02/10/2026 10:11:37'),
    ]),
  );
  await esteira('quarantine', 'export', '--out', 'c.csv');
  const saved: Readonly<Record<string, readonly [string, string]>> = {
    T1: ['02/10/2026', '02/10/2026 10:11'],
    T2: ['2026-10-02 10:11:37', '02/10/2026 10:11:37'],
    T3: ['02/10/2026 10:11', '02/10/2026 10:11'],
    T4: ['', '02/10/2026 10:11'],
  };
  const shorten: Edit = (line) => {
    line['status'] = 'Pago';
    line['atualizado_em'] = saved[line['id_pedido'] ?? '']?.[line['n_item'] === '1' ? 0 : 1] ?? '';
  };
  const exported = await readFile(join(folder, 'c.csv'), 'utf8');
  const report = await fix(await write('f.csv', correct(exported, { STATUS_DESCONHECIDO: shorten })));
  assert.deepEqual([report.accepted, report.refused.length, report.counts.lidos], [5, 0, 5]);
  assert.deepEqual(
    (
      await database.query(`
        SELECT h.id_pedido, to_char(h.atualizado_em AT TIME ZONE 'America/Sao_Paulo', 'DD HH24:MI:SS') AS t, h.valor_total::text AS total, p.itens,
          (SELECT string_agg(i.sku, ' ' ORDER BY i.n_item) FROM itens_pedido i WHERE i.id_pedido = p.id_pedido) AS skus
        FROM historico_status h JOIN pedidos p USING (loja, id_pedido) ORDER BY 1, 2`)
    ).map((row) => Object.values(row).join(' ')),
    [
      'T1 02 10:11:37 140.00 2 CAM-001 BON-2',
      'T2 02 10:11:37 140.00 2 CAM-001 BON-2',
      'T3 02 10:11:37 140.00 2 AZU-1 BON-2',
      'T3 02 10:11:52 140.00 2 AZU-1 BON-2',
      'T4 02 10:11:37 140.00 2 CAM-001 BON-2',
    ],
    database.hint,
  );
});

test('the same correction again says that its orders were there already', async (t) => {
  const { esteira, load, fix, write, folder } = await bench(t);
  await load('a.csv', csv(['V1', 'V2'].map((id) => good(id, { status: 'Estranho' }))));
  await esteira('quarantine', 'export', '--out', 'c.csv');
  const corrected = await write('f.csv', await exportedWithStatus(folder));
  assert.equal((await fix(corrected)).counts.aceitos, 2);
  const again = (await esteira('quarantine', 'fix', corrected)).stdout;
  assert.match(again, /Válidos agora +2 /);
  assert.match(again, /já estavam no armazém +2 /);
  const { accepted, counts, wasComplete } = await fix(corrected);
  assert.deepEqual([accepted, counts.lidos, counts.duplicados, counts.aceitos, wasComplete], [2, 2, 2, 0, true]);
});

test('an export replaces no file unless told so', async (t) => {
  const { esteira, load, folder } = await bench(t);
  await load('a.csv', csv([good('X1', { status: 'Estranho' })]));
  await esteira('quarantine', 'export', '--out', 'c.csv');
  const exported = await readFile(join(folder, 'c.csv'), 'utf8');
  await writeFile(join(folder, 'c.csv'), 'corrected the whole afternoon');
  await assert.rejects(
    esteira('quarantine', 'export', '--out', 'c.csv'),
    (error: { code?: number; stderr?: string }) =>
      error.code === 2 && /OUTPUT_UNWRITABLE.*exists already[\s\S]*Fix: .*--force/.test(error.stderr ?? ''),
  );
  assert.equal(await readFile(join(folder, 'c.csv'), 'utf8'), 'corrected the whole afternoon');
  await esteira('quarantine', 'export', '--out', 'c.csv', '--force');
  assert.equal(await readFile(join(folder, 'c.csv'), 'utf8'), exported);
});

test('a wrong file, an ambiguous id and a store that is nowhere are told with what helps', async (t) => {
  const { esteira, load, write, database } = await bench(t);
  await load('a.csv', csv([good('Y1', { status: 'Estranho' }), good('Y2', { loja: 'lojinha' })]));
  const said = async (...args: string[]): Promise<string> => {
    const failure = await esteira('quarantine', ...args).then(
      () => assert.fail(`${args.join(' ')} was accepted`),
      (error: { code?: number; stderr?: string }) => error,
    );
    return `${failure.code} ${failure.stderr}`;
  };
  for (const [name, text] of [
    ['outro.csv', 'Name,Age,City\nAna,30,Recife\n'],
    ['dados.csv', '1,2026-10-01,10.5\n2,2026-10-02,11.5\n'],
    ['metade.csv', csv([]).split(',').slice(2).join(',')],
  ] as const) {
    const told = await said('fix', await write(name, text));
    assert.match(told, /^4 FILE_[\s\S]*Fix: Give the file that "esteira quarantine export" wrote/, name);
    assert.doesNotMatch(told, /--(profile|mapping)/, name);
  }

  // two more records whose ids begin alike, and one text in two stores
  for (const [store, hash] of [
    ['loja', '12f7bbeae73a163d00'],
    ['loja', '12f7aaaae73a163d00'],
    ['loja', '12f8bbeae73a163d00'],
    ['lojinha', '12f8bbeae73a163d00'],
  ])
    await database.query(`
      INSERT INTO pedidos_rejeitados (loja, hash_original, id_pedido, atualizado_em, revisao, motivos, avisos, detalhes, valor, formato, perfil, cabecalho, original, fonte, linha, recebido_em, versao_transformacao)
      SELECT '${store}', '\\x${hash}', id_pedido, atualizado_em, revisao, motivos, avisos, detalhes, valor, formato, perfil, cabecalho, original, fonte, linha, recebido_em, versao_transformacao
      FROM pedidos_rejeitados WHERE id_pedido = 'Y1' LIMIT 1`);
  assert.match(await said('show', '12f7'), /For example 12f7aaaae73a and 12f7bbeae73a\./);
  assert.match(
    await said('show', '12f8bbeae73a'),
    /12f8bbeae73a is in the stores loja and lojinha\.\s+Fix: Name the store too: 12f8bbeae73a@lojinha\./,
  );

  for (const command of [['list'], ['summary'], ['export', '--out', 'nada.csv'], ['replay']])
    assert.match(
      await said(...command, '--store', 'lojinhas'),
      /^2 USAGE +No orders of a store called "lojinhas" are in the warehouse or its quarantine\.[\s\S]*It knows: loja, lojinha\.[\s\S]*Did you mean --store lojinha\?/,
      command[0],
    );
  await esteira('quarantine', 'list', '--store', 'lojinha');
});
