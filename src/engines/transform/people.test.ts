import assert from 'node:assert/strict';
import test from 'node:test';
import { formatCnpj, getAreaCodesByState, getStates, isValidCnpj, isValidCpf } from '@brazilian-utils/brazilian-utils';
import { cnpj, cpf } from 'cpf-cnpj-validator';
import fc from 'fast-check';
import { evaluate, evaluateTable, type Text } from '../../../test/support/evaluate.ts';
import { duckdbDialect as d } from '../duckdb/dialect.ts';
import { bareDocument, email, isCnpj, isCpf, paddedDocument, phone } from './people.ts';

const RUNS = 6000;
const sample = <T>(arbitrary: fc.Arbitrary<T>, seed: number): T[] => fc.sample(arbitrary, { numRuns: RUNS, seed });
const words = (answers: readonly boolean[]): string[] => answers.map(String);

/** Where our answer is not the others': empty when all agree. */
function disagreements(documents: readonly string[], ours: readonly Text[], theirs: readonly string[]): string[] {
  return documents
    .flatMap((document, index) =>
      ours[index] === theirs[index] ? [] : [`${document}: ${ours[index]}, not ${theirs[index]}`],
    )
    .slice(0, 5);
}

const digits = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789')), minLength: length, maxLength: length });
const alphanumeric = (length: number): fc.Arbitrary<string> =>
  fc.string({
    unit: fc.constantFrom(...Array.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ')),
    minLength: length,
    maxLength: length,
  });
/** A number with its own check digits, and sometimes with one character changed. */
const perhapsWrong = (base: fc.Arbitrary<string>, complete: (base: string) => string): fc.Arbitrary<string> =>
  fc
    .tuple(base.map(complete), fc.boolean(), fc.nat(), fc.constantFrom(...Array.from('0123456789')))
    .map(([good, isKept, place, other]) => {
      const at = place % good.length;
      return isKept ? good : good.slice(0, at) + other + good.slice(at + 1);
    });

test('a CPF is right exactly when two libraries say so', async () => {
  const completed = perhapsWrong(digits(9), (base) => {
    const tenth = base + cpf.verifierDigit(base);
    return tenth + cpf.verifierDigit(tenth);
  });
  const documents = [
    ...sample(completed, 1),
    ...sample(digits(11), 2),
    ...'0123456789'.split('').map((digit) => digit.repeat(11)),
  ];
  const ours = await evaluate(isCpf(d, 'a'), documents);
  assert.deepEqual(disagreements(documents, ours, words(documents.map((text) => cpf.isValid(text)))), []);
  assert.deepEqual(disagreements(documents, ours, words(documents.map((text) => isValidCpf(text)))), []);
  assert.ok(ours.filter((answer) => answer === 'true').length > RUNS / 3, 'both kinds are there');
  assert.ok(ours.filter((answer) => answer === 'false').length > RUNS / 3, 'both kinds are there');
});

test('a numeric CNPJ is right exactly when two libraries say so', async () => {
  const completed = perhapsWrong(digits(12), (base) => {
    const thirteenth = base + cnpj.verifierDigit(base);
    return thirteenth + cnpj.verifierDigit(thirteenth);
  });
  const documents = [
    ...sample(completed, 3),
    ...sample(digits(14), 4),
    ...'0123456789'.split('').map((digit) => digit.repeat(14)),
  ];
  const ours = await evaluate(isCnpj(d, 'a'), documents);
  assert.deepEqual(disagreements(documents, ours, words(documents.map((text) => cnpj.isValid(text)))), []);
  assert.deepEqual(
    disagreements(documents, ours, words(documents.map((text) => isValidCnpj(text, { version: 2 })))),
    [],
  );
  assert.ok(ours.filter((answer) => answer === 'true').length > RUNS / 3);
});

test('an alphanumeric CNPJ is right exactly when two libraries say so', async () => {
  const completed = perhapsWrong(alphanumeric(12), (base) => {
    const thirteenth = base + cnpj.verifierDigit(base);
    return thirteenth + cnpj.verifierDigit(thirteenth);
  });
  const documents = [...sample(completed, 5), ...sample(alphanumeric(14), 6)];
  const ours = await evaluate(isCnpj(d, 'a'), documents);
  assert.deepEqual(disagreements(documents, ours, words(documents.map((text) => cnpj.isValid(text)))), []);
  assert.deepEqual(
    disagreements(documents, ours, words(documents.map((text) => isValidCnpj(text, { version: 2 })))),
    [],
  );
  assert.ok(ours.filter((answer) => answer === 'true').length > RUNS / 3);
});

test('published documents are right, in every way they are written', async () => {
  // 12.ABC.345/01DE-35: Receita Federal's own example of an alphanumeric CNPJ. 00.000.000/0001-91: Banco do Brasil.
  const documents = [
    '12.ABC.345/01DE-35',
    '12ABC34501DE35',
    '12.abc.345/01de-35',
    '00.000.000/0001-91',
    '00000000000191',
    ' 33.000.167/0001-01 ',
  ];
  assert.deepEqual(await evaluate(bareDocument(d, 'a'), documents), [
    '12ABC34501DE35',
    '12ABC34501DE35',
    '12ABC34501DE35',
    '00000000000191',
    '00000000000191',
    '33000167000101',
  ]);
  assert.deepEqual(
    await evaluate(isCnpj(d, bareDocument(d, 'a')), documents),
    documents.map(() => 'true'),
  );
  const people = ['529.982.247-25', '52998224725', '529 982 247 25', '529.982.247\u00a0-25', '111.444.777-35'];
  assert.deepEqual(
    await evaluate(isCpf(d, bareDocument(d, 'a')), people),
    people.map(() => 'true'),
  );
});

test('what only looks like a document is none', async () => {
  const documents = [
    '***.982.247-**',
    '529982247',
    '5299822472',
    '529982247250',
    '52998224725x',
    '12ABC34501DEA5',
    '7,68E+10',
    '',
    'ISENTO',
    '５２９９８２２４７２５',
  ];
  assert.deepEqual(
    await evaluate(`${isCpf(d, bareDocument(d, 'a'))} OR ${isCnpj(d, bareDocument(d, 'a'))}`, documents),
    documents.map(() => 'false'),
  );
});

test('any valid document, formatted or not, keeps its identity', async () => {
  const documents = sample(fc.constant(null), 8)
    .slice(0, 500)
    .map((_, index) => (index % 2 === 0 ? cnpj.generate() : cpf.generate()));
  const formatted = documents.map((text) =>
    (text.length === 14 ? formatCnpj(text, { version: 2 }) : cpf.format(text)).toLowerCase(),
  );
  assert.deepEqual(await evaluate(bareDocument(d, 'a'), formatted), documents);
});

test('lost leading zeros are put back in documents of 8 to 10 and of 12 to 13 digits only', async () => {
  assert.deepEqual(
    await evaluateTable(paddedDocument(d, 'a'), [
      '12345678',
      '123456789',
      '1234567890',
      '12345678901',
      '123456789012',
      '1234567890123',
      '1234567',
      'ABC345678',
    ]),
    {
      '12345678': '00012345678',
      '123456789': '00123456789',
      '1234567890': '01234567890',
      '12345678901': null,
      '123456789012': '00123456789012',
      '1234567890123': '01234567890123',
      '1234567': null,
      ABC345678: null,
    },
  );
});

test('e-mails are lower case, and what reaches nobody is none', async () => {
  const addresses: Record<string, string | null> = {
    'ana@example.com': 'ana@example.com',
    'Ana.Lima@Example.COM': 'ana.lima@example.com',
    ' ana@example.com ': 'ana@example.com',
    'ana+loja@example.com.br': 'ana+loja@example.com.br',
    "d'avila@example.com": "d'avila@example.com",
    'ana@sub-domain.example.com': 'ana@sub-domain.example.com',
    'não é e-mail': null,
    'sem-arroba.example.com': null,
    'ana@': null,
    '@example.com': null,
    'ana@example': null,
    'a na@example.com': null,
    'ana@@example.com': null,
    'ana@exam ple.com': null,
    'ana@example.com;bia@example.com': null,
    '': null,
  };
  assert.deepEqual(await evaluateTable(email(d, 'a'), Object.keys(addresses)), addresses);
});

test('phones of customers keep area code and number, and service numbers are none', async () => {
  const phones: Record<string, string | null> = {
    '11987654321': '11987654321',
    '+55 (11) 98765-4321': '11987654321',
    '+5511987654321': '11987654321',
    '5511987654321': '11987654321',
    '011987654321': '11987654321',
    '(11) 3333-4444': '1133334444',
    '1133334444': '1133334444',
    '(55) 98765-4321': '55987654321',
    '5555987654321': '55987654321',
    '+55 55 3333 4444': '5533334444',
    '0800 123 4567': null,
    '4004 1234': null,
    '987654321': null,
    '5,51E+12': null,
    '123': null,
    '11887654321': null,
    '1193333444': null,
    '20987654321': null,
    '+1 415 555 2671': null,
    '00000000000': null,
    '': null,
  };
  assert.deepEqual(await evaluateTable(phone(d, 'a'), Object.keys(phones)), phones);
  // Anatel: mobiles begin with 9, landlines with 2 to 5, in each of the 67 areas.
  const areas = [...new Set(getStates().flatMap(({ code }) => getAreaCodesByState(code)))];
  assert.equal(areas.length, 67);
  const numbers = areas.flatMap((area) => [`${area}912345678`, `${area}21234567`, `${area}51234567`]);
  assert.deepEqual(await evaluate(phone(d, 'a'), numbers), numbers);
  const others = areas.flatMap((area) => [`${area}812345678`, `${area}61234567`, `${area}12345678`]);
  assert.deepEqual(
    await evaluate(phone(d, 'a'), others),
    others.map(() => null),
  );
});
