// `esteira quarantine`: what was rejected and why, and the ways out: correct in a spreadsheet, send again, discard.
// It reads options and prints; the work is in src/pipeline/quarantine and src/storage.
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { fail } from '../../catalog/errors.ts';
import { ruleById } from '../../catalog/rules.ts';
import { checkStores } from '../../pipeline/quarantine/known-stores.ts';
import { fixQuarantine, replayQuarantine, type SendOptions } from '../../pipeline/quarantine/send-back.ts';
import { expandInputs } from '../../sources/files/index.ts';
import { discardRecords } from '../../storage/quarantine-discard.ts';
import {
  findKey,
  listQuarantine,
  readDetail,
  shortId,
  summariseQuarantine,
  type QuarantineFilter,
} from '../../storage/quarantine-read.ts';
import { formatMoney } from '../../pipeline/format/number-formats.ts';
import { counted, formatCountEn } from '../output/counted.ts';
import { checkOutputOptions, printRows, processTerminal, type OutputOptions } from '../output/print-result.ts';
import { detailJson, detailText, LIST_COLUMNS, printSent, SUMMARY_COLUMNS } from '../output/quarantine-report.ts';
import { unsettledText } from '../output/settle-words.ts';
import { resultFormat } from '../output/write-result.ts';
import { configOf } from '../settings.ts';
import { openWarehouse, openWriter, withReader } from '../warehouse-access.ts';
import { addExport } from './quarantine-export.ts';
import { addSelection, isUnselected, readLimit, selectionOf, type SelectionFlags } from './quarantine-options.ts';

type TableFlags = SelectionFlags & Omit<OutputOptions, 'color'> & { readonly limit?: string };

export function quarantineCommand(program: Command): void {
  const quarantine = program
    .command('quarantine')
    .description('orders that were rejected: how many and why, correct them in a spreadsheet, send them again')
    .addHelpText('after', EXAMPLES);
  addSummary(quarantine);
  addList(quarantine);
  addShow(quarantine);
  addExport(quarantine);
  addFix(quarantine);
  addReplay(quarantine);
  addDiscard(quarantine);
}

function addTableOptions(command: Command): Command {
  return command
    .option('--json', 'as JSON on standard output')
    .option('--out <file>', 'write to FILE.csv, FILE.json or FILE.parquet instead')
    .option('--excel-br', 'with --out FILE.csv: for Excel in Portuguese (semicolons, decimal commas)');
}

function outputOf(flags: TableFlags, command: Command): OutputOptions {
  const output: OutputOptions = { ...flags, color: configOf(command).get('color') };
  checkOutputOptions(output);
  if (output.out !== undefined) resultFormat(output.out);
  return output;
}

function addSummary(quarantine: Command): void {
  addTableOptions(addSelection(quarantine.command('summary')))
    .description('how many records and how many R$ per reason, with how to correct each')
    .addHelpText(
      'after',
      `
A record with two reasons is in both rows and once in the row TOTAL. R$ count each order once, by its newest rejected version.

Examples:
  esteira quarantine summary
  esteira quarantine summary --store minha-loja --from 01/10/2026 --json`,
    )
    .action(async (flags: TableFlags, command: Command) => {
      const filter = selectionOf(flags);
      const output = outputOf(flags, command);
      const rows = await reading(command, async (client) => {
        await checkStores(client, filter.stores);
        return summariseQuarantine(client, filter);
      });
      await printRows(
        SUMMARY_COLUMNS,
        rows.map((row) => {
          const rule = row.reason === null ? undefined : ruleById(row.reason);
          return [
            row.reason ?? 'TOTAL',
            row.reason === null ? 'Cada registro uma vez' : (rule?.title ?? ''),
            row.records,
            row.orders,
            row.amount,
            rule?.comoCorrigir ?? null,
          ];
        }),
        output,
        'table',
      );
      if (rows.length === 0) processTerminal.stderr.write('Nothing in the quarantine is selected.\n');
    });
}

function addList(quarantine: Command): void {
  addTableOptions(addSelection(quarantine.command('list')))
    .description('one line per record: id, order, file and line, reasons, R$')
    .option('--limit <n>', 'at most so many records')
    .addHelpText(
      'after',
      '\nExamples:\n  esteira quarantine list --limit 20\n  esteira quarantine list --reason STATUS_DESCONHECIDO --out rejeitados.csv',
    )
    .action(async (flags: TableFlags, command: Command) => {
      const filter = selectionOf(flags);
      const limit = readLimit(flags.limit);
      const output = outputOf(flags, command);
      const { lines, total } = await reading(command, async (client) => {
        await checkStores(client, filter.stores);
        return listQuarantine(client, filter, limit);
      });
      await printRows(
        LIST_COLUMNS,
        lines.map((line) => [
          shortId(line.hash),
          line.store,
          line.orderId,
          line.file,
          line.line,
          line.reasons.join(', '),
          line.amount,
          line.state,
          line.receivedAt,
        ]),
        output,
        'table',
      );
      if (output.json !== true && output.out === undefined) {
        processTerminal.stderr.write(
          `${formatCountEn(lines.length)} of ${counted(total, 'record')} (esteira quarantine show ID)\n`,
        );
      }
    });
}

function addShow(quarantine: Command): void {
  quarantine
    .command('show')
    .argument('<id>', 'first digits of the id, as list shows it')
    .description(
      'everything about one record: reasons, what the fields say, how to correct it, other versions of the order',
    )
    .option('--original', 'with the original text; it may hold personal data')
    .option('--json', 'as JSON on standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  esteira quarantine show 3fa9c0d1e2b4\n  esteira quarantine show 3fa9c0d1e2b4 --original',
    )
    .action(async (id: string, flags: { readonly original?: boolean; readonly json?: boolean }, command: Command) => {
      const detail = await reading(command, async (client) => readDetail(client, await findKey(client, id)));
      const withOriginal = flags.original === true;
      processTerminal.stdout.write(
        flags.json === true
          ? detailJson(detail, withOriginal)
          : detailText(detail, withOriginal, configOf(command).get('color')),
      );
    });
}

function addFix(quarantine: Command): void {
  quarantine
    .command('fix')
    .argument('<file>', 'the corrected CSV file')
    .description('read a corrected file: what is right now leaves the quarantine and enters the warehouse')
    .option('--json', 'the report as JSON on standard output')
    .addHelpText(
      'after',
      `
Lines that were deleted are left alone; records that are still wrong stay as they are and are listed with their reasons.
Running the same file again changes nothing.

Examples:
  esteira quarantine fix corrigir.csv`,
    )
    .action((file: string, flags: { readonly json?: boolean }, command: Command) =>
      fix(file, flags.json === true, command),
    );
}

function addReplay(quarantine: Command): void {
  addSelection(quarantine.command('replay'))
    .description(
      'send the originals through the current transform again, after a new version of Esteira or a changed mapping',
    )
    .option('--all', 'every open record')
    .option('--fixed <file>', 'the same as "fix FILE"')
    .option('--mapping <file>', 'mapping file for records that were read with --profile generic')
    .option('--json', 'the report as JSON on standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  esteira quarantine replay --all\n  esteira quarantine replay --reason CIDADE_ILEGIVEL --store minha-loja',
    )
    .action(
      async (
        flags: SelectionFlags & {
          readonly all?: boolean;
          readonly fixed?: string;
          readonly mapping?: string;
          readonly json?: boolean;
        },
        command: Command,
      ) => {
        const isJson = flags.json === true;
        if (flags.fixed !== undefined) return fix(flags.fixed, isJson, command);
        if (flags.all !== true && isUnselected(flags)) {
          throw fail('USAGE', {
            what: 'Say which records to send again.',
            why: 'Without a selection it would be all of them.',
            fix: 'Add --all, or --reason, --store, --file, --from, --to.',
          });
        }
        const filter: QuarantineFilter = { ...selectionOf(flags), states: ['aberto'] };
        await sending(command, isJson, (options) =>
          replayQuarantine(filter, { ...options, mapping: flags.mapping ?? null }),
        );
      },
    );
}

function addDiscard(quarantine: Command): void {
  quarantine
    .command('discard')
    .argument('<ids...>', 'first digits of the ids, as list shows them')
    .description('take records out of the open quarantine for good; they stay on file with the reason')
    .requiredOption('--why <text>', 'why they are discarded')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExamples:\n  esteira quarantine discard 3fa9c0d1e2b4 --why "pedido de teste"')
    .action(async (ids: string[], flags: { readonly why: string; readonly yes?: boolean }, command: Command) => {
      const why = flags.why.trim();
      if (why === '')
        throw fail('USAGE', {
          what: '--why is empty.',
          why: 'Whoever looks at the record later must know the reason.',
          fix: 'Write a few words, for example --why "pedido de teste".',
        });
      const writer = await openWriter(configOf(command));
      try {
        const keys = new Map<string, Awaited<ReturnType<typeof findKey>>>();
        for (const id of ids) {
          const key = await findKey(writer.client, id);
          keys.set(`${key.hash}@${key.store}`, key);
        }
        if (flags.yes !== true && !(await confirm(`Discard ${counted(keys.size, 'record')}?`))) {
          processTerminal.stderr.write('Nothing was discarded.\n');
          return;
        }
        await discardRecords(writer.client, [...keys.values()], why);
        processTerminal.stdout.write(`${counted(keys.size, 'record')} discarded: ${why}\n`);
      } finally {
        await writer.close();
      }
    });
}

async function fix(file: string, isJson: boolean, command: Command): Promise<void> {
  const inputs = await expandInputs([file]);
  const [input] = inputs;
  if (input === undefined || inputs.length > 1)
    throw fail('USAGE', {
      what: 'Name one corrected file.',
      why: 'Each corrected file is judged as a whole.',
      fix: 'Run the command once per file.',
    });
  await sending(command, isJson, (options) => fixQuarantine(input, options));
}

/** Runs what sends records, and prints what became of them. */
async function sending(
  command: Command,
  isJson: boolean,
  send: (options: SendOptions) => ReturnType<typeof fixQuarantine>,
): Promise<void> {
  const config = configOf(command);
  const warehouse = await openWarehouse(config);
  const interruption = new AbortController();
  const stop = (): void => interruption.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    const report = await send({
      warehouseUrl: warehouse.url,
      memoryLimit: config.get('memory.limit'),
      threads: config.get('threads'),
      maxOutageMs: config.get('max_outage'),
      signal: interruption.signal,
      onWait: (reason, waitMs) =>
        void processTerminal.stderr.write(
          `waiting for PostgreSQL (${reason}); trying again in ${Math.ceil(waitMs / 1000)} s\n`,
        ),
      onSettle: (progress) => {
        if (progress.kind === 'unsettled') processTerminal.stderr.write(`${unsettledText(progress.reason)}\n`);
      },
    });
    printSent(report, { json: isJson, color: config.get('color') });
    if (!isJson && report.counts.aceitos > 0)
      processTerminal.stderr.write(`${formatMoney(report.counts.valorAceito)} came back from the quarantine.\n`);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

function reading<T>(command: Command, read: Parameters<typeof withReader<T>>[1]): Promise<T> {
  return withReader(configOf(command), read);
}

/** Asks on a terminal; elsewhere the command itself is the answer. */
async function confirm(question: string): Promise<boolean> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return true;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^(y|yes|s|sim)$/i.test((await prompt.question(`${question} [y/N] `)).trim());
  } finally {
    prompt.close();
  }
}

const EXAMPLES = `
A rejected order is never lost: its original stays here with every reason, until a correct version of it or a newer one is accepted.

Examples:
  esteira quarantine summary
  esteira quarantine list --reason STATUS_DESCONHECIDO
  esteira quarantine export --out corrigir.csv --excel-br     then correct it in a spreadsheet
  esteira quarantine fix corrigir.csv
  esteira quarantine replay --all                             after a new version of Esteira`;
