// `.ci/run` and `npm test` on machines that miss something: what is installed, what is left out and how loudly. Java, Maven, apt-get and npm are tiny scripts
// in a folder of their own; nothing is installed.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { packagePath } from '../../src/lib/paths.ts';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(program, args, { env, cwd: packagePath() }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

const FOLDERS = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => existsSync(folder));

function find(program: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** A folder with links to programs of this machine. */
function folderWith(programs: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'esteira-path-'));
  for (const program of programs) {
    const path = program === 'node' ? process.execPath : find(program);
    const link = join(folder, program);
    if (path !== undefined && !existsSync(link)) symlinkSync(path, link);
  }
  return folder;
}

/** What the script itself uses, besides what it looks for. */
const TOOLS = [
  'bash',
  'sh',
  'env',
  'dirname',
  'mktemp',
  'rm',
  'sed',
  'head',
  'tail',
  'tee',
  'grep',
  'node',
  'chmod',
  'cat',
];

const APT = `echo "apt-get $*" >> "$STUBS/log"
[ "$APT_FAILS" = 1 ] && exit 100
case "$*" in *install*openjdk*)
  printf '#!/bin/sh\\necho "openjdk version \\\\"17.0.1\\\\"" >&2\\n' > "$STUBS/java"
  printf '#!/bin/sh\\n' > "$STUBS/mvn"
  chmod +x "$STUBS/java" "$STUBS/mvn" ;;
esac`;
const NPM = `echo "npm $* $(command -v java || echo no-java) required=$ESTEIRA_TEST_STACK_REQUIRED" >> "$STUBS/log"
echo "a test"; echo "$NPM_SUMMARY"; exit "$NPM_STATUS"`;

/** Runs .ci/run on a machine without Java, Maven, promtool and systemd-analyze. */
async function ci(settings: Readonly<Record<string, string>>): Promise<Outcome & { log: string }> {
  const stubs = folderWith(TOOLS);
  for (const [name, script] of Object.entries({ id: 'echo 0', chromium: '', 'apt-get': APT, npm: NPM }))
    writeFileSync(join(stubs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  try {
    const env = { PATH: stubs, STUBS: stubs, APT_FAILS: '0', NPM_STATUS: '0', NPM_SUMMARY: '', ...settings };
    const outcome = await run(find('bash') ?? 'bash', [packagePath('.ci', 'run')], env);
    return { ...outcome, log: readFileSync(join(stubs, 'log'), 'utf8').replaceAll(stubs, '') };
  } finally {
    rmSync(stubs, { recursive: true });
  }
}

const lastLine = (text: string): string | undefined => text.trimEnd().split('\n').at(-1);
const options = { skip: find('bash') === undefined && 'There is no bash here, which .ci/run is written for.' };

test(
  '.ci/run installs Java and Maven before the tests, which must not leave them out, and ends as npm test does',
  options,
  async () => {
    const { code, stdout, stderr, log } = await ci({ NPM_SUMMARY: '7 passed, 0 failed, 2 skipped' });
    assert.equal(code, 0, stderr);
    assert.equal(lastLine(stdout), '7 passed, 0 failed, 2 skipped');
    assert.match(log, /^apt-get install .*--no-install-recommends openjdk-17-jre-headless maven$/m);
    assert.equal(lastLine(log), 'npm test /java required=1');
    assert.match(stderr, /^LEFT OUT: promtool is not here and could not be had/m);
    assert.match(stderr, /^LEFT OUT: systemd-analyze is not here and could not be had/m);
  },
);

test('.ci/run goes on when nothing can be installed, and passes a failure on', options, async () => {
  const { code, stdout, log } = await ci({ APT_FAILS: '1', NPM_STATUS: '1', NPM_SUMMARY: '5 passed, 2 failed' });
  assert.equal(code, 1);
  assert.equal(lastLine(stdout), '5 passed, 2 failed');
  assert.match(log, /^apt-get install .*default-jre-headless maven$/m);
  assert.equal(lastLine(log), 'npm test no-java required=1');
});

test('.ci/run counts one failure when npm test says nothing', options, async () => {
  const { code, stdout } = await ci({ NPM_STATUS: '3' });
  assert.equal(code, 3);
  assert.equal(lastLine(stdout), '0 passed, 1 failed');
});

test('without Java npm test leaves the tests of Kafka and Spark out, says which and why, and counts them', async () => {
  const programs = new Set(FOLDERS.flatMap((folder) => readdirSync(folder)));
  const path = folderWith([...programs].filter((name) => !/^(?:java|mvn)/.test(name)));
  try {
    const cache = join(path, 'empty-cache');
    mkdirSync(cache);
    const env = { PATH: path, JAVA_HOME: '', XDG_CACHE_HOME: cache, HOME: process.env['HOME'] };
    const { code, stdout, stderr } = await run(process.execPath, ['scripts/test.mjs', 'test/stack/spark.test.ts'], env);
    assert.equal(code, 0, stdout + stderr);
    const { count } =
      /^LEFT OUT: (?<count>\d+) tests?\. Kafka and Spark cannot run here: JAVA_MISSING: Java 17 or newer is needed.*$/m.exec(
        stdout,
      )?.groups ?? {};
    assert.ok(Number(count) > 0, stdout);
    assert.equal(lastLine(stdout), `0 passed, 0 failed, ${count} skipped`);
  } finally {
    rmSync(path, { recursive: true });
  }
});
