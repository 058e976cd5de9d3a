// Which orders the cohort tables count, as SQL that PostgreSQL and DuckDB both understand. One definition for what marks months, what settles them
// and what may be answered from them.
import type { OrderStatus } from './order-words.ts';

/** The status of the orders that count: that of the analyses `customers` and `cohorts` when none is asked for. */
export const COHORT_STATUS: OrderStatus = 'Pago';

/** True of an order that counts; with a customer it makes the customer one of a cohort. */
export function countsInCohorts(order: string): string {
  return `${order}.status = '${COHORT_STATUS}' AND ${order}.excluido_em IS NULL`;
}
