// The transform's lookup tables in a Spark session.
import { municipalityRows } from '../transform/places.ts';
import type { SparkSession } from './connect/session.ts';
import { text } from './dialect.ts';

const ROW = 'STRUCT<uf: STRING, chave: STRING, nome: STRING, codigo_ibge: INT, principal: BOOLEAN>';

/**
 * Makes the temporary view `municipios_chave` (uf, chave, nome, codigo_ibge, principal). All rows are one text: as VALUES they were 28,000 expressions
 * in the plan of every query, which Spark Connect keeps for an hour after the query's end.
 */
export async function makeLookups(session: SparkSession): Promise<void> {
  const rows = text(JSON.stringify(municipalityRows()));
  await session.run(
    `CREATE OR REPLACE TEMPORARY VIEW municipios_chave AS SELECT inline(from_json(${rows}, 'ARRAY<${ROW}>'))`,
  );
}
