// SQL for an order's items and payments: each list element is read, completed and judged inside the list, so that an order stays one row.
import { caseWhen, isTrue, type Dialect } from './dialect.ts';
import { isFraction, money, wholeNumber } from './numbers.ts';
import { boundedKey, cleanText, hasLostCharacters, repairDoubleEncoding, startsLikeFormula } from './text.ts';
import { paymentMethod } from './vocabulary.ts';

/** Rule ids with the condition that raises each; one that is unknown (NULL) raises nothing. */
export type Conditions = Readonly<Record<string, string>>;

/** Turns conditions into a BIGINT with the bit of every rule that applies. */
export type MaskOf = (conditions: Conditions) => string;

/** Items as they were written, blank ones left out. */
export function writtenItems(d: Dialect, list: string): string {
  return d.filterList(
    list,
    (i) => `COALESCE(${i}.sku, ${i}.produto, ${i}.quantidade, ${i}.preco_unitario) IS NOT NULL`,
  );
}

/**
 * Items read: numbers parsed, texts cleaned (where `needsCleaning`, a column, is true), names filled in from each other, the value of the line,
 * and the masks of what is wrong. Two passes over the list: what was written is parsed once, then judged.
 */
export function readItems(
  d: Dialect,
  list: string,
  format: string,
  needsCleaning: string,
  erros: MaskOf,
  avisos: MaskOf,
): string {
  const ifNeeded = (costly: string, otherwise: string): string => caseWhen([[needsCleaning, costly]], otherwise);
  const parsed = d.mapList(list, (i) =>
    d.struct({
      tem_numero: `${i}.n_item IS NOT NULL`,
      numero: wholeNumber(d, `${i}.n_item`),
      sku: d.upper(ifNeeded(cleanText(d, `${i}.sku`), `${i}.sku`)),
      produto: ifNeeded(cleanText(d, repairDoubleEncoding(d, `${i}.produto`)), `${i}.produto`),
      categoria: ifNeeded(cleanText(d, repairDoubleEncoding(d, `${i}.categoria`)), `${i}.categoria`),
      recodificado: ifNeeded(
        isTrue(
          `${repairDoubleEncoding(d, `${i}.produto`)} <> ${i}.produto OR ${repairDoubleEncoding(d, `${i}.categoria`)} <> ${i}.categoria`,
        ),
        'FALSE',
      ),
      quantidade_escrita: `${i}.quantidade`,
      quantidade: wholeNumber(d, `${i}.quantidade`, format),
      preco_unitario: money(d, `${i}.preco_unitario`, format),
      desconto: caseWhen([[`${i}.desconto IS NULL`, '0']], money(d, `${i}.desconto`, format)),
    }),
  );
  return d.mapList(parsed, (i, position) => {
    const isNumbered = isTrue(`${i}.numero >= 0`);
    const texts = d.concatFields(' ', [`${i}.produto`, `${i}.categoria`, `${i}.sku`]);
    const quantity = `${i}.quantidade`;
    const price = `${i}.preco_unitario`;
    // 19 digits: DuckDB multiplies decimals of up to 18 in 64 bits, and stops at an overflow instead of giving NULL.
    const gross = `CAST(${quantity} AS DECIMAL(19,0)) * ${price}`;
    const value = d.tryCast(`${gross} - ${i}.desconto`, 'DECIMAL(14,2)');
    return d.struct({
      n_item: caseWhen([[isNumbered, `${i}.numero`]], `CAST(${position} AS INTEGER)`),
      sku: boundedKey(d, `COALESCE(${i}.sku, ${i}.produto)`),
      produto: `COALESCE(${i}.produto, ${i}.sku)`,
      categoria: boundedKey(d, `COALESCE(${i}.categoria, 'Sem categoria')`),
      quantidade: quantity,
      preco_unitario: price,
      desconto: `${i}.desconto`,
      valor: value,
      erros: erros({
        ITEM_SEM_PRODUTO: `${i}.sku IS NULL AND ${i}.produto IS NULL`,
        QUANTIDADE_FRACIONADA: `${quantity} IS NULL AND ${isTrue(isFraction(d, `${i}.quantidade_escrita`))}`,
        QUANTIDADE_INVALIDA: `${quantity} IS NULL AND NOT ${isTrue(isFraction(d, `${i}.quantidade_escrita`))}`,
        QUANTIDADE_NAO_POSITIVA: `${quantity} <= 0`,
        PRECO_INVALIDO: `${price} IS NULL OR (${quantity} IS NOT NULL AND ${i}.desconto IS NOT NULL AND ${value} IS NULL)`,
        PRECO_NEGATIVO: `${price} < 0`,
        DESCONTO_ITEM_INVALIDO: `${i}.desconto IS NULL`,
        DESCONTO_ITEM_MAIOR: `${i}.desconto < 0 OR (${i}.desconto > 0 AND ${quantity} > 0 AND ${price} >= 0 AND ${i}.desconto > ${gross})`,
      }),
      avisos: avisos({
        CATEGORIA_AUSENTE: `${i}.categoria IS NULL`,
        TEXTO_COM_FORMULA: `${startsLikeFormula(`${i}.produto`)} OR ${startsLikeFormula(`${i}.sku`)} OR ${startsLikeFormula(`${i}.categoria`)}`,
        TEXTO_ILEGIVEL: ifNeeded(hasLostCharacters(d, texts), 'FALSE'),
        TEXTO_RECODIFICADO: `${i}.recodificado`,
        PEDIDO_DE_TESTE: `${d.lower(`${i}.produto`)} IN ('teste', 'produto teste', 'produto de teste', 'pedido teste', 'pedido de teste', 'test')`,
        PRECO_ZERO: `${price} = 0`,
        N_ITEM_INVALIDO: `${i}.tem_numero AND NOT ${isNumbered}`,
      }),
    });
  });
}

/** Payments as they were written, blank ones left out. */
export function writtenPayments(d: Dialect, list: string): string {
  return d.filterList(list, (p) => `COALESCE(${p}.forma, ${p}.parcelas, ${p}.valor) IS NOT NULL`);
}

/** Payments read. A single payment without a value is the whole `total`; the caller judges the sum. */
export function readPayments(
  d: Dialect,
  list: string,
  format: string,
  total: string,
  erros: MaskOf,
  avisos: MaskOf,
): string {
  const parsed = d.mapList(list, (p, position) =>
    d.struct({
      n_pagamento: `CAST(${position} AS INTEGER)`,
      forma: paymentMethod(d, `${p}.forma`),
      forma_origem: `COALESCE(${p}.forma, '')`,
      parcelas_escritas: `${p}.parcelas`,
      parcelas: caseWhen([
        [d.fullMatch(`${p}.parcelas`, '[0-9]{1,2}'), d.tryCast(`${p}.parcelas`, 'INTEGER')],
        [
          d.fullMatch(d.lower(`${p}.parcelas`), '[0-9]{1,2} ?(x|vezes|parcelas?)'),
          d.tryCast(d.extract(`${p}.parcelas`, '^([0-9]{1,2})', 1), 'INTEGER'),
        ],
      ]),
      tem_valor: `${p}.valor IS NOT NULL`,
      valor: money(d, `${p}.valor`, format),
    }),
  );
  return d.mapList(parsed, (p) => {
    const onlyOne = `${d.listLength(list)} = 1`;
    const isUsable = isTrue(`${p}.parcelas BETWEEN 1 AND 24`);
    return d.struct({
      n_pagamento: `${p}.n_pagamento`,
      forma: `COALESCE(${p}.forma, 'Outro')`,
      forma_origem: `${p}.forma_origem`,
      parcelas: caseWhen([
        [isUsable, `${p}.parcelas`],
        [`${p}.parcelas_escritas IS NULL AND ${p}.forma IN ('Pix', 'Boleto')`, '1'],
      ]),
      valor: caseWhen([[`NOT ${p}.tem_valor AND ${onlyOne}`, total]], `${p}.valor`),
      erros: erros({
        VALOR_PAGAMENTO_INVALIDO: `${p}.valor < 0 OR (${p}.valor IS NULL AND (${p}.tem_valor OR NOT ${onlyOne}))`,
      }),
      avisos: avisos({
        FORMA_DESCONHECIDA: `${p}.forma IS NULL`,
        PARCELAS_INVALIDAS: `${p}.parcelas_escritas IS NOT NULL AND NOT ${isUsable}`,
        PARCELAS_SEM_CARTAO: `${p}.forma IN ('Pix', 'Boleto') AND ${p}.parcelas > 1`,
      }),
    });
  });
}
