// Files that must be refused: with a stable code, exit 4, and words that say what, why and how to fix it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { goodFile, HEADER, line, refusal } from './staged.ts';

async function refusedAs(
  code: string,
  content: string | Uint8Array,
  says: RegExp,
  options: Parameters<typeof refusal>[1] = {},
): Promise<void> {
  const error = await refusal(content, options);
  assert.equal(error.code, code);
  assert.equal(error.exit, 4);
  assert.match(`${error.what} ${error.why} ${error.fix}`, says);
  assert.ok(error.what !== '' && error.why !== '' && error.fix !== '');
}

test('input 7: a file with NUL bytes is refused as binary', () =>
  refusedAs('FILE_BINARY', `${goodFile(3)}${line(4).replace('Site', 'Si\0te')}\n`, /NUL byte at offset \d+/));

test('input 7: a workbook renamed to .csv is refused by its content', () =>
  refusedAs('FILE_BINARY', Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), Buffer.alloc(200, 7)]), /\.xlsx/));

test('input 7: an old Excel workbook and a PDF renamed to .csv are refused too', async () => {
  await refusedAs('FILE_BINARY', Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600)]), /\.xls/);
  await refusedAs('FILE_BINARY', Buffer.from('%PDF-1.7\n%âãÏÓ\n'), /PDF/);
});

test('input 7: UTF-16 without its byte order mark is refused with the way out', () =>
  refusedAs('FILE_BINARY', Buffer.from(goodFile(2), 'utf16le'), /--encoding utf-16le/));

test('input 7: a gzip file that is cut short is refused', () =>
  refusedAs('FILE_COMPRESSION', gzipSync(goodFile(5000)).subarray(0, 900), /cut short/, { name: 'pedidos.csv.gz' }));

test('input 7: gzip inside gzip is refused', () =>
  refusedAs('FILE_COMPRESSION', gzipSync(gzipSync(goodFile(3))), /another gzip/));

test('input 8: an empty file is refused', () => refusedAs('FILE_EMPTY', '', /0 bytes/));

test('input 8: a file that holds nothing but a byte order mark is refused', () =>
  refusedAs('FILE_EMPTY', Buffer.from([0xef, 0xbb, 0xbf]), /nothing but a byte order mark/));
test('input 8: a file of blank lines is refused', () => refusedAs('FILE_EMPTY', '\n\n  \n', /blank lines/));

test('input 9: a header inside one quoted cell is refused and shown', () =>
  refusedAs('FILE_HEADER_IN_ONE_CELL', `"${HEADER}"\n"${line(1)}"\n`, /"id_pedido,data_pedido/));

test('input 9: the same with doubled quotes inside the cell', () =>
  refusedAs(
    'FILE_HEADER_IN_ONE_CELL',
    `"${HEADER.split(',')
      .map((name) => `""${name}""`)
      .join(',')}"\n`,
    /one quoted cell/,
  ));

test('input 10: a file that begins with data is refused, and no personal data is shown', async () => {
  const error = await refusal(
    '1001,2026-03-01,Maria da Silva,maria@example.com,Campinas,SP\n1002,2026-03-02,Ana,ana@example.com,Santos,SP\n',
  );
  assert.equal(error.code, 'FILE_NO_HEADER');
  assert.equal(error.exit, 4);
  assert.doesNotMatch(error.what + error.why + error.fix, /Maria|maria@/);
});

const PERSON = ['Maria da Silva', '52998224725', 'maria@exemplo.com.br'];

test('input 9: a line of data inside one cell is refused, and no personal data is shown', async () => {
  for (const cells of [PERSON, ['Maria da Silva', '529.982.247-25'], ['Maria da Silva', '(11) 98765-4321']]) {
    const error = await refusal(`"${cells.join(',')}"\n`);
    assert.equal(error.code, 'FILE_HEADER_IN_ONE_CELL');
    assert.doesNotMatch(error.what + error.why + error.fix, /Maria|982|@|4321/);
    assert.match(error.what, /line 1 .*not shown, because it may be personal/);
  }
});

test('input 10: a first line that nobody knows is shown only where it can be a header', async () => {
  for (const separator of [' ', ';']) {
    const error = await refusal(`${PERSON.join(separator)}\n`);
    assert.doesNotMatch(error.what + error.why + error.fix, /Maria|52998224725|exemplo/);
  }
  const unknown = await refusal(`${PERSON.join(' ')}\n`);
  assert.equal(unknown.code, 'FILE_PROFILE_UNKNOWN');
  assert.equal(unknown.what, 'pedidos.csv: nothing in its one line is a header of a known export.');
  assert.match(unknown.why, /not shown, because it may be personal/);
  const named = await refusal('alfa;beta 2;gama 3\nx;y;z\n');
  assert.match(named.why, /The first line is: alfa;beta 2;gama 3$/);
});

test('input 11: a line of data that is taken for a near header lists no personal cells', async () => {
  const error = await refusal(`id_pedido;data_pedido;canal;status;${PERSON.slice(1).join(';')}\n`);
  assert.equal(error.code, 'FILE_COLUMN_MISSING');
  assert.match(error.why, /status, \(not shown\), \(not shown\)/);
});

test('input 11: a missing column is refused by name, with the names that would be accepted', () =>
  refusedAs(
    'FILE_COLUMN_MISSING',
    goodFile(2).replace('quantidade', 'observacao'),
    /lacks the column quantidade\..*qtd/,
  ));

test('input 11: neither sku nor produto is refused', () =>
  refusedAs('FILE_COLUMN_MISSING', goodFile(2).replace('sku', 'observacao'), /sku or produto/));

test('input 11: a header that nobody knows is refused with the list of what is known', () =>
  refusedAs('FILE_PROFILE_UNKNOWN', 'alfa;beta;gama\nx;y;z\n', /shopify, nuvemshop, mercadolivre, shopee, esteira/));

test('input 12: a column named twice is refused', () =>
  refusedAs('FILE_COLUMN_TWICE', `${HEADER},Status\n${line(1)},Pago\n`, /"Status" twice/));

test('input 16: more than 20 % of broken records refuse the file; 20 % do not', async () => {
  const file = (broken: number, good: number): string =>
    [
      HEADER,
      ...Array.from({ length: good }, (_, index) => line(index)),
      ...Array.from({ length: broken }, () => '1,2,3'),
      '',
    ].join('\n');
  await refusedAs('FILE_TOO_BROKEN', file(21, 79), /21 of 100 records/);
  await assert.rejects(refusal(file(20, 80)), /the file was accepted/);
});

test('input 17: a quote that swallows the rest of the file is refused, naming its line', () =>
  refusedAs(
    'FILE_QUOTE_UNCLOSED',
    [HEADER, line(1), line(2).replace('Campinas', '"Campinas'), line(3), line(4), ''].join('\n'),
    /opened on line 3 /,
  ));

test('input 17: an unclosed quote in a large file is refused at the size limit, naming its line', () =>
  refusedAs(
    'FILE_QUOTE_UNCLOSED',
    `${HEADER}\n${line(1)}\n${line(2).replace('Campinas', '"Campinas')}\n${`${line(3)}\n`.repeat(60_000)}`,
    /opened on line 3 /,
  ));

test('input 47: dates that can only be month first are refused until declared', async () => {
  const file = [
    HEADER,
    ...['03/25/2026', '04/13/2026', '01/02/2026'].map((date, index) =>
      line(index).replace('2026-03-01 10:00:00', date),
    ),
    '',
  ].join('\n');
  await refusedAs('FILE_DATES_MONTH_FIRST', file, /--date-order mdy/);
  await assert.rejects(refusal(file, { dateOrder: 'mdy' }), /the file was accepted/);
});

test('more: a cell of 10 MB is refused', () =>
  refusedAs(
    'FILE_RECORD_TOO_LARGE',
    `${HEADER}\n${line(1).replace('Campinas', 'x'.repeat(10 << 20))}\n`,
    /larger than 1 MB/,
  ));

test('more: a quoted cell of 10 MB on one line is refused', async () => {
  const error = await refusal(`${HEADER}\n${line(1).replace('Campinas', `"${'x'.repeat(10 << 20)}"`)}\n`);
  assert.ok(['FILE_RECORD_TOO_LARGE', 'FILE_QUOTE_UNCLOSED'].includes(error.code));
  assert.equal(error.exit, 4);
});

test('more: a row of a million columns is refused', async () => {
  await refusedAs('FILE_TOO_MANY_COLUMNS', `${HEADER}\n${','.repeat(1_000_000)}x\n`, /1000001 columns/);
  await refusedAs(
    'FILE_TOO_MANY_COLUMNS',
    `${HEADER},${Array.from({ length: 5000 }, (_, index) => `x${index}`).join(',')}\n`,
    /5009 columns/,
  );
});

test('more: a first line without an end is refused', () =>
  refusedAs('FILE_RECORD_TOO_LARGE', 'x'.repeat(3 << 20), /line 1 is larger/));

test('more: a zip bomb is refused before it fills the disk', () =>
  refusedAs('FILE_TOO_LARGE', gzipSync(Buffer.alloc(80 << 20, 0x20), { level: 9 }), /1000 times/, {
    name: 'bomba.csv.gz',
  }));

test('more: content above the limit of the user is refused', () =>
  refusedAs('FILE_TOO_LARGE', gzipSync(goodFile(5000)), /limit of 1000 bytes/, { maxBytes: 1000 }));

test('an export of a store is refused without the name of the store', () =>
  refusedAs(
    'FILE_STORE_MISSING',
    'ID do pedido,Status do pedido,Data de criação do pedido,Nome do Produto,Preço acordado,Quantidade\n1A,Concluído,2026-03-01 10:00,Capa,"9,90",1\n',
    /--store/,
  ));

test('a JSON array is refused with the command that turns it into lines', async () => {
  await refusedAs('FILE_JSON_NOT_LINES', '[{"id_pedido":"1"}]', /jq -c/, { name: 'pedidos.jsonl' });
  await refusedAs('FILE_JSON_NOT_LINES', '{\n  "id_pedido": "1"\n}\n', /several lines/, { name: 'pedidos.jsonl' });
});

test('a Parquet file without its end is refused', () =>
  refusedAs('FILE_PARQUET', Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(100, 3)]), /cut short/));
