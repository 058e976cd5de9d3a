// Which layer of src may import which, and what else every source file keeps to. Pure: it is given paths and texts.

/** What each layer may import, besides itself. `pipeline` and `cli` see everything; `dashboard` reads as `cli` does. */
const MAY_IMPORT: Readonly<Record<string, readonly string[] | 'all'>> = {
  lib: [],
  model: ['lib'],
  catalog: ['lib', 'model'],
  config: ['lib', 'model', 'catalog'],
  sources: ['lib', 'model', 'catalog', 'config'],
  broker: ['lib', 'model', 'catalog', 'config'],
  engines: ['lib', 'model', 'catalog', 'config'],
  storage: ['lib', 'model', 'catalog', 'config'],
  // the local servers, the embedded PostgreSQL of `storage` among them; nobody but `cli` and tests starts servers
  stack: ['lib', 'model', 'catalog', 'config', 'storage'],
  pipeline: ['lib', 'model', 'catalog', 'config', 'sources', 'broker', 'engines', 'storage'],
  // `esteira prove`: breaks the parts on purpose and compares with an oracle of its own
  proof: ['lib', 'model', 'catalog', 'config', 'broker', 'storage', 'pipeline', 'stack'],
  dashboard: ['lib', 'model', 'catalog', 'config', 'sources', 'broker', 'engines', 'storage', 'pipeline'],
  cli: 'all',
};

const MAX_LINES = 400;
/** Written by the protocol compiler from the .proto beside it. */
const GENERATED = /_pb\.d\.ts$/;

/** One source file: its path from the repository's root with forward slashes, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Sentences about everything that breaks a rule; empty when all is well. */
export function violations(file: SourceFile, forbidden: readonly string[] = []): string[] {
  return [...importViolations(file), ...styleViolations(file), ...forbiddenStrings(file, forbidden)];
}

function importViolations({ path, text }: SourceFile): string[] {
  const layer = layerOf(path);
  if (layer === undefined || path.endsWith('.test.ts')) return [];
  const allowed = MAY_IMPORT[layer];
  if (allowed === undefined) return [`${path}: src/${layer} is no layer of the design`];
  return importedPaths(text).flatMap((specifier) => {
    const target = layerOf(resolveFrom(path, specifier));
    if (target === layer || allowed === 'all') return [];
    if (target === undefined) return [`${path}: imports ${specifier}, which is outside src`];
    return allowed.includes(target) ? [] : [`${path}: ${layer} may not import ${target} (${specifier})`];
  });
}

function styleViolations({ path, text }: SourceFile): string[] {
  const found: string[] = [];
  if (!path.startsWith('src/')) return found;
  const lineCount = text.trimEnd().split('\n').length;
  if (lineCount > MAX_LINES && !GENERATED.test(path))
    found.push(`${path}: ${lineCount} lines; split it by noun (at most ${MAX_LINES})`);
  if (path.endsWith('.test.ts')) return found;
  if (/\bexport default\b/.test(text)) found.push(`${path}: has a default export`);
  if (layerOf(path) === 'cli') return found;
  const code = withoutComments(text);
  if (/\bconsole\s*\./.test(code)) found.push(`${path}: prints; only src/cli does`);
  if (/\bprocess\s*\.\s*(exit|exitCode|abort)\b/.test(code)) found.push(`${path}: exits; only src/cli does`);
  if (/\bprocess\s*\.\s*stdout\b/.test(code)) found.push(`${path}: writes to standard output; only src/cli does`);
  return found;
}

function forbiddenStrings({ path, text }: SourceFile, forbidden: readonly string[]): string[] {
  return forbidden.filter((word) => text.includes(word)).map((word) => `${path}: contains ${JSON.stringify(word)}`);
}

/** `src/storage/copy.ts` is in layer `storage`; files outside src have none. */
function layerOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

/** Relative specifiers of static imports, re-exports and dynamic imports with a literal. */
function importedPaths(text: string): string[] {
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.[^'"]*)\1/g;
  return [...withoutComments(text).matchAll(pattern)].map((match) => match[2] ?? '');
}

/** Comments out, strings (single, double, simple templates) left as they are. */
function withoutComments(text: string): string {
  const token = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return text.replaceAll(token, (found) => (found.startsWith('/') ? '' : found));
}

function resolveFrom(path: string, specifier: string): string {
  const parts = path.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}
