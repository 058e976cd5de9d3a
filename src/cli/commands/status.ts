// `esteira status`: how far each topic is read, the last batch, the open quarantine, recent incidents. It only prints; the reading is in src/pipeline/status.ts.
import type { Command } from 'commander';
import { brokerSettings } from '../../broker/connection.ts';
import type { ResultColumn } from '../../catalog/analyses.ts';
import { readStatus, type StatusReport } from '../../pipeline/status.ts';
import { formatMoney } from '../../pipeline/format/number-formats.ts';
import { counted, formatCountEn } from '../output/counted.ts';
import { localTime } from '../output/local-time.ts';
import { processTerminal, tableStyle } from '../output/print-result.ts';
import { renderTable } from '../output/table.ts';
import { configOf } from '../settings.ts';
import { openReader } from '../warehouse-access.ts';

export function statusCommand(program: Command): void {
  program
    .command('status')
    .description('how far each topic is read, the last batch, the open quarantine, recent incidents')
    .option('--json', 'as JSON on standard output')
    .addHelpText(
      'after',
      `
Positions come from the warehouse; how much is left to read is asked of Kafka, and left open when it does not answer. What Spark has read
for the topics of the warehouse stands first, as esteira stream writes it down in Kafka.

Examples:
  esteira status
  esteira status --json`,
    )
    .action(async (flags: { readonly json?: boolean }, command: Command) => {
      const config = configOf(command);
      const warehouse = await openReader(config);
      try {
        const report = await readStatus(warehouse.client, brokerSettings(config));
        if (flags.json === true) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
        else print(report, config.get('color'));
      } finally {
        await warehouse.close();
      }
    });
}

const PARTITIONS: readonly ResultColumn[] = [
  { name: 'topic', title: 'Topic', kind: 'text' },
  { name: 'group', title: 'Group', kind: 'text' },
  { name: 'partition', title: 'Partition', kind: 'count' },
  { name: 'position', title: 'Position', kind: 'count' },
  { name: 'lag', title: 'To read', kind: 'count' },
  { name: 'movedAt', title: 'Moved at', kind: 'text' },
];

function print(report: StatusReport, color: 'auto' | 'always' | 'never'): void {
  const { partitions, kafkaProblem, lastBatch, quarantine, incidents } = report;
  if (partitions.length > 0) {
    const rows = partitions.map(({ topic, group, partition, position, lag, movedAt }) => [
      topic,
      group,
      String(partition),
      position,
      lag === null ? null : String(lag),
      movedAt === null ? null : localTime(new Date(movedAt)),
    ]);
    process.stdout.write(`${renderTable(PARTITIONS, rows, tableStyle(processTerminal, color))}\n`);
  }
  if (kafkaProblem !== null) process.stdout.write(`Kafka does not answer: ${kafkaProblem}\n`);
  process.stdout.write(
    lastBatch === null
      ? 'Last batch: none yet\n'
      : `Last batch: ${lastBatch.source}, ${ago(lastBatch.secondsAgo)} ago, ${counted(lastBatch.read, 'event')}: ${formatCountEn(lastBatch.accepted)} accepted, ${formatCountEn(lastBatch.rejected)} rejected, ${counted(lastBatch.duplicates, 'duplicate')}, ${formatCountEn(lastBatch.outdated)} outdated\n`,
  );
  process.stdout.write(
    `Quarantine: ${formatCountEn(quarantine.records)} open, ${formatMoney(quarantine.amount)}${quarantine.oldestAt === null ? '' : `, the oldest read at ${localTime(new Date(quarantine.oldestAt))}`}\n`,
  );
  for (const { at, kind, description } of incidents)
    process.stdout.write(`Incident: ${localTime(new Date(at))} ${kind}: ${description}\n`);
}

function ago(seconds: number): string {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}
