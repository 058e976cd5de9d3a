// `esteira demo` on a terminal ends with the dashboard in the browser; into a pipe and in continuous integration it ends by itself.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { isWatched } from '../../src/cli/serve-dashboard.ts';
import { stopEmbedded } from '../../src/storage/embedded/server.ts';
import { temporaryHome } from '../support/postgres.ts';
import { waitFor } from '../support/wait-for.ts';

const ROOT = join(import.meta.dirname, '../..');
/** A terminal can be had from util-linux's `script` only. */
const hasTerminal =
  process.platform === 'linux' && /util-linux/.test(spawnSync('script', ['--version']).stdout?.toString() ?? '');

test('a browser is opened only where somebody looks on', () => {
  assert.equal(isWatched({ isTTY: true }, {}), true);
  assert.equal(isWatched({ isTTY: true }, { CI: 'true' }), false);
  assert.equal(isWatched({ isTTY: false }, {}), false);
  assert.equal(isWatched({}, {}), false);
});

test(
  'on a terminal the demo opens the dashboard, and Ctrl-C ends it with 0',
  { skip: hasTerminal ? false : "needs util-linux's script" },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'esteira-demo-test-'));
    const home = temporaryHome();
    const [bin, opened] = [join(folder, 'bin'), join(folder, 'opened')];
    mkdirSync(bin);
    // in place of the desktop's own: it notes the address
    writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\nprintf %s "$1" > '${opened}'\n`);
    chmodSync(join(bin, 'xdg-open'), 0o755);
    const { CI: _ci, ...env } = process.env;
    const command = `exec '${process.execPath}' '${join(ROOT, 'src/cli/main.ts')}' demo`;
    const child = spawn('script', ['-qefc', command, '/dev/null'], {
      env: { ...env, ESTEIRA_HOME: home, PATH: `${bin}${delimiter}${env['PATH'] ?? ''}` },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    t.after(async () => {
      child.kill('SIGKILL');
      await stopEmbedded(home);
      rmSync(folder, { recursive: true, force: true });
    });
    await waitFor(async () => assert.ok(existsSync(opened), said.slice(-500)), 90_000);
    const url = readFileSync(opened, 'utf8');
    assert.match(await (await fetch(url)).text(), /Visão geral/);
    // as the keyboard sends it
    child.stdin.write('\u0003');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  },
);
