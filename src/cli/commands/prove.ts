// `esteira prove`: rounds of faults on a throw-away stack, as a table. It reads options and prints; the work is in src/proof.
import { randomInt } from 'node:crypto';
import { InvalidArgumentError, type Command } from 'commander';
import type { ResultColumn } from '../../catalog/analyses.ts';
import { fail } from '../../catalog/errors.ts';
import { faultNames, prove, type ProofRound } from '../../proof/prove.ts';
import { counted } from '../output/counted.ts';
import { processTerminal, tableStyle } from '../output/print-result.ts';
import { renderTable } from '../output/table.ts';
import { configOf } from '../settings.ts';

interface ProveFlags {
  readonly rounds?: number;
  readonly seed?: number;
  readonly withoutSpark?: boolean;
  readonly json?: boolean;
}

const LARGEST = 1_000_000;

function whole(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > LARGEST)
    throw new InvalidArgumentError(`Write a whole number from 1 to ${LARGEST}.`);
  return value;
}

export function proveCommand(program: Command): void {
  program
    .command('prove')
    .description('break a throw-away Kafka, Spark and PostgreSQL on purpose, and compare the warehouse with an oracle')
    .option('--rounds <n>', `one fault each (default: every fault once, ${faultNames(true).length})`, whole)
    .option('--seed <n>', 'of the invented orders and of what is left to chance (default: drawn, and printed)', whole)
    .option('--without-spark', 'leave the faults of Spark out: quicker, and less memory')
    .option('--json', 'as JSON on standard output, with the names of all failpoints')
    .addHelpText(
      'after',
      `
Needs Java 17. The servers are its own, in a temporary folder, and go with it: your warehouse and your servers are not touched.
Each round sends orders, breaks something at named moments (failpoints), lets the parts recover, and then compares the whole warehouse with what a second,
naive program makes of the same messages; the ledger and the rollups must add up, and consuming again must write nothing.
What each fault is, and what is not covered: docs/reliability.md.

Examples:
  esteira prove
  esteira prove --rounds 36 --seed 7
  esteira prove --without-spark --json`,
    )
    .action(async (flags: ProveFlags, command: Command) => {
      const withSpark = flags.withoutSpark !== true;
      const seed = flags.seed ?? randomInt(1, LARGEST);
      const rounds = flags.rounds ?? faultNames(withSpark).length;
      const config = configOf(command);
      process.stderr.write(`seed ${seed}\n`);
      const interruption = new AbortController();
      // Servers must not outlive the command: whoever stops it waits for them to stop.
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interruption.abort());
      const reports = await prove({
        rounds,
        seed,
        withSpark,
        cache: config.get('stack.cache'),
        main: process.argv[1] ?? '',
        signal: interruption.signal,
        onRound: ({ round, fault, seconds, failure }) =>
          void process.stderr.write(
            `round ${round} of ${rounds}: ${fault}: ${failure === null ? 'ok' : 'FAILED'}, ${seconds.toFixed(1)} s\n`,
          ),
      });
      if (flags.json === true) process.stdout.write(`${JSON.stringify({ seed, rounds: reports }, null, 2)}\n`);
      else process.stdout.write(reportOf(seed, reports, config.get('color')));
      const failed = reports.find(({ failure }) => failure !== null);
      if (failed !== undefined)
        throw fail('PROOF_FAILED', {
          what: `Round ${failed.round} (${failed.fault}) failed.`,
          why: failed.failure ?? '',
          fix: `Run it again with --seed ${seed}, and report it with the table above.`,
        });
    });
}

const COLUMNS: readonly ResultColumn[] = [
  { name: 'round', title: 'Round', kind: 'count' },
  { name: 'fault', title: 'Fault', kind: 'text' },
  { name: 'points', title: 'Failpoints', kind: 'count' },
  { name: 'events', title: 'Events', kind: 'count' },
  { name: 'restarts', title: 'Restarts', kind: 'count' },
  { name: 'seconds', title: 'Seconds', kind: 'number' },
  { name: 'result', title: 'Result', kind: 'text' },
];

function reportOf(seed: number, reports: readonly ProofRound[], color: 'auto' | 'always' | 'never'): string {
  const rows = reports.map(({ round, fault, points, events, restarts, seconds, failure }) => [
    String(round),
    fault,
    String(points.length),
    String(events),
    String(restarts),
    seconds.toFixed(1),
    failure === null ? 'ok' : 'FAILED',
  ]);
  const sum = (value: (round: ProofRound) => number): number => reports.reduce((total, r) => total + value(r), 0);
  const leftOut = reports.flatMap(({ leftOut: points }) => Object.entries(points));
  return [
    renderTable(COLUMNS, rows, tableStyle(processTerminal, color)),
    `${counted(reports.length, 'round')}, ${counted(
      sum(({ points }) => points.length),
      'failpoint',
    )} hit, ${counted(
      sum(({ events }) => events),
      'event',
    )}, seed ${seed}\n`,
    ...leftOut.map(([point, why]) => `Left out: ${point}: ${why}\n`),
  ].join('');
}
