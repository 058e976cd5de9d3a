// One batch of a topic's messages, prepared for the loader: raw ones go through the transform, treated and rejected ones are taken as they are.
// It reads no topic and knows no header: the caller has sorted the messages by contract.
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { PositionMove, PreparedBatch } from '../../model/batch.ts';
import { CONTRACT, type Contract } from '../../model/message.ts';
import { prepareBatch, type BatchOrigin } from './batch.ts';
import { documentsOfMessages } from './json-documents.ts';
import { type Message, MessageLines } from './message-lines.ts';
import { count, run, type Session } from './session.ts';
import { MESSAGE_READING, type StandingTransform } from './standing-transform.ts';
import { readRejected, readTreated } from './treated-messages.ts';

/** What the batch is called and which positions it moves. */
export interface MessageBatch {
  readonly id: string;
  readonly sourceId: string;
  readonly moves: readonly PositionMove[];
  readonly topic: string;
}

/** Ordinals of treated and of rejected messages begin here, above all raw ones. */
const TREATED_ORDINALS = 1_000_000_000;
const REJECTED_ORDINALS = 1_500_000_000;

/** Messages on their way into one batch. `name` tells batches of a session apart that are under way at once. */
export class MessageStage {
  readonly #session: Session;
  readonly #standing: StandingTransform;
  readonly #prefix: string;
  readonly #lines: Readonly<Record<Contract, MessageLines>>;

  constructor(session: Session, standing: StandingTransform, name: string) {
    this.#session = session;
    this.#standing = standing;
    this.#prefix = `mensagens_${name}`;
    const lines = (kind: string): MessageLines =>
      new MessageLines(join(session.folder, `${this.#prefix}-${kind}.lines`));
    this.#lines = {
      [CONTRACT.raw]: lines('brutas'),
      [CONTRACT.treated]: lines('tratadas'),
      [CONTRACT.rejected]: lines('rejeitadas'),
    };
  }

  get count(): number {
    return Object.values(this.#lines).reduce((sum, lines) => sum + lines.count, 0);
  }

  get bytes(): number {
    return Object.values(this.#lines).reduce((sum, lines) => sum + lines.bytes, 0);
  }

  add(contract: Contract, message: Message): void {
    this.#lines[contract].add(message);
  }

  async discard(): Promise<void> {
    for (const lines of Object.values(this.#lines)) await lines.discard();
  }

  /** Transforms what was added. Drop the batch before another of the same name is begun. */
  async prepare(batch: MessageBatch): Promise<PreparedBatch> {
    const connection = await this.#session.connect();
    const p = this.#prefix;
    const places = `${p}_lugares`;
    const made = `${p}_rejeitados_feitos`;
    const raw = this.#lines[CONTRACT.raw];
    await raw.load(connection, places);
    const source = `${p}_documentos`;
    const treated = await this.#load(connection, CONTRACT.treated, places, async (lines, target) =>
      readTreated(connection, lines, target, await this.#standing.columns(places)),
    );
    const rejected = await this.#load(connection, CONTRACT.rejected, places, (lines, target) =>
      readRejected(connection, lines, target),
    );
    const origin: BatchOrigin = {
      id: batch.id,
      sourceId: batch.sourceId,
      moves: batch.moves,
      // An order comes again in a later batch whenever it changes.
      isDisjoint: false,
      sourceName: batch.topic,
      ...MESSAGE_READING,
      messages: { places, treated, rejected },
      transformed: {
        into: (target) => this.#standing.into(target, made, places, TREATED_ORDINALS),
        makeSource: () => documentsOfMessages(connection, source, places, TREATED_ORDINALS),
        rejected: made,
      },
      loadOriginals: (on, prefix) => loadOriginals(on, prefix, places),
    };
    return prepareBatch(this.#session, connection, p, source, origin);
  }

  /** Reads the messages of a contract that needs no transform; null when there are none. Their places join those of the raw ones. */
  async #load(
    connection: DuckDBConnection,
    contract: Contract,
    places: string,
    read: (lines: string, target: string) => Promise<void>,
  ): Promise<string | null> {
    const lines = this.#lines[contract];
    if (lines.count === 0) return null;
    const target = `${this.#prefix}_${contract.replaceAll('-', '_')}`;
    await lines.load(connection, `${target}_linhas`);
    const first = contract === CONTRACT.treated ? TREATED_ORDINALS : REJECTED_ORDINALS;
    await run(connection, `UPDATE ${target}_linhas SET ordinal = ordinal + ${first}`);
    await read(`${target}_linhas`, target);
    // What is not what its contract says goes with the raw ones, as a record with a problem.
    await run(
      connection,
      `UPDATE ${target}_linhas SET ordinal = ordinal - ${first} + ${first === TREATED_ORDINALS ? 400_000_000 : 600_000_000} WHERE problema IS NOT NULL`,
    );
    await run(connection, `INSERT INTO ${places} BY NAME SELECT * FROM ${target}_linhas`);
    await run(connection, `DROP TABLE ${target}_linhas`);
    return (await count(connection, `SELECT count(*) FROM ${target}`)) === 0 ? null : target;
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
