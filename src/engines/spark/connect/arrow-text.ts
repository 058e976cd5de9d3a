// Reads the texts of a single column of type string out of an Arrow IPC stream: the only Arrow that we ask Spark for (results come as JSON texts).
// Layout: Arrow columnar format 1.x, "Serialization and interprocess communication"; metadata are flatbuffers. It knows no other type.

const CONTINUATION = 0xffffffff;
/** Values of the union MessageHeader. */
const RECORD_BATCH = 3;

/** The column's texts, NULL for a null. Throws a plain Error when the bytes are not such a stream. */
export function readTextColumn(stream: Uint8Array): (string | null)[] {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  const texts: (string | null)[] = [];
  let at = 0;
  while (at + 8 <= stream.byteLength) {
    if (view.getUint32(at, true) !== CONTINUATION) throw new Error('Arrow: a message does not begin where it should');
    const metadataBytes = view.getInt32(at + 4, true);
    if (metadataBytes === 0) break;
    const metadata = at + 8;
    const message = table(view, metadata + view.getUint32(metadata, true));
    const headerType = message.offset(1) === 0 ? 0 : view.getUint8(message.offset(1));
    const bodyBytes = message.offset(3) === 0 ? 0 : Number(view.getBigInt64(message.offset(3), true));
    const body = metadata + metadataBytes;
    if (headerType === RECORD_BATCH) readBatch(stream, view, follow(view, message.offset(2)), body, texts);
    at = body + bodyBytes;
  }
  return texts;
}

/** Fields of RecordBatch: length 0, nodes 1, buffers 2, compression 3. Buffers of a string column: validity, offsets, bytes. */
function readBatch(stream: Uint8Array, view: DataView, at: number, body: number, texts: (string | null)[]): void {
  const batch = table(view, at);
  if (batch.offset(3) !== 0) throw new Error('Arrow: the batch is compressed');
  const rowCount = batch.offset(0) === 0 ? 0 : Number(view.getBigInt64(batch.offset(0), true));
  if (rowCount === 0) return;
  const nodes = follow(view, batch.offset(1));
  const buffers = follow(view, batch.offset(2));
  if (view.getUint32(nodes, true) !== 1 || view.getUint32(buffers, true) !== 3)
    throw new Error('Arrow: the result is not a single column of texts');
  const nullCount = Number(view.getBigInt64(nodes + 4 + 8, true));
  const bufferAt = (index: number): number => body + Number(view.getBigInt64(buffers + 4 + 16 * index, true));
  const [validity, offsets, bytes] = [bufferAt(0), bufferAt(1), bufferAt(2)];
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for (let row = 0; row < rowCount; row++) {
    const isNull = nullCount > 0 && ((stream[validity + (row >> 3)] ?? 0) & (1 << (row & 7))) === 0;
    const from = bytes + view.getInt32(offsets + 4 * row, true);
    const to = bytes + view.getInt32(offsets + 4 * row + 4, true);
    texts.push(isNull ? null : decoder.decode(stream.subarray(from, to)));
  }
}

/** A flatbuffers table: `offset(field)` is where the field's value stands, 0 when it is absent. */
function table(view: DataView, at: number): { offset(field: number): number } {
  const vtable = at - view.getInt32(at, true);
  const vtableBytes = view.getUint16(vtable, true);
  return {
    offset(field) {
      const entry = 4 + 2 * field;
      const relative = entry < vtableBytes ? view.getUint16(vtable + entry, true) : 0;
      return relative === 0 ? 0 : at + relative;
    },
  };
}

/** Follows a flatbuffers reference. */
function follow(view: DataView, at: number): number {
  return at + view.getUint32(at, true);
}
