// Where a checkpoint and a topic fit together and where not, by offsets worked out by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TopicState } from '../../broker/topics.ts';
import type { CheckpointOffsets } from '../../engines/spark/streaming.ts';
import { misfit } from './positions.ts';

const BINDING = { topico_id: 't', cluster_id: 'c' };

/** Reach of each partition: first offset that can be read, offset of the next record. */
function topic(...reach: readonly (readonly [number, number])[]): TopicState {
  return {
    name: 'pedidos',
    topicId: 't',
    clusterId: 'c',
    partitions: reach.map(([earliest, latest], partition) => ({
      partition,
      earliest: BigInt(earliest),
      latest: BigInt(latest),
    })),
  };
}

function progress(planned: readonly number[], finished: readonly number[] | null): CheckpointOffsets {
  const offsets = (each: readonly number[]) => new Map(each.map((offset, partition) => [partition, BigInt(offset)]));
  return { planned: offsets(planned), finished: finished && offsets(finished) };
}

const why = (state: TopicState, reached: CheckpointOffsets | null): string | undefined =>
  misfit(state, BINDING, reached)?.why;

test('messages may be deleted up to the end of the newest finished batch, and no further', () => {
  assert.equal(why(topic([5, 9]), progress([5], [5])), undefined);
  assert.equal(why(topic([5, 9]), progress([8], [5])), undefined);
  assert.equal(why(topic([6, 9]), progress([8], [5])), 'partition 0: offsets 5 to 5 were deleted unread.');
  assert.equal(why(topic([9, 9]), progress([8], [5])), 'partition 0: offsets 5 to 8 were deleted unread.');
  assert.equal(
    why(topic([0, 3], [7, 9]), progress([3, 4], [1, 4])),
    'partition 1: offsets 4 to 6 were deleted unread.',
  );
});

test('of a first batch that was not finished only the end is known', () => {
  assert.equal(why(topic([8, 9]), progress([8], null)), undefined);
  assert.equal(why(topic([9, 9]), progress([8], null)), 'partition 0: offsets 8 to 8 were deleted unread.');
});

test('a partition that came after the newest finished batch is read from offset 0', () => {
  assert.equal(why(topic([0, 1], [0, 6]), progress([1, 6], [1])), undefined);
  assert.equal(why(topic([0, 1], [2, 6]), progress([1, 6], [1])), 'partition 1: offsets 0 to 1 were deleted unread.');
  assert.equal(why(topic([0, 1], [2, 6]), progress([1], [1])), 'partition 1: offsets 0 to 1 were deleted unread.');
});

test('what was planned lies within the topic, and a partition that is gone is named', () => {
  assert.equal(why(topic([0, 7]), progress([8], [5])), 'partition 0: position 8, but Kafka ends at 7.');
  assert.equal(why(topic([0, 9]), progress([8, 4], [5, 2])), 'partition 1 no longer exists (position 2).');
  assert.equal(why(topic([3, 9]), null), undefined, 'a checkpoint that has not begun begins where Kafka does');
});
