// Numbers in English sentences, with their nouns. Tables and Portuguese sentences have formatCount instead: one convention per language.
import { formatCount } from '../../pipeline/format/number-formats.ts';

/** `1234` -> `1,234`. */
export function formatCountEn(count: number | bigint): string {
  return formatCount(count).replaceAll('.', ',');
}

/** `1 record`, `1,234 records`. */
export function counted(count: number | bigint, one: string, many = `${one}s`): string {
  return `${formatCountEn(count)} ${Number(count) === 1 ? one : many}`;
}
