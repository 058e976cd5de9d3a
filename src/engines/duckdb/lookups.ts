// The transform's lookup tables in a DuckDB session.
import type { DuckDBConnection } from '@duckdb/node-api';
import { municipalityRows } from '../transform/places.ts';
import { run } from './session.ts';

/** Makes `municipios_chave` (uf, chave, nome, codigo_ibge, principal). */
export async function makeLookups(connection: DuckDBConnection): Promise<void> {
  const quote = (value: string): string => `'${value.replaceAll("'", "''")}'`;
  const values = municipalityRows().map(
    (row) => `(${quote(row.uf)}, ${quote(row.chave)}, ${quote(row.nome)}, ${row.codigo_ibge}, ${row.principal})`,
  );
  await run(
    connection,
    `CREATE OR REPLACE TABLE municipios_chave AS SELECT * FROM (VALUES ${values.join(', ')}) AS m (uf, chave, nome, codigo_ibge, principal)`,
  );
}
