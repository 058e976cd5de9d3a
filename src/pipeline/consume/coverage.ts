// Proves that a stream lost nothing: every record of the raw topic has a treated or a rejected one that names its place.
// It reads headers and offsets only, keeps one bit a record, and belongs to no consumer group: it moves no position.
import type { BrokerSettings } from '../../broker/connection.ts';
import { GroupReader, type PartitionLog, type TopicRecord } from '../../broker/reader.ts';
import { HEADER } from '../../model/message.ts';

export interface CoverageGap {
  readonly partition: number;
  /** Offsets in the raw topic, both included, of which no treated or rejected record speaks. */
  readonly from: string;
  readonly to: string;
}

export interface CoverageReport {
  readonly rawCount: number;
  readonly answeredCount: number;
  /** Records more than one treated or rejected record speaks of: Spark delivers at least once. */
  readonly repeatedCount: number;
  /** The first gaps. */
  readonly gaps: readonly CoverageGap[];
}

const MOST_GAPS = 100;

/**
 * Compares the raw topic up to its present end with the other two up to theirs. A stream that has not come to the end yet shows as a gap at the end.
 * Records of another raw topic id (it was created anew) do not count. Throws TOPIC_UNKNOWN and the BROKER_* errors.
 */
export async function checkCoverage(
  broker: BrokerSettings,
  topics: { readonly raw: string; readonly treated: string; readonly rejected: string },
): Promise<CoverageReport> {
  const group = `esteira-cobertura-${process.pid}-${Date.now()}`;
  const reader = await GroupReader.open(broker, {
    topics: [topics.raw, topics.treated, topics.rejected],
    group,
    sessionTimeoutMs: 30_000,
  });
  try {
    const logs = await reader.logs();
    const rawId = reader.topicId(topics.raw).replaceAll('-', '');
    const answered = new Map<number, Set<bigint>>();
    let repeatedCount = 0;
    const answers = logs.filter(({ topic }) => topic !== topics.raw);
    await readAll(reader, answers, (record) => {
      const place = placeOf(record);
      if (place === null || place.topicId.replaceAll('-', '') !== rawId) return;
      const known = answered.get(place.partition) ?? new Set();
      if (known.has(place.offset)) repeatedCount += 1;
      known.add(place.offset);
      answered.set(place.partition, known);
    });
    let rawCount = 0;
    let answeredCount = 0;
    const gaps: { partition: number; from: bigint; to: bigint }[] = [];
    const raws = logs.filter(({ topic }) => topic === topics.raw);
    await readAll(reader, raws, ({ partition, offset }) => {
      rawCount += 1;
      if (answered.get(partition)?.has(offset) === true) {
        answeredCount += 1;
        return;
      }
      const last = gaps.findLast((gap) => gap.partition === partition);
      if (last !== undefined && last.to + 1n === offset) last.to = offset;
      else if (gaps.length < MOST_GAPS) gaps.push({ partition, from: offset, to: offset });
    });
    return {
      rawCount,
      answeredCount,
      repeatedCount,
      gaps: gaps
        .sort((a, b) => a.partition - b.partition)
        .map(({ partition, from, to }) => ({ partition, from: String(from), to: String(to) })),
    };
  } finally {
    await reader.close();
  }
}

async function readAll(
  reader: GroupReader,
  logs: readonly PartitionLog[],
  each: (record: TopicRecord) => void,
): Promise<void> {
  const places = logs.map(({ topic, partition, start, end }) => ({ topic, partition, offset: start, end }));
  for (;;) {
    const open = places.filter(({ offset, end }) => offset < end);
    if (open.length === 0) return;
    const outcome = await reader.read(open, 500, 1);
    if (outcome.kind !== 'read') throw new Error('a topic was cut or deleted while it was being read');
    for (const part of outcome.parts) {
      const place = open.find(({ topic, partition }) => topic === part.topic && partition === part.partition);
      if (place === undefined) continue;
      for (const record of part.records) if (record.offset < place.end) each(record);
      place.offset = part.next;
    }
  }
}

/** Where the raw record stood, as the headers say; null when they do not. */
function placeOf(record: TopicRecord): { topicId: string; partition: number; offset: bigint } | null {
  const text = (name: string): string =>
    record.headers.find(([key]) => key?.toString() === name)?.[1]?.toString() ?? '';
  const [topicId, partition, offset] = [text(HEADER.topicId), text(HEADER.partition), text(HEADER.offset)];
  if (topicId === '' || !/^\d+$/.test(partition) || !/^\d+$/.test(offset)) return null;
  return { topicId, partition: Number(partition), offset: BigInt(offset) };
}
