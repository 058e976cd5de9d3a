import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import test from 'node:test';
import { EsteiraError } from '../lib/errors.ts';
import { choosePort, requirePort } from './ports.ts';

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

test('so is one that must be had, and another program that stays there is named', async (t) => {
  const nobody = (): Promise<boolean> => Promise.resolve(false);
  const first = await listening();
  const required = requirePort(first.port, 'Kafka', '--stack-kafka-port', nobody);
  setTimeout(() => first.server.close(), 100);
  assert.equal(await required, first.port);
  const { server, port } = await listening();
  t.after(() => server.close());
  await assert.rejects(
    requirePort(port, 'Kafka', '--stack-kafka-port', nobody),
    (error) => error instanceof EsteiraError && error.code === 'STACK_PORT_TAKEN',
  );
});

test('a port that stays taken is replaced by a free one', async (t) => {
  const { server, port } = await listening();
  t.after(() => server.close());
  assert.notEqual(await choosePort(port), port);
});
