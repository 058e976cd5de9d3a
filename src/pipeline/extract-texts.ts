// A store's orders as JSON lines, for `esteira extract --to file`: one contract document a line. It keeps no position: every call reads from `since` on.
// It opens no file; who writes the lines (src/cli) puts the file in its place at the end.
import type { PagesRequest, StoreReader } from '../sources/store/source.ts';

export interface ExtractTextsProgress {
  readonly orderCount: number;
  readonly pageCount: number;
  /** Everything changed in the store up to here is in the lines (ISO 8601); null until the end. */
  readonly readUntil: string | null;
}

/** The lines, each with its line feed. An order that changes while being read comes once per version. Throws the STORE_* errors; the signal's reason when stopped. */
export async function* extractTexts(
  reader: StoreReader,
  request: Omit<PagesRequest, 'cursor'>,
  onProgress: (progress: ExtractTextsProgress) => void,
): AsyncGenerator<string, void, undefined> {
  let orderCount = 0;
  let pageCount = 0;
  for await (const page of reader.pages(request)) {
    if (page.documents.length > 0) yield page.documents.map((text) => `${oneLine(text)}\n`).join('');
    orderCount += page.documents.length;
    pageCount += 1;
    onProgress({ orderCount, pageCount, readUntil: page.done ? page.window.until : null });
  }
}

/** JSON has line breaks only between its tokens, where they mean nothing. */
function oneLine(json: string): string {
  return json.replaceAll(/[\r\n]+/g, ' ');
}
