// Which warehouse a command works on: the one named by a URL, or the embedded one, which is started when it has to be.
// It never connects to the warehouse of a URL: the caller finds out whether it answers.
import { startEmbedded } from './server.ts';

/** The settings that decide: `url` and `readUrl` name a PostgreSQL 15 or newer; without `url` the one in `home` is meant. */
export interface WarehouseChoice {
  readonly home: string;
  readonly url?: string | undefined;
  readonly readUrl?: string | undefined;
}

/** Where to connect. Both URLs hold passwords: never log them. */
export interface Warehouse {
  /** For loading: a role that owns the database. */
  readonly url: string;
  /** For queries. Of a URL without `readUrl` it is the same role, in sessions that begin read-only. */
  readonly readUrl: string;
  readonly embedded: boolean;
}

/** Starts the embedded server if that is the choice; its errors are those of `startEmbedded`. */
export async function resolveWarehouse(choice: WarehouseChoice): Promise<Warehouse> {
  if (choice.url !== undefined && choice.url !== '') {
    return { url: choice.url, readUrl: choice.readUrl ?? readOnly(choice.url), embedded: false };
  }
  const server = await startEmbedded({ home: choice.home });
  return { url: server.url('app'), readUrl: server.url('leitura'), embedded: true };
}

function readOnly(url: string): string {
  const parsed = new URL(url);
  const options = parsed.searchParams.get('options');
  parsed.searchParams.set('options', [options, '-c default_transaction_read_only=on'].filter(Boolean).join(' '));
  return parsed.href;
}
