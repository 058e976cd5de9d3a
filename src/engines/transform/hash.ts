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
 * True unless no text of the document can need cleaning or repair: one look at the canonical text (`text`) spares a look at every field.
 * Looks for control characters, no-break and double spaces, lost characters, and the first characters of doubly encoded letters.
 */
export function mayNeedCleaning(d: Dialect, text: string): string {
  const separators = `length(${text}) - length(replace(replace(replace(${text}, ${d.text(FIELD)}, ''), ${d.text(RECORD)}, ''), ${d.text(GROUP)}, ''))`;
  const items = d.listLength('itens');
  const payments = d.listLength('pagamentos');
  const between = (list: string): string => `GREATEST(${list} - 1, 0)`;
  const expected = `${ORDER_COLUMNS.length - 1} + ${items} * ${ITEM_FIELDS.length - 1} + ${payments} * ${PAYMENT_FIELDS.length - 1} + ${between(items)} + ${between(payments)} + 2`;
  return `(${d.hasMatch(text, '[\\x00-\\x1c\\x7f-\\x{bf}\\x{c2}\\x{c3}\\x{fffd}]|  ')} OR ${separators} <> ${expected})`;
}
