// The one function that quotes identifiers for PostgreSQL. Values are never quoted: they are bound.

/** A name as a quoted identifier; dots separate schema and name. */
export function quoteName(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}
