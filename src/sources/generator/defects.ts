// Spoils good orders on purpose, one cause each, and says what must happen to them. The rule ids are those of the rule
// catalogue; the spoiled texts are what real exports contain. Never touches line order or counts (versions never grow).
import { centsOf, money } from './order.ts';
import {
  type Defect,
  citiesOf,
  ufNames,
  FOREIGN_CEPS,
  reconcile,
  lastItem,
  rename,
  write,
  change,
  SPELLINGS,
  isPlainCpf,
  isCard,
} from './spoil.ts';

export const DEFECTS: readonly Defect[] = [
  // the order's identity and times
  write('id_em_branco', 'rejeitado', ['ID_PEDIDO_AUSENTE'], 'id_pedido', [''], true),
  change(
    'id_cientifico',
    'rejeitado',
    ['ID_PEDIDO_CIENTIFICO'],
    (version, _random, serial) => {
      version.id_pedido = `${2 + (Math.floor(serial / 100_000) % 8)},${String(serial % 100_000).padStart(5, '0')}E+15`;
      return true;
    },
    true,
  ),
  write('data_em_branco', 'rejeitado', ['DATA_PEDIDO_AUSENTE'], 'data_pedido', [''], true),
  write(
    'data_31_de_fevereiro',
    'rejeitado',
    ['DATA_PEDIDO_INVALIDA'],
    'data_pedido',
    ['31/02/2025', '31/02/2024 10:15:00', '2025-02-31 08:00:00'],
    true,
  ),
  write(
    'data_zerada',
    'rejeitado',
    ['DATA_PEDIDO_INVALIDA'],
    'data_pedido',
    ['00/00/0000', '0000-00-00 00:00:00'],
    true,
  ),
  write(
    'data_futura',
    'rejeitado',
    ['DATA_PEDIDO_FUTURA', 'ATUALIZADO_ANTES_DO_PEDIDO'],
    'data_pedido',
    ['2099-03-10 12:00:00', '2098-12-24 18:30:00'],
    true,
  ),
  write(
    'data_antiga',
    'rejeitado',
    ['DATA_PEDIDO_ANTIGA'],
    'data_pedido',
    ['1998-07-12 16:00:00', '1900-01-01 00:00:00'],
    true,
  ),
  write(
    'atualizado_invalido',
    'rejeitado',
    ['ATUALIZADO_EM_INVALIDO'],
    'atualizado_em',
    ['ontem', '2025-13-01 00:00:00'],
    true,
  ),
  write('atualizado_futuro', 'rejeitado', ['ATUALIZADO_EM_FUTURO'], 'atualizado_em', ['2099-01-01 00:00:00'], true),
  change(
    'atualizado_antes',
    'aviso',
    ['ATUALIZADO_ANTES_DO_PEDIDO'],
    (version) => {
      version.atualizado_em = `${String(Number(version.data_pedido.slice(0, 4)) - 1)}-06-15 12:00:00`;
      return true;
    },
    true,
  ),
  change('data_brasileira', 'aceito', [], (version) => {
    const [ano = '', mes = '', dia = ''] = version.data_pedido.slice(0, 10).split('-');
    version.data_pedido = `${dia}/${mes}/${ano} ${version.data_pedido.slice(11)}`;
    return Number(dia) > 12;
  }),

  // status, channel, delivery
  write('status_desconhecido', 'rejeitado', ['STATUS_DESCONHECIDO'], 'status', [
    'Bloqueado pelo ERP',
    'XPTO',
    'Situação 17',
  ]),
  write('status_em_branco', 'rejeitado', ['STATUS_AUSENTE'], 'status', ['']),
  change('status_sinonimo', 'aceito', [], (version, random) => {
    version.status = random.of(SPELLINGS[version.status] ?? [version.status]);
    return true;
  }),
  write('canal_em_branco', 'rejeitado', ['CANAL_AUSENTE'], 'canal', ['']),
  write('canal_desconhecido', 'aviso', ['CANAL_DESCONHECIDO'], 'canal', ['Totem do corredor', 'Canal 9']),
  write('situacao_desconhecida', 'aviso', ['SITUACAO_ENTREGA_DESCONHECIDA'], 'situacao_entrega', [
    'Na nuvem',
    'Situação 42',
  ]),

  // place
  write('uf_inexistente', 'rejeitado', ['UF_DESCONHECIDA'], 'uf', ['XX', 'ZZ', 'Q1']),
  // The UF could be read off the CEP, so that has to be missing too.
  change('uf_em_branco', 'rejeitado', ['UF_AUSENTE'], (version) => {
    Object.assign(version, { uf: '', cep: '' });
    return true;
  }),
  change('uf_por_extenso', 'aceito', [], (version, random) => {
    version.uf = random.of([
      ufNames.get(version.uf) ?? version.uf,
      version.uf.toLowerCase(),
      `${version.uf} `,
      `BR-${version.uf}`,
    ]);
    return true;
  }),
  write('cidade_em_branco', 'rejeitado', ['CIDADE_AUSENTE'], 'cidade', ['']),
  write('cidade_desconhecida', 'aviso', ['CIDADE_DESCONHECIDA'], 'cidade', [
    'Vila Inventada do Norte',
    'Pasárgada Velha',
  ]),
  change('cidade_sem_acento', 'aceito', [], (version) => {
    const plain = version.cidade
      .normalize('NFD')
      .replaceAll(/[\u0300-\u036f]/g, '')
      .toLowerCase();
    const isChanged = plain !== version.cidade.toLowerCase();
    version.cidade = plain;
    return isChanged;
  }),
  change('cidade_codificada_duas_vezes', 'aviso', ['TEXTO_RECODIFICADO'], (version) => {
    const isReversible = /^[\x20-\x7eáâãçéêóôõú]*[áâãçéêóôõú][\x20-\x7eáâãçéêóôõú]*$/.test(version.cidade);
    version.cidade = Buffer.from(version.cidade, 'utf8').toString('latin1');
    return isReversible;
  }),
  change('cep_sem_zero', 'aceito', [], (version) => {
    const digits = version.cep.replace('-', '');
    version.cep = digits.slice(1);
    return digits.startsWith('0');
  }),
  write('cep_zerado', 'aviso', ['CEP_INVALIDO'], 'cep', ['00000000', '00000-000', '123']),
  change('cep_de_outra_uf', 'aviso', ['CEP_DE_OUTRA_UF'], (version) => {
    const namesakes = citiesOf.get(version.cidade) ?? [];
    const foreign = FOREIGN_CEPS.find(([uf]) => uf !== version.uf && namesakes.every((row) => row.uf !== uf));
    if (foreign === undefined) return false;
    version.cep = foreign[1];
    return true;
  }),

  // customer
  change('cpf_digito_errado', 'aviso', ['CPF_INVALIDO'], (version) => {
    if (!isPlainCpf(version.documento)) return false;
    version.documento = version.documento.slice(0, 10) + String((Number(version.documento.slice(10)) + 1) % 10);
    return true;
  }),
  change('cpf_sem_zero', 'aviso', ['DOCUMENTO_CORRIGIDO'], (version) => {
    const isFit = isPlainCpf(version.documento) && /^0[1-9]/.test(version.documento);
    version.documento = version.documento.slice(1);
    return isFit;
  }),
  change('cnpj_digito_errado', 'aviso', ['CNPJ_INVALIDO'], (version) => {
    const bare = version.documento.replaceAll(/[./-]/g, '');
    if (bare.length !== 14) return false;
    version.documento = bare.slice(0, 13) + String((Number(bare.slice(13)) + 1) % 10);
    return true;
  }),
  write('email_invalido', 'aviso', ['EMAIL_INVALIDO'], 'email', ['não é e-mail', 'sem-arroba.example.com']),
  write('telefone_cientifico', 'aviso', ['TELEFONE_INVALIDO'], 'telefone', ['5,51E+12', '123']),
  change('nome_ilegivel', 'aviso', ['TEXTO_ILEGIVEL'], (version) => {
    const spoiled = version.nome.replace(/[^\x20-\x7e]/, '\ufffd');
    const isChanged = spoiled !== version.nome;
    version.nome = spoiled;
    return isChanged;
  }),

  // items
  change('sem_itens_pago', 'rejeitado', ['SEM_ITENS'], (version) => {
    version.items = [];
    version.desconto = '0.00';
    return version.status === 'Pago';
  }),
  change('sem_itens_cancelado', 'aviso', ['SEM_ITENS_CANCELADO'], (version) => {
    version.items = [];
    version.desconto = '0.00';
    version.expected.itemCount = 0;
    return version.status === 'Cancelado';
  }),
  change('item_sem_produto', 'rejeitado', ['ITEM_SEM_PRODUTO'], (version) => {
    const item = lastItem(version);
    rename(item, '');
    item.sku = '';
    return true;
  }),
  change('n_item_repetido', 'rejeitado', ['N_ITEM_REPETIDO'], (version) => {
    lastItem(version).n_item = '1';
    return version.items.length === 2;
  }),
  change('sku_minusculo', 'aceito', [], (version) => {
    lastItem(version).sku = lastItem(version).sku.toLowerCase();
    return true;
  }),
  change('categoria_em_branco', 'aviso', ['CATEGORIA_AUSENTE'], (version) => {
    lastItem(version).categoria = '';
    return true;
  }),
  change('produto_com_formula', 'aviso', ['TEXTO_COM_FORMULA'], (version, random) => {
    rename(lastItem(version), random.of(['=HYPERLINK("http://example.com","oferta")', '+cmd|calc', '@SUM(A1:A9)']));
    return true;
  }),
  change('quantidade_zero', 'rejeitado', ['QUANTIDADE_NAO_POSITIVA'], (version) => {
    Object.assign(lastItem(version), { quantidade: '0', desconto_item: '0.00' });
    return reconcile(version);
  }),
  change('quantidade_fracionada', 'rejeitado', ['QUANTIDADE_FRACIONADA'], (version) => {
    Object.assign(lastItem(version), { quantidade: '1.5', desconto_item: '0.00' });
    return centsOf(lastItem(version).preco_unitario) % 2 === 0 && reconcile(version);
  }),
  change('quantidade_com_unidade', 'rejeitado', ['QUANTIDADE_INVALIDA'], (version) => {
    lastItem(version).quantidade += ' un';
    return true;
  }),
  change('preco_negativo', 'rejeitado', ['PRECO_NEGATIVO'], (version) => {
    const item = lastItem(version);
    Object.assign(item, { preco_unitario: `-${item.preco_unitario}`, desconto_item: '0.00' });
    version.desconto = '0.00';
    return reconcile(version);
  }),
  change('preco_zero', 'aviso', ['PRECO_ZERO'], (version) => {
    Object.assign(lastItem(version), { preco_unitario: '0.00', desconto_item: '0.00' });
    version.desconto = '0.00';
    return reconcile(version);
  }),
  change('preco_texto', 'rejeitado', ['PRECO_INVALIDO'], (version, random) => {
    lastItem(version).preco_unitario = random.of(['abc', 'a consultar', '-', 'Infinity']);
    return true;
  }),
  change('preco_tres_decimais', 'rejeitado', ['PRECO_INVALIDO'], (version) => {
    lastItem(version).preco_unitario = '12,999';
    return true;
  }),
  change('preco_americano', 'rejeitado', ['PRECO_INVALIDO'], (version) => {
    const item = lastItem(version);
    const isFit = /^\d{4,6}\.\d\d$/.test(item.preco_unitario);
    item.preco_unitario = item.preco_unitario.replace(/(\d{3}\.\d\d)$/, ',$1');
    return isFit;
  }),
  change('preco_com_virgula', 'aceito', [], (version, random) => {
    const item = lastItem(version);
    const comma = item.preco_unitario.replace('.', ',').replace(/(\d)(\d{3},)/, '$1.$2');
    item.preco_unitario = random.chance(0.5) ? comma : `R$ ${comma}`;
    return true;
  }),
  change('desconto_item_maior', 'rejeitado', ['DESCONTO_ITEM_MAIOR'], (version) => {
    const item = lastItem(version);
    item.desconto_item = money(Number(item.quantidade) * centsOf(item.preco_unitario) + 500);
    version.desconto = '0.00';
    return reconcile(version);
  }),

  // money of the order
  change('total_em_centavos', 'rejeitado', ['TOTAL_EM_CENTAVOS'], (version) => {
    version.valor_total = `${version.valor_total.replace('.', '')}.00`;
    version.payments = [];
    return true;
  }),
  change('total_divergente', 'aviso', ['TOTAL_DIVERGENTE'], (version, random) => {
    const total = centsOf(version.valor_total) + random.between(2, 9);
    version.valor_total = money(total);
    version.expected.totalCents = total;
    version.payments = [];
    return true;
  }),
  write('total_cientifico', 'rejeitado', ['VALOR_TOTAL_INVALIDO'], 'valor_total', ['1E+03', '1,5E+02']),
  write('moeda_estrangeira', 'rejeitado', ['MOEDA_NAO_BRL'], 'moeda', ['USD', 'ARS', 'EUR']),
  change('frete_negativo', 'rejeitado', ['FRETE_NEGATIVO'], (version) => {
    version.frete = '-15.00';
    return reconcile(version);
  }),
  write('frete_texto', 'rejeitado', ['FRETE_INVALIDO'], 'frete', ['a combinar', '1E+01']),
  change('desconto_negativo', 'rejeitado', ['DESCONTO_NEGATIVO'], (version) => {
    version.desconto = '-10.00';
    return reconcile(version);
  }),
  change('desconto_maior', 'rejeitado', ['DESCONTO_MAIOR_QUE_SUBTOTAL'], (version) => {
    version.desconto = '0.00';
    version.frete = '0.00';
    if (!reconcile(version)) return false;
    version.desconto = money(centsOf(version.valor_total) + 500);
    version.frete = '25.00';
    return reconcile(version);
  }),

  // payments
  change('pagamentos_divergentes', 'aviso', ['PAGAMENTOS_DIVERGENTES'], (version) => {
    const first = version.payments[0];
    if (first === undefined) return false;
    first.valor = money(centsOf(first.valor) + 100);
    return true;
  }),
  change('forma_desconhecida', 'aviso', ['FORMA_DESCONHECIDA'], (version) => {
    const first = version.payments[0];
    if (first === undefined || first.parcelas !== '1') return false;
    first.forma = 'Escambo';
    return true;
  }),
  change('pix_parcelado', 'aviso', ['PARCELAS_SEM_CARTAO'], (version) => {
    const first = version.payments[0];
    if (first === undefined || (first.forma !== 'Pix' && first.forma !== 'Boleto')) return false;
    first.parcelas = '13';
    return true;
  }),
  change('parcelas_invalidas', 'aviso', ['PARCELAS_INVALIDAS'], (version, random) => {
    (version.payments[0] ?? { parcelas: '' }).parcelas = random.of(['0', 'várias', '-3']);
    return isCard(version);
  }),
  change('parcelas_com_x', 'aceito', [], (version) => {
    const first = version.payments[0];
    if (first === undefined) return false;
    first.parcelas += 'x';
    return isCard(version);
  }),

  // the line itself: rare, a file with more than 20 % of them is refused
  change(
    'campos_de_menos',
    'rejeitado',
    ['LINHA_CAMPOS'],
    (version) => {
      version.cellError = -3;
      return version.items.length === 1 && version.payments.length === 1;
    },
    true,
  ),
  change(
    'campos_de_mais',
    'rejeitado',
    ['LINHA_CAMPOS'],
    (version) => {
      version.cellError = 2;
      return version.items.length === 1 && version.payments.length === 1;
    },
    true,
  ),
];
