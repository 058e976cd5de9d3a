// The glossary pairs every name of the contract and of the database with one English name, and has no others.
import assert from 'node:assert/strict';
import test from 'node:test';
import { readMigratedSchema } from '../../scripts/docs/migrated-schema.ts';
import { findUndescribed, qualifiedName } from '../../scripts/docs/schema.ts';
import { LINE_COLUMNS } from '../../src/model/contract.ts';
import { COLUMN_NAMES, TABLE_NAMES } from '../../src/model/glossary.ts';

const schema = await readMigratedSchema();

/** Names only in one of two lists, sorted. */
function compare(used: Iterable<string>, declared: Iterable<string>): { missing: string[]; unused: string[] } {
  const [a, b] = [new Set(used), new Set(declared)];
  return {
    missing: [...a].filter((name) => !b.has(name)).toSorted(),
    unused: [...b].filter((name) => !a.has(name)).toSorted(),
  };
}

test('every column of the contract and of the database is in the glossary, and nothing else is', () => {
  const used = [
    ...LINE_COLUMNS,
    ...schema.relations.flatMap((relation) => relation.columns.map((column) => column.name)),
  ];
  assert.deepEqual(compare(used, Object.values(COLUMN_NAMES)), { missing: [], unused: [] });
});

test('every table and view of the database is in the glossary, and nothing else is', () => {
  assert.deepEqual(compare(schema.relations.map(qualifiedName), Object.values(TABLE_NAMES)), {
    missing: [],
    unused: [],
  });
});

test('a name that is missing and one that is no longer used are both found', () => {
  assert.deepEqual(compare(['frete', 'loja'], ['loja', 'antigo']), { missing: ['frete'], unused: ['antigo'] });
});

test('each data name has one English name, in the spelling of its language', () => {
  for (const names of [COLUMN_NAMES, TABLE_NAMES]) {
    const dataNames = Object.values(names);
    assert.equal(new Set(dataNames).size, dataNames.length);
    for (const [code, data] of Object.entries(names)) {
      assert.match(code, /^[a-z][a-zA-Z0-9]*$/);
      assert.match(data, /^(esteira\.)?[a-z][a-z0-9_]*$/);
    }
  }
});

test('every table, view, column and function of the warehouse has a comment', () => {
  assert.deepEqual(findUndescribed(schema), []);
});
