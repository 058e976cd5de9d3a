// Real Kafka and Spark for tests. One of each serves all test files of a run: the first file that asks starts it, and it disappears with
// the run, kill -9 included. Tests keep apart by topic prefixes. Tests that kill a server start one of their own.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../src/config/keys.ts';
import { messageOf } from '../../src/lib/errors.ts';
import { KAFKA, SPARK } from '../../src/stack/artifacts.ts';
import { isComplete, jarFolder } from '../../src/stack/jars.ts';
import { type KafkaOptions, type KafkaServer, startKafka } from '../../src/stack/kafka.ts';
import { findJava, findMaven } from '../../src/stack/programs.ts';
import { type SparkOptions, type SparkServer, startSpark } from '../../src/stack/spark.ts';
import { withLock } from '../../src/storage/embedded/start-lock.ts';
import { createAuthority } from './certificates.ts';
import { temporaryHome } from './postgres.ts';

/** Set by the test command: the home of the servers that all test files of a run share. */
const SHARED_HOME_VARIABLE = 'ESTEIRA_TEST_HOME';
/** Set to 1 where nothing may be left out: then a machine without Java fails these tests. */
const REQUIRED_VARIABLE = 'ESTEIRA_TEST_STACK_REQUIRED';

/** The user that the brokers of tests know, on their listener with TLS. */
export const KAFKA_USER = { name: 'esteira', password: 'uma-senha-de-teste' } as const;
/** Another, whose password holds what has a meaning where passwords are written in quotes. */
export const KAFKA_ODD_USER = { name: 'aspas', password: `"d'agua" \\ {\\n} \\" = ;#$\{x}\\` } as const;

/** The programs' folder: the user's own cache, so that a run fetches nothing twice. */
export const STACK_CACHE = cacheFolder(process.env);

/**
 * For node:test's `skip`: false where Kafka and Spark can run, else why not. `npm test` counts what was left out and says so loudly.
 * `test('...', { skip: stackMissing }, async (t) => { ... })`
 */
export const stackMissing: string | false = findObstacle();

let home: string | undefined;
let count = 0;

/** The broker that all tests of a run share. Never stop or kill it. It knows KAFKA_USER and KAFKA_ODD_USER at `secureBootstrap`. */
export async function sharedKafka(): Promise<KafkaServer> {
  return once('kafka', (folder) => startKafka({ folder, cache: STACK_CACHE, security: security(folder) }));
}

/** The CA certificate (PEM) that signed the shared broker's, or that of a broker of one's own. */
export function kafkaAuthority(kafka: KafkaServer): string {
  return readFileSync(join(kafka.folder, 'ca.pem'), 'utf8');
}

/** The Spark that all tests of a run share: 4 slots, and room for the plans of all their queries. Never stop or kill it. */
export async function sharedSpark(): Promise<SparkServer> {
  return once('spark', (folder) => startSpark({ folder, cache: STACK_CACHE, slots: 4, heapMb: 3072 }));
}

/** A broker of one's own, for tests that kill or stop it. Start it again with the same `folder`: same data, same ports. */
export async function ownKafka(options: Partial<KafkaOptions> & { isSecure?: boolean } = {}): Promise<KafkaServer> {
  const { isSecure = false, folder = join(temporaryHome(), 'stack', 'kafka'), ...rest } = options;
  return startKafka({ folder, cache: STACK_CACHE, ...(isSecure ? { security: security(folder) } : {}), ...rest });
}

/** A Spark of one's own, for tests that kill or stop it. */
export async function ownSpark(options: Partial<SparkOptions> = {}): Promise<SparkServer> {
  return startSpark({ folder: join(temporaryHome(), 'stack', 'spark'), cache: STACK_CACHE, ...options });
}

/** Begins names of topics, groups and queries of one test, e.g. `t1f3a_2_`. */
export function testPrefix(): string {
  return `t${process.pid.toString(16)}${randomBytes(2).toString('hex')}_${++count}_`;
}

/** One process starts the server, the others wait for it and find it. */
async function once<T>(name: string, start: (folder: string) => Promise<T>): Promise<T> {
  home ??= process.env[SHARED_HOME_VARIABLE] ?? temporaryHome();
  const folder = join(home, 'stack', name);
  mkdirSync(folder, { recursive: true });
  return withLock(join(folder, 'test.lock'), 600_000, () => start(folder));
}

function security(folder: string): NonNullable<KafkaOptions['security']> {
  const file = join(folder, 'tls.json');
  mkdirSync(folder, { recursive: true });
  if (!existsSync(file)) {
    const authority = createAuthority();
    writeFileSync(join(folder, 'ca.pem'), authority.certificate);
    writeFileSync(file, JSON.stringify(authority.issue()));
  }
  const { certificate, privateKey } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  return { certificate: certificate ?? '', privateKey: privateKey ?? '', users: [KAFKA_USER, KAFKA_ODD_USER] };
}

function findObstacle(): string | false {
  if (process.env[REQUIRED_VARIABLE] === '1') return false;
  try {
    findJava();
    if (![KAFKA, SPARK].every((server) => isComplete(jarFolder(server, STACK_CACHE)))) findMaven();
    return false;
  } catch (error) {
    return `Kafka and Spark cannot run here: ${messageOf(error)}`;
  }
}
