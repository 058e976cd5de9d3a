// Does the checkpoint of a stream still fit the topic? The same topic (by its id, not its name), and every position within what Kafka still has.
// Pure; it reads neither.
import { fail } from '../../catalog/errors.ts';
import type { TopicState } from '../../broker/topics.ts';
import type { CheckpointOffsets } from '../../engines/spark/streaming.ts';
import type { EsteiraError } from '../../lib/errors.ts';

/** The topic that a checkpoint belongs to. */
export interface Binding {
  readonly topico_id: string;
  readonly cluster_id: string;
}

const ANEW =
  'Find out what became of these messages; then begin anew with another --checkpoint: everything that Kafka has is sent again, and consumers know what they have seen.';

/**
 * The error to stop with; null when all is well. `progress` is null for a checkpoint that has not begun. A batch that was planned and not finished is read
 * again from where the finished one before it ends, so Kafka must still have all of it.
 */
export function misfit(
  topic: TopicState,
  binding: Binding | null,
  progress: CheckpointOffsets | null,
): EsteiraError | null {
  if (binding !== null && (binding.topico_id !== topic.topicId || binding.cluster_id !== topic.clusterId))
    return fail('STREAM_TOPIC_REPLACED', {
      what: `The topic ${topic.name} is not the one that the checkpoint was begun with.`,
      why: `The checkpoint belongs to topic id ${binding.topico_id} in cluster ${binding.cluster_id}; now there is ${topic.topicId} in ${topic.clusterId}.`,
      fix: ANEW,
    });
  const gaps = progress === null ? [] : gapsOf(topic, progress);
  if (gaps.length === 0) return null;
  return fail('STREAM_GAP', {
    what: `The checkpoint of the stream and the topic ${topic.name} no longer fit together.`,
    why: `${gaps.join('; ')}.`,
    fix: ANEW,
  });
}

function gapsOf(topic: TopicState, { planned, finished }: CheckpointOffsets): string[] {
  const gaps: string[] = [];
  for (const { partition, earliest, latest } of topic.partitions) {
    // One that came later is read from its very beginning; of a first batch that was not finished only the end is known.
    const end = planned.get(partition) ?? 0n;
    const from = finished === null ? end : (finished.get(partition) ?? 0n);
    if (end > latest) gaps.push(`partition ${partition}: position ${end}, but Kafka ends at ${latest}`);
    else if (from < earliest)
      gaps.push(`partition ${partition}: offsets ${from} to ${earliest - 1n} were deleted unread`);
  }
  for (const [partition, end] of planned) {
    if (topic.partitions.some((state) => state.partition === partition)) continue;
    gaps.push(`partition ${partition} no longer exists (position ${finished?.get(partition) ?? end})`);
  }
  return gaps;
}
