// Where Spark is and how to reach it, from the settings. It opens no connection.
import { readFileSync, statSync } from 'node:fs';
import { fail } from '../catalog/errors.ts';
import type { Config } from '../config/load.ts';
import { parseSparkAddress, type SparkAddress } from '../engines/spark/connect/address.ts';
import { messageOf } from '../lib/errors.ts';

export interface SparkAccess {
  readonly spark: SparkAddress;
  /** PEM of the authorities whose certificates are believed; undefined: those of the system. */
  readonly ca: string | undefined;
}

/** Throws CONFIG_INVALID. */
export function sparkAccess(config: Config): SparkAccess {
  return { spark: parseSparkAddress(config.get('spark.url')), ca: authorities(config.get('spark.ca_file')) };
}

/** The folder through which files go to Spark and back; undefined: the temporary folder. Throws CONFIG_INVALID. */
export function exchangeFolder(config: Config): string | undefined {
  const path = config.get('spark.exchange');
  if (path === undefined || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path;
  throw fail('CONFIG_INVALID', {
    what: `${path} is no folder.`,
    why: 'Orders are handed to Spark and taken back through it, so it must be there, here and at Spark.',
    fix: 'Make or mount it, or correct spark.exchange (ESTEIRA_SPARK_EXCHANGE).',
  });
}

function authorities(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw fail('CONFIG_INVALID', {
      what: `${path} cannot be read.`,
      why: messageOf(error),
      fix: 'Correct spark.ca_file (ESTEIRA_SPARK_CA_FILE).',
    });
  }
}
