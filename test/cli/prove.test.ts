// `esteira prove` as a user runs it: a process of its own, real servers, one round.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { packagePath } from '../../src/lib/paths.ts';
import type { ProofRound } from '../../src/proof/prove.ts';
import { temporaryHome } from '../support/postgres.ts';
import { STACK_CACHE, stackMissing } from '../support/stack.ts';

test(
  'prove prints its seed and a table, or the same as JSON, and ends with 0 when all held',
  { skip: stackMissing },
  async () => {
    const env = { ...process.env, ESTEIRA_HOME: temporaryHome(), ESTEIRA_STACK_CACHE: STACK_CACHE, NO_COLOR: '1' };
    // rejects unless the exit code is 0
    const prove = (...more: string[]): Promise<{ stdout: string; stderr: string }> =>
      promisify(execFile)(
        process.execPath,
        [packagePath('src', 'cli', 'main.ts'), 'prove', '--rounds', '1', '--without-spark', '--seed', '7', ...more],
        { env },
      );
    const [table, json] = await Promise.all([prove(), prove('--json')]);
    for (const { stderr } of [table, json])
      assert.match(stderr, /^seed 7\nround 1 of 1: kill a producer: ok, \d+\.\d s\n$/);
    assert.match(
      table.stdout,
      /^Round +Fault +Failpoints +Events +Restarts +Seconds +Result\n +1 +kill a producer +1 +800 +1 +\d+\.\d +ok\n1 round, 1 failpoint hit, 800 events, seed 7\n$/,
    );
    const { seed, rounds } = JSON.parse(json.stdout) as { seed: number; rounds: ProofRound[] };
    assert.deepEqual(
      { seed, rounds: rounds.map(({ seconds, ...rest }) => ({ ...rest, isTimed: seconds > 0 })) },
      {
        seed: 7,
        rounds: [
          {
            round: 1,
            fault: 'kill a producer',
            points: ['killed with a part of its file sent'],
            leftOut: {},
            events: 800,
            restarts: 1,
            failure: null,
            isTimed: true,
          },
        ],
      },
    );
  },
);
