// What a batch's messages tell of their size before DuckDB has seen them.
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { MessageLines } from './message-lines.ts';
import { VECTOR_ROWS } from './pieces.ts';

const COUNT = 3 * VECTOR_ROWS + 10;

function linesWith(sizes: Readonly<Record<number, number>>): MessageLines {
  const lines = new MessageLines(join(tmpdir(), `esteira-lines-${process.pid}`));
  const place = { topic: 'pedidos', partition: 0, offset: 0n, key: null, receivedAt: '2026-11-01 09:00:00.000000' };
  for (let n = 0; n < COUNT; n++) lines.add({ ...place, value: Buffer.alloc(sizes[n] ?? 1, 'x') });
  return lines;
}

test('the bytes at once are those of the heaviest rows that DuckDB computes together', async () => {
  const cases: readonly (readonly [sizes: Record<number, number>, heaviest: number])[] = [
    [{}, VECTOR_ROWS],
    [{ 0: 1000 }, VECTOR_ROWS + 999],
    // two that stand next to each other, but not in the same rows
    [{ [VECTOR_ROWS - 1]: 1000, [VECTOR_ROWS]: 1000 }, VECTOR_ROWS + 999],
    [{ [VECTOR_ROWS]: 1000, [2 * VECTOR_ROWS - 1]: 500 }, VECTOR_ROWS + 999 + 499],
    [{ [COUNT - 1]: 9000 }, 9009],
  ];
  for (const [sizes, heaviest] of cases) {
    const lines = linesWith(sizes);
    assert.equal(lines.bytesAtOnce, heaviest);
    await lines.discard();
  }
});

test('where messages are loaded one by one, and so stand elsewhere, all bytes may come at once', async () => {
  const lines = linesWith({});
  lines.add({ topic: 'p', partition: 0, offset: 1n, key: null, value: Buffer.from('a\nb'), receivedAt: '2026-11-01' });
  assert.equal(lines.bytesAtOnce, COUNT + 3);
  await lines.discard();
});
