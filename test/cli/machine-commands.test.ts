// The commands about the machine and the warehouse, run through a real program tree in a process of its own.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import pg from 'pg';
import { type Finding } from '../../src/cli/doctor-checks.ts';
import { temporaryHome } from '../support/postgres.ts';

const source = (path: string): string => JSON.stringify(join(import.meta.dirname, '../../src/cli', path));

/** The commands under test and nothing else; errors end with their exit code as in the real program. */
const PROGRAM = `
  import { Command } from 'commander';
  const { addSettingFlags } = await import(${source('settings.ts')});
  const program = new Command('esteira');
  addSettingFlags(program);
  (await import(${source('commands/config.ts')})).configCommand(program);
  (await import(${source('commands/warehouse.ts')})).warehouseCommand(program);
  (await import(${source('commands/doctor.ts')})).doctorCommand(program);
  (await import(${source('commands/completion.ts')})).completionCommand(program);
  await program.parseAsync(process.argv.slice(1), { from: 'user' }).catch((error) => {
    console.error(error.code, error.what, error.why, error.fix);
    process.exit(error.exit ?? 1);
  });`;

function esteira(
  args: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const cwd = join(import.meta.dirname, '../..');
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ESTEIRA_')));
  return new Promise((resolve) => {
    const argv = ['--input-type=module', '-e', PROGRAM, '--', ...args];
    execFile(process.execPath, argv, { cwd, env: { ...clean, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

test('the warehouse is started, inspected, connected to and stopped from the command line', async () => {
  const home = temporaryHome();
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await esteira(['warehouse', ...args, '--home', home]);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  assert.equal(await run('status'), 'not running\n');
  assert.match(await run('start'), /^started: PostgreSQL at 127\.0\.0\.1:\d+, database ecommerce/);
  assert.match(await run('start'), /^already running/);
  const status = JSON.parse(await run('status', '--json')) as { running: boolean; port: number };
  assert.equal(status.running, true);
  const ask = async (url: string): Promise<unknown> => {
    const client = new pg.Client(url.trim());
    await client.connect();
    const { rows } = await client.query('SELECT current_user::text AS who');
    await client.end();
    return rows[0];
  };
  assert.deepEqual(await ask(await run('url')), { who: 'esteira_leitura' });
  assert.deepEqual(await ask(await run('url', '--role', 'app')), { who: 'esteira_app' });
  assert.equal(await run('stop'), 'stopped\n');
  assert.equal(await run('stop'), 'was not running\n');
});

test('a warehouse of one own is not ours to stop', async () => {
  const { code, stderr } = await esteira(['warehouse', 'stop', '--warehouse', 'postgresql://app:s3cret@h/d']);
  assert.equal(code, 2);
  assert.match(stderr, /USAGE/);
  assert.ok(!stderr.includes('s3cret'));
});

test('config shows values and origins and masks passwords', async () => {
  const env = { ESTEIRA_THREADS: '3', ESTEIRA_WAREHOUSE_URL: 'postgresql://app:s3cret@h/d' };
  const { code, stdout } = await esteira(['config', '--json', '--max-outage', '10s'], env);
  assert.equal(code, 0);
  assert.ok(!stdout.includes('s3cret'));
  const rows = JSON.parse(stdout) as { setting: string; value: string | null; origin: string; from: string | null }[];
  const row = (setting: string): unknown => rows.find((candidate) => candidate.setting === setting);
  assert.deepEqual(row('threads'), { setting: 'threads', value: '3', origin: 'env', from: 'ESTEIRA_THREADS' });
  assert.deepEqual(row('max_outage'), { setting: 'max_outage', value: '10s', origin: 'flag', from: '--max-outage' });
  assert.deepEqual(row('warehouse.url'), {
    setting: 'warehouse.url',
    value: 'postgresql://app:***@h/d',
    origin: 'env',
    from: 'ESTEIRA_WAREHOUSE_URL',
  });
  assert.match((await esteira(['config'], env)).stdout, /^threads +3 +env ESTEIRA_THREADS$/m);
});

test('doctor finds nothing wrong on a healthy machine and touches nothing', async () => {
  const home = join(temporaryHome(), 'not made yet');
  const { code, stdout } = await esteira(['doctor', '--json', '--home', home]);
  const findings = JSON.parse(stdout) as Finding[];
  assert.deepEqual(
    findings.filter((finding) => finding.status === 'failed'),
    [],
  );
  assert.equal(code, 0);
  assert.throws(() => execFileSync('ls', [home], { stdio: 'ignore' }));
});

test('doctor names what is wrong, its remedy, and exits with 3', async () => {
  const refused = await esteira(['doctor', '--warehouse', 'postgresql://app:s3cret@127.0.0.1:1/d']);
  assert.equal(refused.code, 3);
  assert.match(refused.stdout, /FAILED +Warehouse .*ECONNREFUSED.*\n +Fix: Start that PostgreSQL/);
  assert.ok(!refused.stdout.includes('s3cret'));

  const home = temporaryHome();
  mkdirSync(join(home, 'warehouse', 'data'), { recursive: true, mode: 0o700 });
  writeFileSync(join(home, 'warehouse', 'data', 'PG_VERSION'), '16\n');
  const old = await esteira(['doctor', '--home', home]);
  assert.equal(old.code, 3);
  assert.match(old.stdout, /FAILED +Warehouse .*belongs to PostgreSQL 16/);
});

test('the bash completion offers commands, options and values by position', async (t) => {
  const { stdout } = await esteira(['completion', 'bash']);
  const complete = (...words: string[]): string[] => {
    const script = `${stdout}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _esteira_complete; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8' })
      .trim()
      .split('\n');
  };
  try {
    execFileSync('bash', ['-c', 'true']);
  } catch {
    t.skip('no bash here');
    return;
  }
  assert.deepEqual(complete('esteira', 'wa'), ['warehouse']);
  assert.deepEqual(complete('esteira', 'warehouse', 'st'), ['start', 'stop', 'status']);
  assert.deepEqual(complete('esteira', '--home', '/x', 'warehouse', 'url', '--role', ''), ['leitura', 'app']);
  assert.deepEqual(complete('esteira', 'doctor', '--js'), ['--json']);
  assert.ok(complete('esteira', 'config', '--').includes('--max-outage'));
});

for (const shell of ['zsh', 'fish']) {
  test(`the ${shell} completion is a script that ${shell} accepts`, async (t) => {
    const { code, stdout } = await esteira(['completion', shell]);
    assert.equal(code, 0);
    assert.match(stdout, /warehouse/);
    try {
      execFileSync(shell, ['-c', 'true'], { stdio: 'ignore' });
    } catch {
      t.skip(`no ${shell} here`);
      return;
    }
    const script = join(temporaryHome(), `completion.${shell}`);
    writeFileSync(script, stdout);
    execFileSync(shell, ['-n', script]);
  });
}
