// `esteira stream`: Spark transforms the raw topic into the treated and the rejected one. It reads options and prints; the work is in src/pipeline/stream.
import { join } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { brokerSettings } from '../../broker/connection.ts';
import { DEFAULT_PARTITIONS, DEFAULT_RETENTION_MS } from '../../broker/topics.ts';
import { integer } from '../../config/kinds.ts';
import type { Trigger } from '../../engines/spark/streaming.ts';
import { streamGroup, TOPICS } from '../../model/message.ts';
import type { HealthServer } from '../../pipeline/health-server.ts';
import { StreamMetrics } from '../../pipeline/stream/metrics.ts';
import { stream, type StreamReport } from '../../pipeline/stream/stream.ts';
import { counted } from '../output/counted.ts';
import { streamProgress } from '../output/stream-progress.ts';
import { endSoon } from '../end-soon.ts';
import { configOf } from '../settings.ts';
import { sparkAccess } from '../spark-access.ts';
import { metricsPortOption, serveMetrics } from '../metrics-option.ts';

interface StreamFlags {
  readonly topic: string;
  readonly treated: string;
  readonly rejected: string;
  readonly createTopics?: boolean;
  readonly checkpoint?: string;
  readonly interval?: string;
  readonly availableNow?: boolean;
  readonly realTime?: boolean;
  readonly maxBatch?: number;
  readonly metricsPort?: number;
  readonly json?: boolean;
}

/** What a stopped stream has left open gets this long: all of stopping may take 10 s. */
const MOST_LEFT_MS = 1000;

const LEFT_RUNNING =
  'Spark did not answer in time, so the query may still run; the next start of this stream finds and ends it.\n';

export function streamCommand(program: Command): void {
  program
    .command('stream')
    .description('let Spark transform a topic of orders, continuously')
    .option('--topic <name>', 'the orders as they were read', TOPICS.raw)
    .option('--treated <name>', 'where valid orders go', TOPICS.treated)
    .option('--rejected <name>', 'where the others go, with their reasons', TOPICS.rejected)
    .option('--create-topics', 'create the treated and the rejected topic if they are missing')
    .option('--checkpoint <folder>', 'as Spark reaches it (default: named after the topic, in spark.checkpoints)')
    .addOption(
      new Option(
        '--interval <time>',
        "a batch every so often, e.g. '10 seconds' (default: as soon as the last one is done)",
      ).conflicts(['availableNow', 'realTime']),
    )
    .addOption(new Option('--available-now', 'read what the topic holds, then end').conflicts('realTime'))
    .option('--real-time', 'experimental: records one by one, needs a slot of Spark per partition')
    .addOption(new Option('--max-batch <n>', 'at most so many records a batch').argParser(count).conflicts('realTime'))
    .addOption(metricsPortOption())
    .option('--json', 'the report as JSON on standard output')
    .addHelpText(
      'after',
      `
Every record of the topic comes out in one of the two others, at least once; esteira consume knows repeats. A broken record stops nothing: it is rejected.
Ctrl-C ends the query too. A client that was killed leaves its query running: the next one finds and ends it, and goes on where it was.
How far Spark has read is also written down in Kafka, as consumer group ${streamGroup(TOPICS.treated)}, for esteira status and other tools that show lag.

Examples:
  esteira stream --create-topics
  esteira stream --metrics-port 9465
  esteira stream --available-now
  esteira stream --spark "sc://spark.example.com:443/;use_ssl=true;token=..." --spark-checkpoints s3a://bucket/checkpoints`,
    )
    .action(async (flags: StreamFlags, command: Command) => {
      const config = configOf(command);
      const broker = brokerSettings(config);
      const interruption = new AbortController();
      let stopCode = 130;
      const stop = (signal: NodeJS.Signals): void => {
        // A supervisor that ends us is obeyed, not failed.
        if (signal === 'SIGTERM') stopCode = 0;
        interruption.abort();
      };
      process.once('SIGINT', stop);
      process.once('SIGTERM', stop);
      const progress = streamProgress(process.stderr, {
        level: config.get('log.level'),
        format: config.get('log.format'),
      });
      const metrics = new StreamMetrics(flags.topic);
      let health: HealthServer | null = null;
      try {
        health = await serveMetrics(flags.metricsPort, metrics);
        const folder = config.get('spark.checkpoints') ?? join(config.get('home'), 'checkpoints');
        const report = await stream({
          ...sparkAccess(config),
          broker,
          sparkBootstrap: config.get('spark.kafka_bootstrap')?.split(',') ?? broker.bootstrap,
          topics: { raw: flags.topic, treated: flags.treated, rejected: flags.rejected },
          create:
            flags.createTopics === true
              ? { partitions: DEFAULT_PARTITIONS, retentionMs: DEFAULT_RETENTION_MS }
              : undefined,
          checkpoint: flags.checkpoint ?? `${folder}/${flags.topic}`,
          trigger: triggerOf(flags),
          maxRecordsPerBatch: flags.maxBatch,
          signal: interruption.signal,
          onProgress: (reached) => {
            metrics.observe(reached);
            progress.show(reached);
          },
        });
        progress.clear();
        print(report, flags.json === true);
        if (report.mayStillRun) process.stderr.write(LEFT_RUNNING);
        if (report.wasStopped) process.exitCode = stopCode;
      } finally {
        progress.clear();
        await health?.close();
        process.off('SIGINT', stop);
        process.off('SIGTERM', stop);
        if (interruption.signal.aborted) endSoon(MOST_LEFT_MS);
      }
    });
}

function triggerOf(flags: StreamFlags): Trigger {
  if (flags.availableNow === true) return { kind: 'available-now' };
  if (flags.realTime === true) return { kind: 'real-time', batchDuration: '1 minute' };
  if (flags.interval !== undefined) return { kind: 'interval', interval: flags.interval };
  return { kind: 'default' };
}

function count(text: string): number {
  const parsed = integer(1, 100_000_000).parse(text);
  if ('value' in parsed) return parsed.value;
  throw new InvalidArgumentError(`Expected ${parsed.expected}.`);
}

function print(report: StreamReport, asJson: boolean): void {
  const { records, batches, restarts, seconds } = report;
  process.stdout.write(
    asJson
      ? `${JSON.stringify(report, null, 2)}\n`
      : `${counted(records, 'record')} in ${counted(batches, 'batch', 'batches')}, ${seconds.toFixed(1)} s${restarts > 0 ? `, ${counted(restarts, 'restart')}` : ''}\n`,
  );
}
