// Decision pages are numbered without gaps and all have the same four parts.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';

const FOLDER = new URL('../../docs/decisions/', import.meta.url);
const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.md'))
  .toSorted();

test('decisions are numbered from 1 without gaps, in the file name and in the title', () => {
  assert.ok(names.length > 0);
  names.forEach((name, index) => {
    const number = index + 1;
    assert.match(name, /^\d{4}-[a-z0-9]+(-[a-z0-9]+)*\.md$/);
    assert.equal(Number(name.slice(0, 4)), number, name);
    assert.ok(readFileSync(new URL(name, FOLDER), 'utf8').startsWith(`# ${number}. `), name);
  });
});

test('every decision says context, decision, consequences and when to reconsider, on one page', () => {
  for (const name of names) {
    const text = readFileSync(new URL(name, FOLDER), 'utf8');
    const parts = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    assert.deepEqual(parts, ['Context', 'Decision', 'Consequences', 'Reconsider when'], name);
    assert.ok(text.split('\n').length <= 80, `${name} is longer than a page`);
  }
});
