// What a load did, for people and as JSON: lines and orders, what was rejected and why, in R$.
import { ruleById } from '../../catalog/rules.ts';
import type { ResultColumn } from '../../catalog/analyses.ts';
import type { LoadReport } from '../../pipeline/load-files.ts';
import { counted, formatCountEn } from './counted.ts';
import { harmless } from '../../lib/harmless.ts';
import { processTerminal, tableStyle } from './print-result.ts';
import { renderTable } from './table.ts';

const STOPPED = 'Stopped: run the same command again to go on from here.\n';
/** The rate of a smaller file says how long the start took, nothing else. */
const FEW_LINES = 1_000;

export interface ReportOptions {
  readonly json: boolean;
  readonly color: 'auto' | 'always' | 'never';
}

/** Prints the report on stdout; warnings about the files on stderr. */
export function printReport(report: LoadReport, options: ReportOptions): void {
  if (options.json) {
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return;
  }
  for (const file of report.files) {
    for (const warning of file.warnings) process.stderr.write(`${harmless(`${file.name}: ${warning}`)}\n`);
    const rate = file.seconds > 0 ? Math.round(file.linesRead / file.seconds) : 0;
    const done = file.wasComplete
      ? ', already loaded, nothing to do'
      : file.wasStopped
        ? `, ${formatCountEn(file.counts.linhas)} of them loaded before it was stopped`
        : file.linesRead < FEW_LINES
          ? ''
          : `, ${formatCountEn(rate)} lines/s`;
    process.stdout.write(
      `${file.name}: ${counted(file.linesRead, 'line')} (${file.profile}, ${file.format}) in ${file.seconds.toFixed(1)} s${done}\n`,
    );
  }
  if (!report.files.every((file) => file.wasComplete)) printOutcome(report, options);
  else if (report.wasStopped) process.stderr.write(STOPPED);
}

/** What came of the orders, wherever they were read from: the totals, the quarantine by reason. */
export function printOutcome(
  report: Pick<LoadReport, 'totals' | 'rejections' | 'wasStopped'>,
  options: ReportOptions,
): void {
  const { totals } = report;
  process.stdout.write(
    renderTable(
      TOTALS,
      [
        ['Versões lidas', String(totals.lidos), null],
        ['Aceitos', String(totals.aceitos), totals.valorAceito],
        ['Na quarentena', String(totals.rejeitados), totals.valorRejeitado],
        ['Repetidos', String(totals.duplicados), null],
        ['Versões antigas (só histórico)', String(totals.antigos), null],
      ],
      tableStyle(processTerminal, options.color),
    ),
  );
  if (report.rejections.length > 0) {
    process.stdout.write('\nNa quarentena, por motivo:\n');
    process.stdout.write(
      renderTable(
        REASONS,
        report.rejections
          .slice(0, MOST_REASONS)
          .map((row) => [row.reason, ruleById(row.reason)?.title ?? '', String(row.count), row.amount]),
        tableStyle(processTerminal, options.color),
      ),
    );
  }
  if (totals.rejeitados > 0 && totals.rejeitados === totals.lidos)
    process.stderr.write(
      'None of them is an order that can be used: probably the file is another one, or shaped otherwise. One of them with its reasons: esteira quarantine list, then esteira quarantine show ID.\n',
    );
  const hidden = report.rejections.length - MOST_REASONS;
  if (hidden > 0) process.stdout.write(`e mais ${hidden} motivos: esteira quarantine summary\n`);
  if (report.wasStopped) process.stderr.write(STOPPED);
}

/** Reasons shown; the quarantine command shows all. */
const MOST_REASONS = 12;

const TOTALS: readonly ResultColumn[] = [
  { name: 'resultado', title: 'Resultado', kind: 'text' },
  { name: 'eventos', title: 'Quantidade', kind: 'count' },
  { name: 'valor', title: 'Valor', kind: 'money' },
];

const REASONS: readonly ResultColumn[] = [
  { name: 'motivo', title: 'Motivo', kind: 'text' },
  { name: 'titulo', title: 'O que houve', kind: 'text' },
  { name: 'pedidos', title: 'Pedidos', kind: 'count' },
  { name: 'valor', title: 'Valor', kind: 'money' },
];
