// The version of this installation, from its package.json; never a second copy of the number.
import { readFileSync } from 'node:fs';
import { packagePath } from './paths.ts';

/** Semantic version, e.g. `0.1.0`. */
export const version: string = (JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as { version: string })
  .version;
