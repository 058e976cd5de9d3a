// Statements of one batch that do not need one another, side by side: a connection runs one at a time, and few of them use more than one core.
import type { DuckDBConnection } from '@duckdb/node-api';

/** Connections to one database, in use for one batch. */
export class Lanes {
  readonly #connections: readonly [DuckDBConnection, ...DuckDBConnection[]];
  readonly #free: DuckDBConnection[];
  readonly #waiting: ((connection: DuckDBConnection) => Promise<void>)[] = [];

  constructor(connections: readonly [DuckDBConnection, ...DuckDBConnection[]]) {
    this.#connections = connections;
    this.#free = connections.toReversed();
  }

  /** For what goes step by step, while nothing that was begun is still to end. */
  get first(): DuckDBConnection {
    return this.#connections[0];
  }

  /**
   * Begins `work` for every item, in their order and after what was begun earlier, each on the first connection that is free. One failure fails all that have
   * not had their turn. A failure is seen by whoever awaits it, and by nobody else.
   */
  begin<Item, Result>(
    items: readonly Item[],
    work: (connection: DuckDBConnection, item: Item) => Promise<Result>,
  ): Promise<Result>[] {
    let failure: { readonly error: unknown } | null = null;
    const results = items.map((item) => {
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      promise.catch(() => undefined);
      this.#waiting.push(async (connection) => {
        if (failure !== null) return reject(failure.error);
        try {
          resolve(await work(connection, item));
        } catch (error) {
          failure ??= { error };
          reject(error);
        }
      });
      return promise;
    });
    this.#goOn();
    return results;
  }

  /** Does `work` for every item; results in the order of the items. Throws the first failure, once all have ended. */
  async all<Item, Result>(
    items: readonly Item[],
    work: (connection: DuckDBConnection, item: Item) => Promise<Result>,
  ): Promise<Result[]> {
    const results = this.begin(items, work);
    await Promise.allSettled(results);
    return Promise.all(results);
  }

  #goOn(): void {
    for (let task = this.#waiting[0]; task !== undefined && this.#free.length > 0; task = this.#waiting[0]) {
      const connection = this.#free.pop() as DuckDBConnection;
      this.#waiting.shift();
      void task(connection).then(() => {
        this.#free.push(connection);
        this.#goOn();
      });
    }
  }

  close(): void {
    for (const connection of this.#connections) connection.closeSync();
  }
}
