// The roles and the database of the embedded warehouse, and their passwords. Passwords are sent to the server as SCRAM
// verifiers only, so that no log, no statement and no argument list ever holds one.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { fail } from '../../catalog/errors.ts';
import { replaceFile } from './files.ts';

export const DATABASE = 'ecommerce';

/** Who connects: `superuser` only sets up; `app` owns the database; `leitura` only reads. */
export type WarehouseRole = 'superuser' | 'app' | 'leitura';

export const ROLE_NAMES: Readonly<Record<WarehouseRole, string>> = {
  superuser: 'esteira_admin',
  app: 'esteira_app',
  leitura: 'esteira_leitura',
};

export type Passwords = Readonly<Record<WarehouseRole, string>>;

/** Reads the passwords, or undefined when there are none yet. */
export function readPasswords(file: string): Passwords | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Partial<Passwords>;
    if (kept.superuser !== undefined && kept.app !== undefined && kept.leitura !== undefined) return kept as Passwords;
  } catch {
    // fall through: an unreadable file is reported without its content
  }
  throw fail('WAREHOUSE_DAMAGED', {
    what: 'The file with the passwords of the embedded warehouse cannot be understood.',
    why: `${file} was changed or is incomplete.`,
    fix: 'Restore it from a backup of the home folder; without it, move the folder away and load the orders again.',
  });
}

/** Draws new passwords (192 random bits each, safe in a URL) and keeps them in an owner-only file. */
export function createPasswords(file: string): Passwords {
  const draw = (): string => randomBytes(24).toString('hex');
  const passwords: Passwords = { superuser: draw(), app: draw(), leitura: draw() };
  replaceFile(file, JSON.stringify(passwords, null, 2) + '\n', 0o600);
  return passwords;
}

/** Creates or repairs roles, database and rights. Repeating it changes nothing. */
export async function prepareDatabase(server: { host: string; port: number }, passwords: Passwords): Promise<void> {
  const connect = async (database: string): Promise<pg.Client> => {
    const client = new pg.Client({ ...server, database, user: ROLE_NAMES.superuser, password: passwords.superuser });
    await client.connect();
    return client;
  };
  const cluster = await connect('postgres');
  try {
    for (const role of ['app', 'leitura'] as const) {
      const name = ROLE_NAMES[role];
      const known = await cluster.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
      const verb = known.rowCount === 0 ? 'CREATE' : 'ALTER';
      await cluster.query(
        `${verb} ROLE ${name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '${scramVerifier(passwords[role])}'`,
      );
    }
    await cluster.query(`ALTER ROLE ${ROLE_NAMES.leitura} SET default_transaction_read_only = on`);
    const known = await cluster.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (known.rowCount === 0) await cluster.query(`CREATE DATABASE ${DATABASE} OWNER ${ROLE_NAMES.app}`);
    await grantTo(cluster, DATABASE);
  } finally {
    await cluster.end();
  }
  const warehouse = await connect(DATABASE);
  try {
    await grantWithin(warehouse);
  } finally {
    await warehouse.end();
  }
}

/** Rights on the database as a whole; `database` is an identifier of ours. */
export async function grantTo(client: pg.Client, database: string): Promise<void> {
  await client.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
  await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${ROLE_NAMES.leitura}`);
}

/** Rights inside the connected database: whatever `app` creates, in any schema, `leitura` may read. */
export async function grantWithin(client: pg.Client): Promise<void> {
  const { app, leitura } = ROLE_NAMES;
  await client.query(`ALTER DEFAULT PRIVILEGES FOR ROLE ${app} GRANT SELECT ON TABLES TO ${leitura}`);
  await client.query(`ALTER DEFAULT PRIVILEGES FOR ROLE ${app} GRANT USAGE ON SCHEMAS TO ${leitura}`);
}

/** `SCRAM-SHA-256$...` as in RFC 5803, the form in which PostgreSQL itself stores a password. */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16), iterations = 4096): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const sign = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(sign('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${sign('Server Key').toString('base64')}`;
}
