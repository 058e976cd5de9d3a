// What `esteira doctor` says about Kafka and Spark as the settings name them. The embedded profile needs neither: they are asked when somebody named them or when
// the local stack runs, and one that does not answer is a warning.
import { brokerSettings } from '../broker/connection.ts';
import { TopicAdmin } from '../broker/topics.ts';
import { type Config } from '../config/load.ts';
import { showSparkAddress } from '../engines/spark/connect/address.ts';
import { openSparkSession } from '../engines/spark/connect/session.ts';
import { EsteiraError } from '../lib/errors.ts';
import { TOPICS } from '../model/message.ts';
import { inspectServers } from '../stack/servers.ts';
import { type DoctorCheck, type Finding } from './doctor-checks.ts';
import { sparkAccess } from './spark-access.ts';
import { asWarning } from './stack-checks.ts';
import { stackSettings } from './stack-settings.ts';

const ANSWER_MS = 5_000;

export const SERVER_CHECKS: readonly DoctorCheck[] = [checkKafka, checkSpark];

function checkKafka(config: Config): Promise<Finding> {
  return check(config, 'Kafka', 'kafka', 'kafka.bootstrap', async () => {
    const settings = brokerSettings(config);
    const where = settings.bootstrap.join(', ');
    const admin = new TopicAdmin(settings, ANSWER_MS);
    try {
      const { partitions } = await admin.describe(TOPICS.raw);
      return `${where} answers; ${TOPICS.raw} has ${partitions.length} partitions`;
    } catch (error) {
      if (!(error instanceof EsteiraError && error.code === 'TOPIC_UNKNOWN')) throw error;
      return `${where} answers; it has no topic ${TOPICS.raw} yet`;
    } finally {
      await admin.close();
    }
  });
}

function checkSpark(config: Config): Promise<Finding> {
  return check(config, 'Spark', 'spark', 'spark.url', async () => {
    const { spark, ca } = sparkAccess(config);
    const session = openSparkSession(spark, { ca, requestTimeoutMs: ANSWER_MS });
    try {
      const version = await session.version();
      await session.close(AbortSignal.timeout(ANSWER_MS));
      return `Spark ${version} at ${showSparkAddress(spark)}`;
    } finally {
      session.disconnect();
    }
  });
}

/** `ask` returns what is to be said of a server that answers. */
async function check(
  config: Config,
  name: string,
  server: 'kafka' | 'spark',
  key: 'kafka.bootstrap' | 'spark.url',
  ask: () => Promise<string>,
): Promise<Finding> {
  const isSet = config.entries().find((entry) => entry.key === key)?.origin.source !== 'default';
  const [local] = await inspectServers([server], stackSettings(config));
  const isHere = local?.status === 'running';
  if (!isSet && !isHere)
    return { name, status: 'ok', detail: `${key} is not set and no local ${name} runs: not asked` };
  try {
    return { name, status: 'ok', detail: await ask() };
  } catch (error) {
    const finding = asWarning(name, error);
    if (!isHere || local.address === null) return finding;
    return {
      ...finding,
      fix: `The local ${name} is at ${local.address}: is that meant by ${key}? ${finding.fix ?? ''}`.trim(),
    };
  }
}
