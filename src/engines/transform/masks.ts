// Rules as bits: one BIGINT for the rules of severity erro, one for aviso, so that judging an order costs no lists.
// Bit positions follow the catalogue's order and live only inside one run: the warehouse stores rule ids.
import { AVISO_IDS, ERRO_IDS, type RuleId } from '../../catalog/rules.ts';
import { caseWhen, type Dialect } from './dialect.ts';
import type { Conditions } from './items.ts';

function bitOf(ids: readonly string[], id: string): bigint {
  const position = ids.indexOf(id);
  if (position < 0) throw new Error(`rule ${id} is not in the catalogue with this severity`);
  return 1n << BigInt(position);
}

function maskOf(ids: readonly string[], conditions: Conditions): string {
  const terms = Object.entries(conditions).map(
    ([id, condition]) => `CASE WHEN ${condition} THEN ${bitOf(ids, id)} ELSE 0 END`,
  );
  return `CAST(${terms.length === 0 ? '0' : terms.join(' + ')} AS BIGINT)`;
}

/** Mask of the rules of severity erro whose condition holds. */
export function erroMask(conditions: Conditions): string {
  return maskOf(ERRO_IDS, conditions);
}

/** Mask of the rules of severity aviso whose condition holds. */
export function avisoMask(conditions: Conditions): string {
  return maskOf(AVISO_IDS, conditions);
}

/** Condition: the rule's bit is set in a mask column. */
export function hasErro(d: Dialect, mask: string, id: RuleId): string {
  return `${d.bitAnd(mask, String(bitOf(ERRO_IDS, id)))} <> 0`;
}

function idsText(d: Dialect, mask: string, ids: readonly string[]): string {
  const set = d.filterList(d.texts(ids), (_, position) => `${d.bitAt(mask, position)} = 1`);
  return caseWhen([[`${mask} = 0`, `'{}'`]], `'{' || ${d.joinList(set, ',')} || '}'`);
}

/** The ids of a mask of severity erro as a PostgreSQL array literal, in the catalogue's order: '{A,B}'. */
export function erroIdsText(d: Dialect, mask: string): string {
  return idsText(d, mask, ERRO_IDS);
}

/** The ids of a mask of severity aviso as a PostgreSQL array literal. */
export function avisoIdsText(d: Dialect, mask: string): string {
  return idsText(d, mask, AVISO_IDS);
}

/** The bit of a rule of severity erro, as a number in SQL. */
export function erroBit(id: string): string {
  return String(bitOf(ERRO_IDS, id));
}
