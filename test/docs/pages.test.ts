// The generated pages of docs/ say what the program and the database say.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { lineDiff } from '../../scripts/docs/diff.ts';
import { errorsDoc } from '../../scripts/docs/errors.ts';
import { findStale, generatePages, ROOT, writePages } from '../../scripts/docs/pages.ts';
import { rulesDoc } from '../../scripts/docs/rules.ts';
import { findUndescribed, readSchema } from '../../scripts/docs/schema.ts';
import { ERROR_KINDS } from '../../src/catalog/errors.ts';
import { createDatabase } from '../support/postgres.ts';

test('the generated pages are up to date', async () => {
  const stale = findStale(await generatePages());
  assert.deepEqual(
    stale.map(({ path, diff }) => `${path}\n${diff}`),
    [],
    'run `node scripts/docs.ts` and commit the result',
  );
});

test('a missing page and an edited page are both reported as stale, and writing them cures it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'docs-'));
  try {
    const pages = new Map([
      ['docs/a.md', 'one\ntwo\nthree\n'],
      ['docs/b.md', 'same\n'],
    ]);
    assert.deepEqual(writePages(pages, folder), ['docs/a.md', 'docs/b.md']);
    assert.deepEqual(findStale(pages, folder), []);
    writeFileSync(join(folder, 'docs/a.md'), 'one\n2\nthree\n');
    rmSync(join(folder, 'docs/b.md'));
    assert.deepEqual(findStale(pages, folder), [
      { path: 'docs/a.md', diff: '@@ line 2\n- 2\n+ two' },
      { path: 'docs/b.md', diff: '@@ line 1\n+ same' },
    ]);
    assert.deepEqual(writePages(pages, folder), ['docs/a.md', 'docs/b.md']);
    assert.equal(readFileSync(join(folder, 'docs/a.md'), 'utf8'), 'one\ntwo\nthree\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the difference of two texts names the lines that changed, and only those', () => {
  assert.equal(lineDiff('a\nb\nc\nd', 'a\nb\nc\nd'), '');
  assert.equal(lineDiff('a\nb\nc\nd', 'a\nx\nc\ny\nd'), '@@ line 2\n- b\n+ x\n@@ line 4\n+ y');
});

test('a table, a column and a function without a comment are found', async (t) => {
  const database = await createDatabase(t);
  await database.query('CREATE TABLE coisas (id text PRIMARY KEY, nome text)');
  await database.query(`COMMENT ON COLUMN coisas.id IS 'The id.'`);
  await database.query(`CREATE FUNCTION dobro(n integer) RETURNS integer LANGUAGE sql AS 'SELECT n * 2'`);
  const schema = await readSchema((sql, values) => database.query(sql, values));
  assert.deepEqual(findUndescribed(schema), ['coisas', 'coisas.nome', 'dobro(n integer)'], database.hint);
});

test('keys, types, defaults and constraints are read from the database as it is', async (t) => {
  const database = await createDatabase(t);
  await database.query(`CREATE TABLE coisas (
    b text, a numeric(14,2) DEFAULT 0 CHECK (a >= 0), n bigint GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (b, a))`);
  await database.query('CREATE INDEX coisas_n ON coisas (n)');
  const { relations } = await readSchema((sql, values) => database.query(sql, values));
  assert.equal(relations.length, 1, database.hint);
  const [coisas] = relations;
  assert.deepEqual(coisas?.key, ['b', 'a']);
  assert.deepEqual(coisas?.constraints, ['CHECK (a >= 0::numeric)', 'INDEX btree (n)']);
  assert.deepEqual(
    coisas?.columns.map((column) => [column.name, column.type, column.isRequired, column.default]),
    [
      ['b', 'text', true, null],
      ['a', 'numeric(14,2)', true, '0'],
      ['n', 'bigint', true, 'identity'],
    ],
  );
});

test('every error code is in its page once, and every link inside the pages leads somewhere', () => {
  const errors = errorsDoc();
  for (const code of Object.keys(ERROR_KINDS)) assert.equal(errors.split(`\`${code}\``).length, 2, code);
  for (const page of [errors, rulesDoc(), readFileSync(join(ROOT, 'docs/schema.md'), 'utf8')]) {
    const headings = new Set([...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading ?? '')));
    for (const [, target] of page.matchAll(/\]\(#([^)]+)\)/g)) assert.ok(headings.has(target ?? ''), `#${target}`);
    for (const [, file] of page.matchAll(/\]\(([a-z-]+\.md)\)/g)) readFileSync(join(ROOT, 'docs', file ?? ''));
  }
});

/** GitHub's anchor of a heading: lower case, spaces to hyphens, other punctuation than `-` and `_` gone. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
