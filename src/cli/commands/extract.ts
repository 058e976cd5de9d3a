// `esteira extract --store NAME`: a store's orders from its interface into the warehouse, or into a file. It reads options and prints;
// the work is in src/pipeline/extract.ts. A store's settings, its token above all, come from the environment only.
import { Option, type Command } from 'commander';
import { brokerSettings } from '../../broker/connection.ts';
import { fail } from '../../catalog/errors.ts';
import type { Config } from '../../config/load.ts';
import { extract, type ExtractReport } from '../../pipeline/extract.ts';
import { extractToTopic } from '../../pipeline/extract-topic.ts';
import { extractTexts, type ExtractTextsProgress } from '../../pipeline/extract-texts.ts';
import { isInterruption } from '../../pipeline/retry.ts';
import { STORE_SOURCES, storeSource } from '../../sources/registry.ts';
import { settingsFromEnv } from '../../sources/store/settings.ts';
import type { StoreReader } from '../../sources/store/source.ts';
import { endSoon, MOST_DELIVERING_MS } from '../end-soon.ts';
import { counted, formatCountEn } from '../output/counted.ts';
import { extractProgress, type ExtractProgressLine } from '../output/extract-progress.ts';
import { printOutcome } from '../output/load-report.ts';
import { writeTexts } from '../output/text-file.ts';
import { writeAtomically } from '../output/write-result.ts';
import { configOf } from '../settings.ts';
import { openWarehouse } from '../warehouse-access.ts';
import { parseBound } from './extract-bounds.ts';
import { addTopicOptions, planOf, type TopicFlags } from './topic-options.ts';

interface ExtractFlags extends TopicFlags {
  readonly store: string;
  readonly since?: Date;
  readonly until?: Date;
  readonly to: 'warehouse' | 'file' | 'topic';
  readonly out?: string;
  readonly json?: boolean;
}

/** What an extraction to either place needs. */
interface Work {
  readonly flags: ExtractFlags;
  readonly config: Config;
  readonly reader: StoreReader;
  readonly progress: ExtractProgressLine;
  readonly signal: AbortSignal;
}

export function extractCommand(program: Command): void {
  const extraction = program
    .command('extract')
    .description(
      'read the orders of a store from its interface into the warehouse: only what is new since the last time',
    )
    .requiredOption('--store <name>', `which store: ${STORE_SOURCES.map((source) => source.id).join(', ')}`)
    .option(
      '--since <time>',
      'orders changed from here on; afterwards it only matters when it lies further back',
      (text) => parseBound(text, 'since'),
    )
    .option('--until <time>', 'orders changed up to here (default: now, by the clock of the store)', (text) =>
      parseBound(text, 'until'),
    )
    .addOption(
      new Option('--to <place>', 'where to put them').choices(['warehouse', 'file', 'topic']).default('warehouse'),
    )
    .option('--out <file>', 'with --to file: the file to write, JSON lines, one order a line');
  addTopicOptions(extraction)
    .option('--json', 'the report as JSON on standard output')
    .addHelpText(
      'after',
      `
The place to go on from is kept in the warehouse, in the same transaction as the orders: stopped or killed at any moment, the same command goes on
from there. Orders that break a rule go to the quarantine (esteira quarantine). --to file keeps no such place and reads everything from --since on.
--to topic sends them to Kafka instead, as esteira produce does; its place to go on from is in the warehouse too, and moves once Kafka has the orders.
A day is a day of São Paulo.

Settings of the stores, from the environment only:
${settingsHelp()}
Examples:
  esteira store serve --churn                   # a store to try it with, in another terminal
  esteira extract --store mock
  esteira extract --store mock --since 2026-01-01
  esteira extract --store mock --since 2026-11-01 --until 2026-11-30 --to file --out november.jsonl
  esteira extract --store mock --to topic --create-topic`,
    )
    .action(async (flags: ExtractFlags, command: Command) => {
      checkFlags(flags);
      const config = configOf(command);
      const source = storeSource(flags.store);
      const progress = extractProgress(process.stderr, source.id);
      const reader = source.open({
        settings: settingsFromEnv(source, process.env),
        maxOutageMs: config.get('max_outage'),
        onEvent: progress.showEvent,
      });
      const interruption = new AbortController();
      let stopCode = 130;
      const stop = (signal: NodeJS.Signals): void => {
        // SIGTERM is how a supervisor ends a process that does nothing wrong
        if (signal === 'SIGTERM') stopCode = 0;
        interruption.abort();
        if (flags.to === 'topic') endSoon(MOST_DELIVERING_MS, stopCode);
      };
      process.once('SIGINT', stop);
      process.once('SIGTERM', stop);
      try {
        const work: Work = { flags, config, reader, progress, signal: interruption.signal };
        const wasStopped =
          flags.to === 'file'
            ? await toFile(work, flags.out ?? '')
            : flags.to === 'topic'
              ? await toTopic(work)
              : await toWarehouse(work);
        if (wasStopped) process.exitCode = stopCode;
      } catch (error) {
        // asked to stop while a service was being waited for, before anything was read
        if (!isInterruption(error, interruption.signal)) throw error;
        process.exitCode = stopCode;
      } finally {
        progress.clear();
        process.off('SIGINT', stop);
        process.off('SIGTERM', stop);
      }
    });
}

async function toWarehouse({ flags, config, reader, progress, signal }: Work): Promise<boolean> {
  const warehouse = await openWarehouse(config, { signal });
  const report = await extract(reader, {
    store: flags.store,
    warehouseUrl: warehouse.url,
    memoryLimit: config.get('memory.limit'),
    threads: config.get('threads'),
    batchLines: config.get('batch.lines'),
    maxOutageMs: config.get('max_outage'),
    since: flags.since,
    until: flags.until,
    signal,
    onProgress: (reached) => {
      if (reached.kind === 'waiting') warehouse.revive();
      progress.show(reached);
    },
  });
  progress.clear();
  if (flags.json === true) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else {
    process.stdout.write(headline(report));
    printOutcome(report, { json: false, color: config.get('color') });
  }
  return report.wasStopped;
}

function headline(report: ExtractReport): string {
  const { loja, orderCount, pageCount, batchCount, seconds, readUntil } = report;
  const rate = seconds > 0 ? Math.round(orderCount / seconds) : 0;
  const upTo = readUntil === null ? '' : `, read up to ${readUntil}`;
  return `${loja}: ${counted(orderCount, 'order')} in ${counted(pageCount, 'page')} and ${counted(batchCount, 'batch', 'batches')}, ${seconds.toFixed(1)} s, ${formatCountEn(rate)} orders/s${upTo}\n`;
}

async function toTopic({ flags, config, reader, progress, signal }: Work): Promise<boolean> {
  const broker = brokerSettings(config);
  const warehouse = await openWarehouse(config, { signal });
  const report = await extractToTopic(reader, {
    store: flags.store,
    warehouseUrl: warehouse.url,
    memoryLimit: config.get('memory.limit'),
    threads: config.get('threads'),
    batchLines: config.get('batch.lines'),
    maxOutageMs: config.get('max_outage'),
    since: flags.since,
    until: flags.until,
    broker,
    topic: flags.topic,
    create: planOf(flags),
    signal,
    onProgress: (reached) => {
      if (reached.kind === 'waiting') warehouse.revive();
      progress.showTopic(reached);
    },
  });
  progress.clear();
  if (flags.json === true) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else {
    const { loja, topic, orderCount, pageCount, deliveredCount, readUntil, seconds } = report;
    const upTo = readUntil === null ? '' : `, read up to ${readUntil}`;
    process.stdout.write(
      `${loja}: ${counted(orderCount, 'order')} in ${counted(pageCount, 'page')}, ${counted(deliveredCount, 'message')} delivered to ${topic} in ${seconds.toFixed(1)} s${upTo}\n`,
    );
    if (report.wasStopped) process.stderr.write('Stopped: run the same command again to go on from here.\n');
  }
  return report.wasStopped;
}

async function toFile({ flags, reader, progress, signal }: Work, out: string): Promise<boolean> {
  const started = performance.now();
  let last: ExtractTextsProgress = { orderCount: 0, pageCount: 0, readUntil: null };
  const texts = extractTexts(reader, { since: flags.since, until: flags.until, signal }, (reached) => {
    last = reached;
    progress.showTexts(reached);
  });
  try {
    await writeAtomically(out, (draft) => writeTexts(draft, texts));
  } catch (error) {
    if (!signal.aborted) throw error;
    progress.clear();
    process.stderr.write('Stopped: nothing was written.\n');
    return true;
  }
  progress.clear();
  const { orderCount, pageCount, readUntil } = last;
  const seconds = (performance.now() - started) / 1000;
  if (flags.json === true)
    process.stdout.write(
      `${JSON.stringify({ store: flags.store, loja: reader.loja, out, orderCount, pageCount, readUntil, seconds }, null, 2)}\n`,
    );
  else
    process.stdout.write(
      `${out}: ${counted(orderCount, 'order')} in ${counted(pageCount, 'page')}, ${seconds.toFixed(1)} s, read up to ${readUntil}\n`,
    );
  return false;
}

function checkFlags({ to, out, since, until }: ExtractFlags): void {
  if (to === 'file' && out === undefined) {
    throw fail('USAGE', {
      what: '--to file needs the name of a file.',
      why: 'Orders are written to a file that --out names.',
      fix: 'Add --out orders.jsonl.',
    });
  }
  if (to !== 'file' && out !== undefined) {
    throw fail('USAGE', {
      what: `--out is given, but the orders go to the ${to}.`,
      why: '--to is warehouse unless said otherwise.',
      fix: 'Add --to file, or leave --out away.',
    });
  }
  if (since !== undefined && until !== undefined && since > until) {
    throw fail('USAGE', {
      what: '--since is later than --until.',
      why: `${since.toISOString()} is after ${until.toISOString()}.`,
      fix: 'Exchange the two.',
    });
  }
}

/** One line per setting of every store. */
function settingsHelp(): string {
  const rows = STORE_SOURCES.flatMap((source) =>
    source.settings.map(({ env, description, default: given, secret }) => ({
      env,
      text: `${description}${given === undefined || secret === true ? '' : ` Default ${given}.`}`,
    })),
  );
  const width = Math.max(...rows.map(({ env }) => env.length));
  return rows.map(({ env, text }) => `  ${env.padEnd(width)}  ${text}\n`).join('');
}
