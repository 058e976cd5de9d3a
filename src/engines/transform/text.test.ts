import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { evaluate, evaluateTable } from '../../../test/support/evaluate.ts';
import { duckdbDialect as d } from '../duckdb/dialect.ts';
import {
  cleanText,
  comparisonKey,
  comparisonKeyOf,
  hasLostCharacters,
  repairDoubleEncoding,
  startsLikeFormula,
} from './text.ts';

const repair = repairDoubleEncoding(d, 'a');
const PORTUGUESE = 'áàâãéêíóôõúüçÁÀÂÃÉÊÍÓÔÕÚÜÇºª°';
const portuguese = (accents: number): fc.Arbitrary<string> =>
  fc.string({
    unit: fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom(
          ...Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789-./,()'),
        ),
      },
      { weight: accents, arbitrary: fc.constantFrom(...Array.from(PORTUGUESE)) },
    ),
    minLength: 1,
    maxLength: 40,
  });
const samples = <T>(arbitrary: fc.Arbitrary<T>): T[] => fc.sample(arbitrary, { numRuns: 4000, seed: 11 });

/** What a program shows that takes UTF-8 for windows-1252, or for ISO 8859-1. */
const windows1252 = new TextDecoder('windows-1252');
const misread = (text: string): string => windows1252.decode(Buffer.from(text, 'utf8'));
const misreadAsLatin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

test('any Portuguese text that was encoded twice is restored, whichever of the two code pages was at fault', async () => {
  const texts = samples(portuguese(2));
  assert.deepEqual(await evaluate(repair, texts.map(misread)), texts);
  assert.deepEqual(await evaluate(repair, texts.map(misreadAsLatin1)), texts);
});

/** A capital Ã or Â before one of the few signs that could be its second half is the only right text that may look encoded twice. */
const isUnambiguous = (text: string): boolean => !/[ÃÂ][ºª°]/.test(text);

test('any Portuguese text that is right is left alone', async () => {
  const texts = samples(portuguese(2)).filter(isUnambiguous);
  assert.deepEqual(await evaluate(repair, texts), texts);
});

test('restoring a text twice is restoring it once', async () => {
  const texts = samples(portuguese(1)).filter(isUnambiguous).map(misread);
  const once = await evaluate(repair, texts);
  assert.deepEqual(await evaluate(repair, once), once);
});

test('only an exact round trip is undone', async () => {
  const texts: Record<string, string> = {
    'SÃ£o Paulo': 'São Paulo',
    'SÃƒO PAULO': 'SÃO PAULO',
    'AÃ§Ã£o nÂº 1': 'Ação nº 1',
    'Ã\u00a0 vista': 'à vista',
    ÃGUA: 'ÃGUA',
    MAÇÃ: 'MAÇÃ',
    'ROMÃ DOCE': 'ROMÃ DOCE',
    PROMOÇÃO: 'PROMOÇÃO',
    Âmbar: 'Âmbar',
    'LÃ 100%': 'LÃ 100%',
    'SÃ£o João': 'SÃ£o João',
    'cafÃ© ☕': 'cafÃ© ☕',
    's?\u009co paulo': 's?\u009co paulo',
    '': '',
    abc: 'abc',
  };
  assert.deepEqual(await evaluateTable(repair, Object.keys(texts)), texts);
  assert.deepEqual(await evaluate(repair, [null]), [null]);
});

test('control characters and runs of blanks become one space, and emoji stay', async () => {
  const texts: Record<string, string | null> = {
    'Caneca\tazul': 'Caneca azul',
    'a\u0001\u0002b': 'a b',
    ' a  b ': 'a b',
    'linha\r\nquebrada': 'linha quebrada',
    'a\u00a0b': 'a b',
    'Boné 🧢 👨‍👩‍👧': 'Boné 🧢 👨‍👩‍👧',
    '\u0001': null,
    '\u007f \u00a0': null,
    normal: 'normal',
  };
  assert.deepEqual(await evaluateTable(cleanText(d, 'a'), Object.keys(texts)), texts);
});

test('words are compared without case, accents and punctuation, the same in SQL and in TypeScript', async () => {
  const words: Record<string, string> = {
    'Não enviado': 'nao enviado',
    'PAGO ': 'pago',
    '  Cartão-de_Crédito!': 'cartao de credito',
    'Loja Física (SP)': 'loja fisica sp',
    Não: 'nao',
    'ÀÉÎÕÜÇ Ñ': 'aeiouc n',
    '': '',
    '☕': '',
  };
  assert.deepEqual(await evaluateTable(comparisonKey(d, 'a'), Object.keys(words)), words);
  for (const [word, key] of Object.entries(words)) assert.equal(comparisonKeyOf(word), key);
  const texts = samples(fc.oneof(portuguese(3), fc.string({ unit: 'grapheme' }))).filter(
    (text) => !text.includes('\0') && text === text.toWellFormed(),
  );
  // lower('İ') is two characters in one and one in the other: the only letters that differ are outside Portuguese.
  const plain = texts.filter(
    (text) =>
      /^[\p{Script=Latin}\p{Script=Common}\p{M}]*$/u.test(text) &&
      text.toLowerCase().length === text.length &&
      Array.from(text).every((letter) => (letter.codePointAt(0) ?? 0) < 0x180 || /\p{M}/u.test(letter)) &&
      !/[İı]/.test(text),
  );
  assert.deepEqual(await evaluate(comparisonKey(d, 'a'), plain), plain.map(comparisonKeyOf));
});

test('formulas and lost letters are seen', async () => {
  assert.deepEqual(
    await evaluateTable(startsLikeFormula('a'), [
      '=HYPERLINK("x")',
      '+cmd|calc',
      '-1+1',
      '@SUM(A1)',
      'Caneca =1',
      '',
      '1-2',
    ]),
    {
      '=HYPERLINK("x")': 'true',
      '+cmd|calc': 'true',
      '-1+1': 'true',
      '@SUM(A1)': 'true',
      'Caneca =1': 'false',
      '': 'false',
      '1-2': 'false',
    },
  );
  assert.deepEqual(
    await evaluateTable(hasLostCharacters(d, 'a'), [
      'S\ufffdo Paulo',
      's?\u009co paulo',
      'São Paulo',
      's?o paulo',
      'a\u00a0b',
      'º',
    ]),
    {
      'S\ufffdo Paulo': 'true',
      's?\u009co paulo': 'true',
      'São Paulo': 'false',
      's?o paulo': 'false',
      'a\u00a0b': 'false',
      º: 'false',
    },
  );
});
