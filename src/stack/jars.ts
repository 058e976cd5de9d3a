// Brings the jars of a server from Maven into a cache folder, once: whole or not at all, by one process at a time.
// It never writes outside the cache (besides Maven's own) and never looks at what is inside the jars.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fail } from '../catalog/errors.ts';
import { messageOf } from '../lib/errors.ts';
import { makeFolder } from '../lib/make-folder.ts';
import { redactUrls } from '../lib/redact.ts';
import { withLock } from '../storage/embedded/start-lock.ts';
import { type Distribution, pomOf } from './artifacts.ts';
import { findMaven } from './programs.ts';

/** Spark is about 300 MB: on a slow line that takes its time. */
const FETCH_TIMEOUT_MS = 1_800_000;
/** The plugin's version is fixed, so that every Maven does the same. */
const COPY_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
/** Written last: names and sizes of all jars, so that a folder that somebody cleaned is noticed. */
const LIST = 'jars.json';

export interface JarOptions {
  /** Folder of the cache; jars go to `jars/<name>-<hash>` below it. */
  readonly cache: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Told once, when something has to be fetched. */
  readonly onFetch?: (name: string) => void;
}

/** The folder with all jars of a server. Throws MAVEN_MISSING, JARS_UNAVAILABLE, HOME_UNUSABLE. */
export async function resolveJars(distribution: Distribution, options: JarOptions): Promise<string> {
  const folder = jarFolder(distribution, options.cache);
  if (folder.includes(delimiter)) {
    throw fail('HOME_UNUSABLE', {
      what: `Java cannot load programs from ${options.cache}.`,
      why: `Java reads ${delimiter} in the path as the beginning of another path.`,
      fix: 'Choose another folder: --stack-cache FOLDER, or the variable ESTEIRA_STACK_CACHE.',
    });
  }
  if (isComplete(folder)) return folder;
  const parent = join(options.cache, 'jars');
  try {
    makeFolder(parent);
  } catch (error) {
    throw fail('HOME_UNUSABLE', {
      what: `The cache folder ${options.cache} cannot be used.`,
      why: messageOf(error),
      fix: 'Choose another folder: --stack-cache FOLDER, or the variable ESTEIRA_STACK_CACHE.',
      cause: error,
    });
  }
  return withLock(
    // one Maven at a time: its own folder bears no two that fetch the same
    join(parent, 'fetch.lock'),
    FETCH_TIMEOUT_MS,
    async () => {
      if (!isComplete(folder)) await fetchInto(folder, distribution, options);
      return folder;
    },
    { code: 'JARS_UNAVAILABLE', doing: `fetching ${distribution.name}` },
  );
}

/** Where the jars are, or will be. */
export function jarFolder(distribution: Distribution, cache: string): string {
  const hash = createHash('sha256').update(pomOf(distribution)).digest('hex').slice(0, 12);
  return join(cache, 'jars', `${distribution.name}-${hash}`);
}

/** True when every jar that was fetched is still there. */
export function isComplete(folder: string): boolean {
  try {
    const sizes = JSON.parse(readFileSync(join(folder, LIST), 'utf8')) as Record<string, number>;
    return Object.entries(sizes).every(([name, size]) => statSync(join(folder, name)).size === size);
  } catch {
    return false;
  }
}

async function fetchInto(folder: string, distribution: Distribution, options: JarOptions): Promise<void> {
  const env = options.env ?? process.env;
  const maven = findMaven(env);
  options.onFetch?.(distribution.name);
  // what a killed process left; we hold the lock, so nobody works there
  const parent = join(folder, '..');
  const prefix = `.${distribution.name}-`;
  for (const name of readdirSync(parent)) {
    if (name.startsWith(prefix)) rmSync(join(parent, name), { recursive: true, force: true });
  }
  const work = join(parent, `${prefix}${randomBytes(6).toString('hex')}`);
  const libs = join(work, 'libs');
  makeFolder(libs);
  try {
    const pom = join(work, 'pom.xml');
    writeFileSync(pom, pomOf(distribution));
    const args = ['-B', '-ntp', '-f', pom, COPY_GOAL, '-DincludeScope=runtime'];
    const { code, said } = await run(maven.program, [...args, `-DoutputDirectory=${libs}`], work, env);
    if (code !== 0) throw unavailable(distribution, said);
    const sizes = Object.fromEntries(readdirSync(libs).map((name) => [name, statSync(join(libs, name)).size]));
    writeFileSync(join(libs, LIST), `${JSON.stringify(sizes, null, 1)}\n`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(libs, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function run(
  program: string,
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; said: string }> {
  return new Promise((resolve) => {
    // Maven looks for settings of a project in the working folder: there are none in ours
    const shell = program.endsWith('.cmd');
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], shell });
    let said = '';
    const hear = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-100_000);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', (error) => resolve({ code: 1, said: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, said }));
  });
}

function unavailable({ name }: Distribution, said: string): Error {
  const line =
    said.split('\n').find((candidate) => candidate.includes('[ERROR]')) ?? said.trim().split('\n').at(-1) ?? '';
  const isRoom = /No space left/i.test(said);
  return fail('JARS_UNAVAILABLE', {
    what: `Maven could not fetch the programs of ${name}.`,
    why: redactUrls(line.replace(/^.*\[ERROR\]\s*/, '').slice(0, 400)) || 'Maven gave no reason.',
    fix: isRoom
      ? 'Free some room and run the same command again.'
      : 'Check the network, or the repositories and the proxy in ~/.m2/settings.xml, and run the same command again.',
  });
}
