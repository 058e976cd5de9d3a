// `esteira produce FILE... --topic NAME`: files of orders into Kafka. It reads options and prints; the work is in src/pipeline/produce.ts.
import { Option, type Command } from 'commander';
import { brokerSettings } from '../../broker/connection.ts';
import { fail } from '../../catalog/errors.ts';
import { produceDirect, produceThroughSpark, type ProduceEngine, type ProduceReport } from '../../pipeline/produce.ts';
import { expandInputs } from '../../sources/files/index.ts';
import { harmless } from '../../lib/harmless.ts';
import { counted, formatCountEn } from '../output/counted.ts';
import { produceProgress } from '../output/produce-progress.ts';
import { endSoon, MOST_DELIVERING_MS } from '../end-soon.ts';
import { configOf } from '../settings.ts';
import { exchangeFolder, sparkAccess } from '../spark-access.ts';
import { addReadingOptions, readingOf, type ReadingFlags } from './reading-options.ts';
import { addTopicOptions, planOf, type TopicFlags } from './topic-options.ts';

/** All give the same messages. */
const ENGINES: Readonly<Record<string, ProduceEngine>> = { direct: produceDirect, spark: produceThroughSpark };

interface ProduceFlags extends ReadingFlags, TopicFlags {
  readonly csv?: string[];
  readonly engine: string;
  readonly json?: boolean;
}

/** Refused messages that are named; the report in JSON names all. */
const MOST_NAMED = 10;

export function produceCommand(program: Command): void {
  const produce = program
    .command('produce')
    .argument('[files...]', 'files, folders or patterns; - for standard input')
    .description('send files of orders to a Kafka topic, one message per version of an order')
    .option('--csv <files...>', 'the same as naming the files; JSON lines and Parquet are read too');
  addTopicOptions(produce).addOption(
    new Option('--engine <name>', 'what sends the messages').choices(Object.keys(ENGINES)).default('direct'),
  );
  addReadingOptions(produce)
    .option('--json', 'the report as JSON on standard output')
    .addHelpText(
      'after',
      `
Lines of one order become one message with the key store:order, so that all versions of an order stand in one partition. Nothing is judged or corrected
here: consumers do that, and get the rows that esteira run makes of the same file. Sending a file twice does no harm: consumers know what they have seen.
Both engines give the same messages; with --engine spark, Spark's own producers send them (spark.url, spark.exchange).
Where Kafka is, and how to talk to it: esteira config (kafka.bootstrap and others).

Examples:
  esteira produce --csv data/pedidos.csv --topic pedidos_ecommerce --create-topic
  esteira produce exports/ --store minha-loja --kafka broker-1:9092,broker-2:9092
  zcat pedidos.jsonl.gz | esteira produce - --as-of 2026-11-01T06:00:00-03:00`,
    )
    .action(async (files: string[], flags: ProduceFlags, command: Command) => {
      const config = configOf(command);
      const inputs = await expandInputs(named([...files, ...(flags.csv ?? [])]));
      const interruption = new AbortController();
      let stopCode = 130;
      const stop = (signal: NodeJS.Signals): void => {
        // A supervisor that ends us is obeyed, not failed.
        if (signal === 'SIGTERM') stopCode = 0;
        interruption.abort();
        endSoon(MOST_DELIVERING_MS, stopCode);
      };
      process.once('SIGINT', stop);
      process.once('SIGTERM', stop);
      const progress = produceProgress(process.stderr);
      try {
        const broker = brokerSettings(config);
        const report = await (ENGINES[flags.engine] ?? produceDirect)(inputs, {
          broker,
          topic: flags.topic,
          create: planOf(flags),
          memoryLimit: config.get('memory.limit'),
          threads: config.get('threads'),
          batchLines: config.get('batch.lines'),
          maxOutageMs: config.get('max_outage'),
          spark:
            flags.engine === 'spark'
              ? {
                  ...sparkAccess(config),
                  exchange: exchangeFolder(config),
                  sparkBootstrap: config.get('spark.kafka_bootstrap')?.split(',') ?? broker.bootstrap,
                }
              : undefined,
          reading: readingOf(flags),
          signal: interruption.signal,
          onProgress: progress.show,
        });
        progress.clear();
        print(report, flags.json === true);
        if (report.wasStopped) process.exitCode = stopCode;
        else if (report.refused[0]) throw report.refused[0];
      } catch (error) {
        // asked to stop while waiting for Kafka, before anything was sent
        if (!interruption.signal.aborted || stopCode !== 0) throw error;
        process.exitCode = 0;
      } finally {
        progress.clear();
        process.off('SIGINT', stop);
        process.off('SIGTERM', stop);
      }
    });
}

function named(files: readonly string[]): readonly string[] {
  if (files.length > 0) return files;
  throw fail('USAGE', {
    what: 'No file was named.',
    why: 'There is nothing to send.',
    fix: 'Name one or more files: esteira produce --csv data/pedidos.csv --topic pedidos_ecommerce.',
  });
}

function print(report: ProduceReport, asJson: boolean): void {
  const { topic, partitionCount, deliveredCount, seconds, refused, wasStopped } = report;
  if (asJson) {
    const shown = { ...report, refused: refused.map((error) => error.what) };
    process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
  } else {
    for (const { name, linesRead, profile, format, messageCount, warnings } of report.files) {
      for (const warning of warnings) process.stderr.write(`${harmless(`${name}: ${warning}`)}\n`);
      process.stdout.write(
        `${name}: ${counted(linesRead, 'line')} (${profile}, ${format}), ${counted(messageCount, 'message')}\n`,
      );
    }
    const lines = report.files.reduce((sum, file) => sum + file.linesRead, 0);
    const rate = seconds > 0 ? `, ${formatCountEn(Math.round(lines / seconds))} lines/s` : '';
    process.stdout.write(
      `${topic}: ${counted(deliveredCount, 'message')} delivered to ${counted(partitionCount, 'partition')} in ${seconds.toFixed(1)} s${rate}\n`,
    );
    for (const { what } of refused.slice(0, MOST_NAMED)) process.stderr.write(`${harmless(what)}\n`);
    if (refused.length > MOST_NAMED) process.stderr.write(`and ${formatCountEn(refused.length - MOST_NAMED)} more\n`);
  }
  if (wasStopped)
    process.stderr.write('Stopped: run the same command again; what was delivered already does no harm.\n');
}
