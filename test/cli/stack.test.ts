// `esteira stack` as a user runs it: the whole program in processes of its own, real servers, ports of its own.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { type Finding } from '../../src/cli/doctor-checks.ts';
import { packagePath } from '../../src/lib/paths.ts';
import { choosePort } from '../../src/stack/ports.ts';
import { findJava } from '../../src/stack/programs.ts';
import { isAlive } from '../../src/storage/embedded/process-table.ts';
import { temporaryHome } from '../support/postgres.ts';
import { STACK_CACHE, stackMissing } from '../support/stack.ts';
import { waitFor } from '../support/wait-for.ts';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Report {
  readonly name: string;
  readonly status: string;
  readonly address: string | null;
  readonly pid: number | null;
  readonly started_now: boolean;
}

function esteira(args: string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ESTEIRA_')));
  return new Promise((resolve) => {
    const argv = [packagePath('src', 'cli', 'main.ts'), ...args];
    execFile(process.execPath, argv, { env: { ...clean, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

test(
  'the stack is started, found running, mended after kill -9, inspected and stopped, and its ports are free again',
  {
    skip: stackMissing,
  },
  async () => {
    const kafkaPort = await choosePort(undefined);
    const sparkPort = await choosePort(undefined, [kafkaPort]);
    const env = {
      ESTEIRA_HOME: temporaryHome(),
      ESTEIRA_STACK_CACHE: STACK_CACHE,
      ESTEIRA_STACK_KAFKA_PORT: String(kafkaPort),
      ESTEIRA_STACK_SPARK_PORT: String(sparkPort),
    };
    const reportsOf = async (...args: string[]): Promise<{ code: number; reports: Report[]; stderr: string }> => {
      const { code, stdout, stderr } = await esteira(['stack', ...args, '--json'], env);
      assert.match(stdout, /^\[/, stderr);
      return { code, reports: JSON.parse(stdout) as Report[], stderr };
    };
    const statuses = (reports: Report[]): unknown[] => reports.map(({ name, status }) => [name, status]);

    const nothing = await esteira(['stack', 'status'], env);
    assert.equal(nothing.code, 3);
    assert.equal(nothing.stdout, 'postgres  stopped\nkafka     stopped\nspark     stopped\n');

    const up = await esteira(['stack', 'up'], env);
    assert.equal(up.code, 0, up.stderr);
    assert.match(up.stdout, /^postgres {2}started {2}127\.0\.0\.1:\d+ {2}version 18, process \d+$/m);
    assert.match(up.stdout, new RegExp(`^kafka {5}started {2}127\\.0\\.0\\.1:${kafkaPort} {2}version 4`, 'm'));
    assert.match(up.stdout, new RegExp(`^spark {5}started {2}127\\.0\\.0\\.1:${sparkPort} {2}version 4`, 'm'));

    assert.match(up.stderr, new RegExp(`export ESTEIRA_KAFKA_BOOTSTRAP=127\\.0\\.0\\.1:${kafkaPort}$`, 'm'));
    assert.match(up.stderr, new RegExp(`export ESTEIRA_SPARK_URL=sc://127\\.0\\.0\\.1:${sparkPort}$`, 'm'));

    const here = {
      ESTEIRA_KAFKA_BOOTSTRAP: `localhost:${kafkaPort}`,
      ESTEIRA_SPARK_URL: `sc://127.0.0.1:${sparkPort}/`,
    };
    assert.equal((await esteira(['stack', 'up'], { ...env, ...here })).stderr, '');
    const again = await reportsOf('up');
    assert.equal(again.code, 0);
    assert.deepEqual(
      again.reports.map((report) => [report.name, report.status, report.started_now]),
      [
        ['postgres', 'running', false],
        ['kafka', 'running', false],
        ['spark', 'running', false],
      ],
    );

    const pids = new Map(again.reports.map(({ name, pid }) => [name, pid ?? 0]));
    const pidOf = (name: string): number => pids.get(name) ?? 0;
    const kill = async (name: string): Promise<void> => {
      process.kill(pidOf(name), 'SIGKILL');
      await waitFor(async () => assert.ok(!isAlive(pidOf(name))));
    };

    const doctor = async (more: NodeJS.ProcessEnv): Promise<{ code: number; about: (name: string) => Finding }> => {
      const { code, stdout } = await esteira(['doctor', '--json'], { ...env, ...more });
      const findings = JSON.parse(stdout) as Finding[];
      return { code, about: (name) => findings.find((finding) => finding.name === name) as Finding };
    };
    const well = await doctor(here);
    assert.deepEqual(well.about('Kafka'), {
      name: 'Kafka',
      status: 'ok',
      detail: `localhost:${kafkaPort} answers; it has no topic pedidos_ecommerce yet`,
    });
    assert.match(well.about('Spark').detail, new RegExp(`^Spark 4\\.\\S+ at sc://127\\.0\\.0\\.1:${sparkPort}$`));
    assert.equal(well.about('Spark').status, 'ok');

    process.kill(pidOf('kafka'), 'SIGSTOP');
    try {
      const silent = await reportsOf('status', 'kafka');
      assert.equal(silent.code, 3);
      assert.deepEqual(statuses(silent.reports), [['kafka', 'silent']]);
      const asked = performance.now();
      // nobody listens at the port of a server that does not exist
      const ill = await doctor({ ...here, ESTEIRA_SPARK_URL: `sc://127.0.0.1:${await choosePort(undefined)}` });
      assert.ok(performance.now() - asked < 25_000, 'a Kafka that hangs is not waited for as long as its clients do');
      assert.match(ill.about('Local stack').detail, new RegExp(`: process ${pidOf('kafka')} does not answer$`));
      assert.match(ill.about('Local stack').fix ?? '', /^esteira stack down kafka && esteira stack up kafka; /);
      assert.equal(ill.about('Spark').status, 'warning');
      assert.match(
        ill.about('Spark').fix ?? '',
        new RegExp(`^The local Spark is at 127\\.0\\.0\\.1:${sparkPort}: is that meant by spark\\.url\\?`),
      );
      assert.equal(ill.about('Kafka').status, 'warning');
    } finally {
      process.kill(pidOf('kafka'), 'SIGCONT');
    }
    assert.deepEqual(statuses((await reportsOf('status', 'kafka')).reports), [['kafka', 'running']]);

    process.kill(pidOf('postgres'), 'SIGSTOP');
    try {
      const silent = await esteira(['stack', 'status', 'postgres'], env);
      assert.equal(silent.code, 3);
      assert.match(
        silent.stdout,
        new RegExp(`^postgres {2}silent {3}process ${pidOf('postgres')} does not answer; see `),
      );
    } finally {
      process.kill(pidOf('postgres'), 'SIGCONT');
    }
    assert.deepEqual(statuses((await reportsOf('status', 'postgres')).reports), [['postgres', 'running']]);

    await kill('kafka');
    const broken = await reportsOf('status');
    assert.equal(broken.code, 3);
    assert.deepEqual(statuses(broken.reports), [
      ['postgres', 'running'],
      ['kafka', 'stopped'],
      ['spark', 'running'],
    ]);
    await kill('postgres');
    await kill('spark');
    const mended = await reportsOf('up');
    assert.equal(mended.code, 0, `${mended.stderr}\n${JSON.stringify(mended.reports)}`);
    assert.deepEqual(
      mended.reports.map(({ name, status, started_now, pid }) => [name, status, started_now, pid === pidOf(name)]),
      [
        ['postgres', 'running', true, false],
        ['kafka', 'running', true, false],
        ['spark', 'running', true, false],
      ],
    );
    assert.equal((await reportsOf('status')).code, 0);

    const logs = await esteira(['stack', 'logs', 'kafka', '-n', '1'], env);
    assert.equal(logs.code, 0);
    assert.match(logs.stdout, /^\d{4}-\d\d-\d\dT.*\n$/);

    const down = await esteira(['stack', 'down'], env);
    assert.deepEqual([down.code, down.stdout], [0, 'stopped: spark, kafka, postgres\n'], down.stderr);
    for (const port of [kafkaPort, sparkPort]) assert.equal(await isFree(port), true, String(port));
    assert.deepEqual(await esteira(['stack', 'down'], env), { code: 0, stdout: 'nothing was running\n', stderr: '' });
  },
);

test('without Java the error says what to install, and nothing is started', async () => {
  const env = { ESTEIRA_HOME: temporaryHome(), PATH: '', JAVA_HOME: '' };
  const { code, stdout, stderr } = await esteira(['stack', 'up'], env);
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^JAVA_MISSING {2}Java 17 or newer is needed.*\n {2}Why: .*\n {2}Fix: .*openjdk-17-jre-headless/,
  );
  assert.equal(stdout, '');
  const status = await esteira(['stack', 'status', 'postgres'], env);
  assert.equal(status.stdout, 'postgres  stopped\n');
});

test('a Java that is too old is named with its version', async () => {
  const home = temporaryHome();
  writeFileSync(join(home, 'java'), `#!/bin/sh\necho 'openjdk version "11.0.2" 2019-01-15' >&2\n`, { mode: 0o755 });
  const { code, stderr } = await esteira(['stack', 'up', 'kafka'], { ESTEIRA_HOME: home, PATH: home, JAVA_HOME: '' });
  assert.equal(code, 2);
  assert.match(stderr, /^JAVA_MISSING {2}Java 17 or newer is needed.*\n {2}Why: java is Java 11\.0\.2\.\n/);
});

test('doctor asks Kafka and Spark only when they were named, and warns when they do not answer', async () => {
  const home = temporaryHome();
  const port = await choosePort(undefined);
  const findingsOf = async (more: NodeJS.ProcessEnv): Promise<Finding[]> => {
    const { code, stdout, stderr } = await esteira(['doctor', '--json'], { ESTEIRA_HOME: home, ...more });
    assert.equal(code, 0, stderr);
    return (JSON.parse(stdout) as Finding[]).filter(({ name }) => name === 'Kafka' || name === 'Spark');
  };
  assert.deepEqual(await findingsOf({}), [
    { name: 'Kafka', status: 'ok', detail: 'kafka.bootstrap is not set and no local Kafka runs: not asked' },
    { name: 'Spark', status: 'ok', detail: 'spark.url is not set and no local Spark runs: not asked' },
  ]);
  const named = await findingsOf({
    ESTEIRA_KAFKA_BOOTSTRAP: `127.0.0.1:${port}`,
    ESTEIRA_SPARK_URL: `sc://127.0.0.1:${port}/;token=segredo`,
  });
  assert.deepEqual(
    named.map(({ name, status }) => [name, status]),
    [
      ['Kafka', 'warning'],
      ['Spark', 'warning'],
    ],
  );
  assert.match(named[0]?.fix ?? '', /kafka\.bootstrap/);
  assert.match(named[1]?.fix ?? '', /spark\.url/);
  assert.ok(!JSON.stringify(named).includes('segredo'));
});

test('doctor warns of a missing Java and Maven with their remedies, and fails nothing for it', async () => {
  const home = temporaryHome();
  const env = { ESTEIRA_HOME: home, ESTEIRA_STACK_CACHE: join(home, 'cache'), PATH: '', JAVA_HOME: '' };
  const findings = JSON.parse((await esteira(['doctor', '--json'], env)).stdout) as Finding[];
  const about = (name: string): Finding | undefined => findings.find((finding) => finding.name === name);
  assert.equal(about('Java')?.status, 'warning');
  assert.match(about('Java')?.fix ?? '', /openjdk-17-jre-headless/);
  assert.equal(about('Kafka and Spark programs')?.status, 'warning');
  assert.match(about('Kafka and Spark programs')?.fix ?? '', /apt-get install maven/);
  assert.deepEqual(about('Local stack'), { name: 'Local stack', status: 'ok', detail: 'kafka stopped, spark stopped' });
});

test(
  'without Maven the error says what to install, unless the programs were fetched before',
  {
    skip: stackMissing,
  },
  async () => {
    const home = temporaryHome();
    const { program } = findJava();
    // only Java can be found
    const where = program === 'java' ? folderOf('java') : dirname(program);
    const javaHome = dirname(where);
    const cache = join(home, 'empty');
    mkdirSync(cache);
    const env = { ESTEIRA_HOME: home, ESTEIRA_STACK_CACHE: cache, PATH: '', JAVA_HOME: javaHome };
    const { code, stderr } = await esteira(['stack', 'up', 'kafka'], env);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^MAVEN_MISSING {2}Maven is needed once.*\n {2}Why: .*\n {2}Fix: .*apt-get install maven/);
  },
);

/** The folder of PATH in which a program is. */
function folderOf(program: string): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.find((folder) => existsSync(join(folder, program))) ?? '/usr/bin';
}
