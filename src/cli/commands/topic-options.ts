// The options that name a topic and say how it is created when it is missing: the same for every command that sends orders to Kafka. It opens no connection.
import { InvalidArgumentError, Option, type Command } from 'commander';
import { DEFAULT_PARTITIONS, DEFAULT_RETENTION_MS, type TopicPlan } from '../../broker/topics.ts';
import { duration, integer, type Kind } from '../../config/kinds.ts';
import { TOPICS } from '../../model/message.ts';

export interface TopicFlags {
  readonly topic: string;
  readonly createTopic?: boolean;
  readonly partitions: number;
  readonly retention: number;
  readonly replicas?: number;
}

/** Adds them to a command, and returns it. */
export function addTopicOptions(command: Command): Command {
  return command
    .option('--topic <name>', 'where to send the orders', TOPICS.raw)
    .option('--create-topic', 'create the topic if it is missing; one that is there stays as it is')
    .option(
      '--partitions <n>',
      'with --create-topic: how many consumers can share the topic; it cannot be lowered',
      parser(integer(1, 10_000)),
      DEFAULT_PARTITIONS,
    )
    .addOption(
      new Option(
        '--retention <duration>',
        'with --create-topic: how long Kafka keeps the orders, which hold personal data',
      )
        .argParser(parser(duration))
        .default(DEFAULT_RETENTION_MS, '7d'),
    )
    .option(
      '--replicas <n>',
      'with --create-topic: copies on different brokers (default: as the cluster decides)',
      parser(integer(1, 100)),
    );
}

/** How to create the topic; undefined when that was not asked for. */
export function planOf(flags: TopicFlags): TopicPlan | undefined {
  if (flags.createTopic !== true) return undefined;
  return {
    partitions: flags.partitions,
    retentionMs: flags.retention,
    ...(flags.replicas === undefined ? {} : { replicas: flags.replicas }),
  };
}

function parser<T>(kind: Kind<T>): (text: string) => T {
  return (text) => {
    const parsed = kind.parse(text);
    if ('value' in parsed) return parsed.value;
    throw new InvalidArgumentError(`Expected ${parsed.expected}.`);
  };
}
