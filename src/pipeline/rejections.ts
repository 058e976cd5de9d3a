// Adds up what came to the quarantine, by reason, over the batches and files of a run.
import type { RejectionGroup } from '../model/batch.ts';

/** The groups of both, most records first, equal ones by the alphabet. */
export function addRejections(a: readonly RejectionGroup[], b: readonly RejectionGroup[]): readonly RejectionGroup[] {
  const sums = new Map<string, { count: number; cents: bigint }>();
  for (const { reason, count, amount } of [...a, ...b]) {
    const known = sums.get(reason) ?? { count: 0, cents: 0n };
    sums.set(reason, { count: known.count + count, cents: known.cents + BigInt(amount.replace('.', '')) });
  }
  return [...sums]
    .map(([reason, { count, cents }]) => ({ reason, count, amount: amountOf(cents) }))
    .sort((one, other) => other.count - one.count || (one.reason < other.reason ? -1 : 1));
}

function amountOf(cents: bigint): string {
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
