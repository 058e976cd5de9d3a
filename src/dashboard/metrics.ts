// How the dashboard is doing, as counters and as health. It counts answers, never what was asked for.
import { DASHBOARD_METRICS as FAMILY } from '../catalog/process-metrics.ts';
import type { HealthSource } from '../pipeline/health-server.ts';
import { Exposition } from '../pipeline/prometheus.ts';
import type { LiveFeed } from './live.ts';

export class DashboardMetrics implements HealthSource {
  readonly #feed: LiveFeed;
  readonly #answers = { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 };
  #failedCards = 0;

  constructor(feed: LiveFeed) {
    this.#feed = feed;
  }

  answered(status: number): void {
    const name = `${Math.floor(status / 100)}xx`;
    if (name === '2xx' || name === '3xx' || name === '4xx' || name === '5xx') this.#answers[name] += 1;
  }

  cardFailed(): void {
    this.#failedCards += 1;
  }

  /** A warehouse that is down is waited for: while it answers, it is alive. */
  unhealthy(): string | null {
    return null;
  }

  unready(): string | null {
    return this.#feed.isListening ? null : 'waiting for PostgreSQL';
  }

  metrics(): string {
    const out = new Exposition();
    out.value(FAMILY.ready, this.#feed.isListening ? 1 : 0);
    out.values(
      FAMILY.answers,
      Object.entries(this.#answers).map(([name, count]) => [{ classe: name }, count]),
    );
    out.value(FAMILY.failedCards, this.#failedCards);
    out.value(FAMILY.openPages, this.#feed.openPages);
    out.value(FAMILY.memory, process.memoryUsage().rss);
    return out.text();
  }
}
