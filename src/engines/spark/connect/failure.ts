// What went wrong at the Spark Connect server, in our words: gRPC errors with their details fetched, sorted into error codes.
// It never retries.
import { Code, ConnectError } from '@connectrpc/connect';
import { ERROR_KINDS, fail, type ErrorCode } from '../../../catalog/errors.ts';
import { EsteiraError, messageOf, type ErrorText } from '../../../lib/errors.ts';
import type { FetchErrorDetailsResponse } from './protocol/connect_pb.js';
import { ErrorInfoSchema } from './protocol/error_info_pb.js';

/** A refusal by Spark itself (the SQL, the data, a table): carries Spark's error class, which callers may match on. */
export class SparkFailure extends EsteiraError {
  /** For instance `TABLE_OR_VIEW_NOT_FOUND`; empty when Spark gave none. */
  readonly errorClass: string;
  readonly sqlState: string;

  constructor(code: ErrorCode, text: ErrorText, errorClass: string, sqlState: string) {
    super(code, ERROR_KINDS[code], text);
    this.errorClass = errorClass;
    this.sqlState = sqlState;
  }
}

/** Codes of a connection that broke: refused or silent, reset, and ended with its streams. The last is also the code of a call that we call off. */
const BROKEN: readonly Code[] = [Code.Unavailable, Code.Aborted, Code.Canceled];

/** True where the connection broke or the server is not there, and not where Spark itself answered with an error: attach again, or try later. */
export function isBrokenConnection(thrown: unknown): boolean {
  return thrown instanceof ConnectError && BROKEN.includes(thrown.code) && errorClassOf(thrown) === '';
}

/** Spark's id of the error, under which it keeps the details; undefined when there is none. */
export function errorIdOf(error: ConnectError): string | undefined {
  return error.findDetails(ErrorInfoSchema)[0]?.metadata['errorId'];
}

/** Spark's error class as the short error carries it. */
export function errorClassOf(thrown: unknown): string {
  if (thrown instanceof SparkFailure) return thrown.errorClass;
  if (!(thrown instanceof ConnectError)) return '';
  const info = thrown.findDetails(ErrorInfoSchema)[0];
  return info?.metadata['errorClass'] ?? /^\[([A-Z0-9_.]+)\]/.exec(thrown.rawMessage)?.[1] ?? '';
}

/** True where the server no longer knows our session: it was restarted, or closed the session for being idle. */
export function isLostSession(errorClass: string): boolean {
  return /^INVALID_HANDLE\.SESSION_(NOT_FOUND|CLOSED|CHANGED)$/.test(errorClass);
}

/** The error to throw. `details` is the answer to FetchErrorDetails, where there is one; `server` an address without secrets. */
export function failureOf(thrown: unknown, server: string, details?: FetchErrorDetailsResponse): Error {
  if (!(thrown instanceof ConnectError)) return thrown instanceof Error ? thrown : new Error(messageOf(thrown));
  const code = codeOf(thrown);
  if (code === 'SPARK_UNREACHABLE')
    return fail(code, {
      what: `The Spark Connect server at ${server} does not answer.`,
      why: thrown.rawMessage,
      fix: 'Start it (esteira stack up), or correct spark.url; `esteira doctor` asks the server that it names.',
      cause: thrown,
    });
  if (code === 'SPARK_REFUSED')
    return fail(code, {
      what: `The Spark Connect server at ${server} refuses us.`,
      why: tlsProblem(thrown) ?? thrown.rawMessage,
      fix: 'Check the token and use_ssl in spark.url, and spark.ca_file.',
      cause: thrown,
    });
  const errorClass = rootClass(details) ?? errorClassOf(thrown);
  if (isLostSession(errorClass))
    return new SparkFailure(
      'SPARK_SESSION_LOST',
      {
        what: `The Spark Connect server at ${server} no longer knows our session.`,
        why: 'It was restarted, or closed the session because nothing was heard of us for too long.',
        fix: 'Run the same command again to go on.',
        cause: thrown,
      },
      errorClass,
      '',
    );
  return new SparkFailure(
    'SPARK_FAILED',
    {
      what: `Spark refused or failed: ${errorClass === '' ? 'no error class' : errorClass}.`,
      why: withoutValues(details === undefined ? thrown.rawMessage : chain(details)).slice(0, LONGEST_MESSAGE),
      fix: "Read Spark's own log for the whole story; if nothing there is yours to repair, report it as a bug.",
      cause: thrown,
    },
    errorClass,
    details?.errors[details.rootErrorIdx ?? 0]?.sparkThrowable?.sqlState ?? '',
  );
}

function codeOf(error: ConnectError): ErrorCode {
  if (error.code === Code.Unauthenticated || error.code === Code.PermissionDenied || tlsProblem(error) !== undefined)
    return 'SPARK_REFUSED';
  return isBrokenConnection(error) || error.code === Code.DeadlineExceeded ? 'SPARK_UNREACHABLE' : 'SPARK_FAILED';
}

/** Why no TLS connection came about; undefined for anything else. Codes: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function tlsProblem({ cause }: ConnectError): string | undefined {
  const { code = '', message = '' } = (cause ?? {}) as { code?: string; message?: string };
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') return 'It does not speak TLS at this port.';
  if (!/^(ERR_(SSL|TLS)_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|HOSTNAME_MISMATCH)/.test(code))
    return undefined;
  return `Its certificate was not accepted: ${message.split(/[;\n]/)[0]}.`;
}

function rootClass(details: FetchErrorDetailsResponse | undefined): string | undefined {
  return details?.errors[details.rootErrorIdx ?? 0]?.sparkThrowable?.errorClass;
}

const LONGEST_MESSAGE = 2000;

/** Spark quotes the values it stumbled over, which may be personal: whatever stands between the quotes of a line goes, apostrophes among it too. */
export function withoutValues(message: string): string {
  return message.replaceAll(/'.*'/g, "'...'");
}

/** The messages from the error down to its first cause. */
function chain(details: FetchErrorDetailsResponse): string {
  const messages: string[] = [];
  let index = details.rootErrorIdx;
  while (index !== undefined && messages.length < 10) {
    const error = details.errors[index];
    if (error === undefined) break;
    // behind it Spark repeats the part of the SQL
    const [message = ''] = error.message.split('\n== ');
    if (message !== '' && !messages.includes(message)) messages.push(message);
    index = error.causeIdx;
  }
  return messages.join(' <- ');
}
