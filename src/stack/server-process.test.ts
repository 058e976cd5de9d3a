// Which processes are ours: no Java is needed for that, any process with the right or the wrong command line will do.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startMark } from '../storage/embedded/process-table.ts';
import { findProcess, folderMark, killProcess, serverFiles, type ServerFiles, stopProcess } from './server-process.ts';

function newFolder(t: TestContext): ServerFiles {
  const folder = mkdtempSync(join(tmpdir(), 'esteira-process-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return serverFiles(folder, 'kafka');
}

async function startProcess(t: TestContext, ...marks: string[]): Promise<ChildProcess> {
  const script = 'console.log("up"); setInterval(() => {}, 1000)';
  const child = spawn(process.execPath, ['-e', script, '--', ...marks], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

function remember(files: ServerFiles, pid: number | undefined, mark: string): void {
  writeFileSync(files.state, JSON.stringify({ pid, mark, ports: {} }));
}

test('a process that got the number of a dead server is not taken for it and never signalled', async (t) => {
  const files = newFolder(t);
  const stranger = await startProcess(t);
  remember(files, stranger.pid, startMark(stranger.pid ?? 0));
  assert.equal(findProcess(files), undefined);
  assert.equal(await stopProcess(files, 1000), false);
  await killProcess(files);
  assert.equal(stranger.exitCode ?? stranger.signalCode, null);
});

test('the server of another folder is not ours', async (t) => {
  const files = newFolder(t);
  const other = await startProcess(t, folderMark({ ...files, folder: `${files.folder}-2` }));
  remember(files, other.pid, startMark(other.pid ?? 0));
  assert.equal(findProcess(files), undefined);
});

test('a server whose starter died before it wrote the number down is found by its command line and stopped', async (t) => {
  const files = newFolder(t);
  const orphan = await startProcess(t, folderMark(files));
  assert.equal(findProcess(files), orphan.pid);
  const ended = once(orphan, 'exit');
  assert.equal(await stopProcess(files, 10_000), true);
  assert.deepEqual(await ended, [null, 'SIGTERM']);
  assert.equal(findProcess(files), undefined);
});
