// Java's properties files: how a value is written so that Java reads it back. Pure.

/** A value after `key=`. A backslash escapes, and what is not ASCII is written as \\uXXXX: such files are read as Latin-1. */
export function propertyText(value: string): string {
  return value
    .replaceAll('\\', '\\\\')
    .replaceAll(/[^\u0020-\u007e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
