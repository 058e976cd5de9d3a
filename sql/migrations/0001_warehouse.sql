-- The warehouse: orders as they stand now, their items, payments and customers, every version ever seen, and what was rejected.
-- Money is BRL numeric(14,2); times are timestamptz; dates of sale are days in America/Sao_Paulo; ids are text.
-- Written only by the loader, in one transaction per batch. No foreign keys: the loader replaces whole orders, and `esteira check` proves the links.

CREATE TABLE pedidos (
  loja                   text          NOT NULL,
  id_pedido              text          NOT NULL,
  data_pedido            timestamptz   NOT NULL,
  data_venda             date          NOT NULL,
  hora_venda             smallint      NOT NULL,
  atualizado_em          timestamptz   NOT NULL,
  atualizado_em_estimado boolean       NOT NULL,
  revisao                integer       NOT NULL,
  hash_origem            bytea         NOT NULL,
  canal                  text          NOT NULL CHECK (canal IN ('Site', 'App', 'Marketplace', 'Outro')),
  canal_origem           text          NOT NULL,
  status                 text          NOT NULL CHECK (status IN ('Pago', 'Pendente', 'Cancelado', 'Reembolsado')),
  status_origem          text          NOT NULL,
  situacao_entrega       text          CHECK (situacao_entrega IN ('Não enviado', 'Enviado', 'Entregue', 'Devolvido')),
  chave_cliente          uuid,
  cep                    text,
  cidade                 text,
  uf                     text,
  codigo_ibge            integer,
  regiao                 text,
  itens                  integer       NOT NULL,
  unidades               bigint        NOT NULL,
  valor_itens            numeric(14,2) NOT NULL,
  frete                  numeric(14,2) NOT NULL,
  desconto               numeric(14,2) NOT NULL,
  valor_total            numeric(14,2) NOT NULL,
  valor_calculado        numeric(14,2) NOT NULL,
  valor_reembolsado      numeric(14,2) NOT NULL,
  valor_cobrado          numeric(14,2),
  comissao               numeric(14,2),
  pago_em                timestamptz,
  enviado_em             timestamptz,
  entregue_em            timestamptz,
  prazo_entrega          timestamptz,
  excluido_em            timestamptz,
  avisos                 text[]        NOT NULL,
  recebido_em            timestamptz   NOT NULL,
  versao_transformacao   integer       NOT NULL,
  PRIMARY KEY (loja, id_pedido)
);
CREATE INDEX pedidos_data_venda ON pedidos (data_venda);

CREATE TABLE itens_pedido (
  loja           text          NOT NULL,
  id_pedido      text          NOT NULL,
  n_item         integer       NOT NULL,
  data_venda     date          NOT NULL,
  canal          text          NOT NULL,
  status         text          NOT NULL,
  uf             text,
  excluido       boolean       NOT NULL,
  sku            text          NOT NULL,
  produto        text          NOT NULL,
  categoria      text          NOT NULL,
  quantidade     integer       NOT NULL CHECK (quantidade > 0),
  preco_unitario numeric(14,2) NOT NULL,
  desconto       numeric(14,2) NOT NULL,
  valor          numeric(14,2) NOT NULL,
  PRIMARY KEY (loja, id_pedido, n_item)
);
-- the days that a period has beyond its whole months are read through it, without their orders (docs/decisions/0002)
CREATE INDEX itens_pedido_data_venda ON itens_pedido (data_venda);

CREATE TABLE pagamentos (
  loja         text          NOT NULL,
  id_pedido    text          NOT NULL,
  n_pagamento  integer       NOT NULL,
  forma        text          NOT NULL CHECK (forma IN ('Pix', 'Boleto', 'Cartão de crédito', 'Cartão de débito', 'Carteira', 'Vale', 'Outro')),
  forma_origem text          NOT NULL,
  parcelas     smallint,
  valor        numeric(14,2) NOT NULL,
  PRIMARY KEY (loja, id_pedido, n_pagamento)
);

CREATE TABLE clientes (
  loja          text        NOT NULL,
  chave_cliente uuid        NOT NULL,
  tipo_chave    text        NOT NULL CHECK (tipo_chave IN ('documento', 'id_cliente', 'email')),
  id_cliente    text,
  documento     text,
  tipo_pessoa   text        CHECK (tipo_pessoa IN ('PF', 'PJ')),
  nome          text,
  email         text,
  telefone      text,
  data_pedido   timestamptz NOT NULL,
  id_pedido     text        NOT NULL,
  versao_em     timestamptz NOT NULL,
  revisao       integer     NOT NULL,
  hash_origem   bytea       NOT NULL,
  PRIMARY KEY (loja, chave_cliente)
);

CREATE TABLE produtos (
  loja          text        NOT NULL,
  sku           text        NOT NULL,
  produto       text        NOT NULL,
  categoria     text        NOT NULL,
  data_pedido   timestamptz NOT NULL,
  id_pedido     text        NOT NULL,
  versao_em     timestamptz NOT NULL,
  revisao       integer     NOT NULL,
  hash_origem   bytea       NOT NULL,
  n_item        integer     NOT NULL,
  PRIMARY KEY (loja, sku)
);

CREATE TABLE historico_status (
  loja                   text          NOT NULL,
  id_pedido              text          NOT NULL,
  atualizado_em          timestamptz   NOT NULL,
  revisao                integer       NOT NULL,
  hash_origem            bytea         NOT NULL,
  atualizado_em_estimado boolean       NOT NULL,
  status                 text          NOT NULL,
  situacao_entrega       text,
  valor_total            numeric(14,2) NOT NULL,
  recebido_em            timestamptz   NOT NULL,
  PRIMARY KEY (loja, id_pedido, atualizado_em, revisao, hash_origem)
);

CREATE TABLE pedidos_rejeitados (
  loja                 text        NOT NULL,
  hash_original        bytea       NOT NULL,
  id_pedido            text,
  atualizado_em        timestamptz NOT NULL,
  revisao              integer     NOT NULL,
  motivos              text[]      NOT NULL CHECK (cardinality(motivos) > 0),
  avisos               text[]      NOT NULL,
  detalhes             jsonb       NOT NULL,
  data_venda           date,
  canal                text,
  uf                   text,
  valor                numeric(14,2),
  formato              text        NOT NULL,
  perfil               text        NOT NULL,
  cabecalho            text,
  original             text        NOT NULL,
  fonte                text        NOT NULL,
  linha                bigint,
  particao             integer,
  deslocamento         bigint,
  chave_mensagem       text,
  codificacao          text        NOT NULL DEFAULT 'texto' CHECK (codificacao IN ('texto', 'base64', 'vazia')),
  recebido_em          timestamptz NOT NULL,
  versao_transformacao integer     NOT NULL,
  vezes                integer     NOT NULL DEFAULT 1,
  situacao             text        NOT NULL DEFAULT 'aberto' CHECK (situacao IN ('aberto', 'resolvido', 'descartado')),
  situacao_motivo      text,
  situacao_em          timestamptz,
  PRIMARY KEY (loja, hash_original)
);
CREATE INDEX pedidos_rejeitados_pedido ON pedidos_rejeitados (loja, id_pedido);
-- how many are open, and how much they are worth, stands beside every answer: without the originals being read
CREATE INDEX pedidos_rejeitados_abertos ON pedidos_rejeitados (data_venda, loja) INCLUDE (valor) WHERE situacao = 'aberto';

CREATE TABLE municipios (
  codigo_ibge integer NOT NULL PRIMARY KEY,
  nome        text    NOT NULL,
  uf          text    NOT NULL,
  regiao      text    NOT NULL,
  capital     boolean NOT NULL,
  UNIQUE (uf, nome)
);

CREATE TABLE calendario (
  data           date     NOT NULL PRIMARY KEY,
  ano            smallint NOT NULL,
  mes            smallint NOT NULL,
  dia            smallint NOT NULL,
  dia_semana     smallint NOT NULL CHECK (dia_semana BETWEEN 1 AND 7),
  feriado        text,
  data_comercial text
);

COMMENT ON TABLE pedidos IS 'One row per order, as its newest known version says. Key: loja, id_pedido.';
COMMENT ON COLUMN pedidos.loja IS 'The store, as configured: two stores may use the same order numbers.';
COMMENT ON COLUMN pedidos.id_pedido IS 'The order number exactly as the store wrote it; never a number.';
COMMENT ON COLUMN pedidos.data_pedido IS 'When the order was placed.';
COMMENT ON COLUMN pedidos.data_venda IS 'Day of data_pedido in America/Sao_Paulo: the day that every analysis uses.';
COMMENT ON COLUMN pedidos.hora_venda IS 'Hour (0-23) of data_pedido in America/Sao_Paulo.';
COMMENT ON COLUMN pedidos.atualizado_em IS 'When the store last changed this version; orders versions together with revisao and hash_origem.';
COMMENT ON COLUMN pedidos.atualizado_em_estimado IS 'True when the source has no update time: then it is the time of the export in which this content was first seen.';
COMMENT ON COLUMN pedidos.revisao IS '0 as the store sent it, n for the n-th correction made by hand from the quarantine.';
COMMENT ON COLUMN pedidos.hash_origem IS 'SHA-256 of the canonical original document.';
COMMENT ON COLUMN pedidos.canal IS 'Sales channel: Site, App, Marketplace or Outro.';
COMMENT ON COLUMN pedidos.canal_origem IS 'The channel in the source''s own word.';
COMMENT ON COLUMN pedidos.status IS 'Pago, Pendente, Cancelado or Reembolsado.';
COMMENT ON COLUMN pedidos.status_origem IS 'The status in the source''s own words.';
COMMENT ON COLUMN pedidos.situacao_entrega IS 'Não enviado, Enviado, Entregue or Devolvido; null when unknown.';
COMMENT ON COLUMN pedidos.chave_cliente IS 'The customer, see clientes; null when the order names none.';
COMMENT ON COLUMN pedidos.cep IS 'Delivery postcode, 8 digits, or 5 when the source gives only the prefix.';
COMMENT ON COLUMN pedidos.cidade IS 'Delivery city in the IBGE''s spelling where it is known, else as written.';
COMMENT ON COLUMN pedidos.uf IS 'Delivery state (two letters); null when the source has no address.';
COMMENT ON COLUMN pedidos.codigo_ibge IS 'IBGE code of the delivery municipality; null when the city is not known.';
COMMENT ON COLUMN pedidos.regiao IS 'Norte, Nordeste, Centro-Oeste, Sudeste or Sul, from uf.';
COMMENT ON COLUMN pedidos.itens IS 'Number of item lines.';
COMMENT ON COLUMN pedidos.unidades IS 'Sum of the items'' quantities.';
COMMENT ON COLUMN pedidos.valor_itens IS 'R$: sum of quantity x price minus the items'' own discounts.';
COMMENT ON COLUMN pedidos.frete IS 'R$ of freight charged to the customer.';
COMMENT ON COLUMN pedidos.desconto IS 'R$ of discount on the whole order, without the items'' own.';
COMMENT ON COLUMN pedidos.valor_total IS 'R$ total as stated by the store, or valor_calculado when it states none.';
COMMENT ON COLUMN pedidos.valor_calculado IS 'R$: valor_itens + frete - desconto.';
COMMENT ON COLUMN pedidos.valor_reembolsado IS 'R$ given back; the whole total when Reembolsado without a stated value.';
COMMENT ON COLUMN pedidos.valor_cobrado IS 'R$ charged in the end, instalment interest included; null when not stated.';
COMMENT ON COLUMN pedidos.comissao IS 'R$ kept by the marketplace; null when not stated.';
COMMENT ON COLUMN pedidos.pago_em IS 'When the payment was confirmed.';
COMMENT ON COLUMN pedidos.enviado_em IS 'When the order was dispatched.';
COMMENT ON COLUMN pedidos.entregue_em IS 'When the order was delivered.';
COMMENT ON COLUMN pedidos.prazo_entrega IS 'Promised delivery time.';
COMMENT ON COLUMN pedidos.excluido_em IS 'When the store deleted the order: it stays here but leaves every rollup.';
COMMENT ON COLUMN pedidos.avisos IS 'Rules of severity aviso that this order broke (docs/rules.md).';
COMMENT ON COLUMN pedidos.recebido_em IS 'When this version was first read: the export''s as-of time or the Kafka record time. Fixed, kept on replay.';
COMMENT ON COLUMN pedidos.versao_transformacao IS 'Version of the transform that made this row.';

COMMENT ON TABLE itens_pedido IS 'The items of the current version of each order. Key: loja, id_pedido, n_item.';
COMMENT ON COLUMN itens_pedido.loja IS 'The store.';
COMMENT ON COLUMN itens_pedido.id_pedido IS 'The order.';
COMMENT ON COLUMN itens_pedido.n_item IS 'Number of the item in the order, as stated or by position from 1.';
COMMENT ON COLUMN itens_pedido.data_venda IS 'Day of sale, as in pedidos: written with the order, so that days are summed without a join.';
COMMENT ON COLUMN itens_pedido.canal IS 'Channel of the order, as in pedidos.';
COMMENT ON COLUMN itens_pedido.status IS 'Status of the order, as in pedidos.';
COMMENT ON COLUMN itens_pedido.uf IS 'Delivery state of the order, as in pedidos; null when the source has no address.';
COMMENT ON COLUMN itens_pedido.excluido IS 'True when the store deleted the order (pedidos.excluido_em): analyses leave the item out.';
COMMENT ON COLUMN itens_pedido.sku IS 'Stock keeping unit, upper case; the product''s name when the source has no SKU.';
COMMENT ON COLUMN itens_pedido.produto IS 'Product name on this order; the SKU when the source has no name.';
COMMENT ON COLUMN itens_pedido.categoria IS 'Category; ''Sem categoria'' when blank.';
COMMENT ON COLUMN itens_pedido.quantidade IS 'Units, at least 1.';
COMMENT ON COLUMN itens_pedido.preco_unitario IS 'R$ per unit before the item''s discount.';
COMMENT ON COLUMN itens_pedido.desconto IS 'R$ of discount on the whole line.';
COMMENT ON COLUMN itens_pedido.valor IS 'R$: quantidade x preco_unitario - desconto.';

COMMENT ON TABLE pagamentos IS 'The payments of the current version of each order. Key: loja, id_pedido, n_pagamento.';
COMMENT ON COLUMN pagamentos.loja IS 'The store.';
COMMENT ON COLUMN pagamentos.id_pedido IS 'The order.';
COMMENT ON COLUMN pagamentos.n_pagamento IS 'Position of the payment in the order, from 1.';
COMMENT ON COLUMN pagamentos.forma IS 'Means of payment, canonical.';
COMMENT ON COLUMN pagamentos.forma_origem IS 'Means of payment in the source''s own words.';
COMMENT ON COLUMN pagamentos.parcelas IS 'Number of instalments, 1 to 24; null when the source''s value cannot be used.';
COMMENT ON COLUMN pagamentos.valor IS 'R$ of this payment.';

COMMENT ON TABLE clientes IS 'One row per customer of a store: the only table with personal data besides the originals in the quarantine.';
COMMENT ON COLUMN clientes.loja IS 'The store.';
COMMENT ON COLUMN clientes.chave_cliente IS 'First 128 bits of SHA-256 over the kind and value of the identifying field.';
COMMENT ON COLUMN clientes.tipo_chave IS 'Which field identifies the customer: documento, else id_cliente, else email.';
COMMENT ON COLUMN clientes.id_cliente IS 'The store''s own customer number.';
COMMENT ON COLUMN clientes.documento IS 'CPF (11 digits) or CNPJ (14 characters) with valid check digits.';
COMMENT ON COLUMN clientes.tipo_pessoa IS 'PF for a CPF, PJ for a CNPJ.';
COMMENT ON COLUMN clientes.nome IS 'Name on the customer''s newest order.';
COMMENT ON COLUMN clientes.email IS 'E-mail, lower case.';
COMMENT ON COLUMN clientes.telefone IS 'Phone with area code, digits only, without the country code.';
COMMENT ON COLUMN clientes.data_pedido IS 'When the order that these fields come from was placed: the newest order wins.';
COMMENT ON COLUMN clientes.id_pedido IS 'That order.';
COMMENT ON COLUMN clientes.versao_em IS 'Stated update time of its version; 1970-01-01 when the source states none.';
COMMENT ON COLUMN clientes.revisao IS 'Revision of that version.';
COMMENT ON COLUMN clientes.hash_origem IS 'Hash of that version.';

COMMENT ON TABLE produtos IS 'One row per SKU of a store: its newest name and category.';
COMMENT ON COLUMN produtos.loja IS 'The store.';
COMMENT ON COLUMN produtos.sku IS 'Stock keeping unit, as in itens_pedido.';
COMMENT ON COLUMN produtos.produto IS 'Newest product name.';
COMMENT ON COLUMN produtos.categoria IS 'Newest category.';
COMMENT ON COLUMN produtos.data_pedido IS 'When the order that these fields come from was placed: the newest order wins.';
COMMENT ON COLUMN produtos.id_pedido IS 'That order.';
COMMENT ON COLUMN produtos.versao_em IS 'Stated update time of its version; 1970-01-01 when the source states none.';
COMMENT ON COLUMN produtos.revisao IS 'Revision of that version.';
COMMENT ON COLUMN produtos.hash_origem IS 'Hash of that version.';
COMMENT ON COLUMN produtos.n_item IS 'Item of that version.';

COMMENT ON TABLE historico_status IS 'Every valid version of every order ever read, whatever its order of arrival.';
COMMENT ON COLUMN historico_status.loja IS 'The store.';
COMMENT ON COLUMN historico_status.id_pedido IS 'The order.';
COMMENT ON COLUMN historico_status.atualizado_em IS 'Time of the version; for an estimated one, the earliest export that showed this content.';
COMMENT ON COLUMN historico_status.revisao IS 'Revision of the version.';
COMMENT ON COLUMN historico_status.hash_origem IS 'SHA-256 of the version''s canonical document.';
COMMENT ON COLUMN historico_status.atualizado_em_estimado IS 'True when the source had no update time.';
COMMENT ON COLUMN historico_status.status IS 'Status in this version.';
COMMENT ON COLUMN historico_status.situacao_entrega IS 'Delivery state in this version.';
COMMENT ON COLUMN historico_status.valor_total IS 'R$ total in this version.';
COMMENT ON COLUMN historico_status.recebido_em IS 'When this version was first read.';

COMMENT ON TABLE pedidos_rejeitados IS 'The quarantine: every rejected order version or record, with its original text and all reasons. Key: loja, hash_original.';
COMMENT ON COLUMN pedidos_rejeitados.loja IS 'The store; empty when it cannot be read.';
COMMENT ON COLUMN pedidos_rejeitados.hash_original IS 'SHA-256 of the canonical original document.';
COMMENT ON COLUMN pedidos_rejeitados.id_pedido IS 'The order, when its number can be read.';
COMMENT ON COLUMN pedidos_rejeitados.atualizado_em IS 'Time of the rejected version; recebido_em when it cannot be read.';
COMMENT ON COLUMN pedidos_rejeitados.revisao IS 'Revision of the rejected version.';
COMMENT ON COLUMN pedidos_rejeitados.motivos IS 'All rules of severity erro that it broke (docs/rules.md).';
COMMENT ON COLUMN pedidos_rejeitados.avisos IS 'Rules of severity aviso that it broke.';
COMMENT ON COLUMN pedidos_rejeitados.detalhes IS 'The offending fields as written: a list of {codigo, campo, valor}. Personal fields are named without their value.';
COMMENT ON COLUMN pedidos_rejeitados.data_venda IS 'Day of sale, when it can be read.';
COMMENT ON COLUMN pedidos_rejeitados.canal IS 'Channel, when it can be read.';
COMMENT ON COLUMN pedidos_rejeitados.uf IS 'Delivery state, when it can be read.';
COMMENT ON COLUMN pedidos_rejeitados.valor IS 'R$ at stake: the stated total, else the sum of the items, when either can be read.';
COMMENT ON COLUMN pedidos_rejeitados.formato IS 'csv, jsonl or parquet: how original is to be read.';
COMMENT ON COLUMN pedidos_rejeitados.perfil IS 'The profile that it was read with.';
COMMENT ON COLUMN pedidos_rejeitados.cabecalho IS 'The header line that original belongs to (CSV).';
COMMENT ON COLUMN pedidos_rejeitados.original IS 'The original text, whole.';
COMMENT ON COLUMN pedidos_rejeitados.fonte IS 'Name of the file, store or topic it came from.';
COMMENT ON COLUMN pedidos_rejeitados.linha IS 'Line in the file, or offset in the partition.';
COMMENT ON COLUMN pedidos_rejeitados.particao IS 'Partition of the topic it was read from; null when it came from a file or a store.';
COMMENT ON COLUMN pedidos_rejeitados.deslocamento IS 'Offset in that partition, where it was first seen.';
COMMENT ON COLUMN pedidos_rejeitados.chave_mensagem IS 'Key of the message; in hexadecimal after 0x when it is not text.';
COMMENT ON COLUMN pedidos_rejeitados.codificacao IS 'How original stands there: texto as it was, base64 when the bytes are no text, vazia when the message had no value (a tombstone).';
COMMENT ON COLUMN pedidos_rejeitados.recebido_em IS 'When it was first read.';
COMMENT ON COLUMN pedidos_rejeitados.versao_transformacao IS 'Version of the transform that rejected it.';
COMMENT ON COLUMN pedidos_rejeitados.vezes IS 'How many times the same original was read.';
COMMENT ON COLUMN pedidos_rejeitados.situacao IS 'aberto, resolvido (this version or a larger one was accepted) or descartado (by hand).';
COMMENT ON COLUMN pedidos_rejeitados.situacao_motivo IS 'Why it was resolved or discarded.';
COMMENT ON COLUMN pedidos_rejeitados.situacao_em IS 'When situacao last changed.';

COMMENT ON TABLE municipios IS 'The 5,571 municipalities of the IBGE.';
COMMENT ON COLUMN municipios.codigo_ibge IS 'IBGE code, 7 digits.';
COMMENT ON COLUMN municipios.nome IS 'Official name.';
COMMENT ON COLUMN municipios.uf IS 'State.';
COMMENT ON COLUMN municipios.regiao IS 'Region of the state.';
COMMENT ON COLUMN municipios.capital IS 'True for the capital of a state.';

COMMENT ON TABLE calendario IS 'One row per day: national holidays and the dates that retail lives by.';
COMMENT ON COLUMN calendario.data IS 'The day.';
COMMENT ON COLUMN calendario.ano IS 'Year.';
COMMENT ON COLUMN calendario.mes IS 'Month, 1-12.';
COMMENT ON COLUMN calendario.dia IS 'Day of the month.';
COMMENT ON COLUMN calendario.dia_semana IS 'Day of the week, 1 Monday to 7 Sunday (ISO 8601).';
COMMENT ON COLUMN calendario.feriado IS 'National holiday, or null.';
COMMENT ON COLUMN calendario.data_comercial IS 'Commercial date such as Black Friday, or null.';
