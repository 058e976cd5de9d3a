// The way out of the quarantine, end to end and through the command line: rejected orders are exported, corrected as a spreadsheet would
// leave them, and read back; they leave the quarantine once, whatever the order of arrival. Expected figures are worked by hand.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestDatabase } from '../support/postgres.ts';
import { bench, correct, csv, csvLine, good, type Edit } from '../support/quarantine.ts';

/** Nine records are rejected, one for each kind; 100 and 109 are fine. */
const REJECTS = csv([
  good('100'),
  good('101', { status: 'Talvez', valor_total: '140.00' }),
  {
    ...good('101', { status: 'Talvez', valor_total: '140.00' }),
    n_item: '2',
    sku: 'BON-002',
    produto: 'Boné',
    quantidade: '1',
    preco_unitario: '30.00',
    forma_pagamento: '',
    parcelas: '',
  },
  good('102', {
    preco_unitario: 'abc',
    nome: '=cmd|calc',
    email: 'calc@example.com',
    produto: '-promo',
    valor_total: '110.00',
  }),
  good('', { id_cliente: 'C9', valor_total: '130.00' }),
  {
    ...good('', { id_cliente: 'C9', valor_total: '130.00' }),
    n_item: '2',
    sku: 'MEI-003',
    produto: 'Meia; par',
    quantidade: '1',
    preco_unitario: '20.00',
    forma_pagamento: '',
    parcelas: '',
  },
  good('104', { valor_total: '160.00' }),
  `${csvLine(good('104', { valor_total: '160.00', n_item: '2', sku: 'XIC-004', produto: 'Xícara', quantidade: '1', preco_unitario: '50.00' }))},sobra`,
  good('105', { data_pedido: '2027-01-05 10:00:00', uf: 'XX' }),
  good('106', { loja: 'minha loja!' }),
  good('107', { atualizado_em: '2026-13-45' }),
  good('108', { quantidade: '0' }),
  good('00109', { status: '' }),
  good('109', { data_pedido: '2026-10-06 10:00:00' }),
]);

const EDITS: Readonly<Record<string, Edit>> = {
  STATUS_DESCONHECIDO: (line) => void (line['status'] = 'Pago'),
  PRECO_INVALIDO: (line) => void (line['preco_unitario'] = 'R$ 50,00'),
  ID_PEDIDO_AUSENTE: (line) => void (line['id_pedido'] = '103'),
  LINHA_CAMPOS: (line) => {
    if (line['original'] === '') return;
    Object.assign(
      line,
      good('104', {
        valor_total: '160.00',
        n_item: '2',
        sku: 'XIC-004',
        produto: 'Xícara',
        quantidade: '1',
        preco_unitario: '50.00',
        forma_pagamento: '',
        parcelas: '',
      }),
    );
  },
  DATA_PEDIDO_FUTURA: (line) => Object.assign(line, { uf: 'SP', data_pedido: '05/10/2026 10:00' }),
  LOJA_INVALIDA: (line) => void (line['loja'] = 'outra'),
  ATUALIZADO_EM_INVALIDO: (line) => void (line['atualizado_em'] = '2026-10-07 09:00:00'),
  STATUS_AUSENTE: (line) => void (line['status'] = 'Pendente'),
};

/** Everything but what the pipeline notes about itself. */
async function contents(database: TestDatabase): Promise<string> {
  const tables = [
    'pedidos',
    'itens_pedido',
    'pagamentos',
    'clientes',
    'produtos',
    'historico_status',
    'pedidos_rejeitados',
    'pedidos_diarios',
    'vendas_categoria',
    'vendas_produto_diarias',
    'vendas_produto_regiao',
    'pagamentos_diarios',
    'pagamentos_mensais',
    'mudancas_diarias',
  ];
  const parts = [];
  for (const table of tables)
    parts.push(
      (
        await database.query(`SELECT COALESCE(string_agg(t::text, E'\\n' ORDER BY t::text), '') AS t FROM ${table} t`)
      )[0]?.['t'],
    );
  return parts.join('\n--\n');
}

/** Rollups are the aggregates of the base tables (I6): written out here once more, plainly. */
async function assertRollups(database: TestDatabase): Promise<void> {
  const checks = [
    [
      'pedidos_diarios',
      'loja, data_venda, canal, status, uf, pedidos, valor_total',
      'SELECT loja, data_venda, canal, status, uf, count(*), sum(valor_total) FROM pedidos GROUP BY 1, 2, 3, 4, 5',
    ],
    [
      'vendas_categoria',
      'loja, mes, canal, status, uf, categoria, unidades, valor',
      "SELECT p.loja, date_trunc('month', p.data_venda)::date, p.canal, p.status, p.uf, categoria, sum(quantidade), sum(valor) FROM pedidos p JOIN itens_pedido USING (loja, id_pedido) GROUP BY 1, 2, 3, 4, 5, 6",
    ],
  ] as const;
  for (const [table, columns, sql] of checks) {
    const [row] = await database.query(`
      SELECT (SELECT count(*) FROM (SELECT ${columns} FROM ${table} EXCEPT (${sql})) a) + (SELECT count(*) FROM ((${sql}) EXCEPT SELECT ${columns} FROM ${table}) b) AS n`);
    assert.equal(Number(row?.['n']), 0, `${table} is not the aggregate of its base; ${database.hint}`);
  }
}

test('rejected orders are exported, corrected in a spreadsheet and accepted once', async (t) => {
  const { database, esteira, load, fix, write, folder, one } = await bench(t);
  await load('loja.csv', REJECTS);
  assert.equal((await one(`SELECT count(*)::int AS n FROM pedidos_rejeitados WHERE situacao = 'aberto'`))['n'], 9);

  await t.test('the summary counts a record of two reasons in both and once in the total', async () => {
    const summary = JSON.parse((await esteira('quarantine', 'summary', '--json')).stdout) as Record<
      string,
      string | number
    >[];
    const count = (reason: string): unknown => summary.find((row) => row['motivo'] === reason)?.['registros'];
    assert.equal(count('DATA_PEDIDO_FUTURA'), 1);
    assert.equal(count('UF_DESCONHECIDA'), 1);
    assert.equal(count('TOTAL'), 9);
    assert.match(
      String(summary.find((row) => row['motivo'] === 'UF_DESCONHECIDA')?.['como_corrigir']),
      /^Escreva a sigla de duas letras do estado/,
    );
    assert.equal(summary.find((row) => row['motivo'] === 'STATUS_DESCONHECIDO')?.['valor'], 140);
    // 140 + 110 + 130 + 160 (order 104 states it on its whole line) + 5 x 110
    assert.equal(summary.find((row) => row['motivo'] === 'TOTAL')?.['valor'], 1090);
  });

  await t.test('one record is shown without personal data unless asked', async () => {
    const [first] = JSON.parse(
      (await esteira('quarantine', 'list', '--reason', 'preco_invalido', '--json')).stdout,
    ) as { id: string }[];
    const shown = await esteira('quarantine', 'show', first?.id ?? '');
    assert.match(shown.stdout, /itens\.preco_unitario = "abc"/);
    // read at 09:00 UTC; the order's own times are São Paulo's already
    assert.match(shown.stdout, /Recebido em +01\/11\/2026 06:00, 1 vez\n/);
    assert.match(shown.stdout, /Versão de +06\/10\/2026 08:15, revisão/);
    assert.match(shown.stdout, /Dia da venda +05\/10\/2026\n/);
    assert.match(shown.stdout, /Como corrigir: Escreva o preço de uma unidade em reais, /);
    assert.doesNotMatch(shown.stdout, /UTC|Why:|Fix:/);
    assert.doesNotMatch(shown.stdout, /calc@example\.com/);
    assert.match((await esteira('quarantine', 'show', first?.id ?? '', '--original')).stdout, /calc@example\.com/);
  });

  await esteira('quarantine', 'export', '--out', 'corrigir.csv');
  const exported = await readFile(join(folder, 'corrigir.csv'), 'utf8');
  assert.ok(exported.startsWith('\uFEFFid_quarentena,motivos,como_corrigir,loja,id_pedido,'));
  assert.ok(
    exported.includes('Escreva a sigla de duas letras do estado de entrega, como SP.'),
    'how to correct is in Portuguese',
  );
  assert.ok(exported.includes(`,'=cmd|calc,`) && exported.includes(`,'-promo,`), 'formulas are neutralised');
  assert.ok(exported.includes('"=""00109"""'), 'zeros in front are protected');

  const untouched = await contents(database);
  const same = await write('igual.csv', correct(exported, {}));
  const report = await fix(same);
  assert.equal(report.accepted, 0);
  assert.deepEqual(
    report.refused.map((item) => item.reasons),
    report.refused.map((item) => item.record.reasons),
    'the same reasons as before',
  );
  assert.equal(report.refused.length, 9);
  assert.equal(await contents(database), untouched, 'lines that were not corrected change nothing');

  const fixed = await write('corrigido.csv', correct(exported, EDITS));
  const outcome = JSON.parse((await esteira('quarantine', 'fix', fixed, '--json')).stdout) as {
    accepted: number;
    refused: { orderId: string; reasons: string[] }[];
    counts: { aceitos: number; lidos: number };
  };
  assert.deepEqual(
    outcome.refused.map((item) => [item.orderId, item.reasons]),
    [['108', ['QUANTIDADE_NAO_POSITIVA']]],
  );
  assert.equal(outcome.accepted, 8);
  assert.equal(outcome.counts.aceitos, 8);

  assert.deepEqual(
    (await database.query(`SELECT id_pedido FROM pedidos_rejeitados WHERE situacao = 'aberto'`)).map(
      (row) => row['id_pedido'],
    ),
    ['108'],
  );
  assert.deepEqual(
    (
      await database.query(
        `SELECT loja, id_pedido, status, itens, valor_total::text AS total, revisao FROM pedidos ORDER BY loja COLLATE "C", id_pedido COLLATE "C"`,
      )
    ).map((row) => Object.values(row).join(' ')),
    [
      'loja 00109 Pendente 1 110.00 1',
      'loja 100 Pago 1 110.00 0',
      'loja 101 Pago 2 140.00 1',
      'loja 102 Pago 1 110.00 1',
      'loja 103 Pago 2 130.00 1',
      'loja 104 Pago 2 160.00 1',
      'loja 105 Pago 1 110.00 1',
      'loja 107 Pago 1 110.00 1',
      'loja 109 Pago 1 110.00 0',
      'outra 106 Pago 1 110.00 1',
    ],
  );
  assert.equal((await one(`SELECT nome FROM clientes WHERE email = 'calc@example.com'`))['nome'], '=cmd|calc');
  assert.equal(
    (await one(`SELECT produto FROM itens_pedido WHERE id_pedido = '102'`))['produto'],
    '-promo',
    'a neutralised text is restored',
  );
  assert.equal(
    (
      await one(
        `SELECT to_char(atualizado_em AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS t FROM pedidos WHERE id_pedido = '101'`,
      )
    )['t'],
    '2026-10-06 11:15:42',
    'the seconds that the spreadsheet dropped are kept',
  );
  assert.equal((await one(`SELECT sum(valor_total)::text AS v FROM pedidos_diarios`))['v'], '1200.00');
  assert.equal(
    (
      await one(
        `SELECT count(*)::int AS n FROM esteira.lotes WHERE lidos <> aceitos + rejeitados + duplicados + antigos`,
      )
    )['n'],
    0,
  );
  await assertRollups(database);

  await t.test('the same correction, also saved anew, and the original file again change nothing', async () => {
    const before = await contents(database);
    await fix(fixed);
    const anew = await write('corrigido-2.csv', Buffer.concat([await readFile(fixed), Buffer.from('\r\n')]));
    await esteira('quarantine', 'replay', '--fixed', anew);
    await load('loja.csv', REJECTS);
    assert.equal(await contents(database), before);
    // the same orders in another file: rejected again under the same hashes, resolved already, counted as seen
    await load('loja-2.csv', `${REJECTS}\n`);
    assert.deepEqual(
      (await database.query(`SELECT id_pedido, vezes FROM pedidos_rejeitados WHERE situacao = 'aberto'`)).map((row) =>
        Object.values(row),
      ),
      [['108', 2]],
    );
    assert.equal((await one('SELECT sum(valor_total)::text AS v FROM pedidos_diarios'))['v'], '1200.00');
    await assertRollups(database);
  });

  await t.test('a second correction of the same record supersedes the first', async () => {
    const again = await write(
      'corrigido-3.csv',
      correct(exported, { ...EDITS, STATUS_AUSENTE: (line) => void (line['status'] = 'Cancelado') }),
    );
    await fix(again);
    assert.deepEqual(await one(`SELECT status, revisao FROM pedidos WHERE id_pedido = '00109'`), {
      status: 'Cancelado',
      revisao: 2,
    });
    await assertRollups(database);
  });
});

test('a correction and a newer version end the same, whichever comes first', async (t) => {
  const rejected = csv([good('201', { status: 'Talvez' }), good('200')]);
  const newer = csv([good('201', { status: 'Reembolsado', atualizado_em: '2026-10-09 12:00:00' })]);
  const states: string[] = [];
  for (const order of ['fix first', 'newer first'] as const) {
    const { database, esteira, load, fix, write, folder } = await bench(t);
    await load('a.csv', rejected);
    await esteira('quarantine', 'export', '--out', 'c.csv', '--excel-br');
    const fixed = await write('f.csv', correct(await readFile(join(folder, 'c.csv'), 'utf8'), EDITS, ';'));
    if (order === 'newer first') await load('b.csv', newer);
    await fix(fixed);
    if (order === 'fix first') await load('b.csv', newer);
    await assertRollups(database);
    const rows = await database.query(`
      SELECT (SELECT string_agg(concat_ws(' ', id_pedido, status, revisao), ', ' ORDER BY id_pedido) FROM pedidos) AS pedidos,
        (SELECT string_agg(concat_ws(' ', id_pedido, revisao, status), ', ' ORDER BY id_pedido, atualizado_em, revisao) FROM historico_status) AS historia,
        (SELECT string_agg(situacao, ', ') FROM pedidos_rejeitados) AS quarentena, (SELECT string_agg(d::text, ';' ORDER BY d::text) FROM pedidos_diarios d) AS diarios`);
    states.push(JSON.stringify(rows));
  }
  assert.equal(states[0], states[1]);
  assert.match(states[0] ?? '', /200 Pago 0, 201 Reembolsado 0/);
  assert.match(states[0] ?? '', /201 1 Pago, 201 0 Reembolsado/);
  assert.match(states[0] ?? '', /"quarentena":"resolvido"/);
});

test('orders of other formats are exported in our columns and can be corrected too', async (t) => {
  const { database, esteira, load, fix, write, folder } = await bench(t);
  const shopify = [
    'Name,Email,Financial Status,Paid at,Currency,Shipping,Total,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Shipping City,Shipping Zip,Shipping Province,Source',
    '#1001,bia@example.com,paid,2026-10-05 10:01:00 -0300,BRL,10.00,70.00,0.00,2026-10-05 10:00:00 -0300,2,Caneca,20.00,CAN,Recife,50010-000,XX,web',
    '#1001,bia@example.com,,,,,,,2026-10-05 10:00:00 -0300,1,Prato,20.00,PRA,,,,',
    '#1002,caio@example.com,paid,2026-10-06 10:01:00 -0300,BRL,0.00,20.00,0.00,2026-10-06 10:00:00 -0300,1,Caneca,20.00,CAN,Recife,50010-000,PE,web',
  ].join('\n');
  await load('shopify.csv', `${shopify}\n`, 'lojinha');
  const document = {
    loja: 'api',
    id_pedido: 'J1',
    data_pedido: '2026-10-05T10:00:00-03:00',
    atualizado_em: '2026-10-05T11:00:00-03:00',
    canal: 'App',
    status: 'Pago',
    entrega: { cidade: 'Recife', uf: 'PE' },
    itens: [
      { sku: 'A', quantidade: '1', preco_unitario: '30.00' },
      { sku: 'B', quantidade: 'dois', preco_unitario: '10.00' },
    ],
    pagamentos: [
      { forma: 'Pix', valor: '20.00' },
      { forma: 'Boleto', valor: '30.00' },
    ],
  };
  await load('api.jsonl', `${JSON.stringify(document)}\n{"id_pedido": \n`);
  await esteira('quarantine', 'export', '--out', 'c.csv');
  const exported = await readFile(join(folder, 'c.csv'), 'utf8');
  const fixed = await write(
    'f.csv',
    correct(exported, {
      UF_DESCONHECIDA: (line) => {
        if (line['uf'] === 'XX') line['uf'] = 'PE';
      },
      QUANTIDADE_INVALIDA: (line) => {
        if (line['quantidade'] === 'dois') line['quantidade'] = '2';
      },
    }),
  );
  await fix(fixed);
  assert.deepEqual(
    (
      await database.query(
        `SELECT loja, id_pedido, itens, valor_total::text AS t, status_origem, uf FROM pedidos ORDER BY loja, id_pedido`,
      )
    ).map((row) => Object.values(row).join(' ')),
    ['api J1 2 50.00 Pago PE', 'lojinha #1001 2 70.00 paid PE', 'lojinha #1002 1 20.00 paid PE'],
  );
  assert.deepEqual(
    (await database.query(`SELECT motivos FROM pedidos_rejeitados WHERE situacao = 'aberto'`)).map(
      (row) => row['motivos'],
    ),
    [['JSON_INVALIDO']],
  );
  assert.equal((await database.query('SELECT * FROM pagamentos WHERE id_pedido = $1', ['J1'])).length, 2);
  await assertRollups(database);
});

test('a record that becomes two orders leaves the quarantine only when both are right', async (t) => {
  const { database, esteira, load, fix, write, folder } = await bench(t);
  // one order number on lines that disagree about the city, without item numbers: which is right is not guessed
  const lines = csv([
    good('601', { n_item: '', valor_total: '110.00' }),
    good('601', { n_item: '', cidade: 'Campinas', valor_total: '110.00' }),
    good('602'),
  ]);
  await load('a.csv', lines);
  await esteira('quarantine', 'export', '--out', 'c.csv');
  const exported = await readFile(join(folder, 'c.csv'), 'utf8');
  const parted =
    (quantity: string): Edit =>
    (line) => {
      if (line['cidade'] === 'Campinas') Object.assign(line, { id_pedido: '603', quantidade: quantity });
    };
  const half = await fix(await write('f.csv', correct(exported, { CABECALHO_DIVERGENTE: parted('duas') })));
  assert.deepEqual([half.accepted, half.refused.map((item) => item.reasons)], [0, [['QUANTIDADE_INVALIDA']]]);
  assert.deepEqual(
    (await database.query('SELECT id_pedido FROM pedidos')).map((row) => row['id_pedido']),
    ['602'],
  );
  assert.equal((await fix(await write('g.csv', correct(exported, { CABECALHO_DIVERGENTE: parted('2') })))).accepted, 1);
  assert.deepEqual(
    (await database.query('SELECT id_pedido, cidade FROM pedidos ORDER BY id_pedido')).map((row) =>
      Object.values(row).join(' '),
    ),
    ['601 São Paulo', '602 São Paulo', '603 Campinas'],
  );
  assert.deepEqual(
    (await database.query('SELECT situacao FROM pedidos_rejeitados')).map((row) => row['situacao']),
    ['resolvido'],
  );
  await assertRollups(database);
});

test('replay sends originals again and only those leave that pass', async (t) => {
  const { database, esteira, load } = await bench(t);
  await load('a.csv', csv([good('301', { status: 'Talvez' }), good('302', { quantidade: '0' })]));
  // an earlier version of the transform did not know a word that this one knows: its verdict is put into the quarantine by hand
  await load('b.csv', csv([good('303')]));
  await database.query(`
    INSERT INTO pedidos_rejeitados (loja, hash_original, id_pedido, atualizado_em, revisao, motivos, avisos, detalhes, valor, formato, perfil, cabecalho, original, fonte, linha, recebido_em, versao_transformacao)
    SELECT loja, '\\x01', '304', atualizado_em, 0, '{STATUS_DESCONHECIDO}', '{}', '[]', 110, formato, perfil, cabecalho, replace(replace(original, '301', '304'), 'Talvez', 'Pago'), fonte, 9, recebido_em, 0
    FROM pedidos_rejeitados WHERE id_pedido = '301'`);
  await assert.rejects(esteira('quarantine', 'replay'), /Say which records/);
  const report = JSON.parse((await esteira('quarantine', 'replay', '--all', '--json')).stdout) as {
    records: number;
    accepted: number;
    refused: unknown[];
  };
  assert.deepEqual([report.records, report.accepted, report.refused.length], [3, 1, 2]);
  assert.deepEqual(
    (await database.query(`SELECT id_pedido, situacao FROM pedidos_rejeitados ORDER BY 1`)).map((row) =>
      Object.values(row).join(' '),
    ),
    ['301 aberto', '302 aberto', '304 resolvido'],
  );
  const before = await contents(database);
  await esteira('quarantine', 'replay', '--all');
  assert.equal(await contents(database), before);
  await assertRollups(database);
});

test('a record is discarded with a reason, once, and only while it is open', async (t) => {
  const { esteira, load, one } = await bench(t);
  await load('a.csv', csv([good('401', { status: 'Talvez' })]));
  const [record] = JSON.parse((await esteira('quarantine', 'list', '--json')).stdout) as { id: string }[];
  await assert.rejects(esteira('quarantine', 'discard', record?.id ?? ''), /--why/);
  await esteira('quarantine', 'discard', record?.id ?? '', '--why', 'pedido de teste');
  assert.deepEqual(await one(`SELECT situacao, situacao_motivo FROM pedidos_rejeitados`), {
    situacao: 'descartado',
    situacao_motivo: 'pedido de teste',
  });
  await assert.rejects(
    esteira('quarantine', 'discard', record?.id ?? '', '--why', 'de novo'),
    (error: { code?: number; stderr?: string }) => error.code === 2 && /QUARANTINE_STATE/.test(error.stderr ?? ''),
  );
  assert.deepEqual(JSON.parse((await esteira('quarantine', 'list', '--json')).stdout), []);
  await assert.rejects(esteira('quarantine', 'show', 'ffff'), /QUARANTINE_ID_UNKNOWN/);
});

test('a corrected file whose lines name no record is refused and nothing is sent', async (t) => {
  const { database, esteira, load, write, folder } = await bench(t);
  await load('a.csv', csv([good('501', { status: 'Talvez' })]));
  await esteira('quarantine', 'export', '--out', 'c.csv');
  const before = await contents(database);
  const exported = await readFile(join(folder, 'c.csv'), 'utf8');
  const stranger = await write(
    'f.csv',
    correct(exported, { STATUS_DESCONHECIDO: (line) => Object.assign(line, { status: 'Pago', id_quarentena: '' }) }),
  );
  await assert.rejects(
    esteira('quarantine', 'fix', stranger),
    (error: { code?: number; stderr?: string }) =>
      error.code === 4 && /QUARANTINE_FILE_INVALID/.test(error.stderr ?? ''),
  );
  await assert.rejects(
    esteira('quarantine', 'fix', await write('g.csv', csv([good('501')]))),
    /QUARANTINE_FILE_INVALID/,
  );
  assert.equal(await contents(database), before);
});
