// Texts that arrive one by one, written in chunks and no faster than the file takes them. Never more than a chunk in memory.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

const CHUNK_CHARACTERS = 65_536;

/** Joins small texts into chunks, so that a million rows are not a million writes. */
export async function* chunked(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = '';
  for await (const text of texts) {
    chunk += text;
    if (chunk.length >= CHUNK_CHARACTERS) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}

/** Writes texts one after the other, waiting whenever the file is behind. */
export async function writeTexts(path: string, texts: AsyncIterable<string>): Promise<void> {
  const stream = createWriteStream(path);
  const failed = once(stream, 'close').then(() => stream.errored);
  try {
    for await (const chunk of chunked(texts)) {
      if (stream.errored !== null) break;
      if (!stream.write(chunk)) await Promise.race([once(stream, 'drain'), failed]);
    }
    stream.end();
  } catch (thrown) {
    stream.destroy();
    throw thrown;
  }
  const error = await failed;
  if (error !== null) throw error;
}
