// The partitions that a consumer holds: taken over in the warehouse, where each stands, and how far the batches under way have come.
// Where to read is decided by esteira.posicoes alone; a position that the topic does not reach stops the consumer, it is never reset.
import { fail } from '../../catalog/errors.ts';
import type { EsteiraError } from '../../lib/errors.ts';
import type { GroupReader, PartitionLog, ReadFrom } from '../../broker/reader.ts';
import type { PositionMove } from '../../model/batch.ts';
import { recordIncident } from '../../storage/incidents.ts';
import { takeOver } from '../../storage/positions.ts';
import { partitionKey, registerTopic, topicSourceId, type TopicSource } from '../../storage/topic-sources.ts';
import type { PartitionLag } from '../lag.ts';
import type { WarehouseClient } from '../warehouse-client.ts';

/** One partition that is ours until somebody raises its epoch. */
export interface HeldPartition {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly epoch: number;
  /** End of the log when it was taken over. */
  readonly endAtStart: bigint;
  /** End of the log as last seen. */
  end: bigint;
  /** Next offset to ask the broker for. */
  fetched: bigint;
  /** Next offset to put into a batch. */
  taken: bigint;
  /** What the batches made so far leave in esteira.posicoes. */
  stored: bigint;
  /** What the batches loaded so far have left there. */
  committed: bigint;
}

/** A topic of the reader as its group reads it. */
export function sourceOf(reader: GroupReader, topic: string, group: string): TopicSource {
  return { clusterId: reader.clusterId, topicId: reader.topicId(topic), topic, group };
}

/** Takes the assigned partitions over. Throws TOPIC_REPLACED and POSITION_LOST, both with an incident on record. */
export async function hold(
  reader: GroupReader,
  warehouse: WarehouseClient,
  topics: readonly string[],
  group: string,
): Promise<HeldPartition[]> {
  const logs = await reader.logs();
  for (const topic of topics) await register(reader, warehouse, logs, sourceOf(reader, topic, group));
  const wanted = reader.assigned.map(({ topic, partition }) => ({
    topic,
    partition,
    key: partitionKey(sourceOf(reader, topic, group), partition),
  }));
  const positions = await warehouse.run((client) =>
    takeOver(
      client,
      wanted.map(({ key }) => ({ key, position: '0' })),
    ),
  );
  const held = new Map(positions.map((position) => [position.key, position]));
  const partitions: HeldPartition[] = [];
  for (const { topic, partition, key } of wanted) {
    const found = held.get(key);
    const log = logs.find((candidate) => candidate.topic === topic && candidate.partition === partition);
    if (found === undefined || log === undefined) throw new Error(`partition ${partition} of ${topic} is nowhere`);
    const offset = /^\d+$/.test(found.position) ? BigInt(found.position) : -1n;
    if (offset < log.start || offset > log.end)
      throw await outside(warehouse, sourceOf(reader, topic, group), log, found.position);
    partitions.push({
      topic,
      partition,
      key,
      epoch: found.epoch,
      endAtStart: log.end,
      end: log.end,
      fetched: offset,
      taken: offset,
      stored: offset,
      committed: offset,
    });
  }
  return partitions;
}

async function register(
  reader: GroupReader,
  warehouse: WarehouseClient,
  logs: readonly PartitionLog[],
  source: TopicSource,
): Promise<void> {
  const starts = logs
    .filter(({ topic }) => topic === source.topic)
    .map(({ partition, start }) => ({ partition, offset: start }));
  const other = await warehouse.run((client) => registerTopic(client, source, starts));
  if (other === null) return;
  await warehouse.run((client) =>
    recordIncident(client, {
      kind: 'TOPICO_TROCADO',
      source: topicSourceId(source),
      description: `O tópico ${source.topic} foi recriado: as posições guardadas são de outro.`,
      details: { antes: other, agora: topicSourceId(source) },
    }),
  );
  throw fail('TOPIC_REPLACED', {
    what: `The topic ${source.topic} is not the one that group ${source.group} was reading.`,
    why: `It has the id ${source.topicId} in cluster ${source.clusterId}; the stored positions belong to ${other}.`,
    fix: 'If the new topic is right, say where to begin: --from earliest reads all of it (orders seen before count as duplicates).',
  });
}

/** Position outside the log: what lies between them was deleted before it was read, or never existed. */
async function outside(
  warehouse: WarehouseClient,
  source: TopicSource,
  log: PartitionLog,
  position: string,
): Promise<EsteiraError> {
  const isGap = /^\d+$/.test(position) && BigInt(position) < log.start;
  await warehouse.run((client) =>
    recordIncident(client, {
      kind: 'POSICAO_FORA_DO_TOPICO',
      source: topicSourceId(source),
      description: isGap
        ? `Mensagens do tópico ${source.topic} foram apagadas antes de serem lidas.`
        : `A posição guardada não existe no tópico ${source.topic}.`,
      details: { particao: log.partition, posicao: position, inicio: String(log.start), fim: String(log.end) },
    }),
  );
  return fail('POSITION_LOST', {
    what: `Partition ${log.partition} of topic ${source.topic} does not hold offset ${position}, where group ${source.group} is to go on.`,
    why: isGap
      ? `The log begins at ${log.start}: offsets ${position} to ${log.start - 1n} were deleted (retention) before they were read.`
      : `The log holds offsets ${log.start} to ${log.end}: it was cut, or the warehouse knows more than this cluster.`,
    fix: 'Send the missing orders again (esteira produce or run); then say where to go on, e.g. --from earliest. The change is kept on record.',
  });
}

/** Where to read on. */
export function readFrom(partitions: readonly HeldPartition[]): ReadFrom[] {
  return partitions.map(({ topic, partition, fetched }) => ({ topic, partition, offset: fetched }));
}

/** How far the warehouse is behind what is known of the log. */
export function lagsOf(partitions: readonly HeldPartition[]): PartitionLag[] {
  return partitions.map(({ topic, partition, committed, end }) => ({ topic, partition, position: committed, end }));
}

/** The moves of a batch that holds everything taken since the one before. */
export function takeMoves(partitions: readonly HeldPartition[]): PositionMove[] {
  return partitions
    .filter((held) => held.taken !== held.stored)
    .map((held) => {
      const move = { key: held.key, before: String(held.stored), after: String(held.taken), epoch: held.epoch };
      held.stored = held.taken;
      return move;
    });
}
