import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startHealthServer } from './health-server.ts';

test('the server answers at 127.0.0.1 and at no other address, also of this machine', async (t) => {
  const server = await startHealthServer(0, {
    unhealthy: () => null,
    unready: () => 'not yet',
    metrics: () => 'm 1\n',
  });
  t.after(() => server.close());
  const reach = async (host: string): Promise<string> => {
    const socket = connect(server.port, host);
    t.after(() => void socket.destroy());
    try {
      await once(socket, 'connect');
      return 'reached';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  assert.equal(await reach('127.0.0.1'), 'reached');
  // all of 127.0.0.0/8 is this machine (RFC 1122, 3.2.1.3); some systems give an interface 127.0.0.1 only
  const outcome = await reach('127.0.0.2');
  assert.ok(['ECONNREFUSED', 'EADDRNOTAVAIL', 'ETIMEDOUT', 'ENETUNREACH'].includes(outcome), outcome);
  const said = await Promise.all(
    ['/healthz', '/readyz', '/metrics', '/'].map(async (path) => {
      const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
      return [answer.status, await answer.text()];
    }),
  );
  assert.deepEqual(said, [
    [200, 'ok\n'],
    [503, 'not yet\n'],
    [200, 'm 1\n'],
    [404, 'not found\n'],
  ]);
});
