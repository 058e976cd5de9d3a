// What is said of settling the cohorts, the same after every command that loads.

export const SETTLING = 'counting the cohorts again';

/** Nothing is wrong: it is settled after the next load. */
export function unsettledText(reason: string): string {
  return `the cohorts were not settled (${reason}): customers and cohorts are answered from the orders, which takes longer`;
}
