// The data folder of the embedded PostgreSQL: created once, checked before every start, its settings rewritten at every start.
// It never starts the server and never touches a data folder of another major version.
import { execFile } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { fail } from '../../catalog/errors.ts';
import { messageOf } from '../../lib/errors.ts';
import { type Binaries, POSTGRES_MAJOR } from './binaries.ts';
import { ROLE_NAMES } from './roles.ts';
import { giveTo, type RunAs } from './run-as.ts';

const run = promisify(execFile);

/** Longest path of a Unix socket that every platform takes (104 on macOS, 108 on Linux, with the final zero). */
const SOCKET_PATH_MAX = 103;

/** What can be set about a server. `isDurable: false` is for throw-away test clusters only: a crash of the machine may ruin the data. */
export interface ServerSettings {
  readonly port: number;
  readonly socketDir: string | null;
  readonly isDurable: boolean;
}

/** Throws WAREHOUSE_VERSION or WAREHOUSE_DAMAGED when an existing data folder cannot be served by this PostgreSQL; true when one exists. */
export function checkCluster(data: string): boolean {
  if (!existsSync(data)) return false;
  const versionFile = join(data, 'PG_VERSION');
  const version = existsSync(versionFile) ? readFileSync(versionFile, 'utf8').trim() : '';
  if (version === String(POSTGRES_MAJOR)) return true;
  if (version === '') {
    throw fail('WAREHOUSE_DAMAGED', {
      what: `${data} is not a PostgreSQL data folder.`,
      why: 'It has no file PG_VERSION.',
      fix: 'Move the folder away (or choose another with --home) and load the orders again.',
    });
  }
  throw fail('WAREHOUSE_VERSION', {
    what: `The warehouse in ${data} belongs to PostgreSQL ${version}; this Esteira brings PostgreSQL ${POSTGRES_MAJOR}.`,
    why: 'A data folder can be read by one major version only.',
    fix: `Use the Esteira that made it, or move the folder away (or choose another with --home) and load the orders again.`,
  });
}

/** initdb in a folder beside the final one, then one rename: a data folder exists whole or not at all. */
export async function createCluster(
  data: string,
  binaries: Binaries,
  runAs: RunAs,
  superuserPassword: string,
  isDurable: boolean,
): Promise<void> {
  removeDrafts(data);
  const work = mkdtempSync(`${data}.new-`);
  const passwordFile = join(work, 'password');
  const fresh = join(work, 'data');
  try {
    writeFileSync(passwordFile, superuserPassword + '\n', { mode: 0o600 });
    mkdirSync(fresh, { mode: 0o700 });
    chmodSync(work, 0o700);
    giveTo(runAs, work);
    const args = [
      '-D',
      fresh,
      '--no-instructions',
      `--username=${ROLE_NAMES.superuser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
    ];
    args.push(
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--data-checksums',
    );
    await runInitdb(binaries, runAs, [...args, '--no-sync']);
    appendFileSync(join(fresh, 'postgresql.conf'), "\ninclude 'esteira.conf'\n");
    writeFileSync(join(fresh, 'esteira.conf'), '', { mode: 0o600 });
    writeFileSync(join(fresh, 'pg_hba.conf'), HBA, { mode: 0o600 });
    giveTo(runAs, fresh);
    // one sync at the end costs a tenth of syncing along the way
    if (isDurable) await runInitdb(binaries, runAs, ['-D', fresh, '--sync-only']);
    renameSync(fresh, data);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Drafts of an initdb that was killed; the caller holds the start lock, so none is in use. */
function removeDrafts(data: string): void {
  for (const name of readdirSync(dirname(data))) {
    if (name.startsWith(`${basename(data)}.new-`)) rmSync(join(dirname(data), name), { recursive: true, force: true });
  }
}

const HBA = `# written by Esteira: passwords everywhere, this machine only
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
`;

async function runInitdb(binaries: Binaries, runAs: RunAs, args: readonly string[]): Promise<void> {
  const [command, argv] = runAs.wrap(binaries.initdb, args);
  try {
    await run(command, argv, { env: serverEnvironment() });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() ?? messageOf(error);
    throw /No space left/i.test(said)
      ? diskFull(said, error)
      : startFailed('The data folder of the warehouse could not be created.', said, error);
  }
}

export function diskFull(why: string, cause?: unknown): Error {
  return fail('DISK_FULL', {
    what: 'There is no room for the warehouse on its disk.',
    why,
    fix: 'Free some room, or choose a folder on another disk with --home.',
    cause,
  });
}

export function startFailed(what: string, why: string, cause?: unknown): Error {
  return fail('WAREHOUSE_START', { what, why, fix: 'Run esteira doctor; it checks what the warehouse needs.', cause });
}

/** The environment of the server: without PG* variables, which would change its behaviour. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG|NODE_)/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' };
}

/** The socket folder if its path is short enough for a socket, else null: then there is TCP only. */
export function usableSocketDir(folder: string): string | null {
  return Buffer.byteLength(join(folder, '.s.PGSQL.65535')) <= SOCKET_PATH_MAX ? folder : null;
}

/** Rewrites `esteira.conf`, which the cluster's postgresql.conf includes last. */
export function writeSettings(data: string, settings: ServerSettings): void {
  writeFileSync(join(data, 'esteira.conf'), settingsText(settings), { mode: 0o600 });
}

function settingsText({ port, socketDir, isDurable }: ServerSettings): string {
  const onOff = isDurable ? 'on' : 'off';
  const lines: Record<string, string> = {
    listen_addresses: "'127.0.0.1'",
    port: String(port),
    unix_socket_directories: socketDir === null ? "''" : `'${socketDir.replaceAll("'", "''")}'`,
    unix_socket_permissions: '0700',
    max_connections: '50',
    password_encryption: "'scram-sha-256'",
    // durability: a COMMIT that was answered survives kill -9 and a power cut
    fsync: onOff,
    full_page_writes: onOff,
    synchronous_commit: onOff,
    // memory and I/O for a laptop that has other things to do
    shared_buffers: isDurable ? "'256MB'" : "'128MB'",
    maintenance_work_mem: "'256MB'",
    work_mem: "'32MB'",
    effective_cache_size: "'1GB'",
    random_page_cost: '1.1',
    max_wal_size: "'4GB'",
    wal_buffers: "'16MB'",
    wal_level: "'replica'",
    max_wal_senders: '2',
    checkpoint_timeout: "'15min'",
    checkpoint_completion_target: '0.9',
    jit: 'off',
    timezone: "'UTC'",
    log_timezone: "'UTC'",
    lc_messages: "'C'",
    // the log goes through stderr to server.log; statements, values and COPY lines stay out of it: they may be personal data
    logging_collector: 'off',
    log_line_prefix: "'%m [%p] '",
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
    log_statement: "'none'",
    log_checkpoints: 'off',
    cluster_name: "'esteira'",
  };
  return `# written by Esteira at every start: changes here are lost\n${Object.entries(lines)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('')}`;
}
