// Asks a store over HTTP until it answers: pace, timeouts, size limit, retries, and errors that say what to do.
// It never follows redirects, never sends headers to another origin, and never puts a header's value, a query or a body
// into an error or an event: those may hold tokens or people's data.
import { fail } from '../../catalog/errors.ts';
import { EsteiraError, messageOf } from '../../lib/errors.ts';
import { parseExactJson } from './exact-json.ts';
import type { HostLimiter } from './limiter.ts';
import { backoffMs, retryAfterMs, type Backoff, type Pace } from './pace.ts';
import type { StoreEvent } from './source.ts';

export interface ClientOptions {
  /** For error texts, e.g. `mock`. */
  readonly storeId: string;
  readonly baseUrl: URL;
  /** Sent with every request; this is where the token goes. */
  readonly headers: Readonly<Record<string, string>>;
  /** How the user can give another token, for the error's last line. */
  readonly tokenFix: string;
  /** What starts the store where nobody listens; absent for one that somebody else runs. */
  readonly startHint?: string;
  readonly limiter: HostLimiter;
  readonly pace: Pace;
  readonly backoff?: Backoff;
  readonly maxOutageMs: number;
  readonly answerTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly maxBodyBytes: number;
  /** Milliseconds to hold back after an answer whose own headers say that the quota is used up; 0 for none. */
  readonly quotaPauseMs?: (headers: Headers) => number;
  readonly onEvent: (event: StoreEvent) => void;
}

export interface StoreAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; undefined for a status that the caller said it accepts. */
  readonly body: unknown;
  /** The store's clock when it answered (`Date` header), whole seconds. */
  readonly storeTimeMs: number;
}

/** What one try came to, when it was not an answer. */
interface Setback {
  readonly reason: string;
  readonly isBadBody: boolean;
  readonly retryAfterMs: number;
  readonly cause: unknown;
}

/** Unreadable bodies in a row before the store is called broken instead of unlucky. */
const MAX_BAD_BODIES = 6;
/** A body that trickles is given up after so many times the time it may stand still. */
const BODY_TIMEOUTS_IN_ALL = 10;
const DEFAULT_BACKOFF: Backoff = { baseMs: 500, maxMs: 30_000 };
const RETRIED_STATUSES = new Set([408, 425, 429]);

export class StoreClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * GETs `target` (path and query under the base URL's origin) and returns its JSON. `accept` lists 4xx statuses to hand back instead of throwing.
   * Throws STORE_UNREACHABLE after `maxOutageMs` without an answer, STORE_TOKEN_REFUSED (401, 403), STORE_REQUEST_REFUSED, STORE_ANSWER_INVALID.
   */
  async get(target: string, signal?: AbortSignal, accept: readonly number[] = []): Promise<StoreAnswer> {
    const { pace, limiter, maxOutageMs } = this.#options;
    const url = this.#urlOf(target);
    let firstSetbackAt: number | null = null;
    let badBodies = 0;
    for (let attempt = 1; ; attempt += 1) {
      await limiter.turn(signal);
      signal?.throwIfAborted();
      const outcome = await this.#tryOnce(url, signal, accept);
      if ('status' in outcome) return outcome;

      badBodies = outcome.isBadBody ? badBodies + 1 : 0;
      if (badBodies >= MAX_BAD_BODIES)
        throw this.#invalid(`${url.pathname}: ${outcome.reason}, ${badBodies} times in a row.`, outcome.cause);
      firstSetbackAt ??= pace.now();
      const waitMs = Math.max(
        outcome.retryAfterMs,
        backoffMs(attempt, this.#options.backoff ?? DEFAULT_BACKOFF, pace.random()),
      );
      const outageMs = pace.now() - firstSetbackAt + waitMs;
      if (outageMs > maxOutageMs) throw this.#unreachable(outcome, attempt, waitMs);
      this.#options.onEvent({
        event: 'request.retried',
        details: { store: this.#options.storeId, path: url.pathname, attempt, waitMs, reason: outcome.reason },
      });
      // What the store asks for binds every reader of this host; our own backoff only this request.
      if (outcome.retryAfterMs > 0) limiter.pause(outcome.retryAfterMs);
      await pace.sleep(waitMs, signal);
    }
  }

  #urlOf(target: string): URL {
    const { baseUrl } = this.#options;
    const url = new URL(target, baseUrl);
    if (url.origin !== baseUrl.origin || url.username !== '' || url.password !== '') {
      throw this.#invalid(
        `It points to another host (${url.host}) for the next page; the token stays with ${baseUrl.host}.`,
      );
    }
    return url;
  }

  async #tryOnce(url: URL, outer: AbortSignal | undefined, accept: readonly number[]): Promise<StoreAnswer | Setback> {
    const { answerTimeoutMs, bodyTimeoutMs, quotaPauseMs, limiter } = this.#options;
    const timeout = new AbortController();
    const signal = outer === undefined ? timeout.signal : AbortSignal.any([outer, timeout.signal]);
    let phase = `no answer within ${answerTimeoutMs} ms`;
    let timer = setTimeout(() => timeout.abort(), answerTimeoutMs);
    let bodyEndsAt = Infinity;
    const restart = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => timeout.abort(), Math.min(bodyTimeoutMs, Math.max(0, bodyEndsAt - performance.now())));
    };
    try {
      const response = await fetch(url, {
        headers: { accept: 'application/json', ...this.#options.headers },
        redirect: 'manual',
        signal,
      });
      phase = `the body stood still for ${bodyTimeoutMs} ms, or took ${BODY_TIMEOUTS_IN_ALL} times as long in all`;
      bodyEndsAt = performance.now() + bodyTimeoutMs * BODY_TIMEOUTS_IN_ALL;
      restart();
      const storeTimeMs = Date.parse(response.headers.get('date') ?? '');
      const { status } = response;
      const pauseMs = quotaPauseMs?.(response.headers) ?? 0;
      if (pauseMs > 0) limiter.pause(pauseMs);
      if (status < 200 || status > 299) {
        await response.body?.cancel();
        if (accept.includes(status)) return { status, headers: response.headers, body: undefined, storeTimeMs };
        if (status >= 500 || RETRIED_STATUSES.has(status)) {
          const asked = retryAfterMs(response.headers.get('retry-after'), storeTimeMs) ?? 0;
          return { reason: `status ${status}`, isBadBody: false, retryAfterMs: asked, cause: undefined };
        }
        throw this.#refused(status, url, response.headers);
      }
      const text = await this.#readBody(response, restart, url);
      if (Number.isNaN(storeTimeMs))
        throw this.#invalid(`${url.pathname}: the answer has no Date header, so the store's clock is unknown.`);
      try {
        return { status, headers: response.headers, body: parseExactJson(text), storeTimeMs };
      } catch {
        // The parser's message quotes the body, which holds people's data.
        return { reason: 'the body is not JSON', isBadBody: true, retryAfterMs: 0, cause: undefined };
      }
    } catch (thrown) {
      outer?.throwIfAborted();
      if (thrown instanceof EsteiraError) throw thrown;
      if (timeout.signal.aborted) return { reason: phase, isBadBody: false, retryAfterMs: 0, cause: undefined };
      if (!(thrown instanceof TypeError)) throw thrown;
      const network = thrown.cause;
      const code = codeOf(network);
      if (/CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ERR_TLS/.test(code)) throw this.#certificate(code, network);
      return {
        reason:
          code === ''
            ? messageOf(network ?? thrown)
            : [code, ...(code === 'ECONNREFUSED' ? [this.#options.startHint ?? 'nobody listens there'] : [])].join(
                ': ',
              ),
        isBadBody: false,
        retryAfterMs: 0,
        cause: network,
      };
    } finally {
      clearTimeout(timer);
      timeout.abort();
    }
  }

  async #readBody(response: Response, onBytes: () => void, url: URL): Promise<string> {
    const { maxBodyBytes } = this.#options;
    const chunks: Uint8Array[] = [];
    let byteCount = 0;
    for await (const chunk of response.body ?? []) {
      onBytes();
      byteCount += chunk.byteLength;
      if (byteCount > maxBodyBytes)
        throw this.#invalid(`${url.pathname}: the body is larger than ${maxBodyBytes} bytes.`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  #unreachable(setback: Setback, attempts: number, waitMs: number): EsteiraError {
    const { storeId, baseUrl, maxOutageMs } = this.#options;
    const asked = setback.retryAfterMs > maxOutageMs ? `, and it asks to wait ${Math.round(waitMs / 1000)} s` : '';
    return fail('STORE_UNREACHABLE', {
      what: `The store "${storeId}" at ${baseUrl.host} gave no usable answer.`,
      why: `${attempts} tries; the last one: ${setback.reason}${asked}. The outage may last ${Math.round(maxOutageMs / 1000)} s.`,
      fix: 'Check the address and the store; then run the same command again: it goes on where it stopped. --max-outage sets how long to wait.',
      cause: setback.cause,
    });
  }

  #refused(status: number, url: URL, headers: Headers): EsteiraError {
    const { storeId, baseUrl, tokenFix } = this.#options;
    if (status === 401 || status === 403) {
      return fail('STORE_TOKEN_REFUSED', {
        what: `The store "${storeId}" at ${baseUrl.host} refused the token.`,
        why:
          status === 401
            ? 'Status 401: the token is wrong or has expired.'
            : 'Status 403: the token may not read orders.',
        fix: tokenFix,
      });
    }
    const location = headers.get('location');
    const elsewhere =
      location !== null && URL.canParse(location, url.href)
        ? ` to ${new URL(location, url.href).host}; redirects are not followed, so that the token stays where it belongs`
        : '';
    return fail('STORE_REQUEST_REFUSED', {
      what: `The store "${storeId}" at ${baseUrl.host} refused a request.`,
      why: `${url.pathname} answered with status ${status}${status >= 300 && status < 400 ? elsewhere : ''}.`,
      fix: 'Check the address of the store and its settings (esteira config).',
    });
  }

  #certificate(code: string, cause: unknown): EsteiraError {
    const { storeId, baseUrl } = this.#options;
    return fail('STORE_REQUEST_REFUSED', {
      what: `The store "${storeId}" at ${baseUrl.host} cannot prove who it is.`,
      why: `Its TLS certificate was not accepted: ${code}.`,
      fix: 'Check the address; for a certificate authority of your own set NODE_EXTRA_CA_CERTS.',
      cause,
    });
  }

  #invalid(why: string, cause?: unknown): EsteiraError {
    const { storeId, baseUrl } = this.#options;
    return answerInvalid(storeId, baseUrl.host, why, cause);
  }
}

/** STORE_ANSWER_INVALID with one `why`; for the folders of stores as well. */
export function answerInvalid(storeId: string, host: string, why: string, cause?: unknown): EsteiraError {
  return fail('STORE_ANSWER_INVALID', {
    what: `The store "${storeId}" at ${host} gave an answer that cannot be used.`,
    why,
    fix: 'Check the address of the store. If it is right, its interface differs from the documented one: please report it with this message.',
    cause,
  });
}

function codeOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : '';
}
