// Writes generated versions as CSV lines of the flat contract, or as one JSON document a line. Never decides anything.
import { FLAT_COLUMNS } from '../../model/contract.ts';
import type { GeneratedItem, GeneratedPayment, GeneratedVersion } from './order.ts';

export const CSV_HEADER = `${FLAT_COLUMNS.join(',')}\n`;

const NO_ITEM = ',,,,,,';
const NO_PAYMENT = ',,';

/** A cell, quoted only if it must be (RFC 4180). */
function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function itemCells(item: GeneratedItem, isSpoiled: boolean): string {
  const produto = item.produtoCsv ?? cell(item.produto);
  const preco = isSpoiled ? cell(item.preco_unitario) : item.preco_unitario;
  return `${item.n_item},${item.sku},${produto},${item.categoria},${item.quantidade},${preco},${item.desconto_item}`;
}

/** The lines of a version, each ending in LF. `isSpoiled` makes every cell be checked for quoting; good orders need it only for product names. */
export function csvLines(loja: string, version: GeneratedVersion, isSpoiled: boolean): string {
  const head = [
    loja,
    version.id_pedido,
    version.data_pedido,
    version.atualizado_em,
    version.canal,
    version.status,
    version.situacao_entrega,
    version.id_cliente,
    version.documento,
    version.nome,
    version.email,
    version.telefone,
    version.cep,
    version.cidade,
    version.uf,
  ];
  const prefix = isSpoiled ? head.map(cell).join(',') : head.join(',');
  const money = [version.frete, version.desconto, version.valor_total, version.moeda];
  const middle = isSpoiled ? money.map(cell).join(',') : money.join(',');
  const { items, payments } = version;
  const count = Math.max(1, items.length, payments.length);
  let text = '';
  for (let index = 0; index < count; index += 1) {
    const item = items[index];
    const payment = payments[index];
    const paid =
      payment === undefined
        ? NO_PAYMENT
        : `${payment.forma},${payment.parcelas},${isSpoiled ? cell(payment.valor) : payment.valor}`;
    text += `${prefix},${item === undefined ? NO_ITEM : itemCells(item, isSpoiled)},${middle},${paid}\n`;
  }
  if (version.cellError > 0) return `${text.slice(0, -1)}${',sobra'.repeat(version.cellError)}\n`;
  if (version.cellError < 0) return `${text.slice(0, -1).split(',').slice(0, version.cellError).join(',')}\n`;
  return text;
}

/** A number where the text is one, null where there is none, otherwise a string. */
function number(text: string): string {
  if (/^-?(0|[1-9]\d*)(\.\d+)?$/.test(text)) return text;
  return text === '' ? 'null' : JSON.stringify(text);
}

function string(text: string): string {
  return text === '' ? 'null' : JSON.stringify(text);
}

function itemDocument(item: GeneratedItem): string {
  const produto = item.produtoJson ?? string(item.produto);
  return `{"n_item":${number(item.n_item)},"sku":${string(item.sku)},"produto":${produto},"categoria":${string(item.categoria)},"quantidade":${number(item.quantidade)},"preco_unitario":${number(item.preco_unitario)},"desconto":${number(item.desconto_item)}}`;
}

function paymentDocument(payment: GeneratedPayment): string {
  return `{"forma":${string(payment.forma)},"parcelas":${number(payment.parcelas)},"valor":${number(payment.valor)}}`;
}

/** The version as one JSON document and LF. A line with the wrong number of cells becomes a document that is cut short. */
export function jsonLine(loja: string, version: GeneratedVersion): string {
  const cliente = `{"id_cliente":${string(version.id_cliente)},"documento":${string(version.documento)},"nome":${string(version.nome)},"email":${string(version.email)},"telefone":${string(version.telefone)}}`;
  const entrega = `{"cep":${string(version.cep)},"cidade":${string(version.cidade)},"uf":${string(version.uf)}}`;
  const text =
    `{"loja":${string(loja)},"id_pedido":${string(version.id_pedido)},"data_pedido":${string(version.data_pedido)},"atualizado_em":${string(version.atualizado_em)}` +
    `,"canal":${string(version.canal)},"status":${string(version.status)},"situacao_entrega":${string(version.situacao_entrega)},"cliente":${cliente},"entrega":${entrega}` +
    `,"itens":[${version.items.map(itemDocument).join(',')}],"pagamentos":[${version.payments.map(paymentDocument).join(',')}]` +
    `,"frete":${number(version.frete)},"desconto":${number(version.desconto)},"valor_total":${number(version.valor_total)},"moeda":${string(version.moeda)}}`;
  return version.cellError === 0 ? `${text}\n` : `${text.slice(0, -20)}\n`;
}
