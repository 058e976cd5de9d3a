// What `esteira doctor` looks at. Every check returns a finding with its exact remedy and never throws; none changes anything.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import pg from 'pg';
import { type Config } from '../config/load.ts';
import { EsteiraError, messageOf } from '../lib/errors.ts';
import { findBinaries, POSTGRES_MAJOR } from '../storage/embedded/binaries.ts';
import { checkCluster } from '../storage/embedded/cluster.ts';
import { warehouseFiles } from '../storage/embedded/files.ts';
import { chooseRunAs } from '../storage/embedded/run-as.ts';
import { connectInfo } from '../storage/embedded/server.ts';
import { isTlsRefusal, targetOf } from '../storage/tls.ts';

/** The outcome of one check; `fix` is there whenever something should be done. */
export interface Finding {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly detail: string;
  readonly fix?: string;
}

export type DoctorCheck = (config: Config) => Finding | Promise<Finding>;

const NODE_MAJOR = 24;
const ROOM_LEAST_MB = 500;
const ROOM_GOOD_MB = 5_000;
const CLOCK_TOLERANCE_MS = 5_000;
/** No clock is right that is before this program was written. */
const WRITTEN_AT = Date.UTC(2026, 10, 1);

export const DOCTOR_CHECKS: readonly DoctorCheck[] = [
  checkNode,
  checkDuckdb,
  checkPostgresBinaries,
  checkRootWay,
  checkHome,
  checkRoom,
  checkClock,
  checkWarehouse,
];

function checkNode(): Finding {
  const name = 'Node';
  const detail = `Node ${process.versions.node} on ${process.platform} ${process.arch}`;
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) return { name, status: 'ok', detail };
  return {
    name,
    status: 'failed',
    detail,
    fix: `Run with Node ${NODE_MAJOR}: ./esteira in the repository does, or install it from https://nodejs.org/`,
  };
}

async function checkDuckdb(): Promise<Finding> {
  const name = 'DuckDB';
  try {
    const { DuckDBInstance, version } = await import('@duckdb/node-api');
    const instance = await DuckDBInstance.create(':memory:');
    instance.closeSync();
    return { name, status: 'ok', detail: `DuckDB ${version()} loads` };
  } catch (error) {
    return {
      name,
      status: 'failed',
      detail: messageOf(error),
      fix: 'Install again with optional packages: npm ci --include=optional',
    };
  }
}

function checkPostgresBinaries(config: Config): Finding {
  const name = 'PostgreSQL programs';
  if (config.get('warehouse.url') !== undefined)
    return { name, status: 'ok', detail: 'not needed: the warehouse is your own' };
  try {
    const { postgres } = findBinaries();
    const result = spawnSync(postgres, ['--version'], { encoding: 'utf8' });
    if (result.status === 0) return { name, status: 'ok', detail: result.stdout.trim() };
    return {
      name,
      status: 'failed',
      detail: (result.error?.message ?? result.stderr).trim(),
      fix: 'Install again: npm ci. Without glibc, use a PostgreSQL of your own: --warehouse URL',
    };
  } catch (error) {
    return fromError(name, error);
  }
}

function checkRootWay(config: Config): Finding {
  const name = 'User';
  if (process.getuid?.() !== 0) return { name, status: 'ok', detail: 'an ordinary user' };
  if (config.get('warehouse.url') !== undefined)
    return { name, status: 'ok', detail: 'root; the warehouse is your own' };
  try {
    return {
      name,
      status: 'ok',
      detail: `root; PostgreSQL runs as nobody by ${chooseRunAs(findBinaries().postgres).way}`,
    };
  } catch (error) {
    return fromError(name, error);
  }
}

function checkHome(config: Config): Finding {
  const name = 'Home folder';
  const home = config.get('home');
  const existing = existingParent(home);
  try {
    accessSync(existing, constants.R_OK | constants.W_OK | constants.X_OK);
    if (!statSync(existing).isDirectory()) throw new Error(`${existing} is not a folder`);
  } catch (error) {
    return {
      name,
      status: 'failed',
      detail: messageOf(error),
      fix: 'Choose another folder with --home or ESTEIRA_HOME, or make it yours: chown',
    };
  }
  if (existing !== home) return { name, status: 'ok', detail: `${home} will be made when it is needed` };
  const folder = warehouseFiles(home).folder;
  const isOpen = existsSync(folder) && (statSync(folder).mode & 0o077) !== 0;
  if (isOpen)
    return { name, status: 'failed', detail: `${folder} is open to other users`, fix: `chmod 700 '${folder}'` };
  return { name, status: 'ok', detail: home };
}

function checkRoom(config: Config): Finding {
  const name = 'Disk room';
  try {
    const { bavail, bsize } = statfsSync(existingParent(config.get('home')));
    const roomMb = Math.floor((bavail * bsize) / 1e6);
    const detail = `${roomMb} MB free at ${config.get('home')}`;
    if (roomMb >= ROOM_GOOD_MB) return { name, status: 'ok', detail };
    const fix = 'Free some room, or choose a folder on another disk with --home.';
    return { name, status: roomMb < ROOM_LEAST_MB ? 'failed' : 'warning', detail, fix };
  } catch (error) {
    return { name, status: 'warning', detail: messageOf(error), fix: 'Check the disk of the home folder.' };
  }
}

function checkClock(): Finding {
  const name = 'Clock';
  const detail = new Date().toISOString();
  if (Date.now() >= WRITTEN_AT) return { name, status: 'ok', detail };
  return {
    name,
    status: 'failed',
    detail: `${detail} is before this program was written`,
    fix: 'Set the clock, e.g. timedatectl set-ntp true: rules about dates in the future depend on it.',
  };
}

async function checkWarehouse(config: Config): Promise<Finding> {
  const name = 'Warehouse';
  const own = config.get('warehouse.url');
  if (own !== undefined) return probe(name, own, false);
  const home = config.get('home');
  try {
    const server = connectInfo(home);
    if (server !== undefined) return await probe(name, server.url(), true);
    const exists = checkCluster(warehouseFiles(home).data);
    return {
      name,
      status: 'ok',
      detail: exists
        ? 'embedded, stopped; it starts when it is needed'
        : `embedded PostgreSQL ${POSTGRES_MAJOR}; it will be made when it is needed`,
    };
  } catch (error) {
    return fromError(name, error);
  }
}

interface Answer {
  version: string;
  number: number;
  role: string;
  superuser: boolean;
  may_create: boolean;
  recovering: boolean;
  unsafe: string | null;
  clock_ms: number;
}

const PROBE = `
SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number, current_user::text AS role,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
       has_database_privilege(current_database(), 'CREATE') AS may_create, pg_is_in_recovery() AS recovering,
       (SELECT string_agg(name, ', ' ORDER BY name) FROM pg_settings
         WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off') AS unsafe,
       (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS clock_ms`;

async function probe(name: string, url: string, isEmbedded: boolean): Promise<Finding> {
  let client: pg.Client;
  try {
    client = new pg.Client({ ...targetOf(url), connectionTimeoutMillis: 5_000 });
  } catch (error) {
    return fromError(name, error);
  }
  client.on('error', () => {});
  try {
    await client.connect();
    const [answer] = (await client.query<Answer>(PROBE)).rows;
    if (answer === undefined) throw new Error('no answer');
    return judge(name, answer, isEmbedded, client);
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    const fix = isTlsRefusal(error)
      ? 'Correct the host or sslrootcert in warehouse.url; never switch the check off.'
      : connectionFix(code);
    return { name, status: 'failed', detail: messageOf(error) || code, fix };
  } finally {
    await client.end().catch(() => {});
  }
}

function judge(name: string, answer: Answer, isEmbedded: boolean, client: pg.Client): Finding {
  const detail = `${isEmbedded ? 'embedded ' : ''}PostgreSQL ${answer.version} at ${client.host}:${client.port}, role ${answer.role}`;
  const finding = (status: Finding['status'], what: string, fix: string): Finding => ({
    name,
    status,
    detail: `${detail}: ${what}`,
    fix,
  });
  if (answer.number < 150_000) return finding('failed', 'too old', 'Use PostgreSQL 15 or newer.');
  if (answer.recovering)
    return finding('failed', 'a standby, it cannot be written', 'Name the primary in warehouse.url.');
  if (!answer.may_create)
    return finding('failed', 'the role may not create tables', `ALTER DATABASE ... OWNER TO ${answer.role};`);
  if (answer.unsafe !== null)
    return finding('warning', `${answer.unsafe} off`, `Switch on ${answer.unsafe}: a power cut may lose orders.`);
  if (answer.superuser)
    return finding('warning', 'a superuser', 'Use a role that owns the database and is no superuser.');
  const drift = Math.abs(Date.now() - answer.clock_ms);
  if (drift > CLOCK_TOLERANCE_MS)
    return finding('warning', `its clock differs by ${Math.round(drift / 1000)} s`, 'Synchronise both clocks (NTP).');
  return { name, status: 'ok', detail };
}

function connectionFix(code: string): string {
  if (code === 'ECONNREFUSED' || code === 'ETIMEDOUT')
    return 'Start that PostgreSQL, or correct host and port in warehouse.url.';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'Correct the host in warehouse.url, or check the network.';
  if (code === '28P01' || code === '28000') return 'Correct user and password in warehouse.url.';
  if (code === '3D000') return 'Create the database, or correct its name in warehouse.url.';
  return 'Check warehouse.url with another client, such as psql.';
}

function fromError(name: string, error: unknown): Finding {
  if (error instanceof EsteiraError)
    return { name, status: 'failed', detail: `${error.what} ${error.why}`, fix: error.fix };
  return { name, status: 'failed', detail: messageOf(error), fix: 'Please report this.' };
}

/** The nearest folder above a path that exists, or the path itself. */
export function existingParent(path: string): string {
  let folder = path;
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}
