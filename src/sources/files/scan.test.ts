import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { RecordScanner, splitRecord } from './scan.ts';

interface Seen {
  text: string;
  line: number;
  fields: number;
  isMalformed: boolean;
}

/** Scans `text` in blocks of the given size, as a reader of a file would. */
function scanInBlocks(text: string, blockBytes: number, expectedFields = 0): Seen[] {
  const all = Buffer.from(text);
  const scanner = new RecordScanner(','.charCodeAt(0), 1, expectedFields);
  const seen: Seen[] = [];
  let pending = Buffer.alloc(0);
  for (let at = 0; ; at += blockBytes) {
    const block = all.subarray(at, at + blockBytes);
    const isLast = block.length === 0;
    pending = Buffer.concat([pending, block]);
    const consumed = scanner.scan(pending, 0, pending.length, isLast, (span) => {
      const { line, fields, isMalformed } = span;
      seen.push({ text: pending.subarray(span.start, span.end).toString(), line, fields, isMalformed });
    });
    pending = Buffer.from(pending.subarray(consumed));
    if (isLast) return seen;
  }
}

const cell = fc.string({
  unit: fc.constantFrom('a', 'é', ' ', ',', '"', '\n', '\r', '\r\n', "'", '=', '☕'),
  maxLength: 8,
});
const table = fc
  .record({ columns: fc.integer({ min: 2, max: 5 }), lineEnd: fc.constantFrom('\n', '\r\n') })
  .chain(({ columns, lineEnd }) =>
    fc.record({
      rows: fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 12 }),
      lineEnd: fc.constant(lineEnd),
    }),
  );

/** Writes a cell as a spreadsheet would: quoted when it must be. */
const written = (value: string): string =>
  /[",\r\n]/.test(value) || value.startsWith(' ') ? `"${value.replaceAll('"', '""')}"` : value;

test('records and cells come back as they were written, however the file is cut into blocks', () => {
  fc.assert(
    fc.property(table, fc.integer({ min: 1, max: 40 }), ({ rows, lineEnd }, blockBytes) => {
      const kept = rows.filter((row) => row.some((value) => value !== ''));
      const text = kept.map((row) => row.map(written).join(',') + lineEnd).join('');
      const seen = scanInBlocks(text, blockBytes, kept[0]?.length ?? 0);
      assert.deepEqual(
        seen.map((record) => splitRecord(record.text, ',')),
        kept,
      );
      assert.ok(seen.every((record, index) => record.fields === kept[index]?.length && !record.isMalformed));
      // The line of a record is one more than the line ends before it; a lone CR is a line end too.
      let readSoFar = '';
      for (const [index, record] of seen.entries()) {
        assert.equal(record.line, 1 + (readSoFar.match(/\r\n|\r|\n/g) ?? []).length);
        readSoFar += (kept[index] ?? []).map(written).join(',') + lineEnd;
      }
    }),
  );
});

let conn: DuckDBConnection;
let instance: DuckDBInstance;
let folder: string;
before(async () => {
  instance = await DuckDBInstance.create(':memory:');
  conn = await instance.connect();
  folder = mkdtempSync(join(tmpdir(), 'esteira-scan-'));
});
after(() => {
  conn.closeSync();
  instance.closeSync();
  rmSync(folder, { recursive: true, force: true });
});

test('DuckDB finds the same cells in what the scanner calls well formed', async () => {
  const path = join(folder, 'same.csv');
  await fc.assert(
    fc.asyncProperty(table, async ({ rows }) => {
      const kept = rows.filter((row) => row.some((value) => value.trim() !== ''));
      fc.pre(kept.length > 0);
      writeFileSync(path, kept.map((row) => `${row.map(written).join(',')}\n`).join(''));
      const columns = (kept[0] ?? []).map((_, index) => `'c${index}': 'VARCHAR'`).join(', ');
      const read = await conn.runAndReadAll(
        `SELECT * FROM read_csv('${path}', auto_detect = false, header = false, all_varchar = true, strict_mode = true, delim = ',', quote = '"', escape = '"', nullstr = '', new_line = '\\n', parallel = false, columns = {${columns}})`,
      );
      assert.deepEqual(
        read.getRows().map((row) => row.map((value) => value ?? '')),
        kept,
      );
    }),
    { numRuns: 60 },
  );
});

test('text after a closing quote is malformed, spaces are not', () => {
  assert.deepEqual(
    scanInBlocks('"a"x,b\n"a" ,b\n "a",b\na"b,"c"\n', 100).map((record) => record.isMalformed),
    [true, false, false, false],
  );
});

test('a quote in the middle of a bare cell is a letter like any other', () => {
  assert.deepEqual(
    scanInBlocks('5" pipe,2\n', 100).map((record) => [record.fields, record.isMalformed]),
    [[2, false]],
  );
  assert.deepEqual(splitRecord('5" pipe,2', ','), ['5" pipe', '2']);
});

test('an empty line has no fields, a lone separator has two', () => {
  assert.deepEqual(
    scanInBlocks('a,b\n\n,\n', 100).map((record) => [record.line, record.fields]),
    [
      [1, 2],
      [2, 0],
      [3, 2],
    ],
  );
});

test('untidy cells are marked by column, also at the edges of blocks', () => {
  for (let blockBytes = 1; blockBytes < 30; blockBytes++) {
    const scanner = new RecordScanner(','.charCodeAt(0), 1, 4);
    const all = Buffer.from("a b,c , d,'1\nx y,z,w w,v\n");
    let pending = Buffer.alloc(0);
    for (let at = 0; at <= all.length; at += blockBytes) {
      pending = Buffer.concat([pending, all.subarray(at, at + blockBytes)]);
      pending = Buffer.from(pending.subarray(scanner.scan(pending, 0, pending.length, false, () => true)));
    }
    assert.deepEqual([...scanner.untidy.subarray(0, 4)], [0, 1, 1, 1], `blocks of ${blockBytes}`);
  }
});
