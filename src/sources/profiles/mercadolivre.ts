// The sales report of Mercado Livre: a title above the header, decimal commas, dates in words, fees as negative amounts.
// A package's summary row ("Pacote de 2 produtos") repeats the amounts of the rows below it: it is skipped and counted.
import type { Profile } from './profile.ts';

const plain = 'strip_accents(lower({estado}))';

export const mercadolivre: Profile = {
  name: 'mercadolivre',
  title: 'the sales report of Mercado Livre',
  columns: {
    id: { names: ['N.º de venda', 'Nº de venda', 'Número da venda'], isRequired: true },
    data: { names: ['Data da venda'], isRequired: true },
    estado: { names: ['Estado', 'Status'], isRequired: true },
    unidades: { names: ['Unidades'], isRequired: true },
    envio: { names: ['Receita por envio (BRL)', 'Receita por envio'] },
    tarifa: { names: ['Tarifa de venda e impostos (BRL)', 'Tarifa de venda e impostos'] },
    reembolso: { names: ['Cancelamentos e reembolsos (BRL)', 'Cancelamentos e reembolsos'] },
    sku: { names: ['SKU'] },
    anuncio: { names: ['# de anúncio'] },
    titulo: { names: ['Título do anúncio'], isRequired: true },
    preco: {
      names: ['Preço unitário de venda do anúncio (BRL)', 'Preço unitário de venda do anúncio'],
      isRequired: true,
    },
    nome: { names: ['Comprador', 'Dados do comprador'] },
    documento: { names: ['CPF', 'Tipo e número do documento'] },
    cidade: { names: ['Cidade'] },
    uf: { names: ['Estado'] },
    cep: { names: ['CEP'] },
  },
  recognisedBy: ['id', 'data', 'estado', 'titulo'],
  mayRepeatNames: true,
  ignoredWhen: { key: 'estado', matches: /^Pacote de \d+ (produtos?|unidades?)$/i },
  select: {
    id_pedido: '{id}',
    data_pedido: '{data}',
    canal: `'Marketplace'`,
    canal_origem: `'Mercado Livre'`,
    // What Mercado Livre writes when money went back is Reembolsado; what it calls cancelled, Cancelado; an unknown phrase is kept as it is.
    status:
      `CASE WHEN regexp_matches(${plain}, 'com reembolso|reembolsad|dinheiro devolvido|^devolvid[oa]$|devolucao (concluida|finalizada)') THEN 'Reembolsado' ` +
      `WHEN regexp_matches(${plain}, 'cancelad') THEN 'Cancelado' ` +
      `WHEN regexp_matches(${plain}, 'aguardando (o )?pagamento|pagamento pendente') THEN 'Pendente' ` +
      `WHEN regexp_matches(${plain}, '^(venda )?(entregue|concluida)|a caminho|em transito|^enviad|pront[oa] para (enviar|coleta|envio)|etiqueta|preparacao|pagamento aprovado|te demos o dinheiro') THEN 'Pago' ` +
      `ELSE {estado} END`,
    status_origem: '{estado}',
    situacao_entrega:
      `CASE WHEN regexp_matches(${plain}, 'devolvid|devolucao (concluida|finalizada)') THEN 'Devolvido' ` +
      `WHEN regexp_matches(${plain}, '^(venda )?(entregue|concluida)') THEN 'Entregue' ` +
      `WHEN regexp_matches(${plain}, 'a caminho|em transito|^enviad') THEN 'Enviado' ` +
      `WHEN regexp_matches(${plain}, 'pront[oa] para|etiqueta|preparacao') THEN 'Não enviado' END`,
    documento: `nullif(regexp_replace({documento}, '^(CPF|CNPJ)\\s*', ''), '')`,
    nome: '{nome}',
    cep: '{cep}',
    cidade: '{cidade}',
    uf: '{uf}',
    sku: 'coalesce({sku}, {anuncio})',
    produto: '{titulo}',
    quantidade: '{unidades}',
    preco_unitario: '{preco}',
    frete: '{envio}',
    // "Total (BRL)" is what the seller receives after fees: never the order's total, which is left to be computed from its items.
    comissao: `ltrim({tarifa}, '-')`,
    valor_reembolsado: `ltrim({reembolso}, '-')`,
  },
  requiresStore: true,
};
