// A TCP proxy that can be away or silent for a while: the server behind it goes on, only the way there is gone. For tests only.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Breaks all connections and takes no new ones. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  /** From now on nothing passes, and nobody is told, as when a cable is pulled; until it has been away and come back. */
  fallSilent(): void;
  /** What is open hears nothing any more; new connections pass, as behind an address that another server has taken over. */
  loseOpen(): void;
  /** Told of every connection from now on. */
  onConnection(told: () => void): void;
  close(): Promise<void>;
}

/** Passes everything between a client and a port of 127.0.0.1, until one of them ends; while both are there, both are in `open`. */
export function passOn(client: Socket, target: number, open: Set<Socket>): void {
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
}

/** Listens on 127.0.0.1 and passes everything to a port there. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const open = new Set<Socket>();
  let isSilent = false;
  const server = createServer((client) => {
    if (isSilent) {
      open.add(client.on('error', () => undefined));
      return;
    }
    passOn(client, target, open);
  });
  const listen = (port: number): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const goAway = async (): Promise<void> => {
    if (!server.listening) return;
    const ended = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of open) socket.destroy();
    await ended;
  };
  const loseOpen = (): void => {
    for (const socket of open) socket.unpipe().pause();
  };
  const fallSilent = (): void => {
    isSilent = true;
    loseOpen();
  };
  const onConnection = (told: () => void): void => void server.on('connection', told);
  const comeBack = (): Promise<void> => {
    isSilent = false;
    return listen(port);
  };
  return { port, goAway, comeBack, fallSilent, loseOpen, onConnection, close: goAway };
}
