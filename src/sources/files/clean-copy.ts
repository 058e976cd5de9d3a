// Writes a file again in a shape that needs no judgement: broken records replaced by stand-ins; where more is wrong, every record again,
// in UTF-8, with "\n" at its end and its physical line number in front. It never changes what is inside the cells of a good record.
import { open, type FileHandle } from 'node:fs/promises';
import { readRecords } from './blocks.ts';
import { decodeRecord } from './encoding.ts';
import { LF, MAX_RECORD_BYTES } from './scan.ts';
import type { RecordFile } from './survey.ts';

const OUT_BYTES = 8 << 20;

/** Copies the records of a surveyed file to `target`; the file must not have changed since. */
export async function writeCleanCopy(survey: RecordFile, separator: string, target: string): Promise<void> {
  const isAsIs = survey.encoding === 'utf-8' && !survey.isDamaged;
  const out = await open(target, 'wx', 0o600);
  try {
    const pending = new OutBuffer(out);
    await readRecords(
      survey.path,
      survey.dataStart,
      survey.scannerAt(survey.dataLine),
      {
        limitBytes: MAX_RECORD_BYTES,
        onTooLong: () => {
          throw new Error('a record grew after the file was surveyed');
        },
        onRecord: (span, bytes) => {
          const kind = survey.kindOf(span, bytes);
          if (kind === 'blank' || kind === 'ignored') return;
          pending.writeText(`${span.line}${separator}`);
          if (kind === 'broken')
            pending.writeText(survey.standIn(decodeRecord(bytes.subarray(span.start, span.end), survey.encoding)));
          else if (isAsIs) pending.writeBytes(bytes, span.start, span.end);
          else pending.writeText(decodeRecord(bytes.subarray(span.start, span.end), survey.encoding));
          pending.writeByte(LF);
        },
      },
      () => pending.drain(),
    );
    await pending.finish();
  } finally {
    await out.close();
  }
}

/** Copies a surveyed file as it is, but for stand-ins in the places of its broken records. */
export async function writePatchedCopy(survey: RecordFile, target: string): Promise<void> {
  const source = await open(survey.path, 'r');
  const out = await open(target, 'wx', 0o600);
  try {
    const pending = new OutBuffer(out);
    const block = Buffer.allocUnsafe(OUT_BYTES / 2);
    const copy = async (from: number, to: number): Promise<void> => {
      for (let at = from; at < to;) {
        const { bytesRead } = await source.read(block, 0, Math.min(block.length, to - at), at);
        if (bytesRead === 0) throw new Error('the file was cut after it was surveyed');
        pending.writeBytes(block, 0, bytesRead);
        await pending.drain();
        at += bytesRead;
      }
    };
    let at = 0;
    for (const record of survey.broken) {
      await copy(at, record.offset);
      const bytes = Buffer.allocUnsafe(record.bytes);
      await source.read(bytes, 0, record.bytes, record.offset);
      pending.writeText(survey.standIn(decodeRecord(bytes, survey.encoding)));
      at = record.offset + record.bytes;
    }
    await copy(at, survey.bytes);
    await pending.finish();
  } finally {
    await source.close();
    await out.close();
  }
}

/** Gathers small writes; `drain` is awaited between blocks, so that memory stays at a few blocks. */
class OutBuffer {
  readonly #file: FileHandle;
  #bytes: Buffer = Buffer.allocUnsafe(OUT_BYTES);
  #used = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  writeText(text: string): void {
    this.#reserve(text.length * 3);
    this.#used += this.#bytes.write(text, this.#used, 'utf8');
  }

  writeBytes(bytes: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    this.#bytes.set(bytes.subarray(start, end), this.#used);
    this.#used += end - start;
  }

  writeByte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#used++] = byte;
  }

  async drain(): Promise<void> {
    if (this.#used < OUT_BYTES / 4) return;
    await this.finish();
  }

  async finish(): Promise<void> {
    for (let at = 0; at < this.#used;) at += (await this.#file.write(this.#bytes, at, this.#used - at)).bytesWritten;
    this.#used = 0;
  }

  #reserve(count: number): void {
    if (this.#used + count <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#used + count));
    this.#bytes.copy(larger, 0, 0, this.#used);
    this.#bytes = larger;
  }
}
