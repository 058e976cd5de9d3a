// Asks a server, in its own protocol, whether it serves. An open port alone proves nothing: Kafka opens its port long before.
import { connect as connectHttp2, constants, type IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';

const ANSWER_TIMEOUT_MS = 2_000;

/** ApiVersions, version 0: the one request that every Kafka answers to anybody. Correlation id 7, no client id. */
const API_VERSIONS = Buffer.from('0000000a0012000000000007ffff', 'hex');

/** True when a Kafka broker answers there without TLS. */
export function answersKafka(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (isKafka: boolean): void => {
      socket.destroy();
      resolve(isKafka);
    };
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => end(false));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.on('connect', () => socket.write(API_VERSIONS));
    let answer = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      // length, correlation id, error code
      if (answer.length >= 10) end(answer.readInt32BE(4) === 7 && answer.readInt16BE(8) === 0);
    });
  });
}

/**
 * True when a Spark Connect server answers there without TLS. An empty request is refused, for its token or for its content:
 * any status that gRPC itself gives proves the service.
 */
export function answersSpark(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connectHttp2(`http://${host}:${port}`);
    const timer = setTimeout(() => end(false), ANSWER_TIMEOUT_MS);
    const end = (isSpark: boolean): void => {
      clearTimeout(timer);
      session.destroy();
      resolve(isSpark);
    };
    session.on('error', () => end(false));
    session.on('close', () => end(false));
    const request = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/spark.connect.SparkConnectService/ReleaseSession',
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      te: 'trailers',
    });
    const judge = (headers: IncomingHttpHeaders): void => {
      const status = headers['grpc-status'];
      // 12: the server speaks gRPC but knows no such service
      if (status !== undefined) end(status !== '12');
    };
    request.on('error', () => end(false));
    request.on('response', judge);
    request.on('trailers', judge);
    request.end(Buffer.alloc(5));
  });
}
