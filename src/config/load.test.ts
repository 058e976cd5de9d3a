import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EsteiraError } from '../lib/errors.ts';
import { configDoc } from './document.ts';
import { stripComments } from './file.ts';
import { SETTING_NAMES, SETTINGS } from './keys.ts';
import { duration, memory, memoryMb, postgresUrl } from './kinds.ts';
import { loadConfig } from './load.ts';
import { editDistance, nearest } from './nearest.ts';

function folders(t: TestContext): { cwd: string; home: string } {
  const root = mkdtempSync(join(tmpdir(), 'esteira config '));
  t.after(() => rmSync(root, { recursive: true }));
  const [cwd, home] = [join(root, 'cwd'), join(root, 'home')];
  mkdirSync(cwd);
  mkdirSync(home);
  return { cwd, home };
}

const refuses = (work: () => unknown, pattern: RegExp): void =>
  assert.throws(work, (error) => {
    assert.ok(error instanceof EsteiraError);
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.equal(error.exit, 2);
    assert.match(`${error.what} ${error.why} ${error.fix}`, pattern);
    return true;
  });

test('a flag beats a variable, which beats the working folder, which beats the home, which beats the default', (t) => {
  const { cwd, home } = folders(t);
  const env: NodeJS.ProcessEnv = { ESTEIRA_HOME: home };
  const threads = (flags = {}): [number, string] => {
    const config = loadConfig({ cwd, env, flags });
    return [config.get('threads'), config.entries().find((entry) => entry.key === 'threads')?.origin.source ?? ''];
  };
  assert.deepEqual(threads(), [0, 'default']);
  writeFileSync(join(home, 'esteira.json'), '{ "threads": 1 }');
  assert.deepEqual(threads(), [1, 'file']);
  writeFileSync(join(cwd, 'esteira.jsonc'), '{ "threads": 2, /* mine */ }');
  assert.deepEqual(threads(), [2, 'file']);
  env['ESTEIRA_THREADS'] = '3';
  assert.deepEqual(threads(), [3, 'env']);
  assert.deepEqual(threads({ threads: '4' }), [4, 'flag']);
  env['ESTEIRA_THREADS'] = '';
  assert.deepEqual(threads(), [2, 'file']);
});

test('nested and dotted names mean the same', (t) => {
  const { cwd, home } = folders(t);
  for (const file of [
    '{ "batch": { "lines": 7 }, "max_outage": "90s" }',
    '{ "batch.lines": "7", "max_outage": "90s" }',
  ]) {
    writeFileSync(join(cwd, 'esteira.json'), file);
    const config = loadConfig({ cwd, env: { ESTEIRA_HOME: home } });
    assert.equal(config.get('batch.lines'), 7);
    assert.equal(config.get('max_outage'), 90_000);
  }
});

test('the home defaults to the XDG data folder and a relative one is made absolute', (t) => {
  const { cwd } = folders(t);
  assert.equal(loadConfig({ cwd, env: { XDG_DATA_HOME: '/x/data' } }).get('home'), '/x/data/esteira');
  assert.equal(loadConfig({ cwd, env: {}, flags: { home: 'here' } }).get('home'), join(cwd, 'here'));
});

test('an unknown name is an error that names the nearest one', (t) => {
  const { cwd, home } = folders(t);
  writeFileSync(join(cwd, 'esteira.json'), '{ "warehouse": { "ulr": "postgresql://h/d" } }');
  refuses(() => loadConfig({ cwd, env: { ESTEIRA_HOME: home } }), /no setting warehouse\.ulr.*mean warehouse\.url/);
  refuses(() => loadConfig({ cwd: home, env: { ESTEIRA_WAREHOUS_URL: 'x' } }), /ESTEIRA_WAREHOUSE_URL/);
  const otherVariables = ['ESTEIRA_SHOP_TOKEN'];
  refuses(() => loadConfig({ cwd: home, env: { ESTEIRA_SHOP_TOKN: 'x' }, otherVariables }), /mean ESTEIRA_SHOP_TOKEN/);
  loadConfig({ cwd: home, env: { ESTEIRA_SHOP_TOKEN: 'x', ESTEIRA_TEST_HOME: 'x' }, otherVariables });
});

test('a value that does not parse names its source and what was expected, and a secret one is not repeated', (t) => {
  const { cwd } = folders(t);
  refuses(() => loadConfig({ cwd, env: { ESTEIRA_THREADS: 'many' } }), /"many".*ESTEIRA_THREADS.*whole number from 0/);
  assert.throws(
    () => loadConfig({ cwd, env: { ESTEIRA_WAREHOUSE_URL: 'postgresql://app:s3cret@host' } }),
    (error) =>
      error instanceof EsteiraError &&
      !JSON.stringify([error.what, error.why, error.fix, error.message]).includes('s3cret'),
  );
});

test('two settings files, broken JSON, lists and a home inside the home are refused', (t) => {
  const { cwd, home } = folders(t);
  const env = { ESTEIRA_HOME: home };
  for (const [content, pattern] of [
    ['{ "threads": ', /cannot be read as JSON/],
    ['{ "threads": [1] }', /threads has a value/],
    ['[]', /the file has a value/],
  ] as const) {
    writeFileSync(join(cwd, 'esteira.json'), content);
    refuses(() => loadConfig({ cwd, env }), pattern);
  }
  writeFileSync(join(cwd, 'esteira.jsonc'), '{}');
  refuses(() => loadConfig({ cwd, env }), /two settings files/);
  writeFileSync(join(home, 'esteira.json'), '{ "home": "/elsewhere" }');
  refuses(() => loadConfig({ cwd: join(cwd, '..'), env }), /cannot say where/);
});

test('what is shown masks passwords and keeps the rest', (t) => {
  const { cwd } = folders(t);
  const config = loadConfig({
    cwd,
    env: { ESTEIRA_WAREHOUSE_URL: 'postgresql://app:s3cret@db:5432/ecommerce?sslmode=verify-full' },
  });
  const shown = config.entries().find((entry) => entry.key === 'warehouse.url')?.shown;
  assert.equal(shown, 'postgresql://app:***@db:5432/ecommerce?sslmode=verify-full');
  assert.equal(config.get('warehouse.url'), 'postgresql://app:s3cret@db:5432/ecommerce?sslmode=verify-full');
});

test('NO_COLOR switches colours off unless a flag asks for them', (t) => {
  const { cwd } = folders(t);
  assert.equal(loadConfig({ cwd, env: { NO_COLOR: '1' } }).get('color'), 'never');
  assert.equal(loadConfig({ cwd, env: { NO_COLOR: '1' }, flags: { color: 'always' } }).get('color'), 'always');
  assert.equal(loadConfig({ cwd, env: {} }).get('color'), 'auto');
});

test('durations and memory sizes parse and are shown as people write them', () => {
  for (const [text, ms, shown] of [
    ['500ms', 500, '500ms'],
    ['90 s', 90_000, '90s'],
    ['120s', 120_000, '2min'],
    ['2H', 7_200_000, '2h'],
    ['0s', 0, '0ms'],
  ] as const) {
    const parsed = duration.parse(text);
    assert.ok('value' in parsed);
    assert.equal(parsed.value, ms);
    assert.equal(duration.show(parsed.value), shown);
  }
  for (const text of ['5', '-1s', '1.5min', 'five minutes', '']) assert.ok('expected' in duration.parse(text), text);
  const size = memory('256MB');
  assert.deepEqual(size.parse('1.5 gib'), { value: '1.5GiB' });
  assert.deepEqual(size.parse('512mb'), { value: '512MB' });
  assert.deepEqual(size.parse('256MB'), { value: '256MB' });
  for (const text of ['0GB', '1', 'GB', '1PB', '1KB', '255.9MB', '0.2GB'])
    assert.ok('expected' in size.parse(text), text);
});

test('a warehouse URL needs the right scheme and a database', () => {
  assert.deepEqual(postgresUrl.parse('postgres://h/d'), { value: 'postgres://h/d' });
  for (const text of ['mysql://h/d', 'postgresql://h', 'postgresql://h/', 'h/d', ''])
    assert.ok('expected' in postgresUrl.parse(text), text);
});

test('comments and final commas are blanked, strings are not', () => {
  const source = '{ // a\n "u": "http://x/*y*/,}", /* b */ "n": [1,],\n}';
  assert.deepEqual(JSON.parse(stripComments(source)), { u: 'http://x/*y*/,}', n: [1] });
});

test('the nearest name is found within a slip, not beyond', () => {
  // Levenshtein's own kind of example: three edits
  assert.equal(editDistance('kitten', 'sitting'), 3);
  assert.equal(nearest('tread', ['threads', 'home']), 'threads');
  assert.equal(nearest('zzz', ['threads', 'home']), undefined);
  const states = ['AP', 'RO', 'SC', 'SP', 'São Paulo', 'ND'];
  for (const unlike of ['XX', 'XY', 'Z']) assert.equal(nearest(unlike, states), undefined, unlike);
  // one of several, at the same distance: none is meant more than another
  assert.equal(nearest('XP', states), undefined);
  assert.equal(nearest('RX', states), 'RO');
  assert.equal(nearest('Sao Pualo', states), 'São Paulo');
  assert.equal(nearest('Ap', ['Site', 'App', 'Marketplace', 'Outro']), 'App');
  assert.equal(nearest('sit', ['Site', 'App', 'Marketplace', 'Outro']), 'Site');
});

test('the reference page has one row for every setting', () => {
  const page = configDoc();
  for (const key of SETTING_NAMES) {
    assert.match(page, new RegExp(`^\\| \`${key.replaceAll('.', '\\.')}\` .*\`${SETTINGS[key].env}\``, 'm'));
  }
});

test('a memory size becomes the whole MiB that Java is told', () => {
  assert.equal(memoryMb('512MiB'), 512);
  assert.equal(memoryMb('1GiB'), 1024);
  // 10^9 / 2^20 = 953.67
  assert.equal(memoryMb('1GB'), 953);
});
