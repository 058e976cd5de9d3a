// The order export of Nuvemshop (Tiendanube), in Portuguese and Spanish, also as people save it again.
// An order's other items follow on lines that repeat its number and e-mail only: their blank cells stay NULL here.
import { translated, type Profile } from './profile.ts';

// The payment says whether an order was paid; the order's own state says only whether somebody cancelled or filed it.
// "Recusado" is how the panel shows a voided payment: nothing was received, so never Pago. `.` stands for letters lost in damaged files.
const STATUS =
  `CASE WHEN regexp_full_match(strip_accents(lower({pagamento})), 'reembolsad[oa]|devuelto|reintegrado') THEN 'Reembolsado' ` +
  `WHEN regexp_full_match(strip_accents(lower({status})), 'cancelad[oa]') THEN 'Cancelado' ELSE ` +
  translated('coalesce({pagamento}, {status})', [
    ['confirmado|recibido|recebido|pago|pagad[oa]', 'Pago'],
    ['pendente|pendiente|autorizad[oa]|em processamento|en proceso', 'Pendente'],
    ['recusado|rechazado|anulad[oa]|cancelad[oa]|abandonad[oa]|expirad[oa]', 'Cancelado'],
  ]) +
  ' END';

export const nuvemshop: Profile = {
  name: 'nuvemshop',
  title: 'the order export of Nuvemshop (Tiendanube)',
  columns: {
    id: { names: ['Número do Pedido', 'Número de orden', 'Número da Ordem'], isRequired: true },
    email: { names: ['E-mail', 'Email'] },
    data: { names: ['Data', 'Fecha'], isRequired: true },
    status: { names: ['Status do Pedido', 'Estado de la orden'] },
    pagamento: { names: ['Status do Pagamento', 'Estado del pago'], isRequired: true },
    envio: { names: ['Status do Envio', 'Estado del envío'] },
    moeda: { names: ['Moeda', 'Moneda'] },
    desconto: { names: ['Desconto', 'Descuento'] },
    frete: { names: ['Valor do Frete', 'Costo de envío', 'Custo de envio'] },
    total: { names: ['Total'] },
    nome: { names: ['Nome do comprador', 'Nombre del comprador'] },
    documento: { names: ['CPF / CNPJ', 'DNI / CUIT', 'CPF', 'CNPJ'] },
    telefone: { names: ['Telefone', 'Teléfono'] },
    cidade: { names: ['Cidade', 'Ciudad'] },
    cep: { names: ['Código postal', 'CEP'] },
    uf: { names: ['Estado', 'Provincia o estado', 'Estado ou província'] },
    forma: { names: ['Meio de pagamento', 'Medio de pago', 'Forma de Pagamento'] },
    pago_em: { names: ['Data de pagamento', 'Fecha de pago'] },
    enviado_em: { names: ['Data de envio', 'Fecha de envío'] },
    produto: { names: ['Nome do Produto', 'Nombre del producto'], isRequired: true },
    preco: { names: ['Valor do Produto', 'Precio del producto'], isRequired: true },
    quantidade: { names: ['Quantidade Comprada', 'Cantidad del producto'], isRequired: true },
    sku: { names: ['SKU'] },
    canal: { names: ['Canal'] },
  },
  recognisedBy: ['id', 'pagamento', 'produto', 'quantidade'],
  select: {
    id_pedido: '{id}',
    data_pedido: '{data}',
    // The export's channels are the shop's own pages: a mobile browser ("Móvil") is the site too, not an app.
    canal: (has) =>
      has('canal')
        ? translated('{canal}', [
            ['m.{1,2}vil|m.{1,2}vel|mobile|web|desktop|loja online|tienda online', 'Site'],
            ['mercado li[vb]re|meli|amazon|shopee|magalu|magazine luiza', 'Marketplace'],
          ])
        : `'Site'`,
    canal_origem: '{canal}',
    status: STATUS,
    status_origem: `nullif(concat_ws(' / ', {status}, {pagamento}), '')`,
    situacao_entrega: translated('{envio}', [
      [
        '(nao|no) esta .*|por (embalar|empaquetar)|embalad[oa]|empaquetad[oa]|pronto para (envio|enviar)|list[oa] para enviar|n.{1,2}o enviad[oa]|no enviad[oa]|(n.{1,2}o|no) est.{1,2} .*',
        'Não enviado',
      ],
      ['enviad[oa]', 'Enviado'],
      ['entregue|entregad[oa]', 'Entregue'],
      ['devolvid[oa]|devuelt[oa]', 'Devolvido'],
    ]),
    documento: '{documento}',
    nome: '{nome}',
    email: '{email}',
    telefone: '{telefone}',
    cep: '{cep}',
    cidade: '{cidade}',
    uf: '{uf}',
    sku: '{sku}',
    produto: '{produto}',
    quantidade: '{quantidade}',
    preco_unitario: '{preco}',
    frete: '{frete}',
    desconto: '{desconto}',
    valor_total: '{total}',
    moeda: '{moeda}',
    forma_pagamento: '{forma}',
    pago_em: '{pago_em}',
    enviado_em: '{enviado_em}',
  },
  requiresStore: true,
};
