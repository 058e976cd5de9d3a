// The municipalities as a hash table inside an expression of Spark SQL. As a joined table they cost more than half of a small micro-batch: Spark sends the
// table out anew for every batch, in a job of its own, and writes the whole plan down once for each join.
import { crc32 } from 'node:zlib';
import type { MunicipalityLookup } from '../transform/dialect.ts';
import { municipalityRows } from '../transform/places.ts';
import { text } from './text-literal.ts';

/** Eleven entries in each, of some 30 characters. */
export const BUCKETS = 512;
/** No name has one of these. What is looked for may: a tab in it would let it be found across the end of an entry. */
const [END_OF_BUCKET, BEGIN, VALUE] = [';', '\n', '\t'];
const CODE_LENGTH = 7;

/** The buckets, one after the other; an entry is BEGIN, UF, space, name or key, VALUE, the code of the IBGE and the name, and BEGIN again. */
function table(by: MunicipalityLookup['by']): string {
  const buckets = Array.from({ length: BUCKETS }, () => '');
  for (const row of municipalityRows()) {
    if (by === 'nome' && !row.principal) continue;
    const key = `${row.uf} ${row[by]}`;
    buckets[crc32(key) % BUCKETS] += `${BEGIN}${key}${VALUE}${row.codigo_ibge}${row.nome}${BEGIN}`;
  }
  return buckets.join(END_OF_BUCKET);
}

const TABLES = { nome: table('nome'), chave: table('chave') };

/** A text that begins with the code, the name behind it; empty where there is no such municipality. */
export function entryOf({ by, uf, value }: MunicipalityLookup): string {
  const key = `concat(${uf}, ' ', ${value})`;
  // Spark folds the list into one literal when it plans.
  const bucket = `element_at(split(${text(TABLES[by])}, ${text(END_OF_BUCKET)}), CAST(crc32(CAST(${key} AS BINARY)) % ${BUCKETS} AS INT) + 1)`;
  const found = `substring_index(split_part(${bucket}, concat(${text(BEGIN)}, ${key}, ${text(VALUE)}), 2), ${text(BEGIN)}, 1)`;
  return `CASE WHEN NOT contains(${value}, ${text(VALUE)}) THEN ${found} END`;
}

/** The code in an entry, as a number. */
export function codeOf(entry: string): string {
  return `CAST(NULLIF(substr(${entry}, 1, ${CODE_LENGTH}), '') AS INT)`;
}

export function nameOf(entry: string): string {
  return `NULLIF(substr(${entry}, ${CODE_LENGTH + 1}), '')`;
}
