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
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    // packing and installing use the machine's own npm with its settings (registry, certificates, proxy)
    const outside = (process.env['PATH'] ?? '').split(':').filter((folder) => !folder.includes('node_modules'));
    const own = Object.entries(process.env).filter(
      ([name]) =>
        !/^(ESTEIRA_|npm_package_|npm_lifecycle_|npm_config_local_prefix$|INIT_CWD$|NODE_OPTIONS$|NODE_TEST_CONTEXT$)/.test(
          name,
        ),
    );
    const npmEnv = { ...Object.fromEntries(own), PATH: outside.join(':') };
    // running uses plain Node 24: nothing of this repository on the path, none of those settings
    const kept = ['HOME', 'LANG'].map((name) => [name, process.env[name]]);
    const plainEnv = {
      ...Object.fromEntries(kept),
      CI: 'true',
      NO_COLOR: '1',
      ESTEIRA_HOME: home,
      PATH: [nodeFolder(work), ...outside].join(':'),
    };
    const run = (cwd: string, command: string, ...args: string[]): string =>
      execFileSync(command, args, {
        cwd,
        env: command === 'npm' ? npmEnv : plainEnv,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        maxBuffer: 50_000_000,
        timeout: 180_000,
      });

    const json = run(root, 'npm', 'pack', '--json', '--pack-destination', work);
    const [packed] = JSON.parse(json.slice(json.search(/^\[/m))) as Packed[];
    assert.ok(packed !== undefined);
    const paths = packed.files.map((file) => file.path);
    const needed = ['bin/esteira.cjs', 'dist/cli/main.js', 'LICENSE', 'package.json'];
    // messages point to these pages
    const pages = ['config', 'errors', 'metrics', 'reliability', 'rules', 'schema', 'stack'];
    for (const path of [...needed, ...pages.map((page) => `docs/${page}.md`)]) assert.ok(paths.includes(path), path);
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
    run(
      empty,
      'npm',
      'install',
      '--prefer-offline',
      '--fetch-retries=1',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      join(work, packed.filename),
    );
    assert.ok(!existsSync(join(empty, 'node_modules', 'node')), 'the pinned Node is for the repository only');
    assert.ok(!readdirSync(join(empty, 'node_modules')).includes('typescript'));

    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    assert.equal(run(empty, 'npx', '--no-install', 'esteira', '--version').trim(), version);
    try {
      const shown = run(empty, 'npx', '--no-install', 'esteira', 'demo');
      assert.notEqual(shown.trim(), '');
      // ./esteira is of the repository only
      assert.match(shown, /^ {2}npx esteira dashboard$/m);
      assert.doesNotMatch(shown, /\.\/esteira/);
    } finally {
      await stopEmbedded(home);
    }
  },
);

/** A folder whose `node` is the Node 24 that runs this test. */
function nodeFolder(work: string): string {
  const bin = join(work, 'bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
  return bin;
}
