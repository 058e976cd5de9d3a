// A text as a literal in Spark SQL.

/** In Spark's spelling, where the backslash escapes. */
export function text(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
