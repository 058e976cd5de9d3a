// The temporary folder of one run: owner-only, removed at its end, and removed by the next run if this one was killed: batches hold personal data.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail } from '../catalog/errors.ts';
import { messageOf } from '../lib/errors.ts';

const PREFIX = 'esteira-';
const OWNER_FILE = 'pid';

/** Makes a folder in `parent` that only this user can enter (0700). The caller removes it. Throws TEMP_UNUSABLE. */
export async function makeWorkFolder(parent = tmpdir()): Promise<string> {
  await removeAbandoned(parent);
  const folder = await mkdtemp(join(parent, PREFIX)).catch((cause: unknown) => {
    throw asTempError(parent, cause);
  });
  await writeFile(join(folder, OWNER_FILE), String(process.pid), { mode: 0o600 });
  return folder;
}

function asTempError(parent: string, cause: unknown): unknown {
  const code = String((cause as { code?: unknown } | null)?.code);
  if (!['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS'].includes(code)) return cause;
  return fail('TEMP_UNUSABLE', {
    what: `No folder can be made in "${parent}".`,
    why: `Every command needs one for temporary files (${messageOf(cause)}).`,
    fix: 'Create that folder and let this user write to it, or name another one with the environment variable TMPDIR.',
    cause,
  });
}

/** Removes this user's folders whose process is gone. */
async function removeAbandoned(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((candidate) => /^esteira-[A-Za-z0-9]{6}$/.test(candidate))) {
    const folder = join(parent, name);
    if (await isAbandoned(folder)) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function isAbandoned(folder: string): Promise<boolean> {
  try {
    const found = await stat(folder);
    if (!found.isDirectory() || (process.getuid !== undefined && found.uid !== process.getuid())) return false;
    // Without an owner's name it is being made at this moment, or it is not ours.
    const owner = await readFile(join(folder, OWNER_FILE), 'utf8').catch(() => null);
    if (owner === null) return false;
    return !isAlive(Number(owner));
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM';
  }
}
