// The checks that run without running the program: types, lint, format, unused code, lock. `runChecks` is shared with the tests.
// With --write it formats (all files, or those named) instead.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = (name) => join(root, 'node_modules', '.bin', name);

const FORMATTED = ['bin', 'src', 'test', 'bench', 'scripts'].filter((folder) => existsSync(join(root, folder)));

const CHECKS = [
  { name: 'types', command: bin('tsc'), args: ['--noEmit', '-p', 'tsconfig.json'] },
  { name: 'lint', command: bin('oxlint'), args: ['--type-aware', '--deny-warnings', ...FORMATTED] },
  { name: 'format', command: bin('oxfmt'), args: ['--check', ...FORMATTED] },
  { name: 'unused code', command: bin('knip'), args: ['--no-progress'] },
  { name: 'lock', command: process.execPath, args: ['scripts/complete-lock.cjs', '--check'] },
];

/** Runs every check, two at a time; prints the output of those that fail. Result: how many passed and failed. */
export async function runChecks() {
  const counts = { passed: 0, failed: 0 };
  const queue = [...CHECKS];
  const worker = async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      const start = Date.now();
      const { code, said } = await capture(check.command, check.args);
      const isFine = code === 0;
      counts[isFine ? 'passed' : 'failed']++;
      const seconds = ((Date.now() - start) / 1000).toFixed(1);
      process.stdout.write(`${isFine ? '✔' : '✖'} ${check.name} (${seconds} s)\n${isFine ? '' : said}`);
    }
  };
  await Promise.all([worker(), worker()]);
  return counts;
}

function capture(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    child.stderr.on('data', (chunk) => (said += chunk));
    child.on('error', (error) => resolve({ code: 1, said: `${error.message}\n` }));
    child.on('close', (code) => resolve({ code, said }));
  });
}

if (import.meta.main) {
  const [flag, ...files] = process.argv.slice(2);
  if (flag === '--write') {
    const { code, said } = await capture(bin('oxfmt'), files.length > 0 ? files : FORMATTED);
    process.stdout.write(said);
    process.exitCode = code ?? 1;
  } else {
    const { failed } = await runChecks();
    process.exitCode = failed === 0 ? 0 : 1;
  }
}
