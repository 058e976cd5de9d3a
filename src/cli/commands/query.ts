// `esteira query <analysis>`: the ready-made answers. One subcommand per analysis of the catalogue, all with the same filters
// and outputs; the help states what each figure means.
import type { Command } from 'commander';
import { ANALYSES, type Analysis, type AnalysisName, analysisNamed } from '../../catalog/analyses.ts';
import { columnMeanings } from '../../catalog/column-meanings.ts';
import { type AnalysisResult, runAnalysis } from '../../pipeline/query.ts';
import { formatCount, formatDate, formatTimestamp } from '../../pipeline/format/number-formats.ts';
import {
  checkOutputOptions,
  type OutputOptions,
  printRows,
  processTerminal,
  type Terminal,
} from '../output/print-result.ts';
import { resultFormat } from '../output/write-result.ts';
import { configOf } from '../settings.ts';
import { openReader } from '../warehouse-access.ts';
import { type FilterOptions, periodInPortuguese, readFilters, todayInSaoPaulo } from './query-filters.ts';

type QueryOptions = FilterOptions & Omit<OutputOptions, 'color'>;

export function queryCommand(program: Command): void {
  const query = program
    .command('query')
    .description('answer a question from the warehouse: best sellers, cities, channels, customers and more')
    .addHelpText('after', EXAMPLES);
  for (const analysis of ANALYSES) addAnalysis(query, analysis);
}

function addAnalysis(query: Command, analysis: Analysis & { readonly name: AnalysisName }): void {
  const list = (value: string, before: readonly string[] = []): string[] => [...before, value];
  query
    .command(analysis.name)
    .summary(analysis.question)
    .description(describeAnalysis(analysis))
    .option('--from <date>', 'first day, YYYY-MM-DD or dd/mm/yyyy (default: all history)')
    .option('--to <date>', 'last day, included')
    .option('--last <length>', 'a period that ends today: 90d, 12w, 3m, 1y')
    .option('--month <month>', 'one month: 2026-10 or 10/2026')
    .option('--channel <name>', 'only this channel: Site, App, Marketplace, Outro; repeatable', list)
    .option('--status <name>', 'only orders in this status: Pago, Pendente, Cancelado, Reembolsado; repeatable', list)
    .option('--uf <state>', 'only deliveries to this state (SP, "São Paulo"; ND: not declared); repeatable', list)
    .option('--store <name>', 'only this store; repeatable', list)
    .option('--limit <n>', `how many ${analysis.limit.of} (default: ${analysis.limit.byDefault ?? 'all'})`)
    .option('--json', 'as JSON on standard output')
    .option('--out <file>', 'write to FILE.csv, FILE.json or FILE.parquet instead')
    .option('--excel-br', 'with --out FILE.csv: for Excel in Portuguese (semicolons, decimal commas)')
    .addHelpText(
      'after',
      `\nExamples:\n  esteira query ${analysis.name}\n  esteira query ${analysis.name} --last 90d --channel Site\n  esteira query ${analysis.name} --month 2026-10 --out ${analysis.name}.csv`,
    )
    .action(async (options: QueryOptions, command: Command) => {
      const filters = readFilters(options, todayInSaoPaulo(new Date()));
      const config = configOf(command);
      const output: OutputOptions = { ...options, color: config.get('color') };
      // a wrong option must not cost a query
      checkOutputOptions(output);
      if (output.out !== undefined) resultFormat(output.out);
      const warehouse = await openReader(config);
      try {
        await printAnalysis(await runAnalysis(warehouse.client, analysis.name, filters), output);
      } finally {
        await warehouse.close();
      }
    });
}

/** Prints the answer, and around it (on stderr) what it covers and, unless the caller says that elsewhere, how fresh it is. */
export async function printAnalysis(
  result: AnalysisResult,
  output: OutputOptions,
  terminal: Terminal = processTerminal,
  hasFootnote = true,
): Promise<void> {
  const isTable = output.json !== true && output.out === undefined;
  if (isTable) terminal.stderr.write(`${captionOf(result)}\n`);
  await printRows(
    result.analysis.columns,
    result.rows,
    output,
    result.analysis.name === 'summary' ? 'record' : 'table',
    terminal,
  );
  if (isTable && hasFootnote) terminal.stderr.write(`${footnoteOf(result)}\n`);
}

/** Title, period, statuses and other filters in one line of Portuguese. */
function captionOf({ analysis, filters }: AnalysisResult): string {
  const parts = [
    periodInPortuguese(filters),
    filters.statuses === null ? 'todos os status' : filters.statuses.join(' + '),
    ...[filters.channels, filters.ufs, filters.stores].filter((list) => list !== null).map((list) => list.join(' + ')),
    'data da venda (America/Sao_Paulo)',
  ];
  return `${analysis.title}: ${parts.join(' · ')}`;
}

function footnoteOf({ rows, filters, freshness }: AnalysisResult): string {
  const parts = [
    freshness.newestSale === null ? 'não há pedidos no armazém' : `última venda em ${formatDate(freshness.newestSale)}`,
    ...(freshness.lastBatch === null ? [] : [`último lote em ${formatTimestamp(freshness.lastBatch)}`]),
    ...(freshness.quarantined === 0
      ? []
      : [
          `${formatCount(freshness.quarantined)} ${freshness.quarantined === 1 ? 'pedido' : 'pedidos'} em quarentena (esteira quarantine summary)`,
        ]),
  ];
  const isEmptyPeriod = rows.length === 0 && (filters.from !== null || filters.to !== null);
  return `${isEmptyPeriod ? 'Nenhuma linha neste período; ' : ''}${parts.join(' · ')}`;
}

function describeAnalysis(analysis: Analysis & { readonly name: AnalysisName }): string {
  return [
    analysis.question,
    '',
    `Rows:      ${analysis.rows}.`,
    `Date:      ${analysis.date}.`,
    `Statuses:  ${analysis.statuses}.`,
    `Revenue:   ${analysis.revenue}.`,
    ...columnMeanings(analysis).map(([column, meaning]) => `${column}: ${meaning}`),
    `Columns:   ${analysis.columns.map((column) => column.name).join(', ')}. Money is R$; shares and rates are fractions of 1 in files.`,
  ].join('\n');
}

/** What must be known of all answers: the three revenues. */
const GENERAL = columnMeanings({ ...analysisNamed('summary'), name: 'summary' }).filter(([column]) =>
  ['valor_captado', 'receita_aprovada', 'receita_liquida'].includes(column),
);

const EXAMPLES = `
${GENERAL.map(([column, meaning]) => `${column}: ${meaning}`).join('\n')}
Everything is by day of sale in America/Sao_Paulo. The help of each analysis says what its figures mean.

Examples:
  esteira query summary
  esteira query top-products --limit 10 --out top10_produtos.csv
  esteira query top-cities --limit 10 --out top10_cidades.csv
  esteira query revenue-by-category --from 01/01/2026 --json`;
