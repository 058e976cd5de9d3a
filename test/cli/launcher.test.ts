// How the program starts and ends: bin/esteira.cjs, the command of the installed package, on a Node that is too old (test/integration/pack.test.ts runs it on
// the right one); a failure with something left open.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { packagePath } from '../../src/lib/paths.ts';

const LAUNCHER = packagePath('bin', 'esteira.cjs');

/** Runs the launcher on a Node that says it is another one. */
function launch(version: string): { code: number | null; stdout: string; stderr: string } {
  const claim = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  const args = ['--import', `data:text/javascript,${encodeURIComponent(claim)}`, LAUNCHER, '--version'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

for (const version of ['12.22.12', '20.20.2', '23.11.0']) {
  test(`Node ${version} is refused in three lines, before anything that it cannot parse`, () => {
    const { code, stdout, stderr } = launch(version);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    const lines = stderr.trimEnd().split('\n');
    assert.equal(lines[0], `Esteira cannot start: this is Node ${version}, and it needs Node 24 or newer.`);
    assert.match(lines[1] ?? '', /^Why: /);
    assert.match(lines[2] ?? '', /^Fix: .*Node 24/);
    assert.equal(lines.length, 3);
  });
}

test('a command that has told its failure ends, even with something left open', () => {
  const open = 'setInterval(() => undefined, 60_000)';
  const args = ['--import', `data:text/javascript,${encodeURIComponent(open)}`, packagePath('src', 'cli', 'main.ts')];
  const { status, stderr } = spawnSync(process.execPath, [...args, 'run', 'nowhere.csv'], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  assert.match(stderr, /nowhere\.csv/);
  assert.equal(status, 2, stderr);
});

test('the launcher has no words that Node 12 cannot parse', () => {
  const code = readFileSync(LAUNCHER, 'utf8');
  assert.doesNotMatch(code, /\?\.|\?\?|\|\|=|^import |^\s*await |#\w+ ?[=(]/m);
});
