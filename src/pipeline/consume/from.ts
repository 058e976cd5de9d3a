// Where a group is told to begin (`--from`): positions set by hand, on record. It reads no message.
import type { GroupReader } from '../../broker/reader.ts';
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
    return {
      kind: 'offsets',
      offsets: new Map(pairs.map(([partition, offset]) => [Number(partition), BigInt(offset)])),
    };
  }
  const time = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) ? new Date(text) : null;
  if (time !== null && !Number.isNaN(time.getTime())) return { kind: 'time', time };
  throw fail('USAGE', {
    what: `--from ${text} cannot be understood.`,
    why: 'It says where in the topic to begin.',
    fix: 'Write earliest, latest, a time like 2026-11-01T00:00:00-03:00, or partitions with offsets like 0:120,1:95.',
  });
}

/** Sets the positions of all partitions, or of those named. Throws POSITION_LOST for an offset that the topic does not hold. */
export async function applyFrom(
  reader: GroupReader,
  warehouse: WarehouseClient,
  topics: readonly string[],
  group: string,
  from: ReadFromWhere,
): Promise<void> {
  const logs = await reader.logs();
  const timed = from.kind === 'time' ? await reader.offsetsAt(from.time.getTime()) : [];
  for (const topic of topics) {
    const offsets = logs
      .filter((log) => log.topic === topic)
      .flatMap(({ partition, start, end }) => {
        if (from.kind === 'earliest') return [{ partition, offset: start }];
        if (from.kind === 'latest') return [{ partition, offset: end }];
        if (from.kind === 'time')
          return timed.filter((found) => found.topic === topic && found.partition === partition);
        const offset = from.kind === 'offsets' ? from.offsets.get(partition) : undefined;
        if (offset === undefined) return [];
        if (offset < start || offset > end) throw outside(topic, partition, offset, start, end);
        return [{ partition, offset }];
      });
    await warehouse.run((client) => setPositions(client, sourceOf(reader, topic, group), offsets));
  }
}

function outside(topic: string, partition: number, offset: bigint, start: bigint, end: bigint): Error {
  return fail('POSITION_LOST', {
    what: `Partition ${partition} of topic ${topic} does not hold offset ${offset}.`,
    why: `It holds offsets ${start} to ${end}.`,
    fix: 'Name an offset in that range, or earliest.',
  });
}
