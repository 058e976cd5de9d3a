// A second broker beside one of `ownKafka`, in the same cluster, for tests of what Kafka does while a replica is missing. It holds no part of the quorum:
// it may be killed and started again, and the cluster goes on.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { KafkaServer } from '../../src/stack/kafka.ts';
import { temporaryHome } from './postgres.ts';
import { ownKafka } from './stack.ts';

/** Starts it; call what it gives to start it again after a kill: same data, same port. */
export async function startSecondBroker(first: KafkaServer): Promise<() => Promise<KafkaServer>> {
  const folder = join(temporaryHome(), 'stack', 'kafka');
  const data = join(folder, 'data');
  const valueIn = (file: string, name: RegExp): string =>
    name.exec(readFileSync(join(first.folder, file), 'utf8'))?.[1] ?? '';
  const clusterId = valueIn('data/meta.properties', /^cluster\.id=(.*)$/m);
  const quorum = valueIn('server.properties', /^controller\.quorum\.voters=(.*)$/m);
  // A storage is made for a cluster of its own: this one belongs to the first broker's.
  mkdirSync(data, { recursive: true });
  const directoryId = `A${randomBytes(16).toString('base64url').slice(1)}`;
  const meta = { version: '1', 'cluster.id': clusterId, 'node.id': '2', 'directory.id': directoryId };
  writeFileSync(
    join(data, 'meta.properties'),
    Object.entries(meta)
      .map((entry) => `${entry.join('=')}\n`)
      .join(''),
  );
  const port = await freePort();
  const properties = {
    'process.roles': 'broker',
    'node.id': '2',
    'controller.quorum.voters': quorum,
    listeners: `CLIENT://127.0.0.1:${port}`,
    'advertised.listeners': `CLIENT://127.0.0.1:${port}`,
  };
  return () => ownKafka({ folder, port, properties });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
