// Names of columns as they are compared: exports spell one name in many ways. It never decides which column is which.

/** A header name without case, accents and punctuation; characters lost to U+FFFD stay as that mark. */
export function plainName(name: string): string {
  return name
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[ºª°]/g, 'o')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\uFFFD]+/gu, ' ')
    .trim();
}
