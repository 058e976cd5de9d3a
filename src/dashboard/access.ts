// Who may see the dashboard: on this machine only, anybody who came by a local name; with a token, whoever has shown it. It knows no page.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const COOKIE = 'esteira_painel';

/** True for addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Compared in constant time. */
export function isToken(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token));
}

/** The cookie that stands for the token: its hash, so that the token itself is stored nowhere. */
export function cookieFor(token: string): string {
  return `${COOKIE}=${digest(`cookie:${token}`).toString('hex')}; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000`;
}

/** True when the request carries the token in its cookie or as `Authorization: Bearer`. */
export function isAllowed(request: IncomingMessage, token: string): boolean {
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return isToken(bearer, token);
  const cookie = new RegExp(`(?:^|;\\s*)${COOKIE}=([0-9a-f]{64})(?:;|$)`).exec(request.headers.cookie ?? '')?.[1];
  return cookie !== undefined && timingSafeEqual(Buffer.from(cookie, 'hex'), digest(`cookie:${token}`));
}

/** True when the page was asked for by a name of this machine: a foreign site whose name leads here must not read it. */
export function cameByLocalName(request: IncomingMessage): boolean {
  const name = (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return isLoopback(name);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
