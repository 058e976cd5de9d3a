// Programs of others that a few tests ask for their judgement. Without one its test is skipped, and `npm test` says so: no machine must have them.
import { spawnSync } from 'node:child_process';

/** For node:test's `skip`: false where the program runs, else what is not looked at. */
export function programMissing(program: string): string | false {
  const { status } = spawnSync(program, ['--version'], { stdio: 'ignore' });
  return status === 0 ? false : `There is no ${program} here, which would judge our files.`;
}
