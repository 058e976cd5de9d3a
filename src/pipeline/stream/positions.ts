// Does the checkpoint of a stream still fit the topic? The same topic (by its id, not its name), and every position within what Kafka still has.
// Pure; it reads neither.
import { fail } from '../../catalog/errors.ts';
import type { TopicState } from '../../broker/topics.ts';
import type { EsteiraError } from '../../lib/errors.ts';

/** The topic that a checkpoint belongs to. */
export interface Binding {
  readonly topico_id: string;
  readonly cluster_id: string;
}

const ANEW =
  'Find out what became of these messages; then begin anew with another --checkpoint: everything that Kafka has is sent again, and consumers know what they have seen.';

/** The error to stop with; null when all is well. `positions` is null for a checkpoint that has not begun. */
export function misfit(
  topic: TopicState,
  binding: Binding | null,
  positions: ReadonlyMap<number, bigint> | null,
): EsteiraError | null {
  if (binding !== null && (binding.topico_id !== topic.topicId || binding.cluster_id !== topic.clusterId))
    return fail('STREAM_TOPIC_REPLACED', {
      what: `The topic ${topic.name} is not the one that the checkpoint was begun with.`,
      why: `The checkpoint belongs to topic id ${binding.topico_id} in cluster ${binding.cluster_id}; now there is ${topic.topicId} in ${topic.clusterId}.`,
      fix: ANEW,
    });
  const gaps: string[] = [];
  for (const [partition, position] of positions ?? []) {
    const state = topic.partitions.find((candidate) => candidate.partition === partition);
    if (state === undefined) gaps.push(`partition ${partition} no longer exists (position ${position})`);
    else if (position < state.earliest)
      gaps.push(`partition ${partition}: offsets ${position} to ${state.earliest - 1n} were deleted unread`);
    else if (position > state.latest)
      gaps.push(`partition ${partition}: position ${position}, but Kafka ends at ${state.latest}`);
  }
  if (gaps.length === 0) return null;
  return fail('STREAM_GAP', {
    what: `The checkpoint of the stream and the topic ${topic.name} no longer fit together.`,
    why: `${gaps.join('; ')}.`,
    fix: ANEW,
  });
}
