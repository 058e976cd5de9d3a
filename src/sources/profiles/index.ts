// The exports that are known. A new store's export is one file here and one line below.
import { esteira } from './esteira.ts';
import { mercadolivre } from './mercadolivre.ts';
import { nuvemshop } from './nuvemshop.ts';
import type { Profile } from './profile.ts';
import { shopee } from './shopee.ts';
import { shopify } from './shopify.ts';

/** In the order in which a header is tried: the most particular first, our own last. */
export const PROFILES: readonly Profile[] = [shopify, nuvemshop, mercadolivre, shopee, esteira];

export function profileNamed(name: string): Profile | undefined {
  return PROFILES.find((profile) => profile.name === name);
}

export { readMapping, mappingOf, type Mapping } from './mapping.ts';
export { plainName } from './plain-name.ts';
export { ADDRESS_COLUMNS, type ColumnSpec, type Profile } from './profile.ts';
