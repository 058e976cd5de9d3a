// The invented store's shelf: 12 categories, 600 products, each with its price, popularity and months of the year.
// Never a real brand. Prices are integer centavos.
import { Random, WeightedPick } from './random.ts';

export interface Product {
  readonly sku: string;
  readonly produto: string;
  readonly categoria: string;
  /** Price in January of the first year, in centavos; later prices grow from it. */
  readonly baseCents: number;
  /** Largest quantity that people usually put in one line. */
  readonly maxQuantity: number;
  /** The name ready for a CSV cell and for a JSON value. */
  readonly produtoCsv: string;
  readonly produtoJson: string;
}

interface Category {
  readonly categoria: string;
  readonly code: string;
  readonly weight: number;
  readonly maxQuantity: number;
  /** Multiplies the weight in a month (1 to 12) or in the week of Black Friday (key 13). */
  readonly peaks: Readonly<Record<number, number>>;
  /** Ten kinds of product, `name|reais`. */
  readonly kinds: readonly string[];
  /** Five variants of each kind, cheapest first. */
  readonly variants: readonly string[];
}

const CATEGORIES: readonly Category[] = [
  {
    categoria: 'Eletrônicos',
    code: 'ELE',
    weight: 10,
    maxQuantity: 2,
    peaks: { 6: 1.1, 12: 1.2, 13: 1.9 },
    kinds: [
      'Fone de ouvido bluetooth|149',
      'Caixa de som portátil|229',
      'Smart TV|2199',
      'Soundbar|799',
      'Câmera de segurança Wi-Fi|199',
      'Relógio inteligente|349',
      'Projetor portátil|899',
      'Carregador turbo|79',
      'Cabo HDMI|39',
      'Drone compacto|1290',
    ],
    variants: ['básico', 'preto', 'branco', 'edição 2, preto', 'premium'],
  },
  {
    categoria: 'Celulares',
    code: 'CEL',
    weight: 7,
    maxQuantity: 2,
    peaks: { 5: 1.2, 12: 1.2, 13: 1.8 },
    kinds: [
      'Smartphone 64 GB|799',
      'Smartphone 128 GB|1199',
      'Smartphone 256 GB|1899',
      'Smartphone dobrável|4999',
      'Capa de silicone|39',
      'Película de vidro|25',
      'Suporte veicular|49',
      'Bateria externa|119',
      'Cabo USB-C|29',
      'Fone com fio|35',
    ],
    variants: ['azul', 'grafite', 'prata', 'verde', 'Pro'],
  },
  {
    categoria: 'Informática',
    code: 'INF',
    weight: 9,
    maxQuantity: 2,
    peaks: { 1: 1.1, 2: 1.2, 13: 1.7 },
    kinds: [
      'Notebook|2899',
      'Monitor|899',
      'Teclado mecânico|259',
      'Mouse sem fio|89',
      'SSD|279',
      'Roteador Wi-Fi|219',
      'Webcam|159',
      'Impressora multifuncional|699',
      'Pen drive|39',
      'Cadeira de escritório|749',
    ],
    variants: ['essencial', '14"', '15,6"', '27"', 'gamer'],
  },
  {
    categoria: 'Moda',
    code: 'MOD',
    weight: 17,
    maxQuantity: 4,
    peaks: { 5: 1.25, 6: 1.2, 8: 1.1, 12: 1.35, 13: 1.1 },
    kinds: [
      'Camiseta de algodão|49',
      'Vestido midi|129',
      'Calça jeans|139',
      'Tênis casual|229',
      'Bolsa transversal|119',
      'Jaqueta corta-vento|189',
      'Saia plissada|89',
      'Camisa de linho|149',
      'Sandália|99',
      'Kit de meias, 6 pares|39',
    ],
    variants: ['P', 'M', 'G', 'GG', 'edição especial'],
  },
  {
    categoria: 'Casa e Decoração',
    code: 'CAS',
    weight: 12,
    maxQuantity: 4,
    peaks: { 1: 1.15, 5: 1.15 },
    kinds: [
      'Jogo de lençol|159',
      'Toalha de banho|45',
      'Luminária de mesa|119',
      'Tapete|199',
      'Cortina blackout|149',
      'Conjunto de panelas|349',
      'Jogo de facas|129',
      'Vaso de cerâmica|69',
      'Organizador de gavetas|49',
      'Quadro decorativo|89',
    ],
    variants: ['pequeno', 'médio', 'grande', 'cinza, 2 peças', 'casal'],
  },
  {
    categoria: 'Beleza e Perfumaria',
    code: 'BEL',
    weight: 14,
    maxQuantity: 3,
    peaks: { 3: 1.15, 5: 1.5, 6: 1.3, 12: 1.3 },
    kinds: [
      'Perfume|189',
      'Hidratante corporal|45',
      'Protetor solar FPS 50|59',
      'Batom líquido|39',
      'Xampu|32',
      'Máscara capilar|49',
      'Base facial|69',
      'Sérum de vitamina C|89',
      'Secador de cabelo|199',
      'Barbeador elétrico|179',
    ],
    variants: ['30 ml', '50 ml', '100 ml', 'kit com 2', 'kit presente'],
  },
  {
    categoria: 'Esporte e Lazer',
    code: 'ESP',
    weight: 8,
    maxQuantity: 3,
    peaks: { 1: 1.3, 8: 1.1, 12: 1.1 },
    kinds: [
      'Tênis de corrida|329',
      'Bola de futebol|99',
      'Halteres, par|129',
      'Colchonete|69',
      'Bicicleta aro 29|1390',
      'Mochila de hidratação|159',
      'Garrafa térmica|79',
      'Corda de pular|35',
      'Barraca para 4 pessoas|399',
      'Patins|289',
    ],
    variants: ['iniciante', 'preto', 'azul', 'treino', 'competição'],
  },
  {
    categoria: 'Brinquedos',
    code: 'BRI',
    weight: 6,
    maxQuantity: 3,
    peaks: { 9: 1.3, 10: 2.4, 12: 2, 13: 1.1 },
    kinds: [
      'Blocos de montar|119',
      'Boneca|89',
      'Carrinho de controle remoto|159',
      'Quebra-cabeça|49',
      'Jogo de tabuleiro|129',
      'Pelúcia|69',
      'Massinha de modelar|35',
      'Triciclo infantil|249',
      'Pista de corrida|179',
      'Instrumento musical infantil|79',
    ],
    variants: ['mini', 'clássico', 'divertido', '500 peças', 'luxo'],
  },
  {
    categoria: 'Livros',
    code: 'LIV',
    weight: 6,
    maxQuantity: 2,
    peaks: { 1: 1.6, 2: 1.6, 13: 1.1 },
    kinds: [
      'Romance brasileiro|49',
      'Livro de receitas|69',
      'Guia de viagem|59',
      'Livro infantil ilustrado|39',
      'Biografia|55',
      'Manual de programação|119',
      'Contos de suspense|45',
      'Livro de finanças pessoais|42',
      'Atlas ilustrado|99',
      'Poesia reunida|52',
    ],
    variants: ['digital', 'bolso', 'brochura', 'capa dura', 'edição comentada'],
  },
  {
    categoria: 'Pet Shop',
    code: 'PET',
    weight: 6,
    maxQuantity: 4,
    peaks: {},
    kinds: [
      'Ração para cães|159',
      'Ração para gatos|139',
      'Areia higiênica|39',
      'Coleira|35',
      'Cama pet|119',
      'Brinquedo mordedor|29',
      'Bebedouro automático|89',
      'Petisco|19',
      'Arranhador|149',
      'Tapete higiênico|69',
    ],
    variants: ['1 kg', '3 kg', 'porte pequeno', 'porte médio', 'porte grande'],
  },
  {
    categoria: 'Alimentos e Bebidas',
    code: 'ALI',
    weight: 5,
    maxQuantity: 6,
    peaks: { 4: 1.3, 12: 1.4 },
    kinds: [
      'Café em grãos|49',
      'Azeite extravirgem|45',
      'Chocolate 70 %|24',
      'Vinho tinto|69',
      'Granola|29',
      'Castanha-do-pará|39',
      'Mel silvestre|34',
      'Chá de hibisco|19',
      'Cachaça artesanal|89',
      'Cesta de produtos mineiros|179',
    ],
    variants: ['unidade', '250 g', '500 g', 'caixa com 6', 'orgânico'],
  },
  {
    categoria: 'Eletrodomésticos',
    code: 'ELD',
    weight: 6,
    maxQuantity: 1,
    peaks: { 1: 1.1, 5: 1.15, 13: 1.9 },
    kinds: [
      'Geladeira frost free|2699',
      'Fogão de 4 bocas|999',
      'Micro-ondas|649',
      'Lava e seca|3199',
      'Fritadeira sem óleo|349',
      'Liquidificador|149',
      'Aspirador robô|899',
      'Cafeteira|249',
      'Ventilador de coluna|199',
      'Ar-condicionado split|1999',
    ],
    variants: ['compacto', '110 V', '220 V', 'inox', 'inverter'],
  },
];

const BLACK_FRIDAY_PEAK = 13;
const VARIANT_FACTORS = [0.85, 0.95, 1, 1.12, 1.38];

function makeProducts(): { products: Product[]; categoryOf: Category[]; popularity: number[] } {
  const random = new Random(20_230_101, 600);
  const products: Product[] = [];
  const categoryOf: Category[] = [];
  const popularity: number[] = [];
  for (const category of CATEGORIES) {
    const ranks = Array.from({ length: 50 }, (_, index) => index + 1);
    for (let index = ranks.length - 1; index > 0; index -= 1) {
      const other = random.below(index + 1);
      [ranks[index], ranks[other]] = [ranks[other] as number, ranks[index] as number];
    }
    for (const [kindIndex, kind] of category.kinds.entries()) {
      const [name = '', reais = ''] = kind.split('|');
      for (const [variantIndex, variant] of category.variants.entries()) {
        const place = kindIndex * 5 + variantIndex;
        const produto = `${name} ${variant}`;
        products.push({
          sku: `${category.code}-${String(place + 1).padStart(3, '0')}`,
          produto,
          categoria: category.categoria,
          baseCents: Math.round(Number(reais) * (VARIANT_FACTORS[variantIndex] as number) * 100),
          maxQuantity: category.maxQuantity,
          produtoCsv: /[",]/.test(produto) ? `"${produto.replaceAll('"', '""')}"` : produto,
          produtoJson: JSON.stringify(produto),
        });
        categoryOf.push(category);
        // Zipf within the category; a product of R$ 2,000 sells about a fifth as often as one of R$ 50.
        popularity.push((ranks[place] as number) ** -0.95 * Number(reais) ** -0.45);
      }
    }
    // The weight of a category stays what its declaration says, whatever its prices are.
    const from = products.length - 50;
    const sum = popularity.slice(from).reduce((total, value) => total + value, 0);
    for (let index = from; index < products.length; index += 1)
      popularity[index] = ((popularity[index] as number) / sum) * category.weight;
  }
  return { products, categoryOf, popularity };
}

const shelf = makeProducts();

export const PRODUCTS: readonly Product[] = shelf.products;

/** One sampler for each month 1 to 12, and one (index 13) for the week of Black Friday; index 0 is unused. */
export function productSamplers(): WeightedPick[] {
  return Array.from(
    { length: BLACK_FRIDAY_PEAK + 1 },
    (_, peak) =>
      new WeightedPick(shelf.popularity.map((weight, index) => weight * (shelf.categoryOf[index]?.peaks[peak] ?? 1))),
  );
}

/** Price in centavos `monthIndex` months after the first, ending in ,90 from R$ 10 on; `factor` is a promotion (1 = none). */
export function priceCents(product: Product, monthIndex: number, factor: number): number {
  const cents = product.baseCents * (1 + 0.0042 * monthIndex) * factor;
  return cents < 1000 ? Math.max(1, Math.round(cents)) : Math.round(cents / 100) * 100 - 10;
}
