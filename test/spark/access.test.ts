// The client at a server of its own: let in by token, in clear text on this machine and through TLS; streams of answers that the server ends; a server that
// was started anew.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSparkAddress } from '../../src/engines/spark/connect/address.ts';
import { SparkFailure } from '../../src/engines/spark/connect/failure.ts';
import { openSparkSession } from '../../src/engines/spark/connect/session.ts';
import { EsteiraError } from '../../src/lib/errors.ts';
import { createAuthority } from '../support/certificates.ts';
import { ownSpark, stackMissing } from '../support/stack.ts';
import { startTlsProxy } from '../support/tls-proxy.ts';

const TOKEN = 'um-segredo';
/** The server ends every stream of answers after so long, and the client takes it up again; two minutes otherwise. */
const properties = { 'spark.connect.execute.reattachable.senderMaxStreamDuration': '1s' };

test(
  'a server lets in who has its token, through TLS too, goes on after its streams end, and forgets sessions when it is started anew',
  { skip: stackMissing },
  async (t) => {
    const spark = await ownSpark({ token: TOKEN, properties });
    t.after(() => spark.stop());
    const authority = createAuthority();
    const proxy = await startTlsProxy(spark.port, authority.issue());
    t.after(() => proxy.close());
    const secure = `sc://${proxy.host}:${proxy.port}/;use_ssl=true`;
    const version = async (address: string, ca?: string): Promise<string> => {
      const session = openSparkSession(parseSparkAddress(address), { ca });
      try {
        return await session.version();
      } finally {
        await session.close();
      }
    };
    const refused = (error: unknown): boolean =>
      error instanceof EsteiraError &&
      error.code === 'SPARK_REFUSED' &&
      !/segredo|outro/.test(`${error.what} ${error.why} ${error.fix}`);

    assert.match(await version(`${spark.url}/;token=${TOKEN}`), /^4\./);
    await assert.rejects(version(`${spark.url}/;token=outro-segredo`), refused);
    await assert.rejects(version(spark.url), refused);
    assert.match(await version(`${secure};token=${TOKEN}`, authority.certificate), /^4\./);
    await assert.rejects(version(`${secure};token=outro`, authority.certificate), refused);
    // whoever signed it is not whom we trust: nothing is sent, and waiting would not help
    await assert.rejects(version(`${secure};token=${TOKEN}`, createAuthority().certificate), refused);
    await assert.rejects(version(`${secure};token=${TOKEN}`), refused);
    await assert.rejects(version(`${spark.url}/;use_ssl=true;token=${TOKEN}`, authority.certificate), refused);

    const address = parseSparkAddress(`${secure};token=${TOKEN}`);
    const session = openSparkSession(address, { ca: authority.certificate });
    t.after(() => session.close());
    const slow = 'SELECT sum(hash(a.id, b.id) % 7) AS s FROM range(25000) a CROSS JOIN range(25000) b';
    const began = performance.now();
    const [first] = await session.rows<{ s: number }>(slow);
    assert.ok(performance.now() - began > 2000, 'it was over before the server ended a stream');
    assert.equal(typeof first?.s, 'number');

    await spark.kill();
    const again = await ownSpark({ folder: spark.folder, port: spark.port, token: TOKEN });
    t.after(() => again.stop());
    await assert.rejects(
      session.version(),
      (error) => error instanceof SparkFailure && error.code === 'SPARK_SESSION_LOST' && error.retryable,
    );
  },
);
