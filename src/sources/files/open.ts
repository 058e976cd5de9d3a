// Makes a plain file on disk of whatever the user named, and says what it is by its bytes: standard input is spooled, gzip unpacked,
// UTF-16 turned into UTF-8; spreadsheets, archives and other binaries are refused. It never trusts a name, and never touches the original.
import { createHash } from 'node:crypto';
import { constants, createReadStream, createWriteStream, open as openFile } from 'node:fs';
import { open, stat, symlink } from 'node:fs/promises';
import { Socket } from 'node:net';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { fail } from '../../catalog/errors.ts';
import { EsteiraError, messageOf } from '../../lib/errors.ts';
import { byteOrderMark, type Encoding } from './encoding.ts';
import type { InputFile } from './input.ts';

/** Content above this is refused when its size is not known beforehand (gzip, standard input). */
export const DEFAULT_MAX_BYTES = 64 * 2 ** 30;
/** A gzip file that grows more than this is a bomb; real tables stay below 50. */
const MAX_EXPANSION = 1000;
/** The ratio is judged from this size on. */
const EXPANSION_FLOOR_BYTES = 4 << 20;

export interface OpenedFile {
  readonly path: string;
  readonly format: 'csv' | 'jsonl' | 'parquet';
  /** Length of the byte order mark at the front of `path`: 0 or 3. */
  readonly markBytes: number;
  /** The encoding that the content had before it was turned into UTF-8 here; null when it was left alone. */
  readonly decodedFrom: Encoding | null;
  /** SHA-256 of the content before that; null when it is still to be computed from `path`. */
  readonly contentSha256: string | null;
  readonly contentBytes: number | null;
  /** Modification time of the user's file; now for standard input. */
  readonly modifiedAt: Date;
}

export interface OpenOptions {
  readonly copyPath: (kind: string) => string;
  readonly encoding: Encoding | null;
  readonly maxBytes: number;
  readonly stdin: Readable;
  /** Ends the reading of pipes and packed files with an AbortError. */
  readonly signal?: AbortSignal | undefined;
}

/** Beginnings of files that are no tables, and what to say about them. */
const REFUSED: readonly (readonly [magic: string, what: string, fix: string])[] = [
  [
    '504b0304',
    'an .xlsx workbook or a .zip archive',
    'Open it in the spreadsheet program and save the sheet as "CSV UTF-8", or unzip it first.',
  ],
  ['504b0506', 'an empty .zip archive', 'Export the file again.'],
  ['d0cf11e0', 'an old Excel workbook (.xls)', 'Open it in the spreadsheet program and save the sheet as "CSV UTF-8".'],
  ['25504446', 'a PDF document', 'Export the orders as CSV instead.'],
  ['28b52ffd', 'compressed with zstd', 'Unpack it first (zstd -d), or compress it with gzip.'],
  ['fd377a58', 'compressed with xz', 'Unpack it first (xz -d), or compress it with gzip.'],
  ['425a68', 'compressed with bzip2', 'Unpack it first (bunzip2), or compress it with gzip.'],
  ['377abcaf', 'a 7-Zip archive', 'Unpack it first.'],
  ['526172', 'a RAR archive', 'Unpack it first.'],
  ['53514c69', 'an SQLite database', 'Export the orders as CSV instead.'],
  ['89504e47', 'an image', 'Check that this is the file you meant.'],
];

/** Opens one input. Throws FILE_UNREADABLE, FILE_EMPTY, FILE_BINARY, FILE_COMPRESSION, FILE_TOO_LARGE, FILE_PARQUET. */
export async function openInput(input: InputFile, options: OpenOptions): Promise<OpenedFile> {
  let path = input.path;
  let modifiedAt = new Date();
  let stream: Readable | null = path === '-' ? options.stdin : null;
  if (path !== '-') {
    const info = await stat(path).catch((cause: unknown) => {
      throw unreadable(input.name, cause);
    });
    // A pipe ("<(command)") can be read once only.
    if (info.isFile()) modifiedAt = info.mtime;
    else stream = info.isFIFO() ? await openPipe(path) : createReadStream(path);
    // DuckDB would take these characters for a pattern.
    if (info.isFile() && /[*?[\]{}]/.test(path)) {
      const link = options.copyPath('link');
      await symlink(path, link);
      path = link;
    }
  }
  if (stream !== null) {
    path = options.copyPath('spool');
    try {
      await pipeline(stream, limited(input.name, options.maxBytes), createWriteStream(path, { mode: 0o600 }), {
        signal: options.signal,
      });
    } catch (cause) {
      if (cause instanceof EsteiraError || options.signal?.aborted === true || isOfTheCopy(cause)) throw cause;
      throw unreadable(input.name, cause);
    }
  }
  let head = await headOf(input.name, path);
  if (head[0] === 0x1f && head[1] === 0x8b) {
    const packed = path;
    path = options.copyPath('gunzip');
    await gunzip(input.name, packed, path, options);
    head = await headOf(input.name, path);
    if (head[0] === 0x1f && head[1] === 0x8b) {
      throw fail('FILE_COMPRESSION', {
        what: `${input.name}: inside the gzip file is another gzip file.`,
        why: 'Only one layer is unpacked.',
        fix: 'Unpack it once by hand (gunzip), then run again.',
      });
    }
  }
  if (head.length <= (byteOrderMark(head)?.length ?? 0)) {
    throw fail('FILE_EMPTY', {
      what: `${input.name}: the file is empty.`,
      why: `It has ${head.length === 0 ? '0 bytes' : 'nothing but a byte order mark'}: the export or the copy did not finish.`,
      fix: 'Export the file again.',
    });
  }
  const start = head.subarray(0, 8).toString('hex');
  for (const [magic, what, fix] of REFUSED) {
    if (start.startsWith(magic) && !isLikelyText(head))
      throw fail('FILE_BINARY', {
        what: `${input.name}: this is ${what}, whatever its name says.`,
        why: 'Orders are read from CSV, JSON lines and Parquet, also gzipped.',
        fix,
      });
  }
  if (start.startsWith('50415231')) {
    if (!(await endsLikeParquet(path))) {
      throw fail('FILE_PARQUET', {
        what: `${input.name}: the Parquet file has no end.`,
        why: 'It was cut short: its table of contents stands at the end.',
        fix: 'Copy or export the file again.',
      });
    }
    return {
      path,
      format: 'parquet',
      markBytes: 0,
      decodedFrom: null,
      contentSha256: null,
      contentBytes: null,
      modifiedAt,
    };
  }

  const mark = byteOrderMark(head);
  const wide =
    mark !== null && mark.encoding !== 'utf-8'
      ? mark.encoding
      : options.encoding?.startsWith('utf-16') === true
        ? options.encoding
        : null;
  let decoded: { contentSha256: string; contentBytes: number } | null = null;
  if (wide !== null) {
    const original = path;
    path = options.copyPath('utf8');
    decoded = await decodeWide(original, path, wide);
    head = await headOf(input.name, path);
  }
  const first = head
    .toString('latin1')
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart()[0];
  return {
    path,
    format: first === '{' || first === '[' ? 'jsonl' : 'csv',
    markBytes: byteOrderMark(head)?.length ?? 0,
    decodedFrom: wide,
    contentSha256: decoded?.contentSha256 ?? null,
    contentBytes: decoded?.contentBytes ?? null,
    modifiedAt,
  };
}

/** Two of the marks above ("BZh", "Rar") are letters: a header line could begin with them. */
function isLikelyText(head: Buffer): boolean {
  return (
    head.every((byte) => byte >= 0x20 || byte === 9 || byte === 10 || byte === 13) &&
    /[,;\t|]/.test(head.toString('latin1'))
  );
}

/** A named pipe may have no writer for hours: opened without waiting for one, so that it can be given up. */
async function openPipe(path: string): Promise<Readable> {
  const fd = await promisify(openFile)(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}

/** True for what went wrong with our copy, not with what is read. */
function isOfTheCopy(cause: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(String((cause as { code?: unknown }).code));
}

async function headOf(name: string, path: string): Promise<Buffer> {
  try {
    const handle = await open(path, 'r');
    try {
      const buffer = Buffer.alloc(4096);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unreadable(name, cause);
  }
}

async function endsLikeParquet(path: string): Promise<boolean> {
  const { size } = await stat(path);
  if (size < 12) return false;
  const handle = await open(path, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, size - 4);
    return buffer.toString('latin1') === 'PAR1';
  } finally {
    await handle.close();
  }
}

/** Passes bytes on up to a limit. */
function limited(name: string, maxBytes: number, why?: (bytes: number) => string | null): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      const reason = bytes > maxBytes ? `It is larger than the limit of ${maxBytes} bytes.` : (why?.(bytes) ?? null);
      if (reason === null) done(null, chunk);
      else
        done(
          fail('FILE_TOO_LARGE', {
            what: `${name}: reading stopped after ${bytes} bytes.`,
            why: reason,
            fix: 'If the content is right, unpack the file, or split it, and give its parts.',
          }),
        );
    },
  });
}

async function gunzip(name: string, from: string, to: string, { maxBytes, signal }: OpenOptions): Promise<void> {
  const { size } = await stat(from);
  const bomb = (bytes: number): string | null =>
    bytes > EXPANSION_FLOOR_BYTES && bytes > MAX_EXPANSION * size
      ? `Unpacked it is more than ${MAX_EXPANSION} times as large as packed: no table of orders is.`
      : null;
  try {
    await pipeline(
      createReadStream(from),
      createGunzip(),
      limited(name, maxBytes, bomb),
      createWriteStream(to, { mode: 0o600 }),
      { signal },
    );
  } catch (cause) {
    if (cause instanceof EsteiraError) throw cause;
    if ((cause as NodeJS.ErrnoException).code?.startsWith('Z_') !== true) throw cause;
    throw fail('FILE_COMPRESSION', {
      what: `${name}: the gzip file cannot be unpacked.`,
      why: `It is damaged or cut short (${messageOf(cause)}).`,
      fix: 'Copy or export the file again.',
      cause,
    });
  }
}

/** Writes UTF-16 text as UTF-8, without a byte order mark; the hash is that of the UTF-16 bytes. */
async function decodeWide(
  from: string,
  to: string,
  encoding: Encoding,
): Promise<{ contentSha256: string; contentBytes: number }> {
  const decoder = new TextDecoder(encoding);
  const hash = createHash('sha256');
  let contentBytes = 0;
  const decode = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      contentBytes += chunk.length;
      done(null, Buffer.from(decoder.decode(chunk, { stream: true })));
    },
    flush(done) {
      done(null, Buffer.from(decoder.decode()));
    },
  });
  await pipeline(createReadStream(from, { highWaterMark: 1 << 20 }), decode, createWriteStream(to, { mode: 0o600 }));
  return { contentSha256: hash.digest('hex'), contentBytes };
}

function unreadable(name: string, cause: unknown): Error {
  return fail('FILE_UNREADABLE', {
    what: `${name}: the file cannot be read.`,
    why: messageOf(cause),
    fix: 'Check that it exists, is a file, and that you may read it.',
    cause,
  });
}
