// Columns of the cards that are no analysis: data name, title in both languages, kind. Analyses bring their own (src/catalog/analyses.ts).
import type { ColumnKind, ResultColumn } from '../catalog/analyses.ts';
import type { Language, Words } from '../catalog/metrics.ts';

const COLUMNS: Readonly<Record<string, Words & { readonly kind: ColumnKind; readonly isHiddenWhenUniform?: boolean }>> =
  {
    // orders
    id_pedido: { pt: 'Pedido', en: 'Order', kind: 'text' },
    loja: { pt: 'Loja', en: 'Store', kind: 'text', isHiddenWhenUniform: true },
    data_pedido: { pt: 'Feito em', en: 'Placed at', kind: 'timestamp' },
    canal: { pt: 'Canal', en: 'Channel', kind: 'text' },
    status: { pt: 'Status', en: 'Status', kind: 'text' },
    situacao_entrega: { pt: 'Entrega', en: 'Delivery', kind: 'text' },
    cidade: { pt: 'Cidade', en: 'City', kind: 'text' },
    uf: { pt: 'UF', en: 'State', kind: 'text' },
    unidades: { pt: 'Unidades', en: 'Units', kind: 'count' },
    valor_total: { pt: 'Valor total', en: 'Total', kind: 'money' },
    // one order
    quando: { pt: 'Quando', en: 'When', kind: 'timestamp' },
    evento: { pt: 'O que houve', en: 'What happened', kind: 'text' },
    detalhe: { pt: 'Detalhe', en: 'Detail', kind: 'text' },
    produto: { pt: 'Produto', en: 'Product', kind: 'text' },
    sku: { pt: 'SKU', en: 'SKU', kind: 'text' },
    categoria: { pt: 'Categoria', en: 'Category', kind: 'text' },
    quantidade: { pt: 'Qtd.', en: 'Qty', kind: 'count' },
    preco_unitario: { pt: 'Preço', en: 'Price', kind: 'money' },
    desconto: { pt: 'Desconto', en: 'Discount', kind: 'money' },
    valor: { pt: 'Valor', en: 'Value', kind: 'money' },
    forma: { pt: 'Forma de pagamento', en: 'Means of payment', kind: 'text' },
    parcelas: { pt: 'Parcelas', en: 'Instalments', kind: 'count' },
    // quarantine
    id: { pt: 'ID', en: 'ID', kind: 'text' },
    pedido: { pt: 'Pedido', en: 'Order', kind: 'text' },
    recebido_em: { pt: 'Recebido em', en: 'Received at', kind: 'timestamp' },
    linha: { pt: 'Linha', en: 'Line', kind: 'count' },
    motivos: { pt: 'Motivos', en: 'Reasons', kind: 'text' },
    motivo: { pt: 'Motivo', en: 'Reason', kind: 'text' },
    titulo: { pt: 'O que houve', en: 'What happened', kind: 'text' },
    campo: { pt: 'Campo', en: 'Field', kind: 'text' },
    valor_lido: { pt: 'Valor lido', en: 'Value read', kind: 'text' },
    como_corrigir: { pt: 'Como corrigir', en: 'How to correct it', kind: 'text' },
    registros: { pt: 'Registros', en: 'Records', kind: 'count' },
    pedidos: { pt: 'Pedidos', en: 'Orders', kind: 'count' },
    // the pipeline
    confirmado_em: { pt: 'Gravado em', en: 'Written at', kind: 'timestamp' },
    fonte: { pt: 'Fonte', en: 'Source', kind: 'text' },
    lidos: { pt: 'Lidos', en: 'Read', kind: 'count' },
    aceitos: { pt: 'Aceitos', en: 'Accepted', kind: 'count' },
    rejeitados: { pt: 'Rejeitados', en: 'Rejected', kind: 'count' },
    duplicados: { pt: 'Duplicados', en: 'Duplicates', kind: 'count' },
    antigos: { pt: 'Antigos', en: 'Outdated', kind: 'count' },
    valor_aceito: { pt: 'Valor aceito', en: 'Accepted value', kind: 'money' },
    valor_rejeitado: { pt: 'Valor rejeitado', en: 'Rejected value', kind: 'money' },
    segundos: { pt: 'Segundos', en: 'Seconds', kind: 'decimal' },
    topico: { pt: 'Tópico', en: 'Topic', kind: 'text' },
    grupo: { pt: 'Grupo', en: 'Group', kind: 'text' },
    particao: { pt: 'Partição', en: 'Partition', kind: 'count' },
    posicao: { pt: 'Posição', en: 'Position', kind: 'count' },
    fila: { pt: 'Falta ler', en: 'To read', kind: 'count' },
    ocorrido_em: { pt: 'Quando', en: 'When', kind: 'timestamp' },
    tipo: { pt: 'Tipo', en: 'Kind', kind: 'text' },
    descricao: { pt: 'Descrição', en: 'Description', kind: 'text' },
  };

/** The named columns with their titles in the reader's language. A name that is not above is a bug. */
export function columnsOf(names: readonly string[], lang: Language): ResultColumn[] {
  return names.map((name) => {
    const column = COLUMNS[name];
    if (column === undefined) throw new Error(`no column is called ${name}`);
    const { kind, isHiddenWhenUniform } = column;
    return { name, title: column[lang], kind, ...(isHiddenWhenUniform === true ? { isHiddenWhenUniform } : {}) };
  });
}
