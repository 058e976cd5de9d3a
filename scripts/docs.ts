// Writes the generated pages of docs/, or with --check says which of them are stale and ends with 1.
// Usage: node scripts/docs.ts [--check]. It starts a throw-away PostgreSQL to read the schema from, and changes nothing else.
import { findStale, generatePages, writePages } from './docs/pages.ts';

const words = process.argv.slice(2);
if (words.some((word) => word !== '--check')) {
  process.stderr.write('Usage: node scripts/docs.ts [--check]\n');
  process.exit(2);
}

const pages = await generatePages();
if (words.includes('--check')) {
  const stale = findStale(pages);
  for (const { path, diff } of stale) process.stdout.write(`${path} is stale:\n${diff}\n`);
  process.stdout.write(
    stale.length === 0 ? `${pages.size} pages are up to date\n` : 'Run `node scripts/docs.ts` and commit the result.\n',
  );
  process.exit(stale.length === 0 ? 0 : 1);
}
for (const path of writePages(pages)) process.stdout.write(`wrote ${path}\n`);
process.exit(0);
