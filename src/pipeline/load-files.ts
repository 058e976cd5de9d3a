// Several files into the warehouse, one after the other, and what came of them together.
import type { EventCounts } from '../model/batch.ts';
import type { InputFile } from '../sources/files/index.ts';
import { connect } from '../storage/connection.ts';
import type { SparkPlace } from './spark-client.ts';
import { SparkTransform } from './spark-transform.ts';
import { rethrowUnlessStopped } from './retry.ts';
import { addCounts, loadFile, NO_COUNTS, type FileReport, type LoadFileOptions } from './load-file.ts';

/** Rejected orders of one reason, over the files of a run. */
export interface RejectionGroup {
  readonly reason: string;
  readonly count: number;
  /** R$ with two decimals. */
  readonly amount: string;
}

export interface LoadReport {
  readonly files: readonly FileReport[];
  readonly totals: EventCounts;
  readonly rejections: readonly RejectionGroup[];
  readonly wasStopped: boolean;
}

export interface LoadFilesOptions extends Omit<LoadFileOptions, 'spark'> {
  /** Present: Spark transforms. */
  readonly spark?: SparkPlace | undefined;
}

/** Loads the files in order. A refused file throws; what was loaded before it stays. */
export async function loadFiles(inputs: readonly InputFile[], options: LoadFilesOptions): Promise<LoadReport> {
  const { spark: access, maxOutageMs, signal, onProgress } = options;
  const onWait = (reason: string, waitMs: number): void =>
    onProgress?.({ kind: 'waiting', service: 'Spark', reason, waitMs });
  const spark =
    access === undefined ? undefined : await SparkTransform.open({ ...access, maxOutageMs, signal, onWait });
  const files: FileReport[] = [];
  let wasStopped = false;
  try {
    for (const input of inputs) {
      const report = await loadFile(input, { ...options, spark }).catch(rethrowUnlessStopped(signal));
      if (report !== undefined) files.push(report);
      wasStopped = report?.wasStopped ?? true;
      if (wasStopped) break;
    }
  } finally {
    await spark?.close();
  }
  const totals = files.reduce((sum, file) => addCounts(sum, file.counts), NO_COUNTS);
  return {
    files,
    totals,
    rejections: await openRejections(
      options.warehouseUrl,
      files.map((file) => file.name),
    ),
    wasStopped,
  };
}

/** The open quarantine of these files or stores (`fonte`) by reason; an order with two reasons is in both. */
export async function openRejections(url: string, names: readonly string[]): Promise<RejectionGroup[]> {
  const client = await connect(url, 'reader');
  try {
    const { rows } = await client.query<{ motivo: string; n: string; valor: string }>(
      `SELECT motivo, count(*) AS n, COALESCE(sum(valor), 0)::numeric(18,2)::text AS valor
       FROM pedidos_rejeitados, unnest(motivos) AS motivo WHERE situacao = 'aberto' AND fonte = ANY($1) GROUP BY motivo ORDER BY count(*) DESC, motivo`,
      [names],
    );
    return rows.map((row) => ({ reason: row.motivo, count: Number(row.n), amount: row.valor }));
  } finally {
    await client.end();
  }
}
