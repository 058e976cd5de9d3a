// Sends records of the quarantine through the current transform and loads those that pass. A record leaves the quarantine whole or not at all:
// while one of its orders is still refused, none of them is sent, and the quarantine stays as it is. The loader alone resolves rows.
import { createHash } from 'node:crypto';
import type { DuckDBConnection } from '@duckdb/node-api';
import { prepareBatch, type BatchOrigin } from '../../engines/duckdb/batch.ts';
import { appendOriginals } from '../../engines/duckdb/originals.ts';
import { rows, run, type Session } from '../../engines/duckdb/session.ts';
import { TRANSFORM_VERSION } from '../../engines/transform/transform.ts';
import { EsteiraError } from '../../lib/errors.ts';
import type { EventCounts } from '../../model/batch.ts';
import { versionsOf, type QuarantineRecord } from '../../storage/quarantine-read.ts';
import { readPosition, registerSource } from '../../storage/sources.ts';
import { addCounts, NO_COUNTS } from '../totals.ts';
import type { WarehouseClient } from '../warehouse-client.ts';
import { judgedDocuments, type Part } from './judged-documents.ts';
import type { Judged } from './update-times.ts';

export interface Resubmission {
  /** Identity of the whole: sending it again finds that it was done. */
  readonly sourceId: string;
  readonly sourceName: string;
  readonly sha256: string | null;
  readonly records: readonly QuarantineRecord[];
  readonly parts: readonly Part[];
  /** Corrections get a higher revision than the versions of the same time; the same original sent again keeps its own. */
  readonly isCorrection: boolean;
  /** Text of the lines of each record, for an order that the database itself refuses. */
  readonly textOf: (record: number) => string;
  readonly linesRead: number;
}

export interface RefusedRecord {
  readonly record: QuarantineRecord;
  readonly reasons: readonly string[];
}

export interface ResubmitReport {
  /** Orders of a group that the very same input sent before count as `duplicados`. */
  readonly counts: EventCounts;
  /** Records of which every order is valid. */
  readonly accepted: number;
  readonly refused: readonly RefusedRecord[];
  /** True when everything valid had been sent before by the very same input. */
  readonly wasComplete: boolean;
}

/**
 * Judges every part and loads what is valid. `session` has the lookups and, for parts of shape `lines`, `marcadas`.
 * What goes wrong with one part (a bug) is thrown after the others were sent; what is wrong outside, such as a warehouse that is down, concerns them all.
 */
export async function resubmit(
  session: Session,
  warehouse: WarehouseClient,
  work: Resubmission,
): Promise<ResubmitReport> {
  let counts = NO_COUNTS;
  let accepted = 0;
  const refused: RefusedRecord[] = [];
  let pending = 0;
  let already = 0;
  const failures: unknown[] = [];
  const send = async (part: Part, number: number): Promise<void> => {
    const connection = await session.connect();
    const source = `reenvio_${number}_documentos`;
    const judged = await judgePart(connection, warehouse, work, part, source);
    refused.push(...judged.refused);
    accepted += part.records.length - judged.refused.length;
    if (judged.documents === 0) {
      connection.closeSync();
      return;
    }
    pending += 1;
    const outcome = await loadPart(session, connection, warehouse, work, part, number, source);
    if (outcome === null) already += 1;
    counts = addCounts(counts, outcome ?? { ...NO_COUNTS, lidos: judged.documents, duplicados: judged.documents });
  };
  for (const [number, part] of work.parts.entries()) {
    try {
      await send(part, number);
    } catch (error) {
      if (error instanceof EsteiraError || (error instanceof Error && error.name === 'AbortError')) throw error;
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return { counts, accepted, refused, wasComplete: pending > 0 && pending === already };
}

/** Makes the documents, tells the valid from the refused, and leaves the valid ones in `source` with their revision, and `<source>_corrige` beside it. */
async function judgePart(
  connection: DuckDBConnection,
  warehouse: WarehouseClient,
  work: Resubmission,
  part: Part,
  source: string,
): Promise<{ refused: RefusedRecord[]; documents: number }> {
  const { links, judged } = await judgedDocuments(connection, work.records, part, source, work.isCorrection);
  const refused = refusedOf(work, links, judged);
  const bad = new Set(refused.map((item) => item.index));
  const valid = judged.filter((document) => (links.get(document.ordinal) ?? []).every((record) => !bad.has(record)));
  const revisions = await revisionsOf(warehouse, work, links, valid);
  await run(connection, 'CREATE OR REPLACE TABLE revisoes (ordinal BIGINT, revisao INTEGER)');
  const appender = await connection.createAppender('revisoes');
  for (const [ordinal, revision] of revisions) {
    appender.appendBigInt(BigInt(ordinal));
    appender.appendInteger(revision);
    appender.endRow();
  }
  appender.closeSync();
  await run(
    connection,
    `CREATE OR REPLACE VIEW ${source} AS SELECT d.* REPLACE (v.revisao AS revisao) FROM reenviados d JOIN revisoes v ON v.ordinal = d.ordinal`,
  );
  await run(
    connection,
    `CREATE OR REPLACE TABLE ${source}_corrige (ordinal BIGINT, loja VARCHAR, hash_original VARCHAR)`,
  );
  const links2 = await connection.createAppender(`${source}_corrige`);
  for (const { ordinal } of valid) {
    for (const record of links.get(ordinal) ?? []) {
      links2.appendBigInt(BigInt(ordinal));
      links2.appendVarchar(work.records[record]?.store ?? '');
      links2.appendVarchar(work.records[record]?.hash ?? '');
      links2.endRow();
    }
  }
  links2.closeSync();
  return {
    refused: refused.map(({ index, reasons }) => ({ record: work.records[index] as QuarantineRecord, reasons })),
    documents: valid.length,
  };
}

/** Records with a document that is refused, and those that share a document with one of them. */
function refusedOf(
  work: Resubmission,
  links: ReadonlyMap<number, readonly number[]>,
  judged: readonly Judged[],
): { index: number; reasons: readonly string[] }[] {
  const reasonsOf = new Map<number, Set<string>>();
  for (;;) {
    const before = reasonsOf.size;
    for (const document of judged) {
      const records = links.get(document.ordinal) ?? [];
      const isHeld = document.reasons.length > 0 || records.some((record) => reasonsOf.has(record));
      if (!isHeld) continue;
      for (const record of records) {
        const known = reasonsOf.get(record) ?? new Set<string>();
        for (const reason of document.reasons) known.add(reason);
        reasonsOf.set(record, known);
      }
    }
    if (reasonsOf.size === before) break;
  }
  return [...reasonsOf].map(([index, reasons]) => ({ index, reasons: [...reasons] })).sort((a, b) => a.index - b.index);
}

/** The n-th correction of a version is revision n; the same correction sent again keeps the revision that it has. */
async function revisionsOf(
  warehouse: WarehouseClient,
  work: Resubmission,
  links: ReadonlyMap<number, readonly number[]>,
  valid: readonly Judged[],
): Promise<Map<number, number>> {
  const own = (document: Judged): number =>
    Math.max(0, ...(links.get(document.ordinal) ?? []).map((record) => work.records[record]?.revision ?? 0));
  if (!work.isCorrection) return new Map(valid.map((document) => [document.ordinal, own(document)]));
  const key = (store: string | null, orderId: string | null, updatedAt: string): string =>
    JSON.stringify([store, orderId, updatedAt]);
  const orders = valid.map((document) => ({ store: document.store ?? '', orderId: document.orderId ?? '' }));
  const versions = Map.groupBy(
    orders.length === 0 ? [] : await warehouse.run((client) => versionsOf(client, orders)),
    (version) => key(version.store, version.orderId, version.updatedAt),
  );
  return new Map(
    valid.map((document) => {
      const known = versions.get(key(document.store, document.orderId, document.updatedAt)) ?? [];
      const same = known.filter((version) => version.hash === document.hash);
      const isThere = same.length > 0;
      const next = 1 + Math.max(own(document), ...known.map((version) => version.revision));
      return [document.ordinal, isThere ? Math.max(...same.map((version) => version.revision)) : next];
    }),
  );
}

/** Loads the valid documents of a part as one batch of its own source; null when that was done before. Closes the connection. */
async function loadPart(
  session: Session,
  connection: DuckDBConnection,
  warehouse: WarehouseClient,
  work: Resubmission,
  part: Part,
  number: number,
  source: string,
): Promise<EventCounts | null> {
  const sourceId = createHash('sha256')
    .update(JSON.stringify([work.sourceId, part.key, TRANSFORM_VERSION]))
    .digest('hex');
  if ((await warehouse.run((client) => readPosition(client, sourceId))) > 0) {
    connection.closeSync();
    return null;
  }
  await warehouse.run((client) =>
    registerSource(client, {
      id: sourceId,
      type: 'arquivo',
      name: work.sourceName,
      profile: part.profile,
      sha256: work.sha256,
      options: { quarentena: work.isCorrection ? 'correcao' : 'reenvio' },
      receivedAt: new Date(`${part.facts.receivedAt.replace(' ', 'T')}Z`),
      batchCount: 1,
      linesRead: work.linesRead,
      linesIgnored: 0,
    }),
  );
  const origin: BatchOrigin = {
    id: `${sourceId}:0`,
    sourceId,
    moves: [{ key: sourceId, before: '0', after: '1' }],
    isDisjoint: false,
    sourceName: work.sourceName,
    format: part.format,
    profile: part.profile,
    header: part.header,
    corrections: `${source}_corrige`,
    loadOriginals: (on, prefix) => loadOriginals(on, prefix, source, work),
  };
  const batch = await prepareBatch(session, connection, `reenvio_${number}`, source, origin);
  const outcome = await warehouse.load(batch);
  await batch.drop();
  return outcome.kind === 'lost' ? null : outcome.counts;
}

async function loadOriginals(
  connection: DuckDBConnection,
  prefix: string,
  source: string,
  work: Resubmission,
): Promise<void> {
  await run(connection, `CREATE OR REPLACE TABLE ${prefix}_originais (ordinal BIGINT, original VARCHAR)`);
  const wanted = await rows<{ ordinal: string; hash_original: string; loja: string }>(
    connection,
    `SELECT k.ordinal, k.hash_original, k.loja FROM ${source}_corrige k JOIN ${prefix}_tratados t ON t.ordinal = k.ordinal WHERE t.erros <> 0`,
  );
  const links = wanted.map((row) => ({
    ordinal: Number(row.ordinal),
    rowid: work.records.findIndex((record) => record.hash === row.hash_original && record.store === row.loja),
  }));
  await appendOriginals(
    connection,
    `${prefix}_originais`,
    links,
    links.map(({ rowid }) => ({ rowid, text: work.textOf(rowid) })),
  );
}
