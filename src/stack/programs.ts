// Finds Java and Maven on this machine. It installs nothing, and never decides whether they are needed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fail } from '../catalog/errors.ts';

/** Kafka 4 and Spark 4 need at least this. */
export const JAVA_LEAST = 17;

export interface Java {
  /** Path, or the name to be looked up in PATH. */
  readonly program: string;
  readonly major: number;
  /** Its own words, e.g. `17.0.15`. */
  readonly version: string;
}

type Environment = NodeJS.ProcessEnv;

/** The Java of JAVA_HOME, else of PATH. Throws JAVA_MISSING, also when it is too old. */
export function findJava(env: Environment = process.env): Java {
  const home = env['JAVA_HOME'] ?? '';
  const candidates = home === '' ? ['java'] : [join(home, 'bin', 'java'), 'java'];
  const found = candidates.map((program) => askJava(program, env)).filter((java) => java !== undefined);
  const java = found.find(({ major }) => major >= JAVA_LEAST);
  if (java !== undefined) return java;
  const [old] = found;
  throw fail('JAVA_MISSING', {
    what: `Java ${JAVA_LEAST} or newer is needed to run Kafka and Spark on this machine.`,
    why:
      old === undefined ? 'No program java was found in JAVA_HOME or PATH.' : `${old.program} is Java ${old.version}.`,
    fix: 'Install it (Debian, Ubuntu: apt-get install openjdk-17-jre-headless), or use servers of your own.',
  });
}

/** An environment for Java without what would make it do something else than we say. */
export function javaEnvironment(env: Environment = process.env): Environment {
  const { JAVA_TOOL_OPTIONS: _tool, _JAVA_OPTIONS: _options, JDK_JAVA_OPTIONS: _jdk, CLASSPATH: _path, ...rest } = env;
  // UTF-8 for paths with accents, English for the messages that are read here; macOS has no such locale and needs none
  return process.platform === 'darwin' ? rest : { ...rest, LC_ALL: 'C.UTF-8' };
}

/** The command that runs Maven, and its version. Throws MAVEN_MISSING. */
export function findMaven(env: Environment = process.env): { program: string; version: string } {
  const program = process.platform === 'win32' ? 'mvn.cmd' : 'mvn';
  const { status, stdout } = spawnSync(program, ['-v'], { encoding: 'utf8', env, shell: program.endsWith('.cmd') });
  const version = /Apache Maven (\d[\w.-]*)/.exec(stdout ?? '')?.[1];
  if (status === 0 && version !== undefined) return { program, version };
  throw fail('MAVEN_MISSING', {
    what: 'Maven is needed once, to fetch Kafka and Spark.',
    why: 'No program mvn was found in PATH, or it does not run.',
    fix: 'Install it (Debian, Ubuntu: apt-get install maven) and run the same command again.',
  });
}

function askJava(program: string, env: Environment): Java | undefined {
  const { status, stdout, stderr } = spawnSync(program, ['-version'], { encoding: 'utf8', env });
  const version = /version "([^"]+)"/.exec(`${stderr ?? ''}${stdout ?? ''}`)?.[1];
  if (status !== 0 || version === undefined) return undefined;
  // Java 8 calls itself 1.8
  const [first, second] = version.split(/[._-]/).map(Number);
  return { program, version, major: (first === 1 ? second : first) ?? 0 };
}
