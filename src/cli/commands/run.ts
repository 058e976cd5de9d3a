// `esteira run FILE...`: files into the warehouse. It reads options and prints; the work is in src/pipeline.
import { Option, type Command } from 'commander';
import { fail } from '../../catalog/errors.ts';
import { loadFiles } from '../../pipeline/load-files.ts';
import { expandInputs } from '../../sources/files/index.ts';
import { printReport } from '../output/load-report.ts';
import { loadProgress } from '../output/load-progress.ts';
import { configOf } from '../settings.ts';
import { exchangeFolder, sparkAccess } from '../spark-access.ts';
import { openWarehouse } from '../warehouse-access.ts';
import { addReadingOptions, readingOf, type ReadingFlags } from './reading-options.ts';

interface RunFlags extends ReadingFlags {
  readonly engine: 'duckdb' | 'spark';
  readonly reprocess?: boolean;
  readonly maxRejected?: string;
  readonly skipCode?: boolean;
  readonly json?: boolean;
}

export function runCommand(program: Command): void {
  const run = program
    .command('run')
    .argument('<files...>', 'files, folders or patterns; - for standard input')
    .description('load files of orders into the warehouse: CSV, JSON lines or Parquet, also gzipped');
  addReadingOptions(run)
    .addOption(
      new Option('--engine <name>', 'what transforms the orders').choices(['duckdb', 'spark']).default('duckdb'),
    )
    .option('--reprocess', 'let a newer transform replace rows that an older one made')
    .option('--max-rejected <n>', 'exit with 4 when more orders than this, or this share (2%), were rejected')
    .option('--skip-code', 'exit with 99 when there was nothing new to load')
    .option('--json', 'the report as JSON on standard output')
    .addHelpText(
      'after',
      `
Loading the same file again changes nothing; a newer export of the same orders updates what changed.
Both engines give the same rows; --engine spark spreads the work of a large backfill over the Spark at spark.url (esteira stack up starts one here).
Orders that break a rule go to the quarantine with their reasons (esteira quarantine); the others are loaded.

Examples:
  esteira run data/pedidos.csv
  esteira run exports/ --store minha-loja
  esteira run "exports/*.csv" --max-rejected 2%
  esteira run historico/ --engine spark --spark-exchange /mnt/shared
  zcat pedidos.csv.gz | esteira run - --as-of 2026-11-01T06:00:00-03:00`,
    )
    .action(async (files: string[], flags: RunFlags, command: Command) => {
      const limit = flags.maxRejected === undefined ? null : parseLimit(flags.maxRejected);
      const config = configOf(command);
      const inputs = await expandInputs(files);
      const warehouse = await openWarehouse(config);
      const interruption = new AbortController();
      let stopCode = 130;
      const stop = (signal: NodeJS.Signals): void => {
        // A supervisor that ends us is obeyed, not failed.
        if (signal === 'SIGTERM') stopCode = 0;
        interruption.abort();
      };
      process.once('SIGINT', stop);
      process.once('SIGTERM', stop);
      const progress = loadProgress(process.stderr);
      try {
        const report = await loadFiles(inputs, {
          warehouseUrl: warehouse.url,
          memoryLimit: config.get('memory.limit'),
          threads: config.get('threads'),
          batchLines: config.get('batch.lines'),
          maxOutageMs: config.get('max_outage'),
          reprocess: flags.reprocess === true,
          spark: flags.engine === 'spark' ? { ...sparkAccess(config), exchange: exchangeFolder(config) } : undefined,
          reading: readingOf(flags),
          signal: interruption.signal,
          onProgress: (reached) => {
            if (reached.kind === 'waiting') warehouse.revive();
            progress.show(reached);
          },
        });
        progress.clear();
        printReport(report, { json: flags.json === true, color: config.get('color') });
        process.exitCode = report.wasStopped
          ? stopCode
          : overLimit(report.totals.lidos, report.totals.rejeitados, limit)
            ? 4
            : flags.skipCode === true && report.totals.lidos === 0
              ? 99
              : 0;
      } finally {
        progress.clear();
        process.off('SIGINT', stop);
        process.off('SIGTERM', stop);
      }
    });
}

type Limit = { readonly kind: 'count' | 'share'; readonly value: number };

function parseLimit(text: string): Limit {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
  if (!match)
    throw fail('USAGE', {
      what: `--max-rejected ${text} cannot be understood.`,
      why: 'It is a number of orders or a share.',
      fix: 'Write --max-rejected 100 or --max-rejected 2%.',
    });
  return match[2] === '%'
    ? { kind: 'share', value: Number(match[1]) / 100 }
    : { kind: 'count', value: Number(match[1]) };
}

function overLimit(read: number, rejected: number, limit: Limit | null): boolean {
  if (limit === null) return false;
  return limit.kind === 'count' ? rejected > limit.value : rejected > limit.value * read;
}
