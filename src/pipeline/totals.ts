// What the batches of a run did, added up: events, and what came to the quarantine by reason.
import type { EventCounts, RejectionGroup } from '../model/batch.ts';

export const NO_COUNTS: EventCounts = {
  lidos: 0,
  aceitos: 0,
  rejeitados: 0,
  duplicados: 0,
  antigos: 0,
  linhas: 0,
  valorAceito: '0.00',
  valorRejeitado: '0.00',
};

/** Adds up what two batches or files did. */
export function addCounts(a: EventCounts, b: EventCounts): EventCounts {
  return {
    lidos: a.lidos + b.lidos,
    aceitos: a.aceitos + b.aceitos,
    rejeitados: a.rejeitados + b.rejeitados,
    duplicados: a.duplicados + b.duplicados,
    antigos: a.antigos + b.antigos,
    linhas: a.linhas + b.linhas,
    valorAceito: addAmounts(a.valorAceito, b.valorAceito),
    valorRejeitado: addAmounts(a.valorRejeitado, b.valorRejeitado),
  };
}

/** The groups of both, most records first, equal ones by the alphabet. */
export function addRejections(a: readonly RejectionGroup[], b: readonly RejectionGroup[]): readonly RejectionGroup[] {
  const sums = new Map<string, RejectionGroup>();
  for (const group of [...a, ...b]) {
    const known = sums.get(group.reason) ?? { reason: group.reason, count: 0, amount: '0.00' };
    sums.set(group.reason, {
      ...known,
      count: known.count + group.count,
      amount: addAmounts(known.amount, group.amount),
    });
  }
  return [...sums.values()].sort((one, other) => other.count - one.count || (one.reason < other.reason ? -1 : 1));
}

/** R$ with two decimals, exact, of either sign. */
function addAmounts(a: string, b: string): string {
  const cents = BigInt(a.replace('.', '')) + BigInt(b.replace('.', ''));
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
