// How the quarantine looks: one record with everything about it, and what became of records that were sent again.
// Personal data stands in originals only, and an original is printed only when it was asked for.
import type { ResultColumn } from '../../catalog/analyses.ts';
import { ruleById } from '../../catalog/rules.ts';
import type { SendReport } from '../../pipeline/quarantine/send-back.ts';
import { shortId, type QuarantineDetail } from '../../storage/quarantine-read.ts';
import { formatCount, formatDate, formatMoney } from '../../pipeline/format/number-formats.ts';
import { harmless } from '../../lib/harmless.ts';
import { formatCountEn } from './counted.ts';
import { localTime } from './local-time.ts';
import { processTerminal, tableStyle } from './print-result.ts';
import { renderRecord, renderTable } from './table.ts';

export interface ReportStyle {
  readonly json: boolean;
  readonly color: 'auto' | 'always' | 'never';
}

/** Everything about one record. */
export function detailText(detail: QuarantineDetail, withOriginal: boolean, color: ReportStyle['color']): string {
  const style = tableStyle(processTerminal, color);
  const facts: readonly (readonly [ResultColumn, string | null])[] = [
    [text('ID'), detail.hash],
    [
      text('Situação'),
      detail.stateReason === null ? detail.state : `${detail.state}: ${detail.stateReason} (${timeOf(detail.stateAt)})`,
    ],
    [text('Loja'), detail.store === '' ? '(ilegível)' : detail.store],
    [text('Pedido'), detail.orderId],
    [text('Valor'), detail.amount === null ? null : formatMoney(detail.amount)],
    [text('Dia da venda'), detail.day === null ? null : formatDate(detail.day)],
    [
      text('Origem'),
      `${detail.file}${placeOf(detail)}${detail.line === null ? '' : `, linha ${detail.line}`} (${detail.profile}, ${detail.format})`,
    ],
    [text('Versão de'), `${timeOf(detail.updatedAt)}, revisão ${detail.revision}`],
    [
      text('Recebido em'),
      `${timeOf(detail.receivedAt)}, ${formatCount(detail.times)} ${detail.times === 1 ? 'vez' : 'vezes'}`,
    ],
    [text('Transformação'), String(detail.transformVersion)],
  ];
  const parts = [
    renderRecord(
      facts.map(([column]) => column),
      facts.map(([, value]) => value),
      { ...style, width: null },
    ),
    '\nMotivos\n',
  ];
  for (const id of detail.reasons) {
    const rule = ruleById(id);
    parts.push(`  ${id}: ${rule?.title ?? ''}\n`);
    for (const found of detail.details) {
      if (found.codigo === id && found.campo !== null)
        parts.push(`    ${found.campo} = ${found.valor === null ? '(não mostrado)' : JSON.stringify(found.valor)}\n`);
    }
    if (rule !== undefined) parts.push(`    Como corrigir: ${rule.comoCorrigir}\n`);
  }
  if (detail.warnings.length > 0)
    parts.push(`\nAvisos: ${detail.warnings.map((id) => ruleById(id)?.title ?? id).join('; ')}\n`);
  parts.push('\nO pedido no armazém\n');
  if (detail.current === null) parts.push('  nenhuma versão aceita\n');
  for (const version of detail.history) {
    parts.push(
      `  ${timeOf(version.updatedAt)}, revisão ${version.revision}: ${version.status}, ${formatMoney(version.amount)}${version.updatedAt === detail.current?.updatedAt && version.revision === detail.current.revision ? ' (atual)' : ''}\n`,
    );
  }
  for (const other of detail.siblings)
    parts.push(`  também na quarentena: ${shortId(other.hash)} (${other.state}: ${other.reasons.join(', ')})\n`);
  parts.push('\nOriginal\n');
  if (withOriginal) {
    if (detail.message !== null) parts.push(`  chave: ${detail.message.key ?? '(nenhuma)'}\n`);
    if (detail.message?.encoding === 'base64') parts.push('  não é texto: bytes em base64\n');
    if (detail.message?.encoding === 'vazia') parts.push('  mensagem sem valor\n');
    parts.push(`${detail.header === null ? '' : `${detail.header}\n`}${detail.original}\n`);
  } else parts.push('  não mostrado: pode conter dados pessoais (--original mostra)\n');
  return parts.join('');
}

function placeOf({ message }: QuarantineDetail): string {
  return message === null ? '' : `, partição ${message.partition}, posição ${message.offset}`;
}

/** The same as one JSON object. */
export function detailJson(detail: QuarantineDetail, withOriginal: boolean): string {
  const { facts: _facts, original, header, message, ...shown } = detail;
  const { key, ...place } = message ?? { key: null };
  const shownMessage = message === null ? null : { ...place, ...(withOriginal ? { key } : {}) };
  const reasons = detail.reasons.map((id) => ({
    id,
    title: ruleById(id)?.title,
    why: ruleById(id)?.why,
    fix: ruleById(id)?.fix,
    comoCorrigir: ruleById(id)?.comoCorrigir,
  }));
  return `${JSON.stringify({ ...shown, message: shownMessage, reasons, ...(withOriginal ? { header, original } : {}) }, null, 2)}\n`;
}

/** An instant as the warehouse gives it, `2026-11-23 23:11:02.5` in UTC, at São Paulo's wall clock: `23/11/2026 20:11`. */
function timeOf(utc: string | null): string {
  return utc === null ? '–' : localTime(new Date(`${utc.replace(' ', 'T')}Z`));
}

function text(title: string): ResultColumn {
  return { name: title, title, kind: 'text' };
}

/** Prints what became of records that were sent: the outcome on stdout, remarks on stderr. */
export function printSent(report: SendReport, style: ReportStyle): void {
  const { stdout, stderr } = processTerminal;
  for (const warning of report.warnings) stderr.write(`${harmless(warning)}\n`);
  const refused = report.refused.map(({ record, reasons }) => ({
    id: shortId(record.hash),
    store: record.store,
    orderId: record.orderId,
    file: record.file,
    line: record.line,
    reasons,
  }));
  if (style.json) {
    const { records, accepted, discarded, unreadable, counts, wasComplete } = report;
    stdout.write(
      `${JSON.stringify({ records, accepted, refused, discarded, unreadable, counts, wasComplete }, null, 2)}\n`,
    );
    return;
  }
  const table = tableStyle(processTerminal, style.color);
  stdout.write(
    renderTable(
      OUTCOME,
      [
        ['Registros vistos', String(report.records), null],
        ['Válidos agora', String(report.accepted), null],
        ['  pedidos aceitos', String(report.counts.aceitos), report.counts.valorAceito],
        ['  já estavam no armazém', String(report.counts.duplicados), null],
        ['  versões antigas (só histórico)', String(report.counts.antigos), null],
        ['Ainda recusados (ficam na quarentena)', String(report.refused.length), null],
        ...(report.discarded > 0 ? [['Descartados (não enviados)', String(report.discarded), null]] : []),
        ...(report.unreadable > 0 ? [['Só à mão: texto ilegível', String(report.unreadable), null]] : []),
      ],
      table,
    ),
  );
  if (refused.length > 0) {
    stdout.write('\nAinda recusados:\n');
    stdout.write(
      renderTable(
        REFUSED,
        refused
          .slice(0, SHOWN_RECORDS)
          .map((item) => [
            item.id,
            item.store,
            item.orderId,
            item.reasons.length === 0 ? 'junto de outro registro recusado' : item.reasons.join(', '),
          ]),
        table,
      ),
    );
    if (refused.length > SHOWN_RECORDS)
      stderr.write(`... and ${formatCountEn(refused.length - SHOWN_RECORDS)} more (--json shows all)\n`);
  }
  if (report.wasComplete) stderr.write('Everything valid here had been sent before: nothing changed.\n');
  if (report.unreadable > 0)
    stderr.write('Records that cannot be taken apart are corrected by hand: esteira quarantine export, then fix.\n');
}

const SHOWN_RECORDS = 50;

const OUTCOME: readonly ResultColumn[] = [
  { name: 'resultado', title: 'Resultado', kind: 'text' },
  { name: 'quantidade', title: 'Quantidade', kind: 'count' },
  { name: 'valor', title: 'Valor', kind: 'money' },
];

const REFUSED: readonly ResultColumn[] = [
  { name: 'id', title: 'ID', kind: 'text' },
  { name: 'loja', title: 'Loja', kind: 'text' },
  { name: 'id_pedido', title: 'Pedido', kind: 'text' },
  { name: 'motivos', title: 'Motivos', kind: 'text' },
];

/** Columns of `quarantine summary`. */
export const SUMMARY_COLUMNS: readonly ResultColumn[] = [
  { name: 'motivo', title: 'Motivo', kind: 'text' },
  { name: 'titulo', title: 'O que houve', kind: 'text' },
  { name: 'registros', title: 'Registros', kind: 'count' },
  { name: 'pedidos', title: 'Pedidos', kind: 'count', dropOrder: 2 },
  { name: 'valor', title: 'Valor', kind: 'money' },
  { name: 'como_corrigir', title: 'Como corrigir', kind: 'text', dropOrder: 1 },
];

/** Columns of `quarantine list`. */
export const LIST_COLUMNS: readonly ResultColumn[] = [
  { name: 'id', title: 'ID', kind: 'text' },
  { name: 'loja', title: 'Loja', kind: 'text', isHiddenWhenUniform: true },
  { name: 'id_pedido', title: 'Pedido', kind: 'text' },
  { name: 'fonte', title: 'Arquivo', kind: 'text', isHiddenWhenUniform: true },
  { name: 'linha', title: 'Linha', kind: 'code' },
  { name: 'motivos', title: 'Motivos', kind: 'text' },
  { name: 'valor', title: 'Valor', kind: 'money' },
  { name: 'situacao', title: 'Situação', kind: 'text', dropOrder: 2 },
  { name: 'recebido_em', title: 'Recebido em', kind: 'timestamp', dropOrder: 1 },
];
