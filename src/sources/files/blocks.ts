// Reads a file front to back in large blocks and hands them to the record scanner, keeping unfinished records together.
// It never looks into the bytes itself, and never holds more than one block and one record.
import { open } from 'node:fs/promises';
import type { RecordSpan } from './scan.ts';
import type { Scanner } from './survey.ts';

const BLOCK_BYTES = 4 << 20;

export interface BlockReading {
  /** Called once for every byte read, in order, from the file's first byte (also those before `dataStart`). */
  readonly onBytes?: (bytes: Uint8Array) => void;
  /** Called for every record; `offset` is the record's place in the file. Returning false ends the reading. */
  readonly onRecord: (span: RecordSpan, bytes: Uint8Array, offset: number) => boolean | void;
  /** Called when a record has not ended after `limitBytes`. */
  readonly onTooLong: (line: number, openQuoteLine: number) => never;
  readonly limitBytes: number;
}

/** Reads `path` from byte `dataStart` on (from its beginning when there is an `onBytes`), record by record; `afterBlock` is awaited after each block. */
export async function readRecords(
  path: string,
  dataStart: number,
  scanner: Scanner,
  reading: BlockReading,
  afterBlock?: () => Promise<void>,
): Promise<void> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(BLOCK_BYTES);
    let filled = 0;
    let fileAt = reading.onBytes === undefined ? dataStart : 0; // place in the file of buffer[0]
    let from = dataStart - fileAt;
    let isStopped = false;
    while (true) {
      const { bytesRead } = await handle.read(buffer, filled, BLOCK_BYTES - filled, fileAt + filled);
      const isLast = bytesRead === 0;
      reading.onBytes?.(buffer.subarray(filled, filled + bytesRead));
      filled += bytesRead;
      if (filled < from && !isLast) continue;
      const base = fileAt;
      const consumed = scanner.scan(buffer, Math.min(from, filled), filled, isLast, (span) => {
        if (span.end - span.start > reading.limitBytes) reading.onTooLong(span.line, span.openQuoteLine);
        if (reading.onRecord(span, buffer, base + span.start) === false) {
          isStopped = true;
          return false;
        }
        return true;
      });
      if (afterBlock !== undefined) await afterBlock();
      if (isLast || isStopped) break;
      if (filled - consumed > reading.limitBytes) reading.onTooLong(scanner.line, scanner.openQuoteLine);
      buffer.copyWithin(0, consumed, filled);
      fileAt += consumed;
      filled -= consumed;
      from = 0;
    }
  } finally {
    await handle.close();
  }
}
