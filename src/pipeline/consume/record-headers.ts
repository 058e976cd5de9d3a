// What the headers of a record say: its contract, and when its order was first read. Pure; a header that cannot be read counts as missing.
import type { TopicRecord } from '../../broker/reader.ts';
import { type Contract, contractOf, HEADER } from '../../model/message.ts';

export interface RecordHeaders {
  /** Null: a contract, or a major version, that this program does not know. */
  readonly contract: Contract | null;
  /** UTC, 'YYYY-MM-DD HH:MM:SS.ffffff'. */
  readonly receivedAt: string;
}

const TIME = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d{1,6})?)Z$/;
/** PostgreSQL's and DuckDB's times reach further; no order is older or younger. */
const LATEST_MS = Date.UTC(9999, 0);

/** `now` stands in for a record without any usable time. */
export function readHeaders(record: TopicRecord, now: () => Date): RecordHeaders {
  const stated = textOf(record, HEADER.receivedAt);
  return {
    contract: contractOf((name) => textOf(record, name)),
    receivedAt: (stated === undefined ? null : sqlTimeOf(stated)) ?? recordTime(record, now),
  };
}

function textOf(record: TopicRecord, name: string): string | undefined {
  for (const [key, value] of record.headers)
    if (key !== null && value !== null && key.length === name.length && key.toString('latin1') === name)
      return value.toString();
  return undefined;
}

let lastStated = '';
let lastTime: string | null = null;

/** Messages of one file state the same time: the last answer is kept. */
function sqlTimeOf(stated: string): string | null {
  if (stated !== lastStated) {
    const match = TIME.exec(stated);
    lastStated = stated;
    lastTime = match === null || Number.isNaN(Date.parse(stated)) ? null : `${match[1]} ${match[2]}`;
  }
  return lastTime;
}

function recordTime(record: TopicRecord, now: () => Date): string {
  const { timestampMs } = record;
  const time = timestampMs >= 0 && timestampMs < LATEST_MS ? new Date(timestampMs) : now();
  return time.toISOString().slice(0, 23).replace('T', ' ');
}
