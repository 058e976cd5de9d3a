// Reads the warehouse's schema as PostgreSQL itself describes it, after all migrations, from a throw-away database.
import { readdirSync, readFileSync } from 'node:fs';
import { createDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { readSchema, type Schema } from './schema.ts';

const MIGRATIONS = new URL('../../sql/migrations/', import.meta.url);

/** The schema of sql/migrations, applied in order to a database of its own that is dropped again. */
export async function readMigratedSchema(): Promise<Schema> {
  const database = await createDatabase();
  try {
    await applyMigrations(database);
    return await readSchema((sql, values) => database.query(sql, values));
  } finally {
    await database.drop();
  }
}

async function applyMigrations(database: TestDatabase): Promise<void> {
  const files = readdirSync(MIGRATIONS).filter((name) => name.endsWith('.sql'));
  for (const name of files.toSorted()) await database.query(readFileSync(new URL(name, MIGRATIONS), 'utf8'));
}
