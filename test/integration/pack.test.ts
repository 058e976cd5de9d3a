// The published package: packed, installed in an empty folder as a stranger would, and run under plain Node 24.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { stopEmbedded } from '../../src/storage/embedded/server.ts';
import { temporaryHome } from '../support/postgres.ts';

const root = join(import.meta.dirname, '../..');

interface Packed {
  filename: string;
  files: { path: string }[];
}

test(
  'the packed tarball, installed in an empty folder, runs the demo under plain Node 24',
  { timeout: 600_000 },
  async (t) => {
    const work = realpathSync(mkdtempSync(join(tmpdir(), 'esteira pack ')));
    t.after(() => rmSync(work, { recursive: true, force: true }));
    const home = temporaryHome();
    // plain Node: nothing of this repository on the path, no variables of npm or of the test run
    const kept = ['HOME', 'LANG', 'XDG_CACHE_HOME'].map((name) => [name, process.env[name]]);
    const env = {
      ...Object.fromEntries(kept),
      CI: 'true',
      NO_COLOR: '1',
      ESTEIRA_HOME: home,
      PATH: plainPath(work),
    } as NodeJS.ProcessEnv;
    const run = (cwd: string, command: string, ...args: string[]): string =>
      execFileSync(command, args, {
        cwd,
        env,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        maxBuffer: 50_000_000,
      });

    const json = run(root, 'npm', 'pack', '--json', '--pack-destination', work);
    const [packed] = JSON.parse(json.slice(json.search(/^\[/m))) as Packed[];
    assert.ok(packed !== undefined);
    const paths = packed.files.map((file) => file.path);
    for (const needed of ['dist/cli/main.js', 'LICENSE', 'package.json']) assert.ok(paths.includes(needed), needed);
    assert.ok(
      paths.some((path) => path.startsWith('sql/')),
      'the migrations are inside',
    );
    assert.deepEqual(
      paths.filter((path) => /\.test\.|^(src|test|scripts)\/|pedidos\.csv|truth/.test(path)),
      [],
    );

    const empty = join(work, 'an empty folder');
    mkdirSync(empty);
    writeFileSync(join(empty, 'package.json'), '{ "private": true }\n');
    // without install scripts, as cautious installers have it: the program must not depend on them
    run(empty, 'npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', join(work, packed.filename));
    assert.ok(!existsSync(join(empty, 'node_modules', 'node')), 'the pinned Node is for the repository only');
    assert.ok(!readdirSync(join(empty, 'node_modules')).includes('typescript'));

    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    assert.equal(run(empty, 'npx', '--no-install', 'esteira', '--version').trim(), version);
    try {
      const shown = run(empty, 'npx', '--no-install', 'esteira', 'demo');
      assert.notEqual(shown.trim(), '');
    } finally {
      await stopEmbedded(home);
    }
  },
);

/** A PATH whose `node` is the Node 24 that runs this test, with the machine's npm, sh and system folders. */
function plainPath(work: string): string {
  const bin = join(work, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'node'), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 });
  const outside = (process.env['PATH'] ?? '').split(':').filter((folder) => !folder.includes('node_modules'));
  return [bin, ...outside, dirname(process.execPath)].join(':');
}
