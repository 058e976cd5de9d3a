// The rules that every order must keep: what each is called, when it applies, why, and how to correct what breaks it.
// `docs/rules.md`, the quarantine's texts and the engine's bit masks come from here. The conditions as SQL are in the transform.
import { AVISOS } from './rules/avisos.ts';
import { ORDER_ERROS } from './rules/order-erros.ts';
import type { Rule } from './rules/rule.ts';
import { SALE_ERROS } from './rules/sale-erros.ts';

export type { Dimension, Rule, Scope, Severity } from './rules/rule.ts';

/** Masks are BIGINTs: at most 62 rules of each severity. */
const ERROS = [...ORDER_ERROS, ...SALE_ERROS] as const;

export type ErroId = (typeof ERROS)[number]['id'];
export type AvisoId = (typeof AVISOS)[number]['id'];
export type RuleId = ErroId | AvisoId;

/** All rules: those of severity `erro` first, in the order of their bits. */
export const RULES: readonly (Rule & { readonly id: RuleId })[] = [...ERROS, ...AVISOS];

/** Rules that reject an order; the index is the bit in the mask of errors. */
export const ERRO_IDS: readonly ErroId[] = ERROS.map((rule) => rule.id);

/** Rules that flag an order; the index is the bit in the mask of warnings. */
export const AVISO_IDS: readonly AvisoId[] = AVISOS.map((rule) => rule.id);

const byId: ReadonlyMap<string, Rule> = new Map(RULES.map((rule) => [rule.id, rule]));

/** The rule with this id; undefined for an id that no rule has (a warehouse may hold codes of a newer version). */
export function ruleById(id: RuleId): Rule;
export function ruleById(id: string): Rule | undefined;
export function ruleById(id: string): Rule | undefined {
  return byId.get(id);
}
