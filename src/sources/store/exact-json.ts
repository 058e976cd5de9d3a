// JSON as stores write it, without losing digits: an integer beyond 2^53 (order ids of some marketplaces) becomes text.
// It never repairs broken JSON: it throws SyntaxError as JSON.parse does.

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** Parses `text`; numbers that a double cannot hold come back as the text they were written in. */
export function parseExactJson(text: string): unknown {
  // The source of a value (ECMAScript proposal, in V8 since 11.4) is only worth asking for where a long number stands.
  if (!/[0-9]{16}/.test(text)) return JSON.parse(text);
  const keepDigits: Reviver = (_key, value, context) =>
    typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) && context.source !== undefined
      ? context.source
      : value;
  return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown);
}
