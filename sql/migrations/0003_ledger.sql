-- Schema esteira: how far each source was read, what every batch did, and what went wrong. Written in the transaction of the batch it speaks of.

CREATE SCHEMA IF NOT EXISTS esteira;

CREATE TABLE esteira.fontes (
  id_fonte         text        NOT NULL PRIMARY KEY,
  tipo             text        NOT NULL,
  nome             text        NOT NULL,
  perfil           text        NOT NULL,
  sha256           text,
  opcoes           jsonb       NOT NULL,
  recebido_em      timestamptz NOT NULL,
  lotes            integer,
  linhas_lidas     bigint      NOT NULL DEFAULT 0,
  linhas_ignoradas bigint      NOT NULL DEFAULT 0,
  registrada_em    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE esteira.lotes (
  id_lote              text        NOT NULL PRIMARY KEY,
  id_fonte             text        NOT NULL,
  posicao              text        NOT NULL,
  lidos                bigint      NOT NULL,
  aceitos              bigint      NOT NULL,
  rejeitados           bigint      NOT NULL,
  duplicados           bigint      NOT NULL,
  antigos              bigint      NOT NULL,
  linhas               bigint      NOT NULL,
  valor_aceito         numeric(18,2) NOT NULL,
  valor_rejeitado      numeric(18,2) NOT NULL,
  versao_transformacao integer     NOT NULL,
  iniciado_em          timestamptz NOT NULL,
  confirmado_em        timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT conta_fecha CHECK (lidos = aceitos + rejeitados + duplicados + antigos)
);
CREATE INDEX lotes_fonte ON esteira.lotes (id_fonte);

CREATE TABLE esteira.posicoes (
  chave         text        NOT NULL PRIMARY KEY,
  posicao       text        NOT NULL,
  epoca         bigint      NOT NULL DEFAULT 0,
  atualizado_em timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE esteira.incidentes (
  id_incidente bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tipo         text        NOT NULL,
  fonte        text,
  descricao    text        NOT NULL,
  detalhes     jsonb       NOT NULL DEFAULT '{}',
  ocorrido_em  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE esteira.vistos (
  loja        text        NOT NULL,
  id_pedido   text        NOT NULL,
  revisao     integer     NOT NULL,
  hash_origem bytea       NOT NULL,
  visto_em    timestamptz NOT NULL,
  PRIMARY KEY (loja, id_pedido, revisao, hash_origem)
);

COMMENT ON SCHEMA esteira IS 'What the pipeline knows about itself: sources, batches, positions, incidents, migrations.';
COMMENT ON TABLE esteira.fontes IS 'Every source that was ever read: a file by its content, profile and options; a store; a topic.';
COMMENT ON COLUMN esteira.fontes.id_fonte IS 'SHA-256 over content, profile and options for a file; a name for a store or topic.';
COMMENT ON COLUMN esteira.fontes.tipo IS 'arquivo, loja or topico.';
COMMENT ON COLUMN esteira.fontes.nome IS 'File name without its folder, store or topic name.';
COMMENT ON COLUMN esteira.fontes.perfil IS 'Profile it is read with.';
COMMENT ON COLUMN esteira.fontes.sha256 IS 'SHA-256 of the file''s bytes.';
COMMENT ON COLUMN esteira.fontes.opcoes IS 'Options that change what is read.';
COMMENT ON COLUMN esteira.fontes.recebido_em IS 'As-of time of the source, recorded once: --as-of, or the file''s modification time.';
COMMENT ON COLUMN esteira.fontes.lotes IS 'Number of batches the file was cut into.';
COMMENT ON COLUMN esteira.fontes.linhas_lidas IS 'Data lines in the file.';
COMMENT ON COLUMN esteira.fontes.linhas_ignoradas IS 'Lines that are not orders: totals, package summaries.';
COMMENT ON COLUMN esteira.fontes.registrada_em IS 'When it was first read.';
COMMENT ON TABLE esteira.lotes IS 'The ledger: one row per committed batch, counted in events (versions of orders).';
COMMENT ON COLUMN esteira.lotes.id_lote IS 'Chosen by the client before the transaction, so that a lost answer to COMMIT can be looked up.';
COMMENT ON COLUMN esteira.lotes.id_fonte IS 'The source.';
COMMENT ON COLUMN esteira.lotes.posicao IS 'Position of the source after this batch.';
COMMENT ON COLUMN esteira.lotes.lidos IS 'Events read.';
COMMENT ON COLUMN esteira.lotes.aceitos IS 'Events that became the current version of their order.';
COMMENT ON COLUMN esteira.lotes.rejeitados IS 'Events put into the quarantine.';
COMMENT ON COLUMN esteira.lotes.duplicados IS 'Events seen before.';
COMMENT ON COLUMN esteira.lotes.antigos IS 'Valid events older than the current version: they are in the history only.';
COMMENT ON COLUMN esteira.lotes.linhas IS 'Lines of the source in this batch.';
COMMENT ON COLUMN esteira.lotes.valor_aceito IS 'R$ of the accepted events.';
COMMENT ON COLUMN esteira.lotes.valor_rejeitado IS 'R$ of the rejected events, where it can be read.';
COMMENT ON COLUMN esteira.lotes.versao_transformacao IS 'Version of the transform.';
COMMENT ON COLUMN esteira.lotes.iniciado_em IS 'When work on the batch began.';
COMMENT ON COLUMN esteira.lotes.confirmado_em IS 'When the batch was written.';
COMMENT ON TABLE esteira.posicoes IS 'How far each source was read: moved only in the transaction that writes the rows.';
COMMENT ON COLUMN esteira.posicoes.chave IS 'The source, or group, cluster, topic id and partition.';
COMMENT ON COLUMN esteira.posicoes.posicao IS 'Next thing to read, as its source understands it.';
COMMENT ON COLUMN esteira.posicoes.epoca IS 'Raised whenever a reader takes the position over: a resumed zombie loses the comparison.';
COMMENT ON COLUMN esteira.posicoes.atualizado_em IS 'When it last moved.';
COMMENT ON TABLE esteira.incidentes IS 'What an operator must know: gaps, refused batches, positions that do not fit.';
COMMENT ON COLUMN esteira.incidentes.id_incidente IS 'Number.';
COMMENT ON COLUMN esteira.incidentes.tipo IS 'Kind.';
COMMENT ON COLUMN esteira.incidentes.fonte IS 'The source it concerns.';
COMMENT ON COLUMN esteira.incidentes.descricao IS 'One sentence.';
COMMENT ON COLUMN esteira.incidentes.detalhes IS 'Figures.';
COMMENT ON COLUMN esteira.incidentes.ocorrido_em IS 'When.';
COMMENT ON TABLE esteira.vistos IS 'For sources without an update time: when a content that is already in the history was last seen in an export.';
COMMENT ON COLUMN esteira.vistos.loja IS 'The store.';
COMMENT ON COLUMN esteira.vistos.id_pedido IS 'The order.';
COMMENT ON COLUMN esteira.vistos.revisao IS 'Revision.';
COMMENT ON COLUMN esteira.vistos.hash_origem IS 'The content.';
COMMENT ON COLUMN esteira.vistos.visto_em IS 'As-of time of the newest export that showed it.';
