// TLS in front of a server that offers none, as a load balancer has it: ends the encryption and passes the bytes on. For tests only.
import type { Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Certificate } from './certificates.ts';
import { passOn } from './tcp-proxy.ts';

export interface TlsProxy {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1 with that certificate and passes everything to a port there; speaks HTTP/2 (gRPC) by ALPN. */
export async function startTlsProxy(target: number, { certificate, privateKey }: Certificate): Promise<TlsProxy> {
  const open = new Set<Socket>();
  const server = createServer({ cert: certificate, key: privateKey, ALPNProtocols: ['h2'] }, (client) => {
    passOn(client, target, open);
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
