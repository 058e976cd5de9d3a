// Makes CPF and CNPJ numbers with valid check digits for fictitious people and companies. Never validates input: that is
// the transform's work, and sharing the code would hide a mistake from the tests.
import type { Random } from './random.ts';

const ALPHANUMERIC = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Modulo-11 check digit of characters valued ASCII - 48, weights 2, 3, .. `maxWeight` and again, from the right. */
function checkDigit(body: string, maxWeight: number): string {
  let sum = 0;
  let weight = 2;
  for (let index = body.length - 1; index >= 0; index -= 1) {
    sum += (body.charCodeAt(index) - 48) * weight;
    weight = weight === maxWeight ? 2 : weight + 1;
  }
  const remainder = sum % 11;
  return remainder < 2 ? '0' : String(11 - remainder);
}

/** Eleven digits. Source: Receita Federal, two modulo-11 digits, weights 2 to 10 and 2 to 11. */
export function completeCpf(nineDigits: string): string {
  const first = checkDigit(nineDigits, 10);
  return nineDigits + first + checkDigit(nineDigits + first, 11);
}

/** Fourteen characters, the last two digits. Source: IN RFB 2.229/2024 (letters count ASCII - 48; digits-only numbers are unchanged). */
export function completeCnpj(twelveCharacters: string): string {
  const first = checkDigit(twelveCharacters, 9);
  return twelveCharacters + first + checkDigit(twelveCharacters + first, 9);
}

export function randomCpf(random: Random): string {
  let body = '';
  do body = String(random.below(1_000_000_000)).padStart(9, '0');
  while (/^(\d)\1{8}$/.test(body));
  return completeCpf(body);
}

export function randomCnpj(random: Random, isAlphanumeric: boolean): string {
  if (!isAlphanumeric) return completeCnpj(`${String(random.between(10_000_000, 59_999_999))}0001`);
  let root = ALPHANUMERIC.charAt(10 + random.below(26));
  for (let index = 1; index < 8; index += 1) root += ALPHANUMERIC.charAt(random.below(36));
  return completeCnpj(`${root}0001`);
}
