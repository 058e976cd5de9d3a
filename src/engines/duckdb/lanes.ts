// Statements of one batch that do not need one another, side by side: a connection runs one at a time, and few of them use more than one core.
import type { DuckDBConnection } from '@duckdb/node-api';

type Work<Result> = (lane: DuckDBConnection) => Promise<Result>;

interface Task {
  readonly run: (lane: DuckDBConnection) => Promise<void>;
  readonly reject: (error: unknown) => void;
}

/** Connections to one database, in use for one batch. */
export class Lanes {
  readonly #connections: readonly [DuckDBConnection, ...DuckDBConnection[]];
  readonly #free: DuckDBConnection[];
  readonly #waiting: Task[] = [];
  #ended: Promise<unknown> = Promise.resolve();

  constructor(connections: readonly [DuckDBConnection, ...DuckDBConnection[]]) {
    this.#connections = connections;
    this.#free = connections.toReversed();
  }

  /** For what goes step by step, while the lanes are idle. */
  get first(): DuckDBConnection {
    return this.#connections[0];
  }

  /**
   * Begins `work` on the first connection that is free, after what was begun earlier. A failure fails all that still waits for its turn; it is seen by
   * whoever awaits it, and by nobody else.
   */
  begin<Result>(work: Work<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#ended = Promise.allSettled([this.#ended, promise]);
    this.#waiting.push({ run: async (lane) => resolve(await work(lane)), reject });
    this.#goOn();
    return promise;
  }

  /** Begins all of `works` and waits for them; their results in their order. Throws the first failure, once all have ended. */
  async all<Results extends unknown[]>(works: readonly [...{ [Index in keyof Results]: Work<Results[Index]> }]) {
    const results = works.map((work) => this.begin(work));
    await Promise.allSettled(results);
    return Promise.all(results) as Promise<Results>;
  }

  /** Ends when nothing that was begun is still to end. Never throws. */
  async idle(): Promise<void> {
    await this.#ended;
  }

  #goOn(): void {
    for (let lane = this.#free.at(-1); lane !== undefined; lane = this.#free.at(-1)) {
      const task = this.#waiting.shift();
      if (task === undefined) return;
      this.#free.pop();
      void this.#run(task, lane);
    }
  }

  async #run(task: Task, lane: DuckDBConnection): Promise<void> {
    try {
      await task.run(lane);
    } catch (error) {
      for (const { reject } of [task, ...this.#waiting.splice(0)]) reject(error);
    }
    this.#free.push(lane);
    this.#goOn();
  }

  close(): void {
    for (const connection of this.#connections) connection.closeSync();
  }
}
