// The identity of an order version: SHA-256 over a canonical text of the document as it was read, the same for every engine and every shape
// it travelled in. It never includes what we derive, nor where or when the document was read.
import { ORDER_COLUMNS } from '../../model/contract.ts';
import type { Dialect } from './dialect.ts';

// Unit, record and group separators: control characters that no cleaned field contains.
const FIELD = '\u001f';
const RECORD = '\u001e';
const GROUP = '\u001d';

/** Hexadecimal SHA-256 of a row of `documentos`. */
export function documentHash(d: Dialect): string {
  const items = d.mapList('itens', (i) =>
    d.concatFields(
      FIELD,
      ['n_item', 'sku', 'produto', 'categoria', 'quantidade', 'preco_unitario', 'desconto'].map(
        (name) => `${i}.${name}`,
      ),
    ),
  );
  const payments = d.mapList('pagamentos', (p) =>
    d.concatFields(
      FIELD,
      ['forma', 'parcelas', 'valor'].map((name) => `${p}.${name}`),
    ),
  );
  return d.sha256Hex(
    d.concatFields(GROUP, [
      d.concatFields(FIELD, ORDER_COLUMNS),
      d.joinList(items, RECORD),
      d.joinList(payments, RECORD),
    ]),
  );
}
