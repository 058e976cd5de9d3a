// The house rules that a machine can see, held against every source file; and planted violations that prove it can fail.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { test } from 'node:test';
import { violations } from './imports.ts';

const root = join(import.meta.dirname, '../..');

/** Paths of the machine somebody works on; spelt so that this file passes its own check. */
const FORBIDDEN = ['work', 'root', 'home', 'Users'].map((folder) => `/${folder}/`);

const TEXT_FILES = [
  '{src,test,scripts,bench,sql,docs,.ci}/**/*.{ts,mjs,cjs,sql,md,sh,json}',
  '*.{md,json}',
  '.ci/run',
  'esteira',
];

function filesOf(patterns: string[]): { path: string; text: string }[] {
  return globSync(patterns, { cwd: root })
    .filter((path) => path !== 'package-lock.json')
    .map((path) => ({ path: path.split(sep).join('/'), text: readFileSync(join(root, path), 'utf8') }));
}

test('every source file keeps to the layers and the house rules', () => {
  const files = filesOf(['src/**/*.ts']);
  assert.ok(files.length > 10, 'the sources are found');
  assert.deepEqual(
    files.flatMap((file) => violations(file)),
    [],
  );
});

test('no file names a path of the machine it was written on', () => {
  assert.deepEqual(
    filesOf(TEXT_FILES).flatMap(({ path, text }) =>
      FORBIDDEN.filter((word) => text.includes(word)).map((word) => `${path}: ${word}`),
    ),
    [],
  );
});

test('the lock names no registry, so that whoever installs uses their own', () => {
  assert.doesNotMatch(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
    /"resolved"|https?:\/\/(?!opencollective|github|www\.patreon|patreon|tidelift|feross|ko-fi|paypal)[^"]*\/-\//,
  );
});

test('a planted import against the layers is found', () => {
  const plant = (path: string, text: string): string[] => violations({ path, text });
  assert.match(
    plant('src/model/a.ts', "import { x } from '../storage/b.ts';")[0] ?? '',
    /model may not import storage/,
  );
  assert.match(plant('src/lib/a.ts', "import { x } from '../model/b.ts';")[0] ?? '', /lib may not import model/);
  assert.match(
    plant('src/storage/a/b.ts', "export { x } from '../../engines/c.ts';")[0] ?? '',
    /storage may not import engines/,
  );
  assert.match(
    plant('src/sources/a.ts', "const m = await import('../pipeline/c.ts');")[0] ?? '',
    /sources may not import pipeline/,
  );
  assert.match(plant('src/model/a.ts', "import '../../test/support/x.ts';")[0] ?? '', /outside src/);
  assert.match(plant('src/utils/a.ts', "import { x } from '../lib/y.ts';")[0] ?? '', /no layer/);
  assert.deepEqual(plant('src/pipeline/a.ts', "import { x } from '../storage/b.ts';"), []);
  assert.deepEqual(plant('src/model/a.ts', "// import { x } from '../storage/b.ts';"), []);
});

test('planted printing, exiting and overlong files are found', () => {
  const plant = (text: string): string => violations({ path: 'src/engines/a.ts', text }).join('\n');
  assert.match(plant("console.log('x');"), /prints/);
  assert.match(plant('process.exit(1);'), /exits/);
  assert.match(plant('process.exitCode = 1;'), /exits/);
  assert.match(plant("process.stdout.write('x');"), /standard output/);
  assert.match(plant('\n'.repeat(400) + 'const x = 1;'), /401 lines/);
  assert.match(plant('export default 1;'), /default export/);
  assert.equal(
    plant("const x = 'console.log(1)'.length; // console.log")?.includes('prints'),
    true,
    'strings count: they may be run elsewhere',
  );
  assert.deepEqual(violations({ path: 'src/cli/a.ts', text: "console.log('x'); process.exit(0);" }), []);
});
