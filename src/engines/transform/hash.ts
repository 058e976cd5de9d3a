// The identity of an order version: SHA-256 over a canonical text of the document as it was read, the same for every engine and every shape
// it travelled in. It never includes what we derive, nor where or when the document was read.
import { ORDER_COLUMNS } from '../../model/contract.ts';
import type { Dialect } from './dialect.ts';

// Unit, record and group separators: control characters that no cleaned field contains.
const FIELD = '\u001f';
const RECORD = '\u001e';
const GROUP = '\u001d';

const ITEM_FIELDS = ['n_item', 'sku', 'produto', 'categoria', 'quantidade', 'preco_unitario', 'desconto'];
const PAYMENT_FIELDS = ['forma', 'parcelas', 'valor'];

/** The canonical text of a row of `documentos`; its SHA-256 is the version's hash. */
export function canonicalText(d: Dialect): string {
  const items = d.mapList('itens', (i) =>
    d.concatFields(
      FIELD,
      ITEM_FIELDS.map((name) => `${i}.${name}`),
    ),
  );
  const payments = d.mapList('pagamentos', (p) =>
    d.concatFields(
      FIELD,
      PAYMENT_FIELDS.map((name) => `${p}.${name}`),
    ),
  );
  return d.concatFields(GROUP, [
    d.concatFields(FIELD, ORDER_COLUMNS),
    d.joinList(items, RECORD),
    d.joinList(payments, RECORD),
  ]);
}

/**
 * True unless no text of the document can need cleaning or repair: one look at all of them together spares a look at each.
 * Looks for control characters, no-break and double spaces, lost characters, and the first characters of doubly encoded letters.
 */
export function mayNeedCleaning(d: Dialect): string {
  const items = d.mapList('itens', (i) => d.concatFields('|', [`${i}.sku`, `${i}.produto`, `${i}.categoria`]));
  const texts = d.concatFields('|', ['nome', 'cidade', d.joinList(items, '|')]);
  return d.hasMatch(texts, '[\\x00-\\x1f\\x7f-\\x{bf}\\x{c2}\\x{c3}\\x{fffd}]|  ');
}
