// Writes docs/errors.md from src/catalog/errors.ts.
import { ERROR_KINDS } from '../../src/catalog/errors.ts';
import type { ErrorKind, ExitCode } from '../../src/lib/errors.ts';
import { code, page, table } from './markdown.ts';

/** What each status of an error means to a script. */
const GROUPS: Readonly<Record<ExitCode, string>> = {
  1: 'a bug',
  2: 'usage or configuration',
  3: 'a service is down',
  4: 'data refused, or a quality gate failed',
  99: 'nothing to do (only with `--skip-code`)',
  130: 'stopped with Ctrl-C; the same command resumes',
};

/** The whole page, ending with a newline. */
export function errorsDoc(): string {
  const kinds: [string, ErrorKind][] = Object.entries(ERROR_KINDS);
  const groups = (Object.keys(GROUPS).map(Number) as ExitCode[]).flatMap((exit) =>
    group(
      exit,
      kinds.filter(([, kind]) => kind.exit === exit),
    ),
  );
  return page([
    '# Errors',
    'Generated from `src/catalog/errors.ts`.',
    'An error has a stable code and three lines: what happened, why, and how to fix it. Scripts may match the code and the exit status; the words may change.',
    'Bad orders are not errors: they go to the quarantine ([rules](rules.md)), and the exit status stays 0 unless `--max-rejected` says otherwise.',
    table(
      ['exit status', 'meaning'],
      [['0', 'done; SIGTERM that stopped the work in good order, too'], ...Object.entries(GROUPS)],
    ),
    'Retry says whether the same command may succeed later with nothing changed. Finite commands retry such errors by themselves for `max_outage` ([settings](config.md)) before they end.',
    ...groups,
  ]);
}

function group(exit: ExitCode, kinds: readonly [string, ErrorKind][]): string[] {
  if (kinds.length === 0) return [];
  const rows = kinds
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, kind]) => [code(name), kind.meaning, kind.retryable ? 'yes' : 'no']);
  return [`## Exit status ${exit}: ${GROUPS[exit]}`, table(['code', 'meaning', 'retry'], rows)];
}
