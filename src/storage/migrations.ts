// Brings a warehouse to the schema this version knows: forward only, each file once, under a lock, in a transaction of its own.
// It never edits data of orders.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type pg from 'pg';
import { fail } from '../catalog/errors.ts';
import { packagePath } from '../lib/paths.ts';
import { calendarDays } from '../model/reference/calendar.ts';
import { readMunicipalities, UFS } from '../model/reference/places.ts';

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** Only one process migrates or loads at a time; the number is arbitrary but fixed. */
export const WAREHOUSE_LOCK = 7_243_001;

const OLDEST_SERVER = 150_000;
const CALENDAR_YEARS = [2000, 2040] as const;

function readMigrations(): Migration[] {
  return readdirSync(packagePath('sql', 'migrations'))
    .filter((name) => /^\d{4}_.*\.sql$/.test(name))
    .sort()
    .map((name) => {
      const sql = readFileSync(packagePath('sql', 'migrations', name), 'utf8');
      return { version: Number(name.slice(0, 4)), name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

/** Applies what is missing and returns the names of the files applied. Errors: SCHEMA_UNKNOWN, WAREHOUSE_REFUSED. */
export async function migrate(client: pg.Client): Promise<string[]> {
  await refuseOldServer(client);
  const migrations = readMigrations();
  const applied: string[] = [];
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [WAREHOUSE_LOCK]);
    await client.query(`
      CREATE SCHEMA IF NOT EXISTS esteira;
      CREATE TABLE IF NOT EXISTS esteira.migracoes (
        versao integer NOT NULL PRIMARY KEY, nome text NOT NULL, sha256 text NOT NULL, aplicada_em timestamptz NOT NULL DEFAULT now());
      COMMENT ON TABLE esteira.migracoes IS 'Migrations applied to this warehouse.';
      COMMENT ON COLUMN esteira.migracoes.versao IS 'Number of the file.';
      COMMENT ON COLUMN esteira.migracoes.nome IS 'Name of the file.';
      COMMENT ON COLUMN esteira.migracoes.sha256 IS 'SHA-256 of the file: an edited migration is refused.';
      COMMENT ON COLUMN esteira.migracoes.aplicada_em IS 'When.'`);
    const known = await knownVersions(client);
    refuseUnknown(known, migrations);
    for (const migration of migrations) {
      if (known.has(migration.version)) continue;
      await client.query(migration.sql);
      await client.query('INSERT INTO esteira.migracoes (versao, nome, sha256) VALUES ($1, $2, $3)', [
        migration.version,
        migration.name,
        migration.checksum,
      ]);
      applied.push(migration.name);
    }
    if (applied.length > 0) await fillReference(client);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
  return applied;
}

/** Refuses a warehouse whose schema is not exactly the one this version knows; for readers, which never migrate. */
export async function assertMigrated(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ there: boolean }>(
    `SELECT to_regclass('esteira.migracoes') IS NOT NULL AS there`,
  );
  if (rows[0]?.there !== true) {
    throw fail('WAREHOUSE_EMPTY', {
      what: 'The warehouse is empty.',
      why: 'No orders were ever loaded into it.',
      fix: 'Load a file first: esteira run FILE, or esteira demo.',
    });
  }
  const known = await knownVersions(client);
  const migrations = readMigrations();
  refuseUnknown(known, migrations);
  const missing = migrations.find((migration) => !known.has(migration.version));
  if (missing) {
    throw fail('SCHEMA_UNKNOWN', {
      what: 'The warehouse has an older schema than this Esteira needs.',
      why: `Migration ${missing.name} has not been applied.`,
      fix: "Run a loading command (esteira run FILE) with the loader's rights: it brings the schema up to date.",
    });
  }
}

async function knownVersions(client: pg.Client): Promise<Map<number, string>> {
  const { rows } = await client.query<{ versao: number; sha256: string }>(
    'SELECT versao, sha256 FROM esteira.migracoes ORDER BY versao',
  );
  return new Map(rows.map((row) => [row.versao, row.sha256]));
}

function refuseUnknown(known: ReadonlyMap<number, string>, migrations: readonly Migration[]): void {
  for (const [version, checksum] of known) {
    const migration = migrations.find((candidate) => candidate.version === version);
    if (migration?.checksum === checksum) continue;
    throw fail('SCHEMA_UNKNOWN', {
      what: `The warehouse has migration ${version}, which this Esteira does not know.`,
      why: migration ? 'The file was edited after it was applied.' : 'A newer Esteira migrated it.',
      fix: 'Use the newer Esteira, or restore the original migration files.',
    });
  }
}

async function refuseOldServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: string; version: string }>(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version`,
  );
  if (Number(rows[0]?.number) >= OLDEST_SERVER) return;
  throw fail('WAREHOUSE_REFUSED', {
    what: `The server is PostgreSQL ${rows[0]?.version}.`,
    why: 'Esteira needs PostgreSQL 15 or newer.',
    fix: 'Use a newer server, or the embedded one (leave the warehouse URL unset).',
  });
}

/** Municipalities and calendar, replaced whole: they belong to the version, not to the user. */
async function fillReference(client: pg.Client): Promise<void> {
  const regionOf = new Map(UFS.map((row) => [row.uf, row.regiao]));
  const cities = readMunicipalities();
  await client.query('DELETE FROM municipios');
  await client.query(
    'INSERT INTO municipios (codigo_ibge, nome, uf, regiao, capital) SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::bool[])',
    [
      cities.map((c) => Number(c.codigoIbge)),
      cities.map((c) => c.nome),
      cities.map((c) => c.uf),
      cities.map((c) => regionOf.get(c.uf)),
      cities.map((c) => c.isCapital),
    ],
  );
  const days = calendarDays(...CALENDAR_YEARS);
  await client.query('DELETE FROM calendario');
  await client.query(
    `INSERT INTO calendario (data, ano, mes, dia, dia_semana, feriado, data_comercial)
     SELECT * FROM unnest($1::date[], $2::int[], $3::int[], $4::int[], $5::int[], $6::text[], $7::text[])`,
    [
      days.map((d) => d.data),
      days.map((d) => d.ano),
      days.map((d) => d.mes),
      days.map((d) => d.dia),
      days.map((d) => d.dia_semana),
      days.map((d) => d.feriado),
      days.map((d) => d.data_comercial),
    ],
  );
}
