// `esteira sql "SELECT ..."`: one statement of the user's own, as the role that can only read.
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { fail } from '../../catalog/errors.ts';
import { runReadOnly } from '../../pipeline/readonly-sql.ts';
import { checkOutputOptions, type OutputOptions, printStream } from '../output/print-result.ts';
import { resultFormat } from '../output/write-result.ts';
import { configOf } from '../settings.ts';
import { openReader } from '../warehouse-access.ts';

const DEFAULT_TIMEOUT_SECONDS = '60';

type SqlOptions = Omit<OutputOptions, 'color'> & { readonly timeout: string };

export function sqlCommand(program: Command): void {
  program
    .command('sql')
    .argument('<statement>', 'one SELECT, WITH, VALUES, TABLE, EXPLAIN or SHOW; - reads it from standard input')
    .description('run one SQL statement that only reads, with the tables and views of docs/schema.md')
    .option('--json', 'as JSON on standard output')
    .option('--out <file>', 'write to FILE.csv, FILE.json or FILE.parquet instead')
    .option('--excel-br', 'with --out FILE.csv: for Excel in Portuguese (semicolons, decimal commas)')
    .option(
      '--timeout <seconds>',
      'stop a step of the statement after so long; 0 for no limit',
      DEFAULT_TIMEOUT_SECONDS,
    )
    .addHelpText('after', EXAMPLES)
    .action(async (argument: string, options: SqlOptions, command: Command) => {
      const timeoutMs = readTimeout(options.timeout);
      const config = configOf(command);
      const output: OutputOptions = { ...options, color: config.get('color') };
      checkOutputOptions(output);
      if (output.out !== undefined) resultFormat(output.out);
      const statement = argument === '-' ? await text(process.stdin) : argument;
      const warehouse = await openReader(config);
      try {
        await runReadOnly(warehouse.client, statement, { timeoutMs }, (result) =>
          printStream(result.columns, result.rows, output),
        );
      } finally {
        await warehouse.close();
      }
    });
}

function readTimeout(seconds: string): number {
  if (/^\d{1,6}(?:\.\d{1,3})?$/.test(seconds)) return Number(seconds) * 1000;
  throw fail('USAGE', {
    what: `--timeout ${seconds} is no number of seconds.`,
    why: 'It is a number from 0, without a unit.',
    fix: 'For example --timeout 300.',
  });
}

const EXAMPLES = `
Text and figures are shown as PostgreSQL writes them; times are in America/Sao_Paulo. Results of any size are streamed.

Examples:
  esteira sql "SELECT status, count(*) FROM vw_pedidos GROUP BY status"
  esteira sql "SELECT * FROM vw_itens WHERE sku = 'CAM-001'" --out itens.parquet
  esteira sql - < pergunta.sql`;
