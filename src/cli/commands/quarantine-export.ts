// `esteira quarantine export`: rejected orders as a file for correction in a spreadsheet. A file that is there may hold an afternoon of corrections:
// it is replaced only when told so. The table itself is made by src/pipeline/quarantine/export.ts.
import { chmod, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import type { ResultColumn } from '../../catalog/analyses.ts';
import { fail } from '../../catalog/errors.ts';
import { csvHead, csvLine } from '../../pipeline/format/csv.ts';
import { correctionTable } from '../../pipeline/quarantine/export.ts';
import { checkStores } from '../../pipeline/quarantine/known-stores.ts';
import { readRecords } from '../../storage/quarantine-read.ts';
import { counted } from '../output/counted.ts';
import { processTerminal } from '../output/print-result.ts';
import { writeTexts } from '../output/text-file.ts';
import { resultFormat, writeAtomically } from '../output/write-result.ts';
import { configOf } from '../settings.ts';
import { withReader } from '../warehouse-access.ts';
import { addSelection, selectionOf, type SelectionFlags } from './quarantine-options.ts';

const BYTE_ORDER_MARK = '\uFEFF';

/** Adds the subcommand. */
export function addExport(quarantine: Command): void {
  addSelection(quarantine.command('export'))
    .description('write records to a CSV file for correction in a spreadsheet')
    .requiredOption('--out <file>', 'the CSV file to write')
    .option('--excel-br', 'for Excel in Portuguese (semicolons, decimal commas)')
    .option('--mapping <file>', 'mapping file of records that were read with --profile generic')
    .option('--force', 'replace FILE when it exists; corrections in it are lost')
    .addHelpText(
      'after',
      `
One line per item, in the columns of data/pedidos.csv; in front: id_quarentena (leave it as it is), the reasons and how to correct them.
A line that cannot be taken apart stands in the column "original": fill in the others. The file holds personal data: delete it afterwards.

Examples:
  esteira quarantine export --out corrigir.csv --excel-br
  esteira quarantine export --reason STATUS_DESCONHECIDO --out status.csv
  esteira quarantine fix corrigir.csv`,
    )
    .action(
      async (
        flags: SelectionFlags & {
          readonly out: string;
          readonly excelBr?: boolean;
          readonly mapping?: string;
          readonly force?: boolean;
        },
        command: Command,
      ) => {
        if (resultFormat(flags.out) !== '.csv')
          throw fail('USAGE', {
            what: '--out must name a CSV file.',
            why: 'The file is made for spreadsheets and for "esteira quarantine fix".',
            fix: 'For example --out corrigir.csv.',
          });
        if (flags.force !== true) await refuseExisting(flags.out);
        const filter = selectionOf(flags);
        const config = configOf(command);
        const isExcelBr = flags.excelBr === true;
        const records = await withReader(config, async (client) => {
          await checkStores(client, filter.stores);
          return readRecords(client, filter);
        });
        const table = await correctionTable(records, {
          memoryLimit: config.get('memory.limit'),
          threads: config.get('threads'),
          isExcelBr,
          mapping: flags.mapping ?? null,
        });
        // the cells are protected already, and their text must not be touched: hence no kind that the output would dress
        const columns = table.columns.map((name): ResultColumn => ({ name, title: name, kind: 'integer' }));
        async function* texts(): AsyncGenerator<string> {
          yield `${isExcelBr ? '' : BYTE_ORDER_MARK}${csvHead(columns, { isExcelBr })}`;
          for (const line of table.lines) yield csvLine(columns, line, { isExcelBr });
        }
        await writeAtomically(flags.out, async (draft) => {
          await chmod(draft, 0o600);
          await writeTexts(draft, texts());
        });
        processTerminal.stderr.write(
          `${counted(records.length, 'record')} in ${counted(table.lines.length, 'line')} written to ${flags.out} (with personal data: keep it private)\n`,
        );
        if (table.textOnly > 0)
          processTerminal.stderr.write(
            `Standing as text only: ${counted(table.textOnly, 'record')}; the profile or mapping is not at hand (--mapping FILE).\n`,
          );
        processTerminal.stderr.write(`Correct it, save it as CSV, then: esteira quarantine fix ${flags.out}\n`);
      },
    );
}

/** Throws OUTPUT_UNWRITABLE when there is something of that name. */
async function refuseExisting(path: string): Promise<void> {
  if ((await stat(path).catch(() => null)) === null) return;
  throw fail('OUTPUT_UNWRITABLE', {
    what: `"${path}" exists already.`,
    why: 'It may hold corrections that were not sent yet; the export would replace them.',
    fix: 'Choose another name with --out, or add --force to replace the file.',
  });
}
