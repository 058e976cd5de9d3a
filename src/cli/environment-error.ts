// What the machine refuses in the middle of the work, wherever it shows: no room for temporary files, no memory for the transform. Told like any other error.
import { fail } from '../catalog/errors.ts';
import { EsteiraError, messageOf } from '../lib/errors.ts';

/** The error of the user's machine that was thrown as an error of the system or of DuckDB; null when it is none. */
export function environmentError(thrown: unknown): EsteiraError | null {
  const code = (thrown as { code?: unknown } | null)?.code;
  const said = messageOf(thrown);
  if (code === 'ENOSPC' || code === 'EDQUOT' || /^IO Error: .*No space left on device/s.test(said)) {
    return fail('DISK_FULL', {
      what: 'There is no room left for temporary files.',
      why: 'What is being read, and what does not fit into memory, stands in the folder for temporary files while a command runs.',
      fix: 'Free some room there, or name a folder on another disk with TMPDIR; then run the same command again.',
      cause: thrown,
    });
  }
  if (said.startsWith('Out of Memory Error')) {
    return fail('MEMORY_SHORT', {
      what: 'The transform has not enough memory.',
      why: 'It asked for more than memory.limit allows, and going to the disk did not help.',
      fix: 'Raise memory.limit (--memory-limit 2GB), or make batches smaller (--batch-lines 20000, of consume --max-batch 5000); then run the same command again.',
      cause: thrown,
    });
  }
  return null;
}
