// Where the embedded warehouse keeps its files inside the home folder, and how a small file is replaced whole.
// Everything here is owner-only; nothing here knows what the files mean.
import { chmodSync, closeSync, fsyncSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../../catalog/errors.ts';
import { messageOf } from '../../lib/errors.ts';
import { makeFolder } from '../../lib/make-folder.ts';

export interface WarehouseFiles {
  readonly folder: string;
  readonly data: string;
  readonly passwords: string;
  /** Port and state of preparation: see `ServerState`. */
  readonly state: string;
  readonly log: string;
  readonly lock: string;
  readonly sockets: string;
}

/** Paths below `home`; nothing is created. */
export function warehouseFiles(home: string): WarehouseFiles {
  const folder = join(home, 'warehouse');
  return {
    folder,
    data: join(folder, 'data'),
    passwords: join(folder, 'passwords.json'),
    state: join(folder, 'server.json'),
    log: join(folder, 'server.log'),
    lock: join(folder, 'start.lock'),
    sockets: join(folder, 'run'),
  };
}

/** Creates the home and the warehouse folder, owner-only. Throws HOME_UNUSABLE. */
export function createFolders(home: string, files: WarehouseFiles): void {
  try {
    makeFolder(home, 0o700);
    makeFolder(files.folder, 0o700);
    makeFolder(files.sockets, 0o700);
    if (statSync(files.folder).mode & 0o077) chmodSync(files.folder, 0o700);
  } catch (error) {
    throw fail('HOME_UNUSABLE', {
      what: `The home folder ${home} cannot be used.`,
      why: messageOf(error),
      fix: 'Choose another folder: --home FOLDER, or the variable ESTEIRA_HOME.',
      cause: error,
    });
  }
}

/** Writes a small file so that readers see the old content or the new, never half of it. */
export function replaceFile(path: string, content: string, mode = 0o600): void {
  const fresh = `${path}.${process.pid}.new`;
  const handle = openSync(fresh, 'w', mode);
  try {
    writeSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(fresh, path);
}
