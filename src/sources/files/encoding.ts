// Which character encoding a file is in, decided by its bytes as they stream by, and how its records are decoded.
// UTF-8 when every byte fits, UTF-16 by its mark, else windows-1252 (what Brazilian tools write). It never changes a file.
import { isAscii, isUtf8 } from 'node:buffer';

export const ENCODINGS = ['utf-8', 'windows-1252', 'utf-16le', 'utf-16be'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** The byte order mark at the front of a file: the encoding that it names and its length in bytes. */
export function byteOrderMark(head: Uint8Array): { encoding: Encoding; length: number } | null {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', length: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', length: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', length: 2 };
  return null;
}

/** The encoding that a user's word means ("latin1", "ISO-8859-1", "UTF8", ...), or undefined. */
export function encodingNamed(word: string): Encoding | undefined {
  const plain = word.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (['utf8', 'utf8sig'].includes(plain)) return 'utf-8';
  if (['latin1', 'iso88591', 'windows1252', 'cp1252', 'win1252', 'ansi'].includes(plain)) return 'windows-1252';
  if (['utf16', 'utf16le'].includes(plain)) return 'utf-16le';
  if (plain === 'utf16be') return 'utf-16be';
  return undefined;
}

/** Length of an unfinished UTF-8 character at the end of the bytes: 0 to 3. */
export function unfinishedTail(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
}

/** Watches a file's bytes go by and says at the end what they are. */
export class EncodingWatch {
  /** Offset of the first NUL byte, or -1. */
  nulAt = -1;
  #offset = 0;
  #tail: Uint8Array = new Uint8Array(0);
  /** Characters of two or more bytes that are right UTF-8 (counted exactly only in blocks that have wrong bytes). */
  #wide = 0;
  #wrong = 0;

  push(block: Uint8Array): void {
    if (this.nulAt < 0) {
      const nul = block.indexOf(0);
      if (nul >= 0) this.nulAt = this.#offset + nul;
    }
    this.#offset += block.length;
    if (this.#tail.length === 0 && isAscii(block)) return;
    const bytes = this.#tail.length === 0 ? block : Buffer.concat([this.#tail, block]);
    const tail = unfinishedTail(bytes);
    this.#tail = Uint8Array.prototype.slice.call(bytes, bytes.length - tail);
    this.#judge(bytes.subarray(0, bytes.length - tail));
  }

  #judge(bytes: Uint8Array): void {
    if (isUtf8(bytes)) {
      if (!isAscii(bytes)) this.#wide++;
      return;
    }
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte < 0x80) continue;
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      if (byte >= 0xc2 && byte < 0xf5 && at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length))) {
        this.#wide++;
        at += length - 1;
      } else {
        this.#wrong++;
      }
    }
  }

  /** Of what went by: nothing but ASCII, which reads the same in every encoding of ours but UTF-16. */
  get isAscii(): boolean {
    return this.#wide === 0 && this.#wrong === 0 && this.#tail.length === 0;
  }

  /** Call after the last block. `isDamaged`: UTF-8 with a few wrong bytes. */
  finish(): { encoding: 'utf-8' | 'windows-1252'; isDamaged: boolean } {
    if (this.#tail.length > 0) this.#wrong++;
    if (this.#wrong === 0) return { encoding: 'utf-8', isDamaged: false };
    // windows-1252 text hardly ever forms right UTF-8 pairs by chance: several of them to each wrong byte mean damaged UTF-8.
    return this.#wide > 4 * this.#wrong
      ? { encoding: 'utf-8', isDamaged: true }
      : { encoding: 'windows-1252', isDamaged: false };
  }
}

const windows1252 = new TextDecoder('windows-1252');
const utf8 = new TextDecoder('utf-8', { ignoreBOM: false });

/**
 * Decodes one record. In damaged UTF-8 a record whose bytes are all right is UTF-8; one without a single right character beyond ASCII was
 * pasted from a windows-1252 file; in any other, wrong bytes become U+FFFD (the rules flag that).
 */
export function decodeRecord(bytes: Uint8Array, encoding: Encoding): string {
  if (encoding === 'windows-1252') return windows1252.decode(bytes);
  if (isUtf8(bytes)) return utf8.decode(bytes);
  const text = utf8.decode(bytes);
  return /[\u0080-\uFFFC]/.test(text) ? text : windows1252.decode(bytes);
}
