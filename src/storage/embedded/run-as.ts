// PostgreSQL refuses to run as root. This finds a way to run its programs as nobody when we are root, and as ourselves otherwise.
// It never creates users and never changes anything outside the warehouse's own folder.
import { spawnSync } from 'node:child_process';
import { chownSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fail } from '../../catalog/errors.ts';

/** The uid and gid that Debian, Red Hat and Alpine alike reserve for nobody. */
const NOBODY = 65534;

/** How a program is run: `wrap` gives the argv; files it uses must belong to `fileOwner` (undefined: whoever we are). */
export interface RunAs {
  readonly way: 'self' | 'user namespace' | 'setpriv';
  readonly fileOwner: number | undefined;
  wrap(program: string, args: readonly string[]): [string, string[]];
}

const self: RunAs = { way: 'self', fileOwner: undefined, wrap: (program, args) => [program, [...args]] };

/** Root outside, nobody inside: files stay root's. Some containers forbid it. */
const userNamespace: RunAs = {
  way: 'user namespace',
  fileOwner: 0,
  wrap: (program, args) => ['unshare', ['-U', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, program, ...args]],
};

/** Really nobody, who keeps one right of root: to enter folders that are closed to others. */
const setpriv: RunAs = {
  way: 'setpriv',
  fileOwner: NOBODY,
  wrap: (program, args) => [
    'setpriv',
    [
      `--reuid=${NOBODY}`,
      `--regid=${NOBODY}`,
      '--clear-groups',
      '--inh-caps=+dac_override',
      '--ambient-caps=+dac_override',
      program,
      ...args,
    ],
  ],
};

/** The first way that runs `postgres --version` here. Throws ROOT_REFUSED as root when none does, BINARIES_MISSING when the program itself fails. */
export function chooseRunAs(postgres: string, candidates: readonly RunAs[] = waysOf()): RunAs {
  const complaints: string[] = [];
  for (const candidate of candidates) {
    const complaint = complaintOf(candidate, postgres);
    if (complaint === null) return candidate;
    complaints.push(`${candidate.way}: ${complaint}`);
  }
  if (candidates.length === 1 && candidates[0] === self) {
    throw fail('BINARIES_MISSING', {
      what: 'The embedded PostgreSQL does not run on this machine.',
      why: complaints.join('; '),
      fix: 'Install again (npm ci). On a system without glibc use a PostgreSQL of your own: --warehouse URL',
    });
  }
  throw fail('ROOT_REFUSED', {
    what: 'PostgreSQL does not run as root, and no way was found to run it as somebody else.',
    why: complaints.join('; '),
    fix: 'Run Esteira as an ordinary user, or install util-linux (unshare, setpriv), or use a PostgreSQL of your own: --warehouse URL',
  });
}

/** Why a way does not serve for this program; null when it does. */
function complaintOf(candidate: RunAs, postgres: string): string | null {
  const [command, args] = candidate.wrap(postgres, ['--version']);
  const result = spawnSync(command, args, { encoding: 'utf8' });
  if (result.status !== 0) return (result.error?.message ?? result.stderr).trim().split('\n')[0] ?? '';
  // PostgreSQL asks access(2) for its own program, which goes by the real user and knows no kept rights.
  const closed = candidate.way === 'setpriv' ? closedFolderAbove(postgres) : null;
  return closed === null ? null : `${closed} is closed to other users`;
}

/** The first folder above a path that others cannot enter. */
function closedFolderAbove(path: string): string | null {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return folder;
    if (folder === dirname(folder)) return null;
  }
}

function waysOf(): RunAs[] {
  return process.getuid?.() === 0 ? [userNamespace, setpriv] : [self];
}

/** Every way root has, for `doctor` and for tests. */
export const ROOT_WAYS: readonly RunAs[] = [userNamespace, setpriv];

/** Gives the data folder to the uid that the server will run as; the ways differ in that, and one machine may change between them. */
export function giveTo(runAs: RunAs, folder: string): void {
  const owner = runAs.fileOwner;
  if (owner === undefined || lstatSync(folder).uid === owner) return;
  const walk = (path: string): void => {
    const info = lstatSync(path);
    if (info.isDirectory()) for (const name of readdirSync(path)) walk(join(path, name));
    // the folder itself comes last: if this is interrupted, its owner still tells that the work is not done
    if (!info.isSymbolicLink()) chownSync(path, owner, owner);
  };
  walk(folder);
}
