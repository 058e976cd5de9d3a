// Topics in the registry of sources: one source for every topic id and group, one position for each of its partitions.
// A topic that is created anew has another id and thus other positions: it is never taken for the old one.
import type pg from 'pg';
import { recordIncident } from './incidents.ts';
import { takeOver } from './positions.ts';

/** A topic as a group reads it. */
export interface TopicSource {
  readonly clusterId: string;
  readonly topicId: string;
  readonly topic: string;
  readonly group: string;
}

/** Offset in a partition. */
export interface PartitionOffset {
  readonly partition: number;
  readonly offset: bigint;
}

/** Key in esteira.fontes. The group, which may hold any character, stands last. */
export function topicSourceId(source: TopicSource): string {
  return `topico:${source.clusterId}:${source.topicId}:${source.group}`;
}

/** Key in esteira.posicoes. */
export function partitionKey(source: TopicSource, partition: number): string {
  return `topico:${source.clusterId}:${source.topicId}:${partition}:${source.group}`;
}

/**
 * Registers a topic with the positions where reading begins, unless that was done before. Returns the id that the group knew a topic of this name
 * by, when it is another: then nothing was registered, and going on would skip or repeat orders.
 */
export async function registerTopic(
  client: pg.Client,
  source: TopicSource,
  starts: readonly PartitionOffset[],
): Promise<string | null> {
  const id = topicSourceId(source);
  const { rows } = await client.query<{ id_fonte: string }>(
    `SELECT id_fonte FROM esteira.fontes WHERE tipo = 'topico' AND nome = $1 AND opcoes->>'grupo' = $2 ORDER BY id_fonte = $3 DESC, registrada_em DESC LIMIT 1`,
    [source.topic, source.group, id],
  );
  const known = rows[0]?.id_fonte;
  if (known === id) return null;
  if (known !== undefined) return known;
  await inTransaction(client, () => insertTopic(client, source, starts));
  return null;
}

async function insertTopic(client: pg.Client, source: TopicSource, starts: readonly PartitionOffset[]): Promise<void> {
  await client.query(
    `INSERT INTO esteira.fontes (id_fonte, tipo, nome, perfil, opcoes, recebido_em) VALUES ($1, 'topico', $2, 'esteira', $3, now()) ON CONFLICT (id_fonte) DO NOTHING`,
    [
      topicSourceId(source),
      source.topic,
      JSON.stringify({ grupo: source.group, cluster: source.clusterId, topico_id: source.topicId }),
    ],
  );
  await client.query(
    `INSERT INTO esteira.posicoes (chave, posicao) SELECT * FROM unnest($1::text[], $2::text[]) AS i (chave, posicao) ORDER BY chave COLLATE "C"
     ON CONFLICT (chave) DO NOTHING`,
    [starts.map(({ partition }) => partitionKey(source, partition)), starts.map(({ offset }) => String(offset))],
  );
}

/** Sets the positions of a topic by hand, whoever reads it: each loses its next batch. The change is on record (POSICAO_ALTERADA), with what stood before. */
export async function setPositions(
  client: pg.Client,
  source: TopicSource,
  offsets: readonly PartitionOffset[],
): Promise<void> {
  await inTransaction(client, async () => {
    await insertTopic(client, source, []);
    const keys = offsets.map(({ partition }) => partitionKey(source, partition));
    const before = await takeOver(
      client,
      keys.map((key) => ({ key, position: '0' })),
    );
    await client.query(
      `UPDATE esteira.posicoes p SET posicao = i.posicao, atualizado_em = now() FROM unnest($1::text[], $2::text[]) AS i (chave, posicao) WHERE p.chave = i.chave`,
      [keys, offsets.map(({ offset }) => String(offset))],
    );
    const stood = new Map(before.map(({ key, position }) => [key, position]));
    await recordIncident(client, {
      kind: 'POSICAO_ALTERADA',
      source: topicSourceId(source),
      description: 'As posições de leitura do tópico foram alteradas por comando (--from).',
      details: {
        em: new Date().toISOString(),
        particoes: Object.fromEntries(
          offsets.map(({ partition, offset }) => [
            partition,
            [stood.get(partitionKey(source, partition)), String(offset)],
          ]),
        ),
      },
    });
  });
}

async function inTransaction(client: pg.Client, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  try {
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
