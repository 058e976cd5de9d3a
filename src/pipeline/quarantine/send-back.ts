// The two ways out of the quarantine: `fix` reads a corrected file, `replay` sends the originals through the current transform again.
// It prepares what resubmit.ts sends; the warehouse decides what becomes of it.
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { makeLookups } from '../../engines/duckdb/lookups.ts';
import { openSession, type Session } from '../../engines/duckdb/session.ts';
import { TRANSFORM_VERSION } from '../../engines/transform/transform.ts';
import type { InputFile } from '../../sources/files/index.ts';
import {
  readRecords,
  recordsByHash,
  type QuarantineFilter,
  type QuarantineRecord,
} from '../../storage/quarantine-read.ts';
import { WarehouseClient } from '../warehouse-client.ts';
import { checkStores } from './known-stores.ts';
import { readCorrections } from './correction-file.ts';
import type { SessionSettings } from './export.ts';
import type { Part } from './judged-documents.ts';
import { resubmit, type ResubmitReport } from './resubmit.ts';
import { restage, UNREADABLE_REASONS } from './restage.ts';
import type { SettleProgress } from '../settle.ts';
import { makeWorkFolder } from '../work-folder.ts';

export interface SendOptions extends SessionSettings {
  readonly warehouseUrl: string;
  readonly maxOutageMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onWait?: (reason: string, waitMs: number) => void;
  readonly onSettle?: (progress: SettleProgress) => void;
}

export interface SendReport extends ResubmitReport {
  /** Records looked at. */
  readonly records: number;
  /** fix: records discarded by hand, whose lines were not sent. */
  readonly discarded: number;
  /** replay: records that can only be corrected by hand, because their text cannot be taken apart or their mapping is not at hand. */
  readonly unreadable: number;
  readonly warnings: readonly string[];
}

/** Reads a corrected file and sends its records. Throws FILE_* and QUARANTINE_FILE_INVALID: then nothing was sent. */
export async function fixQuarantine(input: InputFile, options: SendOptions): Promise<SendReport> {
  return withSession(options, async (session, connection, warehouse) => {
    const file = await readCorrections(connection, session.folder, input, (hashes) =>
      warehouse.run((client) => recordsByHash(client, hashes)),
    );
    const { staged, records } = file;
    const discarded = records.filter((record) => record.state === 'descartado').length;
    const parts = partsOf(
      records,
      (record) => record.state !== 'descartado',
      (record) => ({
        key: [record.file, record.receivedAt, record.facts.tem_endereco ?? true],
        facts: {
          decimalFormat: staged.decimalFormat,
          dateFormat: staged.dateFormat,
          hasAddress: record.facts.tem_endereco ?? true,
          receivedAt: record.receivedAt,
        },
        shape: 'lines',
        format: 'csv',
        profile: staged.profile,
        header: staged.header,
      }),
    );
    const texts = Map.groupBy(file.lines, (line) => line.record);
    const report = await resubmit(session, warehouse, {
      sourceId: `correcao:${staged.contentSha256}`,
      sourceName: input.name,
      sha256: staged.contentSha256,
      records,
      parts,
      isCorrection: true,
      textOf: (record) => (texts.get(record) ?? []).map((line) => line.text).join('\n'),
      linesRead: staged.linesRead,
    });
    await staged.close();
    return { ...report, records: records.length, discarded, unreadable: 0, warnings: staged.warnings };
  });
}

/** Sends the selected originals again. `mapping` replaces the mapping file of records read with the generic profile. */
export async function replayQuarantine(
  filter: QuarantineFilter,
  options: SendOptions & { readonly mapping: string | null },
): Promise<SendReport> {
  return withSession(options, async (session, connection, warehouse) => {
    const selected = await warehouse.run(async (client) => {
      await checkStores(client, filter.stores);
      return readRecords(client, filter);
    });
    const records = selected.filter((record) => !record.reasons.some((reason) => UNREADABLE_REASONS.includes(reason)));
    const failed = new Set(await restage(connection, session.folder, records, options.mapping));
    const parts = partsOf(
      records,
      (_, index) => !failed.has(index),
      (record) => {
        const hasAddress = record.facts.tem_endereco ?? true;
        return {
          key: [record.format, record.profile, record.header, record.file, record.receivedAt, record.facts],
          facts: {
            decimalFormat: record.facts.formato_decimal ?? null,
            dateFormat: record.facts.formato_data ?? null,
            hasAddress,
            receivedAt: record.receivedAt,
          },
          shape: record.format === 'jsonl' ? 'json' : 'lines',
          format: record.format,
          profile: record.profile,
          header: record.header,
        };
      },
    );
    const identity = createHash('sha256')
      .update(
        JSON.stringify([records.map((record) => [record.store, record.hash]), options.mapping, TRANSFORM_VERSION]),
      )
      .digest('hex');
    const report = await resubmit(session, warehouse, {
      sourceId: `reenvio:${identity}`,
      sourceName: 'quarentena',
      sha256: null,
      records,
      parts,
      isCorrection: false,
      textOf: (record) => records[record]?.original ?? '',
      linesRead: records.length,
    });
    return {
      ...report,
      records: selected.length,
      discarded: 0,
      unreadable: selected.length - records.length + failed.size,
      warnings: [],
    };
  });
}

/** Groups records that were read alike; `key` parts them. */
function partsOf(
  records: readonly QuarantineRecord[],
  isSent: (record: QuarantineRecord, index: number) => boolean,
  describe: (record: QuarantineRecord) => Omit<Part, 'records' | 'key'> & { readonly key: readonly unknown[] },
): Part[] {
  const parts = new Map<string, { part: Omit<Part, 'records' | 'key'>; records: number[] }>();
  records.forEach((record, index) => {
    if (!isSent(record, index)) return;
    const { key, ...part } = describe(record);
    const name = JSON.stringify(key);
    const known = parts.get(name);
    if (known === undefined) parts.set(name, { part, records: [index] });
    else known.records.push(index);
  });
  return [...parts].map(([key, { part, records: members }]) => ({ ...part, key, records: members }));
}

async function withSession<T>(
  options: SendOptions,
  action: (session: Session, connection: DuckDBConnection, warehouse: WarehouseClient) => Promise<T>,
): Promise<T> {
  const folder = await makeWorkFolder();
  const session = await openSession({ folder, memoryLimit: options.memoryLimit, threads: options.threads });
  const warehouse = new WarehouseClient({
    url: options.warehouseUrl,
    folder,
    reprocess: false,
    maxOutageMs: options.maxOutageMs,
    signal: options.signal,
    ...(options.onWait ? { onWait: options.onWait } : {}),
    settles: 'at-end',
    onSettle: options.onSettle,
  });
  try {
    const connection = await session.connect();
    await makeLookups(connection);
    return await action(session, connection, warehouse);
  } finally {
    await warehouse.close();
    session.close();
    await rm(folder, { recursive: true, force: true });
  }
}
