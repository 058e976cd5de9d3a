// Reads a settings file: `esteira.json` or `esteira.jsonc` (comments and final commas allowed), nested or with dotted names.
// It returns names and texts; what they mean is decided in load.ts.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../catalog/errors.ts';
import { messageOf } from '../lib/errors.ts';

export interface SettingsFile {
  readonly path: string;
  /** Dotted name to the value as text. */
  readonly values: ReadonlyMap<string, string>;
}

/** The settings file of a folder, or undefined when it has none. Throws CONFIG_INVALID when there are two or it is not JSON. */
export function readSettingsFile(folder: string): SettingsFile | undefined {
  const found = ['esteira.json', 'esteira.jsonc'].map((name) => join(folder, name)).filter((path) => existsSync(path));
  const [path, other] = found;
  if (path === undefined) return undefined;
  if (other !== undefined) {
    throw fail('CONFIG_INVALID', {
      what: `${folder} has two settings files.`,
      why: `${path} and ${other} may contradict each other.`,
      fix: 'Keep one of them.',
    });
  }
  const values = new Map<string, string>();
  flatten(parseJsonc(path), '', path, values);
  return { path, values };
}

function parseJsonc(path: string): unknown {
  try {
    return JSON.parse(stripComments(readFileSync(path, 'utf8').replace(/^\uFEFF/, '')));
  } catch (error) {
    throw fail('CONFIG_INVALID', {
      what: `${path} cannot be read as JSON.`,
      why: messageOf(error),
      fix: 'Correct the file, or move it away.',
      cause: error,
    });
  }
}

/** Blanks out comments and commas before a closing bracket, leaving strings alone. */
export function stripComments(source: string): string {
  const token = /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  const bare = source.replaceAll(token, (found) => (found.startsWith('"') ? found : found.replaceAll(/[^\n]/g, ' ')));
  return bare.replaceAll(/"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])/g, (found) => (found === ',' ? ' ' : found));
}

function flatten(value: unknown, prefix: string, path: string, into: Map<string, string>): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) {
      // editors read it; it is no setting
      if (prefix === '' && key === '$schema') continue;
      flatten(inner, prefix === '' ? key : `${prefix}.${key}`, path, into);
    }
  } else if (prefix !== '' && (typeof value === 'string' || typeof value === 'number')) {
    into.set(prefix, String(value));
  } else {
    throw fail('CONFIG_INVALID', {
      what: `${path}: ${prefix === '' ? 'the file' : prefix} has a value that no setting can have.`,
      why: 'A setting is a text or a number; groups of settings are objects.',
      fix: 'See docs/config.md for the names and values.',
    });
  }
}
