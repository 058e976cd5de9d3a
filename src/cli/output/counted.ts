// Numbers with their nouns, as English says them.
import { formatCount } from '../../pipeline/format/number-formats.ts';

/** `1 record`, `1.234 records`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
