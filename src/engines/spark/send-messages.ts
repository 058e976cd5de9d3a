// Sends a file of raw messages (src/engines/duckdb/messages.ts writes it) to a Kafka topic with Spark's own producers: the same key, value and headers as
// src/broker sends. It judges nothing and makes no topic.
import { CONTRACT, CONTRACT_VERSION, HEADER } from '../../model/message.ts';
import { WriteOperation_SaveMode } from './connect/protocol/connect_pb.js';
import { sqlRelation, type SparkSession } from './connect/session.ts';

export interface SparkMessages {
  /** As Spark sees it. */
  readonly path: string;
  /** A name that no other file of the session has at this moment: letters, digits, underscores. */
  readonly name: string;
  readonly topic: string;
  /** ISO 8601, UTC: when the orders were first read. */
  readonly receivedAt: string;
  /** Options of Spark's Kafka sink: brokers, security. */
  readonly kafka: Readonly<Record<string, string>>;
}

/** Columns of a message and its place in the file. Spark reads parts of a large file at the same time. */
const LINES = `SELECT split(value, '\\t', 3) AS c, input_file_block_start() AS parte, monotonically_increasing_id() AS linha`;

/** Resolves when Kafka has acknowledged all of it. Repeats what it sent when it is called again. Throws SPARK_*. */
export async function sendMessages(session: SparkSession, messages: SparkMessages): Promise<void> {
  const { path, name, topic, receivedAt, kafka } = messages;
  // Only line feeds end a line: a value may hold a carriage return.
  const dataSource = { format: 'text', options: { lineSep: '\n' }, paths: [path] };
  await session.createView(name, {
    relType: { case: 'read', value: { readType: { case: 'dataSource', value: dataSource } } },
  });
  const header = (key: string, value: string): string =>
    `named_struct('key', '${key}', 'value', CAST(${value} AS BINARY))`;
  const headers = [
    header(HEADER.contract, `'${CONTRACT.raw}'`),
    header(HEADER.version, `'${CONTRACT_VERSION}'`),
    header(HEADER.receivedAt, ':received'),
    header(HEADER.originHash, 'c[0]'),
  ].join(', ');
  const key = `CASE WHEN c[1] <> '' THEN from_json(concat('{"k":', c[1], '}'), 'k STRING').k END`;
  // The versions of an order go through one producer, in the order of the file.
  const sql = `
    SELECT CAST(chave AS BINARY) AS key, CAST(c[2] AS BINARY) AS value, array(${headers}) AS headers
    FROM (SELECT *, ${key} AS chave FROM (${LINES} FROM ${name})) DISTRIBUTE BY chave SORT BY parte, linha`;
  await session.command({
    commandType: {
      case: 'writeOperation',
      value: {
        input: sqlRelation(sql, { received: receivedAt }),
        source: 'kafka',
        mode: WriteOperation_SaveMode.APPEND,
        options: {
          ...kafka,
          topic,
          includeHeaders: 'true',
          'kafka.acks': 'all',
          'kafka.enable.idempotence': 'true',
          'kafka.compression.type': 'zstd',
          'kafka.linger.ms': '20',
          'kafka.batch.size': '262144',
          // The topic decides what is too large, not the producer.
          'kafka.max.request.size': '100000000',
        },
      },
    },
  });
}
