// Orders drawn at random: texts that engines tend to disagree on mixed with any Unicode, at random places of a document of random shape.
import fc from 'fast-check';
import { LISTS, fieldsInside, TOP_FIELDS } from '../../src/engines/transform/document-shape.ts';
import { CODES, NUMBERS, ODD_TEXTS, TIMES } from './hostile-documents.ts';

const anyText = fc.oneof(
  fc.constantFrom(...CODES),
  fc.constantFrom(...NUMBERS),
  fc.constantFrom(...TIMES),
  fc.constantFrom(...ODD_TEXTS),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  // Without the private characters that Spark's case mapping uses as stand-ins (src/engines/spark/letters.ts).
  fc.string({ unit: 'binary', maxLength: 10 }).map((drawn) => drawn.replaceAll(/[\u{f0000}-\u{f00ff}]/gu, '')),
);
const amount = fc.integer({ min: -50, max: 5_000_000 }).map((cents) => (cents / 100).toFixed(2));
const usual: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  loja: fc.constantFrom('loja', 'outra'),
  data_pedido: fc.constantFrom(...TIMES),
  atualizado_em: fc.constantFrom(...TIMES),
  status: fc.constantFrom('Pago', 'Cancelado', 'Reembolsado', 'pendente'),
  canal: fc.constantFrom('Site', 'app', 'shopee'),
  uf: fc.constantFrom('SP', 'RJ', 'mg'),
  cidade: fc.constantFrom('São Paulo', 'campinas', 'Belo Horizonte'),
  quantidade: fc.integer({ min: -1, max: 9 }),
  n_item: fc.integer({ min: 1, max: 3 }),
  parcelas: fc.integer({ min: 0, max: 26 }),
  forma: fc.constantFrom('Pix', 'Boleto', 'cartao de credito'),
};

/** Mostly what belongs there, sometimes anything, sometimes a JSON number, sometimes nothing. */
function field(name: string): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 5, arbitrary: usual[name] ?? amount },
    { weight: 3, arbitrary: anyText },
    { weight: 1, arbitrary: fc.double({ min: 1e-4, max: 1e15, noNaN: true }) },
    { weight: 1, arbitrary: fc.integer() },
    { weight: 1, arbitrary: fc.constant(null) },
  );
}

function object(names: readonly string[]): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(Object.fromEntries(names.map((name) => [name, field(name)])), { requiredKeys: [] });
}

const order = fc
  .tuple(
    object(TOP_FIELDS),
    fc.record(
      {
        cliente: object(fieldsInside('cliente')),
        entrega: object(fieldsInside('entrega')),
        itens: fc.array(object(LISTS['itens'] ?? []), { maxLength: 4 }),
        pagamentos: fc.array(object(LISTS['pagamentos'] ?? []), { maxLength: 3 }),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([top, nested]) => JSON.stringify({ ...top, ...nested }));

/** `count` documents, the same for the same seed. Lone surrogates are left to the hostile documents: JSON.stringify escapes them. */
export function drawnDocuments(count: number, seed: number): string[] {
  return fc.sample(order, { numRuns: count, seed });
}
