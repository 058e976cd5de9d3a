// Which partition a key belongs to: as Kafka's own Java clients decide it, so that an order's versions meet in one partition whoever sends them (Spark among them).
// The client library's default differs for half of all keys (it keeps the sign bit), so it is never asked.

/** Partition of a key among `partitionCount`: Kafka's `toPositive(murmur2(key)) % partitionCount`. */
export function partitionOf(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount;
}

/** 32-bit MurmurHash2 with Kafka's seed, signed as in Java. */
export function murmur2(bytes: Uint8Array): number {
  const m = 0x5bd1e995;
  const length = bytes.length;
  let hash = 0x9747b28c ^ length;
  const at = (index: number): number => bytes[index] ?? 0;
  let index = 0;
  for (; index + 4 <= length; index += 4) {
    let word = at(index) | (at(index + 1) << 8) | (at(index + 2) << 16) | (at(index + 3) << 24);
    word = Math.imul(word, m);
    word ^= word >>> 24;
    word = Math.imul(word, m);
    hash = Math.imul(hash, m) ^ word;
  }
  const rest = length - index;
  if (rest > 0) {
    if (rest === 3) hash ^= at(index + 2) << 16;
    if (rest >= 2) hash ^= at(index + 1) << 8;
    hash ^= at(index);
    hash = Math.imul(hash, m);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, m);
  return hash ^ (hash >>> 15);
}
