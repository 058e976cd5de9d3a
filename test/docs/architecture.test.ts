// The map and the land: every path, link and anchor in our pages leads somewhere, so does every path in a comment, a constant is in the file that a page says,
// and the map stays short.
import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
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

for (const folder of ['docs', 'docs/decisions']) {
  test(`every path that a page of ${folder} names exists`, () => {
    const pages = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.md'));
    assert.notEqual(pages.length, 0);
    for (const name of pages) {
      const missing = pathsIn(read(`${folder}/${name}`)).filter(
        (path) => !isThere(path) && !existsSync(join(ROOT, folder, path)),
      );
      assert.deepEqual(missing, [], name);
    }
  });
}

/** All that people write, but for what is installed or made. */
const FILES = globSync(
  [
    '*.{md,ts,json}',
    '.ci/*',
    '{src,test,bench,scripts,docs,deploy,sql}/**/*.{ts,mjs,cjs,md,proto,sql,yaml,service}',
    'deploy/Docker*',
  ],
  { cwd: ROOT },
);

test('every path that a comment names exists', () => {
  const missing = FILES.filter((file) => !/\.(md|json)$/.test(file)).flatMap((file) =>
    pathsInComments(read(file))
      .filter((path) => !isThere(path))
      .map((path) => `${file}: ${path}`),
  );
  assert.ok(FILES.length > 300, 'files were not found');
  assert.deepEqual(missing, []);
});

test('a constant that is said to be in a file occurs in it', () => {
  const said = FILES.flatMap((file) => constantsIn(read(file)).map((place) => ({ file, ...place })));
  assert.ok(said.length >= 5, 'mentions were not found');
  assert.deepEqual(
    said.filter(({ name, path }) => !read(path).includes(name)),
    [],
  );
});

test('a path in a comment and a constant in the wrong file are found, and code is no comment', () => {
  const text = [
    "const path = 'src/none.ts';",
    '  // see src/gone.ts, and src/cli/*.ts',
    ' * docs/decisions/0001.',
    '-- sql/none.sql',
  ].join('\n');
  assert.deepEqual(pathsInComments(text), ['src/gone.ts', 'src/cli/*.ts', 'docs/decisions/0001', 'sql/none.sql']);
  assert.deepEqual(
    pathsInComments(text).filter((path) => !isThere(path)),
    ['src/gone.ts', 'sql/none.sql'],
  );
  assert.deepEqual(constantsIn('// SOME_NAME in\n// src/cli/main.ts; `STACK_CHECKS` (`src/cli/stack-checks.ts`)'), [
    { name: 'SOME_NAME', path: 'src/cli/main.ts' },
    { name: 'STACK_CHECKS', path: 'src/cli/stack-checks.ts' },
  ]);
});

/** As it is written, as a pattern (`<name>` stands for any), or by the number that a decision's name begins with. */
function isThere(path: string): boolean {
  const pattern = path.replaceAll(/<\w+>/g, '*');
  return existsSync(join(ROOT, path)) || globSync([pattern, `${pattern}-*.md`], { cwd: ROOT }).length > 0;
}

/** Paths of the repository in lines that are comments of TypeScript, SQL, YAML or a shell. */
function pathsInComments(text: string): string[] {
  const comments = text.split('\n').filter((line) => /^\s*(?:\/\/|\/?\*|--|#)/.test(line));
  return comments.flatMap((line) => [
    ...(line.match(/(?<![\w./@-])(?:src|test|docs|deploy|scripts|bench|sql|data|bin|\.ci)\/[\w.*{},/-]*[\w*/}]/g) ??
      []),
  ]);
}

/** "NAME in path" and "NAME (path)", with or without backticks, also over the end of a line of a comment. */
function constantsIn(text: string): { name: string; path: string }[] {
  const flat = text.replaceAll(/\n\s*(?:\/\/|\*|--|#)?\s*/g, ' ');
  const mentions = flat.matchAll(
    /\b([A-Z][A-Z0-9]*_[A-Z0-9_]+|[A-Z]{4,})`? (?:in |\()`?((?:src|test|scripts|bench|deploy|sql)\/[\w./-]*\.\w+)/g,
  );
  return [...mentions].map(([, name = '', path = '']) => ({ name, path }));
}

test('ARCHITECTURE.md has at most 200 lines', () => {
  assert.ok(read('ARCHITECTURE.md').trimEnd().split('\n').length <= 200);
});

test('every layer of src has its row in the table of layers', () => {
  const text = read('ARCHITECTURE.md');
  for (const entry of readdirSync(join(ROOT, 'src'), { withFileTypes: true })) {
    if (entry.isDirectory()) assert.match(text, new RegExp(`^\\| \`src/${entry.name}\` \\|`, 'm'));
  }
});

test('every invariant names the files that enforce it, with a test among them', () => {
  const text = read('ARCHITECTURE.md');
  for (let n = 1; n <= 7; n++) {
    const row = new RegExp(`^\\| I${n} \\|.*$`, 'm').exec(text)?.[0] ?? '';
    assert.match(row, /`test\/[^`]+\.test\.ts`/, `I${n}`);
  }
});

test('a path that does not exist is found, in a link and in backticks, and text in a block is no path', () => {
  const page =
    'See [x](docs/none.md#y), `src/none.ts`, `src/cli`, [z](https://example.com/) and\n```sh\nsrc/also/none\n```\n';
  assert.deepEqual(missingPaths(page), ['docs/none.md', 'src/none.ts']);
});
