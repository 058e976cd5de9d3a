// Files that are read in spite of what was done to them: each repair, what it leaves in the table, and what is said about it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { column, goodFile, HEADER, line, stage } from './staged.ts';

const withCity = (city: string): string => `${HEADER}\n${line(1).replace('Campinas', city)}\n`;

test('input 1: a UTF-8 byte order mark before the first header is dropped', async () => {
  const found = await stage(`\ufeff${goodFile(2)}`);
  assert.deepEqual(column(found, 'id_pedido'), ['1', '2']);
  assert.deepEqual(column(found, 'linha'), ['2', '3']);
});

test('a file from the future is an export of now, and this is said', async () => {
  const now = new Date('2020-01-01T12:00:00Z');
  const isSaid = (warning: string): boolean => /lies in the future: it was read as an export of now/.test(warning);
  // the test's file was written after that
  const future = await stage(goodFile(1), { now: () => now });
  assert.deepEqual([future.staged.asOf, future.staged.warnings.filter(isSaid).length], [now, 1]);
  const present = await stage(goodFile(1));
  assert.ok(present.staged.asOf.getTime() > now.getTime());
  assert.deepEqual(present.staged.warnings.filter(isSaid), []);
  const stated = new Date('2020-01-02T12:00:00Z');
  const told = await stage(goodFile(1), { now: () => now, asOf: stated });
  assert.deepEqual([told.staged.asOf, told.staged.warnings.filter(isSaid)], [stated, []]);
});

test('input 2: a windows-1252 file is decoded, also the originals, and this is said', async () => {
  const found = await stage(
    Buffer.from(withCity('São João – 1º'), 'latin1').map((byte, index, all) =>
      all[index - 1] === 0x20 && byte === 0x13 ? 0x96 : byte,
    ),
  );
  assert.deepEqual(column(found, 'cidade'), ['São João – 1º']);
  assert.equal(found.staged.encoding, 'windows-1252');
  assert.ok(found.staged.warnings.some((warning) => warning.includes('windows-1252')));
  assert.match(found.originals[0]?.text ?? '', /São João – 1º/);
});

test('input 3: UTF-16 files with a byte order mark are decoded', async () => {
  const text = `\ufeff${withCity('São João')}`;
  const little = Buffer.from(text, 'utf16le');
  const big = Buffer.from(little).swap16();
  for (const [bytes, encoding] of [
    [little, 'utf-16le'],
    [big, 'utf-16be'],
  ] as const) {
    const found = await stage(bytes);
    assert.deepEqual(column(found, 'cidade'), ['São João']);
    assert.equal(found.staged.encoding, encoding);
    assert.equal(found.staged.contentSha256, createHash('sha256').update(bytes).digest('hex'));
    assert.equal(found.staged.bytes, bytes.length);
  }
});

test('input 4: letters lost to U+FFFD in the header are matched by pattern, and stay lost in cells', async () => {
  const found = await stage(
    'N\uFFFDmero do Pedido;Data;canal;Situa\uFFFD\uFFFDo;cidade;uf;sku;Quantidade;Pre\uFFFDo\n7;2026-03-01;Site;Pago;S\uFFFDo Paulo;SP;A;1;9,90\n',
  );
  assert.deepEqual(
    found.rows.map((row) => [row['id_pedido'], row['status'], row['cidade'], row['preco_unitario']]),
    [['7', 'Pago', 'S\uFFFDo Paulo', '9,90']],
  );
});

test('input 5: double encoding in cells is left to the rules, in the header it is understood', async () => {
  const found = await stage(goodFile(1).replace('preco_unitario', 'PreÃ§o').replace('Campinas', 'SÃ£o Paulo'));
  assert.deepEqual(column(found, 'cidade'), ['SÃ£o Paulo']);
  assert.deepEqual(column(found, 'preco_unitario'), ['29.90']);
});

test('input 6: a lonely wrong byte in a UTF-8 file damages one cell, not the file', async () => {
  const good = Buffer.from(
    `${HEADER}\n${Array.from({ length: 20 }, (_, index) => line(index).replace('Campinas', 'São Paulo')).join('\n')}\n`,
  );
  const bad = Buffer.concat([
    good,
    Buffer.from('90,2026-03-01,Site,Pago,S?'),
    Buffer.from([0x9c]),
    Buffer.from('o paulo ção,SP,A,1,9.90\n'),
  ]);
  const found = await stage(bad);
  assert.equal(found.rows[0]?.['cidade'], 'São Paulo');
  assert.equal(found.rows[20]?.['cidade'], 'S?\uFFFDo paulo ção');
});

test('input 6: lines of a windows-1252 file pasted into a UTF-8 file are read as what they are', async () => {
  const good = Buffer.from(
    `${HEADER}\n${Array.from({ length: 20 }, (_, index) => line(index).replace('Campinas', 'São Paulo')).join('\n')}\n`,
  );
  const found = await stage(
    Buffer.concat([good, Buffer.from(`${line(90).replace('Campinas', 'Maceió')}\n`, 'latin1')]),
  );
  assert.equal(found.rows[0]?.['cidade'], 'São Paulo');
  assert.equal(found.rows[20]?.['cidade'], 'Maceió');
});

test('input 8: a header without orders is accepted with no rows and a warning', async () => {
  for (const text of [`${HEADER}\n`, HEADER, `${HEADER}\n\n\n`]) {
    const found = await stage(text);
    assert.equal(found.rows.length, 0);
    assert.equal(found.staged.linesRead, 0);
    assert.deepEqual(found.staged.warnings, ['the file has a header and no orders']);
  }
});

test('input 11: columns under other names are accepted and reported', async () => {
  const found = await stage(
    'Nº do Pedido;Data do Pedido;Canal de Venda;Situação;Município;Estado;Código do Produto;Qtde;Valor Unitário\n1;01/03/2026;Site;Pago;Campinas;SP;A;2;9,90\n',
  );
  assert.deepEqual(
    found.rows.map((row) => [row['id_pedido'], row['cidade'], row['uf'], row['sku'], row['quantidade']]),
    [['1', 'Campinas', 'SP', 'A', '2']],
  );
  assert.equal(found.staged.renamedColumns.get('Qtde'), 'quantidade');
});

test('input 13: columns in another order are found by name, and extra ones are reported', async () => {
  const found = await stage(
    'brinde,preco_unitario,quantidade,sku,uf,cidade,status,canal,data_pedido,id_pedido\nsim,9.90,1,A,SP,Campinas,Pago,Site,2026-03-01,77\n',
  );
  assert.equal(found.rows[0]?.['id_pedido'], '77');
  assert.equal(found.rows[0]?.['preco_unitario'], '9.90');
  assert.deepEqual(found.staged.extraColumns, ['brinde']);
});

test('input 14: a title above the header is passed over, and line numbers stay those of the file', async () => {
  const found = await stage(`Relatório de "pedidos"\nPeríodo: março, de 2026\n\n${goodFile(2)}`);
  assert.deepEqual(column(found, 'linha'), ['5', '6']);
  assert.equal(found.staged.header, HEADER);
  assert.ok(found.staged.warnings.includes('the header was found on line 4'));
});

test('input 15: the separator is found by the header, or declared by a sep= line', async () => {
  for (const separator of [';', ',', '\t', '|']) {
    const text = goodFile(2).replaceAll(',', separator);
    const found = await stage(text);
    assert.deepEqual(column(found, 'preco_unitario'), ['29.90', '29.90']);
    assert.equal(found.staged.separator, separator);
    const declared = await stage(`sep=${separator}\r\n${text.replaceAll('\n', '\r\n')}`);
    assert.deepEqual(column(declared, 'linha'), ['3', '4']);
    assert.deepEqual(column(declared, 'preco_unitario'), ['29.90', '29.90']);
  }
});

test('input 15: more commas than semicolons in the data do not mislead', async () => {
  const found = await stage(
    `${HEADER.replaceAll(',', ';')}\n1;2026-03-01;Site;Pago;Campinas, a, b, c, d;SP;A,B,C,D,E;1;29,90\n`,
  );
  assert.equal(found.rows[0]?.['cidade'], 'Campinas, a, b, c, d');
  assert.equal(found.staged.decimalFormat, ',');
});

test('input 16: lines with too few or too many fields are kept apart with number, order and original', async () => {
  const found = await stage(
    [
      HEADER,
      ...[1, 2, 3, 4, 5, 6, 7, 8].map(line),
      '9,2026-03-01,Site',
      line(10),
      `${line(11)},a,mais`,
      line(12),
      '',
    ].join('\n'),
  );
  assert.equal(found.rows.length, 12);
  assert.deepEqual(
    found.rows
      .filter((row) => row['problema'] !== null)
      .map((row) => [row['linha'], row['problema'], row['id_pedido'], row['preco_unitario']]),
    [
      ['10', 'LINHA_CAMPOS', '9', null],
      ['12', 'LINHA_CAMPOS', '11', null],
    ],
  );
  assert.deepEqual(
    column(found, 'linha'),
    Array.from({ length: 12 }, (_, index) => String(index + 2)),
  );
  assert.deepEqual(
    column(found, 'id_pedido'),
    Array.from({ length: 12 }, (_, index) => String(index + 1)),
  );
  assert.equal(found.originals[8]?.text, '9,2026-03-01,Site');
  assert.equal(found.originals[10]?.text, `${line(11)},a,mais`);
  assert.equal(found.staged.linesBroken, 2);
});

test('input 17: a quote left open that a later quote ends damages its own line only', async () => {
  const found = await stage(
    [
      HEADER,
      ...[1, 2, 3, 4].map(line),
      line(5).replace('Campinas', '"Campinas'),
      line(6),
      line(7).replace('SKU-1', '"SKU-1"'),
      line(8),
      '',
    ].join('\n'),
  );
  assert.deepEqual(column(found, 'id_pedido'), ['1', '2', '3', '4', '5', '6', '7', '8']);
  assert.deepEqual(column(found, 'problema'), [null, null, null, null, 'LINHA_CAMPOS', null, null, null]);
  assert.deepEqual(column(found, 'linha'), ['2', '3', '4', '5', '6', '7', '8', '9']);
});

test('input 18: line ends, separators and doubled quotes inside a quoted note are data', async () => {
  const note = 'deixar na portaria; "obrigado",\nde novo\r\nfim';
  const found = await stage(`${HEADER},nota,produto\n${line(1)},x,"${note.replaceAll('"', '""')}"\n${line(2)},y,z\n`);
  assert.deepEqual(column(found, 'produto'), [note, 'z']);
  assert.deepEqual(column(found, 'linha'), ['2', '5']);
  assert.match(found.originals[0]?.text ?? '', /de novo\r\nfim"$/);
});

test('input 19: mixed line ends are understood, and count as lines', async () => {
  for (const [text, lines] of [
    [`${HEADER}\r\n${line(1)}\r\n${line(2)}\r\n`, ['2', '3']],
    [`${HEADER}\r${line(1)}\r${line(2)}\r`, ['2', '3']],
    [`${HEADER}\r\n${line(1)}\n${line(2)}\n`, ['2', '3']],
    [`${HEADER}\n${line(1)}\r\n${line(2)}\r\n`, ['2', '3']],
    [
      `${HEADER}\n${line(1)},\r\n${line(2)}\n${[3, 4, 5, 6, 7].map(line).join('\n')}`.replace('29.90,', '29.90'),
      ['2', '3', '4', '5', '6', '7', '8'],
    ],
    [`${HEADER}\r\n${line(1)}\n${line(2)}\r${line(3)}\n\n${line(4)}`, ['2', '3', '4', '6']],
  ] as const) {
    const found = await stage(text);
    assert.deepEqual(column(found, 'linha'), lines);
    assert.ok(column(found, 'preco_unitario').every((price) => price === '29.90'));
  }
});

test('input 20: a missing final line end is nothing; a line cut short is kept apart and said', async () => {
  const whole = await stage(goodFile(3).trimEnd());
  assert.equal(whole.rows.length, 3);
  assert.deepEqual(whole.staged.warnings, []);
  const cut = await stage(`${goodFile(3)}4,2026-03-0`);
  assert.deepEqual(column(cut, 'problema'), [null, null, null, 'LINHA_CAMPOS']);
  assert.equal(cut.rows[3]?.['id_pedido'], '4');
  assert.match(cut.staged.warnings.join(), /last line \(5\) is cut short/);
  const inQuotes = await stage(`${goodFile(3)}4,2026-03-01,Site,Pago,"Campin`);
  assert.deepEqual(column(inQuotes, 'problema'), [null, null, null, 'LINHA_CAMPOS']);
});

test('input 21: exactly as many lines as a spreadsheet holds is a warning', async () => {
  const found = await stage(goodFile(65_535));
  assert.equal(found.staged.linesRead, 65_535);
  assert.match(found.staged.warnings.join(), /exactly 65536 lines/);
  assert.match((await stage(goodFile(65_535).trimEnd())).staged.warnings.join(), /exactly 65536 lines/);
  assert.deepEqual((await stage(goodFile(100))).staged.warnings, []);
});

test('input 22: total rows and empty rows are skipped and counted', async () => {
  const found = await stage(`${goodFile(3)}Total geral,,,,,,,3,"89,70"\n,,,,,,,,\nTotal\n"Totais:",,\n`);
  assert.deepEqual(column(found, 'id_pedido'), ['1', '2', '3']);
  assert.equal(found.staged.linesRead, 7);
  assert.equal(found.staged.linesIgnored, 4);
});

test('input 22: lines of spaces are no orders', async () => {
  const found = await stage(`${goodFile(2)}   \n\t\n${line(3)}\n  `);
  assert.deepEqual(column(found, 'linha'), ['2', '3', '6']);
});

test('input 22: an order whose first cell only begins like a total is an order', async () => {
  const found = await stage(`${HEADER}\n${line('TOTAL-77')}\n${line('subtotal9')}\n`);
  assert.deepEqual(column(found, 'id_pedido'), ['TOTAL-77', 'subtotal9']);
});

test('input 23: blank cells of continuation lines stay NULL for the grouping', async () => {
  const found = await stage(`${HEADER}\n${line(1)}\n1,,,,,,SKU-2,3,5.00\n`);
  assert.deepEqual(
    [found.rows[1]?.['data_pedido'], found.rows[1]?.['sku'], found.rows[1]?.['loja']],
    [null, 'SKU-2', 'loja'],
  );
});

test('input 25: cells are trimmed, NBSP too, and blank ones are NULL', async () => {
  const found = await stage(
    `${HEADER}\n 1 ,\t2026-03-01\u00a0,"  Site ",Pago,\u00a0\u00a0,SP,  ,1,R$\u00a029,90\n`.replace(
      'R$\u00a029,90',
      '"R$\u00a01.029,90 "',
    ),
  );
  const row = found.rows[0];
  assert.deepEqual(
    [row?.['id_pedido'], row?.['data_pedido'], row?.['canal'], row?.['cidade'], row?.['sku'], row?.['preco_unitario']],
    ['1', '2026-03-01', 'Site', null, null, 'R$\u00a01.029,90'],
  );
  assert.equal(found.staged.decimalFormat, ',');
});

test('input 26: the decimal mark is decided by the whole file, and left open when it cannot be', async () => {
  const prices = (...all: string[]): string =>
    [HEADER, ...all.map((price, index) => line(index).replace('29.90', `"${price}"`)), ''].join('\n');
  assert.equal((await stage(prices('1.234', '29,90'))).staged.decimalFormat, ',');
  assert.equal((await stage(prices('1,234', '29.90'))).staged.decimalFormat, '.');
  assert.equal((await stage(prices('1.234', '10'))).staged.decimalFormat, null);
  assert.equal((await stage(prices('29,90', '29.90'))).staged.decimalFormat, null);
  assert.equal((await stage(prices(...Array.from({ length: 20 }, () => '29,90'), '1.50'))).staged.decimalFormat, ',');
  assert.equal((await stage(prices(...Array.from({ length: 19 }, () => '29,90'), '1.50'))).staged.decimalFormat, null);
});

test('inputs 35 and 36: order ids are text, whatever they look like', async () => {
  const ids = ['2,00001E+15', '9007199254740993', '000123', '1e5'];
  const found = await stage([HEADER, ...ids.map((id) => line(`"${id}"`)), ''].join('\n'));
  assert.deepEqual(column(found, 'id_pedido'), ids);
});

test('input 37: what spreadsheets put around ids is taken off', async () => {
  const found = await stage(
    `${HEADER},cep,produto\n${line("'1879")},"=""01310100""",'90s\n${line('"=""123"""')},"=""""","'quoted'"\n`,
  );
  assert.deepEqual(column(found, 'id_pedido'), ['1879', '123']);
  assert.deepEqual(column(found, 'cep'), ['01310100', null]);
  assert.deepEqual(column(found, 'produto'), ['90s', "'quoted'"]);
});

test('input 38: a formula is text like any other', async () => {
  const found = await stage(`${HEADER},produto\n${line(1)},=HYPERLINK(1)\n${line(2)},"=cmd|' /C calc'!A0"\n`);
  assert.deepEqual(column(found, 'produto'), ['=HYPERLINK(1)', "=cmd|' /C calc'!A0"]);
});

test('input 52: the content decides what a file is, not its name, its folder or its packing', async () => {
  const plain = await stage(goodFile(5), { name: 'a.csv' });
  const renamed = await stage(goodFile(5), { name: 'março - cópia (1).txt' });
  const packed = await stage(gzipSync(goodFile(5)), { name: 'b.csv.gz' });
  assert.equal(plain.staged.contentSha256, createHash('sha256').update(goodFile(5)).digest('hex'));
  assert.equal(renamed.staged.contentSha256, plain.staged.contentSha256);
  assert.equal(packed.staged.contentSha256, plain.staged.contentSha256);
  assert.deepEqual(packed.rows, plain.rows);
});

test('more: names that look like SQL or paths harm nothing', async () => {
  const found = await stage(`${HEADER},"'; DROP TABLE linhas; --","../../etc/passwd","a""b"\n${line(1)},x,y,z\n`, {
    name: "pedidos'; --.csv",
  });
  assert.equal(found.rows.length, 1);
  assert.deepEqual(found.staged.extraColumns, ["'; DROP TABLE linhas; --", '../../etc/passwd', 'a"b']);
});

test('more: names that mean something to DuckDB mean nothing here', async () => {
  for (const name of [
    'pedidos [1].csv',
    'pedidos*?.csv',
    '{a,b}.csv',
    'loja=outra.csv',
    'nao-e-gzip.csv.gz',
    'pedidos.parquet',
  ]) {
    const found = await stage(goodFile(2), { name });
    assert.deepEqual(column(found, 'loja'), ['loja', 'loja'], name);
    assert.equal(found.originals[1]?.text, line(2));
  }
});

test('more: emoji and control characters come through', async () => {
  const found = await stage(`${HEADER},produto\n${line(1)},Caneca ☕️ 🎁 \u0007 fim\n`);
  assert.deepEqual(column(found, 'produto'), ['Caneca ☕️ 🎁 \u0007 fim']);
});

test('any mixture of good, broken, blank, total and many-line records keeps its order, its line numbers and its originals', async () => {
  const kinds = {
    good: (id: number) => line(id),
    long: (id: number) => line(id).replace('Campinas', '"Campi\nnas"'),
    short: (id: number) => `${id},2026-03-01`,
    blank: () => '',
    total: () => 'Total geral,,,,,,,,9',
  } as const;
  const names = ['good', 'good', 'good', 'good', 'long', 'short', 'blank', 'total'] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(names.length - 1), { maxLength: 900 }),
      fc.subarray(['long', 'short', 'blank', 'total']),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      async (picks, allowed, lineEnd, isLatin) => {
        const used = picks
          .map((pick) => names[pick] ?? 'good')
          .map((kind) => (kind === 'good' || allowed.includes(kind) ? kind : 'good'));
        // Enough good lines for the file not to be refused.
        const all = [...used, ...Array.from({ length: 5 * used.length }, () => 'good' as const)];
        const expected: [string, string, string | null, string][] = [];
        let lineNumber = 2;
        const text = all.map((kind, id) => {
          const record = kinds[kind](id);
          if (kind !== 'blank' && kind !== 'total')
            expected.push([String(lineNumber), String(id), kind === 'short' ? 'LINHA_CAMPOS' : null, record]);
          lineNumber += kind === 'long' ? 2 : 1;
          return record + lineEnd;
        });
        const header = isLatin ? `${HEADER},ação` : HEADER;
        const found = await stage(
          Buffer.from(
            [header + lineEnd, ...text].join('').replaceAll('29.90', isLatin ? '29.90,x' : '29.90'),
            isLatin ? 'latin1' : 'utf8',
          ),
        );
        assert.deepEqual(
          found.rows.map((row, at) => [
            row['linha'],
            row['id_pedido'],
            row['problema'],
            found.originals[at]?.text.replace('29.90,x', '29.90'),
          ]),
          expected,
        );
        assert.deepEqual(
          column(found, 'rowid'),
          expected.map((_, index) => String(index)),
        );
      },
    ),
    { numRuns: 25 },
  );
});
