// The options that the quarantine's subcommands share, and what they mean. It never opens the warehouse.
import { basename } from 'node:path';
import type { Command } from 'commander';
import { fail } from '../../catalog/errors.ts';
import { ERRO_IDS } from '../../catalog/rules.ts';
import { nearest } from '../../config/nearest.ts';
import { onOneLine } from '../../lib/harmless.ts';
import type { QuarantineFilter, QuarantineState } from '../../storage/quarantine-read.ts';
import { readFilters, todayInSaoPaulo } from './query-filters.ts';

export interface SelectionFlags {
  readonly store?: readonly string[];
  readonly reason?: readonly string[];
  readonly file?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly status?: string;
}

const STATES: readonly QuarantineState[] = ['aberto', 'resolvido', 'descartado'];

/** Adds the options that select records. */
export function addSelection(command: Command): Command {
  const list = (value: string, before: readonly string[] = []): string[] => [
    ...before,
    ...value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ];
  const all = (value: string, before: readonly string[] = []): string[] => [...before, value];
  return command
    .option('--store <name>', 'only this store; repeatable', list)
    .option('--reason <code>', 'only records with this reason, e.g. STATUS_DESCONHECIDO; repeatable', list)
    .option('--file <name>', 'only records of this file; repeatable', all)
    .option(
      '--from <date>',
      'first day of sale, YYYY-MM-DD or dd/mm/yyyy; records whose day cannot be read are always included',
    )
    .option('--to <date>', 'last day of sale, included')
    .option('--status <state>', 'aberto, resolvido, descartado or all', 'aberto');
}

/** Throws USAGE for a reason, state or date that does not exist. */
export function selectionOf(flags: SelectionFlags): QuarantineFilter {
  const { from, to } = readFilters(
    { ...(flags.from === undefined ? {} : { from: flags.from }), ...(flags.to === undefined ? {} : { to: flags.to }) },
    todayInSaoPaulo(new Date()),
  );
  return {
    stores: flags.store?.map((name) => name.toLowerCase()) ?? null,
    reasons: flags.reason?.map(readReason) ?? null,
    files: flags.file?.map((path) => onOneLine(basename(path))) ?? null,
    from,
    to,
    states: readStates(flags.status ?? 'aberto'),
  };
}

function readReason(text: string): string {
  const code = text.toUpperCase();
  if ((ERRO_IDS as readonly string[]).includes(code)) return code;
  const meant = nearest(code, ERRO_IDS);
  throw fail('USAGE', {
    what: `--reason ${text} is not known.`,
    why: 'Reasons are the codes of docs/rules.md with severity erro.',
    fix:
      meant === undefined
        ? 'See which there are with "esteira quarantine summary".'
        : `Did you mean --reason ${meant}?`,
  });
}

function readStates(text: string): readonly QuarantineState[] | null {
  const word = text.toLowerCase();
  if (word === 'all' || word === 'todos') return null;
  const state = STATES.find((known) => known === word);
  if (state !== undefined) return [state];
  throw fail('USAGE', {
    what: `--status ${text} is not known.`,
    why: `Known are: ${STATES.join(', ')} and all.`,
    fix: 'Use one of them.',
  });
}

/** True when nothing but the state is selected. */
export function isUnselected(flags: SelectionFlags): boolean {
  return (
    flags.store === undefined &&
    flags.reason === undefined &&
    flags.file === undefined &&
    flags.from === undefined &&
    flags.to === undefined
  );
}

/** Throws USAGE. */
export function readLimit(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw fail('USAGE', {
    what: `--limit ${text} is no number of records.`,
    why: 'It is a whole number from 1.',
    fix: 'For example --limit 20.',
  });
}
