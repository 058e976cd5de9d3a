// What an engine hands to the loader: one batch of events, already transformed, as CSV files ready for COPY.
// The engine knows nothing of PostgreSQL but the tables' column names; the loader knows nothing of DuckDB.

/** A headerless CSV file (UTF-8, NULL as an empty unquoted field) with the columns it carries. */
export interface RowsFile {
  readonly table: string;
  readonly columns: readonly string[];
  readonly path: string;
  readonly rowCount: number;
}

/** A file that its engine may still be writing, while the loader copies those before it; null when it has no rows. */
export type PendingFile = Promise<RowsFile | null>;

/** What a batch adds to one rollup table. */
export interface RollupFiles {
  /** Sums of periods without any row, to be copied straight in. */
  readonly fresh: RowsFile | null;
  /** Sums of other periods, to be added to rows that may exist. */
  readonly added: RowsFile | null;
}

/** How the events of a batch ended: `lidos = aceitos + rejeitados + duplicados + antigos`, always. */
export interface EventCounts {
  readonly lidos: number;
  readonly aceitos: number;
  readonly rejeitados: number;
  readonly duplicados: number;
  readonly antigos: number;
  /** Lines of the source in the batch. */
  readonly linhas: number;
  /** R$ with two decimals, as text. */
  readonly valorAceito: string;
  readonly valorRejeitado: string;
}

/**
 * What the warehouse already holds of the orders and rejected records in a batch, as headerless CSV files; null when it holds nothing.
 * `versionsPath` is null only where nothing in the warehouse can concern the batch's orders (a file it is, not null, when the answer is empty).
 */
export interface KnownRows {
  /** loja, id_pedido, revisao, hash_origem (hex), atualizado_em, atualizado_em_estimado, visto_em, atual, versao_transformacao */
  readonly versionsPath: string | null;
  /** loja, hash_original (hex) */
  readonly rejectedPath: string | null;
  /** loja, data, grao ('dia' or 'mes'): periods that have rows in the rollups. Sums of other periods are copied straight in. */
  readonly periodsPath: string | null;
}

/** The batch sorted out against what is known: what to remove, what to write. The files come in this order. */
export interface SortedBatch {
  readonly counts: EventCounts;
  /** Oldest day of sale (YYYY-MM-DD) among the new orders that count in cohorts, those that replace others left out; null when none. */
  readonly oldestNewSale: string | null;
  /** Orders whose rows are to be removed before the new ones are written: loja, id_pedido. Null when none. */
  readonly replaced: PendingFile | null;
  /** Orders of two versions or more, of which the batch brings one, moves a time or replaces the present row: loja, id_pedido, existe (the warehouse knows it). Null when none. */
  readonly touched: PendingFile | null;
  /** New rows of pedidos, itens_pedido, pagamentos, historico_status: copied straight into the tables. */
  readonly inserts: readonly PendingFile[];
  /** Rows for clientes, produtos: the newest version wins. */
  readonly customers: PendingFile;
  readonly products: PendingFile;
  /** Contents without an update time that were seen earlier or later than recorded: loja, id_pedido, revisao, hash_origem, menor, maior. */
  readonly sightings: PendingFile;
  /** Rows of the quarantine that valid versions of this batch correct, whatever their own key: loja, hash_original. */
  readonly corrected: PendingFile;
  readonly rejected: PendingFile;
  /** Valid versions that may resolve records of the quarantine: loja, id_pedido, atualizado_em, revisao. */
  readonly accepted: PendingFile;
  /** What each rollup gains, by table. */
  readonly rollups: ReadonlyMap<string, Promise<RollupFiles>>;
}

/** A place in a source that a batch moves, as stored in esteira.posicoes: a file's or a store's only one, or one of each partition of a topic. */
export interface PositionMove {
  /** Key in esteira.posicoes. */
  readonly key: string;
  /** What must stand there for the batch to be loaded. A source without a row stands at '0'. */
  readonly before: string;
  readonly after: string;
  /** Epoch at which this process took the position over; whoever takes it later raises it. Absent where nobody takes over. */
  readonly epoch?: number;
}

/** A batch of one source, prepared once and loadable any number of times until it commits. */
export interface PreparedBatch {
  /** The same batch of the same source always has the same id. */
  readonly id: string;
  readonly sourceId: string;
  /** All of them move, or none. */
  readonly moves: readonly PositionMove[];
  /** True when no other batch of this source holds any of its orders. */
  readonly isDisjoint: boolean;
  readonly startedAt: Date;
  /** Orders with at least one valid event: loja, id_pedido. Null when none. */
  keys(): Promise<RowsFile | null>;
  /** Days and months of sale of the valid events: loja, data, grao. Null when none. */
  periods(): Promise<RowsFile | null>;
  /** Rejected records: loja, hash_original. Null when none. */
  rejectedKeys(): Promise<RowsFile | null>;
  /** Sorts the events against what the warehouse holds and begins to write the files. `refused` names orders that the database would not take. */
  sort(known: KnownRows, refused: readonly RefusedOrder[], reprocess: boolean): Promise<SortedBatch>;
  /** Ends when no file of a sorting is being written any more, whatever became of it. Never throws. */
  written(): Promise<void>;
  /** After `sort`: the records that came to the quarantine with it, by reason, in any order; one with two reasons is in both. */
  rejections(): Promise<readonly RejectionGroup[]>;
  /** Frees tables and files. */
  drop(): Promise<void>;
}

/** Rejected records of one reason. */
export interface RejectionGroup {
  readonly reason: string;
  readonly count: number;
  /** R$ with two decimals. */
  readonly amount: string;
}

/** An order that PostgreSQL would not take (SQLSTATE class 22 or 23). */
export interface RefusedOrder {
  readonly store: string;
  readonly orderId: string;
  readonly sqlState: string;
}
