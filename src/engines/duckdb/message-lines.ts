// Puts messages of a topic, as bytes, where DuckDB reads them fast: ordinary ones as lines of a file, the others one by one.
// A message is never taken apart here: what is no text, or no message at all, is marked and keeps its bytes.
import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { VECTOR_ROWS } from './pieces.ts';
import { bufferFor, run } from './session.ts';

/** A message and where it stands. Key and value are null as sent. */
export interface Message {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Uint8Array | null;
  readonly value: Buffer | null;
  /** UTC, 'YYYY-MM-DD HH:MM:SS.ffffff'. */
  readonly receivedAt: string;
}

/** Separates the cells of a line: a byte that JSON forbids unescaped. */
const SEPARATOR = 1;
const CHUNK_BYTES = 1 << 20;
/** Larger values go the slow way: DuckDB's reader of lines holds several of its longest lines in memory. */
const LONGEST_LINE_BYTES = 1 << 20;
/** Bytes of a line besides key and value. */
const PLACE_BYTES = 400;

/** Used again and again: a new one for each of several batches a second would have the garbage collector run all the time. */
const spareChunks: Buffer[] = [];

interface OddMessage extends Omit<Message, 'key' | 'value'> {
  readonly ordinal: number;
  readonly key: string | null;
  readonly text: string;
  readonly encoding: 'texto' | 'base64' | 'vazia';
}

/** Collects messages, in the order of `add`; `load` makes a table of them. */
export class MessageLines {
  readonly #path: string;
  #chunk: Buffer | null = null;
  #used = 0;
  #file: number | null = null;
  readonly #odd: OddMessage[] = [];
  #count = 0;
  #bytes = 0;
  /** Bytes of the messages since the last multiple of VECTOR_ROWS, and the most that any such part has. */
  #partBytes = 0;
  #heaviestBytes = 0;

  /** `path` is made when needed, for its owner only. */
  constructor(path: string) {
    this.#path = path;
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of keys and values so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** No more bytes than these are in any VECTOR_ROWS rows of the table, of those that DuckDB computes at once. */
  get bytesAtOnce(): number {
    return this.#odd.length > 0 ? this.#bytes : this.#heaviestBytes;
  }

  /** `ordinal` tells it from all others. */
  add(message: Message, ordinal = this.#count): void {
    const { key, value } = message;
    const bytes = (key?.length ?? 0) + (value?.length ?? 0);
    this.#partBytes = bytes + (this.#count % VECTOR_ROWS === 0 ? 0 : this.#partBytes);
    this.#heaviestBytes = Math.max(this.#heaviestBytes, this.#partBytes);
    this.#count += 1;
    this.#bytes += bytes;
    if (value !== null && isPlain(value) && (key === null || isPrintable(key)))
      this.#writeLine(ordinal, message, value);
    else this.#odd.push(oddOf(ordinal, message));
  }

  #writeLine(ordinal: number, { topic, partition, offset, receivedAt, key }: Message, value: Buffer): void {
    if (this.#used + PLACE_BYTES + (key?.length ?? 0) + value.length > CHUNK_BYTES) this.#flush();
    const chunk = (this.#chunk ??= spareChunks.pop() ?? Buffer.allocUnsafe(CHUNK_BYTES));
    const place = `${ordinal}\u0001${topic}\u0001${partition}\u0001${offset}\u0001${receivedAt}\u0001`;
    let at = this.#used + chunk.write(place, this.#used, 'latin1');
    if (key !== null) {
      chunk.set(key, at);
      at += key.length;
    }
    chunk[at++] = SEPARATOR;
    at += value.copy(chunk, at);
    chunk[at++] = 10;
    this.#used = at;
  }

  #flush(): void {
    if (this.#chunk === null) return;
    this.#file ??= openSync(this.#path, 'w', 0o600);
    for (let from = 0; from < this.#used;) from += writeSync(this.#file, this.#chunk, from, this.#used - from);
    this.#used = 0;
  }

  #release(): void {
    if (this.#file !== null) closeSync(this.#file);
    if (this.#chunk !== null) spareChunks.push(this.#chunk);
    this.#chunk = null;
  }

  /** Table `target` (ordinal, topico, particao, deslocamento, recebido_em, chave, texto, codificacao, problema, linha). */
  async load(connection: DuckDBConnection, target: string): Promise<void> {
    this.#flush();
    this.#release();
    const lines =
      this.#file === null
        ? null
        : `SELECT *, 'texto' AS codificacao, CAST(NULL AS VARCHAR) AS problema FROM read_csv('${this.#path.replaceAll("'", "''")}', auto_detect = false, header = false,
            compression = 'none', hive_partitioning = false, delim = '\u0001', quote = '', escape = '', max_line_size = ${2 * LONGEST_LINE_BYTES}${bufferFor(this.#bytes)},
            columns = {'ordinal': 'BIGINT', 'topico': 'VARCHAR', 'particao': 'INTEGER', 'deslocamento': 'BIGINT', 'recebido_em': 'TIMESTAMP', 'chave': 'VARCHAR', 'texto': 'VARCHAR'})`;
    const odd = `${target}_avulsas`;
    const hasOdd = this.#odd.length > 0 || lines === null;
    if (hasOdd) await this.#loadOdd(connection, odd);
    const selects = [lines, hasOdd ? `SELECT * FROM ${odd}` : null].filter((select) => select !== null);
    await run(
      connection,
      `CREATE OR REPLACE TABLE ${target} AS SELECT *, CAST(NULL AS BIGINT) AS linha FROM (${selects.join(' UNION ALL ')})`,
    );
    if (hasOdd) await run(connection, `DROP TABLE ${odd}`);
    await rm(this.#path, { force: true });
  }

  /** Throws away what was collected. */
  async discard(): Promise<void> {
    this.#release();
    this.#file = null;
    this.#used = 0;
    await rm(this.#path, { force: true });
  }

  async #loadOdd(connection: DuckDBConnection, table: string): Promise<void> {
    await run(
      connection,
      `CREATE OR REPLACE TABLE ${table} (ordinal BIGINT, topico VARCHAR, particao INTEGER, deslocamento BIGINT, recebido_em TIMESTAMP, chave VARCHAR, texto VARCHAR, codificacao VARCHAR, problema VARCHAR)`,
    );
    const appender = await connection.createAppender(table);
    for (const message of this.#odd) {
      appender.appendBigInt(BigInt(message.ordinal));
      appender.appendVarchar(message.topic);
      appender.appendInteger(message.partition);
      appender.appendBigInt(message.offset);
      appender.appendVarchar(message.receivedAt);
      if (message.key === null) appender.appendNull();
      else appender.appendVarchar(message.key);
      appender.appendVarchar(message.text);
      appender.appendVarchar(message.encoding);
      if (message.encoding === 'texto') appender.appendNull();
      else appender.appendVarchar('JSON_INVALIDO');
      appender.endRow();
    }
    appender.closeSync();
  }
}

/** Can stand on a line as it is. */
function isPlain(value: Buffer): boolean {
  return (
    value.length > 0 &&
    value.length <= LONGEST_LINE_BYTES - PLACE_BYTES - 4096 &&
    !value.includes(10) &&
    !value.includes(13) &&
    !value.includes(0) &&
    !value.includes(SEPARATOR) &&
    isUtf8(value)
  );
}

function isPrintable(key: Uint8Array): boolean {
  if (key.length > 4000) return false;
  for (const byte of key) if (byte < 32 || byte > 126) return false;
  return true;
}

function oddOf(ordinal: number, { topic, partition, offset, receivedAt, key, value }: Message): OddMessage {
  const place = { ordinal, topic, partition, offset, receivedAt, key: key === null ? null : keyText(key) };
  if (value === null) return { ...place, text: '', encoding: 'vazia' };
  if (isUtf8(value) && !value.includes(0)) return { ...place, text: value.toString('utf8'), encoding: 'texto' };
  return { ...place, text: value.toString('base64'), encoding: 'base64' };
}

/** A key as text; one that is no text in hexadecimal. */
function keyText(key: Uint8Array): string {
  const bytes = Buffer.from(key);
  return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString('utf8') : `0x${bytes.toString('hex')}`;
}
