// What `esteira doctor` says about the local stack. Java and Maven are needed only for that: without them it warns and nothing fails.
import { statfsSync } from 'node:fs';
import { type Config } from '../config/load.ts';
import { EsteiraError, messageOf } from '../lib/errors.ts';
import { KAFKA, SPARK } from '../stack/artifacts.ts';
import { isComplete, jarFolder } from '../stack/jars.ts';
import { findJava, findMaven } from '../stack/programs.ts';
import { inspectServers } from '../stack/servers.ts';
import { type DoctorCheck, existingParent, type Finding } from './doctor-checks.ts';
import { stackSettings } from './stack-settings.ts';

/** Room for the programs of Kafka and Spark, once here and once in Maven's own folder. */
const PROGRAMS_MB = 900;

export const STACK_CHECKS: readonly DoctorCheck[] = [checkJava, checkMaven, checkServers];

function checkJava(): Finding {
  const name = 'Java';
  try {
    const { version, program } = findJava();
    return { name, status: 'ok', detail: `Java ${version} (${program}), for Kafka and Spark on this machine` };
  } catch (error) {
    return asWarning(name, error);
  }
}

function checkMaven(config: Config): Finding {
  const name = 'Kafka and Spark programs';
  const cache = config.get('stack.cache');
  const missing = [KAFKA, SPARK].filter((server) => !isComplete(jarFolder(server, cache))).map((server) => server.name);
  if (missing.length === 0) return { name, status: 'ok', detail: `fetched, in ${cache}` };
  try {
    const { version } = findMaven();
    const detail = `Maven ${version} will fetch ${missing.join(' and ')} when they are needed`;
    const { bavail, bsize } = statfsSync(existingParent(cache));
    const roomMb = Math.floor((bavail * bsize) / 1e6);
    if (roomMb >= PROGRAMS_MB) return { name, status: 'ok', detail };
    const fix = 'Free some room, or choose a folder on another disk with --stack-cache.';
    return { name, status: 'warning', detail: `${detail}, but only ${roomMb} MB are free at ${cache}`, fix };
  } catch (error) {
    return asWarning(name, error);
  }
}

async function checkServers(config: Config): Promise<Finding> {
  const name = 'Local stack';
  const reports = await inspectServers(['kafka', 'spark'], stackSettings(config));
  const silent = reports.find(({ status }) => status === 'silent');
  const detail = reports.map((report) => `${report.name} ${report.address ?? report.status}`).join(', ');
  if (silent === undefined) return { name, status: 'ok', detail };
  return {
    name,
    status: 'warning',
    detail: `${detail}: process ${silent.pid} does not answer`,
    fix: `esteira stack down ${silent.name} && esteira stack up ${silent.name}; its log is ${silent.logFile}`,
  };
}

/** What could not be asked, with its remedy. */
export function asWarning(name: string, error: unknown): Finding {
  if (!(error instanceof EsteiraError)) return { name, status: 'warning', detail: messageOf(error) };
  return { name, status: 'warning', detail: `${error.what} ${error.why}`, fix: error.fix };
}
