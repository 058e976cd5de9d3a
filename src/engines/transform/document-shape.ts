// The shape of an order document in JSON, for the engines that take it apart: which field stands where, and how its cells are read.
// Pure data; the names are those of the contract.
import { ORDER_COLUMNS } from '../../model/contract.ts';
import { READING } from '../../model/message.ts';

/** Fields that the nested document keeps inside an object. */
export const INSIDE: Readonly<Record<string, string>> = {
  id_cliente: 'cliente',
  documento: 'cliente',
  nome: 'cliente',
  email: 'cliente',
  telefone: 'cliente',
  cep: 'entrega',
  cidade: 'entrega',
  uf: 'entrega',
};

/** Characters of a document at most: longer ones are no order, and taking them apart would cost many times their size in memory. */
export const LONGEST_DOCUMENT = 1_000_000;

/** Lines of a file, and of an order in it, at most: what a message says of more is not believed. */
export const MOST_LINES = 1_000_000_000;

export const ITEM_FIELDS = ['n_item', 'sku', 'produto', 'categoria', 'quantidade', 'preco_unitario', 'desconto'];
export const PAYMENT_FIELDS = ['forma', 'parcelas', 'valor'];

/** The lists of a document and the fields of their elements. */
export const LISTS: Readonly<Record<string, readonly string[]>> = { itens: ITEM_FIELDS, pagamentos: PAYMENT_FIELDS };

/** Fields that stand at the top of the document. */
export const TOP_FIELDS = ORDER_COLUMNS.filter((name) => !(name in INSIDE));

/** Fields of one of the objects. */
export function fieldsInside(object: string): string[] {
  return ORDER_COLUMNS.filter((name) => INSIDE[name] === object);
}

/** What the member READING (src/model/message.ts) says of a document that came out of a flat file. */
export const READING_FIELDS = [
  'fonte',
  'formato',
  'perfil',
  'decimal',
  'data',
  'endereco',
  'linha',
  'linhas',
  'problemas',
  'original',
  'cabecalho',
];

/** The objects inside an order. */
export const OBJECTS = ['cliente', 'entrega'];

/** JSON paths, without `$.`, of everything that is a text, outside the lists. */
export const TEXT_PATHS = [
  ...ORDER_COLUMNS.map((name) => (name in INSIDE ? `${INSIDE[name]}.${name}` : name)),
  ...READING_FIELDS.map((name) => `${READING}.${name}`),
];

/** Keys: a NUL in one must not make it equal to another. */
export const KEYS: readonly string[] = ['loja', 'id_pedido'];

/** Fields that hold money: written as a JSON number, which has no trailing zeros to keep, they are given two decimals. */
export const MONEY: readonly string[] = [
  'frete',
  'desconto',
  'valor_total',
  'valor_reembolsado',
  'valor_cobrado',
  'comissao',
  'preco_unitario',
  'valor',
];

/** RE2 and Java: a field of the contract that holds an object or a list where a text belongs. May also match inside a text: the caller looks closer. */
export const SCALAR_HOLDS_SHAPE = `"(${[...ORDER_COLUMNS, ...ITEM_FIELDS, ...PAYMENT_FIELDS, ...READING_FIELDS].join('|')})"\\s*:\\s*[\\[{]`;

/**
 * RE2 and Java: the order number as a JSON number with a fraction or an exponent. Readers of JSON would write it anew: 2.00001E+15 with digits that it
 * never had, 10.00 as 10.0. Where it matches, QUOTED_NUMBERS makes texts of such numbers, as they stand there, and the rules judge them as such.
 */
export const UNSAFE_NUMBER = '"id_pedido"\\s*:\\s*-?[0-9]+[.eE]';
/** (pattern, replacement with its groups as $1 and $2), one after the other. An exponent always has its sign. */
export const QUOTED_NUMBERS = [
  ['("id_pedido"\\s*:\\s*-?[0-9]+(?:[.][0-9]+)?[eE])([0-9])', '$1+$2'],
  ['("id_pedido"\\s*:\\s*)(-?[0-9]+(?:[.][0-9]+(?:[eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+))', '$1"$2"'],
] as const;
