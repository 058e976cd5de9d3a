// `esteira sql` below its command: what it runs, what it refuses and how it says so, against a real PostgreSQL as the reading role.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { EsteiraError } from '../../src/lib/errors.ts';
import pg from 'pg';
import { printStream } from '../../src/cli/output/print-result.ts';
import { runReadOnly } from '../../src/pipeline/readonly-sql.ts';
import { createDatabase } from '../support/postgres.ts';

async function reader(t: { after(hook: () => Promise<void>): void }): Promise<{
  client: pg.Client;
  read: (statement: string, timeoutMs?: number) => Promise<{ columns: string[]; rows: (string | null)[][] }>;
}> {
  const open: pg.Client[] = [];
  const database = await createDatabase({
    after: (drop) =>
      t.after(async () => {
        for (const connection of open) await connection.end();
        await drop();
      }),
  });
  const client = new pg.Client(database.readUrl);
  open.push(client);
  await client.connect();
  const read = (statement: string, timeoutMs = 10_000) =>
    runReadOnly(client, statement, { timeoutMs }, async (result) => {
      const rows: (string | null)[][] = [];
      for await (const row of result.rows) rows.push([...row]);
      return { columns: result.columns.map((column) => `${column.name}:${column.kind}`), rows };
    });
  return { client, read };
}

test('values come back exactly as the database holds them, with kinds by type and distinct names', async (t) => {
  const { read } = await reader(t);
  const statement = `SELECT 1 AS a, 1234567890123456789012.50::numeric AS a, true AS b, NULL::text AS c, '2026-11-23 23:30:00+00'::timestamptz AS d, 'x;y' AS e`;
  assert.deepEqual(await read(statement), {
    columns: ['a:integer', 'a_2:number', 'b:boolean', 'c:text', 'd:timestamp', 'e:text'],
    rows: [['1', '1234567890123456789012.50', 'true', null, '2026-11-23T20:30:00-03:00', 'x;y']],
  });
});

test('every reading statement runs: brackets, comments, VALUES, EXPLAIN, SHOW and a closing semicolon', async (t) => {
  const { read } = await reader(t);
  for (const statement of [
    '-- c\n/* d */ (SELECT 1);',
    'VALUES (1)',
    'WITH x AS (SELECT 1) TABLE x',
    'SHOW TimeZone',
    'EXPLAIN SELECT 1',
  ]) {
    assert.equal((await read(statement)).rows.length, 1, statement);
  }
  assert.deepEqual((await read('SELECT 1 AS nada WHERE false')).columns, ['nada:integer']);
});

test('a large result is read in pages, in order and whole', async (t) => {
  const { read } = await reader(t);
  const { rows } = await read('SELECT n FROM generate_series(1, 6000) n ORDER BY n');
  assert.equal(rows.length, 6000);
  assert.deepEqual([rows[0], rows[1999], rows[2000], rows[5999]], [['1'], ['2000'], ['2001'], ['6000']]);
});

test('what is no statement that reads is refused with what was probably meant', async (t) => {
  const { read } = await reader(t);
  const refusal = async (statement: string): Promise<{ what: string; fix: string }> => {
    const error: unknown = await read(statement).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof EsteiraError && error.code === 'USAGE', statement);
    return error;
  };
  for (const statement of ['\\d pedidos', ' \\dt', '\\?']) {
    const { what, fix } = await refusal(statement);
    assert.equal(what, `${statement.trim().split(' ')[0]} is a command of psql, not SQL.`);
    assert.match(fix, /docs\/schema\.md.*esteira sql "SELECT/);
  }
  assert.equal((await refusal('SELEC 1')).fix, 'Did you mean SELECT?');
  assert.match((await refusal('quantos pedidos?')).fix, /^Begin with SELECT; docs\/schema\.md/);
  assert.match((await refusal('COMMIT')).fix, /^Begin with SELECT/);
  assert.match((await refusal('-- none\nupdate pedidos SET uf = NULL')).fix, /^Orders change by loading them/);
  assert.match((await refusal('')).what, /no SQL statement/);
});

test('what would write is refused, whichever way it is dressed', async (t) => {
  const { read } = await reader(t);
  for (const statement of [
    'DELETE FROM pedidos',
    'COMMIT',
    'SET default_transaction_read_only = off',
    'DO $$ BEGIN END $$',
    '',
    '-- only a comment',
  ]) {
    await assert.rejects(read(statement), { code: 'USAGE' }, statement);
  }
  for (const statement of [
    'SELECT 1; DROP TABLE x',
    'WITH x AS (CREATE TABLE y (a int)) SELECT 1',
    'EXPLAIN ANALYZE CREATE TABLE y AS SELECT 1',
    `SELECT set_config('transaction_read_only', 'off', false)`,
    'SELECT 1 INTO y',
  ]) {
    await assert.rejects(read(statement), { code: 'SQL_REFUSED' }, statement);
  }
  await assert.rejects(read('SELECT 1; SELECT 2'), { what: 'Only one statement can be run at a time.' });
});

test('an error names the place in the words of the user, after wide characters too', async (t) => {
  const { read } = await reader(t);
  await assert.rejects(
    read(`SELECT '🎁' AS "presente",\n  valr FROM (SELECT 1 AS valor) x`),
    (error: { code: string; why: string }) => {
      assert.equal(error.code, 'SQL_REFUSED');
      assert.match(
        error.why,
        /column "valr" does not exist \(SQLSTATE 42703\) at line 2, column 3:\n {2} {2}valr FROM .*\n {4}\^$/,
      );
      return true;
    },
  );
  await assert.rejects(read('SELECT 1/n FROM generate_series(-2500, 10) n'), {
    code: 'SQL_REFUSED',
    why: 'division by zero (SQLSTATE 22012)',
  });
});

test('a statement that takes too long is stopped, and the connection goes on', async (t) => {
  const { read } = await reader(t);
  await assert.rejects(read('SELECT pg_sleep(20)', 100), { code: 'SQL_TIMEOUT' });
  assert.deepEqual((await read('SELECT 1')).rows, [['1']]);
});

test('piped rows are aligned by the first ones and all arrive; JSON streams as one array', async (t) => {
  const { client } = await reader(t);
  const print = async (statement: string, json: boolean): Promise<string> => {
    const stdout = new PassThrough();
    const printed = text(stdout);
    const count = await runReadOnly(client, statement, { timeoutMs: 0 }, (result) =>
      printStream(result.columns, result.rows, { json }, { stdout, stderr: new PassThrough(), env: {} }),
    );
    stdout.end();
    assert.equal(count, 3000);
    return printed;
  };
  const lines = (await print('SELECT n, n::text AS t FROM generate_series(1, 3000) n', false)).split('\n');
  assert.deepEqual([lines.length, lines[0], lines[1], lines[3000]], [3002, '  n  t', '  1  1', '3000  3000']);
  const rows = JSON.parse(await print('SELECT n FROM generate_series(1, 3000) n', true)) as { n: number }[];
  assert.equal(
    rows.reduce((sum, row) => sum + row.n, 0),
    4_501_500,
  );
});
