// `esteira demo`: the first minutes with Esteira. Starts the embedded PostgreSQL, loads the invented orders, shows the main answers; on a terminal it
// ends with the dashboard in the browser.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ownCommand, packagePath } from '../../lib/paths.ts';
import { generate } from '../../pipeline/generate.ts';
import { loadFiles } from '../../pipeline/load-files.ts';
import { type AnalysisFilters, NO_FILTERS, runAnalysis } from '../../pipeline/query.ts';
import { makeWorkFolder } from '../../pipeline/work-folder.ts';
import { loadProgress } from '../output/load-progress.ts';
import { printReport } from '../output/load-report.ts';
import { processTerminal } from '../output/print-result.ts';
import { DEFAULT_PORT, isWatched, serveDashboard } from '../serve-dashboard.ts';
import { configOf } from '../settings.ts';
import { openReader, openWarehouse } from '../warehouse-access.ts';
import { printAnalysis } from './query.ts';

/** The export's own time: fixed, so that the demo is the same every day. */
const AS_OF = new Date('2026-11-01T09:00:00Z');
const ROWS = 50_000;
const SEED = 42;
/** All history would be hundreds of lines for some. */
const SHORTENED: Readonly<Record<string, Partial<AnalysisFilters>>> = {
  'top-products': { limit: 10 },
  'products-by-region': { limit: 2 },
  'revenue-by-category': { from: '2026-09-01', to: '2026-10-31', limit: 5 },
};
const SHOWN = [
  'summary',
  'top-products',
  'products-by-region',
  'revenue-by-category',
  'channels',
  'order-status',
] as const;
/** What to try then. */
const NEXT = [
  'dashboard',
  'query top-cities --limit 10',
  'quarantine summary',
  'run your-orders.csv --store your-store',
];

export function demoCommand(program: Command): void {
  program
    .command('demo')
    .description('load 50,000 lines of invented orders into the embedded warehouse and show the main answers')
    .option(
      '--no-open',
      'end after the answers: on a terminal the dashboard is served and opened in the browser until Ctrl-C',
    )
    .addHelpText('after', '\nExamples:\n  esteira demo\n  esteira demo --no-open --home ./try-out')
    .action(async (options: { readonly open: boolean }, command: Command) => {
      const config = configOf(command);
      const color = config.get('color');
      const warehouse = await openWarehouse(config);
      const progress = loadProgress(process.stderr);
      const folder = await makeWorkFolder();
      try {
        const shipped = packagePath('data', 'pedidos.csv');
        const path = existsSync(shipped) ? shipped : join(folder, 'pedidos.csv');
        if (path !== shipped) await generate({ rows: ROWS, seed: SEED, out: path });
        const report = await loadFiles([{ path, name: 'pedidos.csv' }], {
          warehouseUrl: warehouse.url,
          memoryLimit: config.get('memory.limit'),
          threads: config.get('threads'),
          batchLines: config.get('batch.lines'),
          maxOutageMs: config.get('max_outage'),
          reprocess: false,
          reading: { asOf: AS_OF },
          onProgress: progress.show,
        });
        progress.clear();
        printReport(report, { json: false, color });
      } finally {
        progress.clear();
        await rm(folder, { recursive: true, force: true });
      }
      const reader = await openReader(config);
      try {
        for (const name of SHOWN) {
          process.stdout.write('\n');
          await printAnalysis(
            await runAnalysis(reader.client, name, { ...NO_FILTERS, ...SHORTENED[name] }),
            { color },
            processTerminal,
            name === SHOWN.at(-1),
          );
        }
      } finally {
        await reader.close();
      }
      process.stdout.write(['\nNext:', ...NEXT.map((words) => `  ${ownCommand} ${words}`), ''].join('\n'));
      if (!options.open || !isWatched(process.stdout, process.env)) return;
      process.stdout.write('\nAnd the dashboard:\n');
      // whatever stops it, what the demo had to show has been shown
      await serveDashboard(config, { host: '127.0.0.1', port: DEFAULT_PORT, mayMove: true, opensBrowser: true });
    });
}
