// When the keys of a record, its order number and its store, cannot be relied on: the conditions of their rules. Such a record is known by its text
// (docs/decisions/0027): what we take for its number may stand for many orders.
import { STORE_NAME } from '../../model/contract.ts';
import { isTrue, type Dialect } from './dialect.ts';
import type { Conditions } from './items.ts';
import { erroMask } from './masks.ts';

/** Rules about the record as such, found by the source: the fields of such a record cannot be trusted, so no other rule is asked. */
export const RECORD_PROBLEMS = ['LINHA_CAMPOS', 'JSON_INVALIDO', 'CABECALHO_DIVERGENTE', 'CONTINUACAO_ORFA'] as const;

/** Spreadsheets write long numbers so, and lose their last digits. */
const SCIENTIFIC = '[0-9]+[.,][0-9]+[eE][+]?[0-9]+|[0-9]+[eE][+][0-9]+';

/**
 * Two numbers that look alike would be two orders: control characters, those that nobody sees, blanks other than the space, those that turn the
 * direction of writing or change the character before them, damaged ones.
 */
const UNSEEN = [
  '\\x00-\\x1f\\x7f-\\x{a0}\\x{ad}\\x{34f}\\x{61c}\\x{115f}\\x{1160}\\x{17b4}\\x{17b5}\\x{180b}-\\x{180f}',
  '\\x{2000}-\\x{200f}\\x{2028}-\\x{202f}\\x{205f}-\\x{206f}\\x{2800}\\x{3000}\\x{3164}',
  '\\x{fe00}-\\x{fe0f}\\x{feff}\\x{ffa0}\\x{fff0}-\\x{fffd}\\x{e0000}-\\x{e0fff}',
].join('');
/** A number without a letter (or what is beyond ASCII) and without a digit from 1 to 9 ("0", "00", "-", "?") is none. */
const UNFIT = `[${UNSEEN}]|^[^a-zA-Z1-9\\x{aa}-\\x{10ffff}]*$`;
/** What programs write where there is no number: as a number it would make one order of many. "#1001" is a number. */
const NOTHING = 'null|[(]null[)]|none|nil|nan|undefined|true|false|-1|n/a|#n/[ad]|#[^0-9]*0?[!?]';

/** Rules of severity erro about the order number, in column `id`. */
export function orderNumberErros(d: Dialect, id = 'id_pedido'): Conditions {
  return {
    ID_PEDIDO_AUSENTE: `${id} IS NULL`,
    ID_PEDIDO_CIENTIFICO: d.fullMatch(id, SCIENTIFIC),
    ID_PEDIDO_INVALIDO: `length(${id}) > 100 OR ${d.hasMatch(id, UNFIT)} OR ${d.fullMatch(`lower(${id})`, NOTHING)}`,
  };
}

/** The rule about the store, whose name in lower case stands in column `store`. */
export function storeErros(d: Dialect, store: string): Conditions {
  return { LOJA_INVALIDA: `${store} IS NULL OR NOT ${isTrue(d.fullMatch(store, STORE_NAME.source.slice(1, -1)))}` };
}

/** True where no number tells the order of a row of `documentos` from others. */
export function lacksNumber(d: Dialect): string {
  return anyOf(orderNumberErros(d));
}

/** True where a row of `documentos` will be known by its text. */
export function willBeKnownByText(d: Dialect): string {
  return `(problemas IS NOT NULL OR ${anyOf({ ...orderNumberErros(d), ...storeErros(d, 'loja') })})`;
}

/** The same of a row of the transform's output, from its column of errors. */
export function isKnownByText(d: Dialect, erros: string): string {
  const ids = [...RECORD_PROBLEMS, ...Object.keys({ ...orderNumberErros(d), ...storeErros(d, 'loja') })];
  const mask = erroMask(Object.fromEntries(ids.map((id) => [id, 'TRUE'])));
  return `(${d.bitAnd(erros, mask)} <> 0)`;
}

function anyOf(conditions: Conditions): string {
  return `(${Object.values(conditions)
    .map((condition) => isTrue(condition))
    .join(' OR ')})`;
}
