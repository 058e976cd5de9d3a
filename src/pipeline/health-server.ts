// What a long-running command tells about itself over HTTP, on this machine only: /healthz (alive), /readyz (doing its work), /metrics (Prometheus).
// It shows counts and times, never an order, a key or a setting.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fail } from '../catalog/errors.ts';
import { messageOf } from '../lib/errors.ts';

export interface HealthSource {
  /** Null when all is well, else one sentence why not. Alive means: not stuck; a service that is down is waited for and does not count. */
  unhealthy(): string | null;
  unready(): string | null;
  /** Text in Prometheus' exposition format 0.0.4. */
  metrics(): string;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1; port 0 takes a free one. Throws PORT_TAKEN. */
export async function startHealthServer(port: number, source: HealthSource): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const state = path === '/healthz' ? source.unhealthy() : path === '/readyz' ? source.unready() : undefined;
    if (isRead && path === '/metrics') {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(source.metrics());
    } else if (isRead && state !== undefined) {
      response
        .writeHead(state === null ? 200 : 503, { 'content-type': 'text/plain; charset=utf-8' })
        .end(`${state ?? 'ok'}\n`);
    } else response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('not found\n');
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  } catch (error) {
    throw fail('PORT_TAKEN', {
      what: `Port ${port} of this machine cannot be listened on.`,
      why: messageOf(error),
      fix: 'Choose another with --metrics-port, or stop the program that has it.',
      cause: error,
    });
  }
  // It alone keeps no command alive.
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
