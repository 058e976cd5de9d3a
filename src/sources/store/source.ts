// What a store is to the rest of Esteira: settings to declare, a reader to open, pages of orders to iterate.
// Types only: it never talks to a store (`client.ts`), never plans a window (`windows.ts`) and never writes a row.
// A new store is one folder in `src/sources/` that exports a `StoreSource`, listed in `src/sources/registry.ts`.
import type { Pace } from './pace.ts';
import type { StoreCursor } from './windows.ts';

/** One setting of a store: the only place where its name, default and secrecy are written. */
export interface StoreSetting {
  readonly name: string;
  /** Environment variable that holds it. */
  readonly env: string;
  readonly type: 'text' | 'integer' | 'number' | 'url' | 'choice' | 'store name';
  readonly description: string;
  /** Absent means that the setting must be given. */
  readonly default?: string;
  readonly unit?: string;
  readonly choices?: readonly string[];
  /** Bounds of numbers, both inclusive. */
  readonly min?: number;
  readonly max?: number;
  /** Secrets are never printed, logged, put into URLs or errors. */
  readonly secret?: boolean;
}

/** Something worth a log line, without personal data and without secrets. */
export interface StoreEvent {
  readonly event: 'request.retried' | 'window.started' | 'window.resumed' | 'window.finished' | 'cursor.stale';
  readonly details: Readonly<Record<string, string | number | null>>;
}

export interface OpenStoreOptions {
  /** Values by setting name, as text; what is absent takes its default. An unknown name is an error. */
  readonly settings: Readonly<Record<string, string | undefined>>;
  /** How long the store may stay unreachable before the reader gives up. Default 5 minutes. */
  readonly maxOutageMs?: number;
  readonly onEvent?: (event: StoreEvent) => void;
  /** Clock, waiting and randomness; only tests give their own. */
  readonly pace?: Pace;
}

export interface PagesRequest {
  /**
   * Where a first reading begins (inclusive, by update time). Absent: the whole history. With a cursor it may only reach
   * further back: a later value would open a gap, so the cursor's bound is kept.
   */
  readonly since?: Date | undefined;
  /** Where reading ends (inclusive); never later than the store's own clock at the beginning of the run. */
  readonly until?: Date | undefined;
  /** The cursor of the last page that was stored, as parsed JSON; absent or null on the first run. */
  readonly cursor?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Rows to store together with the cursor, in one transaction. The same order may come again: versions tell repeats apart. */
export interface StorePage {
  /** One JSON text per order, in the nested shape of contract `pedido` v1. May be empty. */
  readonly documents: readonly string[];
  /** Where to go on AFTER this page. JSON-serialisable. */
  readonly cursor: StoreCursor;
  /** Bounds of the window the page belongs to, inclusive, ISO 8601 in UTC; `since` null means from the beginning. */
  readonly window: { readonly since: string | null; readonly until: string };
  /** True on the run's last page: everything updated up to `window.until` was read. */
  readonly done: boolean;
}

export interface StoreReader {
  /** The contract's `loja` of every document. */
  readonly loja: string;
  /** Stable name of what is read (store, host and loja): the key under which its cursor is kept. Holds no secret. */
  readonly identity: string;
  /**
   * Yields at least one page, the last one with `done`.
   * Throws STORE_UNREACHABLE, STORE_TOKEN_REFUSED, STORE_REQUEST_REFUSED, STORE_ANSWER_INVALID, POSITION_LOST; the signal's reason when aborted.
   */
  pages(request: PagesRequest): AsyncIterable<StorePage>;
}

export interface StoreSource {
  /** Name on the command line, `[a-z0-9-]+`. */
  readonly id: string;
  readonly title: string;
  readonly settings: readonly StoreSetting[];
  /** Checks the settings and touches no network. Throws STORE_SETTING_INVALID. */
  open(options: OpenStoreOptions): StoreReader;
}
