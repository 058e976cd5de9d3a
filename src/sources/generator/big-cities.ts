// Residents, in thousands (IBGE, Censo 2022, rounded), of the capitals and larger cities: weights for generated orders.
// Never a statistic to report: every other municipality shares what is left of its UF.

export const BIG_CITIES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  SP: {
    'São Paulo': 11452, Guarulhos: 1292, Campinas: 1139, 'São Bernardo do Campo': 811, 'Santo André': 749, Osasco: 729, Sorocaba: 724,
    'Ribeirão Preto': 699, 'São José dos Campos': 697, 'São José do Rio Preto': 481, 'Mogi das Cruzes': 451, Jundiaí: 443, Piracicaba: 423,
    Santos: 419, Mauá: 418, Diadema: 393, Carapicuíba: 386, Bauru: 379, Itaquaquecetuba: 370, Franca: 353, 'Praia Grande': 350,
    'São Vicente': 330, Barueri: 316, Taubaté: 311, Suzano: 307, Limeira: 292, Guarujá: 288, Sumaré: 280, Cotia: 274, 'Taboão da Serra': 274,
    Indaiatuba: 256, 'São Carlos': 255, Araraquara: 242, Jacareí: 240, Marília: 238, Americana: 237, Hortolândia: 237, 'Presidente Prudente': 226,
  },
  RJ: {
    'Rio de Janeiro': 6211, 'São Gonçalo': 897, 'Duque de Caxias': 808, 'Nova Iguaçu': 786, 'Campos dos Goytacazes': 484, 'Belford Roxo': 483,
    Niterói: 482, 'São João de Meriti': 441, Petrópolis: 279, 'Volta Redonda': 262, Macaé: 246, Magé: 228, 'Cabo Frio': 222,
  },
  MG: {
    'Belo Horizonte': 2316, Uberlândia: 713, Contagem: 622, 'Juiz de Fora': 541, 'Montes Claros': 414, Betim: 412, Uberaba: 338,
    'Ribeirão das Neves': 330, 'Governador Valadares': 257, Divinópolis: 231, Ipatinga: 228, 'Sete Lagoas': 227, 'Poços de Caldas': 164,
  },
  BA: {
    Salvador: 2418, 'Feira de Santana': 616, 'Vitória da Conquista': 371, Camaçari: 300, Juazeiro: 237, 'Lauro de Freitas': 203,
    Itabuna: 187, Ilhéus: 179, 'Porto Seguro': 168,
  },
  PR: {
    Curitiba: 1773, Londrina: 556, Maringá: 410, 'Ponta Grossa': 358, Cascavel: 348, 'São José dos Pinhais': 330, 'Foz do Iguaçu': 285,
    Colombo: 232, Guarapuava: 182,
  },
  RS: {
    'Porto Alegre': 1332, 'Caxias do Sul': 463, Canoas: 347, Pelotas: 325, 'Santa Maria': 272, Gravataí: 265, 'Novo Hamburgo': 228,
    Viamão: 224, 'São Leopoldo': 217, 'Passo Fundo': 206, 'Rio Grande': 192,
  },
  PE: { Recife: 1489, 'Jaboatão dos Guararapes': 644, Petrolina: 387, Caruaru: 378, Olinda: 350, Paulista: 342 },
  CE: { Fortaleza: 2429, Caucaia: 355, 'Juazeiro do Norte': 286, Maracanaú: 234, Sobral: 203 },
  PA: { Belém: 1303, Ananindeua: 479, Santarém: 332, Parauapebas: 268, Marabá: 267, Castanhal: 192 },
  SC: {
    Joinville: 616, Florianópolis: 537, Blumenau: 361, 'São José': 270, Itajaí: 265, Chapecó: 254, Palhoça: 222, Criciúma: 215,
    'Jaraguá do Sul': 182, 'Balneário Camboriú': 139,
  },
  GO: {
    Goiânia: 1437, 'Aparecida de Goiânia': 528, Anápolis: 399, 'Rio Verde': 226, 'Águas Lindas de Goiás': 226, Luziânia: 209,
    'Valparaíso de Goiás': 199,
  },
  MA: { 'São Luís': 1038, Imperatriz: 273, 'São José de Ribamar': 245, Timon: 174 },
  AM: { Manaus: 2064, Itacoatiara: 103, Manacapuru: 102 },
  PB: { 'João Pessoa': 834, 'Campina Grande': 420, 'Santa Rita': 150 },
  ES: { Serra: 521, 'Vila Velha': 468, Cariacica: 353, Vitória: 323, 'Cachoeiro de Itapemirim': 186, Linhares: 167 },
  MT: { Cuiabá: 651, 'Várzea Grande': 300, Rondonópolis: 245, Sinop: 196 },
  RN: { Natal: 751, Mossoró: 265, Parnamirim: 253 },
  PI: { Teresina: 866, Parnaíba: 162 },
  AL: { Maceió: 958, Arapiraca: 235 },
  DF: { Brasília: 2817 },
  MS: { 'Campo Grande': 898, Dourados: 243, 'Três Lagoas': 132 },
  SE: { Aracaju: 603, 'Nossa Senhora do Socorro': 192 },
  RO: { 'Porto Velho': 460, 'Ji-Paraná': 124 },
  TO: { Palmas: 303, Araguaína: 171 },
  AC: { 'Rio Branco': 365 },
  AP: { Macapá: 443, Santana: 108 },
  RR: { 'Boa Vista': 413 },
};
