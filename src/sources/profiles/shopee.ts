// The order report of Shopee Brazil (decimal comma in quotes, times of Brasília). Every order is a marketplace order.
import { translated, type Profile } from './profile.ts';

export const shopee: Profile = {
  name: 'shopee',
  title: 'the order report of Shopee',
  columns: {
    id: { names: ['ID do pedido'], isRequired: true },
    status: { names: ['Status do pedido'], isRequired: true },
    devolucao: { names: ['Status da Devolução / Reembolso'] },
    criado: { names: ['Data de criação do pedido'], isRequired: true },
    pago_em: { names: ['Hora do pagamento do pedido'] },
    enviado_em: { names: ['Tempo de Envio'] },
    prazo: { names: ['Data prevista de envio'] },
    sku: { names: ['Número de referência SKU'] },
    sku_principal: { names: ['Nº de referência do SKU principal'] },
    produto: { names: ['Nome do Produto'], isRequired: true },
    variacao: { names: ['Nome da variação'] },
    preco: { names: ['Preço acordado'], isRequired: true },
    quantidade: { names: ['Quantidade'], isRequired: true },
    cupom: { names: ['Cupom do vendedor'] },
    frete: { names: ['Taxa de envio pagas pelo comprador', 'Taxa de envio paga pelo comprador'] },
    total: { names: ['Valor Total'] },
    comissao: { names: ['Taxa de comissão', 'Taxa de comissão bruta'] },
    usuario: { names: ['Nome de usuário (comprador)'] },
    nome: { names: ['Nome do destinatário'] },
    telefone: { names: ['Telefone'] },
    documento: { names: ['CPF do Comprador'] },
    cep: { names: ['CEP'] },
    cidade: { names: ['Cidade'] },
    uf: { names: ['UF', 'Estado'] },
    forma: { names: ['Método de pagamento', 'Opção de pagamento'] },
  },
  recognisedBy: ['id', 'status', 'criado', 'preco', 'quantidade'],
  select: {
    id_pedido: '{id}',
    data_pedido: '{criado}',
    canal: `'Marketplace'`,
    canal_origem: `'Shopee'`,
    status:
      `CASE WHEN regexp_matches(strip_accents(lower({devolucao})), '(reembols|devolu).*(conclu|aprovad|pag[oa]|finalizad)') THEN 'Reembolsado' ELSE ` +
      translated('{status}', [
        ['concluido|completed|a enviar|para enviar|to ship|enviado|shipping|em transito|entregue', 'Pago'],
        ['nao pago|a pagar|unpaid', 'Pendente'],
        ['cancelado|cancelled', 'Cancelado'],
      ]) +
      ' END',
    status_origem: `concat_ws(' / ', {status}, {devolucao})`,
    situacao_entrega:
      `CASE WHEN regexp_full_match(strip_accents(lower({status})), 'a enviar|para enviar|to ship|nao pago|a pagar|unpaid') THEN 'Não enviado' ` +
      `WHEN regexp_full_match(strip_accents(lower({status})), 'enviado|shipping|em transito') THEN 'Enviado' ` +
      `WHEN regexp_full_match(strip_accents(lower({status})), 'concluido|completed|entregue') THEN 'Entregue' END`,
    id_cliente: '{usuario}',
    documento: '{documento}',
    nome: '{nome}',
    telefone: '{telefone}',
    cep: '{cep}',
    cidade: '{cidade}',
    uf: '{uf}',
    sku: 'coalesce({sku}, {sku_principal})',
    produto: `CASE WHEN {variacao} IS NULL THEN {produto} ELSE concat({produto}, ' - ', {variacao}) END`,
    quantidade: '{quantidade}',
    preco_unitario: '{preco}',
    frete: '{frete}',
    desconto: '{cupom}',
    valor_total: '{total}',
    forma_pagamento: '{forma}',
    pago_em: '{pago_em}',
    enviado_em: '{enviado_em}',
    prazo_entrega: '{prazo}',
    comissao: '{comissao}',
  },
  requiresStore: true,
};
