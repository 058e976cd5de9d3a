// `esteira status` as a process of its own: what it prints for people.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import pg from 'pg';
import { packagePath } from '../../src/lib/paths.ts';
import { registerTopic } from '../../src/storage/topic-sources.ts';
import { csvOf, emptyWarehouse, line, type Warehouse } from '../support/load.ts';

function runner(warehouse: Warehouse, settings: Record<string, string> = {}): (...args: string[]) => Promise<string> {
  const env = { ...process.env, ESTEIRA_WAREHOUSE_URL: warehouse.database.url, NO_COLOR: '1', ...settings };
  const main = packagePath('src', 'cli', 'main.ts');
  return async (...args) => (await promisify(execFile)(process.execPath, [main, 'status', ...args], { env })).stdout;
}

const AT = '2026-11-01T02:30:00Z';

test('status tells counts as English does, and times as São Paulo does', async (t) => {
  const warehouse = await emptyWarehouse(t);
  await warehouse.load(csvOf([line({ id_pedido: '1' }), line({ id_pedido: '2', status: 'Sumiu' })]));
  await warehouse.query('UPDATE pedidos_rejeitados SET recebido_em = $1', [AT]);
  await warehouse.query(`INSERT INTO esteira.incidentes (tipo, descricao, ocorrido_em) VALUES ('teste', 'Nada.', $1)`, [
    AT,
  ]);
  await warehouse.query('UPDATE esteira.lotes SET lidos = 1500, aceitos = 1498, rejeitados = 1, duplicados = 1');
  const run = runner(warehouse);
  const shown = await run();
  assert.match(shown, /1,500 events: 1,498 accepted, 1 rejected, 1 duplicate, 0 outdated$/m);
  assert.match(shown, /^Quarantine: 1 open, R\$ 110,00, the oldest read at 31\/10\/2026 23:30$/m);
  assert.match(shown, /^Incident: 31\/10\/2026 23:30 teste: Nada\.$/m);
  const { quarantine } = JSON.parse(await run('--json')) as { quarantine: { oldestAt: string } };
  assert.equal(quarantine.oldestAt, '2026-11-01T02:30:00.000Z');
});

test('status tells how long ago the last batch was, and when each position was moved', async (t) => {
  const warehouse = await emptyWarehouse(t);
  await warehouse.load(csvOf([line({ id_pedido: '1' })]));
  const client = new pg.Client(warehouse.database.url);
  await client.connect();
  const source = { clusterId: 'c', topicId: '7b1a0f0e-0000-0000-0000-000000000001', topic: 'pedidos', group: 'g' };
  await registerTopic(client, source, [{ partition: 0, offset: 4n }]);
  await client.query(`UPDATE esteira.posicoes SET atualizado_em = $1 WHERE chave LIKE 'topico:%'`, [AT]);
  await client.end();
  // nobody listens there: how much is left to read stays open, and what the warehouse knows is told
  const run = runner(warehouse, { ESTEIRA_KAFKA_BOOTSTRAP: '127.0.0.1:9' });
  const age = async (interval: string): Promise<number> => {
    await warehouse.query('UPDATE esteira.lotes SET confirmado_em = clock_timestamp() - $1::interval', [interval]);
    return performance.now();
  };
  const since = await age('90 minutes');
  const { lastBatch, partitions } = JSON.parse(await run('--json')) as {
    lastBatch: { secondsAgo: number; committedAt: string };
    partitions: { position: string; movedAt: string; lag: number | null }[];
  };
  const passed = (performance.now() - since) / 1000;
  assert.ok(lastBatch.secondsAgo >= 5400 && lastBatch.secondsAgo <= 5400 + passed, `${lastBatch.secondsAgo} s`);
  const ageMs = Date.now() - Date.parse(lastBatch.committedAt);
  assert.ok(ageMs >= 5_399_000 && ageMs <= 5_401_000 + passed * 1000, lastBatch.committedAt);
  assert.deepEqual(
    partitions.map(({ position, movedAt, lag }) => [position, movedAt, lag]),
    [['4', '2026-11-01T02:30:00.000Z', null]],
  );
  // hours are rounded
  assert.match(await run(), /^Last batch: pedidos\.csv, 2 h ago, 1 event: 1 accepted,/m);
  const minutesAt = await age('50 minutes');
  const shown = await run();
  const [, minutes] = /^Last batch: pedidos\.csv, (\d+) min ago,/m.exec(shown) ?? [];
  assert.ok(
    Number(minutes) >= 50 && Number(minutes) <= 51 + (performance.now() - minutesAt) / 60_000,
    `${minutes} min`,
  );
  assert.match(shown, /\bpedidos\b.*\bg\b.*\b0\b.*\b4\b.*31\/10\/2026 23:30/);
  await age('5 seconds');
  const [, seconds] = /^Last batch: pedidos\.csv, (\d+) s ago,/m.exec(await run()) ?? [];
  assert.ok(Number(seconds) >= 5 && Number(seconds) < 90, `${seconds} s`);
});
