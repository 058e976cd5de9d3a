// SQL for what identifies a customer: CPF, CNPJ (numeric and alphanumeric), e-mail, phone. A wrong document never costs the order.
// CPF: check digits modulo 11 (Receita Federal). CNPJ: the same weights, letters count as ASCII minus 48 (IN RFB 2.229/2024).
import { readAreaCodes } from '../../model/reference/places.ts';
import { caseWhen, type Dialect } from './dialect.ts';

const CPF_WEIGHTS = [11, 10, 9, 8, 7, 6, 5, 4, 3, 2];
const CNPJ_WEIGHTS = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];

/** Letters and digits only, upper case: the form in which documents are compared and stored. */
export function bareDocument(d: Dialect, sql: string): string {
  return caseWhen([[d.fullMatch(sql, '[0-9]{11}|[0-9]{14}'), sql]], d.upper(d.replaceAll(sql, '[ ./\\-\\x{a0}]', '')));
}

/** One check digit: the weighted sum times ten, modulo 11, ten counting as zero. */
function checkDigit(d: Dialect, document: string, weights: readonly number[]): string {
  const terms = d.mapList(
    d.list(weights.map(String)),
    (weight, position) => `${digitAt(document, position)} * ${weight}`,
  );
  return `((${d.sumList(terms, 'BIGINT')} * 10) % 11) % 10`;
}

function digitAt(document: string, position: string): string {
  return `(ascii(substr(${document}, ${position}, 1)) - 48)`;
}

/** True for 11 digits, not all the same, with both check digits right. Nearly every order has one: it is judged as a number, which costs a fifth of cutting the text. */
export function isCpf(d: Dialect, document: string): string {
  return caseWhen(
    [[`NOT ${d.fullMatch(document, '[0-9]{11}')}`, 'FALSE']],
    d.bind(d.tryCast(document, 'BIGINT'), (number) => {
      const digit = (position: number): string => `${d.wholeQuotient(number, String(10 ** (11 - position)))} % 10`;
      const check = (weights: readonly number[]): string =>
        `(((${weights.map((weight, index) => `${digit(index + 1)} * ${weight}`).join(' + ')}) * 10) % 11) % 10`;
      return `${number} % 11111111111 <> 0 AND ${digit(10)} = ${check(CPF_WEIGHTS.slice(1))} AND ${digit(11)} = ${check(CPF_WEIGHTS)}`;
    }),
  );
}

/** True for 12 letters or digits and 2 digits, not all the same, with both check digits right. */
export function isCnpj(d: Dialect, document: string): string {
  return caseWhen(
    [
      [`length(${document}) <> 14`, 'FALSE'],
      [`NOT ${d.fullMatch(document, '[A-Z0-9]{12}[0-9]{2}')}`, 'FALSE'],
      [`replace(${document}, substr(${document}, 1, 1), '') = ''`, 'FALSE'],
    ],
    `${digitAt(document, '13')} = ${checkDigit(d, document, CNPJ_WEIGHTS.slice(1))} AND ${digitAt(document, '14')} = ${checkDigit(d, document, CNPJ_WEIGHTS)}`,
  );
}

/** A CPF of 8 to 10 digits, or a CNPJ of 12 or 13, whose leading zeros a spreadsheet ate: the padded form. The caller checks its digits. */
export function paddedDocument(d: Dialect, document: string): string {
  return caseWhen([
    [d.fullMatch(document, '[0-9]{8,10}'), `lpad(${document}, 11, '0')`],
    [d.fullMatch(document, '[0-9]{12,13}'), `lpad(${document}, 14, '0')`],
  ]);
}

/** The address in lower case; NULL when it cannot be one. */
export function email(d: Dialect, sql: string): string {
  const pattern = `[a-z0-9._%+'-]+@[a-z0-9-]+${d.repeated('(\\.[a-z0-9-]+)', '+')}`;
  const isAddress = (written: string): string => d.fullMatch(written, pattern);
  return caseWhen(
    [
      [`${sql} IS NULL`, 'NULL'],
      [isAddress(sql), sql],
    ],
    d.bind(d.lower(d.trim(sql)), (lowered) => caseWhen([[isAddress(lowered), lowered]])),
  );
}

/** Area code and number, 10 or 11 digits, of a customer's Brazilian phone; NULL for anything else (0800, half numbers, 5,51E+12). */
export function phone(d: Dialect, sql: string): string {
  const areaCodes = [...readAreaCodes().values()].flat();
  const pattern = `(${[...new Set(areaCodes)].sort().join('|')})(9[0-9]{8}|[2-5][0-9]{7})`;
  const digitsOnly = d.replaceAll(sql, '[ ()+.\\-\\x{a0}]', '');
  const prefixed = (digits: string): string =>
    d.bind(
      caseWhen([
        [d.fullMatch(digits, '55[0-9]{10,11}'), `substr(${digits}, 3)`],
        [d.fullMatch(digits, '0[0-9]{10,11}'), `substr(${digits}, 2)`],
      ]),
      (national) => caseWhen([[d.fullMatch(national, pattern), national]]),
    );
  const slow = d.bind(digitsOnly, (digits) => caseWhen([[d.fullMatch(digits, pattern), digits]], prefixed(digits)));
  return caseWhen(
    [
      [`${sql} IS NULL`, 'NULL'],
      [d.fullMatch(sql, pattern), sql],
    ],
    slow,
  );
}
