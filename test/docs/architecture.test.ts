// The map and the land: every path, link and anchor in the pages at the root leads somewhere, and the map stays short.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { anchorsOf, pathsIn } from '../support/markdown.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = ['ARCHITECTURE.md', 'README.md', 'README.pt-BR.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

function missingPaths(page: string): string[] {
  return pathsIn(page).filter((path) => !existsSync(join(ROOT, path)));
}

for (const page of PAGES) {
  test(`every path that ${page} names exists`, () => {
    assert.deepEqual(missingPaths(read(page)), []);
  });

  test(`every anchor that ${page} links to is a heading`, () => {
    for (const [, file, anchor] of read(page).matchAll(/\]\(([^)#\s:]*)#([^)\s]+)\)/g)) {
      const target = file === undefined || file === '' ? page : file;
      assert.ok(anchorsOf(read(target)).has(anchor ?? ''), `${target}#${anchor}`);
    }
  });
}

test('every path that a decision names exists', () => {
  for (const name of readdirSync(join(ROOT, 'docs/decisions'))) {
    const missing = pathsIn(read(`docs/decisions/${name}`)).filter(
      (path) => !existsSync(join(ROOT, path)) && !existsSync(join(ROOT, 'docs/decisions', path)),
    );
    assert.deepEqual(missing, [], name);
  }
});

test('ARCHITECTURE.md has at most 200 lines', () => {
  assert.ok(read('ARCHITECTURE.md').trimEnd().split('\n').length <= 200);
});

test('every layer of src has its row in the table of layers', () => {
  const text = read('ARCHITECTURE.md');
  for (const entry of readdirSync(join(ROOT, 'src'), { withFileTypes: true })) {
    if (entry.isDirectory()) assert.match(text, new RegExp(`^\\| \`src/${entry.name}\` \\|`, 'm'));
  }
});

test('every invariant from I1 to I6 names a test file, and I7 says when it comes', () => {
  const text = read('ARCHITECTURE.md');
  for (let n = 1; n <= 7; n++) {
    const row = new RegExp(`^\\| I${n} \\|.*$`, 'm').exec(text)?.[0] ?? '';
    assert.match(row, n < 7 ? /`test\/[^`]+\.test\.ts`/ : /Spark/, `I${n}`);
  }
});

test('a path that does not exist is found, in a link and in backticks, and text in a block is no path', () => {
  const page =
    'See [x](docs/none.md#y), `src/none.ts`, `src/cli`, [z](https://example.com/) and\n```sh\nsrc/also/none\n```\n';
  assert.deepEqual(missingPaths(page), ['docs/none.md', 'src/none.ts']);
});
