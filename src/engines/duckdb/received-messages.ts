// One batch of a topic's messages, prepared for the loader: raw ones go through the transform, treated and rejected ones are taken as they are.
// It reads no topic and knows no header: the caller has sorted the messages by contract.
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { PositionMove, PreparedBatch } from '../../model/batch.ts';
import { CONTRACT, type Contract } from '../../model/message.ts';
import { prepareBatch, type BatchOrigin } from './batch.ts';
import { documentsOfMessages } from './json-documents.ts';
import { type Message, MessageLines } from './message-lines.ts';
import { run, type Session } from './session.ts';
import { MESSAGE_READING, type StandingTransform } from './standing-transform.ts';
import { type MessageRange, readRejected, readTreated } from './treated-messages.ts';

/** What the batch is called and which positions it moves. */
export interface MessageBatch {
  readonly id: string;
  readonly sourceId: string;
  readonly moves: readonly PositionMove[];
  readonly topic: string;
}

/** Where the ordinals of a contract's messages begin: those of treated and of rejected ones are above all raw ones. */
const FIRST_ORDINAL: Readonly<Record<Contract, number>> = {
  [CONTRACT.raw]: 0,
  [CONTRACT.treated]: 1_000_000_000,
  [CONTRACT.rejected]: 1_500_000_000,
};
/** What is not what its contract says moves below the treated ones, where it counts as a raw message with a problem. */
const TO_RAW = 700_000_000;

/** Messages on their way into one batch. `name` tells batches of a session apart that are under way at once. */
export class MessageStage {
  readonly #session: Session;
  readonly #standing: StandingTransform;
  readonly #prefix: string;
  readonly #lines: MessageLines;
  readonly #counts: Record<Contract, number> = { [CONTRACT.raw]: 0, [CONTRACT.treated]: 0, [CONTRACT.rejected]: 0 };

  constructor(session: Session, standing: StandingTransform, name: string) {
    this.#session = session;
    this.#standing = standing;
    this.#prefix = `mensagens_${name}`;
    this.#lines = new MessageLines(join(session.folder, `${this.#prefix}.lines`));
  }

  get count(): number {
    return this.#lines.count;
  }

  get bytes(): number {
    return this.#lines.bytes;
  }

  /** As `piecesOf` asks for it. Messages of one contract are parts of the table when there are others between them. */
  get #bytesAtOnce(): number {
    const contracts = Object.values(this.#counts).filter((sent) => sent > 0);
    return contracts.length > 1 ? this.#lines.bytes : this.#lines.bytesAtOnce;
  }

  add(contract: Contract, message: Message): void {
    this.#lines.add(message, FIRST_ORDINAL[contract] + this.#counts[contract]++);
  }

  discard(): Promise<void> {
    return this.#lines.discard();
  }

  /** Transforms what was added. Drop the batch before another of the same name is begun. */
  async prepare(batch: MessageBatch): Promise<PreparedBatch> {
    const connection = await this.#session.connect();
    const p = this.#prefix;
    const places = `${p}_lugares`;
    const made = `${p}_rejeitados_feitos`;
    await this.#lines.load(connection, places);
    const source = `${p}_documentos`;
    const treated = await this.#read(connection, CONTRACT.treated, places, async (messages, target) =>
      readTreated(connection, messages, target, await this.#standing.columns()),
    );
    const rejected = await this.#read(connection, CONTRACT.rejected, places, (messages, target) =>
      readRejected(connection, messages, target),
    );
    const origin: BatchOrigin = {
      id: batch.id,
      sourceId: batch.sourceId,
      moves: batch.moves,
      // An order comes again in a later batch whenever it changes.
      isDisjoint: false,
      sourceName: batch.topic,
      ...MESSAGE_READING,
      messages: { places, rejected },
      transformed: {
        into: (target) => this.#transformInto(connection, target, { made, places, treated }),
        makeSource: () => documentsOfMessages(connection, source, places, FIRST_ORDINAL[CONTRACT.treated]),
        rejected: made,
      },
      loadOriginals: (on, prefix) => loadOriginals(on, prefix, places),
    };
    return prepareBatch(this.#session, connection, p, source, origin);
  }

  /** Reads the messages of a contract that needs no transform; null when there are none. */
  async #read(
    connection: DuckDBConnection,
    contract: Contract,
    places: string,
    read: (messages: MessageRange, target: string) => Promise<number>,
  ): Promise<string | null> {
    const sentCount = this.#counts[contract];
    if (sentCount === 0) return null;
    const target = `${this.#prefix}_${contract.replaceAll('-', '_')}`;
    const [from, to] = [FIRST_ORDINAL[contract], FIRST_ORDINAL[contract] + sentCount - 1];
    const readCount = await read({ lines: places, bytes: this.#bytesAtOnce, from, to }, target);
    const strayCount = sentCount - readCount;
    if (strayCount > 0) {
      this.#counts[CONTRACT.raw] += strayCount;
      await run(
        connection,
        `UPDATE ${places} SET ordinal = ordinal - ${TO_RAW}, problema = 'JSON_INVALIDO' WHERE ordinal BETWEEN ${from} AND ${to} AND ordinal NOT IN (SELECT ordinal FROM ${target})`,
      );
    }
    if (readCount > 0) return target;
    await run(connection, `DROP TABLE ${target}`);
    return null;
  }

  /** Table `target` of the raw messages transformed, and of those that were treated before they were sent. */
  async #transformInto(
    connection: DuckDBConnection,
    target: string,
    { made, places, treated }: { readonly made: string; readonly places: string; readonly treated: string | null },
  ): Promise<void> {
    if (treated !== null && this.#counts[CONTRACT.raw] === 0) {
      await run(connection, `DROP TABLE IF EXISTS ${target}; ALTER TABLE ${treated} RENAME TO ${target}`);
      return;
    }
    await this.#standing.into(target, made, places, FIRST_ORDINAL[CONTRACT.treated], this.#bytesAtOnce);
    if (treated === null) return;
    await run(connection, `INSERT INTO ${target} BY NAME SELECT * FROM ${treated}`);
    await run(connection, `DROP TABLE ${treated}`);
  }
}

async function loadOriginals(connection: DuckDBConnection, prefix: string, places: string): Promise<void> {
  await run(
    connection,
    `
    CREATE OR REPLACE TABLE ${prefix}_originais AS
    SELECT l.ordinal, l.texto AS original FROM ${prefix}_tratados t JOIN ${places} l ON l.ordinal = t.ordinal WHERE t.erros <> 0`,
  );
}
