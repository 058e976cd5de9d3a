// Texts of others (names, values, messages) made safe for a terminal. It never changes what is stored or exported, only what is shown.

// line breaks and tabs would break the row; other control characters could drive the terminal; bidi controls reorder the row
const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
const CONTROLS = /[\p{Cc}\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/** As it may be written to a terminal: line breaks and tabs stay, other control characters become `�`. For texts that quote names and values of others. */
export function harmless(text: string): string {
  return text.replaceAll(CONTROLS, (character) => ('\n\t'.includes(character) ? character : '\uFFFD'));
}

/** One line without control characters: breaks become a space, the rest `�`. */
export function onOneLine(text: string): string {
  return text.replaceAll(BREAKS, ' ').replaceAll(CONTROLS, '\uFFFD');
}
