// `esteira generate`: invented orders of a Brazilian store in a file, to try things out and to test with.
// It only reads options and prints; the work is in src/pipeline/generate.ts.
import { type Command } from 'commander';
import { fail } from '../../catalog/errors.ts';
import { counted, formatCountEn } from '../output/counted.ts';
import { generate } from '../../pipeline/generate.ts';
import { DEFAULT_BAD_SHARE, DEFAULT_FROM, DEFAULT_TO } from '../../sources/generator/generate-versions.ts';

interface GenerateFlags {
  rows: string;
  seed: string;
  out: string;
  truth?: string;
  badShare: string;
  store: string;
  from: string;
  to: string;
}

export const generateCommand = (program: Command): void => {
  program
    .command('generate')
    .description('write invented orders of a Brazilian store to a file: same options, same bytes')
    .option('--rows <n>', 'lines of the CSV without its header; other formats hold the same orders', '50000')
    .option('--seed <n>', 'whole number that the orders follow from', '42')
    .requiredOption('--out <file>', 'file to write, ending in .csv, .jsonl or .parquet')
    .option('--truth <file>', 'also write what must happen to each spoiled order, as JSON lines')
    .option('--bad-share <share>', 'part of the orders that is spoiled on purpose, 0 to 1', String(DEFAULT_BAD_SHARE))
    .option('--store <name>', 'the value of `loja`', 'loja')
    .option('--from <day>', 'first day of the orders, YYYY-MM-DD', DEFAULT_FROM)
    .option('--to <day>', 'last day of the orders, YYYY-MM-DD', DEFAULT_TO)
    .addHelpText(
      'after',
      '\nExamples:\n  esteira generate --rows 50000 --seed 42 --out orders.csv --truth orders.truth.jsonl\n' +
        '  esteira generate --rows 1000000 --seed 7 --out orders.parquet\n  esteira generate --rows 1000 --bad-share 0 --from 2026-01-01 --to 2026-01-31 --out january.jsonl',
    )
    .action(async (flags: GenerateFlags) => {
      const onProgress = progressLine();
      const interruption = new AbortController();
      const interrupt = (): void => interruption.abort();
      process.once('SIGINT', interrupt);
      try {
        const summary = await generate({
          rows: numberOf('--rows', flags.rows),
          seed: numberOf('--seed', flags.seed),
          badShare: numberOf('--bad-share', flags.badShare),
          out: flags.out,
          loja: flags.store,
          from: flags.from,
          to: flags.to,
          signal: interruption.signal,
          onProgress,
          ...(flags.truth === undefined ? {} : { truth: flags.truth }),
        });
        onProgress(0, 0);
        const seconds = (summary.elapsedMs / 1000).toFixed(1);
        process.stderr.write(
          `${flags.out}: ${counted(summary.lineCount, 'line')}, ${counted(summary.versionCount, 'order version')}, ${formatCountEn(summary.truthCount)} of them spoiled, ` +
            `${formatCountEn(Math.ceil(summary.bytes / 1024))} KiB in ${seconds} s\n`,
        );
      } catch (error) {
        if (!interruption.signal.aborted) throw error;
        onProgress(0, 0);
        process.stderr.write('stopped: nothing was written\n');
        process.exitCode = 130;
      } finally {
        process.off('SIGINT', interrupt);
      }
    });
};

function numberOf(flag: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw fail('USAGE', {
    what: `${flag} ${text} is not a number.`,
    why: 'Digits are expected, with a point for decimals.',
    fix: 'esteira generate --help shows examples.',
  });
}

/** Rewrites one line on a terminal a few times a second; called with 0 of 0 it clears the line. Silent when stderr is no terminal. */
function progressLine(): (lineCount: number, rowCount: number) => void {
  const startedAt = performance.now();
  let shownAt = 0;
  return (lineCount, rowCount) => {
    if (!process.stderr.isTTY) return;
    if (rowCount === 0) {
      process.stderr.write('\r\u001b[K');
      return;
    }
    const now = performance.now();
    if (now - shownAt < 200) return;
    shownAt = now;
    const rate = lineCount / ((now - startedAt) / 1000);
    const left = Math.max(0, Math.ceil((rowCount - lineCount) / rate));
    process.stderr.write(
      `\r\u001b[K${formatCountEn(lineCount)} of ${counted(rowCount, 'line')}, ${formatCountEn(Math.round(rate))}/s, ${left} s left`,
    );
  };
}
