// `esteira consume`: a topic into the warehouse, until stopped or until its end. It reads options and prints; the work is in src/pipeline/consume.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { brokerSettings } from '../../broker/connection.ts';
import { duration } from '../../config/kinds.ts';
import type { Config } from '../../config/load.ts';
import { TOPICS } from '../../model/message.ts';
import { BATCH_MEMORY, consume, type ConsumeReport } from '../../pipeline/consume/consume.ts';
import { parseFrom } from '../../pipeline/consume/from.ts';
import { isInterruption } from '../../pipeline/retry.ts';
import { ConsumeMetrics } from '../../pipeline/consume/metrics.ts';
import type { HealthServer } from '../../pipeline/health-server.ts';
import { counted, formatCountEn } from '../output/counted.ts';
import { consumeProgress } from '../output/consume-progress.ts';
import { printOutcome } from '../output/load-report.ts';
import { endSoon } from '../end-soon.ts';
import { configOf } from '../settings.ts';
import { openWarehouse } from '../warehouse-access.ts';
import { metricsPortOption, serveMetrics } from '../metrics-option.ts';

interface ConsumeFlags {
  readonly topic: string;
  readonly group: string;
  readonly untilEnd?: boolean;
  readonly from?: string;
  readonly maxBatch: number;
  readonly maxWait: number;
  readonly sessionTimeout: number;
  readonly reprocess?: boolean;
  readonly metricsPort?: number;
  readonly json?: boolean;
}

/** What a stopped consumer has left open gets this long: all of stopping may take 10 s. */
const MOST_LEFT_MS = 1000;

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`Write a whole number from ${least} to ${most}.`);
    return value;
  };

/** An option that takes a duration; its help shows the default as one would write it. */
function lasting(flags: string, description: string, byDefault: number): Option {
  return new Option(flags, description).argParser(milliseconds).default(byDefault, duration.show(byDefault));
}

function milliseconds(text: string): number {
  const parsed = duration.parse(text);
  if ('expected' in parsed) throw new InvalidArgumentError(`Write ${parsed.expected}.`);
  return parsed.value;
}

export function consumeCommand(program: Command): void {
  program
    .command('consume')
    .description('load a topic of Kafka into the warehouse, exactly once, and go on as messages come')
    .option('--topic <name>', `topic to read; ${TOPICS.treated} brings ${TOPICS.rejected} with it`, TOPICS.raw)
    .option('--group <name>', 'consumer group: its consumers share the partitions', 'ecommerce-consumers')
    .option('--until-end', 'end when everything is read that is there now')
    .option(
      '--from <where>',
      'set the positions of the group first: earliest, latest, a time, or 0:120,1:95 (kept on record)',
    )
    .option('--max-batch <n>', 'messages in one batch, that is one transaction', whole(1, 200_000), 30_000)
    .addOption(lasting('--max-wait <duration>', 'how long the first message of a batch waits for others', 20))
    .addOption(
      lasting(
        '--session-timeout <duration>',
        'how long the group waits for a consumer that went silent before others take over',
        30_000,
      ),
    )
    .option('--reprocess', 'let a newer transform replace rows that an older one made')
    .addOption(metricsPortOption())
    .option('--json', 'the report at the end as JSON on standard output')
    .addHelpText(
      'after',
      `
Where to go on is kept in the warehouse, in the same transaction as the orders: stopped, killed or cut off at any moment, nothing is lost and nothing
counted twice. Kafka's own committed offsets are only a hint for tools that show lag. It waits for ever for a service that is down; with --until-end up
to the setting max_outage. Messages that are no valid order go to the quarantine (esteira quarantine), with their place in the topic.

Examples:
  esteira consume --topic pedidos_ecommerce --group ecommerce-consumers
  esteira consume --until-end
  esteira consume --topic pedidos_tratados --metrics-port 9464
  esteira consume --from 2026-11-01T00:00:00-03:00 --until-end`,
    )
    .action(async (flags: ConsumeFlags, command: Command) => {
      const from = flags.from === undefined ? null : parseFrom(flags.from);
      const config = configOf(command);
      const broker = brokerSettings(config);
      const interruption = new AbortController();
      let stopCode = 0;
      const stop = (signal: NodeJS.Signals): void => {
        // A supervisor that ends us is obeyed, not failed.
        if (signal === 'SIGINT') stopCode = 130;
        interruption.abort();
      };
      process.once('SIGINT', stop);
      process.once('SIGTERM', stop);
      const progress = consumeProgress(process.stderr, {
        level: config.get('log.level'),
        format: config.get('log.format'),
      });
      const metrics = new ConsumeMetrics(flags.group);
      let health: HealthServer | null = null;
      try {
        health = await serveMetrics(flags.metricsPort, metrics);
        const maxOutageMs = flags.untilEnd === true ? config.get('max_outage') : Infinity;
        const warehouse = await openWarehouse(config, { maxOutageMs, signal: interruption.signal });
        const report = await consume({
          topic: flags.topic,
          group: flags.group,
          broker,
          warehouseUrl: warehouse.url,
          memoryLimit: memoryLimitOf(config),
          threads: config.get('threads'),
          maxBatch: flags.maxBatch,
          maxWaitMs: flags.maxWait,
          sessionTimeoutMs: flags.sessionTimeout,
          untilEnd: flags.untilEnd === true,
          from,
          reprocess: flags.reprocess === true,
          maxOutageMs,
          signal: interruption.signal,
          onProgress: (reached) => {
            if (reached.kind === 'waiting' && reached.service === 'PostgreSQL') warehouse.revive();
            if (reached.kind === 'silent') warehouse.reviveKilled();
            metrics.observe(reached);
            progress.show(reached);
          },
        });
        progress.clear();
        print(report, flags.json === true, config.get('color'));
        if (report.wasStopped) process.exitCode = stopCode;
      } catch (error) {
        // Asked to stop while a service was being waited for: nothing was left half done.
        if (!isInterruption(error, interruption.signal)) throw error;
        process.exitCode = stopCode;
      } finally {
        progress.clear();
        await health?.close();
        process.off('SIGINT', stop);
        process.off('SIGTERM', stop);
        if (interruption.signal.aborted) endSoon(MOST_LEFT_MS);
      }
    });
}

function memoryLimitOf(config: Config): string {
  const isGiven = config.entries().some(({ key, origin }) => key === 'memory.limit' && origin.source !== 'default');
  return isGiven ? config.get('memory.limit') : BATCH_MEMORY;
}

function print(report: ConsumeReport, isJson: boolean, color: 'auto' | 'always' | 'never'): void {
  if (isJson) {
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return;
  }
  const { topics, messageCount, batchCount, seconds, totals, wasStopped } = report;
  const rate = seconds > 0 ? Math.round(messageCount / seconds) : 0;
  process.stdout.write(
    `${topics.join(', ')}: ${counted(messageCount, 'message')} in ${counted(batchCount, 'batch', 'batches')}, ${seconds.toFixed(1)} s, ${formatCountEn(rate)} messages/s\n`,
  );
  printOutcome({ totals, rejections: [], wasStopped }, { json: false, color });
}
