// Statements of one batch that do not need one another, side by side: a connection runs one at a time, and few of them use more than one core.
import type { DuckDBConnection } from '@duckdb/node-api';

/** Connections to one database, in use for one batch. */
export class Lanes {
  readonly #connections: readonly [DuckDBConnection, ...DuckDBConnection[]];

  constructor(connections: readonly [DuckDBConnection, ...DuckDBConnection[]]) {
    this.#connections = connections;
  }

  /** For what goes step by step. */
  get first(): DuckDBConnection {
    return this.#connections[0];
  }

  /** Does `work` for every item, each on the first connection that is free; results in the order of the items. Throws the first failure, once all have ended. */
  async all<Item, Result>(
    items: readonly Item[],
    work: (connection: DuckDBConnection, item: Item) => Promise<Result>,
  ): Promise<Result[]> {
    const results: Result[] = [];
    let next = 0;
    const inLane = async (connection: DuckDBConnection): Promise<void> => {
      for (let index = next++; index < items.length; index = next++) {
        try {
          results[index] = await work(connection, items[index] as Item);
        } catch (error) {
          next = items.length;
          throw error;
        }
      }
    };
    const ends = await Promise.allSettled(this.#connections.map(inLane));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return results;
  }

  close(): void {
    for (const connection of this.#connections) connection.closeSync();
  }
}
