// TLS in front of a server that offers none, as a load balancer has it: ends the encryption and passes the bytes on. For tests only.
import { connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Certificate } from './certificates.ts';

export interface TlsProxy {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1 with that certificate and passes everything to a port there; speaks HTTP/2 (gRPC) by ALPN. */
export async function startTlsProxy(target: number, { certificate, privateKey }: Certificate): Promise<TlsProxy> {
  const open = new Set<Socket>();
  const server = createServer({ cert: certificate, key: privateKey, ALPNProtocols: ['h2'] }, (client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    host: '127.0.0.1',
    port: address.port,
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
