// Puts the original texts of rejected documents beside their batch. Only rejected rows ever pass through here.
import type { DuckDBConnection } from '@duckdb/node-api';

/** Appends (ordinal, original) to a table: the texts of a document's records, joined by line feeds. `wanted` is in file order. */
export async function appendOriginals(
  connection: DuckDBConnection,
  table: string,
  wanted: readonly { readonly ordinal: number; readonly rowid: number }[],
  texts: readonly { readonly rowid: number; readonly text: string }[],
): Promise<void> {
  const textOf = new Map(texts.map((row) => [row.rowid, row.text]));
  const joined = new Map<number, string[]>();
  for (const { ordinal, rowid } of wanted) {
    const lines = joined.get(ordinal) ?? [];
    lines.push(textOf.get(rowid) ?? '');
    joined.set(ordinal, lines);
  }
  const appender = await connection.createAppender(table);
  for (const [ordinal, lines] of joined) {
    appender.appendBigInt(BigInt(ordinal));
    appender.appendVarchar(lines.join('\n'));
    appender.endRow();
  }
  appender.closeSync();
}
