// Seeded pseudo-random numbers for generated data: the same seed gives the same sequence on every machine.
// Never use it for secrets: it is fast, not unpredictable.

/** The sfc32 generator (Chris Doty-Humphrey, PractRand): 128 bits of state, 32-bit results. */
export class Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private counter = 1;

  constructor(seed: number, stream = 0) {
    this.reset(seed, stream);
  }

  /** Starts the sequence (seed, stream) again; streams of one seed are independent of each other. */
  reset(seed: number, stream: number): void {
    this.a = seed | 0;
    this.b = stream | 0;
    this.c = Math.floor(seed / 0x1_0000_0000) | 0;
    this.counter = 1;
    for (let round = 0; round < 12; round += 1) this.next();
  }

  /** Uniform in [0, 1), a multiple of 2^-32. */
  next(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 0x1_0000_0000;
  }

  /** Uniform integer in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** Uniform integer in [low, high]. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One element of a list that is not empty. */
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** Draws indexes in proportion to weights, in constant time (Vose's alias method, 1991). */
export class WeightedPick {
  private readonly threshold: Float64Array;
  private readonly alias: Int32Array;

  /** Weights are not negative, and at least one is positive. */
  constructor(weights: readonly number[]) {
    const count = weights.length;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const scaled = weights.map((weight) => (weight * count) / total);
    this.threshold = new Float64Array(count).fill(1);
    this.alias = Int32Array.from({ length: count }, (_, index) => index);
    const small = scaled.flatMap((weight, index) => (weight < 1 ? [index] : []));
    const large = scaled.flatMap((weight, index) => (weight < 1 ? [] : [index]));
    while (small.length > 0 && large.length > 0) {
      const low = small.pop() as number;
      const high = large.pop() as number;
      this.threshold[low] = scaled[low] as number;
      this.alias[low] = high;
      scaled[high] = (scaled[high] as number) + (scaled[low] as number) - 1;
      (scaled[high] < 1 ? small : large).push(high);
    }
  }

  pick(random: Random): number {
    const column = random.below(this.threshold.length);
    return random.next() < (this.threshold[column] as number) ? column : (this.alias[column] as number);
  }
}
