// What esteira.* says about how the pipeline is doing: topics and how far each is read, the last batch, the open quarantine, recent incidents. It only reads.
import type pg from 'pg';

export interface StoredPosition {
  readonly topic: string;
  readonly group: string;
  readonly topicId: string;
  readonly clusterId: string;
  readonly partition: number;
  readonly position: string;
  /** ISO 8601, UTC. */
  readonly movedAt: string;
}

export interface LastBatch {
  readonly source: string;
  readonly kind: string;
  readonly committedAt: string;
  readonly secondsAgo: number;
  readonly read: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly duplicates: number;
  readonly outdated: number;
}

export interface OpenQuarantine {
  readonly records: number;
  readonly amount: string;
  readonly oldestAt: string | null;
}

export interface StoredIncident {
  readonly kind: string;
  readonly description: string;
  readonly at: string;
}

const ISO = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Positions of the partitions of every topic id and group, the newest registration of a topic first. */
export async function readTopicPositions(client: pg.Client): Promise<StoredPosition[]> {
  const { rows } = await client.query<StoredPosition>(
    `SELECT f.nome AS topic, f.opcoes->>'grupo' AS "group", f.opcoes->>'topico_id' AS "topicId", f.opcoes->>'cluster' AS "clusterId",
       split_part(p.chave, ':', 4)::int AS partition, p.posicao AS position, ${ISO('p.atualizado_em')} AS "movedAt"
     FROM esteira.fontes f JOIN esteira.posicoes p
       ON p.chave = 'topico:' || (f.opcoes->>'cluster') || ':' || (f.opcoes->>'topico_id') || ':' || split_part(p.chave, ':', 4) || ':' || (f.opcoes->>'grupo')
     WHERE f.tipo = 'topico' AND p.chave LIKE 'topico:%' ORDER BY f.registrada_em DESC, f.nome, 2, 5`,
  );
  return rows;
}

/** The batch committed last, of whatever source; null in an empty warehouse. */
export async function readLastBatch(client: pg.Client): Promise<LastBatch | null> {
  const { rows } = await client.query<LastBatch>(
    `SELECT COALESCE(f.nome, l.id_fonte) AS source, COALESCE(f.tipo, '') AS kind, ${ISO('l.confirmado_em')} AS "committedAt",
       extract(epoch FROM clock_timestamp() - l.confirmado_em)::float8 AS "secondsAgo", l.lidos::float8 AS read, l.aceitos::float8 AS accepted,
       l.rejeitados::float8 AS rejected, l.duplicados::float8 AS duplicates, l.antigos::float8 AS outdated
     FROM esteira.lotes l LEFT JOIN esteira.fontes f ON f.id_fonte = l.id_fonte ORDER BY l.confirmado_em DESC LIMIT 1`,
  );
  return rows[0] ?? null;
}

export async function readOpenQuarantine(client: pg.Client): Promise<OpenQuarantine> {
  const { rows } = await client.query<OpenQuarantine>(
    `SELECT count(*)::float8 AS records, COALESCE(sum(valor), 0)::numeric(18,2)::text AS amount, ${ISO('min(recebido_em)')} AS "oldestAt"
     FROM pedidos_rejeitados WHERE situacao = 'aberto'`,
  );
  return rows[0] ?? { records: 0, amount: '0.00', oldestAt: null };
}

/** The last incidents, the newest first. */
export async function readIncidents(client: pg.Client, limit: number): Promise<StoredIncident[]> {
  const { rows } = await client.query<StoredIncident>(
    `SELECT tipo AS kind, descricao AS description, ${ISO('ocorrido_em')} AS at FROM esteira.incidentes ORDER BY id_incidente DESC LIMIT $1`,
    [limit],
  );
  return rows;
}

/**
 * The last batches of the ledger, the newest first: when written (America/Sao_Paulo, ISO 8601), source, events read, accepted, rejected, duplicates,
 * outdated, R$ accepted, R$ rejected, seconds of work. All as text.
 */
export async function readBatches(client: pg.Client, limit: number): Promise<(string | null)[][]> {
  const { rows } = await client.query<(string | null)[]>({
    text: `SELECT to_char(l.confirmado_em AT TIME ZONE 'America/Sao_Paulo', 'YYYY-MM-DD"T"HH24:MI:SS'), COALESCE(f.nome, l.id_fonte), l.lidos::text, l.aceitos::text,
       l.rejeitados::text, l.duplicados::text, l.antigos::text, l.valor_aceito::text, l.valor_rejeitado::text,
       GREATEST(0, round(extract(epoch FROM l.confirmado_em - l.iniciado_em), 2))::text
     FROM esteira.lotes l LEFT JOIN esteira.fontes f ON f.id_fonte = l.id_fonte ORDER BY l.confirmado_em DESC LIMIT $1`,
    values: [limit],
    rowMode: 'array',
  });
  return rows;
}
