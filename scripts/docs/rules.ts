// Writes docs/rules.md from src/catalog/rules.ts.
import {
  AVISO_IDS,
  ERRO_IDS,
  type Dimension,
  type Rule,
  RULES,
  type Scope,
  type Severity,
} from '../../src/catalog/rules.ts';
import { code, page, table } from './markdown.ts';

const SCOPES: Readonly<Record<Scope, string>> = {
  registro: 'the record as it was read, before it is an order',
  pedido: 'the order',
  item: 'each item',
  pagamento: 'each payment',
};

const DIMENSIONS: Readonly<Record<Dimension, string>> = {
  completude: 'what must be there is there',
  validade: 'each value is one that its field can have',
  consistencia: 'values agree with one another',
  unicidade: 'nothing is there twice',
  atualidade: 'times fit the moment of reading',
  integridade: 'what belongs together is found together',
};

/** The whole page, ending with a newline. */
export function rulesDoc(): string {
  return page([
    '# Rules',
    'Generated from `src/catalog/rules.ts`.',
    `Every order must keep ${RULES.length} rules. One that breaks a rule of severity \`erro\` (${ERRO_IDS.length} rules) goes to the quarantine, whole, with all of its
reasons and its original text; nothing of it is counted until it is corrected. One that breaks only rules of severity \`aviso\`
(${AVISO_IDS.length} rules) is loaded, and \`pedidos.avisos\` names them. Nothing is dropped and nothing is guessed.`,
    'See what is in the quarantine with `esteira quarantine summary`; correct and load it again with `esteira quarantine export` and `replay`.',
    table(
      ['scope', 'the rule looks at'],
      Object.entries(SCOPES).map(([scope, text]) => [code(scope), text]),
    ),
    table(
      ['dimension', 'what it asks'],
      Object.entries(DIMENSIONS).map(([dimension, text]) => [code(dimension), text]),
    ),
    ...chapter('erro', 'the order goes to the quarantine'),
    ...chapter('aviso', 'the order is loaded and flagged'),
  ]);
}

function chapter(severity: Severity, effect: string): string[] {
  const rules = RULES.filter((rule) => rule.severity === severity);
  const index = rules.map((rule) => [
    `[${code(rule.id)}](#${rule.id.toLowerCase()})`,
    rule.title,
    code(rule.scope),
    code(rule.dimension),
  ]);
  return [
    `## ${severity}: ${effect}`,
    table(['rule', 'title', 'scope', 'dimension'], index),
    ...rules.flatMap(section),
  ];
}

function section(rule: Rule): string[] {
  return [
    `### ${rule.id}`,
    `${rule.title}.`,
    `- When: ${rule.condition}\n- Why: ${rule.why}\n- Fix: ${rule.fix}\n- Como corrigir: ${rule.comoCorrigir}`,
  ];
}
