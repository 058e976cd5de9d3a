// Our own flat CSV: the header of `data/pedidos.csv`, in any order, and the names that people give these columns by hand.
import {
  FLAT_COLUMNS,
  EXTRA_ORDER_COLUMNS,
  LINE_COLUMNS,
  REQUIRED_COLUMNS,
  type LineColumn,
} from '../../model/contract.ts';
import type { ColumnSpec, Profile } from './profile.ts';

/** Other names of our columns, Portuguese and English. A name stands under one column only. */
const SYNONYMS: Readonly<Partial<Record<LineColumn, readonly string[]>>> = {
  loja: ['store', 'nome da loja', 'id_loja'],
  id_pedido: [
    'pedido',
    'numero do pedido',
    'n pedido',
    'nº do pedido',
    'num_pedido',
    'codigo do pedido',
    'pedido_id',
    'order_id',
    'order',
  ],
  data_pedido: [
    'data',
    'data do pedido',
    'data da compra',
    'data_compra',
    'dt_pedido',
    'order_date',
    'created_at',
    'criado_em',
  ],
  atualizado_em: ['updated_at', 'ultima atualizacao', 'data_atualizacao', 'modificado_em'],
  canal: ['canal de venda', 'canal_venda', 'channel', 'sales_channel', 'origem'],
  status: ['situacao', 'status do pedido', 'situacao do pedido', 'order_status'],
  situacao_entrega: ['status da entrega', 'status do envio', 'entrega', 'shipping_status'],
  id_cliente: ['cliente_id', 'codigo do cliente', 'customer_id'],
  documento: ['cpf', 'cnpj', 'cpf/cnpj', 'cpf_cnpj', 'document'],
  nome: ['cliente', 'nome do cliente', 'nome_cliente', 'customer_name'],
  email: ['e-mail', 'email do cliente', 'customer_email'],
  telefone: ['celular', 'fone', 'phone'],
  cep: ['codigo postal', 'zip', 'zip_code', 'postal_code'],
  cidade: ['municipio', 'city'],
  uf: ['estado', 'state', 'sigla_uf'],
  n_item: ['item', 'numero do item', 'item_id', 'order_item_id'],
  sku: ['codigo do produto', 'codigo_produto', 'cod_produto', 'id_produto', 'referencia', 'product_id'],
  produto: ['nome do produto', 'nome_produto', 'descricao', 'descricao do produto', 'product', 'product_name'],
  categoria: ['category', 'departamento', 'product_category'],
  quantidade: ['qtd', 'qtde', 'quant', 'quantity', 'unidades'],
  preco_unitario: ['preco', 'valor unitario', 'valor_unitario', 'vl_unitario', 'unit_price', 'price'],
  desconto_item: ['desconto do item', 'item_discount'],
  frete: ['valor do frete', 'valor_frete', 'shipping', 'freight', 'freight_value'],
  desconto: ['desconto do pedido', 'valor do desconto', 'discount'],
  valor_total: ['total', 'valor do pedido', 'total do pedido', 'order_total'],
  moeda: ['currency'],
  forma_pagamento: ['forma de pagamento', 'meio de pagamento', 'pagamento', 'payment_method', 'payment_type'],
  parcelas: ['numero de parcelas', 'installments', 'payment_installments'],
  valor_pagamento: ['valor pago', 'valor do pagamento', 'payment_value'],
};

const required = new Set<string>(REQUIRED_COLUMNS);

function columnSpecs(): Record<string, ColumnSpec> {
  const specs: Record<string, ColumnSpec> = {};
  for (const column of [...FLAT_COLUMNS, ...EXTRA_ORDER_COLUMNS]) {
    specs[column] = { names: [column, ...(SYNONYMS[column] ?? [])], isRequired: required.has(column) };
  }
  return specs;
}

export const esteira: Profile = {
  name: 'esteira',
  title: 'the flat CSV of Esteira',
  columns: columnSpecs(),
  recognisedBy: REQUIRED_COLUMNS,
  oneOf: [['sku', 'produto']],
  select: Object.fromEntries(LINE_COLUMNS.map((column) => [column, `{${column}}`])),
  requiresStore: false,
};
