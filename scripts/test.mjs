// `npm test`: the checks, then every *.test.ts under node:test, with one throw-away PostgreSQL for all files.
// With file names it runs only those, without the checks. What needs Java or another program is left out without it, and this is said before the last line,
// which is `N passed, N failed`, with `, N skipped` if some were left out.
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const root = join(import.meta.dirname, '..');
process.chdir(root);

const chosen = process.argv.slice(2);
const files = (chosen.length > 0 ? chosen : ['src/**/*.test.ts', 'test/**/*.test.ts'])
  .flatMap((pattern) => globSync(pattern))
  .sort();

const total = { passed: 0, failed: 0, skipped: 0 };
/** Reason -> how many tests it left out. */
const leftOut = new Map();
if (chosen.length === 0) {
  const { runChecks } = await import('./check.mjs');
  const { passed, failed } = await runChecks();
  total.passed += passed;
  total.failed += failed;
}
if (files.length === 0) {
  process.stderr.write('no test file matches\n');
  total.failed += 1;
} else {
  const { startCluster } = await import('../test/support/postgres.ts');
  process.env['ESTEIRA_TEST_HOME'] = (await startCluster({ isDurable: false })).home;
  const counts = await runFiles();
  total.passed += counts.passed;
  total.failed += counts.tests - counts.passed - counts.skipped - counts.todo;
  total.skipped += counts.skipped;
}
for (const [reason, count] of leftOut)
  process.stdout.write(`LEFT OUT: ${count} ${count === 1 ? 'test' : 'tests'}. ${reason}\n`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
// the watchdog of the throw-away cluster sees our end and removes it
process.exit(total.failed === 0 ? 0 : 1);

function runFiles() {
  return new Promise((resolve, reject) => {
    const stream = run({
      files: files.map((file) => join(root, file)),
      concurrency: Math.max(2, availableParallelism()),
      timeout: 1_200_000,
      // a file whose servers or promises never end must not hold the whole run
      signal: AbortSignal.timeout(60 * 60_000),
    });
    let counts = { passed: 0, tests: 1, skipped: 0, todo: 0 };
    stream.on('test:summary', (summary) => {
      if (summary.file === undefined) counts = summary.counts;
    });
    stream.on('test:pass', ({ skip }) => {
      if (skip === undefined || skip === false) return;
      const reason = typeof skip === 'string' ? skip : 'No reason was given.';
      leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
    });
    stream.on('error', reject);
    const shown = stream.compose(new spec());
    shown.on('end', () => resolve(counts));
    shown.pipe(process.stdout, { end: false });
  });
}
