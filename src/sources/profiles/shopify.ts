// The order export of Shopify. An order's other items follow on lines whose order columns are blank: they stay NULL here.
// Brazilian payment apps write method, instalments and CPF into "Note Attributes", one "name: value" per line.
import { translated, type Profile } from './profile.ts';

/** The value of one of the names in the note attributes. */
const note = (names: string, value: string): string =>
  `nullif(trim(regexp_extract({notas}, '(?i)(?:^|\\n)\\s*(?:${names})\\s*[:=]\\s*(${value})', 1)), '')`;

export const shopify: Profile = {
  name: 'shopify',
  title: 'the order export of Shopify',
  columns: {
    id: { names: ['Name'], isRequired: true },
    email: { names: ['Email'] },
    pagamento: { names: ['Financial Status'], isRequired: true },
    pago_em: { names: ['Paid at'] },
    envio: { names: ['Fulfillment Status'] },
    enviado_em: { names: ['Fulfilled at'] },
    moeda: { names: ['Currency'] },
    frete: { names: ['Shipping'] },
    total: { names: ['Total'] },
    desconto: { names: ['Discount Amount'] },
    criado: { names: ['Created at'], isRequired: true },
    quantidade: { names: ['Lineitem quantity'], isRequired: true },
    produto: { names: ['Lineitem name'], isRequired: true },
    preco: { names: ['Lineitem price'], isRequired: true },
    sku: { names: ['Lineitem sku'] },
    desconto_item: { names: ['Lineitem discount'] },
    cobranca_nome: { names: ['Billing Name'] },
    cobranca_cidade: { names: ['Billing City'] },
    cobranca_cep: { names: ['Billing Zip'] },
    cobranca_uf: { names: ['Billing Province'] },
    cobranca_fone: { names: ['Billing Phone'] },
    entrega_nome: { names: ['Shipping Name'] },
    entrega_cidade: { names: ['Shipping City'] },
    entrega_cep: { names: ['Shipping Zip'] },
    entrega_uf: { names: ['Shipping Province'] },
    entrega_fone: { names: ['Shipping Phone'] },
    fone: { names: ['Phone'] },
    notas: { names: ['Note Attributes'] },
    cancelado_em: { names: ['Cancelled at'] },
    forma: { names: ['Payment Method'] },
    reembolso: { names: ['Refunded Amount'] },
    origem: { names: ['Source'] },
  },
  recognisedBy: ['id', 'pagamento', 'criado', 'quantidade', 'preco'],
  select: {
    id_pedido: '{id}',
    data_pedido: '{criado}',
    canal: (has) =>
      has('origem')
        ? translated('{origem}', [
            ['web|online store|buy_button', 'Site'],
            ['.*(mercado ?li[vb]re|amazon|shopee|magalu|marketplace).*', 'Marketplace'],
          ])
        : `CASE WHEN {pagamento} IS NOT NULL THEN 'Site' END`,
    canal_origem: '{origem}',
    status:
      `CASE WHEN lower({pagamento}) = 'refunded' THEN 'Reembolsado' WHEN {cancelado_em} IS NOT NULL THEN 'Cancelado' ELSE ` +
      translated('{pagamento}', [
        ['paid|partially_refunded', 'Pago'],
        ['pending|authorized|partially_paid', 'Pendente'],
        ['voided|expired', 'Cancelado'],
      ]) +
      ' END',
    status_origem: `CASE WHEN {cancelado_em} IS NOT NULL THEN concat({pagamento}, ' / cancelled') ELSE {pagamento} END`,
    situacao_entrega: translated('{envio}', [
      ['unfulfilled|pending|on_hold|scheduled', 'Não enviado'],
      ['fulfilled|shipped', 'Enviado'],
      ['delivered', 'Entregue'],
      ['returned', 'Devolvido'],
    ]),
    documento: note('cpf|cnpj|cpf ?/ ?cnpj|cpf_cnpj|documento', '[0-9A-Za-z./-]{11,18}'),
    nome: 'coalesce({entrega_nome}, {cobranca_nome})',
    email: '{email}',
    telefone: 'coalesce({fone}, {entrega_fone}, {cobranca_fone})',
    // Address parts of one order never mix the two addresses: billing only where there is no shipping address.
    cep: 'CASE WHEN {entrega_cidade} IS NULL AND {entrega_cep} IS NULL THEN {cobranca_cep} ELSE {entrega_cep} END',
    cidade:
      'CASE WHEN {entrega_cidade} IS NULL AND {entrega_cep} IS NULL THEN {cobranca_cidade} ELSE {entrega_cidade} END',
    uf: 'CASE WHEN {entrega_cidade} IS NULL AND {entrega_cep} IS NULL THEN {cobranca_uf} ELSE {entrega_uf} END',
    sku: '{sku}',
    produto: '{produto}',
    quantidade: '{quantidade}',
    preco_unitario: '{preco}',
    desconto_item: '{desconto_item}',
    frete: '{frete}',
    desconto: '{desconto}',
    valor_total: '{total}',
    moeda: '{moeda}',
    forma_pagamento: `coalesce(${note('payment[_ ]method|forma de pagamento', '[^\\n]+')}, {forma})`,
    parcelas: note('payment[_ ]installments?|installments?|parcelas', '[0-9]+x?'),
    pago_em: '{pago_em}',
    enviado_em: '{enviado_em}',
    valor_reembolsado: '{reembolso}',
  },
  requiresStore: true,
};
