// What commands say in English while they run and at their end: English grouping of digits, plurals that fit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, formatCountEn } from './counted.ts';
import { extractProgress } from './extract-progress.ts';
import { loadProgress } from './load-progress.ts';
import { localTime } from './local-time.ts';
import { produceProgress } from './produce-progress.ts';
import { streamProgress } from './stream-progress.ts';

/** A wide terminal, and what was written to it. */
function terminal(): { stream: NodeJS.WriteStream; said: () => string } {
  let text = '';
  const stream = { isTTY: true, columns: 500, write: (more: string) => (text += more) };
  return { stream: stream as unknown as NodeJS.WriteStream, said: () => text };
}

const AUTO = { level: 'info', format: 'auto' } as const;

test('counts in English sentences are grouped by commas and agree with their nouns', () => {
  assert.equal(formatCountEn(1234567), '1,234,567');
  assert.equal(formatCountEn(999n), '999');
  assert.equal(counted(50_000, 'line'), '50,000 lines');
  assert.equal(counted(1, 'line'), '1 line');
  assert.equal(counted(1n, 'message'), '1 message');
  assert.equal(counted(0, 'batch', 'batches'), '0 batches');
});

test('a load tells its lines and batches', () => {
  const { stream, said } = terminal();
  const progress = loadProgress(stream);
  const staged = (linesRead: number): never => ({ linesRead }) as never;
  progress.show({ kind: 'staged', name: 'a.csv', staged: staged(1), batches: 1 } as never);
  progress.show({ kind: 'staged', name: 'a.csv', staged: staged(250_000), batches: 3 } as never);
  progress.show({ kind: 'loaded', name: 'a.csv', linesDone: 100_000, lines: 250_000 } as never);
  assert.match(said(), /a\.csv: 1 line, 1 batch\r/);
  assert.match(said(), /a\.csv: 250,000 lines, 3 batches\r/);
  assert.match(said(), /a\.csv: 100,000 of 250,000 lines, [\d,]+ lines\/s/);
});

test('the other lines of progress group their digits alike', async () => {
  const { stream, said } = terminal();
  const [produced, extracted, streamed] = [
    produceProgress(stream),
    extractProgress(stream, 'mock'),
    streamProgress(stream, AUTO),
  ];
  await new Promise((resolve) => setTimeout(resolve, 150));
  produced.show({ kind: 'sent', name: 'a.csv', linesDone: 2000, lines: 4000, messageCount: 1 });
  extracted.showTexts({ orderCount: 1500, pageCount: 1, readUntil: null });
  streamed.show({ kind: 'batch', batch: 7, records: 12_345, seconds: 1.82, recordsPerSecond: 6789 });
  const place = { topic: 'pedidos_ecommerce', position: 10n };
  const partitions = [
    { ...place, partition: 0, end: 1009n },
    { ...place, partition: 1, end: 11n },
  ];
  streamed.show({ kind: 'lag', partitions, isFresh: true });
  assert.match(said(), /2,000 of 4,000 lines, 1 message, [\d,]+ lines\/s/);
  assert.match(said(), /mock: 1,500 orders in 1 page, [\d,]+ orders\/s/);
  assert.match(said(), /batch 7: 12,345 records in 1\.8 s, 6,789 records\/s, 1,000 to read$/);
});

test('where nobody looks on, a stream logs the batches of ten seconds in one line, and the rest at its end', (t) => {
  const lines: string[] = [];
  t.mock.method(process.stderr, 'write', (text: string) => lines.push(text));
  const progress = streamProgress({ isTTY: false } as NodeJS.WriteStream, AUTO);
  const batch = { kind: 'batch', records: 100, seconds: 0.25, recordsPerSecond: 400 } as const;
  progress.show({ kind: 'started', start: 1, endedOrphans: 1 });
  for (const number of [4, 5, 6]) progress.show({ ...batch, batch: number });
  progress.show({
    kind: 'lag',
    partitions: [{ topic: 'pedidos_ecommerce', partition: 0, position: 5n, end: 12n }],
    isFresh: true,
  });
  progress.clear();
  progress.clear();
  for (let time = 0; time < 3; time++) progress.show({ kind: 'kafka-away', reason: 'connect ECONNREFUSED' });
  progress.show({ kind: 'failed', code: 'SPARK_UNREACHABLE', reason: 'Spark does not answer.', waitMs: 1500 });
  const logged = lines.map((line) => {
    const { time: _, ...rest } = JSON.parse(line) as { time: string };
    return rest;
  });
  const level = 'info';
  assert.deepEqual(logged, [
    { level, event: 'query.started', start: 1, endedOrphans: 1 },
    { level, event: 'batches.finished', batches: 1, records: 100, seconds: 0.25, lastBatch: 4, lag: null },
    { level, event: 'batches.finished', batches: 2, records: 200, seconds: 0.5, lastBatch: 6, lag: 7 },
    { level: 'warn', event: 'service.awaited', service: 'Kafka', reason: 'connect ECONNREFUSED' },
    { level: 'warn', event: 'query.failed', reason: 'Spark does not answer.', waitSeconds: 2 },
  ]);
});

test("a time is shown at São Paulo's wall clock, summer time of its years included", () => {
  assert.equal(localTime(new Date('2026-11-01T02:59:00Z')), '31/10/2026 23:59');
  assert.equal(localTime(new Date('2018-12-25T02:30:00Z')), '25/12/2018 00:30');
});
