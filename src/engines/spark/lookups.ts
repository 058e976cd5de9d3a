// The transform's lookup tables in a Spark session.
import { municipalityRows } from '../transform/places.ts';
import type { SparkSession } from './connect/session.ts';
import { text } from './dialect.ts';

/** Makes the temporary view `municipios_chave` (uf, chave, nome, codigo_ibge, principal). */
export async function makeLookups(session: SparkSession): Promise<void> {
  const values = municipalityRows().map(
    (row) => `(${text(row.uf)}, ${text(row.chave)}, ${text(row.nome)}, ${row.codigo_ibge}, ${row.principal})`,
  );
  await session.run(
    `CREATE OR REPLACE TEMPORARY VIEW municipios_chave AS SELECT * FROM VALUES ${values.join(', ')} AS m (uf, chave, nome, codigo_ibge, principal)`,
  );
}
