// Topics of a real Kafka for tests: made with the records that a test wants, bytes as they are, and consumed into a database of the test's own.
import { Admin } from '@platformatic/kafka';
import type { BrokerSettings } from '../../src/broker/connection.ts';
import { consume, type ConsumeOptions, type ConsumeReport } from '../../src/pipeline/consume/consume.ts';
import type { HandMadeRecord } from '../../src/proof/topics.ts';
import { documentOf, line, type Cells } from './load.ts';

export { createTopic, deleteTopic, sendRecords } from '../../src/proof/topics.ts';
export type TestRecord = HandMadeRecord;

/** Deletes what stands before an offset of partition 0, as retention does. */
export async function deleteBefore(settings: BrokerSettings, topic: string, offset: bigint): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [...settings.bootstrap] });
  try {
    await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset }] }] });
  } finally {
    await admin.close();
  }
}

/** A raw record of an order: keyed by store and number, as-of time fixed. */
export function orderRecord(cells: Cells, nested: Record<string, unknown> = {}, partition = 0): TestRecord {
  const whole = line(cells);
  return {
    key: `${whole.loja}:${whole.id_pedido}`,
    value: JSON.stringify(documentOf(whole, nested)),
    partition,
    headers: { contrato: 'pedido', versao: '1', recebido_em: '2026-11-01T12:00:00.000Z' },
  };
}

/** Consumes to the end with settings fit for a test. */
export function consumeToEnd(
  settings: BrokerSettings,
  warehouseUrl: string,
  topic: string,
  options: Partial<ConsumeOptions> = {},
): Promise<ConsumeReport> {
  return consume({
    topic,
    group: `${topic}_grupo`,
    broker: settings,
    warehouseUrl,
    memoryLimit: '256MB',
    threads: 1,
    maxBatch: 20_000,
    maxWaitMs: 50,
    sessionTimeoutMs: 10_000,
    untilEnd: true,
    from: null,
    reprocess: false,
    maxOutageMs: 30_000,
    ...options,
  });
}
