// The tasks of this repository, always under Node 24 and with packages installed: bootstrap.cjs has seen to both.
import './assert-node.mjs';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const [task = '', ...rest] = process.argv.slice(2);

/** Runs one of our programs with this Node; the result is its exit code. */
function node(...args) {
  const { status, signal } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (signal !== null) process.kill(process.pid, signal);
  return status ?? 1;
}

const TASKS = {
  demo: () => node('--import', './scripts/assert-node.mjs', 'src/cli/main.ts', 'demo', ...rest),
  test: () => node('scripts/test.mjs', ...rest),
  check: () => node('scripts/check.mjs', ...rest),
  format: () => node('scripts/check.mjs', '--write', ...rest),
  build: () => node('scripts/build.mjs'),
  docs: () => node('scripts/docs.ts', ...rest),
  bench: () => {
    const name = rest[0] ?? '';
    const file = `bench/${name}.ts`;
    if (/^[a-z0-9-]+$/.test(name) && existsSync(join(root, file))) return node(file, ...rest.slice(1));
    process.stderr.write('usage: npm run bench -- csv-to-warehouse (or another file of bench/)\n');
    return 2;
  },
};

const run = TASKS[task];
if (run === undefined) process.stderr.write(`usage: bootstrap.cjs ${Object.keys(TASKS).join('|')}\n`);
process.exitCode = run === undefined ? 2 : run();
