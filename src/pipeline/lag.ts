// How far a reader of a topic is behind: one partition, and all together.

export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the next message to read. */
  readonly position: bigint;
  /** Offset that the next message to come will have. */
  readonly end: bigint;
}

export function lagOf({ position, end }: Pick<PartitionLag, 'position' | 'end'>): bigint {
  return end > position ? end - position : 0n;
}

export function totalLag(partitions: readonly PartitionLag[]): bigint {
  return partitions.reduce((sum, partition) => sum + lagOf(partition), 0n);
}
