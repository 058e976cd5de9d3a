// `esteira status` as a process of its own: what it prints for people.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { packagePath } from '../../src/lib/paths.ts';
import { csvOf, emptyWarehouse, line } from '../support/load.ts';

const AT = '2026-11-01T02:30:00Z';

test('status tells counts as English does, and times as São Paulo does', async (t) => {
  const warehouse = await emptyWarehouse(t);
  await warehouse.load(csvOf([line({ id_pedido: '1' }), line({ id_pedido: '2', status: 'Sumiu' })]));
  await warehouse.query('UPDATE pedidos_rejeitados SET recebido_em = $1', [AT]);
  await warehouse.query(`INSERT INTO esteira.incidentes (tipo, descricao, ocorrido_em) VALUES ('teste', 'Nada.', $1)`, [
    AT,
  ]);
  await warehouse.query('UPDATE esteira.lotes SET lidos = 1500, aceitos = 1498, rejeitados = 1, duplicados = 1');
  const run = async (...args: string[]): Promise<string> => {
    const env = { ...process.env, ESTEIRA_WAREHOUSE_URL: warehouse.database.url, NO_COLOR: '1' };
    const main = packagePath('src', 'cli', 'main.ts');
    return (await promisify(execFile)(process.execPath, [main, 'status', ...args], { env })).stdout;
  };
  const shown = await run();
  assert.match(shown, /1,500 events: 1,498 accepted, 1 rejected, 1 duplicate, 0 outdated$/m);
  assert.match(shown, /^Quarantine: 1 open, R\$ 110,00, the oldest read at 31\/10\/2026 23:30$/m);
  assert.match(shown, /^Incident: 31\/10\/2026 23:30 teste: Nada\.$/m);
  const { quarantine } = JSON.parse(await run('--json')) as { quarantine: { oldestAt: string } };
  assert.equal(quarantine.oldestAt, '2026-11-01T02:30:00.000Z');
});
