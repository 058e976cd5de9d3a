// Where a Spark Connect server is: `sc://host:port/;key=value;...`, as every Spark client writes it. Pure; it connects to nothing.
import { isIPv4, isIPv6 } from 'node:net';
import { fail } from '../../../catalog/errors.ts';

/** A server and how to identify oneself to it. */
export interface SparkAddress {
  readonly host: string;
  readonly port: number;
  readonly useTls: boolean;
  /** Sent as `authorization: Bearer`. Secret. */
  readonly token: string | undefined;
  readonly userId: string;
  /** Further headers of every request. */
  readonly headers: Readonly<Record<string, string>>;
}

const DEFAULT_PORT = 15002;

/**
 * Parses an address. `token` implies TLS, unless the server is on this machine: a token is never sent in clear text over a network.
 * Throws CONFIG_INVALID.
 */
export function parseSparkAddress(text: string): SparkAddress {
  // A host is shown in messages: what holds =, ;, @ or ?, as a token in the wrong place would, is no host.
  const match = /^sc:\/\/(?:\[([0-9a-fA-F:.]+)\]|([\p{L}\p{N}._-]+))(?::([0-9]{1,5}))?(?:\/(;.*)?)?$/u.exec(text);
  const port = Number(match?.[3] ?? DEFAULT_PORT);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || (match?.[1] !== undefined && !isIPv6(host)) || port < 1 || port > 65_535)
    throw invalid('it is not of the form sc://host:port/;key=value');
  const parameters = parseParameters(match?.[4] ?? '');
  const token = parameters.get('token');
  const useSsl = parameters.get('use_ssl');
  if (useSsl !== undefined && useSsl !== 'true' && useSsl !== 'false') throw invalid('use_ssl is true or false');
  if (token !== undefined && useSsl === 'false' && !isLoopback(host))
    throw invalid('a token would be sent in clear text: leave use_ssl=false out');
  const userId = parameters.get('user_id') ?? 'esteira';
  for (const name of ['token', 'use_ssl', 'user_id', 'user_agent', 'session_id']) parameters.delete(name);
  return {
    host,
    port,
    useTls: useSsl === undefined ? token !== undefined && !isLoopback(host) : useSsl === 'true',
    token,
    userId,
    headers: Object.fromEntries(parameters),
  };
}

/** `sc://host:port` without anything secret, for messages. */
export function showSparkAddress(address: SparkAddress): string {
  return `sc://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

function parseParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const part of text.split(';')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    if (at <= 0) throw invalid('a parameter is not of the form key=value');
    const name = part.slice(0, at);
    if (!/^[A-Za-z0-9_-]+$/.test(name)) throw invalid('a parameter has a name that cannot be a header');
    const value = decoded(part.slice(at + 1));
    // The user is no header: it travels inside the request.
    if (name !== 'user_id' && !/^[\x20-\x7e]*$/.test(value))
      throw invalid('a parameter has a value that cannot be a header');
    parameters.set(name, value);
  }
  return parameters;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw invalid('a parameter has a % that encodes nothing');
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

// The address itself is not repeated: it may hold a token.
function invalid(why: string): Error {
  return fail('CONFIG_INVALID', {
    what: 'The address of the Spark Connect server cannot be understood.',
    why: `In spark.url, ${why}.`,
    fix: 'Write sc://localhost:15002, or sc://host:443/;use_ssl=true;token=... for a server behind TLS.',
  });
}
