// What a warehouse URL says of TLS, in libpq's words (sslmode, sslrootcert, sslcert, sslkey), as options of the client library. It opens no connection.
// The library's own reading of them checks a server at an IP address as if it were called localhost, so the name to be checked is stated here.
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { fail } from '../catalog/errors.ts';
import { messageOf } from '../lib/errors.ts';

/** `sslmode` values that ask for no check of the server, or for no TLS at all: the library reads them well. */
const UNCHECKED = new Set(['disable', 'no-verify']);
const FILES = { sslrootcert: 'ca', sslcert: 'cert', sslkey: 'key' } as const;

interface Target {
  readonly connectionString: string;
  readonly ssl?: ConnectionOptions;
}

/**
 * Every other sslmode means verify-full: a server is believed when a known authority says that it is the host of the URL. Throws CONFIG_INVALID for a file
 * that cannot be read.
 */
export function targetOf(url: string): Target {
  if (!/[?&]ssl(mode|rootcert|cert|key)=/.test(url) || !URL.canParse(url)) return { connectionString: url };
  const parsed = new URL(url);
  const parameters = parsed.searchParams;
  if (UNCHECKED.has(parameters.get('sslmode') ?? '')) return { connectionString: url };
  const ssl: ConnectionOptions = { host: decodeURIComponent(parsed.hostname).replaceAll(/^\[|\]$/g, '') };
  for (const [name, option] of Object.entries(FILES)) {
    const path = parameters.get(name);
    if (path !== null) ssl[option as 'ca'] = read(path, name);
    parameters.delete(name);
  }
  parameters.delete('sslmode');
  return { connectionString: parsed.href, ssl };
}

/** True when the server's certificate is not believed, or it speaks no TLS. */
export function isTlsRefusal(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/.test(code))
    return true;
  return /does not support SSL/i.test(messageOf(error));
}

function read(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw fail('CONFIG_INVALID', {
      what: `${path} cannot be read.`,
      why: messageOf(error),
      fix: `Correct ${name} in the warehouse URL (ESTEIRA_WAREHOUSE_URL).`,
      cause: error,
    });
  }
}
