// Where a group is told to begin (`--from`): positions set by hand, on record. It reads no message.
import type { GroupReader, PartitionLog } from '../../broker/reader.ts';
import { fail } from '../../catalog/errors.ts';
import { setPositions } from '../../storage/topic-sources.ts';
import type { WarehouseClient } from '../warehouse-client.ts';
import { sourceOf } from './partitions.ts';

/** The beginning or end of the topic, a time, or offsets by partition. */
export type ReadFromWhere =
  | { readonly kind: 'earliest' | 'latest' }
  | { readonly kind: 'time'; readonly time: Date }
  | { readonly kind: 'offsets'; readonly offsets: ReadonlyMap<number, bigint> };

/** `earliest`, `latest`, a time (ISO 8601 with zone), or `0:120,1:95`. Throws USAGE. */
export function parseFrom(text: string): ReadFromWhere {
  if (text === 'earliest' || text === 'latest') return { kind: text };
  if (/^\d+:\d+(,\d+:\d+)*$/.test(text)) {
    const pairs = text.split(',').map((pair) => pair.split(':') as [string, string]);
    const offsets = new Map(pairs.map(([partition, offset]) => [Number(partition), BigInt(offset)]));
    if (offsets.size === pairs.length) return { kind: 'offsets', offsets };
  }
  const time = timeOf(text);
  if (time !== null) return { kind: 'time', time };
  throw fail('USAGE', {
    what: `--from ${text} cannot be understood.`,
    why: 'It says where in the topic to begin.',
    fix: 'Write earliest, latest, a time like 2026-11-01T00:00:00-03:00, or partitions with offsets like 0:120,1:95.',
  });
}

/** Null for what is no time with a zone; a day that its month does not have is none either, though Date would go on counting. */
function timeOf(text: string): Date | null {
  const day = /^(\d{4}-\d\d-\d\d)T.*(?:Z|[+-]\d\d:\d\d)$/.exec(text)?.[1];
  if (day === undefined) return null;
  const [time, midnight] = [new Date(text), new Date(`${day}T00:00:00Z`)];
  if (Number.isNaN(time.getTime()) || Number.isNaN(midnight.getTime())) return null;
  return midnight.toISOString().startsWith(day) ? time : null;
}

/** Sets the positions of all partitions, or of those named. Throws POSITION_LOST for a partition or an offset that the topic does not have; then none is set. */
export async function applyFrom(
  reader: GroupReader,
  warehouse: WarehouseClient,
  topics: readonly string[],
  group: string,
  from: ReadFromWhere,
): Promise<void> {
  const logs = await reader.logs();
  const timed = from.kind === 'time' ? await reader.offsetsAt(Math.max(0, from.time.getTime())) : [];
  const named = from.kind === 'offsets' ? from.offsets : new Map<number, bigint>();
  for (const partition of named.keys())
    if (!logs.some((log) => log.partition === partition)) throw unknownPartition(topics, partition);
  const startOf = ({ topic, partition, start, end }: PartitionLog): bigint | undefined => {
    if (from.kind === 'earliest') return start;
    if (from.kind === 'latest') return end;
    if (from.kind === 'time')
      return timed.find((found) => found.topic === topic && found.partition === partition)?.offset;
    const offset = named.get(partition);
    if (offset !== undefined && (offset < start || offset > end)) throw outside(topic, partition, offset, start, end);
    return offset;
  };
  // All are known to be right before the first is set.
  const starts = logs.flatMap((log) => {
    const offset = startOf(log);
    return offset === undefined ? [] : [{ topic: log.topic, partition: log.partition, offset }];
  });
  for (const topic of topics) {
    const offsets = starts.filter((found) => found.topic === topic);
    await warehouse.run((client) => setPositions(client, sourceOf(reader, topic, group), offsets));
  }
}

function unknownPartition(topics: readonly string[], partition: number): Error {
  return fail('POSITION_LOST', {
    what: `There is no partition ${partition} in ${topics.join(' or ')}.`,
    why: 'Partitions are numbered from 0; --from names one that the topic does not have.',
    fix: 'See the partitions with esteira status, or write earliest.',
  });
}

function outside(topic: string, partition: number, offset: bigint, start: bigint, end: bigint): Error {
  return fail('POSITION_LOST', {
    what: `Partition ${partition} of topic ${topic} does not hold offset ${offset}.`,
    why: `It holds offsets ${start} to ${end}.`,
    fix: 'Name an offset in that range, or earliest.',
  });
}
