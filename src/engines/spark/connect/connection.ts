// The HTTP/2 connection to a Spark Connect server: opened when it is needed, opened anew when it broke. Pings find out that a server is gone while an
// answer is waited for. Whether a request is made again is not decided here.
import type { ClientHttp2Session, SecureClientSessionOptions } from 'node:http2';
import { Http2SessionManager } from '@connectrpc/connect-node';

export class Connection extends Http2SessionManager {
  readonly #heard = new WeakSet<ClientHttp2Session>();

  /** @param silentForMs how long a server that answers no ping is believed to be there */
  constructor(url: string, silentForMs: number, options: SecureClientSessionOptions) {
    const pingTimeoutMs = Math.round(silentForMs / 3);
    super(url, { pingIntervalMs: 2 * pingTimeoutMs, pingTimeoutMs }, options);
  }

  override async request(
    ...request: Parameters<Http2SessionManager['request']>
  ): ReturnType<Http2SessionManager['request']> {
    const stream = await super.request(...request);
    const { session } = stream;
    // A broken connection tells its streams, which is where we hear of it, and then itself. The manager has often opened another one by then and
    // listens no more: an error that nobody hears ends the process.
    if (session !== undefined && !this.#heard.has(session as ClientHttp2Session)) {
      this.#heard.add(session as ClientHttp2Session);
      session.on('error', () => undefined);
    }
    return stream;
  }
}
