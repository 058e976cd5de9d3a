// Figures of a process as text in Prometheus' exposition format 0.0.4. It knows how to write families and samples, not which there are.
import type { MetricFamily } from '../catalog/process-metrics.ts';

export type Labels = Readonly<Record<string, string>>;

/** Seconds, by the upper bounds of their buckets. */
export class SecondsHistogram {
  static readonly BOUNDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;
  readonly #buckets = SecondsHistogram.BOUNDS.map(() => 0);
  #count = 0;
  #sum = 0;

  observe(seconds: number): void {
    SecondsHistogram.BOUNDS.forEach((bound, index) => {
      if (seconds <= bound) this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    });
    this.#count += 1;
    this.#sum += seconds;
  }

  /** Suffix of the family's name, labels, value. */
  samples(): (readonly [suffix: string, labels: Labels, value: number])[] {
    return [
      ...SecondsHistogram.BOUNDS.map(
        (bound, index) => ['_bucket', { le: String(bound) }, this.#buckets[index] ?? 0] as const,
      ),
      ['_bucket', { le: '+Inf' }, this.#count],
      ['_sum', {}, this.#sum],
      ['_count', {}, this.#count],
    ];
  }
}

/** Collects families; `common` labels stand on every sample. */
export class Exposition {
  readonly #common: Labels;
  readonly #lines: string[] = [];

  constructor(common: Labels = {}) {
    this.#common = common;
  }

  /** A counter or gauge without labels of its own. */
  value(family: MetricFamily, value: number | bigint): void {
    this.values(family, [[{}, value]]);
  }

  /** A counter or gauge with a sample per set of labels; without samples only its description is written. */
  values(family: MetricFamily, samples: readonly (readonly [labels: Labels, value: number | bigint])[]): void {
    this.#describe(family);
    for (const [labels, value] of samples) this.#sample(family.name, labels, value);
  }

  histogram(family: MetricFamily, histogram: SecondsHistogram): void {
    this.#describe(family);
    for (const [suffix, labels, value] of histogram.samples()) this.#sample(`${family.name}${suffix}`, labels, value);
  }

  text(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  #describe({ name, type, help }: MetricFamily): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  }

  #sample(name: string, labels: Labels, value: number | bigint): void {
    const text = Object.entries({ ...this.#common, ...labels })
      .map(([key, content]) => `${key}="${escaped(content)}"`)
      .join(',');
    this.#lines.push(`${name}${text === '' ? '' : `{${text}}`} ${value}`);
  }
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
