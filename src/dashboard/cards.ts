// Every card there is, in the order in which pages show them.
import type { Card } from './card.ts';
import { analysisCards } from './cards-analyses.ts';
import { operationCards } from './cards-operations.ts';
import { orderCards } from './cards-orders.ts';
import { mapCard, metricsCard, overTimeCard } from './cards-overview.ts';
import { quarantineCards } from './cards-quarantine.ts';
import type { View } from './view.ts';

const BEFORE_MAP = 2;

export const CARDS: readonly Card[] = [
  metricsCard,
  overTimeCard,
  ...analysisCards.slice(0, BEFORE_MAP),
  mapCard,
  ...analysisCards.slice(BEFORE_MAP),
  ...orderCards,
  ...operationCards,
  ...quarantineCards,
];

/** Those that the view has. */
export function cardsOf(view: View): Card[] {
  return CARDS.filter((card) => card.appears?.(view) ?? true);
}
