// Which update times a spreadsheet shortened: it drops the seconds of a time, or the whole time of day, and not in every line alike.
// A correction keeps the time of the version that it corrects. Pure: it reads and writes nothing.
import type { QuarantineRecord } from '../../storage/quarantine-read.ts';

/** What the transform says of one document. */
export interface Judged {
  readonly ordinal: number;
  readonly reasons: readonly string[];
  readonly store: string | null;
  readonly orderId: string | null;
  /** UTC text, YYYY-MM-DD HH:MM:SS.ffffff. */
  readonly updatedAt: string;
  readonly isEstimated: boolean;
  readonly hash: string;
}

/** A version that was estimated has the time at which it was received. */
export type VersionTimes = Pick<QuarantineRecord, 'updatedAt' | 'receivedAt'>;

/** The time that the lines of a record in a document get, shaped like `Judged.updatedAt`. */
export interface RestoredTime {
  readonly ordinal: number;
  readonly record: number;
  readonly updatedAt: string;
}

/**
 * The times to write into the lines of documents, none when all are as their records have them.
 * Two versions whose times became the same are told apart by their records; lines of a record that states another time (a line without one that was
 * mended and joined to its order) follow the document.
 */
export function restoredTimes(
  records: readonly VersionTimes[],
  links: ReadonlyMap<number, readonly number[]>,
  judged: readonly Judged[],
): RestoredTime[] {
  const documentsOf = new Map<number, number>();
  for (const linked of links.values())
    for (const record of linked) documentsOf.set(record, (documentsOf.get(record) ?? 0) + 1);
  let hasChanged = false;
  const times: RestoredTime[] = [];
  for (const document of judged) {
    const linked = links.get(document.ordinal) ?? [];
    const meant = linked.filter((record) => isMeant(document, records[record]));
    const first = meant[0];
    if (first === undefined) continue;
    for (const record of linked) {
      const updatedAt = records[meant.includes(record) ? record : first]?.updatedAt ?? document.updatedAt;
      times.push({ ordinal: document.ordinal, record, updatedAt });
      // the same time may be written in two ways, which makes two documents of one record
      hasChanged ||= document.isEstimated || updatedAt !== document.updatedAt || (documentsOf.get(record) ?? 0) > 1;
    }
  }
  return hasChanged ? times : [];
}

/** True when the document's time is the record's, as it is or shortened or left out. */
function isMeant(document: Judged, own: VersionTimes | undefined): boolean {
  if (own === undefined || document.reasons.includes('ATUALIZADO_EM_INVALIDO')) return false;
  if (document.isEstimated) return own.updatedAt !== own.receivedAt;
  const stated = Date.parse(`${own.updatedAt.replace(' ', 'T').slice(0, 23)}Z`);
  const written = Date.parse(`${document.updatedAt.replace(' ', 'T').slice(0, 23)}Z`);
  return (
    document.updatedAt === own.updatedAt ||
    written === Math.floor(stated / 60_000) * 60_000 ||
    written === Math.floor(stated / 1000) * 1000 ||
    written === midnightBefore(stated)
  );
}

const THREE_HOURS_MS = 10_800_000;

/** Midnight in São Paulo (standard time) before an instant. */
function midnightBefore(instant: number): number {
  const day = 86_400_000;
  return Math.floor((instant - THREE_HOURS_MS) / day) * day + THREE_HOURS_MS;
}
