// Several files into the warehouse, one after the other, and what came of them together.
import type { EventCounts, RejectionGroup } from '../model/batch.ts';
import type { InputFile } from '../sources/files/index.ts';
import type { SparkPlace } from './spark-client.ts';
import { SparkTransform } from './spark-transform.ts';
import { rethrowUnlessStopped } from './retry.ts';
import { settle } from './settle.ts';
import { loadFile, type FileReport, type LoadFileOptions } from './load-file.ts';
import { addCounts, addRejections, NO_COUNTS } from './totals.ts';

export interface LoadReport {
  readonly files: readonly FileReport[];
  readonly totals: EventCounts;
  readonly rejections: readonly RejectionGroup[];
  readonly wasStopped: boolean;
}

export interface LoadFilesOptions extends Omit<LoadFileOptions, 'spark' | 'settles'> {
  /** Present: Spark transforms. */
  readonly spark?: SparkPlace | undefined;
}

/** Loads the files in order and settles the cohorts with the last, or after the one that it ends at. A refused file throws; what was loaded before it stays. */
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
      const settles = input === inputs.at(-1) ? 'at-end' : 'never';
      const report = await loadFile(input, { ...options, spark, settles }).catch(rethrowUnlessStopped(signal));
      if (report !== undefined) files.push(report);
      wasStopped = report?.wasStopped ?? true;
      if (wasStopped) break;
    }
  } finally {
    await spark?.close();
    if (files.length > 0 && files.length < inputs.length)
      await settle({ url: options.warehouseUrl, signal, onSettle: onProgress });
  }
  const totals = files.reduce((sum, file) => addCounts(sum, file.counts), NO_COUNTS);
  return {
    files,
    totals,
    rejections: files.reduce<readonly RejectionGroup[]>((sum, file) => addRejections(sum, file.rejections), []),
    wasStopped,
  };
}
