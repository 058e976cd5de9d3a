// The warehouse over TLS with sslmode=verify-full, against a real PostgreSQL so configured: only a server that a known authority vouches for is spoken to.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { EsteiraError } from '../../src/lib/errors.ts';
import { connect } from '../../src/storage/connection.ts';
import type { EmbeddedServer } from '../../src/storage/embedded/server.ts';
import { type Certificate, createAuthority } from '../support/certificates.ts';
import { startCluster } from '../support/postgres.ts';
import { waitFor } from '../support/wait-for.ts';

const authority = createAuthority();
let server: EmbeddedServer;
let folder: string;

before(async () => {
  server = await startCluster({ isDurable: false });
  folder = await mkdtemp(join(tmpdir(), 'esteira-tls-'));
  await writeFile(join(folder, 'ca.pem'), authority.certificate);
  await writeFile(join(folder, 'other.pem'), createAuthority('Somebody else').certificate);
});

after(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function asSuperuser<T>(action: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(server.url('superuser'));
  await client.connect();
  try {
    return await action(client);
  } finally {
    await client.end();
  }
}

/** Gives the server a certificate; its key file is written by the server itself, for nobody else to read. */
async function serveWith({ certificate, privateKey }: Certificate): Promise<void> {
  await asSuperuser(async (client) => {
    for (const [name, text] of Object.entries({ crt: certificate, key: privateKey }))
      await client.query(
        `COPY (SELECT unnest(string_to_array('${text.trim()}', E'\\n'))) TO PROGRAM 'umask 077; cat > server.${name}'`,
      );
    await client.query(`ALTER SYSTEM SET ssl = on`);
    await client.query('SELECT pg_reload_conf()');
  });
  // The reload takes a moment.
  await waitFor(async () => {
    const fingerprint = await fingerprintOf();
    assert.equal(fingerprint, certificate.replaceAll(/-----[A-Z ]+-----|\s/g, ''));
  });
}

/** What the server shows now, whoever vouches for it. */
async function fingerprintOf(): Promise<string> {
  const client = new pg.Client({ connectionString: server.url('app'), ssl: { rejectUnauthorized: false } });
  await client.connect();
  try {
    const { stream } = (client as unknown as { connection: { stream: { getPeerCertificate(): { raw: Buffer } } } })
      .connection;
    return stream.getPeerCertificate().raw.toString('base64');
  } finally {
    await client.end();
  }
}

function urlOf(host: string, ca: string, mode = 'verify-full'): string {
  const url = new URL(server.url('app'));
  url.hostname = host;
  url.searchParams.set('sslmode', mode);
  url.searchParams.set('sslrootcert', join(folder, ca));
  return url.href;
}

async function isEncrypted(url: string): Promise<boolean> {
  const client = await connect(url, 'loader');
  try {
    const { rows } = await client.query<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    return rows[0]?.ssl === true;
  } finally {
    await client.end();
  }
}

const refused = (why: RegExp) => (error: unknown) => {
  assert.ok(error instanceof EsteiraError, String(error));
  assert.deepEqual([error.code, error.exit, error.retryable], ['WAREHOUSE_REFUSED', 2, false]);
  assert.match(error.why, why);
  assert.match(error.fix, /sslrootcert/);
  return true;
};

test('a server without TLS is refused', async () => {
  await assert.rejects(connect(urlOf('127.0.0.1', 'ca.pem'), 'loader'), refused(/does not support SSL/));
});

test('a server that the authority vouches for is spoken to, by name and by address', async () => {
  await serveWith(authority.issue());
  assert.equal(await isEncrypted(urlOf('localhost', 'ca.pem')), true);
  assert.equal(await isEncrypted(urlOf('127.0.0.1', 'ca.pem')), true);
  assert.equal(await isEncrypted(server.url('app')), false);
});

test('an authority that did not sign the certificate, or none but those of the system, refuses it', async () => {
  await serveWith(authority.issue());
  await assert.rejects(connect(urlOf('127.0.0.1', 'other.pem'), 'loader'), refused(/verify|self.signed|issuer/i));
  const unnamed = new URL(server.url('app'));
  unnamed.searchParams.set('sslmode', 'verify-full');
  await assert.rejects(connect(unnamed.href, 'loader'), refused(/verify|self.signed|issuer/i));
  await assert.rejects(connect(urlOf('127.0.0.1', 'other.pem', 'require'), 'loader'), refused(/verify|self.signed/i));
});

test('a certificate of another host is refused, of another address too', async () => {
  await serveWith(authority.issue('db.example.com', ['db.example.com']));
  await assert.rejects(connect(urlOf('localhost', 'ca.pem'), 'loader'), refused(/altnames/));
  // Only the name localhost is in it: an address is no name.
  await serveWith(authority.issue('localhost', ['localhost']));
  await assert.rejects(connect(urlOf('127.0.0.1', 'ca.pem'), 'loader'), refused(/127\.0\.0\.1/));
  await serveWith(authority.issue('127.0.0.1', ['127.0.0.1']));
  assert.equal(await isEncrypted(urlOf('127.0.0.1', 'ca.pem')), true);
});

test('a file of authorities that is not there is named', async () => {
  await assert.rejects(
    connect(urlOf('127.0.0.1', 'missing.pem'), 'loader'),
    (error) => error instanceof EsteiraError && error.code === 'CONFIG_INVALID' && /missing\.pem/.test(error.what),
  );
});
