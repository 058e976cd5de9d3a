// Why each rule that rejects an order matters, in Portuguese, for a store's staff at the dashboard: what `why` says in English for developers.
import type { ErroId } from '../rules.ts';

const PORQUES: Readonly<Record<ErroId, string>> = {
  LINHA_CAMPOS: 'Valores podem ter ido para a coluna errada, e então nada na linha é confiável.',
  JSON_INVALIDO: 'Sem a estrutura certa, o pedido não pode ser lido.',
  CABECALHO_DIVERGENTE:
    'Os dados do pedido se repetem em cada linha; quando diferem, escolher um deles seria adivinhar.',
  CONTINUACAO_ORFA:
    'Colunas vazias são preenchidas só a partir das linhas do mesmo pedido; de outro modo, os itens iriam para o pedido errado.',
  ID_PEDIDO_AUSENTE:
    'Loja e número são a chave: sem o número, o pedido não pode ser atualizado nem distinguido de uma repetição.',
  ID_PEDIDO_CIENTIFICO:
    'Uma planilha arredondou o número: os últimos dígitos se perderam, e vários pedidos podem ter ficado com o mesmo.',
  ID_PEDIDO_INVALIDO: 'Caracteres danificados fazem pedidos diferentes parecerem iguais, e o número é a chave de tudo.',
  LOJA_INVALIDA: 'A loja faz parte de todas as chaves, e por isso seu nome tem uma só grafia.',
  DATA_PEDIDO_AUSENTE: 'Todas as análises são por dia da venda.',
  DATA_PEDIDO_INVALIDA: 'Uma data que não existe não tem dia da venda, e corrigi-la seria adivinhar.',
  DATA_PEDIDO_FUTURA: 'Um pedido não pode ser feito depois de exportado; muitas vezes dia e mês estão trocados.',
  DATA_PEDIDO_ANTIGA: 'Datas assim são marcadores (1899, 1970) ou anos digitados errado.',
  ATUALIZADO_EM_INVALIDO:
    'Esta hora decide qual versão do pedido vale; ignorá-la poderia trazer de volta um status antigo.',
  ATUALIZADO_EM_FUTURO: 'Uma versão do futuro venceria todas as correções que viessem depois.',
  STATUS_AUSENTE: 'A receita conta por status, e um status que falta nunca é tomado por Pago.',
  STATUS_DESCONHECIDO: 'Um status duvidoso nunca é adivinhado: um Pago errado é receita que não existe.',
  CANAL_AUSENTE: 'Receita e cancelamentos são comparados por canal.',
  UF_AUSENTE: 'Região, município e as análises por estado dependem da UF.',
  UF_DESCONHECIDA: 'Um estado que não existe não tem região e não pode ser somado.',
  CIDADE_AUSENTE: 'As análises por cidade precisam da cidade de entrega.',
  CIDADE_ILEGIVEL: 'A cidade é chave das análises: um nome danificado contaria como outra cidade.',
  SEM_ITENS: 'Um pedido que vendeu algo precisa dizer o quê.',
  ITEM_SEM_PRODUTO: 'Não se sabe o que foi vendido.',
  N_ITEM_REPETIDO: 'Pedido e número do item são a chave: um dos dois se perderia ou contaria em dobro.',
  QUANTIDADE_INVALIDA: 'Unidades e receita não podem ser calculadas.',
  QUANTIDADE_NAO_POSITIVA:
    'Uma venda tem ao menos uma unidade; devoluções são o status Reembolsado, nunca itens negativos.',
  QUANTIDADE_FRACIONADA: 'Itens são contados em unidades; uma fração é um peso ou um preço na coluna errada.',
  PRECO_INVALIDO: 'Um preço lido errado erra por um fator de 100 ou 1000; ele nunca é adivinhado.',
  PRECO_NEGATIVO: 'Um preço negativo esconde um desconto ou um reembolso dentro da receita dos produtos.',
  DESCONTO_ITEM_INVALIDO: 'A receita do item depende dele.',
  DESCONTO_ITEM_MAIOR: 'O item teria receita negativa, ou maior que o próprio preço.',
  FRETE_INVALIDO: 'Sem o frete, o total não pode ser conferido.',
  FRETE_NEGATIVO: 'Frete é o que o cliente pagou pela entrega; um valor negativo é um desconto na coluna errada.',
  DESCONTO_INVALIDO: 'Sem o desconto, o total não pode ser conferido.',
  DESCONTO_NEGATIVO:
    'Lido como está, aumentaria o total; algumas exportações escrevem descontos com sinal de menos, outras escrevem acréscimos.',
  DESCONTO_MAIOR_QUE_SUBTOTAL: 'Os produtos teriam receita negativa.',
  VALOR_TOTAL_INVALIDO: 'O total informado é quanto o pedido vale para a loja; ele nunca é adivinhado.',
  VALOR_TOTAL_NEGATIVO: 'Reembolsos são o status Reembolsado ou o valor reembolsado, nunca um pedido negativo.',
  VALOR_TOTAL_ZERO: 'Um brinde ou um desconto inteiro chega a zero pelos próprios números; senão, falta o total.',
  TOTAL_EM_CENTAVOS: 'Um dos dois valores está em centavos: a receita erraria por um fator de 100.',
  MOEDA_NAO_BRL: 'Valores em moedas diferentes nunca podem ser somados.',
  VALOR_PAGAMENTO_INVALIDO: 'Não se sabe quanto foi pago de cada forma.',
  BANCO_RECUSOU:
    'Um valor passou por todas as regras e mesmo assim não cabe no armazém: um pedido não pode parar os outros.',
};

/** Null for a rule that only warns and for an unknown id. */
export function whyInPortuguese(id: string): string | null {
  return (PORQUES as Readonly<Record<string, string>>)[id] ?? null;
}
