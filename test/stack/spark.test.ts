// The Spark launcher with a real server: its token, TLS by a proxy in front of it, and how it is stopped and found.
import assert from 'node:assert/strict';
import { connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { test } from 'node:test';
import { findSpark } from '../../src/stack/spark.ts';
import { createAuthority } from '../support/certificates.ts';
import { ownSpark, stackMissing } from '../support/stack.ts';
import { startTlsProxy } from '../support/tls-proxy.ts';

/** gRPC's numbers, of its published list of status codes. */
const UNAUTHENTICATED = '16';

/** The gRPC status of a request with no content. */
function statusOf(url: string, token: string | undefined, ca?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const session = connect(url, ca === undefined ? {} : { ca });
    session.on('error', reject);
    const request = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/spark.connect.SparkConnectService/AnalyzePlan',
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      te: 'trailers',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    });
    const judge = (headers: IncomingHttpHeaders): void => {
      const status = headers['grpc-status'];
      if (typeof status !== 'string') return;
      session.close();
      resolve(status);
    };
    request.on('error', reject);
    request.on('response', judge);
    request.on('trailers', judge);
    request.end(Buffer.alloc(5));
  });
}

test(
  'Spark with a token serves only who sends it, also through TLS, and stops when it is told to',
  {
    skip: stackMissing,
  },
  async (t) => {
    const spark = await ownSpark({ token: 'um-segredo' });
    t.after(() => spark.stop());
    const address = spark.url.replace('sc://', 'http://');
    assert.equal(await statusOf(address, undefined), UNAUTHENTICATED);
    assert.equal(await statusOf(address, 'outro'), UNAUTHENTICATED);
    const served = await statusOf(address, 'um-segredo');
    assert.notEqual(served, UNAUTHENTICATED);

    const authority = createAuthority();
    const proxy = await startTlsProxy(spark.port, authority.issue());
    t.after(() => proxy.close());
    const secure = `https://${proxy.host}:${proxy.port}`;
    assert.equal(await statusOf(secure, 'um-segredo', authority.certificate), served);
    assert.equal(await statusOf(secure, 'outro', authority.certificate), UNAUTHENTICATED);
    await assert.rejects(statusOf(secure, 'um-segredo', createAuthority().certificate), /certificate/);

    assert.equal((await findSpark(spark.folder))?.pid, spark.pid);
    await spark.stop();
    assert.equal(await findSpark(spark.folder), undefined);
  },
);
