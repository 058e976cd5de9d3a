import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import test from 'node:test';
import { choosePort } from './ports.ts';

async function listening(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

test('a port that is let go of a moment later is kept', async () => {
  const { server, port } = await listening();
  const chosen = choosePort(port);
  setTimeout(() => server.close(), 100);
  assert.equal(await chosen, port);
});

test('a port that stays taken is replaced by a free one', async (t) => {
  const { server, port } = await listening();
  t.after(() => server.close());
  assert.notEqual(await choosePort(port), port);
});
